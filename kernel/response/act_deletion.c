/* The deletion of a KMS key, called off while there is time (R21). */
#include "response/arn.h"
#include "response/check.h"

#include "base/time.h"

#include <ctype.h>
#include <string.h>

#define PREFIX "key/"

static const char *const levels[] = {"cancel", "enable", NULL};

/* A UUID, or mrk- and 32 digits. */
static bool is_key(const char *text)
{
    size_t size = strlen(text), digits = 0;
    bool multi = strncmp(text, "mrk-", 4) == 0;
    for (const char *at = multi ? text + 4 : text; *at; at++) {
        digits += isxdigit((unsigned char)*at) != 0;
        if (!isxdigit((unsigned char)*at) && (multi || *at != '-'))
            return false;
    }
    return digits == 32 && size == 36;
}

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    struct arn arn;
    const char *name = strncmp(text, PREFIX, strlen(PREFIX)) == 0 ? text + strlen(PREFIX) : text;
    if (arn_read(text, arena, &arn) && strcmp(arn.service, "kms") == 0 &&
        strcmp(arn.type, "key") == 0) {
        name = arn.name;
        out->account = arn.account;
        out->region = arn.region;
    }
    if (!is_key(name))
        return CLAIM_NO;
    out->name = arena_strdup(arena, name);
    return CLAIM_YES;
}

static json_t *named(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:s}", "KeyId", planning->suspect->name);
}

static bool find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *params = named(planning);
    struct reading list[] = {
        {.op = "kms:DescribeKey", .params = params},
        {.op = "kms:GetKeyPolicy",
         .params = plan_pack(planning->arena, "{s:s, s:s}", "KeyId", suspect->name, "PolicyName",
                             "default")},
        {.op = "kms:ListGrants", .params = params},
    };
    if (!response_read(planning, list, COUNT(list), err))
        return false;
    const char *code = state_code(planning, list[0].op, params);
    if (code && strcmp(code, "NotFoundException") == 0) {
        (void)error_set(err, ERROR_NOT_FOUND, "account %s has no key %s in %s", planning->account,
                        suspect->name, suspect->region);
        return error_hint(err, "It is mistyped, in another region (--region) or account "
                               "(--account), or its deletion is over: then nothing brings it "
                               "back.");
    }
    if (code)
        return response_unread(planning, list[0].op, params, err);
    const json_t *key = state_at(planning, list[0].op, params, "KeyMetadata");
    if (strcmp(reply_text(key, "KeyManager"), "AWS") == 0)
        return error_set(err, ERROR_REFUSED, "key %s is AWS's own: nobody can delete it",
                         suspect->name);
    suspect->arn = reply_text(key, "Arn");
    suspect->unique_id = suspect->arn;
    return true;
}

static struct check state_is(const struct planning *planning, json_t *want)
{
    return (struct check){.op = "kms:DescribeKey",
                          .params = named(planning),
                          .path = "KeyMetadata.KeyState",
                          .want = want,
                          .match = CHECK_ONE_OF};
}

/* ---- the key of the evidence --------------------------------------------------------------------
 */

static json_t *evidence_bucket(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:s}", "Bucket", planning->evidence);
}

static json_t *evidence_snapshots(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:[s], s:[{s:s, s:[s]}]}", "Owner", "self", "Filter",
                     "Name", "tag-key", "Value", "ir:instance");
}

static bool read_evidence(struct planning *planning, struct error *err)
{
    struct reading list[2] = {
        {.op = "ec2:DescribeSnapshots", .params = evidence_snapshots(planning)}};
    if (planning->evidence)
        list[1] =
            (struct reading){.op = "s3:GetBucketEncryption", .params = evidence_bucket(planning)};
    return response_read(planning, list, planning->evidence ? 2 : 1, err);
}

/* A key's id or ARN; an alias tells nothing. */
static bool is_this_key(const struct planning *planning, const char *text)
{
    const char *slash = strrchr(text, '/');
    return strcmp(slash ? slash + 1 : text, planning->suspect->name) == 0;
}

/* What of the evidence lies under this key; NULL: nothing that is known. */
static const char *holds(const struct planning *planning)
{
    static const char path[] = "Rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID";
    json_t *list =
        state_list(planning, "ec2:DescribeSnapshots", evidence_snapshots(planning), "snapshotSet");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (is_this_key(planning, reply_text(json_array_get(list, i), "kmsKeyId")))
            return "snapshots that are evidence";
    const json_t *bucket = planning->evidence ? state_at(planning, "s3:GetBucketEncryption",
                                                         evidence_bucket(planning), NULL)
                                              : NULL;
    return bucket && is_this_key(planning, reply_text(bucket, path)) ? "the bucket of the evidence"
                                                                     : NULL;
}

/* ---- steps --------------------------------------------------------------------------------------
 */

static void enable_step(struct planning *planning)
{
    struct arena *arena = planning->arena;
    json_t *params = named(planning);
    const char *evidence = holds(planning);
    struct step step = {
        .id = "enable",
        .wave = WAVE_REST,
        .words = arena_printf(arena, "enable key %s", planning->suspect->name),
        .op = "kms:EnableKey",
        .params = params,
        .check = state_is(planning, plan_pack(arena, "[s]", "Enabled")),
        .undo = {.op = "kms:DisableKey",
                 .params = params,
                 .words = "disable it again, as it is after a deletion was called off",
                 .check = state_is(planning, plan_pack(arena, "[s]", "Disabled"))}};
    if (evidence) {
        memset(&step.undo, 0, sizeof step.undo);
        step.why = arena_printf(arena, "%s would be closed: the key of the evidence stays enabled",
                                evidence);
    }
    response_step(planning, &step);
}

static bool plan(struct planning *planning, struct error *err)
{
    char text[TIME_TEXT_SIZE];
    const char *name = planning->suspect->name;
    if (!find(planning, err) || !read_evidence(planning, err))
        return false;
    const json_t *key = state_at(planning, "kms:DescribeKey", named(planning), "KeyMetadata");
    const char *state = reply_text(key, "KeyState");
    bool enables = strcmp(planning->suspect->level, "enable") == 0;
    struct step step = {
        .id = "cancel",
        .wave = WAVE_DENY,
        .words = arena_printf(planning->arena, "call the deletion of key %s off", name),
        .op = "kms:CancelKeyDeletion",
        .params = named(planning),
        .check = state_is(planning, plan_pack(planning->arena, "[s, s]", "Disabled", "Enabled")),
        .why = "a key is not put up for deletion by taking something back: do that by hand, if it "
               "is meant"};
    response_step(planning, &step);
    if (enables)
        enable_step(planning);
    if (reply_time(key, "DeletionDate"))
        response_say(planning, NOTE_BREAKS,
                     "without it the key, and all that is encrypted with it, "
                     "is lost for good at %s",
                     time_iso(reply_time(key, "DeletionDate"), text));
    response_say(planning, NOTE_NOT_COVERED,
                 "the key is %s; called off, it is disabled until somebody enables it%s. Who put "
                 "it up for deletion may do so again: contain that principal",
                 state, enables ? ", which the plan does" : " (--level enable)");
    return true;
}

const struct action action_deletion = {
    .name = "deletion",
    .summary = "the deletion of a KMS key (its id, key/ID or ARN), called off while there is time; "
               "--level enable enables the key as well",
    .undone = "the enabling, unless evidence lies under the key; the deletion is not begun again",
    .not_covered = "keys whose time is over; who scheduled it",
    .levels = levels,
    .regional = true,
    .claims = claims,
    .find = find,
    .plan = plan,
};
