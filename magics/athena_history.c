#include "magics/athena_history.h"

#include "aws/gather.h"
#include "aws/reply.h"
#include "base/text.h"
#include "base/time.h"
#include "case/ledger.h"
#include "case/results.h"
#include "engine/athena_price.h"
#include "magics/connect.h"

#include <string.h>

#define SHOWN_MOST 500
#define BATCH 50 /* ids of one call */
#define LINE_MOST 200

/* The query's words on one line. */
static const char *line_of(struct arena *arena, const char *sql, size_t size)
{
    size_t cut = text_cut(sql, size, LINE_MOST);
    char *line = arena_strndup(arena, sql, cut);
    for (char *c = line; *c; c++)
        if (strchr("\t\r\n", *c))
            *c = ' ';
    return cut < size ? arena_printf(arena, "%s...", line) : line;
}

void executions_add(struct magic_call *call, const struct athena_place *place,
                    const struct engine_request *request, const char *id)
{
    struct error err = {0};
    const char *region = place->region;
    if (!region && !aws_region(place->aws, &region, &err))
        region = "";
    error_clear(&err);
    struct ledger *ledger = session_ledger(call->session, &err);
    json_t *content = json_object();
    const char *line = line_of(call->arena, request->sql, request->size);
    (void)json_object_set_new(content, "engine", json_texts("athena"));
    (void)json_object_set_new(content, "execution", json_texts(id));
    (void)json_object_set_new(content, "region", json_texts(region));
    (void)json_object_set_new(content, "begins", json_texts(line));
    struct ledger_entry entry = {.kind = LEDGER_QUERY, .content = content};
    if (!ledger)
        json_decref(content);
    if (!ledger || !ledger_write(ledger, &entry, 1, &err))
        outputs_warn(call->outputs, "execution %s is not in the case's record: %s", id,
                     err.message);
}

/* ---- what the case knows ------------------------------------------------------------------------
 */

struct execution {
    const char *id, *region, *begins;
    int64_t begun;
    const json_t *state; /* Athena's QueryExecution; NULL: not known */
    const char *unknown; /* why */
};

struct history {
    struct magic_call *call;
    struct execution *list; /* in the order of their beginning; the last SHOWN_MOST */
    size_t count, all;
};

static bool take_entry(void *state, const json_t *entry, struct error *err)
{
    struct history *history = state;
    struct arena *arena = history->call->arena;
    const json_t *content = json_object_get(entry, "content");
    const char *id = json_get_string(content, "execution", NULL);
    const char *time = json_get_string(entry, "time", "");
    (void)err;
    if (!id || !json_object_get(content, "begins")) /* of its end: case/record.h */
        return true;
    struct execution *one = &history->list[history->all++ % SHOWN_MOST];
    *one =
        (struct execution){.id = arena_strdup(arena, id),
                           .region = arena_strdup(arena, json_get_string(content, "region", "")),
                           .begins = arena_strdup(arena, json_get_string(content, "begins", ""))};
    (void)time_parse(time, strlen(time), &one->begun);
    history->count = history->all < SHOWN_MOST ? history->all : SHOWN_MOST;
    return true;
}

/* ---- what Athena says ---------------------------------------------------------------------------
 */

static struct execution *find(struct history *history, const char *id)
{
    for (size_t i = 0; i < history->count; i++)
        if (strcmp(history->list[i].id, id) == 0)
            return &history->list[i];
    return NULL;
}

static void take_reply(struct history *history, const json_t *reply)
{
    for (size_t i = 0; i < reply_count(reply, "QueryExecutions"); i++) {
        const json_t *found = reply_item(reply, "QueryExecutions", i);
        struct execution *one = find(history, reply_text(found, "QueryExecutionId"));
        if (one)
            one->state = found;
    }
    for (size_t i = 0; i < reply_count(reply, "UnprocessedQueryExecutionIds"); i++) {
        const json_t *found = reply_item(reply, "UnprocessedQueryExecutionIds", i);
        struct execution *one = find(history, reply_text(found, "QueryExecutionId"));
        if (one)
            one->unknown = arena_strdup(history->call->arena, reply_text(found, "ErrorMessage"));
    }
}

/* Batches of one region each. */
static size_t batches(struct history *history, struct aws_gathering *list)
{
    struct arena *arena = history->call->arena;
    size_t count = 0;
    for (size_t i = 0; i < history->count; i++) {
        const struct execution *one = &history->list[i];
        size_t at = count;
        while (at > 0 && strcmp(list[at - 1].region, one->region) != 0)
            at--;
        json_t *ids = at ? json_object_get(list[at - 1].params, "QueryExecutionIds") : NULL;
        if (!ids || json_array_size(ids) == BATCH) {
            ids = json_array();
            list[count] = (struct aws_gathering){.op = "athena:BatchGetQueryExecution",
                                                 .region = one->region,
                                                 .params = json_own(arena, json_object())};
            (void)json_object_set_new(list[count++].params, "QueryExecutionIds", ids);
        }
        (void)json_array_append_new(ids, json_texts(one->id));
    }
    return count;
}

