#include "magics/background.h"

#include "base/text.h"
#include "base/time.h"
#include "case/results.h"
#include "engine/arrived.h"
#include "engine/athena_price.h"
#include "engine/reads.h"
#include "magics/engines.h"
#include "magics/sql.h"

#include <string.h>

#define PAUSE_FIRST ((int64_t)1000000) /* microseconds without a network; then twice that */
#define PAUSE_MOST ((int64_t)60000000)
#define PAUSES_MOST 1500 /* a day */

/* ---- the jobs thread ----------------------------------------------------------------------------
 */

/* A query under way. */
struct background {
    struct engine *engine;
    struct query *query; /* NULL: no connection, until `again` */
    struct arrived arrived;
    const char *source; /* "athena", for captions */
    const char *id;     /* at the far end */
    const char *facts;  /* what it took and cost, a sentence */
    double usd;
    int64_t again, pause; /* monotonic; microseconds */
    int pauses;
    int64_t stop_by; /* monotonic: then it is over whatever the far end says; 0: not stopped */
};

static enum job_step no_network(struct job *job, struct error *err)
{
    struct background *running = job->state;
    char pause[TIME_TEXT_SIZE];
    if (!job->kind->resumes || ++running->pauses > PAUSES_MOST || running->stop_by)
        return JOB_FAILED;
    running->pause = running->pause ? running->pause * 2 : PAUSE_FIRST;
    if (running->pause > PAUSE_MOST)
        running->pause = PAUSE_MOST;
    running->again = time_monotonic() + running->pause;
    job->due = running->again;
    job_say(job, "%s; asked again every %s", err->message, time_duration(running->pause, pause));
    error_clear(err);
    return JOB_WAITS;
}

/* What the far end said of a stop is kept. */
static void close_query(struct job *job)
{
    struct background *running = job->state;
    struct engine_info info = {.rows = -1};
    if (!running || !running->query)
        return;
    running->engine->ops->describe(running->query, &info);
    if (info.stopped)
        job_say(job, "%s", info.stopped);
    running->engine->ops->close(running->query);
    running->query = NULL;
}

/* Steps the query; `say` puts how it stands into words. */
static enum job_step step_query(struct job *job, void (*say)(struct job *job), struct error *err)
{
    struct background *running = job->state;
    if (running->stop_by) /* lost before the far end had begun: asked again */
        running->engine->ops->stop(running->query);
    if (running->stop_by && time_monotonic() >= running->stop_by)
        return JOB_FAILED;
    for (;;) {
        struct engine_wait wait = {.fd = -1};
        struct table *none = NULL;
        switch (running->engine->ops->step(running->query, &wait, &none, err)) {
        case ENGINE_ERROR:
            close_query(job);
            return err->kind == ERROR_UNAVAILABLE ? no_network(job, err) : JOB_FAILED;
        case ENGINE_END:
            return JOB_DONE;
        case ENGINE_WAIT:
            say(job);
            job->due = wait.deadline;
            if (running->stop_by && (!job->due || running->stop_by < job->due))
                job->due = running->stop_by;
            return JOB_WAITS;
        case ENGINE_BATCH:
            break;
        }
    }
}

static void stop_query(struct job *job)
{
    struct background *running = job->state;
    running->stop_by = time_monotonic() + running->engine->ops->stop_limit;
}

/* ---- Athena ---- */

static bool open_athena(struct job *job, struct error *err)
{
    struct background *running = job->state;
    struct engine_request request = {.sql = "SELECT 1", .size = strlen("SELECT 1")};
    return running->engine->ops->open(running->engine, &request, job->arena, &running->query, err);
}

static bool begin_athena(struct job *job, struct error *err)
{
    struct background *running = job->state = arena_alloc(job->arena, sizeof *running);
    struct athena_place place = {.aws = job->aws,
                                 .folder = job->exports,
                                 .region = job->region,
                                 .resume = json_get_string(job->order, "id", ""),
                                 .ours = json_get_bool(job->order, "ours", false)};
    running->engine = athena_engine(job->arena, &place);
    running->source = "athena";
    return open_athena(job, err);
}

