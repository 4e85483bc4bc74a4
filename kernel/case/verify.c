#include "case/verify_state.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((size_t)1 << 20)
#define NOTEBOOK_MOST ((size_t)256 << 20)

void verify_found(struct verifying *verifying, enum verify_kind kind, int64_t sequence,
                  const char *format, ...)
{
    struct verify *out = verifying->out;
    va_list args;
    if (out->finding_count++ >= VERIFY_FINDINGS_MOST)
        return;
    struct verify_finding *finding = arena_alloc(verifying->arena, sizeof *finding);
    va_start(args, format);
    *finding = (struct verify_finding){.kind = kind,
                                       .line = out->lines,
                                       .sequence = sequence,
                                       .text = arena_vprintf(verifying->arena, format, args)};
    va_end(args);
    if (out->last)
        out->last->next = finding;
    else
        out->findings = finding;
    out->last = finding;
}

/* ---- lines --------------------------------------------------------------------------------------
 */

static void take_line(struct verifying *verifying, const char *line, size_t size, off_t offset)
{
    struct ledger_line read;
    verifying->out->lines++;
    if (ledger_line_read(line, size, &read)) {
        verify_entry(verifying, line, size);
    } else if (!verifying->unread_line) {
        verifying->unread_line = verifying->out->lines;
        verifying->unread_offset = offset;
    }
}

/* Lines of the block; what is left of it begins a line that goes on. */
static size_t take_lines(struct verifying *verifying, const struct buf *block, off_t offset)
{
    size_t at = 0;
    const char *end;
    while (at < block->size && (end = memchr(block->data + at, '\n', block->size - at))) {
        take_line(verifying, block->data + at, (size_t)(end - block->data) - at,
                  offset + (off_t)at);
        at = (size_t)(end - block->data) + 1;
    }
    return at;
}

/* Behind the last line end: a write that was torn, unless it was cut. */
static void take_rest(struct verifying *verifying, size_t size, off_t offset)
{
    struct verify *out = verifying->out;
    if (size) {
        out->lines++;
        if (!verifying->unread_line) {
            verifying->unread_line = out->lines;
            verifying->unread_offset = offset;
        }
    }
    if (verifying->unread_line) {
        out->lines = verifying->unread_line;
        verify_found(verifying, VERIFY_TAIL, 0,
                     "behind entry %" PRId64 " stand %" PRId64
                     " bytes that are no entry: a write that was torn, or changed since",
                     verifying->before.sequence, out->bytes - (int64_t)verifying->unread_offset);
    }
}

static bool read_block(int file, struct buf *block, size_t *got, struct error *err)
{
    char *room = buf_room(block, BLOCK);
    ssize_t size;
    do
        size = read(file, room, BLOCK);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return error_errno(err, errno, "cannot read the ledger");
    buf_grew(block, (size_t)size);
    *got = (size_t)size;
    return true;
}

static void keep_rest(struct buf *block, size_t used)
{
    memmove(block->data, block->data + used, block->size - used);
    block->size -= used;
    block->data[block->size] = '\0';
}

/* An over-long line is no entry: it is passed over without being kept. */
static void drop_long(struct buf *block, off_t *offset, struct verifying *verifying)
{
    if (block->size <= LEDGER_LINE_MOST)
        return;
    if (!verifying->unread_line) {
        verifying->unread_line = verifying->out->lines + 1;
        verifying->unread_offset = *offset;
    }
    *offset += (off_t)block->size;
    keep_rest(block, block->size);
}

static bool read_all(struct verifying *verifying, int file, struct error *err)
{
    struct buf block;
    size_t got = 1;
    off_t offset = 0;
    bool ok = true;
    buf_init(&block, 4 * BLOCK);
    while (ok && got) {
        if (verifying->request->cancel && cancel_raised(verifying->request->cancel))
            ok = error_set(err, ERROR_INTERRUPTED, "interrupted at line %" PRId64,
                           verifying->out->lines);
        ok = ok && read_block(file, &block, &got, err);
        if (!ok)
            break;
        verifying->out->bytes += (int64_t)got;
        size_t used = take_lines(verifying, &block, offset);
        offset += (off_t)used;
        keep_rest(&block, used);
        drop_long(&block, &offset, verifying);
    }
    if (ok)
        take_rest(verifying, block.size, offset);
    buf_release(&block);
    return ok;
}

