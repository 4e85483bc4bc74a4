#include "data/rendering.h"

#include "base/text.h"

#include <string.h>

/* Inline styles only, from the list that JupyterLab's sanitizer keeps; colours that work on white
   and on black. The class keeps MathJax away from what stands in logs. */
#define TABLE_OPEN "<div class=\"tex2jax_ignore mathjax_ignore\">"
#define CELL                                                                                       \
    "padding: 2px 8px; vertical-align: top; border-bottom: 1px solid rgba(128,128,128,0.25); "
#define LINE "<div style=\"font-size: 90%; opacity: 0.75\">"

static const char left_open[] =
    "<td style=\"" CELL "text-align: left; min-width: 20em; max-width: 48em\">";
static const char right_open[] = "<td style=\"" CELL "text-align: right; font-family: monospace\">";
/* short values stay on one line: regions, accounts, operations and times do not break at their
 * dashes */
#define SHORT_VALUE 40
static const char short_open[] = "<td style=\"" CELL "text-align: left; white-space: nowrap\">";
static const char null_text[] = "<span style=\"opacity: 0.45; font-style: italic\">null</span>";

static void add_line(struct buf *out, const char *open, const char *text)
{
    if (!*text)
        return;
    buf_adds(out, open);
    text_html(out, text, strlen(text));
    buf_adds(out, "</div>\n");
}

static void add_header(struct buf *out, const struct table *table)
{
    buf_adds(out, "<table style=\"border-collapse: collapse; font-size: 90%\">\n<thead><tr>");
    for (size_t i = 0; i < table->column_count; i++) {
        buf_addf(out,
                 "<th style=\"padding: 2px 8px; border-bottom: 2px solid rgba(128,128,128,0.6); "
                 "text-align: %s\">",
                 render_is_number(&table->columns[i]) ? "right" : "left");
        text_html(out, table->columns[i].name, strlen(table->columns[i].name));
        buf_adds(out, "</th>");
    }
    buf_adds(out, "</tr></thead>\n<tbody>\n");
}

static const char *cell_open(const struct column *column, const struct cell *cell)
{
    if (render_is_number(column))
        return right_open;
    bool is_short = cell->null || column->type == TYPE_TIME || column->type == TYPE_BOOL ||
                    cell->text.size <= SHORT_VALUE;
    return is_short ? short_open : left_open;
}

static void add_cell(struct buf *out, struct buf *scratch, const struct cell *cell)
{
    if (cell->null) {
        buf_adds(out, null_text);
        return;
    }
    if (cell->type == TYPE_TEXT &&
        cell->text.size <= RENDER_VALUE_LIMIT) { /* the common case needs no copy */
        text_html(out, cell->text.data, cell->text.size);
        return;
    }
    buf_clear(scratch);
    render_short(scratch, cell);
    text_html(out, scratch->data, scratch->size);
}

static void add_rows(struct buf *out, const struct rendering *rendering)
{
    const struct table *table = rendering->table;
    struct buf scratch;
    buf_init(&scratch, (size_t)1024 * 1024);
    struct cursor cursor = cursor_begin(table);
    for (int64_t row = 0; row < rendering->rows && !out->full; row++, cursor_next(&cursor)) {
        buf_adds(out, "<tr>");
        for (size_t column = 0; column < table->column_count; column++) {
            struct cell cell = cursor_cell(&cursor, column);
            buf_adds(out, cell_open(&table->columns[column], &cell));
            add_cell(out, &scratch, &cell);
            buf_adds(out, "</td>");
        }
        buf_adds(out, "</tr>\n");
    }
    buf_release(&scratch);
}

void render_html(struct buf *out, const struct rendering *rendering)
{
    const struct caption *caption = rendering->caption;
    buf_adds(out, TABLE_OPEN "\n");
    add_line(out, "<div style=\"font-weight: bold\">", caption->title ? caption->title : "");
    if (rendering->rows) {
        add_header(out, rendering->table);
        add_rows(out, rendering);
        buf_adds(out, "</tbody>\n</table>\n");
    }
    add_line(out, LINE, rendering->facts);
    add_line(out, "<div style=\"font-weight: bold\">", rendering->warning);
    add_line(out, LINE, caption->hint ? caption->hint : "");
    add_line(out, LINE, rendering->cost);
    buf_adds(out, "</div>");
}
