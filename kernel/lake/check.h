/* check - is the opened data whole? rows per source, hour and region; gaps; first and last event;
 * duplicates. */
#ifndef COFFERDAM_LAKE_CHECK_H
#define COFFERDAM_LAKE_CHECK_H

#include "case/results.h"
#include "lake/lake.h"

/* Shows the findings in words and a table of rows per source, region and hour span; *out is that
 * table, kept like any result. */
bool lake_check(struct session *session, struct outputs *outputs, struct cancel *cancel,
                struct arena *arena, struct result *out, struct error *err) ATTR_USE_RESULT;

#endif
