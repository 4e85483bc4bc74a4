/* A query of the analyst: on a thread of its own, so that the worker can always leave it behind. */
#include "engine/local_state.h"

#include "base/buf.h"
#include "base/text.h"
#include "engine/inflow.h"

#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TASK_PAUSE 20000 /* microseconds: a query that failed on another thread is noticed then */

/* Shared by the worker and the query's thread; the last of the two frees it. What the thread writes
   before `done`, the worker reads after it. */
struct local_query {
    struct query query;
    struct instance *instance;
    struct link link;
    char *sql, *keep_as;
    const char *running; /* the statement at work, in which errors have their place */
    size_t size;
    struct engine_param *params; /* values are deep copies: jansson's counts are not atomic */
    size_t param_count;
    int64_t limit;
    int done_fd;
    atomic_bool done, stop, set_aside;
    atomic_int holders;
    bool shown;          /* worker: the batch was handed out */
    struct arena *arena; /* rows, of the thread until done */
    struct table *table;
    int64_t total;
    bool own;              /* not an analyst's: no guard */
    struct inflow *inflow; /* held; may be NULL */
    bool behind;           /* shown before it is written */
    bool settled;          /* under the instance's mutex: nothing is interrupted any more */
    bool failed;
    struct error error;
};

static void query_release(void *state)
{
    struct local_query *query = state;
    if (atomic_fetch_sub(&query->holders, 1) != 1)
        return;
    for (size_t i = 0; i < query->param_count; i++) {
        union {
            const json_t *value;
            json_t *own;
        } copy = {.value = query->params[i].value};
        json_decref(copy.own);
    }
    free(query->params);
    free(query->sql);
    free(query->keep_as);
    inflow_release(query->inflow);
    arena_free(query->arena);
    close(query->done_fd);
    free(query);
}

/* ---- the query's thread ---- */

/* DuckDB spins while one of its threads waits for rows: this one waits as well. */
static bool execute_arriving(struct local_query *query, duckdb_prepared_statement prepared,
                             duckdb_result *result)
{
    const struct duckdb_api *api = &query->instance->api;
    duckdb_pending_result pending = NULL;
    bool ok = api->pending_prepared(prepared, &pending) == DuckDBSuccess;
    for (duckdb_pending_state state = DUCKDB_PENDING_RESULT_NOT_READY;
         ok && state != DUCKDB_PENDING_RESULT_READY && state != DUCKDB_PENDING_ERROR;) {
        state = api->pending_execute_task(pending);
        if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE)
            inflow_wait(query->inflow, TASK_PAUSE);
    }
    ok = api->execute_pending(pending, result) == DuckDBSuccess;
    api->destroy_pending(&pending);
    return ok;
}

static bool execute(struct local_query *query, duckdb_prepared_statement prepared,
                    duckdb_result *result)
{
    const struct duckdb_api *api = &query->instance->api;
    if (atomic_load(&query->stop))
        return error_set(&query->error, ERROR_INTERRUPTED, "interrupted");
    if (query->inflow ? execute_arriving(query, prepared, result)
                      : api->execute_prepared(prepared, result) == DuckDBSuccess)
        return true;
    (void)local_fail_in(&query->error, api->result_error(result), query->running,
                        atomic_load(&query->stop));
    api->destroy_result(result);
    return false;
}

static void read_rows(struct local_query *query, duckdb_result *result)
{
    const struct duckdb_api *api = &query->instance->api;
    query->table = local_schema(api, result, query->arena);
    int64_t seen = 0;
    for (duckdb_data_chunk chunk; (chunk = api->fetch_chunk(*result)) != NULL;) {
        int64_t size = (int64_t)api->data_chunk_get_size(chunk);
        if (!query->limit || seen < query->limit)
            local_add_chunk(api, result, chunk, query->table,
                            query->limit ? (size_t)(query->limit - seen) : SIZE_MAX);
        seen += size;
        api->destroy_data_chunk(&chunk);
    }
    if (query->total < 0)
        query->total = seen;
}

