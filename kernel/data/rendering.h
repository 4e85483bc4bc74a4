/* rendering - what the renderers of a table share; only render*.c include it. */
#ifndef COFFERDAM_DATA_RENDERING_H
#define COFFERDAM_DATA_RENDERING_H

#include "base/buf.h"
#include "data/render.h"

struct rendering {
    const struct table *table;
    const struct caption *caption;
    int64_t rows; /* shown of the table's */
    int64_t cut_values;
    const char *facts, *warning, *cost; /* lines of words, not yet escaped; "" = none */
};

void render_plain(struct buf *out, const struct rendering *rendering);
void render_markdown(struct buf *out, const struct rendering *rendering);
void render_html(struct buf *out, const struct rendering *rendering);
void render_latex(struct buf *out, const struct rendering *rendering);

/* Values among the first rows that are longer than RENDER_VALUE_LIMIT. */
int64_t render_cut_values(const struct table *table, int64_t rows);
/* A value as one line, cut to RENDER_VALUE_LIMIT with an ellipsis; numbers and times as the
 * caption's words promise. */
void render_short(struct buf *out, const struct cell *cell);
bool render_is_number(const struct column *column);

/* Walks the cells row by row without searching for the batch each time. */
struct cursor {
    const struct table *table;
    const struct batch *batch;
    size_t row; /* within the batch */
};
struct cursor cursor_begin(const struct table *table);
void cursor_next(struct cursor *cursor);
struct cell cursor_cell(const struct cursor *cursor, size_t column);

#endif
