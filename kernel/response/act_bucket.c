/* An S3 bucket is closed to all but the responders (R17): a policy that denies, no access list, no
 * public access, objects that belong to the owner. The order is such that the way back works: what
 * blocks public policies goes before a public policy comes back. */
#include "response/arn.h"
#include "response/bucket.h"
#include "response/check.h"
#include "response/policy.h"

#include <string.h>

#define PREFIX "bucket/"
#define POLICY_MOST 20480
#define SID "IRContain"

static bool is_bucket(const char *text)
{
    size_t size = strlen(text);
    return size >= 3 && size <= 63 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-") == size && text[0] != '-' &&
           text[0] != '.' && text[size - 1] != '-' && text[size - 1] != '.';
}

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    struct arn arn;
    bool said = strncmp(text, PREFIX, strlen(PREFIX)) == 0;
    const char *name = said ? text + strlen(PREFIX) : text;
    if (strncmp(text, "s3://", 5) == 0) {
        name = arena_strndup(arena, text + 5, strcspn(text + 5, "/"));
        said = true;
    } else if (arn_read(text, arena, &arn)) {
        if (strcmp(arn.service, "s3") != 0)
            return CLAIM_NO;
        name = arn.type;
        said = true;
    }
    if (!is_bucket(name))
        return CLAIM_NO;
    out->name = arena_strdup(arena, name);
    return said ? CLAIM_YES : CLAIM_MAYBE;
}

/* ---- reading ------------------------------------------------------------------------------------
 */

json_t *bucket_named(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:s, s:s}", "Bucket", planning->suspect->name,
                     "ExpectedBucketOwner", planning->account);
}

static bool is_denied(const char *code)
{
    return code && (strcmp(code, "AccessDenied") == 0 || strcmp(code, "HTTP 403") == 0 ||
                    strcmp(code, "Forbidden") == 0);
}

static bool no_such(const struct planning *planning, const char *code, struct error *err)
{
    const char *name = planning->suspect->name;
    if (!is_denied(code)) {
        (void)error_set(err, ERROR_NOT_FOUND, "there is no bucket %s", name);
        return error_hint(err, "It is mistyped or was deleted.");
    }
    (void)error_set(err, ERROR_REFUSED,
                    "bucket %s belongs to another account than %s, or denies us", name,
                    planning->account);
    return error_hint(err,
                      "If it is ours, its policy (or an SCP) keeps us out and nothing was changed: "
                      "a principal that the policy spares, or the account's root user, deletes the "
                      "policy; then run this again. Another account: --account.");
}

static bool denies_us(const struct planning *planning, const char *op, const char *code,
                      struct error *err)
{
    (void)error_set(err, ERROR_REFUSED,
                    "bucket %s denies us %s (%s): its present state cannot be saved, so nothing is "
                    "changed",
                    planning->suspect->name, op, code);
    return error_hint(err,
                      "Its policy keeps us out: a principal that the policy spares, or the "
                      "account's root user, deletes the policy; then run this again. Is %s "
                      "permitted to %s?",
                      op, planning->caller);
}

bool bucket_find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *params = bucket_named(planning);
    struct reading head = {.op = "s3:HeadBucket", .params = params};
    if (!response_read(planning, &head, 1, err))
        return false;
    const char *code = state_code(planning, head.op, params);
    if (code)
        return no_such(planning, code, err);
    suspect->arn =
        arena_printf(planning->arena, "arn:%s:s3:::%s", planning->partition, suspect->name);
    suspect->unique_id = suspect->arn;
    return bucket_allowed(planning, err);
}