static void say_athena(struct job *job)
{
    const struct background *running = job->state;
    const struct athena_facts *facts = athena_facts(running->engine);
    char bytes[32];
    if (job->progress == JOB_STOPPING)
        return;
    if (facts->scanned > 0)
        job_say(job, "Athena execution %s: %s, %s scanned", facts->id, facts->state,
                text_bytes(facts->scanned, bytes));
    else if (*facts->state)
        job_say(job, "Athena execution %s: %s", facts->id, facts->state);
}

static void sum_up_athena(struct job *job)
{
    struct background *running = job->state;
    const struct athena_facts *facts = athena_facts(running->engine);
    struct athena_price price = athena_price(job->region);
    char bytes[32], run[TIME_TEXT_SIZE];
    bool known = facts->scanned >= 0 && !facts->reused;
    running->id = facts->id;
    running->usd = known ? athena_cost(price, facts->scanned) : 0;
    running->facts =
        arena_printf(job->arena, "Athena execution %s ran %s, scanned %s, about USD %.4f%s.",
                     facts->id, time_duration(facts->run_ms * 1000, run),
                     known ? text_bytes(facts->scanned, bytes) : "nothing", running->usd,
                     price.certain ? "" : " at the price of most regions");
}

static enum job_step step_athena(struct job *job, struct error *err)
{
    struct background *running = job->state;
    if (!running->query && time_monotonic() < running->again) {
        job->due = running->again;
        return JOB_WAITS;
    }
    if (!running->query && !open_athena(job, err))
        return err->kind == ERROR_UNAVAILABLE ? no_network(job, err) : JOB_FAILED;
    enum job_step came = step_query(job, say_athena, err);
    if (came == JOB_DONE) {
        athena_arrived(running->query, &running->arrived);
        sum_up_athena(job);
    }
    return came;
}

/* Without a network for a while: asked at once. */
static void stop_athena(struct job *job)
{
    struct background *running = job->state;
    running->again = 0;
    stop_query(job);
}

/* ---- Trino ---- */

/* What goes to the jobs thread beside the order, which is written: never a password. */
struct trino_carry {
    struct arena *arena;
    struct trino_place place;
    struct engine_request request;
};

static bool begin_trino(struct job *job, struct error *err)
{
    struct background *running = arena_alloc(job->arena, sizeof *running);
    struct trino_carry *carry = job->carry;
    carry->place.folder = job->exports;
    running->source = "trino";
    if (!trino_engine(job->arena, &carry->place, &running->engine, err))
        return false;
    job->state = running;
    return running->engine->ops->open(running->engine, &carry->request, job->arena, &running->query,
                                      err);
}

static void say_trino(struct job *job)
{
    const struct background *running = job->state;
    const struct trino_facts *facts = trino_facts(running->engine);
    if (*facts->id && job->progress != JOB_STOPPING)
        job_say(job, "Trino query %s: %s, %lld of %lld splits", facts->id, facts->state,
                (long long)facts->splits_done, (long long)facts->splits);
}

static enum job_step step_trino(struct job *job, struct error *err)
{
    struct background *running = job->state;
    enum job_step came = step_query(job, say_trino, err);
    const struct trino_facts *facts = trino_facts(running->engine);
    char rows[32], bytes[32];
    if (came == JOB_DONE) {
        trino_arrived(running->query, &running->arrived);
        running->id = facts->id;
        running->facts =
            arena_printf(job->arena, "Trino query %s read %s rows, %s.", facts->id,
                         text_number(facts->rows, rows), text_bytes(facts->bytes, bytes));
    }
    job->fd = running->query ? trino_fd(running->engine) : -1;
    return came;
}

/* ---- the worker ---------------------------------------------------------------------------------
 */

static bool same_case(const struct job *job, struct session *session, struct error *err)
{
    const char *folder = session_folder(session, err);
    if (!folder || strcmp(folder, job->folder) == 0)
        return folder != NULL;
    return error_set(err, ERROR_USAGE, "the result belongs to the case %s", job->folder) ||
           error_hint(err, "%%set case goes back to it; a result of Athena is fetched again by "
                           "%%athena --id.");
}

