#include "data/table.h"

#include <string.h>
#include <strings.h>

struct table *table_new(struct arena *arena, const struct column *columns, size_t column_count)
{
    struct table *table = arena_alloc(arena, sizeof *table);
    table->arena = arena;
    table->column_count = column_count;
    table->columns = arena_alloc(arena, column_count * sizeof *table->columns);
    for (size_t i = 0; i < column_count; i++) {
        table->columns[i] = columns[i];
        table->columns[i].name = arena_strdup(arena, columns[i].name);
        if (columns[i].engine_type)
            table->columns[i].engine_type = arena_strdup(arena, columns[i].engine_type);
    }
    return table;
}

static size_t width_of(enum type type)
{
    static const size_t widths[TYPE_COUNT] = {
        [TYPE_BOOL] = sizeof(bool),
        [TYPE_INT64] = sizeof(int64_t),
        [TYPE_DOUBLE] = sizeof(double),
        [TYPE_TIME] = sizeof(int64_t),
        [TYPE_TEXT] = sizeof(struct text_value),
        [TYPE_JSON] = sizeof(struct text_value),
    };
    return widths[type];
}

/* Rows may be fewer than the capacity: batches built row by row grow into their arrays. */
static struct batch *batch_new(struct table *table, size_t capacity)
{
    struct batch *batch = arena_alloc(table->arena, sizeof *batch);
    batch->columns = arena_alloc(table->arena, table->column_count * sizeof *batch->columns);
    for (size_t i = 0; i < table->column_count; i++) {
        batch->columns[i].null = arena_alloc(table->arena, capacity * sizeof(bool));
        batch->columns[i].bools =
            arena_alloc(table->arena, capacity * width_of(table->columns[i].type));
    }
    if (table->last)
        table->last->next = batch;
    else
        table->first = batch;
    table->last = batch;
    return batch;
}

struct batch *table_add_batch(struct table *table, size_t rows)
{
    struct batch *batch = batch_new(table, rows);
    batch->rows = rows;
    table->rows += (int64_t)rows;
    return batch;
}

/* Small tables are the rule for magics: the first batch is small, later ones are full. */
static size_t capacity_of(const struct table *table, const struct batch *batch)
{
    return batch == table->first ? 64 : TABLE_BATCH_ROWS;
}

void table_add_row(struct table *table)
{
    struct batch *batch = table->last;
    if (!batch || batch->rows == capacity_of(table, batch))
        batch = batch_new(table, table->last ? TABLE_BATCH_ROWS : 64);
    size_t row = batch->rows++;
    for (size_t i = 0; i < table->column_count; i++)
        batch->columns[i].null[row] = true;
    table->rows++;
}

static struct batch_column *put(struct table *table, size_t column, size_t *row)
{
    struct batch_column *target = &table->last->columns[column];
    *row = table->last->rows - 1;
    target->null[*row] = false;
    return target;
}

void table_put_text(struct table *table, size_t column, const char *bytes, size_t size)
{
    size_t row;
    struct batch_column *target = put(table, column, &row);
    target->texts[row] = (struct text_value){arena_strndup(table->arena, bytes, size), size};
}

void table_put_string(struct table *table, size_t column, const char *text)
{
    if (text)
        table_put_text(table, column, text, strlen(text));
}

void table_put_int(struct table *table, size_t column, int64_t value)
{
    size_t row;
    struct batch_column *target = put(table, column, &row);
    target->ints[row] = value;
}

void table_put_double(struct table *table, size_t column, double value)
{
    size_t row;
    struct batch_column *target = put(table, column, &row);
    target->doubles[row] = value;
}

void table_put_bool(struct table *table, size_t column, bool value)
{
    size_t row;
    struct batch_column *target = put(table, column, &row);
    target->bools[row] = value;
}

struct cell table_cell(const struct table *table, int64_t row, size_t column)
{
    const struct batch *batch = table->first;
    while (batch && row >= (int64_t)batch->rows) {
        row -= (int64_t)batch->rows;
        batch = batch->next;
    }
    struct cell cell = {.type = table->columns[column].type,
                        .numeric = table->columns[column].numeric,
                        .null = true};
    if (!batch || row < 0)
        return cell;
    const struct batch_column *from = &batch->columns[column];
    cell.null = from->null && from->null[row];
    if (cell.null)
        return cell;
    switch (cell.type) {
    case TYPE_BOOL:
        cell.boolean = from->bools[row];
        break;
    case TYPE_INT64:
    case TYPE_TIME:
        cell.integer = from->ints[row];
        break;
    case TYPE_DOUBLE:
        cell.real = from->doubles[row];
        break;
    default:
        cell.text = from->texts[row];
    }
    return cell;
}

int table_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcasecmp(table->columns[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *table_text(const struct table *table, int64_t row, const char *column)
{
    int index = table_column(table, column);
    if (index < 0)
        return "";
    struct cell cell = table_cell(table, row, (size_t)index);
    bool is_text = cell.type == TYPE_TEXT || cell.type == TYPE_JSON;
    if (cell.null || !is_text)
        return "";
    return arena_strndup(table->arena, cell.text.data, cell.text.size);
}

int64_t table_int(const struct table *table, int64_t row, const char *column)
{
    int index = table_column(table, column);
    if (index < 0)
        return 0;
    struct cell cell = table_cell(table, row, (size_t)index);
    if (cell.null || (cell.type != TYPE_INT64 && cell.type != TYPE_TIME))
        return 0;
    return cell.integer;
}
