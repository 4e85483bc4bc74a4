#include "question/lineage.h"

#include "base/time.h"
#include "question/expand.h"
#include "question/lineage_sql.h"

#include <string.h>

#define MEMBER_LIMIT 100000
#define ROUND_LIMIT 64

struct tracing {
    struct session *session;
    struct local *local;
    struct cancel *cancel;
    struct arena *arena;
    const char *key;
    int64_t since, until;
};

static bool execute(const struct tracing *tracing, const char *sql,
                    const struct engine_param *params, size_t count, struct table **out,
                    struct error *err)
{
    struct local_statement statement = {
        .sql = sql, .params = params, .param_count = count, .cancel = tracing->cancel};
    return local_run(tracing->local, &statement, tracing->arena, out, err);
}

/* The views that hold calls, the first that is there being what the others stand in for. */
static bool calls_view(const struct tracing *tracing, const struct question_request *request,
                       const char **out, struct error *err)
{
    static const char *const views[] = {"cloudtrail", "s3_data", "lambda_execution"};
    for (size_t i = 0; i < COUNT(views); i++) {
        struct lake_window window = {0};
        if (request->place.engine)
            window.known = remote_has(request->place.remote, views[i]);
        else if (!lake_window(tracing->session, request->place.schema, views[i], tracing->cancel,
                              tracing->arena, &window, err))
            return false;
        *out = views[i];
        if (window.known)
            return true;
    }
    (void)error_set(err, ERROR_NOT_FOUND, "no CloudTrail events in %s, so nothing can be traced",
                    place_title(&request->place));
    return error_hint(err, "%%lake tables lists what is there; %%lake ingest adds logs.");
}

/* Asks the engine that has the data; its answer becomes a table of the embedded one. */
static bool gather(const struct tracing *tracing, const struct question_request *request,
                   const char *words, const char *name, struct error *err)
{
    struct expansion expansion = {.session = tracing->session,
                                  .request = request,
                                  .cancel = tracing->cancel,
                                  .arena = tracing->arena};
    const char *sql;
    if (!expand(&expansion, words, &sql, err))
        return false;
    struct results_request asked = {.sql = sql,
                                    .size = strlen(sql),
                                    .line = 1,
                                    .limit = 1,
                                    .params = expansion.params,
                                    .param_count = expansion.param_count,
                                    .engine = request->place.engine,
                                    .unkept = true,
                                    .keep_as = name};
    struct result ignored;
    return results_run(tracing->session, &asked, NULL, tracing->cancel, tracing->arena, &ignored,
                       err);
}

static bool nest_calls(const struct tracing *tracing, const struct question_request *request,
                       struct error *err)
{
    return !expand_flattens(request) ||
           execute(tracing,
                   "CREATE OR REPLACE TABLE results.main.trace_calls AS SELECT * REPLACE "
                   "(nest_text(q) AS q, nest_text(r) AS r) FROM results.main.trace_calls",
                   NULL, 0, NULL, err);
}

static bool prepare(const struct tracing *tracing, const struct lineage_request *asked,
                    struct error *err)
{
    struct question calls = {.id = "the trace", .name = "trace"};
    struct question_request request = {.question = &calls,
                                       .since = tracing->since,
                                       .until = tracing->until,
                                       .place = asked->place};
    if (!calls_view(tracing, &request, &calls.view, err) ||
        !gather(tracing, &request, lineage_calls, "trace_calls", err) ||
        !gather(tracing, &request, lineage_keys, "trace_keys", err) ||
        !nest_calls(tracing, &request, err))
        return false;
    for (size_t i = 0; lineage_prepare[i]; i++)
        if (!execute(tracing, lineage_prepare[i], NULL, 0, NULL, err))
            return false;
    struct engine_param key = {.name = "key",
                               .value = json_own(tracing->arena, json_texts(tracing->key))};
    return execute(tracing, lineage_seed, &key, 1, NULL, err);
}

static bool count_members(const struct tracing *tracing, int64_t *count, struct error *err)
{
    struct table *answer = NULL;
    if (!execute(tracing, "SELECT count(*) AS n FROM trace_family", NULL, 0, &answer, err))
        return false;
    *count = table_int(answer, 0, "n");
    if (*count <= MEMBER_LIMIT)
        return true;
    (void)error_set(err, ERROR_LIMIT, "the family of %s has more than %d members", tracing->key,
                    MEMBER_LIMIT);
    return error_hint(
        err, "Narrow it with --since and --until: a key of a service makes sessions all day.");
}

static bool to_fixpoint(const struct tracing *tracing, struct lineage *out, struct error *err)
{
    int64_t before = 0, now = 0;
    if (!count_members(tracing, &now, err))
        return false;
    for (out->rounds = 0; now != before && out->rounds < ROUND_LIMIT; out->rounds++) {
        before = now;
        for (size_t i = 0; lineage_rounds[i]; i++)
            if (!execute(tracing, lineage_rounds[i], NULL, 0, NULL, err))
                return false;
        if (!count_members(tracing, &now, err))
            return false;
    }
    return true;
}

