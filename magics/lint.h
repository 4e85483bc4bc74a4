/* lint - warnings about a query before another engine is asked and paid. */
#ifndef COFFERDAM_MAGICS_LINT_H
#define COFFERDAM_MAGICS_LINT_H

#include "magic.h"

/* A query, and the line of the cell on which it begins. */
struct lint_query {
    const char *sql;
    size_t size;
    int line;
    bool sent; /* it is about to be asked: what only the answer can tell waits for lint_answer */
};

/* Shows what the rules find, and nothing where they find nothing. The number of findings. */
size_t lint_show(struct magic_call *call, const struct lint_query *query);
/* Says when an answer of this many rows was cut by the query's own LIMIT. */
void lint_answer(struct magic_call *call, const struct lint_query *query, int64_t rows);

#endif
