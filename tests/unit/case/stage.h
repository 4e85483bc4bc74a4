/* stage - a session in a case folder of its own with the real engine, for the tests of this floor.
 */
#ifndef COFFERDAM_TESTS_CASE_STAGE_H
#define COFFERDAM_TESTS_CASE_STAGE_H

#include "case/results.h"

struct stage {
    struct arena *arena;
    char folder[64]; /* gone afterwards */
    const char *case_folder;
    struct session *session;
    struct cancel *cancel; /* a generation runs */
    int64_t cell;
};

/* Fixtures of cmocka: *state is the stage. */
int stage_set_up(void **state);
int stage_tear_down(void **state);

/* The kernel ends and another begins in the same case; `lost` (arena) is what it says was lost. */
const char *stage_restart(struct stage *stage);

/* A cell of SQL; NULL fields of the request are defaults. */
bool stage_run(struct stage *stage, const struct results_request *request, struct result *out,
               struct error *err);
/* A cell that must work: its rows as text, cells by '|', rows by '/', NULL as ~. */
const char *stage_rows(struct stage *stage, const char *sql);
const char *stage_into(struct stage *stage, const char *sql, const char *into);
/* A cell that must fail; its error. */
struct error stage_error(struct stage *stage, const char *sql);
/* Rows of a kept result without a cell of their own. */
const char *stage_page(struct stage *stage, const char *name);

const char *stage_path(struct stage *stage, const char *name); /* below the stage's folder */
const char *stage_read(struct stage *stage, const char *path); /* a file's text */

#endif