/* What is saved and has to be known; the second part is saved where it can be. */
static bool read_all(struct planning *planning, struct error *err)
{
    static const char *const needed[] = {"s3:GetBucketPolicy", "s3:GetPublicAccessBlock",
                                         "s3:GetBucketOwnershipControls", "s3:GetBucketAcl"};
    static const char *const others[] = {
        "s3:GetBucketVersioning",       "s3:GetBucketLifecycleConfiguration",
        "s3:GetBucketReplication",      "s3:GetBucketTagging",
        "s3:GetBucketEncryption",       "s3:GetBucketPolicyStatus",
        "s3:GetObjectLockConfiguration"};
    struct reading list[COUNT(needed) + COUNT(others)];
    json_t *params = bucket_named(planning);
    for (size_t i = 0; i < COUNT(list); i++)
        list[i] = (struct reading){.op = i < COUNT(needed) ? needed[i] : others[i - COUNT(needed)],
                                   .params = params};
    if (!response_read(planning, list, COUNT(list), err))
        return false;
    for (size_t i = 0; i < COUNT(needed); i++) {
        const char *code = state_code(planning, needed[i], params);
        if (is_denied(code))
            return denies_us(planning, needed[i], code, err);
        if (code && !code_is_absent(code))
            return response_unread(planning, needed[i], params, err);
    }
    return true;
}

/* ---- the policy ---------------------------------------------------------------------------------
 */

/* Statements that stay: what denies, and what lets AWS's services in (their logs go on). */
static bool stays(const json_t *statement)
{
    const json_t *principal = json_object_get(statement, "Principal");
    bool services = json_is_object(principal) && json_object_size(principal) == 1 &&
                    json_object_get(principal, "Service");
    if (strcmp(json_get_string(statement, "Sid", ""), SID) == 0)
        return false;
    return strcmp(json_get_string(statement, "Effect", ""), "Deny") == 0 || services;
}

static json_t *our_statement(const struct planning *planning)
{
    struct arena *arena = planning->arena;
    const char *arn = planning->suspect->arn;
    json_t *spared = plan_pack(arena, "[s]", bucket_caller(planning));
    return plan_pack(arena, "{s:s, s:s, s:s, s:s, s:[s, s], s:{s:{s:O}, s:{s:s}}}", "Sid", SID,
                     "Effect", "Deny", "Principal", "*", "Action", "s3:*", "Resource", arn,
                     arena_printf(arena, "%s/*", arn), "Condition", "ArnNotLike",
                     "aws:PrincipalArn", spared, "Bool", "aws:PrincipalIsAWSService", "false");
}

static json_t *closing_policy(const struct planning *planning, const json_t *old)
{
    json_t *statements = json_own(planning->arena, json_array());
    const json_t *had = json_object_get(old, "Statement");
    json_array_append(statements, our_statement(planning));
    for (size_t i = 0; i < json_array_size(had); i++)
        if (stays(json_array_get(had, i)))
            json_array_append(statements, json_array_get(had, i));
    if (json_is_object(had) && stays(had))
        json_array_append(statements, (json_t *)(uintptr_t)had);
    return plan_pack(planning->arena, "{s:s, s:O}", "Version", "2012-10-17", "Statement",
                     statements);
}

static json_t *put_policy(const struct planning *planning, const char *text)
{
    json_t *made = json_own(planning->arena, json_copy(bucket_named(planning)));
    json_object_set_new(made, "Policy", json_texts(text));
    return made;
}

static bool policy_step(struct planning *planning, struct error *err)
{
    struct arena *arena = planning->arena;
    json_t *params = bucket_named(planning);
    const char *had = state_body(planning, "s3:GetBucketPolicy", params);
    json_t *text = had ? json_own(arena, json_texts(had)) : NULL;
    json_t *old = text ? policy_read(text, arena) : NULL;
    json_t *policy = closing_policy(planning, old);
    struct check check = {.op = "s3:GetBucketPolicy", .params = params};
    if (policy_size(policy_text(arena, policy)) > POLICY_MOST)
        return error_set(err, ERROR_REFUSED, "the policy of bucket %s has no room for a deny",
                         planning->suspect->name) ||
               error_hint(err, "It may have %d characters: take statements out by hand first.",
                          POLICY_MOST);
    bool closed = old && json_equal(old, policy);
    struct step step = {
        .id = "policy",
        .wave = WAVE_DENY,
        .words = arena_printf(arena,
                              "deny everybody but %s bucket %s; its statements that allow "
                              "people go, those for AWS's services stay",
                              bucket_caller(planning), planning->suspect->name),
        .op = "s3:PutBucketPolicy",
        .params = put_policy(planning, policy_text(arena, policy)),
        .check = check,
        .flags = STEP_ACCESS | STEP_NEEDED,
        .credential = planning->suspect->name,
        .why = "it was so before"};
    step.check.want = policy;
    if (!closed) {
        step.undo.op = had ? step.op : "s3:DeleteBucketPolicy";
        step.undo.params = had ? put_policy(planning, had) : params;
        step.undo.words = had ? "the policy it had" : "no policy, as before";
        step.undo.check = check;
        step.undo.check.want = old;
        step.undo.check.absent = !had;
    }
    response_step(planning, &step);
    return true;
}