static enum member_kind kind_of(const char *name)
{
    for (size_t i = 0; i < MEMBER_KINDS; i++)
        if (strcmp(member_kind_name((enum member_kind)i), name) == 0)
            return (enum member_kind)i;
    return MEMBER_KEY;
}

static const char *text_or_null(const struct table *table, int64_t row, const char *column)
{
    const char *text = table_text(table, row, column);
    return *text ? text : NULL;
}

static struct member *read_member(const struct table *table, int64_t row, struct arena *arena)
{
    struct member *member = arena_alloc(arena, sizeof *member);
    *member = (struct member){
        .kind = kind_of(table_text(table, row, "kind")),
        .id = table_text(table, row, "id"),
        .owner = text_or_null(table, row, "owner"),
        .parent = text_or_null(table, row, "parent"),
        .account = text_or_null(table, row, "account"),
        .region = text_or_null(table, row, "region"),
        .made_by_event = text_or_null(table, row, "made_event"),
        .made_at = table_int(table, row, "made_at"),
        .deleted_by = text_or_null(table, row, "deleted_by"),
        .deleted_by_event = text_or_null(table, row, "deleted_event"),
        .deleted_at = table_int(table, row, "deleted_at"),
        .calls = table_int(table, row, "calls"),
        .failed = table_int(table, row, "failed"),
        .first = table_int(table, row, "first_seen"),
        .last = table_int(table, row, "last_seen"),
        .depth = (int)table_int(table, row, "generation"),
    };
    return member;
}

static bool read_family(const struct tracing *tracing, struct lineage *out, struct error *err)
{
    struct table *family = NULL;
    if (!execute(tracing, lineage_answer, NULL, 0, &family, err))
        return false;
    struct member **end = &out->members;
    for (int64_t row = 0; row < family->rows; row++) {
        *end = read_member(family, row, tracing->arena);
        end = &(*end)->next;
    }
    out->count = (size_t)family->rows;
    return true;
}

/* The members become a kept result like that of any query: --family and SQL can use it. */
static bool keep_family(const struct tracing *tracing, struct session *session,
                        const struct lineage_request *request, struct result *shown,
                        struct error *err)
{
    struct results_request keep = {
        .sql = lineage_answer,
        .size = strlen(lineage_answer),
        .line = request->line,
        .into = request->into,
        .limit = request->limit,
        .unkept = request->unkept,
        .title = arena_printf(tracing->arena, "Family of %s", request->key),
        .source = arena_printf(tracing->arena, "%s: cloudtrail, s3_data, lambda_execution",
                               place_name(&request->place)),
        .since = request->since,
        .until = request->until,
    };
    return results_run(session, &keep, NULL, tracing->cancel, tracing->arena, shown, err);
}

static void drop_tables(const struct tracing *tracing)
{
    struct tracing quiet = *tracing;
    quiet.cancel = NULL;
    for (size_t i = 0; lineage_drop[i]; i++) {
        struct error ignored = {0};
        (void)execute(&quiet, lineage_drop[i], NULL, 0, NULL, &ignored);
    }
}

const char *member_kind_name(enum member_kind kind)
{
    static const char *const names[MEMBER_KINDS] = {[MEMBER_KEY] = "access key",
                                                    [MEMBER_SESSION] = "session",
                                                    [MEMBER_CONSOLE] = "console session",
                                                    [MEMBER_INSTANCE_SESSION] = "instance session",
                                                    [MEMBER_USER] = "user",
                                                    [MEMBER_ROLE] = "role",
                                                    [MEMBER_INSTANCE] = "instance",
                                                    [MEMBER_BUCKET] = "bucket",
                                                    [MEMBER_FUNCTION] = "function",
                                                    [MEMBER_POLICY] = "policy",
                                                    [MEMBER_LOGIN] = "login profile"};
    return names[kind];
}

static const char *horizon(const struct tracing *tracing, const struct question_place *place)
{
    struct lake_window window;
    struct error ignored = {0};
    char edge[TIME_TEXT_SIZE];
    if (!lake_window(tracing->session, place->schema, "cloudtrail", tracing->cancel, tracing->arena,
                     &window, &ignored) ||
        !window.known)
        return NULL;
    return arena_printf(tracing->arena,
                        "The data ends at %s UTC: what the family did later cannot be seen.",
                        time_millis(window.last, edge));
}

bool lineage_trace(struct session *session, const struct lineage_request *request,
                   struct cancel *cancel, struct arena *arena, struct lineage *out,
                   struct result *shown, struct error *err)
{
    *out = (struct lineage){0};
    struct tracing tracing = {.session = session,
                              .cancel = cancel,
                              .arena = arena,
                              .key = request->key,
                              .since = request->since,
                              .until = request->until};
    tracing.local = session_local(session, err);
    if (!tracing.local || !session_alone(session, "a trace or a comparison", err))
        return false;
    bool traced = prepare(&tracing, request, err) && to_fixpoint(&tracing, out, err) &&
                  read_family(&tracing, out, err) &&
                  keep_family(&tracing, session, request, shown, err);
    drop_tables(&tracing);
    if (!traced)
        return error_wrap(err, "tracing %s", request->key);
    out->warning = request->place.note     ? request->place.note
                   : request->place.engine ? NULL
                                           : horizon(&tracing, &request->place);
    return true;
}