/* Marks above the last entry: what a witness saw is gone. */
static void check_marks_left(struct verifying *verifying)
{
    const struct verify_request *request = verifying->request;
    for (size_t i = verifying->next_mark; i < request->mark_count; i++)
        verify_found(verifying, VERIFY_WITNESS, request->marks[i].mark.sequence,
                     "cell %" PRId64 " of the notebook shows entry %" PRId64
                     " (%.12s...), which is not there",
                     request->marks[i].cell, request->marks[i].mark.sequence,
                     request->marks[i].mark.hash);
}

bool verify_ledger(const struct verify_request *request, struct arena *arena, struct verify *out,
                   struct error *err)
{
    *out = (struct verify){0};
    struct verifying verifying = {.request = request,
                                  .out = out,
                                  .arena = arena,
                                  .path = file_join(arena, request->folder, LEDGER_FILE),
                                  .files = json_own(arena, json_object())};
    memcpy(verifying.before.hash, LEDGER_FIRST_PREV, sizeof verifying.before.hash);
    int file = open(verifying.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return error_errno(err, errno, "cannot open the ledger \"%s\"", verifying.path);
    bool ok = read_all(&verifying, file, err);
    (void)close(file);
    if (!ok)
        return false;
    check_marks_left(&verifying);
    out->head = verifying.before;
    if (out->entries)
        out->last_time = arena_strdup(arena, verifying.time);
    return true;
}

/* ---- a notebook as a witness --------------------------------------------------------------------
 */

struct gathering {
    struct verify_mark *marks;
    size_t count, room;
    int64_t cell;
};

static void add_mark(struct gathering *gathering, const json_t *ledger)
{
    const char *hash = json_get_string(ledger, "hash", "");
    int64_t sequence = json_get_int(ledger, "seq", 0);
    if (sequence < 1 || strlen(hash) != HASH_HEX_SIZE - 1)
        return;
    if (gathering->count == gathering->room) {
        gathering->room = gathering->room ? 2 * gathering->room : 64;
        gathering->marks = xrealloc(gathering->marks, gathering->room * sizeof *gathering->marks);
    }
    struct verify_mark *mark = &gathering->marks[gathering->count++];
    *mark = (struct verify_mark){.mark = {.sequence = sequence}, .cell = gathering->cell};
    memcpy(mark->mark.hash, hash, HASH_HEX_SIZE);
}

static int by_sequence(const void *a, const void *b)
{
    const struct verify_mark *one = a, *two = b;
    if (one->mark.sequence != two->mark.sequence)
        return one->mark.sequence < two->mark.sequence ? -1 : 1;
    int hashes = strcmp(one->mark.hash, two->mark.hash);
    return hashes ? hashes : (one->cell > two->cell) - (one->cell < two->cell);
}

static void gather(struct gathering *gathering, const json_t *book)
{
    const json_t *cells = json_object_get(book, "cells"), *outputs;
    for (size_t i = 0; i < json_array_size(cells); i++) {
        gathering->cell = (int64_t)i + 1;
        outputs = json_object_get(json_array_get(cells, i), "outputs");
        for (size_t j = 0; j < json_array_size(outputs); j++)
            add_mark(gathering,
                     json_object_get(
                         json_object_get(json_object_get(json_array_get(outputs, j), "metadata"),
                                         "cofferdam"),
                         "ledger"));
    }
}

bool verify_notebook(const char *path, struct arena *arena, struct verify_request *out,
                     struct error *err)
{
    char *text;
    size_t size;
    struct gathering gathering = {0};
    if (!file_read(arena, path, NOTEBOOK_MOST, &text, &size, err))
        return false;
    const json_t *book = json_parse(arena, text, size, NOTEBOOK_MOST, err);
    if (!book)
        return error_wrap(err, "\"%s\" is no notebook", path);
    if (!json_is_array(json_object_get(book, "cells")))
        return error_set(err, ERROR_DATA, "\"%s\" is no notebook: it has no cells", path);
    gather(&gathering, book);
    if (gathering.count)
        qsort(gathering.marks, gathering.count, sizeof *gathering.marks, by_sequence);
    struct verify_mark *marks = arena_alloc(arena, (gathering.count + 1) * sizeof *marks);
    size_t kept = 0;
    for (size_t i = 0; i < gathering.count; i++) /* outputs of one cell bear the same mark */
        if (!kept || strcmp(marks[kept - 1].mark.hash, gathering.marks[i].mark.hash) != 0)
            marks[kept++] = gathering.marks[i];
    free(gathering.marks);
    out->marks = marks;
    out->mark_count = kept;
    return true;
}
