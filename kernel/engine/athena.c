#include "engine/reads.h"
#include "engine/athena_query.h"

#include "engine/statement.h"

#include "aws/reply.h"
#include "base/sql.h"
#include "base/text.h"
#include "base/time.h"
#include "engine/athena_hint.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define SQL_MOST 262144  /* Athena's limit of a query, bytes */
#define PARAM_MOST 1024  /* of one execution parameter */
#define POLL_FIRST 50000 /* microseconds; then a quarter of what has passed */
#define POLL_MOST 1000000
#define MISSED_MOST 60      /* looks in a row that fail before the query is given up: 8 minutes */
#define MISSED_PAUSE 500000 /* after the first; it grows by as much, up to */
#define MISSED_PAUSE_MOST 10000000
#define STOP_LIMIT 2000000 /* microseconds for Athena to confirm */

/* ---- calls --------------------------------------------------------------------------------------
 */

bool athena_ask(struct athena_query *query, const char *op, json_t *params, struct error *err)
{
    struct aws_asking asking = {
        .op = op, .params = json_own(query->arena, params), .region = query->athena->place.region};
    aws_end(query->call);
    query->call = aws_start(query->athena->place.aws, &asking, err);
    return query->call != NULL;
}

static bool enter(struct athena_query *query, enum athena_state state, const char *op,
                  json_t *params, struct error *err)
{
    query->state = state;
    return athena_ask(query, op, params, err);
}

static bool look(struct athena_query *query, struct error *err)
{
    return enter(query, ATHENA_LOOKING, "athena:GetQueryExecution",
                 json_pack("{s:s}", "QueryExecutionId", query->facts->id), err);
}

/* ---- opening ------------------------------------------------------------------------------------
 */

static bool add_param(struct athena_query *query, const struct engine_param *param, json_t *list,
                      struct buf *sql, struct error *err)
{
    const char *text = engine_literal(query->arena, param->value, SQL_MOST);
    if (!text)
        return error_set(err, ERROR_USAGE, "the parameter :%s is no single value", param->name) ||
               error_hint(err, "Athena takes a text, a number, True, False or None in its place.");
    if (json_is_null(param->value) || strlen(text) > PARAM_MOST) {
        buf_adds(sql, text); /* too long for a parameter: the one encoder of literals */
        return true;
    }
    buf_addc(sql, '?');
    return json_array_append_new(list, json_string(text)) == 0;
}

/* `$1` becomes `? `, of the same length: Athena's error positions stay the cell's. */
static bool place_params(struct athena_query *query, json_t *params, struct error *err)
{
    const struct engine_request *request = &query->request;
    json_t *list = json_own(query->arena, json_array());
    struct buf sql;
    buf_init(&sql, SQL_MOST);
    athena_unload_wrap(query, &sql, false);
    bool ok = true;
    size_t at = 0;
    for (size_t i = 0; i < request->place_count && ok; i++) {
        const struct sql_place *place = &request->places[i];
        buf_add(&sql, request->sql + at, place->offset - at);
        size_t before = sql.size;
        ok = add_param(query, &request->params[place->number - 1], list, &sql, err);
        if (sql.size - before < place->size)
            buf_fill(&sql, ' ', place->size - (sql.size - before));
        at = place->offset + place->size;
    }
    buf_add(&sql, request->sql + at, request->size - at);
    athena_unload_wrap(query, &sql, true);
    if (ok && sql.full)
        ok = error_set(err, ERROR_LIMIT, "the query is longer than Athena's limit of %d bytes",
                       SQL_MOST);
    if (ok)
        (void)json_object_set_new(params, "QueryString", json_text(sql.data, sql.size));
    if (ok && json_array_size(list))
        (void)json_object_set(params, "ExecutionParameters", list);
    buf_release(&sql);
    return ok;
}

