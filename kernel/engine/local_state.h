/* local_state - what the files of the embedded engine share; only local*.c include it. */
#ifndef COFFERDAM_ENGINE_LOCAL_STATE_H
#define COFFERDAM_ENGINE_LOCAL_STATE_H

#include "engine/duckdb_api.h"
#include "engine/local.h"

#include <pthread.h>

#define ASIDE_MOST 4 /* queries that may be set aside before the next one is refused */
/* Each who shares the instance has a connection of its own and runs one query. */
#define POOL_SIZE (2 * LOCAL_SHARERS + ASIDE_MOST)

/* A connection, and whose names it looks for first (struct local's `sharer`). */
struct link {
    duckdb_connection connection;
    int sharer;
};

/* The instance and its connections. Shared by workers and by threads of queries set aside: the
   last one to leave closes the instance, so references are counted under the mutex. */
struct instance {
    struct duckdb_api api;
    duckdb_database database;
    pthread_mutex_t mutex;
    struct link pool[POOL_SIZE]; /* free ones */
    size_t free_count;
    size_t references; /* every struct local and every running query */
    size_t joined;     /* of them by local_join */
    size_t set_aside;  /* queries that DuckDB has not let go of */
    char *spill_folder;
    size_t behind;                     /* results in memory that are being written to the file */
    pthread_cond_t written;            /* one of them was, or could not be: */
    struct error unwritten;            /* why */
    struct inflow *offered[POOL_SIZE]; /* rows on their way that no query has taken yet; held */
    pthread_mutex_t making;            /* guards: */
    bool *made;                        /* which of local_functions are there */
};

struct local {
    struct engine engine;
    struct instance *instance;
    struct link own; /* for the kernel's own statements */
    bool joined;     /* that is one of the pool's */
};

/* Makes our functions that a text names and that are not there yet. */
bool local_functions_for(struct local *local, const char *sql, size_t size,
                         struct error *err) ATTR_USE_RESULT;

struct instance *instance_hold(struct instance *instance);
void instance_release(struct instance *instance);
void instance_free(struct instance *instance); /* when the last reference went under the mutex */
/* A free connection that looks for names as that sharer does. False when none is free, or when
   DuckDB refuses (then with the error set). */
bool instance_take(struct instance *instance, int sharer, struct link *out,
                   struct error *err) ATTR_USE_RESULT;
void instance_give_back(struct instance *instance, struct link link);

/* Prepares the one statement of `sql` and binds its parameters. On failure nothing is left behind.
 */
struct local_request {
    const char *sql;
    size_t size;
    const struct engine_param *params;
    size_t param_count;
    bool guarded; /* only statements that read */
};
bool local_prepare(const struct duckdb_api *api, duckdb_connection connection,
                   const struct local_request *request, duckdb_prepared_statement *out,
                   struct error *err) ATTR_USE_RESULT;

/* A raise during the kernel's own statement interrupts its connection: for cancel_on_raise. */
struct local_waking {
    const struct duckdb_api *api;
    duckdb_connection connection;
};
void local_wake(void *waking);

/* What of the guard comes before preparing: the first word, and functions that act. */
bool local_guard(const struct duckdb_api *api, duckdb_connection connection, const char *sql,
                 size_t size, struct error *err) ATTR_USE_RESULT;

/* Turns DuckDB's words into an error: kind and hint, and the place within `sql`, the statement they
   are about. Returns false. */
bool local_fail_in(struct error *err, const char *words, const char *sql, bool interrupted);
bool local_fail(struct error *err, const char *words, bool interrupted);

/* Columns of a result as columns of a table, in the arena. */
struct table *local_schema(const struct duckdb_api *api, duckdb_result *result,
                           struct arena *arena);
/* Copies a chunk's rows (at most `limit`) as one batch. */
void local_add_chunk(const struct duckdb_api *api, duckdb_result *result, duckdb_data_chunk chunk,
                     struct table *table, size_t limit);

/* A statement of ours, without rows. */
bool local_execute(struct instance *instance, duckdb_connection connection, const char *sql,
                   struct error *err) ATTR_USE_RESULT;

/* Where results lie until they are written to the file. */
#define LOCAL_BEHIND "memory.behind"
/* Makes room for them, and sweeps what a killed kernel left of them. */
bool local_behind_open(struct local *local, bool sweep, struct error *err) ATTR_USE_RESULT;
/* The result has its name, as a view of LOCAL_BEHIND's table; on failure nothing is left. */
bool local_behind_show(struct instance *instance, duckdb_connection connection, const char *name,
                       struct error *err) ATTR_USE_RESULT;
/* It becomes a table of the file; counts down instance->behind. Where that fails it stays as it is.
 */
void local_behind_write(struct instance *instance, duckdb_connection connection, const char *name);

/* What DuckDB's callbacks find libduckdb by, which are given nothing of ours: set by who registers
   them (NULL only asks). */
const struct duckdb_api *local_callback_api(const struct duckdb_api *set);

/* The table function arriving('ID') (engine/inflow.h). */
bool local_inflow_register(struct instance *instance, duckdb_connection connection,
                           struct error *err) ATTR_USE_RESULT;

/* Functions that need C: ip_in. */
bool local_udf_register(const struct duckdb_api *api, duckdb_connection connection,
                        struct error *err) ATTR_USE_RESULT;

extern const struct engine_ops local_ops;

#endif
