#include "engine/rows.h"

#include "base/hash.h"
#include "engine/inflow.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FILE_BUFFER ((size_t)1 << 20)

static bool open_file(struct rows *rows, struct error *err)
{
    char name[UUID_TEXT_SIZE];
    uuid_text(name);
    rows->path = arena_printf(rows->arena, "%s/rows-%s.csv", rows->place.folder, name);
    buf_init(&rows->row, CSV_ROW_MOST);
    rows->file = fopen(rows->path, "wxe");
    if (!rows->file)
        return error_errno(err, errno, "%s", rows->path);
    (void)setvbuf(rows->file, NULL, _IOFBF, FILE_BUFFER);
    return true;
}

bool rows_open(struct rows *rows, struct arena *arena, const struct rows_place *place,
               struct error *err)
{
    *rows = (struct rows){.arena = arena, .place = *place};
    return place->local || open_file(rows, err);
}

static bool write_bytes(struct rows *rows, const void *bytes, size_t size, struct error *err)
{
    return fwrite(bytes, 1, size, rows->file) == size || error_errno(err, errno, "%s", rows->path);
}

static void write_names(struct rows *rows)
{
    struct error ignored = {0}; /* it is only buffered here: the disk's word comes with a row */
    for (size_t i = 0; i < rows->count; i++)
        rows_text(rows, i, rows->columns[i].name, strlen(rows->columns[i].name));
    (void)rows_end(rows, &ignored);
}

bool rows_begin(struct rows *rows, bool csv, struct query **load, struct error *err)
{
    struct local *local = rows->place.local;
    if (!local && !csv)
        write_names(rows);
    if (!local)
        return true;
    const char **names = arena_alloc(rows->arena, (rows->count + 1) * sizeof *names);
    for (size_t i = 0; i < rows->count; i++)
        names[i] = rows->columns[i].name;
    rows->inflow = inflow_new(names, rows->count);
    csv_init(&rows->csv, rows->inflow, rows->count);
    struct arrived arrived = {
        .inflow = rows->inflow, .columns = rows->columns, .count = rows->count};
    return local_offer(local, rows->inflow, err) &&
           arrived_load(&arrived, local, rows->place.request, rows->arena, load, err);
}

bool rows_add(struct rows *rows, const void *bytes, size_t size, struct error *err)
{
    return rows->inflow ? csv_add(&rows->csv, bytes, size, err)
                        : write_bytes(rows, bytes, size, err);
}

void rows_bare(struct rows *rows, size_t index, const char *text, size_t size)
{
    if (rows->inflow) {
        rows_text(rows, index, size ? text : NULL, size);
        return;
    }
    if (index)
        buf_addc(&rows->row, ',');
    buf_add(&rows->row, text, size);
}

static void write_text(struct rows *rows, size_t index, const char *text, size_t size)
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

void rows_text(struct rows *rows, size_t index, const char *text, size_t size)
{
    rows->row_size += size;
    if (!rows->inflow)
        write_text(rows, index, text, size);
    else
        inflow_put(rows->inflow, index, rows->row_size > CSV_ROW_MOST ? NULL : text, size);
}

static bool write_row(struct rows *rows, struct error *err)
{
    struct buf *row = &rows->row;
    buf_addc(row, '\n');
    if (row->full)
        return error_set(err, ERROR_LIMIT, "a row is longer than %zu MiB", CSV_ROW_MOST >> 20);
    bool written = write_bytes(rows, row->data, row->size, err);
    buf_clear(row);
    return written;
}

bool rows_end(struct rows *rows, struct error *err)
{
    bool fits = rows->row_size <= CSV_ROW_MOST;
    rows->row_size = 0;
    if (!rows->inflow)
        return write_row(rows, err);
    inflow_end_row(rows->inflow);
    return fits || error_set(err, ERROR_LIMIT, "a row is longer than %zu MiB", CSV_ROW_MOST >> 20);
}

bool rows_end_all(struct rows *rows, struct error *err)
{
    if (rows->inflow) {
        bool whole = csv_end(&rows->csv, err);
        inflow_finish(rows->inflow, !whole);
        return whole;
    }
    bool written = fclose(rows->file) == 0;
    rows->file = NULL;
    buf_release(&rows->row);
    return written || error_errno(err, errno, "%s", rows->path);
}

bool rows_full(struct rows *rows)
{
    return rows->inflow && inflow_full(rows->inflow);
}

int rows_fd(const struct rows *rows)
{
    return inflow_fd(rows->inflow);
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

void rows_take(struct rows *rows, struct arrived *out)
{
    *out = (struct arrived){.csv = rows->path, .columns = rows->columns, .count = rows->count};
    rows->path = NULL;
}

void rows_forget(struct rows *rows)
{
    if (rows->inflow) {
        inflow_finish(rows->inflow, true);
        local_withdraw(rows->place.local, rows->inflow);
        csv_release(&rows->csv);
        inflow_release(rows->inflow);
        rows->inflow = NULL;
    }
    if (rows->file) {
        (void)fclose(rows->file);
        buf_release(&rows->row);
    }
    rows->file = NULL;
    if (rows->path)
        (void)unlink(rows->path);
    rows->path = NULL;
}