static void add_context(const struct athena_place *place, json_t *params)
{
    json_t *context = json_object();
    if (place->database)
        (void)json_object_set_new(context, "Database", json_string(place->database));
    if (place->catalog)
        (void)json_object_set_new(context, "Catalog", json_string(place->catalog));
    if (json_object_size(context))
        (void)json_object_set(params, "QueryExecutionContext", context);
    json_decref(context);
    if (place->workgroup)
        (void)json_object_set_new(params, "WorkGroup", json_string(place->workgroup));
    if (place->output)
        (void)json_object_set_new(params, "ResultConfiguration",
                                  json_pack("{s:s}", "OutputLocation", place->output));
    if (place->reuse_minutes)
        (void)json_object_set_new(params, "ResultReuseConfiguration",
                                  json_pack("{s:{s:b, s:i}}", "ResultReuseByAgeConfiguration",
                                            "Enabled", 1, "MaxAgeInMinutes", place->reuse_minutes));
}

static bool send(struct athena_query *query, struct error *err)
{
    const struct athena_place *place = &query->athena->place;
    json_t *params = json_object();
    bool ok = place_params(query, params, err) &&
              (!place->before || place->before(place->state, &query->request, query->arena, err));
    add_context(place, params);
    if (ok)
        return enter(query, ATHENA_STARTING, "athena:StartQueryExecution", params, err);
    json_decref(params);
    return false;
}

static bool start(struct athena_query *query, struct error *err)
{
    const struct athena_place *place = &query->athena->place;
    bool placed = true;
    if (place->resume) {
        query->facts->id = place->resume;
        query->started = place->ours;
        return look(query, err);
    }
    return reads_check(query->request.sql, query->request.size, "Athena", err) &&
           (!place->unload || athena_unload_begin(query, &placed, err)) &&
           (!placed || send(query, err));
}

static const struct athena_facts unknown = {.id = "",
                                            .state = "",
                                            .workgroup = "",
                                            .output = "",
                                            .queued_ms = -1,
                                            .run_ms = -1,
                                            .scanned = -1,
                                            .files = -1,
                                            .file_bytes = -1};

static void athena_close(struct query *query);

static bool athena_open(struct engine *engine, const struct engine_request *request,
                        struct arena *arena, struct query **out, struct error *err)
{
    struct athena *athena = (struct athena *)engine;
    struct athena_query *query = arena_alloc(arena, sizeof *query);
    query->query.engine = engine;
    query->athena = athena;
    query->facts = &athena->facts;
    query->arena = arena;
    query->request = *request;
    query->begun = time_monotonic();
    *query->facts = unknown;
    query->facts->region = athena->place.region;
    *out = &query->query;
    if (start(query, err))
        return true;
    athena_close(&query->query);
    return false;
}

/* ---- stepping -----------------------------------------------------------------------------------
 */

static const char *keep(struct athena_query *query, const json_t *reply, const char *path)
{
    return arena_strdup(query->athena->arena, reply_text(reply, path));
}

static void read_facts(struct athena_query *query, const json_t *reply)
{
    struct athena_facts *facts = query->facts;
    facts->state = keep(query, reply, "QueryExecution.Status.State");
    facts->workgroup = keep(query, reply, "QueryExecution.WorkGroup");
    facts->output = keep(query, reply, "QueryExecution.ResultConfiguration.OutputLocation");
    facts->queued_ms = reply_int(reply, "QueryExecution.Statistics.QueryQueueTimeInMillis", -1);
    facts->run_ms = reply_int(reply, "QueryExecution.Statistics.EngineExecutionTimeInMillis", -1);
    facts->scanned = reply_int(reply, "QueryExecution.Statistics.DataScannedInBytes", -1);
    facts->reused =
        reply_bool(reply, "QueryExecution.Statistics.ResultReuseInformation.ReusedPreviousResult");
    query->has_csv =
        *facts->output && strcmp(reply_text(reply, "QueryExecution.StatementType"), "DML") == 0;
}

/* "line 3:14: Column 'x' cannot be resolved": the place in the query, if the words name one. */
static bool find_place(const struct athena_query *query, const char *words, struct error *err)
{
    int before = query->unload ? 1 : 0; /* a line that is not the analyst's */
    const char *line = strstr(words, "line ");
    char *end;
    long number = line ? strtol(line + 5, &end, 10) : 0;
    if (number <= before || *end != ':')
        return false;
    err->line = (int)number - before;
    err->column = (int)strtol(end + 1, NULL, 10);
    return true;
}

