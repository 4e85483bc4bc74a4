#include "case/shown.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "case/session_state.h"
#include "case/shown_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "shown"
#define WAITING_LIMIT ((size_t)256 * 1024) /* bytes of lines that wait to be written */
#define MEMORY_LIMIT ((size_t)64 * 1024 * 1024)
#define BLOCK ((size_t)256 * 1024)

static void shown_free(void *object)
{
    struct shown *shown = object;
    buf_release(&shown->lines);
    buf_release(&shown->text);
    buf_release(&shown->update);
    free(shown);
}

struct shown *shown_of(struct session *session)
{
    struct shown *shown = session_kept(session, NAME);
    if (shown)
        return shown;
    shown = xcalloc(1, sizeof *shown);
    shown->session = session;
    shown->started = commons_shown_since(session->commons, time_now()); /* one journal for all */
    buf_init(&shown->lines, MEMORY_LIMIT);
    buf_init(&shown->text, MEMORY_LIMIT);
    buf_init(&shown->update, MEMORY_LIMIT);
    session_keep(session, NAME, shown, shown_free);
    return shown;
}

const char *shown_folder(struct shown *shown, struct arena *arena, struct error *err)
{
    char started[TIME_TEXT_SIZE];
    const char *folder = session_folder(shown->session, err);
    if (!folder)
        return NULL;
    (void)time_iso(shown->started, started);
    for (char *c = started; *c; c++)
        *c = *c == ':' ? '-' : *c;
    const char *path = arena_printf(arena, "%s/outputs/%s-%ld", folder, started, (long)getpid());
    return file_make_folder(path, 0700, err) ? path : NULL;
}

/* {"cell":12,"type":"stream","content": */
static void begin_line(struct shown *shown, const char *type)
{
    buf_addf(&shown->lines, "{\"cell\":%lld,\"type\":\"%s\",\"content\":", (long long)shown->cell,
             type);
}

static void end_text(struct shown *shown)
{
    if (!shown->text.size)
        return;
    begin_line(shown, "stream");
    buf_addf(&shown->lines, "{\"name\":\"%s\",\"text\":\"", shown->stream);
    buf_add(&shown->lines, shown->text.data, shown->text.size);
    buf_adds(&shown->lines, "\"}}\n");
    buf_clear(&shown->text);
}

static void end_update(struct shown *shown)
{
    if (!shown->update.size)
        return;
    begin_line(shown, "update_display_data");
    buf_add(&shown->lines, shown->update.data, shown->update.size);
    buf_adds(&shown->lines, "}\n");
    buf_clear(&shown->update);
}

/* What is said of another cell, or too much, is written first. */
static void make_room(struct shown *shown, int64_t cell, size_t size)
{
    bool full = shown->lines.size + shown->text.size + size > WAITING_LIMIT;
    if (cell != shown->cell) {
        end_text(shown);
        end_update(shown);
    }
    struct error told_at_the_end = {0};
    if (full && !shown_write(shown, &told_at_the_end))
        shown->trouble = told_at_the_end;
    shown->cell = cell;
}

void shown_text(struct shown *shown, int64_t cell, const char *stream, const char *escaped,
                size_t size)
{
    if (shown->broken)
        return;
    make_room(shown, cell, size);
    end_update(shown);
    if (shown->text.size && strcmp(shown->stream, stream) != 0)
        end_text(shown);
    shown->stream = stream;
    buf_add(&shown->text, escaped, size);
}

/* Progress says the same again and again: of updates that follow each other the last one counts. */
void shown_output(struct shown *shown, int64_t cell, const char *type, const char *content,
                  size_t size)
{
    if (shown->broken)
        return;
    make_room(shown, cell, size);
    end_text(shown);
    bool update = strcmp(type, "update_display_data") == 0;
    if (update) {
        buf_clear(&shown->update);
        buf_add(&shown->update, content, size);
        return;
    }
    end_update(shown);
    begin_line(shown, type);
    buf_add(&shown->lines, content, size);
    buf_adds(&shown->lines, "}\n");
}

