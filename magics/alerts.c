#include "alert/alert.h"
#include "magics/connect.h"

#include "base/text.h"
#include "base/time.h"
#include "case/results.h"
#include "question/question.h"

#include <ctype.h>
#include <string.h>

struct alerts_options {
    const char *source, *region;
    int64_t since;
    bool all;
    int64_t limit;
    const char *into, *save;
};

static const struct option options[] = {
    {.name = "--since",
     .value = "T",
     .help = "only alerts at or after T (UTC: ISO time, or back from now: 24h, 7d)",
     OPT_TIME(struct alerts_options, since),
     .values = VALUES_TIME},
    {.name = "--source",
     .value = "NAME",
     .help = "ask only this one",
     OPT_TEXT(struct alerts_options, source),
     .choices = alert_source_names},
    {.name = "--region",
     .value = "NAME",
     .help = "ask GuardDuty and Security Hub in this region only",
     OPT_TEXT(struct alerts_options, region)},
    {.name = "--all",
     .help = "archived, resolved and suppressed ones too",
     OPT_FLAG(struct alerts_options, all)},
    {.name = "--limit",
     .value = "N",
     .help = "rows shown (the whole result is kept)",
     OPT_INT(struct alerts_options, limit),
     .min = 1,
     .max = 10000},
    {.name = "--into",
     .value = "NAME",
     .help = "keep the result under this name too",
     OPT_TEXT(struct alerts_options, into)},
    {.name = "--save",
     .value = "FILE",
     .help = "write the whole result to FILE.csv, .parquet or .json",
     OPT_TEXT(struct alerts_options, save),
     .values = VALUES_FILE},
};

/* ---- the next magic -----------------------------------------------------------------------------
 */

static enum target_kind target_of(const struct alert *alert)
{
    static const enum target_kind kinds[ALERT_SUBJECTS] = {
        [ALERT_KEY] = TARGET_KEY,       [ALERT_USER] = TARGET_USER,
        [ALERT_ROLE] = TARGET_ROLE,     [ALERT_INSTANCE] = TARGET_INSTANCE,
        [ALERT_BUCKET] = TARGET_BUCKET,
    };
    enum target_kind told = target_kind_of(alert->subject);
    return told == TARGET_ANY && alert->kind != ALERT_OTHER ? kinds[alert->kind] : told;
}

/* What is run from here holds nothing that a cell understands. */
static bool is_plain(const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-:/";
    return isalnum((unsigned char)text[0]) && !text[strspn(text, plain)];
}

static const struct question *pivot_of(enum target_kind kind)
{
    const struct question *question = NULL;
    for (size_t i = 0; kind != TARGET_ANY && (question = question_at(i)); i++)
        if (question->pivot && question->target == kind)
            break;
    return question;
}

static const char *next_of(const struct alert *alert, struct arena *arena)
{
    bool plain = !alert->then && alert->subject && is_plain(alert->subject);
    const struct question *question = plain ? pivot_of(target_of(alert)) : NULL;
    if (question)
        return arena_printf(arena, "%%cloudtrail %s %s", question->name, alert->subject);
    return alert->then ? alert->then : "%cloudtrail summary";
}

/* ---- the table ----------------------------------------------------------------------------------
 */

static void put(json_t *row, const char *name, const char *text)
{
    (void)json_object_set_new(row, name, text ? json_texts(text) : json_null());
}

static json_t *row_of(const struct alert *alert, struct arena *arena)
{
    char time[TIME_TEXT_SIZE];
    json_t *row = json_object();
    put(row, "time", alert->time ? time_iso(alert->time, time) : NULL);
    put(row, "severity", alert->severity);
    put(row, "source", alert->source);
    put(row, "what", alert->what);
    put(row, "subject", alert->subject);
    put(row, "next", next_of(alert, arena));
    put(row, "status", alert->status);
    put(row, "region", alert->region);
    put(row, "account", alert->account);
    put(row, "id", alert->id);
    return row;
}

