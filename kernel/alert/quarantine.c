/* The policies that AWS itself attaches to a user whose key it found in public. They contain
 * little: whoever has one is an alarm, not a case closed. IAM does not say since when. */
#include "alert/source.h"

#include "aws/endpoint.h"

#include <string.h>

static const char *const policies[] = {
    "AWSCompromisedKeyQuarantine",
    "AWSCompromisedKeyQuarantineV2",
    "AWSCompromisedKeyQuarantineV3",
};

/* The reply's lists of who has the policy. */
static const struct {
    const char *list, *name, *words;
    enum alert_subject kind;
} holders[] = {
    {"PolicyUsers", "UserName", "user", ALERT_USER},
    {"PolicyRoles", "RoleName", "role", ALERT_ROLE},
    {"PolicyGroups", "GroupName", "group", ALERT_OTHER},
};

static void take(struct alert_call *call, const json_t *reply)
{
    const char *policy = alert_name(reply_text(call->params, "PolicyArn"));
    for (size_t i = 0; i < COUNT(holders); i++)
        for (size_t j = 0; j < reply_count(reply, holders[i].list); j++) {
            const json_t *one = reply_item(reply, holders[i].list, j);
            struct alert *alert = alert_add(call->inquiry);
            alert->severity = "critical";
            alert->kind = holders[i].kind;
            alert->subject = alert_text(call->inquiry, reply_text(one, holders[i].name));
            alert->what = alert_textf(call->inquiry, "AWS found a key in public: %s has %s",
                                      holders[i].words, policy);
            alert->id = policy;
            alert->status = "open";
        }
    alert_ask_on(call, reply);
}

/* A policy that this partition does not have is nobody's. */
static bool is_absent(struct alert_call *call, const char *code, const struct error *why)
{
    (void)call;
    (void)why;
    return code && strcmp(code, "NoSuchEntity") == 0;
}

static void begin(struct inquiry *inquiry)
{
    struct arena *arena = inquiry->gathering->arena;
    for (size_t i = 0; i < COUNT(policies); i++) {
        const char *arn = arena_printf(arena, "arn:%s:iam::aws:policy/%s",
                                       aws_partition(inquiry->gathering->home), policies[i]);
        alert_ask(inquiry,
                  &(struct alert_call){.op = "iam:ListEntitiesForPolicy",
                                       .params = json_pack("{s:s, s:i}", "PolicyArn", arn,
                                                           "MaxItems", inquiry->source->page),
                                       .expects = "PolicyUsers",
                                       .take = take,
                                       .forgive = is_absent});
    }
}

const struct alert_source alert_quarantine = {
    .name = "quarantine",
    .title = "IAM",
    .page = 100,
    .pages = 10,
    .otherwise = "%cloudtrail quarantine",
    .begin = begin,
};
