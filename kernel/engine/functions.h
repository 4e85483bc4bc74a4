/* functions - SQL functions under Trino's names with Trino's results, where DuckDB has no function
 * of that name; and ours. */
#ifndef COFFERDAM_ENGINE_FUNCTIONS_H
#define COFFERDAM_ENGINE_FUNCTIONS_H

#include "base/base.h"

struct local_function {
    const char *name;
    const char *signature;
    const char *comment; /* a sentence */
    const char *example;
    const char *sql; /* CREATE MACRO, run at open */
};
extern const struct local_function local_functions[];
extern const size_t local_functions_count;

#endif
