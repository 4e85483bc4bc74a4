/* AWS Health: events of the services RISK (AWS_RISK_CREDENTIALS_EXPOSED...) and ABUSE. What they
 * say and whom they concern comes by calls of its own, for ten events at once. */
#include "alert/source.h"

#include <string.h>

#define BATCH 10 /* events of one call, AWS's limit */

#define EXPOSED                                                                                    \
    "AWS_RISK_CREDENTIALS" /* an event type that begins so is of a key in wrong hands              \
                            */

static struct alert *find(const struct inquiry *inquiry, const char *id)
{
    struct alert *alert = inquiry->gathering->alerts;
    while (alert && (strcmp(alert->source, inquiry->source->name) != 0 || !alert->id ||
                     strcmp(alert->id, id) != 0))
        alert = alert->next;
    return alert;
}

static void take_details(struct alert_call *call, const json_t *reply)
{
    for (size_t i = 0; i < reply_count(reply, "successfulSet"); i++) {
        const json_t *one = reply_item(reply, "successfulSet", i);
        const char *words = reply_text(one, "eventDescription.latestDescription");
        const char *id = reply_text(one, "event.arn");
        for (struct alert *alert = find(call->inquiry, id); alert && *words; alert = alert->next)
            if (alert->id && strcmp(alert->id, id) == 0)
                alert->what = alert_textf(call->inquiry, "%s: %s",
                                          reply_text(one, "event.eventTypeCode"), words);
    }
}

/* An event that concerns several is as many alerts. */
static void take_entities(struct alert_call *call, const json_t *reply)
{
    struct inquiry *inquiry = call->inquiry;
    for (size_t i = 0; i < reply_count(reply, "entities"); i++) {
        const json_t *one = reply_item(reply, "entities", i);
        const struct alert *event = find(inquiry, reply_text(one, "eventArn"));
        if (!event)
            continue;
        struct alert *alert = find(inquiry, event->id);
        if (event->subject) {
            alert = alert_add(inquiry);
            struct alert *next = alert->next;
            *alert = *event;
            alert->next = next;
        }
        alert->subject = alert_text(inquiry, reply_text(one, "entityValue"));
        alert->account = alert_text(inquiry, reply_text(one, "awsAccountId"));
    }
    alert_ask_on(call, reply);
}

static void ask_about(struct inquiry *inquiry, json_t *arns)
{
    alert_ask(inquiry, &(struct alert_call){.op = "health:DescribeEventDetails",
                                            .params = json_pack("{s:O}", "eventArns", arns),
                                            .expects = "successfulSet",
                                            .take = take_details});
    alert_ask(inquiry,
              &(struct alert_call){.op = "health:DescribeAffectedEntities",
                                   .params = json_pack("{s:{s:O}, s:i}", "filter", "eventArns",
                                                       arns, "maxResults", inquiry->source->page),
                                   .expects = "entities",
                                   .take = take_entities});
}

static void add_event(struct inquiry *inquiry, const json_t *event)
{
    struct alert *alert = alert_add(inquiry);
    const char *type = reply_text(event, "eventTypeCode");
    bool exposed = strncmp(type, EXPOSED, strlen(EXPOSED)) == 0;
    alert->time = reply_time(event, "lastUpdatedTime");
    alert->time = alert->time ? alert->time : reply_time(event, "startTime");
    alert->severity = exposed ? "critical" : "high";
    alert->kind = ALERT_USER; /* or a key, as its form tells */
    alert->region = alert_text(inquiry, reply_text(event, "region"));
    alert->what = alert_text(inquiry, type);
    alert->id = alert_text(inquiry, reply_text(event, "arn"));
    alert->status = alert_text(inquiry, reply_text(event, "statusCode"));
}

static void take_events(struct alert_call *call, const json_t *reply)
{
    struct inquiry *inquiry = call->inquiry;
    struct arena *arena = inquiry->gathering->arena;
    size_t count = reply_count(reply, "events");
    json_t *arns = json_own(arena, json_array());
    for (size_t i = 0; i < count; i++) {
        const json_t *event = reply_item(reply, "events", i);
        add_event(inquiry, event);
        (void)json_array_append_new(arns, json_string(reply_text(event, "arn")));
        if (json_array_size(arns) < BATCH)
            continue;
        ask_about(inquiry, arns);
        arns = json_own(arena, json_array());
    }
    if (json_array_size(arns))
        ask_about(inquiry, arns);
    alert_ask_on(call, reply);
}

static void begin(struct inquiry *inquiry)
{
    json_t *filter = json_pack("{s:[s, s]}", "services", "RISK", "ABUSE");
    if (!inquiry->gathering->request->all)
        (void)json_object_set_new(filter, "eventStatusCodes",
                                  json_pack("[s, s]", "open", "upcoming"));
    alert_ask(inquiry,
              &(struct alert_call){.op = "health:DescribeEvents",
                                   .params = json_pack("{s:o, s:i}", "filter", filter, "maxResults",
                                                       inquiry->source->page),
                                   .expects = "events",
                                   .take = take_events});
}

const struct alert_source alert_health = {
    .name = "health",
    .title = "AWS Health",
    .page = 100,
    .pages = 10,
    .otherwise = "%cloudtrail quarantine",
    .begin = begin,
};
