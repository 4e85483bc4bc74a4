#include "case/ledger_state.h"

#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

struct ledger *ledger_new(const char *folder, const char *notebook)
{
    struct ledger *ledger = xcalloc(1, sizeof *ledger);
    struct arena *arena = arena_new();
    ledger->folder = xstrdup(folder);
    ledger->path = xstrdup(file_join(arena, folder, LEDGER_FILE));
    ledger->notebook = notebook ? xstrdup(notebook) : NULL;
    ledger->file = -1;
    uuid_text(ledger->kernel);
    arena_free(arena);
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    struct error ignored = {0};
    if (!ledger)
        return;
    (void)ledger_sync(ledger, &ignored);
    if (ledger->file >= 0)
        (void)close(ledger->file);
    free(ledger->folder);
    free(ledger->path);
    free(ledger->notebook);
    free(ledger->subshell);
    free(ledger->cell_id);
    free(ledger->account);
    free(ledger->arn);
    free(ledger->id);
    free(ledger);
}

/* ---- what entries say of themselves -------------------------------------------------------------
 */

static void set_text(char **place, const char *text)
{
    char *made = text ? xstrdup(text) : NULL;
    free(*place);
    *place = made;
}

void ledger_set_subshell(struct ledger *ledger, const char *id)
{
    set_text(&ledger->subshell, id);
}

void ledger_set_cell(struct ledger *ledger, int64_t count, const char *id)
{
    ledger->cell = count;
    set_text(&ledger->cell_id, id);
}

void ledger_set_identity(struct ledger *ledger, const struct ledger_identity *identity)
{
    set_text(&ledger->account, identity ? identity->account : NULL);
    set_text(&ledger->arn, identity ? identity->arn : NULL);
    set_text(&ledger->id, identity ? identity->id : NULL);
}

void ledger_set_offset(struct ledger *ledger, int64_t offset)
{
    ledger->offset = offset;
    ledger->offset_known = true;
}

struct ledger_mark ledger_head(const struct ledger *ledger)
{
    return ledger->head;
}

const char *ledger_folder(const struct ledger *ledger)
{
    return ledger->folder;
}

const char *ledger_notebook(const struct ledger *ledger)
{
    return ledger->notebook;
}

const char *ledger_kernel(const struct ledger *ledger)
{
    return ledger->kernel;
}

bool ledger_unsynced(const struct ledger *ledger)
{
    return ledger->unsynced;
}

/* ---- entries the ledger writes of itself --------------------------------------------------------
 */

static json_t *begin_content(void)
{
    char id[UUID_TEXT_SIZE];
    uuid_text(id);
    return json_pack("{s:i, s:s, s:s}", "format", 1, "case", id, "version", COFFERDAM_VERSION);
}

static json_t *kernel_content(const char *subshell)
{
    struct utsname name;
    char *boot = NULL;
    size_t size = 0;
    struct error ignored = {0};
    struct arena *arena = arena_new();
    if (file_read(arena, "/proc/sys/kernel/random/boot_id", 64, &boot, &size, &ignored) && size)
        boot[strcspn(boot, "\n")] = '\0';
    bool known = uname(&name) == 0;
    json_t *content =
        json_pack("{s:s, s:o, s:o, s:I}", "version", COFFERDAM_VERSION, "machine",
                  known ? json_texts(name.nodename) : json_null(), "boot",
                  boot ? json_texts(boot) : json_null(), "process", (json_int_t)getpid());
    if (subshell)
        (void)json_object_set_new(content, "subshell", json_texts(subshell));
    arena_free(arena);
    return content;
}

static json_t *mark_content(const struct ledger_mark *mark)
{
    return json_pack("{s:I, s:s}", "seq", (json_int_t)mark->sequence, "hash", mark->hash);
}

/* What stands before the caller's entries in a write. */
struct batch {
    struct ledger *ledger;
    struct buf text;
    struct ledger_mark head;
};

static bool add(struct batch *batch, struct ledger_entry *entry, struct error *err)
{
    bool ok = ledger_line_add(batch->ledger, entry, &batch->head, &batch->text, err);
    if (ok)
        batch->head = entry->mark;
    return ok;
}

static bool add_own(struct batch *batch, enum ledger_kind kind, json_t *content, struct error *err)
{
    struct ledger_entry entry = {.kind = kind, .content = content};
    bool ok = add(batch, &entry, err);
    json_decref(content);
    return ok;
}

