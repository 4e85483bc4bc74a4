/* One entry: its own bytes, the chain, the witnesses, the evidence it names. */
#include "case/verify_state.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEX (HASH_HEX_SIZE - 1)
#define BLOCK ((size_t)64 * 1024)
#define TIME "\",\"time\":\""
#define REFERENCE "\"file\":\"evidence/"

/* ---- lines that are no entries ------------------------------------------------------------------
 */

static bool hash_file(const char *path, off_t from, int64_t size, char out[static HASH_HEX_SIZE])
{
    unsigned char digest[HASH_SIZE];
    char *block = xmalloc(BLOCK);
    struct hash *hash = hash_new();
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int64_t left = size;
    bool ok = file >= 0;
    while (ok && left > 0) {
        ssize_t got = pread(file, block, left < (int64_t)BLOCK ? (size_t)left : BLOCK, from);
        ok = got > 0 || (got < 0 && errno == EINTR);
        if (got > 0) {
            hash_add(hash, block, (size_t)got);
            from += got;
            left -= got;
        }
    }
    hash_end(hash, digest);
    hash_hex(digest, sizeof digest, out);
    if (file >= 0)
        (void)close(file);
    free(block);
    return ok;
}

/* The entry names these lines, byte for byte, as what a crash left. */
static bool explains(const struct verifying *verifying, const json_t *content)
{
    char hash[HASH_HEX_SIZE];
    int64_t size = json_get_int(content, "size", -1);
    return json_get_int(content, "offset", -1) == (int64_t)verifying->unread_offset && size > 0 &&
           hash_file(verifying->path, verifying->unread_offset, size, hash) &&
           strcmp(hash, json_get_string(content, "sha256", "")) == 0;
}

void verify_unread(struct verifying *verifying)
{
    int64_t now = verifying->out->lines;
    if (!verifying->unread_line)
        return;
    verifying->out->lines = verifying->unread_line;
    verify_found(verifying, VERIFY_UNREAD, 0,
                 "behind entry %" PRId64 " stands what is no entry, and no crash explains it",
                 verifying->before.sequence);
    verifying->out->lines = now;
    verifying->unread_line = 0;
}

/* ---- the chain ----------------------------------------------------------------------------------
 */

static void check_chain(struct verifying *verifying, const struct ledger_line *read)
{
    int64_t expected = verifying->before.sequence + 1, found = read->sequence;
    bool linked = memcmp(read->prev, verifying->before.hash, HEX) == 0;
    if (found > expected)
        verify_found(verifying, VERIFY_MISSING, found,
                     found == expected + 1 ? "entry %" PRId64 " is missing before entry %" PRId64
                                           : "entries from %" PRId64
                                             " on are missing before entry %" PRId64,
                     expected, found);
    else if (found < expected)
        verify_found(verifying, VERIFY_ORDER, found,
                     "entry %" PRId64 " stands behind entry %" PRId64 ": swapped, or added again",
                     found, expected - 1);
    else if (!linked)
        verify_found(verifying, VERIFY_CHAIN, found,
                     "entry %" PRId64 " does not go on from the one before it: one of the two is "
                     "not the one that was written",
                     found);
}

static void check_marks(struct verifying *verifying, const struct ledger_line *read)
{
    const struct verify_request *request = verifying->request;
    const struct verify_mark *marks = request->marks;
    for (; verifying->next_mark < request->mark_count &&
           marks[verifying->next_mark].mark.sequence <= read->sequence;
         verifying->next_mark++) {
        const struct verify_mark *mark = &marks[verifying->next_mark];
        bool same = mark->mark.sequence == read->sequence;
        verifying->out->marks++;
        if (same && memcmp(mark->mark.hash, read->hash, HEX) == 0)
            verifying->out->vouched = read->sequence;
        else
            verify_found(verifying, VERIFY_WITNESS, mark->mark.sequence,
                         "cell %" PRId64 " of the notebook shows another entry %" PRId64
                         " (%.12s...) than the one that is here",
                         mark->cell, mark->mark.sequence, mark->mark.hash);
    }
}

/* ---- evidence -----------------------------------------------------------------------------------
 */

