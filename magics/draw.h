/* draw - what %chart and %timeline share: a kept result, drawn. */
#ifndef COFFERDAM_MAGICS_DRAW_H
#define COFFERDAM_MAGICS_DRAW_H

#include "data/chart.h"
#include "magic.h"

/* Draws the first 5,000 rows of a kept result ("_" if NULL) and, with `save`, writes the SVG to
 * that file. */
bool draw_result(struct magic_call *call, const char *result, const struct chart *chart,
                 const char *save, struct error *err);

#endif
