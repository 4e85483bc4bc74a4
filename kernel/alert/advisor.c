/* Trusted Advisor's check of exposed access keys, by both of its APIs: support's needs a support
 * plan, its own does not. AWS refreshes this check by itself; nobody can ask for it. */
#include "alert/source.h"

#include "aws/endpoint.h"

#include <string.h>

#define EXPOSED "12Fnkpl8Y5" /* the check's id in every account */

/* Columns of the check, in AWS's order: trustedadvisor only numbers them. */
enum { KEY, USER, FRAUD, CASE, UPDATED, LOCATION, COLUMNS };
static const char *const names[COLUMNS] = {
    "Access Key ID", "User Name (IAM or Root)", "Fraud Type", "Case ID", "Time Updated", "Location",
};

/* One flagged key; `row` has the columns under their numbers, as a list or as an object. */
static struct alert *add_key(struct inquiry *inquiry, const json_t *row, const size_t at[COLUMNS])
{
    struct alert *alert = alert_add(inquiry);
    struct arena *arena = inquiry->gathering->arena;
    const char *values[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        values[i] = reply_text(row, arena_printf(arena, "%zu", at[i]));
    bool key = *values[KEY] != '\0';
    alert->time = reply_time(row, arena_printf(arena, "%zu", at[UPDATED]));
    alert->severity = "critical";
    alert->kind = key ? ALERT_KEY : ALERT_USER;
    alert->subject = alert_text(inquiry, key ? values[KEY] : values[USER]);
    alert->what =
        alert_textf(inquiry, "%s: access key of %s%s%s", *values[FRAUD] ? values[FRAUD] : "Exposed",
                    *values[USER] ? values[USER] : "an unknown user",
                    *values[LOCATION] ? ", found at " : "", values[LOCATION]);
    alert->id = alert_text(inquiry, values[CASE]);
    return alert;
}

/* ---- support ------------------------------------------------------------------------------------
 */

static void take_result(struct alert_call *call, const json_t *reply)
{
    struct inquiry *inquiry = call->inquiry;
    size_t at[COLUMNS], count = reply_count(reply, "result.flaggedResources");
    if (strcmp(reply_text(reply, "result.status"), "not_available") == 0)
        gap_add(inquiry, "not visible", "Trusted Advisor has not checked yet");
    for (size_t i = 0; i < COLUMNS; i++)
        for (at[i] = 0; at[i] < json_array_size(call->about); at[i]++)
            if (strcmp(reply_text(json_array_get(call->about, at[i]), ""), names[i]) == 0)
                break;
    for (size_t i = 0; i < count; i++) {
        const json_t *row = reply_item(reply, "result.flaggedResources", i);
        bool ignored = reply_bool(row, "isSuppressed");
        if (ignored && !inquiry->gathering->request->all)
            continue;
        struct alert *alert = add_key(inquiry, reply_at(row, "metadata"), at);
        alert->time = alert->time ? alert->time : reply_time(reply, "result.timestamp");
        alert->region = alert_text(inquiry, reply_text(row, "region"));
        alert->status = ignored ? "suppressed" : "open";
    }
}

static void take_checks(struct alert_call *call, const json_t *reply)
{
    struct inquiry *inquiry = call->inquiry;
    const json_t *check = NULL;
    for (size_t i = 0; i < reply_count(reply, "checks"); i++)
        if (strcmp(reply_text(reply_item(reply, "checks", i), "id"), EXPOSED) == 0)
            check = reply_item(reply, "checks", i);
    if (!check) {
        gap_add(inquiry, "not visible", "Trusted Advisor has no check of exposed access keys here");
        return;
    }
    alert_ask(inquiry, &(struct alert_call){
                           .op = "support:DescribeTrustedAdvisorCheckResult",
                           .params = json_pack("{s:s, s:s}", "checkId", EXPOSED, "language", "en"),
                           .expects = "result",
                           .about = json_own(inquiry->gathering->arena,
                                             json_deep_copy(reply_at(check, "metadata"))),
                           .take = take_result});
}

static void begin_support(struct inquiry *inquiry)
{
    alert_ask(inquiry, &(struct alert_call){.op = "support:DescribeTrustedAdvisorChecks",
                                            .params = json_pack("{s:s}", "language", "en"),
                                            .expects = "checks",
                                            .take = take_checks});
}

const struct alert_source alert_support = {
    .name = "support",
    .title = "Trusted Advisor",
    .otherwise = "%cloudtrail quarantine",
    .begin = begin_support,
};

/* ---- trustedadvisor -----------------------------------------------------------------------------
 */

static void take_resources(struct alert_call *call, const json_t *reply)
{
    static const size_t at[COLUMNS] = {KEY, USER, FRAUD, CASE, UPDATED, LOCATION};
    struct inquiry *inquiry = call->inquiry;
    size_t count = reply_count(reply, "recommendationResourceSummaries");
    for (size_t i = 0; i < count; i++) {
        const json_t *row = reply_item(reply, "recommendationResourceSummaries", i);
        bool over = strcmp(reply_text(row, "status"), "ok") == 0;
        bool excluded = strcmp(reply_text(row, "exclusionStatus"), "excluded") == 0;
        if ((over || excluded) && !inquiry->gathering->request->all)
            continue;
        struct alert *alert = add_key(inquiry, reply_at(row, "metadata"), at);
        alert->time = alert->time ? alert->time : reply_time(row, "lastUpdatedAt");
        alert->kind = ALERT_KEY;
        alert->subject = alert_text(inquiry, reply_text(row, "awsResourceId"));
        alert->region = alert_text(inquiry, reply_text(row, "regionCode"));
        alert->id = alert_text(inquiry, reply_text(row, "arn"));
        alert->status = over ? "resolved" : excluded ? "suppressed" : "open";
    }
    alert_ask_on(call, reply);
}

static void take_recommendations(struct alert_call *call, const json_t *reply)
{
    struct inquiry *inquiry = call->inquiry;
    size_t count = reply_count(reply, "recommendationSummaries");
    for (size_t i = 0; i < count; i++) {
        const json_t *one = reply_item(reply, "recommendationSummaries", i);
        const char *arn = reply_text(one, "arn");
        if (strcmp(alert_name(reply_text(one, "checkArn")), EXPOSED) == 0)
            alert_ask(inquiry, &(struct alert_call){
                                   .op = "trustedadvisor:ListRecommendationResources",
                                   .params = json_pack("{s:s, s:i}", "recommendationIdentifier",
                                                       arn, "maxResults", inquiry->source->page),
                                   .expects = "recommendationResourceSummaries",
                                   .region = call->region,
                                   .take = take_resources});
    }
    alert_ask_on(call, reply);
}

/* The service has an endpoint in a few regions only; us-east-1 is always one. */
static void begin_trustedadvisor(struct inquiry *inquiry)
{
    const char *home = inquiry->gathering->home;
    alert_ask(inquiry, &(struct alert_call){
                           .op = "trustedadvisor:ListRecommendations",
                           .params = json_pack("{s:s, s:i}", "pillar", "security", "maxResults",
                                               inquiry->source->page),
                           .expects = "recommendationSummaries",
                           .region = strcmp(aws_partition(home), "aws") == 0 ? "us-east-1" : home,
                           .take = take_recommendations});
}

const struct alert_source alert_trustedadvisor = {
    .name = "trustedadvisor",
    .title = "Trusted Advisor",
    .page = 200,
    .pages = 10,
    .otherwise = "%cloudtrail quarantine",
    .begin = begin_trustedadvisor,
};
