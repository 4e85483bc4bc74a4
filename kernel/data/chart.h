/* chart - a drawing of a table: Vega-Lite v5 (inline data only) + PNG + plain text, and SVG for a
 * file.
 *
 * No text/html and no SVG in the bundle (JupyterLab would show the html, nbconvert's LaTeX fails on
 * any SVG). The PNG comes from our own SVG through rsvg-convert as a child with a time limit;
 * without it the bundle has no PNG and its plain text says why.
 */
#ifndef COFFERDAM_DATA_CHART_H
#define COFFERDAM_DATA_CHART_H

#include "base/cancel.h"
#include "base/error.h"
#include "data/render.h"

enum chart_kind { CHART_BAR, CHART_LINE, CHART_POINT, CHART_TIMELINE };

struct chart {
    enum chart_kind kind;
    const char *title; /* may be NULL */
    const char *x, *y; /* column names; y may be NULL for counts and for CHART_TIMELINE's lanes */
    const char *color; /* column name or NULL */
    const char *label; /* column shown as text or tooltip, or NULL */
    int width, height; /* pixels, 0 = default */
    struct cancel *cancel;
};

/* At most 5,000 points are drawn; more is ERROR_LIMIT with a hint to aggregate. */
bool chart_bundle(struct arena *arena, const struct table *table, const struct chart *chart,
                  struct bundle *out, struct error *err) ATTR_USE_RESULT;
bool chart_svg(struct arena *arena, const struct table *table, const struct chart *chart,
               char **svg, size_t *size, struct error *err) ATTR_USE_RESULT;

#endif