static bool ask(struct history *history, struct error *err)
{
    struct magic_call *call = history->call;
    struct aws_gathering *list = arena_alloc(call->arena, (history->count + 1) * sizeof *list);
    size_t count = batches(history, list);
    if (!aws_gather(connect_aws(call), list, count, call->cancel, call->arena, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (list[i].ok)
            take_reply(history, json_array_get(list[i].replies, 0));
        for (size_t j = 0; !list[i].ok && j < history->count; j++)
            if (strcmp(history->list[j].region, list[i].region) == 0)
                history->list[j].unknown = list[i].error.message;
    }
    return true;
}

/* ---- the table ----------------------------------------------------------------------------------
 */

static const char table_sql[] =
    "SELECT * FROM (SELECT unnest(from_json(CAST(:executions AS JSON), '[{\"begun\": "
    "\"TIMESTAMP\", \"state\": \"VARCHAR\", \"scanned\": \"BIGINT\", \"usd\": \"DOUBLE\", "
    "\"query\": \"VARCHAR\", \"again\": \"VARCHAR\", \"why\": \"VARCHAR\"}]'), recursive := "
    "true)) ORDER BY begun DESC";

static json_t *row_of(const struct execution *one, struct arena *arena)
{
    char begun[TIME_TEXT_SIZE];
    json_t *row = json_object();
    int64_t scanned = reply_int(one->state, "Statistics.DataScannedInBytes", -1);
    bool reused = reply_bool(one->state, "Statistics.ResultReuseInformation.ReusedPreviousResult");
    const char *why = one->state     ? reply_text(one->state, "Status.StateChangeReason")
                      : one->unknown ? one->unknown
                                     : "Athena does not know it";
    const char *again = arena_printf(arena, "%%athena --id %s --region %s", one->id, one->region);
    (void)json_object_set_new(row, "begun", json_texts(time_iso(one->begun, begun)));
    (void)json_object_set_new(
        row, "state", json_texts(one->state ? reply_text(one->state, "Status.State") : "unknown"));
    if (scanned >= 0)
        (void)json_object_set_new(row, "scanned", json_integer(scanned));
    if (scanned >= 0)
        (void)json_object_set_new(
            row, "usd", json_real(reused ? 0 : athena_cost(athena_price(one->region), scanned)));
    (void)json_object_set_new(row, "query", json_texts(one->begins));
    (void)json_object_set_new(row, "again", json_texts(again));
    if (*why)
        (void)json_object_set_new(row, "why", json_texts(why));
    return row;
}

static bool show(struct history *history, const struct query_options *given, struct error *err)
{
    struct magic_call *call = history->call;
    json_t *rows = json_own(call->arena, json_array());
    for (size_t i = 0; i < history->count; i++)
        (void)json_array_append_new(rows, row_of(&history->list[i], call->arena));
    struct engine_param param = {
        .name = "executions",
        .value = json_own(call->arena, json_texts(json_dump(call->arena, rows, NULL)))};
    const char *older = NULL;
    if (history->all > history->count)
        older = arena_printf(call->arena, "%zu older ones are in the ledger only.",
                             history->all - history->count);
    struct results_request request = {.sql = table_sql,
                                      .size = sizeof table_sql - 1,
                                      .line = call->line,
                                      .into = given->into,
                                      .save = given->save,
                                      .limit = given->limit,
                                      .params = &param,
                                      .param_count = 1,
                                      .title = "Executions of Athena that this case has begun",
                                      .source = "the case's ledger, and Athena",
                                      .hint = older};
    struct result result;
    return results_run(call->session, &request, call->outputs, call->cancel, call->arena, &result,
                       err);
}

bool executions_show(struct magic_call *call, const struct query_options *given, struct error *err)
{
    struct history history = {.call = call};
    struct ledger_visit visit = {.kind = LEDGER_QUERY, .visit = take_entry, .state = &history};
    struct ledger *ledger = session_ledger(call->session, err);
    history.list = arena_alloc(call->arena, SHOWN_MOST * sizeof *history.list);
    if (given->sql || call->body)
        return error_set(err, ERROR_USAGE, "--history runs no query");
    if (!ledger || !ledger_each(ledger, &visit, err))
        return false;
    if (!history.count) {
        outputs_printf(call->outputs, "this case has begun no execution of Athena\n");
        return true;
    }
    return ask(&history, err) && show(&history, given, err);
}
