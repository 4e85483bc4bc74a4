/* sql - what %sql, %local, %athena and %trino share: the options of a query and how it is
 * run. */
#ifndef COFFERDAM_MAGICS_SQL_H
#define COFFERDAM_MAGICS_SQL_H

#include "engine/engine.h"
#include "magic.h"

struct query_options {
    const char *sql; /* on the line itself, as written; or NULL */
    int64_t limit;
    const char *into, *save;
    bool background; /* of engines that go on without the cell */
};

/* The rows of an option table whose struct begins with struct query_options. */
#define OPT_QUERY                                                                                  \
    {.name = "SQL",                                                                                \
     .help = "the query, when it stands on the line itself, as it is",                             \
     OPT_REST(struct query_options, sql)},                                                         \
        {.name = "--into",                                                                         \
         .value = "NAME",                                                                          \
         .help = "keep the result under this name too",                                            \
         OPT_TEXT(struct query_options, into)},                                                    \
        {.name = "--save",                                                                         \
         .value = "FILE",                                                                          \
         .help = "write the whole result to FILE.csv, .parquet or .json",                          \
         OPT_TEXT(struct query_options, save),                                                     \
         .values = VALUES_FILE},                                                                   \
    {                                                                                              \
        .name = "--limit", .value = "N", .help = "rows shown (the whole result is kept)",          \
        OPT_INT(struct query_options, limit), .min = 1, .max = 1000000                             \
    }

#define OPT_BACKGROUND                                                                             \
    {                                                                                              \
        .name = "--background",                                                                    \
        .help = "go on after the cell: a job, whose result is kept when it comes (%jobs)",         \
        OPT_FLAG(struct query_options, background)                                                 \
    }

#define QUERY_OPTION_COUNT 4
extern const struct option query_options[QUERY_OPTION_COUNT];
#define QUERY_OPTIONS                                                                              \
    {                                                                                              \
        .options = query_options, .count = QUERY_OPTION_COUNT,                                     \
        .size = sizeof(struct query_options)                                                       \
    }

/* Runs the line's SQL, or the body's, on the engine of the settings. */
bool query_run(struct magic_call *call, struct error *err);
/* The same on this one, NULL being the embedded; `sql` may be NULL: the line's or the body's. */
bool query_run_on(struct magic_call *call, struct engine *engine, const char *sql,
                  struct error *err);

#endif
