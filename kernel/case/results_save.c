/* Kept results as files: text by our own writers, Parquet by the engine into a folder of the case;
   beside the target, then renamed, so that the file is there whole or not at all. */
#include "case/results.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "case/results_name.h"
#include "case/session_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SAVE_ROWS 20000 /* fetched and written at a time: a stop waits no longer */
#define COPY_BYTES (1 << 20)

static const char *suffix_of(const char *path)
{
    const char *dot = strrchr(file_name(path), '.');
    return dot ? dot : "";
}

bool results_format_check(const char *path, struct error *err)
{
    static const char *const suffixes[] = {".csv", ".parquet", ".json", ".jsonl"};
    for (size_t i = 0; i < COUNT(suffixes); i++)
        if (strcasecmp(suffix_of(path), suffixes[i]) == 0)
            return true;
    (void)error_set(err, ERROR_USAGE, "--save cannot tell the format of \"%s\"", path);
    return error_hint(err, "End the name with .csv, .parquet or .json.");
}

static bool is_stopped(const struct results_saving *saving, struct error *err)
{
    if (!saving->cancel || !cancel_raised(saving->cancel))
        return false;
    (void)error_set(err, ERROR_INTERRUPTED, "interrupted; nothing was written");
    return true;
}

static bool write_all(int fd, const char *data, size_t size, const char *path, struct error *err)
{
    while (size) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_errno(err, errno, "cannot write %s", path);
        data += written;
        size -= (size_t)written;
    }
    return true;
}

static int open_part(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        (void)error_errno(err, errno, "cannot write %s", path);
    return fd;
}

/* What is not on the disk is not saved. */
static bool close_part(int fd, bool ok, const char *path, struct error *err)
{
    if (ok && fsync(fd) != 0)
        ok = error_errno(err, errno, "cannot write %s", path);
    if (close(fd) != 0 && ok)
        ok = error_errno(err, errno, "cannot write %s", path);
    return ok;
}

/* ---- text ---- */

struct page {
    struct arena *arena;
    struct table *table;
    struct buf text;
};

static bool save_page(struct results_saving *saving, struct session *session, int fd,
                      struct error *err)
{
    struct page page = {.arena = arena_new()};
    bool csv = strcasecmp(suffix_of(saving->path), ".csv") == 0;
    buf_init(&page.text, (size_t)2 * 1024 * 1024 * 1024);
    struct results_rows rows = {
        .name = saving->name, .offset = saving->rows, .limit = SAVE_ROWS, .cancel = saving->cancel};
    bool ok = results_read(session, &rows, page.arena, &page.table, err);
    if (ok) {
        (csv ? render_csv : render_json_lines)(&page.text, page.table);
        /* the header only once */
        size_t header = csv && saving->rows ? strcspn(page.text.data, "\n") + 1 : 0;
        saving->done = page.table->rows < SAVE_ROWS;
        if (saving->done && !page.table->rows && saving->rows)
            header = page.text.size;
        ok = write_all(fd, page.text.data + header, page.text.size - header, saving->path, err);
        saving->rows += page.table->rows;
    }
    buf_release(&page.text);
    arena_free(page.arena);
    return ok;
}

static bool save_text(struct results_saving *saving, struct session *session, const char *part,
                      struct error *err)
{
    int fd = open_part(part, err);
    if (fd < 0)
        return false;
    bool ok = true;
    while (ok && !saving->done)
        ok = !is_stopped(saving, err) && save_page(saving, session, fd, err);
    return close_part(fd, ok, part, err);
}

/* ---- Parquet ---- */

static bool copy_bytes(int from, int to, struct results_saving *saving, struct error *err)
{
    char *bytes = xmalloc(COPY_BYTES);
    ssize_t size = 1;
    bool ok = true;
    while (ok && size) {
        size = read(from, bytes, COPY_BYTES);
        if (size < 0)
            ok = error_errno(err, errno, "cannot read what was written");
        ok =
            ok && !is_stopped(saving, err) && write_all(to, bytes, (size_t)size, saving->path, err);
    }
    free(bytes);
    return ok;
}

/* The case folder may lie on another disk than the target. */
static bool move_file(const char *made, const char *part, struct results_saving *saving,
                      struct error *err)
{
    if (rename(made, part) == 0)
        return true;
    if (errno != EXDEV)
        return error_errno(err, errno, "cannot write %s", part);
    int from = open(made, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return error_errno(err, errno, "cannot read %s", made);
    int to = open_part(part, err);
    bool ok = to >= 0;
    if (ok)
        ok = close_part(to, copy_bytes(from, to, saving, err), part, err);
    (void)close(from);
    return ok;
}

/* On a query's thread, so that a stop is never waited for. */
static bool copy_out(struct results_saving *saving, struct session *session, const char *made,
                     struct error *err)
{
    struct arena *arena = arena_new();
    struct buf sql;
    struct table *answer = NULL;
    struct local *local = session_local(session, err);
    buf_init(&sql, 64 * 1024);
    buf_adds(&sql, "COPY (SELECT * FROM results.main.");
    text_sql_name(&sql, saving->name, strlen(saving->name));
    buf_adds(&sql, ") TO ");
    text_sql_string(&sql, made, strlen(made));
    buf_adds(&sql, " (FORMAT parquet, COMPRESSION zstd)");
    struct engine_request request = {.sql = sql.data, .size = sql.size, .own = true};
    struct engine_reading reading = {.cancel = saving->cancel};
    bool ok = local && engine_read(local_engine(local), &request, arena, &reading, &answer, err);
    if (ok && answer)
        saving->rows = table_int(answer, 0, "Count");
    buf_release(&sql);
    arena_free(arena);
    return ok;
}

static bool save_parquet(struct results_saving *saving, struct session *session, const char *part,
                         struct error *err)
{
    struct arena *arena = arena_new();
    const char *folder = session_exports(session, err);
    /* what killed kernels left there goes; another prompt may be writing */
    bool ok = folder && (!session_is_only(session) || file_remove_all(folder, err)) &&
              file_make_folder(folder, 0700, err);
    char *made = ok ? arena_printf(arena, "%s/%s", folder, file_name(part)) : NULL;
    ok = ok && copy_out(saving, session, made, err) && move_file(made, part, saving, err);
    if (made)
        (void)unlink(made);
    arena_free(arena);
    return ok;
}

bool results_save(struct session *session, struct results_saving *saving, struct error *err)
{
    struct arena *arena = arena_new();
    const char *shown = saving->path;
    const char *target = file_absolute(arena, file_expand(arena, saving->path));
    const char *part = arena_printf(arena, "%s.part-%ld-%d%s", target, (long)getpid(),
                                    session->sharer, suffix_of(target));
    saving->rows = 0;
    saving->name = results_named(session, saving->name);
    bool ok = results_format_check(target, err) && results_exists(session, saving->name, err);
    bool parquet = strcasecmp(suffix_of(target), ".parquet") == 0;
    ok = ok && (parquet ? save_parquet : save_text)(saving, session, part, err);
    if (ok && rename(part, target) != 0)
        ok = error_errno(err, errno, "cannot write %s", target);
    if (!ok)
        (void)unlink(part);
    arena_free(arena);
    return ok || err->kind == ERROR_INTERRUPTED ? ok : error_wrap(err, "saving %s", shown);
}
