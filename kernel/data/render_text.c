#include "data/rendering.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN_WIDTH 48 /* widest column of a text table; longer values are cut with an ellipsis */
#define MARKDOWN_ROWS 200

static void add_line(struct buf *out, const char *text,
                     void (*escape)(struct buf *, const char *, size_t), const char *end)
{
    if (!text || !*text)
        return;
    escape(out, text, strlen(text));
    buf_adds(out, end);
}

/* ---- text/plain: aligned columns ---- */

static void plain_value(struct buf *value, struct buf *scratch, const struct cell *cell)
{
    buf_clear(scratch);
    buf_clear(value);
    render_short(scratch, cell);
    text_plain(value, scratch->data, scratch->size);
}

/* Bytes of a value that fit PLAIN_WIDTH columns. */
static size_t fitting(const struct buf *value, size_t *width)
{
    *width = text_width(value->data, value->size);
    if (*width <= PLAIN_WIDTH)
        return value->size;
    size_t size = text_cut(value->data, value->size, PLAIN_WIDTH - 1);
    while (size && text_width(value->data, size) > PLAIN_WIDTH - 1)
        size = text_cut(value->data, value->size, size - 1);
    *width = text_width(value->data, size) + 1;
    return size;
}

static void add_padded(struct buf *out, const struct buf *value, size_t width, bool right)
{
    size_t own, size = fitting(value, &own);
    size_t padding = own < width ? width - own : 0;
    if (right)
        buf_fill(out, ' ', padding);
    buf_add(out, value->data, size);
    if (size < value->size)
        buf_adds(out, "…");
    if (!right)
        buf_fill(out, ' ', padding);
}

struct plain {
    const struct rendering *rendering;
    size_t *widths;
    struct buf value, scratch;
};

static void measure(struct plain *plain)
{
    const struct table *table = plain->rendering->table;
    size_t width;
    for (size_t i = 0; i < table->column_count; i++) {
        buf_clear(&plain->value);
        text_plain(&plain->value, table->columns[i].name, strlen(table->columns[i].name));
        (void)fitting(&plain->value, &plain->widths[i]);
    }
    struct cursor cursor = cursor_begin(table);
    for (int64_t row = 0; row < plain->rendering->rows; row++, cursor_next(&cursor))
        for (size_t i = 0; i < table->column_count; i++) {
            if (plain->widths[i] == PLAIN_WIDTH)
                continue;
            struct cell cell = cursor_cell(&cursor, i);
            plain_value(&plain->value, &plain->scratch, &cell);
            (void)fitting(&plain->value, &width);
            plain->widths[i] = width > plain->widths[i] ? width : plain->widths[i];
        }
}

static void plain_rows(struct plain *plain, struct buf *out)
{
    const struct table *table = plain->rendering->table;
    for (size_t i = 0; i < table->column_count; i++) {
        buf_clear(&plain->value);
        text_plain(&plain->value, table->columns[i].name, strlen(table->columns[i].name));
        buf_adds(out, i ? "  " : "");
        add_padded(out, &plain->value, plain->widths[i], render_is_number(&table->columns[i]));
    }
    buf_addc(out, '\n');
    for (size_t i = 0; i < table->column_count; i++) {
        buf_adds(out, i ? "  " : "");
        buf_fill(out, '-', plain->widths[i]);
    }
    buf_addc(out, '\n');
    struct cursor cursor = cursor_begin(table);
    for (int64_t row = 0; row < plain->rendering->rows && !out->full; row++, cursor_next(&cursor)) {
        for (size_t i = 0; i < table->column_count; i++) {
            struct cell cell = cursor_cell(&cursor, i);
            plain_value(&plain->value, &plain->scratch, &cell);
            buf_adds(out, i ? "  " : "");
            add_padded(out, &plain->value, plain->widths[i], render_is_number(&table->columns[i]));
        }
        buf_addc(out, '\n');
    }
}

void render_plain(struct buf *out, const struct rendering *rendering)
{
    const struct caption *caption = rendering->caption;
    add_line(out, caption->title, text_plain, "\n");
    if (rendering->rows) {
        struct plain plain = {.rendering = rendering};
        plain.widths = xcalloc(rendering->table->column_count, sizeof *plain.widths);
        buf_init(&plain.value, (size_t)1024 * 1024);
        buf_init(&plain.scratch, (size_t)1024 * 1024);
        measure(&plain);
        plain_rows(&plain, out);
        buf_release(&plain.value);
        buf_release(&plain.scratch);
        free(plain.widths);
    }
    add_line(out, rendering->facts, text_plain, "");
    add_line(out, *rendering->warning ? "\n" : "", text_plain_lines, "");
    add_line(out, rendering->warning, text_plain, "");
    add_line(out, caption->hint ? "\n" : "", text_plain_lines, "");
    add_line(out, caption->hint, text_plain, "");
    add_line(out, *rendering->cost ? "\n" : "", text_plain_lines, "");
    add_line(out, rendering->cost, text_plain, "");
}