static bool commit(struct job *job, struct job_commit *here, struct error *err)
{
    const struct background *running = job->state;
    struct local *local =
        same_case(job, here->session, err) ? session_local(here->session, err) : NULL;
    const char *sql = arena_printf(here->arena, "SELECT * FROM \"%s\"", running->id);
    struct results_request request = {
        .sql = sql,
        .size = strlen(sql),
        .line = 1,
        .name = here->name,
        .into = json_get_string(job->order, "into", NULL),
        .save = json_get_string(job->order, "save", NULL),
        .limit = json_get_int(job->order, "limit", 0),
        .title = arena_printf(here->arena, "Job %lld: %.200s", (long long)job->number, job->title),
        .source = running->source,
        .hint = running->facts};
    struct result result;
    if (!local)
        return false;
    request.engine = arrived_engine(here->arena, local, &running->arrived);
    if (!results_run(here->session, &request, NULL, here->cancel, here->arena, &result, err))
        return false;
    char rows[32];
    here->shown = render_table(here->arena, result.table, &result.caption);
    session_spend(here->session, running->usd);
    job_say(job, "%s rows, kept as %s. %s", text_number(result.caption.total_rows, rows),
            result.info.kept, running->facts);
    return true;
}

static void forget(struct job *job)
{
    const struct background *running = job->state;
    if (running)
        arrived_forget(&running->arrived);
}

const struct job_kind background_athena_kind = {
    .name = "athena",
    .noun = "Athena query",
    .resumes = true,
    .begin = begin_athena,
    .step = step_athena,
    .stop = stop_athena,
    .end = close_query,
    .commit = commit,
    .forget = forget,
};

const struct job_kind background_trino_kind = {
    .name = "trino",
    .noun = "Trino query",
    .begin = begin_trino,
    .step = step_trino,
    .stop = stop_query,
    .end = close_query,
    .commit = commit,
    .forget = forget,
};

/* ---- the cell -----------------------------------------------------------------------------------
 */

static void add_text(json_t *order, const char *name, const char *text)
{
    if (text)
        (void)json_object_set_new(order, name, json_texts(text));
}

static bool hand_over(struct magic_call *call, struct job_order *order, json_t *object,
                      struct error *err)
{
    const struct query_options *given = call->options;
    int64_t number;
    order->order = json_own(call->arena, object);
    add_text(object, "into", given->into);
    add_text(object, "save", given->save);
    (void)json_object_set_new(object, "limit", json_integer(given->limit));
    return call->jobs->begin(call->jobs->state, order, &number, err);
}

/* The query's words on one line. */
static const char *title_of(struct magic_call *call)
{
    const struct query_options *given = call->options;
    const char *text = call->body ? call->body : given->sql ? given->sql : "";
    char *title = arena_strndup(call->arena, text, text_cut(text, strlen(text), 200)), *end = title;
    for (const char *c = title; *c; c++) {
        bool blank = strchr(" \t\r\n", *c);
        if (!blank || (end > title && end[-1] != ' '))
            *end++ = (char)(blank ? ' ' : *c);
    }
    *end = '\0';
    return title;
}

static bool check(struct magic_call *call, struct error *err)
{
    const struct query_options *given = call->options;
    struct results_request request = {.into = given->into, .save = given->save};
    if (!call->jobs)
        return error_set(err, ERROR_UNAVAILABLE, "nothing outlives a cell here") ||
               error_hint(err, "A subshell has no jobs: run this in the main console.");
    return results_check(call->session, &request, err);
}