/* CREATE TABLE AS answers with one row: how many it holds. */
static int64_t count_made(struct local_query *query, duckdb_result *result)
{
    const struct duckdb_api *api = &query->instance->api;
    duckdb_data_chunk chunk = api->fetch_chunk(*result);
    if (!chunk)
        return 0;
    const int64_t *counts = api->vector_get_data(api->data_chunk_get_vector(chunk, 0));
    int64_t count = api->data_chunk_get_size(chunk) ? counts[0] : 0;
    api->destroy_data_chunk(&chunk);
    return count;
}

static bool prepare(struct local_query *query, const char *sql, bool analyst,
                    duckdb_prepared_statement *out)
{
    struct local_request request = {
        .sql = sql, .size = strlen(sql), .guarded = analyst && !query->own && !query->keep_as};
    if (analyst) {
        request.params = query->params;
        request.param_count = query->param_count;
    }
    query->running = sql;
    return local_prepare(&query->instance->api, query->link.connection, &request, out,
                         &query->error);
}

/* Runs what was prepared, and ends it. */
static bool run(struct local_query *query, duckdb_prepared_statement prepared, bool read)
{
    duckdb_result result = {0};
    bool ok = execute(query, prepared, &result);
    if (ok && read)
        read_rows(query, &result);
    if (ok && !read)
        query->total = count_made(query, &result);
    if (ok)
        query->instance->api.destroy_result(&result);
    query->instance->api.destroy_prepare(&prepared);
    return ok;
}

static bool show(struct local_query *query)
{
    duckdb_prepared_statement prepared;
    return prepare(query, query->sql, true, &prepared) && run(query, prepared, true);
}

/* The guard looks at the analyst's own statement, before our CREATE TABLE is put before it. */
static bool check(struct local_query *query)
{
    struct local_request request = {.sql = query->sql,
                                    .size = query->size,
                                    .params = query->params,
                                    .param_count = query->param_count,
                                    .guarded = true};
    duckdb_prepared_statement prepared;
    if (!local_prepare(&query->instance->api, query->link.connection, &request, &prepared,
                       &query->error))
        return false;
    query->instance->api.destroy_prepare(&prepared);
    return true;
}

static void add_name(struct buf *sql, const struct local_query *query)
{
    buf_adds(sql, query->behind ? LOCAL_BEHIND "." : "results.main.");
    text_sql_name(sql, query->keep_as, strlen(query->keep_as));
}

/* From here on a stop has no effect. False if one came before. */
static bool settle(struct local_query *query)
{
    pthread_mutex_lock(&query->instance->mutex);
    query->settled = true;
    pthread_mutex_unlock(&query->instance->mutex);
    return !atomic_load(&query->stop) || error_set(&query->error, ERROR_INTERRUPTED, "interrupted");
}

static bool control(struct local_query *query, const char *sql)
{
    const struct duckdb_api *api = &query->instance->api;
    duckdb_result result;
    bool ok = api->query(query->link.connection, sql, &result) == DuckDBSuccess;
    if (!ok)
        (void)local_fail(&query->error, api->result_error(&result), atomic_load(&query->stop));
    api->destroy_result(&result);
    return ok;
}

/* The prefix stands on a line of its own: DuckDB's line numbers are one too high then, its columns
 * are right. */
static void make_sql(const struct local_query *query, struct buf *sql)
{
    buf_adds(sql, "CREATE OR REPLACE TABLE ");
    add_name(sql, query);
    buf_adds(sql, " AS\n");
    buf_add(sql, query->sql, query->size);
}

static bool read_table(struct local_query *query, struct buf *sql)
{
    buf_clear(sql);
    buf_adds(sql, "SELECT * FROM ");
    add_name(sql, query);
    if (query->limit)
        buf_addf(sql, " LIMIT %" PRId64, query->limit);
    duckdb_prepared_statement prepared;
    return prepare(query, sql->data, false, &prepared) && run(query, prepared, true);
}

