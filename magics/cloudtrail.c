#include "magics/engines.h"
#include "magics/places.h"
#include "question/question.h"
#include "magic.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

struct cloudtrail_options {
    const char *question;
    const char *target;
    const char *family;
    int64_t since, until;
    const char *account, *region;
    int64_t limit;
    const char *into, *save, *source;
};

static const struct option options[] = {
    {.name = "QUESTION",
     .help = "name or number of a question (key, user, persistence, Q18...), or a target alone",
     OPT_TEXT(struct cloudtrail_options, question)},
    {.name = "TARGET",
     .help = "key, user, role, address, instance, bucket or event id that it is about",
     OPT_TEXT(struct cloudtrail_options, target),
     .values = VALUES_TARGET},
    {.name = "--family",
     .value = "RESULT",
     .help = "ask about all members of a kept result of %trace",
     OPT_TEXT(struct cloudtrail_options, family),
     .values = VALUES_RESULT},
    {.name = "--since",
     .value = "T",
     .help = "only events at or after T (UTC: ISO time, or back from now: 24h, 7d)",
     OPT_TIME(struct cloudtrail_options, since),
     .values = VALUES_TIME},
    {.name = "--until",
     .value = "T",
     .help = "only events before T",
     OPT_TIME(struct cloudtrail_options, until),
     .values = VALUES_TIME},
    {.name = "--account",
     .value = "A",
     .help = "only this account",
     OPT_TEXT(struct cloudtrail_options, account)},
    {.name = "--region",
     .value = "R",
     .help = "only this region",
     OPT_TEXT(struct cloudtrail_options, region)},
    {.name = "--source",
     .value = PLACE_SOURCES,
     .help = "who is asked: a lake, an engine, CloudTrail's API, a trail in S3, or all there is; "
             "without it the engine of the settings",
     OPT_TEXT(struct cloudtrail_options, source),
     .choices = place_sources},
    {.name = "--limit",
     .value = "N",
     .help = "rows shown (the whole result is kept)",
     OPT_INT(struct cloudtrail_options, limit),
     .min = 1,
     .max = 10000},
    {.name = "--into",
     .value = "NAME",
     .help = "keep the result under this name",
     OPT_TEXT(struct cloudtrail_options, into)},
    {.name = "--save",
     .value = "FILE",
     .help = "write the whole result to FILE.csv, .parquet or .json",
     OPT_TEXT(struct cloudtrail_options, save),
     .values = VALUES_FILE},
};

static const struct magic_example examples[] = {
    {"%cloudtrail", "the questions, one line each"},
    {"%cloudtrail log-tampering", "who switched logging off, or tried"},
    {"%cloudtrail coverage --limit 5", "events per hour, account and region"},
};

/* Without a question: all of them, one line each. */
static void list_questions(struct magic_call *call)
{
    static const struct column columns[] = {{.name = "question", .type = TYPE_TEXT},
                                            {.name = "id", .type = TYPE_TEXT},
                                            {.name = "target", .type = TYPE_TEXT},
                                            {.name = "answers", .type = TYPE_TEXT},
                                            {.name = "reads", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    const struct question *question;
    for (size_t i = 0; (question = question_at(i)); i++) {
        table_add_row(table);
        table_put_string(table, 0, question->name);
        table_put_string(table, 1, question->id);
        if (question->target != TARGET_NONE)
            table_put_string(table, 2,
                             arena_printf(call->arena, question->target_required ? "%s" : "[%s]",
                                          question->target == TARGET_ANY
                                              ? "key, user, role or address"
                                              : target_kind_name(question->target)));
        table_put_string(table, 3, question->summary);
        table_put_string(table, 4, question->view);
    }
    struct caption caption = {
        .title = "Questions: %cloudtrail QUESTION [TARGET] [--since T] [--until T]",
        .total_rows = table->rows};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
}

static bool unknown_question(struct magic_call *call, const char *name, struct error *err)
{
    const char *names[128];
    size_t count = 0;
    const struct question *question;
    for (size_t i = 0; (question = question_at(i)) && count < COUNT(names); i++)
        names[count++] = question->name;
    (void)call;
    const char *near = text_nearest(name, names, count);
    (void)error_set(err, ERROR_USAGE, "no question \"%s\"", name);
    if (near)
        return error_hint(err, "Did you mean: %%cloudtrail %s", near);
    return error_hint(err, "%%cloudtrail alone lists the questions.");
}

/* "%cloudtrail AKIA..." means the pivot of that kind. */
static const struct question *pivot_for(const char *target)
{
    enum target_kind kind = target_kind_of(target);
    const struct question *question;
    for (size_t i = 0; kind != TARGET_ANY && (question = question_at(i)); i++)
        if (question->pivot && question->target == kind)
            return question;
    return NULL;
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct cloudtrail_options *given = call->options;
    if (!given->question) {
        list_questions(call);
        return true;
    }
    struct question_request request = {
        .question = question_find(given->question),
        .target = given->target,
        .family = given->family,
        .since = given->since,
        .until = given->until,
        .account = given->account,
        .region = given->region,
        .limit = given->limit,
        .into = given->into,
        .save = given->save,
        .line = call->line,
    };
    if (!request.question && !given->target) {
        request.question = pivot_for(given->question);
        request.target = given->question;
    }
    if (!request.question)
        return unknown_question(call, given->question, err);
    struct result result;
    if (!question_check(&request, err) || !place_find(call, given->source, &request, err))
        return false;
    bool answered = question_ask(call->session, &request, call->outputs, call->cancel, call->arena,
                                 &result, err);
    engine_say_cost(call, request.place.engine);
    return answered;
}

static const char *const *question_names(const struct option *option)
{
    static const char *const names[] = {"abuse",
                                        "address",
                                        "assume-role",
                                        "bucket",
                                        "children",
                                        "cover-tracks",
                                        "coverage",
                                        "days",
                                        "denied",
                                        "dns",
                                        "duplicates",
                                        "escalation",
                                        "event",
                                        "federation",
                                        "findings",
                                        "iam-changes",
                                        "impact",
                                        "instance",
                                        "instances",
                                        "key",
                                        "lambda",
                                        "lineage",
                                        "log-tampering",
                                        "logins",
                                        "new-places",
                                        "objects",
                                        "others",
                                        "parent",
                                        "persistence",
                                        "profile",
                                        "public-callers",
                                        "quarantine",
                                        "ransom",
                                        "role",
                                        "root",
                                        "s3-control",
                                        "secrets",
                                        "sharing",
                                        "summary",
                                        "talkers",
                                        "two-places",
                                        "user",
                                        NULL};
    return strcmp(option->name, "QUESTION") == 0 ? names : NULL;
}

const struct magic magic_cloudtrail = {
    .name = "cloudtrail",
    .summary =
        "the questions of an investigation: by key, user, role, address, instance, bucket or event",
    .details = "Each question is one reviewed SQL statement over the open lake. The pivots (key, "
               "user, role, address, instance, bucket, event) say "
               "in words who, from where, when first and last, how many calls, how many failed and "
               "what was changed, and then show the rows. No rows "
               "is always explained: it did not happen, or it cannot be seen. Failed calls count "
               "as failed.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options,
                .count = COUNT(options),
                .size = sizeof(struct cloudtrail_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .values = question_names,
    .run = run,
};
