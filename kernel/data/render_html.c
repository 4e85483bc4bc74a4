#include "data/rendering.h"

#include "base/text.h"

#include <string.h>

/* Inline styles only, from the list that JupyterLab's sanitizer keeps; colours that work on white
   and on black. The class keeps MathJax away from what stands in logs. */
#define TABLE_OPEN "<div class=\"tex2jax_ignore mathjax_ignore\">"
#define CELL                                                                                       \
    "padding: 2px 8px; vertical-align: top; border-bottom: 1px solid rgba(128,128,128,0.25); "
#define LINE "<div style=\"font-size: 90%; opacity: 0.75\">"

static const char long_open[] =
    "<td style=\"" CELL "text-align: left; min-width: 16em; max-width: 48em\">";
/* what has no spaces is broken anywhere, so that it never runs over the edge of paper */
static const char solid_open[] =
    "<td style=\"" CELL "text-align: left; min-width: 16em; max-width: 48em; "
    "word-break: break-all\">";
static const char right_open[] = "<td style=\"" CELL "text-align: right; font-family: monospace\">";
static const char short_open[] = "<td style=\"" CELL "text-align: left\">";
static const char label_open[] = "<span style=\"opacity: 0.6; white-space: nowrap\">";
/* a width of its own would stretch the table: it takes that of the columns above */
static const char below_open[] = "\" style=\"" CELL "text-align: left; padding-left: 32px; "
                                 "max-width: 0; word-wrap: break-word\">";
static const char null_text[] = "<span style=\"opacity: 0.45; font-style: italic\">null</span>";

#define SHORT_VALUE 40 /* characters; longer values get lines */
#define PAGE_WIDTH 120 /* characters of a table on a page of A4 across */
#define CELL_SPACE 2   /* characters of a cell's padding */
#define FOLD_WIDTH 30  /* characters from which on a column is folded before others */
#define MEASURED_ROWS 50
#define COLUMNS_MOST 512

/* Columns that have no room beside the others stand below them, each behind its name: nobody has to
   scroll sideways, and paper cuts nothing off. */
struct fold {
    bool below[COLUMNS_MOST];
    size_t above;
};

static void add_line(struct buf *out, const char *open, const char *text)
{
    if (!*text)
        return;
    buf_adds(out, open);
    text_html(out, text, strlen(text));
    buf_adds(out, "</div>\n");
}