/* One transaction: the result is kept whole and shown, or what stood under the name before stays.
 */
static bool make(struct local_query *query, duckdb_prepared_statement prepared, struct buf *sql)
{
    if (!control(query, "BEGIN TRANSACTION")) {
        query->instance->api.destroy_prepare(&prepared);
        return false;
    }
    bool ok = run(query, prepared, false) && read_table(query, sql);
    ok = settle(query) && ok && control(query, "COMMIT");
    if (!ok)
        (void)control(query, "ROLLBACK");
    return ok && (!query->behind || local_behind_show(query->instance, query->link.connection,
                                                      query->keep_as, &query->error));
}

/* What the guard would refuse is often no grammar behind our prefix: then the guard's word counts.
 */
static bool explain_failure(struct local_query *query)
{
    if (query->error.line > 1)
        query->error.line--;
    struct error failed = query->error;
    query->error = (struct error){0};
    if (failed.kind != ERROR_SQL || query->own || atomic_load(&query->stop) || check(query))
        query->error = failed;
    return false;
}

static bool keep(struct local_query *query)
{
    if (!query->own && !local_guard(&query->instance->api, query->link.connection, query->sql,
                                    query->size, &query->error))
        return false;
    struct buf sql;
    buf_init(&sql, (size_t)64 * 1024 * 1024);
    make_sql(query, &sql);
    duckdb_prepared_statement prepared;
    bool ok = prepare(query, sql.data, true, &prepared) && make(query, prepared, &sql);
    buf_release(&sql);
    return ok || explain_failure(query);
}

/* Done and letting go are one: whoever sees `done` may close the instance and open its files again.
 */
static void end(struct local_query *query)
{
    struct instance *instance = query->instance;
    instance_give_back(instance, query->link);
    pthread_mutex_lock(&instance->mutex);
    if (atomic_load(&query->set_aside))
        instance->set_aside--;
    bool last = --instance->references == 0;
    atomic_store(&query->done, true);
    pthread_mutex_unlock(&instance->mutex);
    if (last)
        instance_free(instance);
    (void)eventfd_write(query->done_fd, 1);
}

/* Done, and then written: until that the instance is in use. */
static void end_behind(struct local_query *query)
{
    struct instance *instance = query->instance;
    pthread_mutex_lock(&instance->mutex);
    if (atomic_load(&query->set_aside))
        instance->set_aside--;
    instance->behind++;
    atomic_store(&query->done, true);
    pthread_mutex_unlock(&instance->mutex);
    (void)eventfd_write(query->done_fd, 1);
    local_behind_write(instance, query->link.connection, query->keep_as);
    instance_give_back(instance, query->link);
    instance_release(instance);
}

static void *query_main(void *state)
{
    struct local_query *query = state;
    query->failed = !(query->keep_as ? keep(query) : show(query));
    if (!query->failed && !query->settled && atomic_load(&query->stop))
        query->failed = !error_set(&query->error, ERROR_INTERRUPTED, "interrupted");
    if (query->behind && !query->failed)
        end_behind(query);
    else
        end(query);
    query_release(query);
    return NULL;
}

/* ---- the worker's side ---- */

static struct local_query *query_new(struct local *local, const struct engine_request *request)
{
    struct local_query *query = xcalloc(1, sizeof *query);
    query->query.engine = &local->engine;
    query->instance = instance_hold(local->instance);
    query->sql = xstrndup(request->sql, request->size);
    query->size = request->size;
    query->keep_as = request->keep_as ? xstrdup(request->keep_as) : NULL;
    query->limit = request->limit;
    query->own = request->own;
    query->inflow = request->inflow ? inflow_hold(request->inflow) : NULL;
    query->behind = request->inflow && request->keep_as && request->behind;
    query->total = -1;
    query->param_count = request->param_count;
    query->params = xcalloc(request->param_count, sizeof *query->params);
    for (size_t i = 0; i < request->param_count; i++)
        query->params[i] =
            (struct engine_param){.name = "", .value = json_deep_copy(request->params[i].value)};
    query->arena = arena_new();
    query->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    atomic_init(&query->holders, 2);
    return query;
}