/* The rows are a bound value, so that the table is kept as a query's is. What is not visible comes
 * first, for it must not be overlooked; then what holds now, then the newest. */
static const char table_sql[] =
    "SELECT * FROM (SELECT unnest(from_json(CAST(:alerts AS JSON), '[{\"time\": \"TIMESTAMP\", "
    "\"severity\": \"VARCHAR\", \"source\": \"VARCHAR\", \"what\": \"VARCHAR\", \"subject\": "
    "\"VARCHAR\", \"next\": \"VARCHAR\", \"status\": \"VARCHAR\", \"region\": \"VARCHAR\", "
    "\"account\": \"VARCHAR\", \"id\": \"VARCHAR\"}]'), recursive := true)) ORDER BY "
    "coalesce(status IN ('not visible', 'cut'), false) DESC, \"time\" DESC NULLS FIRST, "
    "list_position(['critical', 'high', 'medium', 'low'], severity), source, subject, id";

/* "7 alerts from 5 sources; 2 not visible" */
static const char *sum_up(const struct alerts *alerts, struct arena *arena)
{
    char number[32];
    const char *partly =
        alerts->partly ? arena_printf(arena, "; %zu only in part", alerts->partly) : "";
    const char *blind =
        alerts->blind ? arena_printf(arena, "; %zu not visible", alerts->blind) : "";
    return arena_printf(arena, "%s alert%s from %zu source%s%s%s",
                        text_number((int64_t)alerts->count, number), alerts->count == 1 ? "" : "s",
                        alerts->seen, alerts->seen == 1 ? "" : "s", partly, blind);
}

static bool show(struct magic_call *call, const struct alerts *alerts, struct error *err)
{
    const struct alerts_options *given = call->options;
    json_t *rows = json_own(call->arena, json_array());
    for (const struct alert *alert = alerts->first; alert; alert = alert->next)
        (void)json_array_append_new(rows, row_of(alert, call->arena));
    struct engine_param param = {
        .name = "alerts",
        .value = json_own(call->arena, json_texts(json_dump(call->arena, rows, NULL))),
    };
    struct results_request request = {
        .sql = table_sql,
        .size = sizeof table_sql - 1,
        .line = call->line,
        .into = given->into,
        .save = given->save,
        .limit = given->limit,
        .params = &param,
        .param_count = 1,
        .title = "What AWS warns of",
        .source = arena_printf(call->arena, "AWS: account %s, %zu region%s", alerts->account,
                               alerts->regions, alerts->regions == 1 ? "" : "s"),
        .hint = sum_up(alerts, call->arena),
        .since = given->since,
    };
    struct result result;
    return results_run(call->session, &request, call->outputs, call->cancel, call->arena, &result,
                       err);
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct alerts_options *given = call->options;
    struct alerts_request request = {
        .aws = connect_aws(call),
        .cancel = call->cancel,
        .outputs = call->outputs,
        .source = given->source,
        .region = given->region,
        .since = given->since,
        .all = given->all,
    };
    struct alerts alerts;
    return alerts_ask(&request, call->arena, &alerts, err) && show(call, &alerts, err);
}

static const struct magic_example examples[] = {
    {"%alerts", "everything AWS warns of, each with the magic to run next"},
    {"%alerts --source guardduty --since 7d", "GuardDuty's findings of a week, all regions"},
};

const struct magic magic_alerts = {
    .name = "alerts",
    .summary = "what AWS itself warns of: exposed keys, findings, quarantined users, forgotten "
               "credentials",
    .details =
        "Asks Trusted Advisor (support, trustedadvisor), AWS Health, GuardDuty and Security Hub in "
        "every enabled region, the quarantine policies and IAM's credential report, all at once. "
        "What cannot be read is a row \"not visible\" with the reason; these come first, then what "
        "holds now (without a time), then the newest. Security Hub's are those of at least medium "
        "severity. Nothing is changed; IAM is asked to renew its report. `next` is the magic to "
        "run for a row; AWS's own quarantine contains little.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct alerts_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