/* A torn line is ended where it stands and named by the next entry. */
static bool add_torn(struct batch *batch, struct error *err)
{
    const struct ledger_torn *torn = &batch->ledger->torn;
    if (!torn->size)
        return true;
    if (!torn->ended)
        buf_addc(&batch->text, '\n');
    return add_own(batch, LEDGER_TORN,
                   json_pack("{s:I, s:I, s:s}", "offset", (json_int_t)torn->offset, "size",
                             (json_int_t)torn->size, "sha256", torn->hash),
                   err);
}

/* A ledger that is not as this kernel left it: the chain goes on behind what is there, the numbers
 * behind those that are known, so that none is given twice. */
static struct ledger_mark go_on_from(const struct ledger *ledger)
{
    struct ledger_mark mark = ledger->found;
    if (!mark.sequence)
        memcpy(mark.hash, LEDGER_FIRST_PREV, sizeof mark.hash);
    if (mark.sequence < ledger->head.sequence)
        mark.sequence = ledger->head.sequence;
    return mark;
}

static bool add_first(struct batch *batch, struct error *err)
{
    struct ledger *ledger = batch->ledger;
    bool changed = ledger->found.sequence >= 0;
    struct ledger_mark expected = ledger->head;
    bool fresh = !(changed ? ledger->found : expected).sequence && !ledger->torn.size;
    batch->head = changed ? go_on_from(ledger) : expected;
    bool ok =
        (!fresh || add_own(batch, LEDGER_BEGIN, begin_content(), err)) && add_torn(batch, err);
    if (ok && changed)
        ok = add_own(batch, LEDGER_BROKEN,
                     json_pack("{s:o, s:o}", "expected", mark_content(&expected), "found",
                               mark_content(&ledger->found)),
                     err);
    return ok && (ledger->introduced ||
                  add_own(batch, LEDGER_KERNEL, kernel_content(ledger->subshell), err));
}

/* ---- appending ----------------------------------------------------------------------------------
 */

static bool write_all(int file, const struct buf *text)
{
    for (size_t done = 0; done < text->size;) {
        ssize_t written = write(file, text->data + done, text->size - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        done += (size_t)written;
    }
    return true;
}

/* Under the lock. A write that fails leaves nothing behind, as far as the file lets itself be cut;
 * else the next append finds a torn line. */
static bool put(struct batch *batch, struct error *err)
{
    struct ledger *ledger = batch->ledger;
    if (!write_all(ledger->file, &batch->text)) {
        int number = errno;
        if (ftruncate(ledger->file, ledger->end) != 0)
            ledger->known = false; /* looked at anew */
        return error_errno(err, number, "cannot write the ledger \"%s\"", ledger->path);
    }
    ledger->end += (off_t)batch->text.size;
    ledger->head = batch->head;
    ledger->introduced = true;
    ledger->unsynced = true;
    return true;
}

static bool append_locked(struct ledger *ledger, struct ledger_entry *entries, size_t count,
                          struct error *err)
{
    struct batch batch = {.ledger = ledger};
    buf_init(&batch.text, LEDGER_BATCH_MOST);
    bool ok = ledger_look(ledger, err) && add_first(&batch, err);
    for (size_t i = 0; i < count && ok; i++)
        ok = add(&batch, &entries[i], err);
    ok = ok && put(&batch, err);
    buf_release(&batch.text);
    return ok;
}

bool ledger_write(struct ledger *ledger, struct ledger_entry *entries, size_t count,
                  struct error *err)
{
    bool ok = ledger_lock(ledger, err);
    if (ok) {
        ok = append_locked(ledger, entries, count, err);
        ledger_unlock(ledger);
    }
    for (size_t i = 0; i < count; i++) {
        json_decref(entries[i].content);
        entries[i].content = NULL;
    }
    return ok || error_wrap(err, "the record of the case");
}

bool ledger_sync(struct ledger *ledger, struct error *err)
{
    if (!ledger->unsynced)
        return true;
    if (fdatasync(ledger->file) != 0)
        return error_errno(err, errno, "cannot write the ledger \"%s\"", ledger->path);
    ledger->unsynced = false;
    return true;
}

bool ledger_append_all(struct ledger *ledger, struct ledger_entry *entries, size_t count,
                       struct error *err)
{
    return ledger_write(ledger, entries, count, err) && ledger_sync(ledger, err);
}

bool ledger_append(struct ledger *ledger, enum ledger_kind kind, json_t *content,
                   struct ledger_mark *mark, struct error *err)
{
    struct ledger_entry entry = {.kind = kind, .content = content};
    bool ok = ledger_append_all(ledger, &entry, 1, err);
    if (ok && mark)
        *mark = entry.mark;
    return ok;
}
