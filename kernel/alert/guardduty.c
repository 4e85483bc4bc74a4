/* GuardDuty: each region has a detector of its own, or none, which is said. */
#include "alert/source.h"

#include <string.h>

/* Whom a finding is about: the first that is there. */
static const struct {
    const char *path;
    enum alert_subject kind;
} subjects[] = {
    {"resource.accessKeyDetails.accessKeyId", ALERT_KEY},
    {"resource.accessKeyDetails.userName", ALERT_USER},
    {"resource.instanceDetails.instanceId", ALERT_INSTANCE},
    {"resource.s3BucketDetails.0.name", ALERT_BUCKET},
    {"resource.lambdaDetails.functionName", ALERT_OTHER},
    {"resource.eksClusterDetails.name", ALERT_OTHER},
    {"resource.ecsClusterDetails.name", ALERT_OTHER},
    {"resource.rdsDbInstanceDetails.dbInstanceIdentifier", ALERT_OTHER},
    {"resource.ebsVolumeDetails.scannedVolumeDetails.0.volumeArn", ALERT_OTHER},
};

/* GuardDuty's own bounds. */
static const char *severity_of(const json_t *finding)
{
    static const struct {
        double least;
        const char *name;
    } names[] = {{9, "critical"}, {7, "high"}, {4, "medium"}};
    double number = json_number_value(reply_at(finding, "severity"));
    for (size_t i = 0; i < COUNT(names); i++)
        if (number >= names[i].least)
            return names[i].name;
    return "low";
}

static void add_finding(struct inquiry *inquiry, const json_t *finding)
{
    struct alert *alert = alert_add(inquiry);
    const char *region = reply_text(finding, "region");
    alert->time = reply_time(finding, "updatedAt");
    alert->severity = severity_of(finding);
    alert->account = alert_text(inquiry, reply_text(finding, "accountId"));
    alert->region = *region ? alert_text(inquiry, region) : alert->region;
    alert->what =
        alert_textf(inquiry, "%s: %s", reply_text(finding, "type"), reply_text(finding, "title"));
    alert->id = alert_text(inquiry, reply_text(finding, "arn"));
    alert->status = reply_bool(finding, "service.archived") ? "archived" : "active";
    for (size_t i = 0; i < COUNT(subjects) && !alert->subject; i++) {
        alert->subject = alert_text(inquiry, reply_text(finding, subjects[i].path));
        alert->kind = subjects[i].kind;
    }
    if (strcmp(reply_text(finding, "resource.accessKeyDetails.userType"), "Root") == 0)
        alert->then = "%cloudtrail root";
}

static void take_findings(struct alert_call *call, const json_t *reply)
{
    for (size_t i = 0; i < reply_count(reply, "findings"); i++)
        add_finding(call->inquiry, reply_item(reply, "findings", i));
}

/* The next page is listed while the findings of this one come. */
static void take_ids(struct alert_call *call, const json_t *reply)
{
    const char *detector = reply_text(call->params, "DetectorId");
    const json_t *ids = reply_at(reply, "findingIds");
    if (json_array_size(ids))
        alert_ask(call->inquiry,
                  &(struct alert_call){
                      .op = "guardduty:GetFindings",
                      .params = json_pack("{s:s, s:O}", "DetectorId", detector, "findingIds", ids),
                      .expects = "findings",
                      .take = take_findings});
    alert_ask_on(call, reply);
}

static void ask_ids(struct inquiry *inquiry, const char *detector)
{
    const struct alerts_request *request = inquiry->gathering->request;
    json_t *criterion = json_object();
    if (!request->all)
        (void)json_object_set_new(criterion, "service.archived",
                                  json_pack("{s:[s]}", "eq", "false"));
    if (request->since)
        (void)json_object_set_new(
            criterion, "updatedAt",
            json_pack("{s:I}", "greaterThanOrEqual", (json_int_t)(request->since / 1000)));
    alert_ask(inquiry,
              &(struct alert_call){.op = "guardduty:ListFindings",
                                   .params = json_pack("{s:s, s:{s:o}, s:{s:s, s:s}, s:i}",
                                                       "DetectorId", detector, "findingCriteria",
                                                       "criterion", criterion, "sortCriteria",
                                                       "attributeName", "updatedAt", "orderBy",
                                                       "DESC", "maxResults", inquiry->source->page),
                                   .expects = "findingIds",
                                   .take = take_ids});
}

/* Who switches a detector off is perhaps whom it would have seen. */
static void take_detector(struct alert_call *call, const json_t *reply)
{
    if (strcmp(reply_text(reply, "status"), "ENABLED") != 0)
        gap_add(call->inquiry, "not visible", "GuardDuty is suspended");
}

static void take_detectors(struct alert_call *call, const json_t *reply)
{
    size_t count = reply_count(reply, "detectorIds");
    if (!count)
        gap_add(call->inquiry, "not visible", "GuardDuty is not enabled");
    for (size_t i = 0; i < count; i++) {
        const char *id = reply_text(reply_item(reply, "detectorIds", i), "");
        alert_ask(call->inquiry,
                  &(struct alert_call){.op = "guardduty:GetDetector",
                                       .params = json_pack("{s:s}", "DetectorId", id),
                                       .expects = "status",
                                       .take = take_detector});
        ask_ids(call->inquiry, id);
    }
}

static void begin(struct inquiry *inquiry)
{
    alert_ask(inquiry, &(struct alert_call){.op = "guardduty:ListDetectors",
                                            .expects = "detectorIds",
                                            .take = take_detectors});
}

const struct alert_source alert_guardduty = {
    .name = "guardduty",
    .title = "GuardDuty",
    .regional = true,
    .page = 50,
    .pages = 40,
    .otherwise = "%cloudtrail findings",
    .begin = begin,
};
