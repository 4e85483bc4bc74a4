/* athena_named - the tables that a query of Athena names, how often each is read at most, and what
 * its WHERE says of single columns.
 *
 * It knows tokens, brackets and the clauses of a SELECT. What it does not understand it says so of,
 * so that no table is overlooked: a query whose price is foretold must not read more. A WITH query
 * is read as often as it is named, since Athena's engine puts it in place. Any bytes; at most
 * 50,000 tokens, 500 tables, 100 brackets deep. Pure.
 */
#ifndef COFFERDAM_ENGINE_ATHENA_NAMED_H
#define COFFERDAM_ENGINE_ATHENA_NAMED_H

#include "engine/engine.h"

/* One condition that every row read must meet. */
struct athena_filter {
    const char *column;        /* lower case */
    const char *const *values; /* = or IN */
    size_t count;              /* 0: a range */
    const char *low, *high;    /* inclusive; NULL: open */
    const struct athena_filter *next;
};

struct athena_named {
    const char *catalog, *database; /* NULL: the query's own; lower case */
    const char *table;
    int64_t times;                      /* 0: in a WITH query that nothing names */
    const struct athena_filter *filter; /* NULL: none is sure */
    struct athena_named *next;
};

/* The list, in the order of the text (NULL: none). False: `*why` says in a few words what is not
 * understood. All belongs to the arena. */
bool athena_find_named(struct arena *arena, const struct engine_request *request,
                       struct athena_named **out, const char **why);

/* What a filter says of a column; NULL: nothing. */
const struct athena_filter *athena_filter_of(const struct athena_named *named, const char *column,
                                             bool range);

#endif
