/* Security Hub: findings of at least medium severity that nobody has dealt with, in its own format
 * (ASFF), which every account with Security Hub has. */
#include "alert/source.h"

#include "base/time.h"

#include <ctype.h>
#include <string.h>

/* ASFF's types of resources that a question can be asked about. */
static const struct {
    const char *type;
    enum alert_subject kind;
} types[] = {
    {"AwsIamAccessKey", ALERT_KEY},     {"AwsIamUser", ALERT_USER},    {"AwsIamRole", ALERT_ROLE},
    {"AwsEc2Instance", ALERT_INSTANCE}, {"AwsS3Bucket", ALERT_BUCKET},
};

static enum alert_subject kind_of(const json_t *resource)
{
    for (size_t i = 0; i < COUNT(types); i++)
        if (strcmp(types[i].type, reply_text(resource, "Type")) == 0)
            return types[i].kind;
    return ALERT_OTHER;
}

/* The first resource of a kind we know, else the first one as it is. */
static void add_subject(struct inquiry *inquiry, struct alert *alert, const json_t *finding)
{
    size_t count = reply_count(finding, "Resources");
    for (size_t i = 0; i < count && alert->kind == ALERT_OTHER; i++) {
        const json_t *resource = reply_item(finding, "Resources", i);
        const char *id = reply_text(resource, "Id");
        alert->kind = kind_of(resource);
        if (alert->kind != ALERT_OTHER)
            alert->subject = alert_text(inquiry, alert_name(id));
        else if (!alert->subject)
            alert->subject = alert_text(inquiry, id);
    }
}

static const char *lower(const struct inquiry *inquiry, const char *text)
{
    char *copy = arena_strdup(inquiry->gathering->arena, text);
    for (char *at = copy; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return alert_text(inquiry, copy);
}

static void add_finding(struct inquiry *inquiry, const json_t *finding)
{
    struct alert *alert = alert_add(inquiry);
    const char *region = reply_text(finding, "Region");
    bool active = strcmp(reply_text(finding, "RecordState"), "ACTIVE") == 0;
    alert->time = reply_time(finding, "UpdatedAt");
    alert->severity = lower(inquiry, reply_text(finding, "Severity.Label"));
    alert->account = alert_text(inquiry, reply_text(finding, "AwsAccountId"));
    alert->region = *region ? alert_text(inquiry, region) : alert->region;
    alert->what = alert_text(inquiry, reply_text(finding, "Title"));
    alert->id = alert_text(inquiry, reply_text(finding, "Id"));
    alert->status = active ? lower(inquiry, reply_text(finding, "Workflow.Status")) : "archived";
    add_subject(inquiry, alert, finding);
}

static void take_findings(struct alert_call *call, const json_t *reply)
{
    for (size_t i = 0; i < reply_count(reply, "Findings"); i++)
        add_finding(call->inquiry, reply_item(reply, "Findings", i));
    alert_ask_on(call, reply);
}

/* [{"Value": ..., "Comparison": "EQUALS"}, ...] */
static void add_filter(json_t *filters, const char *name, const char *const *values)
{
    json_t *tests = json_array();
    for (; *values; values++)
        (void)json_array_append_new(
            tests, json_pack("{s:s, s:s}", "Value", *values, "Comparison", "EQUALS"));
    (void)json_object_set_new(filters, name, tests);
}

static void begin(struct inquiry *inquiry)
{
    static const char *const labels[] = {"MEDIUM", "HIGH", "CRITICAL", NULL};
    static const char *const active[] = {"ACTIVE", NULL};
    static const char *const waiting[] = {"NEW", "NOTIFIED", NULL};
    const struct alerts_request *request = inquiry->gathering->request;
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
    json_t *filters = json_object();
    add_filter(filters, "SeverityLabel", labels);
    if (!request->all) {
        add_filter(filters, "RecordState", active);
        add_filter(filters, "WorkflowStatus", waiting);
    }
    if (request->since)
        (void)json_object_set_new(filters, "UpdatedAt",
                                  json_pack("[{s:s, s:s}]", "Start", time_iso(request->since, from),
                                            "End", time_iso(time_now(), to)));
    alert_ask(inquiry, &(struct alert_call){
                           .op = "securityhub:GetFindings",
                           .params = json_pack("{s:o, s:[{s:s, s:s}], s:i}", "Filters", filters,
                                               "SortCriteria", "Field", "UpdatedAt", "SortOrder",
                                               "desc", "MaxResults", inquiry->source->page),
                           .expects = "Findings",
                           .take = take_findings});
}

const struct alert_source alert_securityhub = {
    .name = "securityhub",
    .title = "Security Hub",
    .regional = true,
    .page = 100,
    .pages = 10,
    .otherwise = "%cloudtrail findings",
    .begin = begin,
};
