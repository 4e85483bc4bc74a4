/* charting - a chart's points and categories, read from a table; only chart*.c include it. */
#ifndef COFFERDAM_DATA_CHARTING_H
#define COFFERDAM_DATA_CHARTING_H

#include "base/buf.h"
#include "data/chart.h"

#define CATEGORY_LIMIT 200

struct categories {
    const char *names[CATEGORY_LIMIT]; /* log text: escaped by whoever writes it */
    size_t count;
};

struct point {
    double x; /* number, microseconds, or index of xs */
    double y; /* number, or index of lanes */
    size_t color;
    const char *label; /* or NULL */
    bool known;        /* x and y are there */
};

struct charting {
    struct arena *arena;
    const struct chart *chart;
    int x, y, color, label; /* columns, -1 none */
    bool x_number, x_time;  /* otherwise xs holds the categories */
    struct categories xs, lanes, colors;
    struct point *points;
    size_t count;
    int width, height;
};

void charting_svg(const struct charting *charting, struct buf *out);
json_t *charting_vega(const struct charting *charting);
/* Colour of a category, "#rrggbb": the same in all forms. */
const char *charting_color(size_t index);

#endif