/* ---- access list, public access, ownership ------------------------------------------------------
 */

/* Grants to anybody but the owner. */
static bool grants_others(const json_t *acl)
{
    const char *owner = reply_text(acl, "Owner.ID");
    for (size_t i = 0; i < reply_count(acl, "AccessControlList.Grant"); i++)
        if (strcmp(reply_text(reply_item(acl, "AccessControlList.Grant", i), "Grantee.ID"),
                   owner) != 0)
            return true;
    return false;
}

/* "private" is the owner's grant alone; what the list was is put back in full. */
static void acl_step(struct planning *planning)
{
    struct arena *arena = planning->arena;
    json_t *params = bucket_named(planning);
    const json_t *acl = state_at(planning, "s3:GetBucketAcl", params, NULL);
    if (!grants_others(acl))
        return;
    json_t *list = plan_pack(arena, "{s:O, s:O}", "Owner", reply_at(acl, "Owner"),
                             "AccessControlList", reply_at(acl, "AccessControlList"));
    json_t *shut = json_own(arena, json_copy(params)), *back = json_own(arena, json_copy(params));
    json_object_set_new(shut, "ACL", json_string("private"));
    json_object_set(back, "AccessControlPolicy", list);
    struct check check = {.op = "s3:GetBucketAcl", .params = params};
    struct step step = {.id = "acl",
                        .wave = WAVE_DENY,
                        .words = arena_printf(arena,
                                              "take the grants to others out of the access "
                                              "list of bucket %s",
                                              planning->suspect->name),
                        .op = "s3:PutBucketAcl",
                        .params = shut,
                        .check = check,
                        .flags = STEP_ACCESS,
                        .credential = planning->suspect->name,
                        .undo = {.op = "s3:PutBucketAcl",
                                 .params = back,
                                 .words = "the access list it had",
                                 .check = check}};
    step.check.path = "AccessControlList.Grant.Grantee.ID"; /* one grant, to the owner */
    step.check.want = json_own(arena, json_texts(reply_text(acl, "Owner.ID")));
    step.undo.check.path = "AccessControlList";
    step.undo.check.want = json_own(arena, json_deep_copy(reply_at(acl, "AccessControlList")));
    response_step(planning, &step);
}

static const char *const blocks[] = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                     "RestrictPublicBuckets"};

static json_t *block_params(const struct planning *planning, const json_t *values)
{
    json_t *made = json_own(planning->arena, json_copy(bucket_named(planning)));
    json_object_set(made, "PublicAccessBlockConfiguration", (json_t *)(uintptr_t)values);
    return made;
}

static void block_step(struct planning *planning)
{
    struct arena *arena = planning->arena;
    json_t *params = bucket_named(planning);
    bool had = !state_code(planning, "s3:GetPublicAccessBlock", params);
    const json_t *reply = state_at(planning, "s3:GetPublicAccessBlock", params, NULL);
    json_t *all = json_own(arena, json_object()), *before = json_own(arena, json_object());
    for (size_t i = 0; i < COUNT(blocks); i++) {
        json_object_set_new(all, blocks[i], json_string("true"));
        json_object_set_new(before, blocks[i],
                            json_string(reply_bool(reply, blocks[i]) ? "true" : "false"));
    }
    struct check check = {.op = "s3:GetPublicAccessBlock", .params = params};
    struct step step = {
        .id = "public",
        .wave = WAVE_DISABLE,
        .words =
            arena_printf(arena, "block all public access to bucket %s", planning->suspect->name),
        .op = "s3:PutPublicAccessBlock",
        .params = block_params(planning, all),
        .check = check,
        .flags = STEP_ACCESS,
        .credential = planning->suspect->name,
        .undo = {.op = had ? "s3:PutPublicAccessBlock" : "s3:DeletePublicAccessBlock",
                 .params = had ? block_params(planning, before) : params,
                 .words = "what blocked public access, as before",
                 .check = check}};
    step.check.want = all;
    step.check.match = CHECK_HAS;
    step.undo.check.absent = !had;
    step.undo.check.want = had ? before : NULL;
    step.undo.check.match = had ? CHECK_HAS : CHECK_SAME;
    response_step(planning, &step);
}

