/* local_state - what the files of the embedded engine share; only local*.c include it. */
#ifndef COFFERDAM_ENGINE_LOCAL_STATE_H
#define COFFERDAM_ENGINE_LOCAL_STATE_H

#include "engine/duckdb_api.h"
#include "engine/local.h"

#include <pthread.h>

#define POOL_SIZE 4 /* a query and three that are set aside */

/* The instance and its connections. Shared by the worker and by threads of queries set aside: the
   last one to leave closes the instance, so references are counted under the mutex. */
struct instance {
    struct duckdb_api api;
    duckdb_database database;
    pthread_mutex_t mutex;
    duckdb_connection pool[POOL_SIZE]; /* free ones */
    size_t free_count;
    size_t references; /* struct local and every running query */
    size_t set_aside;  /* queries that DuckDB has not let go of */
    char *spill_folder;
};

struct local {
    struct engine engine;
    struct instance *instance;
    duckdb_connection own; /* for the kernel's own statements */
    bool *made;            /* which of local_functions are there */
};

/* Makes our functions that a text names and that are not there yet. */
bool local_functions_for(struct local *local, const char *sql, size_t size,
                         struct error *err) ATTR_USE_RESULT;

struct instance *instance_hold(struct instance *instance);
void instance_release(struct instance *instance);
void instance_free(struct instance *instance); /* when the last reference went under the mutex */
/* NULL when all are set aside. */
duckdb_connection instance_take(struct instance *instance);
void instance_give_back(struct instance *instance, duckdb_connection connection);

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

/* Functions that need C: ip_in. */
bool local_udf_register(const struct duckdb_api *api, duckdb_connection connection,
                        struct error *err) ATTR_USE_RESULT;

extern const struct engine_ops local_ops;

#endif
