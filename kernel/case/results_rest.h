/* results_rest - more rows were asked for than a page shows: the last ones, and all of them in a
 * file of the case with its hash. For results.c. */
#ifndef COFFERDAM_CASE_RESULTS_REST_H
#define COFFERDAM_CASE_RESULTS_REST_H

#include "case/results.h"

struct results_rest {
    const char *name; /* of the kept result */
    int64_t total;    /* its rows */
    struct outputs *outputs;
    struct cancel *cancel;
    struct arena *arena;
};

/* After the first rows were shown. */
bool results_show_rest(struct session *session, const struct results_rest *rest,
                       struct error *err) ATTR_USE_RESULT;

#endif
