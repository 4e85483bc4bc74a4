/* stage - an embedded engine over a folder of its own, for the tests of this floor. */
#ifndef COFFERDAM_TESTS_ENGINE_STAGE_H
#define COFFERDAM_TESTS_ENGINE_STAGE_H

#include "engine/local.h"

struct stage {
    struct arena *arena;
    char folder[64];     /* the case's; gone afterwards */
    const char *results; /* results.duckdb in it */
    const char *open;    /* a folder SQL may read */
    struct local *local;
};

/* Group fixtures of cmocka: *state is the stage. */
int stage_set_up(void **state);
int stage_tear_down(void **state);

struct local *stage_open(const struct stage *stage, struct error *err);

/* One query of the analyst; the rows as text: cells by '|', rows by '/', NULL as ~. Fails the test
 * on an error. */
const char *stage_rows(struct stage *stage, const char *sql);
struct table *stage_table(struct stage *stage, const char *sql);
/* The same for a query that must fail; its error. */
struct error stage_error(struct stage *stage, const char *sql);
/* Keeps a result under a name and returns what became of it. */
struct engine_info stage_keep(struct stage *stage, const char *name, const char *sql);
const char *stage_text(struct stage *stage, const struct table *table);

#endif