/* ---- text/markdown: a table as GitHub writes it ---- */

static void markdown_row(struct buf *out, struct buf *scratch, const struct cursor *cursor)
{
    buf_addc(out, '|');
    for (size_t i = 0; i < cursor->table->column_count; i++) {
        struct cell cell = cursor_cell(cursor, i);
        buf_clear(scratch);
        buf_addc(out, ' ');
        if (cell.null) {
            buf_adds(out, "*null*");
        } else {
            render_short(scratch, &cell);
            text_markdown(out, scratch->data, scratch->size);
        }
        buf_adds(out, " |");
    }
    buf_addc(out, '\n');
}

static void markdown_table(struct buf *out, const struct rendering *rendering)
{
    const struct table *table = rendering->table;
    buf_addc(out, '|');
    for (size_t i = 0; i < table->column_count; i++) {
        buf_addc(out, ' ');
        text_markdown(out, table->columns[i].name, strlen(table->columns[i].name));
        buf_adds(out, " |");
    }
    buf_adds(out, "\n|");
    for (size_t i = 0; i < table->column_count; i++)
        buf_adds(out, render_is_number(&table->columns[i]) ? "---:|" : "---|");
    buf_addc(out, '\n');
    struct buf scratch;
    buf_init(&scratch, (size_t)1024 * 1024);
    struct cursor cursor = cursor_begin(table);
    int64_t rows = rendering->rows < MARKDOWN_ROWS ? rendering->rows : MARKDOWN_ROWS;
    for (int64_t row = 0; row < rows && !out->full; row++, cursor_next(&cursor))
        markdown_row(out, &scratch, &cursor);
    if (rows < rendering->rows)
        buf_addf(out, "\nOnly the first %d rows are in this form.\n", MARKDOWN_ROWS);
    buf_adds(out, "\n");
    buf_release(&scratch);
}

void render_markdown(struct buf *out, const struct rendering *rendering)
{
    const struct caption *caption = rendering->caption;
    if (caption->title) {
        buf_adds(out, "**");
        add_line(out, caption->title, text_markdown, "**\n\n");
    }
    if (rendering->rows)
        markdown_table(out, rendering);
    add_line(out, rendering->facts, text_markdown, "\n");
    if (*rendering->warning) {
        buf_adds(out, "\n**");
        add_line(out, rendering->warning, text_markdown, "**\n");
    }
    if (caption->hint) {
        buf_addc(out, '\n');
        add_line(out, caption->hint, text_markdown, "\n");
    }
    if (*rendering->cost) {
        buf_addc(out, '\n');
        add_line(out, rendering->cost, text_markdown, "\n");
    }
}

/* ---- text/latex: short tables for a PDF by LaTeX ---- */

static void latex_rows(struct buf *out, const struct rendering *rendering)
{
    const struct table *table = rendering->table;
    struct buf scratch;
    buf_init(&scratch, (size_t)1024 * 1024);
    struct cursor cursor = cursor_begin(table);
    for (int64_t row = 0; row < rendering->rows && !out->full; row++, cursor_next(&cursor)) {
        for (size_t i = 0; i < table->column_count; i++) {
            struct cell cell = cursor_cell(&cursor, i);
            buf_clear(&scratch);
            render_short(&scratch, &cell);
            buf_adds(out, i ? " & " : "");
            text_latex(out, scratch.data, text_cut(scratch.data, scratch.size, 200));
        }
        buf_adds(out, " \\\\\n");
    }
    buf_release(&scratch);
}

void render_latex(struct buf *out, const struct rendering *rendering)
{
    const struct table *table = rendering->table;
    buf_adds(out, "\\begin{small}\\noindent ");
    if (rendering->rows) {
        buf_adds(out, "\\begin{tabular}{");
        for (size_t i = 0; i < table->column_count; i++)
            buf_adds(out, render_is_number(&table->columns[i]) ? "r" : "l");
        buf_adds(out, "}\n");
        for (size_t i = 0; i < table->column_count; i++) {
            buf_adds(out, i ? " & \\textbf{" : "\\textbf{");
            text_latex(out, table->columns[i].name, strlen(table->columns[i].name));
            buf_addc(out, '}');
        }
        buf_adds(out, " \\\\ \\hline\n");
        latex_rows(out, rendering);
        buf_adds(out, "\\end{tabular}\\\\\n");
    }
    add_line(out, rendering->facts, text_latex, "\\\\\n");
    add_line(out, rendering->warning, text_latex, "\\\\\n");
    buf_adds(out, "\\end{small}");
}
