#include "data/rendering.h"

#include "base/text.h"
#include "base/time.h"
#include "data/prose.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_SHOWN_LIMIT                                                                           \
    ((size_t)64 * 1024) /* larger JSON is shown as its text: parsing it for a line is waste */

struct cursor cursor_begin(const struct table *table)
{
    return (struct cursor){.table = table, .batch = table->first};
}

void cursor_next(struct cursor *cursor)
{
    if (++cursor->row < cursor->batch->rows)
        return;
    cursor->batch = cursor->batch->next;
    cursor->row = 0;
}

struct cell cursor_cell(const struct cursor *cursor, size_t column)
{
    const struct column *about = &cursor->table->columns[column];
    const struct batch_column *from = &cursor->batch->columns[column];
    struct cell cell = {.type = about->type, .numeric = about->numeric};
    cell.null = from->null && from->null[cursor->row];
    if (cell.null)
        return cell;
    if (about->type == TYPE_BOOL)
        cell.boolean = from->bools[cursor->row];
    else if (about->type == TYPE_DOUBLE)
        cell.real = from->doubles[cursor->row];
    else if (about->type == TYPE_TEXT || about->type == TYPE_JSON)
        cell.text = from->texts[cursor->row];
    else
        cell.integer = from->ints[cursor->row];
    return cell;
}

bool render_is_number(const struct column *column)
{
    return column->type == TYPE_INT64 || column->type == TYPE_DOUBLE || column->numeric;
}

/* The shortest form that reads back as the same double. */
static void add_double(struct buf *out, double value)
{
    char text[40];
    if (isnan(value) || isinf(value)) {
        buf_adds(out, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_adds(out, text);
}

static void add_json(struct buf *out, const json_t *value);

static void add_json_object(struct buf *out, const json_t *value)
{
    const char *key;
    json_t *member;
    bool first = true;
    buf_addc(out, '{');
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        buf_adds(out, first ? "" : ", ");
        buf_adds(out, key);
        buf_adds(out, ": ");
        add_json(out, member);
        first = false;
    }
    buf_addc(out, '}');
}

/* JSON without the noise of quotes: {bucketName: x, items: [a, b]}. */
static void add_json(struct buf *out, const json_t *value)
{
    if (json_is_object(value)) {
        add_json_object(out, value);
    } else if (json_is_array(value)) {
        buf_addc(out, '[');
        for (size_t i = 0; i < json_array_size(value); i++) {
            buf_adds(out, i ? ", " : "");
            add_json(out, json_array_get(value, i));
        }
        buf_addc(out, ']');
    } else if (json_is_string(value)) {
        buf_add(out, json_string_value(value), json_string_length(value));
    } else {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        buf_adds(out, text ? text : "null");
        free(text);
    }
}

static void add_json_text(struct buf *out, const struct text_value *text)
{
    json_t *value = NULL;
    if (text->size <= JSON_SHOWN_LIMIT)
        value = json_loadb(text->data, text->size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (value && (json_is_object(value) || json_is_array(value)))
        add_json(out, value);
    else
        buf_add(out, text->data, text->size);
    json_decref(value);
}

void render_cell_text(struct buf *out, const struct cell *cell)
{
    char text[TIME_TEXT_SIZE];
    if (cell->null) {
        buf_adds(out, "null");
        return;
    }
    switch (cell->type) {
    case TYPE_BOOL:
        buf_adds(out, cell->boolean ? "true" : "false");
        break;
    case TYPE_INT64:
        buf_addf(out, "%" PRId64, cell->integer);
        break;
    case TYPE_TIME:
        buf_adds(out, time_millis(cell->integer, text));
        break;
    case TYPE_DOUBLE:
        add_double(out, cell->real);
        break;
    case TYPE_JSON:
        add_json_text(out, &cell->text);
        break;
    default:
        buf_add(out, cell->text.data, cell->text.size);
    }
}

static bool is_long(const struct cell *cell)
{
    return !cell->null && (cell->type == TYPE_TEXT || cell->type == TYPE_JSON) &&
           cell->text.size > RENDER_VALUE_LIMIT;
}

void render_short(struct buf *out, const struct cell *cell)
{
    if (!is_long(cell)) {
        render_cell_text(out, cell);
        return;
    }
    buf_add(out, cell->text.data, text_cut(cell->text.data, cell->text.size, RENDER_VALUE_LIMIT));
    buf_adds(out, "…");
}

int64_t render_cut_values(const struct table *table, int64_t rows)
{
    int64_t count = 0;
    struct cursor cursor = cursor_begin(table);
    for (int64_t row = 0; row < rows; row++, cursor_next(&cursor))
        for (size_t column = 0; column < table->column_count; column++) {
            struct cell cell = cursor_cell(&cursor, column);
            count += is_long(&cell);
        }
    return count;
}

/* JSON indented, anything else as its text. */
static void add_whole(struct buf *out, const struct cell *cell)
{
    bool text = !cell->null && (cell->type == TYPE_TEXT || cell->type == TYPE_JSON);
    json_t *value =
        text ? json_loadb(cell->text.data, cell->text.size, JSON_ALLOW_NUL, NULL) : NULL;
    char *pretty = value ? json_dumps(value, JSON_INDENT(2)) : NULL;
    if (pretty)
        buf_adds(out, pretty);
    else
        render_cell_text(out, cell);
    free(pretty);
    json_decref(value);
}

struct bundle render_value(struct arena *arena, const struct cell *cell, const char *title)
{
    struct buf text;
    buf_init(&text, (size_t)16 * 1024 * 1024);
    add_whole(&text, cell);
    size_t shown = text_cut(text.data, text.size, RENDER_BUNDLE_LIMIT / 8);
    struct prose *prose = prose_new(arena);
    if (title)
        prose_paragraph(prose, "%b", title);
    prose_code(prose, text.data, shown);
    if (shown < text.size)
        prose_paragraph(prose, "Cut: %d of %d bytes are shown; --save FILE.json writes the whole.",
                        (int64_t)shown, (int64_t)text.size);
    buf_release(&text);
    return prose_bundle(prose);
}