static bool failed(struct athena_query *query, const json_t *reply, struct error *err)
{
    const char *reason = reply_text(reply, "QueryExecution.Status.AthenaError.ErrorMessage");
    if (!*reason)
        reason = reply_text(reply, "QueryExecution.Status.StateChangeReason");
    (void)error_set(err,
                    strcmp(query->facts->state, "CANCELLED") == 0 ? ERROR_INTERRUPTED : ERROR_SQL,
                    "Athena: %s", *reason ? reason : query->facts->state);
    (void)find_place(query, reason, err);
    (void)athena_hint(err, reason);
    return error_detail(err, "execution %s", query->facts->id);
}

static bool looked(struct athena_query *query, const json_t *reply, struct error *err)
{
    read_facts(query, reply);
    query->missed = 0;
    const char *state = query->facts->state;
    if (query->athena->place.resume)
        athena_unload_resume(query, reply);
    if (strcmp(state, "SUCCEEDED") == 0)
        return query->unload ? athena_unload_list(query, err) : athena_fetch(query, err);
    if (strcmp(state, "FAILED") == 0 || strcmp(state, "CANCELLED") == 0)
        return failed(query, reply, err);
    if (!*state)
        return error_set(err, ERROR_UNAVAILABLE, "Athena does not say how execution %s goes",
                         query->facts->id) ||
               error_hint(err, "A proxy may have answered instead: see https_proxy and the "
                               "endpoint.");
    int64_t now = time_monotonic(), pause = (now - query->begun) / 4;
    query->next = now + (pause < POLL_FIRST ? POLL_FIRST : pause > POLL_MOST ? POLL_MOST : pause);
    query->state = ATHENA_WAITING;
    return true;
}

/* The query runs and is paid for: that its state cannot be asked now is no reason to lose it. */
static bool look_later(struct athena_query *query)
{
    if (query->state != ATHENA_LOOKING || !query->started ||
        !aws_call_facts(query->call)->passing || query->missed == MISSED_MOST)
        return false;
    int64_t pause = (int64_t)MISSED_PAUSE * ++query->missed;
    query->next = time_monotonic() + (pause > MISSED_PAUSE_MOST ? MISSED_PAUSE_MOST : pause);
    query->state = ATHENA_WAITING;
    return true;
}

/* A call has its answer: what comes next. */
static bool answered(struct athena_query *query, struct error *err)
{
    json_t *reply;
    struct error why = {0};
    if (!aws_reply(query->call, &reply, &why)) {
        if (look_later(query))
            return true;
        *err = why;
        if (query->state == ATHENA_STARTING && find_place(query, err->message, err))
            err->kind = ERROR_SQL; /* what cannot be parsed is refused at the start */
        return athena_hint(err, err->message);
    }
    switch (query->state) {
    case ATHENA_PLACING:
        return athena_unload_place(query, reply, err) && send(query, err);
    case ATHENA_STARTING:
        query->facts->id = keep(query, reply, "QueryExecutionId");
        if (!*query->facts->id)
            return error_set(err, ERROR_UNAVAILABLE, "Athena gave the execution no id");
        query->started = true;
        if (query->athena->place.begun)
            query->athena->place.begun(query->athena->place.state, &query->request,
                                       query->facts->id);
        if (!query->athena->place.start_only)
            return look(query, err);
        query->state = ATHENA_ARRIVED;
        return true;
    case ATHENA_LOOKING:
        return looked(query, reply, err);
    case ATHENA_PAGING:
        return athena_take_page(query, reply, err);
    case ATHENA_FETCHING:
        return athena_load(query, err);
    case ATHENA_LISTING:
        return athena_unload_get(query, reply, err);
    case ATHENA_STOPPING:
        query->started = false;
        query->stopped =
            arena_printf(query->arena, "Athena has stopped execution %s.", query->facts->id);
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    case ATHENA_WAITING:
    case ATHENA_GETTING:
    case ATHENA_LOADING:
    case ATHENA_ARRIVED:
        break;
    }
    return error_set(err, ERROR_INTERNAL, "an answer of Athena that nobody asked for");
}

/* While rows come: has the embedded engine failed, and is it behind? */
static enum engine_step feed(struct athena_query *query, struct engine_wait *wait,
                             struct table **table, struct error *err)
{
    if (!query->load || query->state == ATHENA_LOADING)
        return ENGINE_WAIT;
    struct engine_wait ignored;
    enum engine_step step = query->load->engine->ops->step(query->load, &ignored, table, err);
    bool full = rows_full(&query->rows);
    if (query->state == ATHENA_FETCHING)
        aws_hold(query->call, full);
    if (full)
        *wait = (struct engine_wait){.fd = rows_fd(&query->rows), .events = POLLIN};
    return step;
}

