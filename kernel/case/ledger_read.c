/* Entries read back, and evidence kept beside them. */
#include "case/ledger_state.h"

#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIND_FIRST ((size_t)256 * 1024)
#define EVIDENCE_FOLDER "evidence"
#define EVIDENCE_HASH 16 /* hex digits of a file's name */
#define EVIDENCE_NAME 80

/* ---- reading ------------------------------------------------------------------------------------
 */

struct reading {
    const struct ledger_visit *visit;
    const char *kind; /* NULL: all */
    bool stopped;
};

static bool wanted(const struct reading *reading, const struct ledger_line *line)
{
    return !reading->kind || (strlen(reading->kind) == line->kind_size &&
                              memcmp(reading->kind, line->kind, line->kind_size) == 0);
}

static bool show(struct reading *reading, const char *text, size_t size, struct error *err)
{
    struct ledger_line line;
    if (!ledger_line_read(text, size, &line) || !wanted(reading, &line))
        return true;
    struct arena *arena = arena_new();
    struct error unread = {0};
    json_t *entry = json_parse(arena, text, size, LEDGER_LINE_MOST, &unread);
    bool ok = !entry || reading->visit->visit(reading->visit->state, entry, err);
    reading->stopped = !ok;
    arena_free(arena);
    return ok;
}

static bool read_lines(FILE *file, struct reading *reading, struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    bool ok = true;
    ssize_t size = 0;
    while (ok && (size = getline(&line, &room, file)) > 0)
        if (line[size - 1] == '\n' && (size_t)size <= LEDGER_LINE_MOST)
            ok = show(reading, line, (size_t)size - 1, err);
    free(line);
    return ok;
}

bool ledger_each(struct ledger *ledger, const struct ledger_visit *visit, struct error *err)
{
    struct reading reading = {
        .visit = visit, .kind = visit->kind < LEDGER_KINDS ? ledger_kind_name(visit->kind) : NULL};
    int number = open(ledger->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (number < 0 && errno == ENOENT)
        return true;
    FILE *file = number < 0 ? NULL : fdopen(number, "r");
    if (!file)
        return error_errno(err, errno, "cannot open the ledger \"%s\"", ledger->path);
    bool ok = read_lines(file, &reading, err);
    if (ok && ferror(file))
        ok = error_errno(err, EIO, "cannot read the ledger \"%s\"", ledger->path);
    (void)fclose(file);
    return ok || (reading.stopped && err->kind == ERROR_NONE);
}

/* The last line of that number among the last `take` bytes; NULL: none begins there. */
static json_t *find_line(const struct buf *part, bool whole, int64_t sequence, struct arena *arena)
{
    const char *at = part->data, *end = part->data + part->size, *next;
    struct error unread = {0};
    json_t *found = NULL;
    if (!whole) { /* it may begin within a line */
        at = memchr(at, '\n', part->size);
        at = at ? at + 1 : end;
    }
    for (; at < end && (next = memchr(at, '\n', (size_t)(end - at))); at = next + 1) {
        struct ledger_line line;
        if (ledger_line_read(at, (size_t)(next - at), &line) && line.sequence == sequence)
            found = json_parse(arena, at, (size_t)(next - at), LEDGER_LINE_MOST, &unread);
    }
    return found;
}

/* From the end, in ever larger parts: what is looked for was mostly written just now. */
static bool search(int file, int64_t sequence, struct arena *arena, json_t **entry)
{
    struct stat status;
    struct buf part;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    size_t size = (size_t)status.st_size;
    bool ok = true;
    *entry = NULL;
    buf_init(&part, size + 1);
    for (size_t want = FIND_FIRST; ok && !*entry; want *= 8) {
        size_t take = want < size ? want : size;
        ok = ledger_read_bytes(file, status.st_size - (off_t)take, take, &part);
        *entry = ok ? find_line(&part, take == size, sequence, arena) : NULL;
        if (take == size)
            break;
    }
    buf_release(&part);
    return ok;
}

bool ledger_find(struct ledger *ledger, int64_t sequence, struct arena *arena, json_t **entry,
                 struct error *err)
{
    int file = open(ledger->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool missing = file < 0 && errno == ENOENT;
    *entry = NULL;
    bool ok = missing || (file >= 0 && search(file, sequence, arena, entry));
    int number = errno;
    if (file >= 0)
        (void)close(file);
    if (!ok)
        return error_errno(err, number, "cannot read the ledger \"%s\"", ledger->path);
    return *entry ||
           error_set(err, ERROR_NOT_FOUND, "the ledger has no entry %lld", (long long)sequence);
}

/* ---- evidence -----------------------------------------------------------------------------------
 */

/* "user data.json" -> "user_data.json": letters, digits, . _ - and no dot in front. */
static void plain_name(const char *name, char out[static EVIDENCE_NAME + 1])
{
    size_t used = 0;
    for (const char *c = name; *c && used < EVIDENCE_NAME; c++)
        out[used++] = isalnum((unsigned char)*c) || strchr("._-", *c) ? *c : '_';
    out[used] = '\0';
    if (out[0] == '.')
        out[0] = '_';
}

bool ledger_keep(struct ledger *ledger, const struct ledger_evidence *evidence, json_t **reference,
                 struct error *err)
{
    unsigned char digest[HASH_SIZE];
    char hash[HASH_HEX_SIZE], name[EVIDENCE_NAME + 1];
    hash_sha256(evidence->data, evidence->size, digest);
    hash_hex(digest, sizeof digest, hash);
    plain_name(evidence->name, name);
    struct arena *arena = arena_new();
    const char *folder = file_join(arena, ledger->folder, EVIDENCE_FOLDER);
    const char *file =
        arena_printf(arena, "%s/%.*s-%s", EVIDENCE_FOLDER, EVIDENCE_HASH, hash, name);
    bool ok = file_make_folder(folder, 0700, err) &&
              file_replace(file_join(arena, ledger->folder, file), evidence->data, evidence->size,
                           0600, err);
    if (ok)
        *reference = json_pack("{s:s, s:s, s:I}", "file", file, "sha256", hash, "size",
                               (json_int_t)evidence->size);
    arena_free(arena);
    return ok || error_wrap(err, "the evidence of the case");
}
