/* Any bytes as Athena's CSV: the same rows or the same refusal, in whatever pieces they come. */
#include "base/arena.h"
#include "base/text.h"
#include "engine/csv.h"
#include "engine/inflow.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_cell(struct buf *out, const struct inflow_block *block, size_t column, size_t row)
{
    const duckdb_string_t *text = &inflow_texts(block, column)[row];
    uint32_t size = text->value.inlined.length;
    const char *bytes = size <= sizeof text->value.inlined.inlined ? text->value.inlined.inlined
                                                                   : text->value.pointer.ptr;
    const uint64_t *valid = inflow_valid(block, column);
    if (block->nulls[column] && !(valid[row / 64] >> (row % 64) & 1)) {
        buf_adds(out, "~|");
        return;
    }
    if (!text_is_valid(bytes, size))
        abort();
    buf_addf(out, "%u:", size);
    buf_add(out, bytes, size);
    buf_addc(out, '|');
}

/* All rows as one text, or the error's words. */
static char *read_csv(struct arena *arena, const uint8_t *data, size_t size, size_t columns,
                      size_t piece)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    struct inflow *inflow = inflow_new(names, columns);
    struct csv csv;
    struct buf out;
    struct error err = {0};
    bool ok = true, broken;
    csv_init(&csv, inflow, columns);
    buf_init(&out, SIZE_MAX);
    for (size_t at = 0; at < size && ok; at += piece)
        ok = csv_add(&csv, data + at, size - at < piece ? size - at : piece, &err);
    ok = ok && csv_end(&csv, &err);
    inflow_finish(inflow, !ok);
    for (const struct inflow_block *block; (block = inflow_next(inflow, &broken));)
        for (size_t row = 0; row < block->rows; row++)
            for (size_t column = 0; column < columns; column++)
                write_cell(&out, block, column, row);
    if (broken == ok || (!ok && !*err.message))
        abort();
    if (!ok)
        buf_adds(&out, err.message);
    char *text = buf_to_arena(&out, arena);
    buf_release(&out);
    csv_release(&csv);
    inflow_release(inflow);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t columns = 1 + data[0] % 4, piece = 1 + data[1] % 32;
    struct arena *arena = arena_new();
    char *whole = read_csv(arena, data + 2, size - 2, columns, size);
    char *pieces = read_csv(arena, data + 2, size - 2, columns, piece);
    if (strcmp(whole, pieces) != 0)
        abort();
    arena_free(arena);
    return 0;
}