bool background_athena(struct magic_call *call, const struct athena_place *place, struct error *err)
{
    struct athena_place here = *place;
    struct engine *engine;
    const char *id = place->resume, *region = place->region;
    here.start_only = true;
    if (!check(call, err) || !engine_athena(call, &here, &engine, err) ||
        (!region && !aws_region(session_aws(call->session), &region, err)))
        return false;
    if (!id && (!engine_may_spend(call, engine, err) || !query_run_on(call, engine, NULL, err)))
        return false;
    if (!id)
        id = athena_facts(engine)->id;
    struct job_order order = {.kind = &background_athena_kind,
                              .title = place->resume ? arena_printf(call->arena, "execution %s", id)
                                                     : title_of(call),
                              .region = region};
    json_t *object = json_pack("{s:s, s:b}", "id", id, "ours", !place->resume);
    return object ? hand_over(call, &order, object, err)
                  : error_set(err, ERROR_USAGE, "that is no id of an execution");
}

/* An engine that remembers what it is asked, bound and checked. */
struct remembering {
    struct engine engine;
    struct trino_carry *carry;
};

static bool remember(struct engine *engine, const struct engine_request *request,
                     struct arena *arena, struct query **out, struct error *err)
{
    struct trino_carry *carry = ((struct remembering *)engine)->carry;
    struct arena *own = carry->arena;
    if (!reads_check(request->sql, request->size, "Trino", err))
        return false;
    struct engine_param *params = arena_alloc(own, (request->param_count + 1) * sizeof *params);
    for (size_t i = 0; i < request->param_count; i++)
        params[i] = (struct engine_param){arena_strdup(own, request->params[i].name),
                                          json_own(own, json_deep_copy(request->params[i].value))};
    struct sql_place *places = arena_alloc(own, (request->place_count + 1) * sizeof *places);
    if (request->place_count)
        memcpy(places, request->places, request->place_count * sizeof *places);
    carry->request = (struct engine_request){.sql = arena_strndup(own, request->sql, request->size),
                                             .size = request->size,
                                             .params = params,
                                             .param_count = request->param_count,
                                             .places = places,
                                             .place_count = request->place_count};
    *out = arena_alloc(arena, sizeof **out);
    (*out)->engine = engine;
    return true;
}

static enum engine_step nothing(struct query *query, struct engine_wait *wait, struct table **table,
                                struct error *err)
{
    (void)query, (void)wait, (void)table, (void)err;
    return ENGINE_END;
}

static void describe_nothing(struct query *query, struct engine_info *info)
{
    (void)query, (void)info;
}

static void close_nothing(struct query *query)
{
    (void)query;
}

static void free_carry(void *state)
{
    struct trino_carry *carry = state;
    trino_link_free(carry->place.link);
    arena_free(carry->arena); /* carry itself is of it */
}

static const char *keep(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

/* The place as the settings fill it, with connections of its own. */
static struct trino_carry *carry_of(const struct trino_place *place)
{
    struct arena *arena = arena_new_secret();
    struct trino_carry *carry = arena_alloc(arena, sizeof *carry);
    carry->arena = arena;
    carry->place = (struct trino_place){.link = trino_link_copy(place->link),
                                        .server = keep(arena, place->server),
                                        .user = keep(arena, place->user),
                                        .catalog = keep(arena, place->catalog),
                                        .schema = keep(arena, place->schema),
                                        .session = keep(arena, place->session),
                                        .ca_file = keep(arena, place->ca_file)};
    return carry;
}

bool background_trino(struct magic_call *call, const struct trino_place *place, bool asks,
                      struct error *err)
{
    static const struct engine_ops ops = {.name = "trino",
                                          .open = remember,
                                          .step = nothing,
                                          .describe = describe_nothing,
                                          .close = close_nothing};
    struct engine *engine;
    if (!check(call, err) || !engine_trino(call, place, asks, &engine, err))
        return false;
    struct trino_carry *carry = carry_of(trino_place(engine));
    struct remembering remembering = {{&ops}, carry};
    if (!query_run_on(call, &remembering.engine, NULL, err)) {
        free_carry(carry);
        return false;
    }
    struct job_order order = {.kind = &background_trino_kind,
                              .title = title_of(call),
                              .carry = carry,
                              .carry_free = free_carry};
    return hand_over(call, &order, json_object(), err);
}