bool shown_write(struct shown *shown, struct error *err)
{
    if (shown->trouble.kind) {
        *err = shown->trouble;
        error_clear(&shown->trouble);
        return false;
    }
    end_text(shown);
    end_update(shown);
    if (!shown->lines.size || shown->broken)
        return true;
    struct arena *arena = arena_new();
    const char *folder = shown_folder(shown, arena, err);
    bool ok = folder && file_append(file_join(arena, folder, "journal.jsonl"), shown->lines.data,
                                    shown->lines.size, 0600, false, err);
    buf_clear(&shown->lines);
    shown->broken = !ok;
    arena_free(arena);
    return ok || error_wrap(err, "what cells show is not kept any more");
}

/* One line of the journal, if it is of the cell. */
static bool read_line(const char *line, size_t size, const char *prefix,
                      const struct shown_visit *visit, struct error *err)
{
    size_t length = strlen(prefix);
    if (size < length || memcmp(line, prefix, length) != 0)
        return true;
    struct arena *arena = arena_new();
    json_t *entry = json_parse(arena, line, size, SHOWN_LINE_LIMIT, err);
    json_t *content = entry ? json_object_get(entry, "content") : NULL;
    bool ok =
        content && visit->visit(visit->state, json_get_string(entry, "type", ""), content, err);
    arena_free(arena);
    return ok || error_set(err, ERROR_DATA, "a line of the journal of outputs is broken");
}

/* Whole lines of what was read so far; the rest stays in `kept`. */
static bool read_lines(struct buf *kept, const char *prefix, const struct shown_visit *visit,
                       struct error *err)
{
    const char *at = kept->data, *end = kept->data + kept->size;
    for (const char *newline; at < end && (newline = memchr(at, '\n', (size_t)(end - at)));) {
        if (!read_line(at, (size_t)(newline - at), prefix, visit, err))
            return false;
        at = newline + 1;
    }
    size_t left = (size_t)(end - at);
    memmove(kept->data, at, left);
    kept->size = left;
    return left < SHOWN_LINE_LIMIT ||
           error_set(err, ERROR_LIMIT, "a line of the journal of outputs is too long");
}

static bool read_journal(const char *path, const char *prefix, const struct shown_visit *visit,
                         struct error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT || error_errno(err, errno, "cannot open \"%s\"", path);
    struct buf kept;
    buf_init(&kept, SHOWN_LINE_LIMIT + 2 * BLOCK);
    bool ok = true;
    for (;;) {
        char *room = buf_room(&kept, BLOCK);
        ssize_t got = room ? read(file, room, BLOCK) : -1;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            ok = got == 0 || error_errno(err, errno, "cannot read \"%s\"", path);
            break;
        }
        buf_grew(&kept, (size_t)got);
        ok = read_lines(&kept, prefix, visit, err);
        if (!ok)
            break;
    }
    buf_release(&kept);
    (void)close(file);
    return ok;
}

struct counted {
    const struct shown_visit *visit;
    int64_t count;
};

static bool count(void *state, const char *type, json_t *content, struct error *err)
{
    struct counted *counted = state;
    counted->count++;
    return counted->visit->visit(counted->visit->state, type, content, err);
}

bool shown_each(struct shown *shown, int64_t cell, const struct shown_visit *visit,
                struct error *err)
{
    if (!shown_write(shown, err))
        return false;
    struct arena *arena = arena_new();
    struct counted counted = {.visit = visit};
    const struct shown_visit counting = {.visit = count, .state = &counted};
    const char *folder = shown_folder(shown, arena, err);
    char prefix[64];
    (void)snprintf(prefix, sizeof prefix, "{\"cell\":%lld,", (long long)cell);
    bool ok =
        folder && read_journal(file_join(arena, folder, "journal.jsonl"), prefix, &counting, err);
    if (ok && !counted.count) {
        ok = error_set(err, ERROR_NOT_FOUND, "cell %lld has shown nothing in this kernel",
                       (long long)cell);
        error_hint(err, "The number stands in the cell's prompt. What older kernels' cells have "
                        "shown lies in the case folder, in outputs/.");
    }
    arena_free(arena);
    return ok;
}