static void check_file(struct verifying *verifying, const json_t *reference, int64_t sequence)
{
    const char *name = json_get_string(reference, "file", NULL);
    const char *wanted = json_get_string(reference, "sha256", NULL);
    int64_t size = json_get_int(reference, "size", -1);
    char hash[HASH_HEX_SIZE];
    if (!name || !wanted || size < 0 || strncmp(name, "evidence/", 9) != 0 || strstr(name, "..") ||
        json_object_get(verifying->files, name))
        return;
    (void)json_object_set_new(verifying->files, name, json_true());
    const char *path = file_join(verifying->arena, verifying->request->folder, name);
    int64_t found = file_size(path);
    if (found < 0)
        verify_found(verifying, VERIFY_EVIDENCE, sequence,
                     "%s, which entry %" PRId64 " names, is missing", name, sequence);
    else if (found != size || !hash_file(path, 0, size, hash) || strcmp(hash, wanted) != 0)
        verify_found(verifying, VERIFY_EVIDENCE, sequence,
                     "%s is not what entry %" PRId64 " names: it was changed", name, sequence);
    else
        verifying->out->files++;
}

static void check_files(struct verifying *verifying, json_t *value, int64_t sequence)
{
    const char *name;
    json_t *member;
    if (json_is_array(value))
        for (size_t i = 0; i < json_array_size(value); i++)
            check_files(verifying, json_array_get(value, i), sequence);
    if (!json_is_object(value))
        return;
    check_file(verifying, value, sequence);
    json_object_foreach(value, name, member) check_files(verifying, member, sequence);
}

/* ---- an entry -----------------------------------------------------------------------------------
 */

static bool holds_text(const char *line, size_t size, const char *text)
{
    size_t length = strlen(text);
    const char *at = line, *end = line + size;
    while ((size_t)(end - at) >= length && (at = memchr(at, text[0], (size_t)(end - at)))) {
        if ((size_t)(end - at) >= length && memcmp(at, text, length) == 0)
            return true;
        at++;
    }
    return false;
}

static enum ledger_kind kind_of(const struct ledger_line *read)
{
    for (enum ledger_kind kind = 0; kind < LEDGER_KINDS; kind++) {
        const char *name = ledger_kind_name(kind);
        if (strlen(name) == read->kind_size && memcmp(name, read->kind, read->kind_size) == 0)
            return kind;
    }
    return LEDGER_KINDS;
}

/* What only the content tells. */
static void look_inside(struct verifying *verifying, const char *line, size_t size,
                        const struct ledger_line *read, enum ledger_kind kind)
{
    struct arena *arena = arena_new();
    struct error unread = {0};
    const json_t *entry = json_parse(arena, line, size, LEDGER_LINE_MOST, &unread);
    json_t *content = json_object_get(entry, "content");
    if (kind == LEDGER_TORN && verifying->unread_line && explains(verifying, content)) {
        verifying->unread_line = 0;
        verifying->out->torn++;
    }
    verify_unread(verifying);
    if (kind == LEDGER_BROKEN) {
        const json_t *expected = json_object_get(content, "expected");
        verify_found(verifying, VERIFY_BROKEN, read->sequence,
                     "when entry %" PRId64 " was written, the last entry was %" PRId64
                     ", where the kernel had written entry %" PRId64
                     " (%.12s...): the ledger was changed or cut before",
                     read->sequence, json_get_int(json_object_get(content, "found"), "seq", 0),
                     json_get_int(expected, "seq", 0), json_get_string(expected, "hash", "?"));
    }
    check_files(verifying, content, read->sequence);
    arena_free(arena);
}

static void check_clock(struct verifying *verifying, const char *line, size_t size,
                        const struct ledger_line *read)
{
    const char *at = read->kind + read->kind_size, *end = line + size;
    size_t skip = strlen(TIME), width = sizeof verifying->time - 1;
    if ((size_t)(end - at) < skip + width || memcmp(at, TIME, skip) != 0)
        return;
    at += skip;
    if (memcmp(at, verifying->time, width) < 0)
        verifying->out->clock_back++;
    memcpy(verifying->time, at, width);
    if (!verifying->out->first_time)
        verifying->out->first_time = arena_strndup(verifying->arena, at, width);
}

void verify_entry(struct verifying *verifying, const char *line, size_t size)
{
    struct ledger_line read;
    (void)ledger_line_read(line, size, &read);
    enum ledger_kind kind = kind_of(&read);
    bool inside =
        verifying->unread_line || kind == LEDGER_BROKEN || holds_text(line, size, REFERENCE);
    verifying->out->entries++;
    if (kind < LEDGER_KINDS)
        verifying->out->kinds[kind]++;
    if (inside)
        look_inside(verifying, line, size, &read, kind);
    if (!ledger_line_holds(line, &read))
        verify_found(verifying, VERIFY_CHANGED, read.sequence,
                     "entry %" PRId64 " is not as it was written: its bytes were changed",
                     read.sequence);
    check_chain(verifying, &read);
    check_marks(verifying, &read);
    check_clock(verifying, line, size, &read);
    verifying->before.sequence = read.sequence;
    memcpy(verifying->before.hash, read.hash, HEX);
}