static bool query_start(struct local_query *query, struct error *err)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attributes, query_main, query);
    pthread_attr_destroy(&attributes);
    return failed ? error_errno(err, failed, "no thread for the query") : true;
}

static bool local_query_open(struct engine *engine, const struct engine_request *request,
                             struct arena *arena, struct query **out, struct error *err)
{
    struct local *local = (struct local *)engine;
    if (!local_functions_for(local, request->sql, request->size, err))
        return false;
    struct link link;
    if (!instance_take(local->instance, local->own.sharer, &link, err)) {
        (void)error_set(err, ERROR_UNAVAILABLE,
                        "%zu interrupted queries are still running in the engine",
                        local->instance->set_aside);
        return error_hint(
            err, "Wait a moment and run the cell again, or restart the kernel: kept results stay.");
    }
    struct local_query *query = query_new(local, request);
    query->link = link;
    if (!query_start(query, err)) {
        instance_give_back(local->instance, link);
        instance_release(local->instance);
        atomic_store(&query->holders, 1);
        query_release(query);
        return false;
    }
    arena_defer(arena, query_release,
                query); /* rows handed out live as long as the caller's arena */
    *out = &query->query;
    return true;
}

static enum engine_step local_query_step(struct query *base, struct engine_wait *wait,
                                         struct table **table, struct error *err)
{
    struct local_query *query = (struct local_query *)base;
    if (!atomic_load(&query->done)) {
        *wait = (struct engine_wait){.fd = query->done_fd, .events = POLLIN};
        return ENGINE_WAIT;
    }
    if (query->failed) {
        *err = query->error;
        return ENGINE_ERROR;
    }
    *table = query->table;
    if (query->shown)
        return ENGINE_END;
    query->shown = true;
    return ENGINE_BATCH;
}

static void local_query_describe(struct query *base, struct engine_info *info)
{
    struct local_query *query = (struct local_query *)base;
    *info = (struct engine_info){.fraction = -1, .rows = -1};
    if (!atomic_load(&query->done)) {
        duckdb_query_progress_type progress =
            query->instance->api.query_progress(query->link.connection);
        if (progress.percentage > 0)
            info->fraction = progress.percentage / 100;
        return;
    }
    info->fraction = 1;
    info->rows = query->total;
    info->kept = query->keep_as;
    info->changed = query->keep_as != NULL;
}

static void local_query_stop(struct query *base)
{
    struct local_query *query = (struct local_query *)base;
    pthread_mutex_lock(&query->instance->mutex);
    atomic_store(&query->stop, true);
    if (!atomic_load(&query->done) && !query->settled)
        query->instance->api.interrupt(query->link.connection);
    pthread_mutex_unlock(&query->instance->mutex);
}

/* The query itself is freed with the caller's arena; a thread that is still inside DuckDB is left
 * behind. */
static void local_query_close(struct query *base)
{
    struct local_query *query = (struct local_query *)base;
    pthread_mutex_lock(&query->instance->mutex);
    bool running = !atomic_load(&query->done);
    if (running) {
        query->instance->set_aside++;
        atomic_store(&query->set_aside, true);
    }
    pthread_mutex_unlock(&query->instance->mutex);
    if (running)
        local_query_stop(base);
}

const struct engine_ops local_ops = {
    .name = "local",
    .open = local_query_open,
    .step = local_query_step,
    .describe = local_query_describe,
    .stop = local_query_stop,
    .close = local_query_close,
};
