/* engine - a query as a state machine, the same for the embedded engine, Athena and Trino.
 *
 * open, then step until ENGINE_END or ENGINE_ERROR; an engine never sleeps, loops or reads the
 * clock. engine_read() is the only loop: it waits, watches the cancel object, reports progress and
 * holds the limits. Worker thread.
 */
#ifndef COFFERDAM_ENGINE_ENGINE_H
#define COFFERDAM_ENGINE_ENGINE_H

#include "base/cancel.h"
#include "base/error.h"
#include "base/json.h"
#include "base/sql.h"
#include "data/table.h"

enum engine_step { ENGINE_ERROR, ENGINE_WAIT, ENGINE_BATCH, ENGINE_END };

/* What a step waits for. */
struct engine_wait {
    int fd;           /* -1: time only */
    short events;     /* POLLIN... */
    int64_t deadline; /* monotonic microseconds, 0 = none: step again then */
};

/* A bound value: name -> JSON of the parameter cell (string, integer, real, true, false, null). */
struct engine_param {
    const char *name;
    const json_t *value;
};

struct inflow;

struct engine_request {
    const char *sql; /* one statement with $1.. placeholders in the order of params */
    size_t size;
    const struct engine_param *params;
    size_t param_count;
    const struct sql_place *places; /* of the placeholders in `sql`, for engines that number none */
    size_t place_count;
    const char *keep_as;   /* keep the whole result under this name (a SELECT); NULL: rows only */
    int64_t limit;         /* rows wanted in batches; 0 = all */
    struct inflow *inflow; /* the rows it reads are on their way (engine/inflow.h) */
    bool behind;           /* rows on their way are shown before they lie in their file, under a
                              name that no later result has (local_settle) */
    bool own;              /* the kernel's own statement, which may write; never an analyst's */
};

/* Facts about a query, while it runs and afterwards. */
struct engine_info {
    double fraction;    /* 0 to 1, -1 unknown */
    int64_t rows;       /* of the whole result, -1 unknown */
    int64_t bytes_read; /* 0 unknown */
    int64_t scanned_rows;
    bool changed;     /* it made or dropped something in the engine's own results */
    const char *kept; /* name of the kept result or NULL */
    const char *id;   /* the far end's name of the query (Athena's execution); NULL: it has none */
    const char
        *stopped; /* a sentence on what became of a stop at the far end; NULL: nothing to say */
};

struct engine;
struct query;

struct engine_ops {
    const char *name;   /* "local" */
    int64_t stop_limit; /* microseconds it has to stop, the far end's word included; 0: 60 ms */
    /* The query may be another engine's: then it is stepped, described and closed by that. */
    bool (*open)(struct engine *engine, const struct engine_request *request, struct arena *arena,
                 struct query **out, struct error *err);
    /* BATCH: rows were added to *table, which is made on the first one and lives as long as the
     * arena given to open. */
    enum engine_step (*step)(struct query *query, struct engine_wait *wait, struct table **table,
                             struct error *err);
    void (*describe)(struct query *query, struct engine_info *info);
    void (*stop)(struct query *query); /* asks the far end to stop; may be repeated; step goes on
                                          until END or ERROR */
    void (*close)(
        struct query *query); /* ends it whatever its state, within a few ms; exactly once */
};

struct engine { /* first member of each engine's own struct */
    const struct engine_ops *ops;
};

struct query { /* first member of each engine's own query */
    struct engine *engine;
};

struct engine_reading {
    struct cancel *cancel;
    void (*progress)(void *state, const struct engine_info *info,
                     int64_t elapsed); /* about 5 times a second, may be NULL */
    void *state;
    struct engine_info info; /* filled at the end, also of a query that failed on its way */
    int64_t elapsed;
};

/* Runs a request to its end and returns its first `limit` rows as a table. After a cancel the
   engine has its stop_limit; then the query is closed and set aside. ERROR_INTERRUPTED says how far
   it came. */
bool engine_read(struct engine *engine, const struct engine_request *request, struct arena *arena,
                 struct engine_reading *reading, struct table **out,
                 struct error *err) ATTR_USE_RESULT;

#endif
