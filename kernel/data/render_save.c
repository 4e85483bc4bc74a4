/* Tables as files: CSV (RFC 4180) and JSON lines. */
#include "data/rendering.h"

#include "base/text.h"
#include "base/time.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void render_csv(struct buf *out, const struct table *table)
{
    struct buf scratch;
    buf_init(&scratch, (size_t)64 * 1024 * 1024);
    for (size_t i = 0; i < table->column_count; i++) {
        buf_adds(out, i ? "," : "");
        text_csv(out, table->columns[i].name, strlen(table->columns[i].name));
    }
    buf_adds(out, "\r\n");
    struct cursor cursor = cursor_begin(table);
    for (int64_t row = 0; row < table->rows; row++, cursor_next(&cursor)) {
        for (size_t i = 0; i < table->column_count; i++) {
            struct cell cell = cursor_cell(&cursor, i);
            buf_adds(out, i ? "," : "");
            if (cell.null)
                continue;
            buf_clear(&scratch);
            if (cell.type == TYPE_JSON)
                buf_add(&scratch, cell.text.data, cell.text.size);
            else
                render_cell_text(&scratch, &cell);
            text_csv(out, scratch.data, scratch.size);
        }
        buf_adds(out, "\r\n");
    }
    buf_release(&scratch);
}

static void add_json_cell(struct buf *out, const struct cell *cell)
{
    char text[TIME_TEXT_SIZE];
    if (cell->null)
        buf_adds(out, "null");
    else if (cell->type == TYPE_BOOL)
        buf_adds(out, cell->boolean ? "true" : "false");
    else if (cell->type == TYPE_INT64)
        buf_addf(out, "%" PRId64, cell->integer);
    else if (cell->type == TYPE_TIME)
        buf_addf(out, "\"%s\"", time_iso(cell->integer, text));
    else if (cell->type == TYPE_DOUBLE && isfinite(cell->real))
        render_cell_text(out, cell);
    else if (cell->type == TYPE_DOUBLE)
        buf_adds(out, "null");
    else if (cell->type == TYPE_JSON || cell->numeric)
        buf_add(out, cell->text.data, cell->text.size);
    else
        text_json(out, cell->text.data, cell->text.size);
}

void render_json_lines(struct buf *out, const struct table *table)
{
    struct cursor cursor = cursor_begin(table);
    for (int64_t row = 0; row < table->rows; row++, cursor_next(&cursor)) {
        for (size_t i = 0; i < table->column_count; i++) {
            struct cell cell = cursor_cell(&cursor, i);
            buf_addc(out, i ? ',' : '{');
            text_json(out, table->columns[i].name, strlen(table->columns[i].name));
            buf_addc(out, ':');
            add_json_cell(out, &cell);
        }
        buf_adds(out, table->column_count ? "}\n" : "{}\n");
    }
}
