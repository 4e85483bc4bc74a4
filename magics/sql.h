/* sql - what %sql, %local and later %athena and %trino share: the options of a query and how it is
 * run. */
#ifndef COFFERDAM_MAGICS_SQL_H
#define COFFERDAM_MAGICS_SQL_H

#include "magic.h"

struct query_options {
    const char *sql; /* on the line itself, as written; or NULL */
    int64_t limit;
    const char *into, *save;
};

#define QUERY_OPTION_COUNT 4
extern const struct option query_options[QUERY_OPTION_COUNT];
#define QUERY_OPTIONS                                                                              \
    {                                                                                              \
        .options = query_options, .count = QUERY_OPTION_COUNT,                                     \
        .size = sizeof(struct query_options)                                                       \
    }

/* Runs the line's SQL, or the body's. */
bool query_run(struct magic_call *call, struct error *err);

#endif