static size_t characters(const char *text, size_t size, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < size && count < most; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

static void measure(const struct rendering *rendering, size_t *widths)
{
    const struct table *table = rendering->table;
    struct buf scratch;
    buf_init(&scratch, (size_t)1024 * 1024);
    for (size_t i = 0; i < table->column_count && i < COLUMNS_MOST; i++)
        widths[i] = characters(table->columns[i].name, strlen(table->columns[i].name), SHORT_VALUE);
    struct cursor cursor = cursor_begin(table);
    for (int64_t row = 0; row < rendering->rows && row < MEASURED_ROWS; row++, cursor_next(&cursor))
        for (size_t i = 0; i < table->column_count && i < COLUMNS_MOST; i++) {
            struct cell cell = cursor_cell(&cursor, i);
            buf_clear(&scratch);
            if (!cell.null)
                render_short(&scratch, &cell);
            size_t width = characters(scratch.data, scratch.size, SHORT_VALUE);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    buf_release(&scratch);
}

/* From the right, the wide ones first; the first column stays. */
static void fold_columns(const struct rendering *rendering, struct fold *fold)
{
    size_t count = rendering->table->column_count, total = 0;
    size_t widths[COLUMNS_MOST];
    memset(fold, 0, sizeof *fold);
    fold->above = count;
    if (count > COLUMNS_MOST)
        return;
    measure(rendering, widths);
    for (size_t i = 0; i < count; i++)
        total += widths[i] + CELL_SPACE;
    static const size_t least[] = {FOLD_WIDTH, 0};
    for (size_t turn = 0; turn < COUNT(least); turn++)
        for (size_t i = count; i-- > 1 && total > PAGE_WIDTH;) {
            if (fold->below[i] || widths[i] < least[turn])
                continue;
            fold->below[i] = true;
            fold->above--;
            total -= widths[i] + CELL_SPACE;
        }
}

static void add_header(struct buf *out, const struct table *table, const struct fold *fold)
{
    buf_adds(out, "<table style=\"border-collapse: collapse; font-size: 90%\">\n<thead><tr>");
    for (size_t i = 0; i < table->column_count; i++) {
        if (i < COLUMNS_MOST && fold->below[i])
            continue;
        buf_addf(out,
                 "<th style=\"padding: 2px 8px; border-bottom: 2px solid rgba(128,128,128,0.6); "
                 "text-align: %s\">",
                 render_is_number(&table->columns[i]) ? "right" : "left");
        text_html(out, table->columns[i].name, strlen(table->columns[i].name));
        buf_adds(out, "</th>");
    }
    buf_adds(out, "</tr></thead>\n<tbody>\n");
}

static bool is_solid(const char *text, size_t size)
{
    size_t run = 0;
    for (size_t i = 0; i < size && run <= SHORT_VALUE; i++)
        run = text[i] == ' ' ? 0 : run + 1;
    return run > SHORT_VALUE;
}

static const char *cell_open(const struct column *column, const struct cell *cell)
{
    if (render_is_number(column))
        return right_open;
    bool is_short = cell->null || column->type == TYPE_TIME || column->type == TYPE_BOOL ||
                    cell->text.size <= SHORT_VALUE;
    if (is_short)
        return short_open;
    return is_solid(cell->text.data, cell->text.size) ? solid_open : long_open;
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

static void add_below(struct buf *out, struct buf *scratch, const struct cursor *cursor,
                      const struct fold *fold)
{
    const struct table *table = cursor->table;
    const char *between = "";
    buf_addf(out, "<tr><td colspan=\"%zu%s", fold->above, below_open);
    for (size_t column = 0; column < table->column_count; column++) {
        if (!(column < COLUMNS_MOST && fold->below[column]))
            continue;
        const char *name = table->columns[column].name;
        struct cell cell = cursor_cell(cursor, column);
        buf_addf(out, "%s%s", between, label_open);
        text_html(out, name, strlen(name));
        buf_adds(out, "</span> ");
        add_cell(out, scratch, &cell);
        between = " &nbsp; ";
    }
    buf_adds(out, "</td></tr>\n");
}

static void add_rows(struct buf *out, const struct rendering *rendering, const struct fold *fold)
{
    const struct table *table = rendering->table;
    struct buf scratch;
    buf_init(&scratch, (size_t)1024 * 1024);
    struct cursor cursor = cursor_begin(table);
    for (int64_t row = 0; row < rendering->rows && !out->full; row++, cursor_next(&cursor)) {
        buf_adds(out, "<tr>");
        for (size_t column = 0; column < table->column_count; column++) {
            if (column < COLUMNS_MOST && fold->below[column])
                continue;
            struct cell cell = cursor_cell(&cursor, column);
            buf_adds(out, cell_open(&table->columns[column], &cell));
            add_cell(out, &scratch, &cell);
            buf_adds(out, "</td>");
        }
        buf_adds(out, "</tr>\n");
        if (fold->above < table->column_count)
            add_below(out, &scratch, &cursor, fold);
    }
    buf_release(&scratch);
}

void render_html(struct buf *out, const struct rendering *rendering)
{
    const struct caption *caption = rendering->caption;
    buf_adds(out, TABLE_OPEN "\n");
    add_line(out, "<div style=\"font-weight: bold\">", caption->title ? caption->title : "");
    if (rendering->rows) {
        struct fold fold;
        fold_columns(rendering, &fold);
        add_header(out, rendering->table, &fold);
        add_rows(out, rendering, &fold);
        buf_adds(out, "</tbody>\n</table>\n");
    }
    add_line(out, LINE, rendering->facts);
    add_line(out, "<div style=\"font-weight: bold\">", rendering->warning);
    add_line(out, LINE, caption->hint ? caption->hint : "");
    add_line(out, LINE, rendering->cost);
    buf_adds(out, "</div>");
}
