#include "magic.h"
#include "magics/show_output.h"

#include "base/buf.h"
#include "case/results.h"

#include <string.h>

struct show_options {
    const char *name;
    int64_t row;
    const char *column;
    int64_t offset, limit;
};

static const struct option options[] = {
    {.name = "NAME",
     .help = "a kept result (_, _12, a name given by --into), a parameter, or output and a cell's "
             "number: what that cell has shown, once more",
     OPT_TEXT(struct show_options, name),
     .values = VALUES_RESULT},
    {.name = "ROW",
     .help = "a row of it, from 1",
     OPT_INT(struct show_options, row),
     .min = 1,
     .max = INT64_MAX},
    {.name = "COLUMN",
     .help = "a column of that row: its value is shown whole",
     OPT_TEXT(struct show_options, column),
     .values = VALUES_COLUMN},
    {.name = "--offset",
     .value = "N",
     .help = "rows left out before",
     OPT_INT(struct show_options, offset),
     .min = 0,
     .max = INT64_MAX},
    {.name = "--limit",
     .value = "N",
     .help = "rows shown",
     OPT_INT(struct show_options, limit),
     .min = 1,
     .max = 10000},
};

/* One value whole; a row without a column: all its values, one below the other. */
static bool show_value(struct magic_call *call, const struct show_options *given, struct error *err)
{
    if (given->column) {
        struct cell cell;
        if (!results_value(call->session, given->name, given->row, given->column, call->arena,
                           &cell, err))
            return false;
        const char *title = arena_printf(call->arena, "%s, row %lld, %s", given->name,
                                         (long long)given->row, given->column);
        outputs_result(call->outputs, render_value(call->arena, &cell, title));
        return true;
    }
    struct result page;
    if (!results_page(call->session, given->name, given->row - 1, 1, call->arena, &page, err))
        return false;
    if (!page.table->rows)
        return error_set(err, ERROR_NOT_FOUND, "%s has no row %lld, it has %lld", given->name,
                         (long long)given->row, (long long)page.caption.total_rows);
    static const struct column columns[] = {{.name = "column", .type = TYPE_TEXT},
                                            {.name = "value", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    struct buf text;
    buf_init(&text, RENDER_BUNDLE_LIMIT);
    for (size_t i = 0; i < page.table->column_count && page.table->rows; i++) {
        struct cell cell = table_cell(page.table, 0, i);
        buf_clear(&text);
        render_cell_text(&text, &cell);
        table_add_row(table);
        table_put_string(table, 0, page.table->columns[i].name);
        if (!cell.null)
            table_put_text(table, 1, text.data, text.size);
    }
    buf_release(&text);
    struct caption caption = {
        .title = arena_printf(call->arena, "%s, row %lld", given->name, (long long)given->row),
        .total_rows = table->rows};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
    return true;
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct show_options *given = call->options;
    struct show_options shown = *given;
    shown.name = given->name ? given->name : "_";
    if (strcmp(shown.name, "output") == 0 && given->row && !given->column)
        return show_output(call, given->row, err);
    const json_t *parameter = session_param(call->session, shown.name);
    if (parameter) {
        char *text = json_dump(call->arena, parameter, NULL);
        struct cell cell = {.type = TYPE_JSON, .text = {text, strlen(text)}};
        outputs_result(call->outputs, render_value(call->arena, &cell, shown.name));
        return true;
    }
    if (given->row)
        return show_value(call, &shown, err);
    struct result page;
    int64_t limit = given->limit ? given->limit : session_settings(call->session)->limit;
    if (!results_page(call->session, shown.name, given->offset, limit, call->arena, &page, err))
        return false;
    outputs_result(call->outputs, render_table(call->arena, page.table, &page.caption));
    return true;
}

static const struct magic_example examples[] = {
    {"SELECT 'a long value' AS text, 42 AS n;\n%show _ 1 text",
     "one value of the last result, whole"},
};

const struct magic magic_show = {
    .name = "show",
    .summary =
        "shows a kept result, one row of it, one value whole, a parameter, or what a cell has "
        "shown",
    .details =
        "%show output 12 brings back all outputs of cell 12 of this kernel, also those that a "
        "closed browser has missed. They are kept in the case folder, in outputs/.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct show_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