static json_t *ownership(const struct planning *planning, const char *who)
{
    json_t *made = json_own(planning->arena, json_copy(bucket_named(planning)));
    json_object_set_new(made, "OwnershipControls",
                        json_pack("{s:[{s:s}]}", "Rule", "ObjectOwnership", who));
    return made;
}

static void ownership_step(struct planning *planning)
{
    struct arena *arena = planning->arena;
    json_t *params = bucket_named(planning);
    const char *before =
        state_code(planning, "s3:GetBucketOwnershipControls", params)
            ? NULL
            : reply_text(state_at(planning, "s3:GetBucketOwnershipControls", params, NULL),
                         "Rule.ObjectOwnership");
    struct check check = {
        .op = "s3:GetBucketOwnershipControls", .params = params, .path = "Rule.ObjectOwnership"};
    struct step step = {
        .id = "ownership",
        .wave = WAVE_ROOM,
        .words = arena_printf(arena,
                              "objects of bucket %s belong to its owner, access lists count "
                              "no more",
                              planning->suspect->name),
        .op = "s3:PutBucketOwnershipControls",
        .params = ownership(planning, "BucketOwnerEnforced"),
        .check = check,
        .flags = STEP_ACCESS | STEP_OPTIONAL,
        .credential = planning->suspect->name,
        .undo = {.op =
                     before ? "s3:PutBucketOwnershipControls" : "s3:DeleteBucketOwnershipControls",
                 .params = before ? ownership(planning, before) : params,
                 .words = "ownership of objects as before",
                 .check = check}};
    step.check.want = json_own(arena, json_string("BucketOwnerEnforced"));
    step.undo.check.absent = !before;
    step.undo.check.want = before ? json_own(arena, json_texts(before)) : NULL;
    response_step(planning, &step);
}

static void say_rest(struct planning *planning)
{
    const char *name = planning->suspect->name;
    json_t *params = bucket_named(planning);
    response_say(planning, NOTE_BREAKS,
                 "whoever uses bucket %s is denied, presigned addresses and public readers too; "
                 "AWS's own services (log delivery) go on",
                 name);
    if (!state_code(planning, "s3:GetBucketLifecycleConfiguration", params))
        response_say(planning, NOTE_NOT_COVERED,
                     "the lifecycle of bucket %s goes on: what it lets expire is deleted, evidence "
                     "too",
                     name);
    if (!state_code(planning, "s3:GetBucketReplication", params))
        response_say(planning, NOTE_NOT_COVERED,
                     "bucket %s is replicated: its copies elsewhere are not closed", name);
    response_say(planning, NOTE_NOT_COVERED,
                 "the account's root user can always take a bucket's policy away; %s and who "
                 "holds it is spared",
                 bucket_caller(planning));
    response_say(planning, NOTE_SAVED,
                 "policy, access list, public access block, ownership, versioning, lifecycle, "
                 "replication, tags, encryption and object lock of bucket %s",
                 name);
}

static bool plan(struct planning *planning, struct error *err)
{
    if (!bucket_find(planning, err) || !bucket_read_caller(planning, err) ||
        !read_all(planning, err) || !policy_step(planning, err))
        return false;
    acl_step(planning);
    block_step(planning);
    ownership_step(planning);
    say_rest(planning);
    return true;
}

const struct action action_bucket = {
    .name = "bucket",
    .summary = "an S3 bucket (its name, bucket/NAME, s3://NAME or ARN): denies everybody but the "
               "caller, ends grants to others and public access",
    .undone = "policy, access list, public access block and ownership as they were, with "
              "--restore-access naming the bucket",
    .not_covered = "copies by replication, expiry by its lifecycle, the account's root user",
    .claims = claims,
    .find = bucket_find,
    .plan = plan,
};
