#include "engine/rows.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/text.h"
#include "engine/arrived.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool rows_open(struct rows *rows, struct arena *arena, const char *folder, struct error *err)
{
    char name[UUID_TEXT_SIZE];
    uuid_text(name);
    rows->arena = arena;
    rows->path = arena_printf(arena, "%s/rows-%s.csv", folder, name);
    rows->file = fopen(rows->path, "wxe");
    return rows->file || error_errno(err, errno, "%s", rows->path);
}

bool rows_add(struct rows *rows, const void *bytes, size_t size, struct error *err)
{
    return fwrite(bytes, 1, size, rows->file) == size || error_errno(err, errno, "%s", rows->path);
}

void rows_header(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        rows_text(rows, i, rows->columns[i].name, strlen(rows->columns[i].name));
    (void)putc_unlocked('\n', rows->file);
}

void rows_bare(struct rows *rows, size_t index, const char *text)
{
    if (index)
        (void)putc_unlocked(',', rows->file);
    if (text)
        (void)fputs(text, rows->file);
}

void rows_text(struct rows *rows, size_t index, const char *text, size_t size)
{
    if (index)
        (void)putc_unlocked(',', rows->file);
    if (!text)
        return;
    (void)putc_unlocked('"', rows->file);
    while (size) {
        const char *quote = memchr(text, '"', size);
        size_t part = quote ? (size_t)(quote - text) + 1 : size;
        (void)fwrite(text, 1, part, rows->file);
        if (quote)
            (void)putc_unlocked('"', rows->file);
        text += part;
        size -= part;
    }
    (void)putc_unlocked('"', rows->file);
}

bool rows_end(struct rows *rows, struct error *err)
{
    (void)putc_unlocked('\n', rows->file);
    return !ferror(rows->file) || error_errno(err, errno, "%s", rows->path);
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
    if (rows->file)
        (void)fclose(rows->file);
    rows->file = NULL;
    if (rows->path)
        (void)unlink(rows->path);
    rows->path = NULL;
}
