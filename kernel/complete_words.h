/* complete_words - SQL's own words: keywords, types and the engine's functions, with a line about
 * each. */
#ifndef COFFERDAM_COMPLETE_WORDS_H
#define COFFERDAM_COMPLETE_WORDS_H

#include "base/base.h"

struct sql_function {
    const char *name, *signature, *comment, *example;
};

extern const struct sql_function sql_functions[];
extern const size_t sql_functions_count;
extern const char *const sql_keywords[]; /* upper case, NULL-terminated */
extern const char *const sql_types[];    /* NULL-terminated */

/* Case ignored; NULL if it is none of them. */
const struct sql_function *sql_function_find(const char *name);

#endif