static enum engine_step athena_step(struct query *base, struct engine_wait *wait,
                                    struct table **table, struct error *err)
{
    struct athena_query *query = (struct athena_query *)base;
    struct aws *aws = query->athena->place.aws;
    if (query->state == ATHENA_ARRIVED)
        return ENGINE_END;
    if (query->state == ATHENA_LOADING)
        return query->load->engine->ops->step(query->load, wait, table, err);
    if (query->state == ATHENA_WAITING && time_monotonic() >= query->next && !look(query, err))
        return ENGINE_ERROR;
    if (query->state == ATHENA_WAITING) {
        *wait = (struct engine_wait){.fd = -1, .deadline = query->next};
        return ENGINE_WAIT;
    }
    aws_step(aws);
    if (query->state == ATHENA_GETTING) {
        if (!athena_unload_step(query, err))
            return ENGINE_ERROR;
    } else if (aws_done(query->call) && !answered(query, err)) {
        return ENGINE_ERROR;
    }
    if (query->state == ATHENA_ARRIVED)
        return ENGINE_END;
    if (query->state == ATHENA_WAITING || query->state == ATHENA_LOADING)
        *wait = (struct engine_wait){.fd = -1, .deadline = time_monotonic()};
    else
        *wait = (struct engine_wait){
            .fd = aws_fd(aws), .events = POLLIN, .deadline = aws_deadline(aws)};
    return feed(query, wait, table, err);
}

/* ---- the rest -----------------------------------------------------------------------------------
 */

static void athena_describe(struct query *base, struct engine_info *info)
{
    struct athena_query *query = (struct athena_query *)base;
    *info = (struct engine_info){.fraction = -1, .rows = -1};
    if (query->load)
        query->load->engine->ops->describe(query->load, info);
    info->stopped = query->stopped;
    info->id = query->facts->id;
    info->bytes_read = query->facts->scanned > 0 ? query->facts->scanned : 0;
}

static void athena_stop(struct query *base)
{
    struct athena_query *query = (struct athena_query *)base;
    struct error ignored;
    error_clear(&ignored);
    if (query->load) {
        aws_end(query->call);
        query->call = NULL;
        rows_forget(&query->rows);
        query->state = ATHENA_LOADING;
        query->load->engine->ops->stop(query->load);
        return;
    }
    if (query->stopping || !query->started)
        return;
    query->stopping = true;
    query->stopped = arena_printf(
        query->arena, "Athena was asked to stop execution %s, and has not confirmed it.",
        query->facts->id);
    if (enter(query, ATHENA_STOPPING, "athena:StopQueryExecution",
              json_pack("{s:s}", "QueryExecutionId", query->facts->id), &ignored))
        aws_step(query->athena->place.aws);
}

static void athena_close(struct query *base)
{
    struct athena_query *query = (struct athena_query *)base;
    aws_end(query->call);
    query->call = NULL;
    rows_forget(&query->rows); /* first: who waits for them is to wake */
    if (query->load)
        query->load->engine->ops->close(query->load);
    athena_unload_forget(query);
}

static const struct engine_ops ops = {
    .name = "athena",
    .stop_limit = STOP_LIMIT,
    .open = athena_open,
    .step = athena_step,
    .describe = athena_describe,
    .stop = athena_stop,
    .close = athena_close,
};

struct engine *athena_engine(struct arena *arena, const struct athena_place *place)
{
    struct athena *athena = arena_alloc(arena, sizeof *athena);
    athena->engine.ops = &ops;
    athena->arena = arena;
    athena->place = *place;
    athena->facts = unknown;
    return &athena->engine;
}

void athena_arrived(struct query *base, struct arrived *out)
{
    struct athena_query *query = (struct athena_query *)base;
    if (query->unload)
        athena_unload_take(query, out);
    else
        rows_take(&query->rows, out);
}

const struct athena_facts *athena_facts(const struct engine *engine)
{
    return &((const struct athena *)engine)->facts;
}
