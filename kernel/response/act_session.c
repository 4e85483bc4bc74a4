/* One session: of a role, denied by its id, or of a user (GetSessionToken, GetFederationToken), who
 * is contained with it because the session has the user's policies. */
#include "response/act_role.h"
#include "response/act_user.h"
#include "response/arn.h"
#include "response/policy.h"

#include <string.h>

#define EVENT_MOST ((size_t)256 * 1024)
#define TRAIL_HOME "us-east-1" /* where IAM's and STS's own events are */

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    struct arn arn;
    if (is_id(text, "ASIA")) {
        out->part = arena_strdup(arena, text);
        return CLAIM_YES;
    }
    if (!arn_read(text, arena, &arn) || strcmp(arn.service, "sts") != 0)
        return CLAIM_NO;
    out->account = arn.account;
    const char *slash = strchr(arn.resource, '/');
    if (strcmp(arn.type, "assumed-role") == 0 && slash && slash[1]) {
        out->name = arena_strndup(arena, arn.resource, (size_t)(slash - arn.resource));
        out->part = slash + 1;
        return CLAIM_YES;
    }
    if (strcmp(arn.type, "federated-user") != 0)
        return CLAIM_NO;
    out->part = arena_strdup(arena, text);
    return CLAIM_YES;
}

/* ---- a key of a session: CloudTrail says whose
 * ---------------------------------------------------
 */

static json_t *lookup(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:[{s:s, s:s}], s:i}", "LookupAttributes", "AttributeKey",
                     "AccessKeyId", "AttributeValue", planning->suspect->part, "MaxResults", 5);
}

static json_t *identity_in(const struct planning *planning)
{
    json_t *events = state_list(planning, "cloudtrail:LookupEvents", lookup(planning), "Events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        struct error ignored = {0};
        const char *text = reply_text(json_array_get(events, i), "CloudTrailEvent");
        json_t *event = json_parse(planning->arena, text, strlen(text), EVENT_MOST, &ignored);
        json_t *identity = json_object_get(event, "userIdentity");
        if (strcmp(reply_text(identity, "accessKeyId"), planning->suspect->part) == 0)
            return identity;
    }
    return NULL;
}

/* Its events are where it acted: at home, and in the region at hand. */
static bool read_identity(struct planning *planning, json_t **out, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    const char *given = suspect->region;
    const char *const regions[] = {TRAIL_HOME, given ? given : planning->region};
    *out = NULL;
    bool ok = true;
    for (size_t i = 0; ok && !*out && i < COUNT(regions); i++) {
        suspect->region = regions[i];
        struct reading events = {
            .op = "cloudtrail:LookupEvents", .params = lookup(planning), .pages = 1};
        ok = response_read(planning, &events, 1, err);
        *out = ok ? identity_in(planning) : NULL;
    }
    suspect->region = given;
    return ok;
}

static bool not_seen(const struct planning *planning, struct error *err)
{
    const char *key = planning->suspect->part;
    (void)error_set(err, ERROR_NOT_FOUND,
                    "CloudTrail's API shows no event of the session key %s in %s and %s", key,
                    TRAIL_HOME, planning->region);
    return error_hint(err,
                      "Its first events take 5 to 15 minutes, and --region looks elsewhere. The "
                      "lake may know: %%trace %s. Then contain its role or its user.",
                      key);
}

static bool find_by_key(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *identity;
    if (!read_identity(planning, &identity, err))
        return false;
    if (!identity)
        return not_seen(planning, err);
    const char *type = reply_text(identity, "type");
    if (strcmp(type, "Root") == 0) {
        (void)error_set(err, ERROR_REFUSED, "%s is a session of the root user", suspect->part);
        return error_hint(err,
                          "Nothing in the account denies root anything. Sign in as root, change "
                          "its password and delete its keys; from the organization an SCP can "
                          "fence the account.");
    }
    if (strcmp(type, "AssumedRole") != 0) {
        const char *issuer = reply_text(identity, "sessionContext.sessionIssuer.userName");
        suspect->name = *issuer ? issuer : reply_text(identity, "userName");
        return *suspect->name ? user_find(planning, err) : not_seen(planning, err);
    }
    const char *arn = reply_text(identity, "arn"), *slash = strrchr(arn, '/');
    suspect->name = reply_text(identity, "sessionContext.sessionIssuer.userName");
    suspect->part = slash ? slash + 1 : suspect->part;
    return role_find(planning, err);
}

static bool find(struct planning *planning, struct error *err)
{
    const char *part = planning->suspect->part;
    if (is_id(part, "ASIA"))
        return find_by_key(planning, err);
    if (planning->suspect->name)
        return role_find(planning, err);
    (void)error_set(err, ERROR_REFUSED,
                    "%s has no policies of its own: it acts with those of the "
                    "user that made it",
                    part);
    return error_hint(err,
                      "%%cloudtrail user %s shows its key; %%trace of that key shows the user: "
                      "contain the user.",
                      part);
}

/* ---- steps --------------------------------------------------------------------------------------
 */

static bool is_of_role(const struct suspect *suspect)
{
    return strstr(suspect->arn, ":role/") != NULL;
}

static bool plan(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    struct arena *arena = planning->arena;
    if (!is_of_role(suspect))
        return user_plan(planning, err);
    if (!role_find(planning, err))
        return false;
    const char *who = arena_printf(arena, "%s:%s", suspect->unique_id, suspect->part);
    struct role_part part = {
        .id = "session",
        .policy = arena_printf(arena, "%s-session-%s", QUARANTINE, suspect->part),
        .words = arena_printf(arena, "session %s of role %s", suspect->part, suspect->name),
        .condition = plan_pack(arena, "{s:{s:s}}", "StringEquals", "aws:userid", who)};
    role_deny_part(planning, &part);
    response_say(planning, NOTE_BREAKS,
                 "every session of role %s that calls itself %s, also a new one", suspect->name,
                 suspect->part);
    return true;
}

const struct action action_session = {
    .name = "session",
    .summary =
        "a session: of a role, denied by its id (arn:aws:sts::...:assumed-role/ROLE/SESSION, "
        "or ASIA... where CloudTrail's API has seen it); of a user, who is contained with it",
    .undone = "the deny is taken away, when --restore-access names the session",
    .not_covered = "other sessions of the role, and new ones under another name; sessions of root",
    .claims = claims,
    .find = find,
    .plan = plan,
};
