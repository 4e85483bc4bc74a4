#include "engine/rows.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/text.h"
#include "engine/arrived.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ROW_LIMIT ((size_t)32 << 20) /* the longest line that is read again (arrived.c) */
#define FILE_BUFFER ((size_t)1 << 20)

bool rows_open(struct rows *rows, struct arena *arena, const char *folder, struct error *err)
{
    char name[UUID_TEXT_SIZE];
    uuid_text(name);
    rows->arena = arena;
    rows->path = arena_printf(arena, "%s/rows-%s.csv", folder, name);
    buf_init(&rows->row, ROW_LIMIT);
    rows->file = fopen(rows->path, "wxe");
    if (!rows->file)
        return error_errno(err, errno, "%s", rows->path);
    (void)setvbuf(rows->file, NULL, _IOFBF, FILE_BUFFER);
    return true;
}

bool rows_add(struct rows *rows, const void *bytes, size_t size, struct error *err)
{
    return fwrite(bytes, 1, size, rows->file) == size || error_errno(err, errno, "%s", rows->path);
}

void rows_header(struct rows *rows)
{
    struct error ignored = {0}; /* it is only buffered here: the disk's word comes with a row */
    for (size_t i = 0; i < rows->count; i++)
        rows_text(rows, i, rows->columns[i].name, strlen(rows->columns[i].name));
    (void)rows_end(rows, &ignored);
}

void rows_bare(struct rows *rows, size_t index, const char *text, size_t size)
{
    if (index)
        buf_addc(&rows->row, ',');
    buf_add(&rows->row, text, size);
}

void rows_text(struct rows *rows, size_t index, const char *text, size_t size)
{
    struct buf *row = &rows->row;
    if (index)
        buf_addc(row, ',');
    if (!text)
        return;
    buf_addc(row, '"');
    for (const char *quote; (quote = memchr(text, '"', size));) {
        size_t part = (size_t)(quote - text) + 1;
        buf_add(row, text, part);
        buf_addc(row, '"');
        text += part;
        size -= part;
    }
    buf_add(row, text, size);
    buf_addc(row, '"');
}

bool rows_end(struct rows *rows, struct error *err)
{
    struct buf *row = &rows->row;
    buf_addc(row, '\n');
    if (row->full)
        return error_set(err, ERROR_LIMIT, "a row is longer than %zu MiB", ROW_LIMIT >> 20);
    bool written = rows_add(rows, row->data, row->size, err);
    buf_clear(row);
    return written;
}

const char *rows_name(struct rows *rows, const char *name, size_t index)
{
    const char *given = *name ? name : arena_printf(rows->arena, "_col%zu", index);
    const char *free = given;
    int same = 1;
    for (size_t i = 0; i < index; i++)
        if (strcmp(rows->columns[i].name, free) == 0) {
            free = arena_printf(rows->arena, "%s_%d", given, ++same);
            i = (size_t)-1; /* from the beginning: name_2 may be there as well */
        }
    return free;
}

bool rows_close(struct rows *rows, struct error *err)
{
    bool written = fclose(rows->file) == 0;
    rows->file = NULL;
    buf_release(&rows->row);
    return written || error_errno(err, errno, "%s", rows->path);
}

bool rows_load(struct rows *rows, struct local *local, const struct engine_request *request,
               struct query **out, struct error *err)
{
    struct arrived arrived = {.csv = rows->path, .columns = rows->columns, .count = rows->count};
    return rows_close(rows, err) && arrived_load(&arrived, local, request, rows->arena, out, err);
}

void rows_take(struct rows *rows, struct arrived *out)
{
    *out = (struct arrived){.csv = rows->path, .columns = rows->columns, .count = rows->count};
    rows->path = NULL;
}

void rows_forget(struct rows *rows)
{
    if (rows->file) {
        (void)fclose(rows->file);
        buf_release(&rows->row);
    }
    rows->file = NULL;
    if (rows->path)
        (void)unlink(rows->path);
    rows->path = NULL;
}
