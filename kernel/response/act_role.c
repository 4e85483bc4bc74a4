/* A role and its sessions: R05, R06. */
#include "response/act_role.h"

#include "base/time.h"
#include "response/arn.h"
#include "response/check.h"
#include "response/deny.h"

#include <string.h>

#define CUT_OFF_PATH "Statement.0.Condition.DateLessThan.aws:TokenIssueTime"
#define CUT_OFF_YOUNG (INT64_C(15) * 60 * 1000000)

static const char *const levels[] = {"sessions", "new", "full", "boundary", NULL};

static json_t *role_params(const struct planning *planning)
{
    return principal_params(planning, &principal_role);
}

/* What only AWS itself may change. */
static bool is_aws_own(const struct suspect *suspect, const char *path, struct error *err)
{
    if (strncmp(path, "/aws-service-role/", 18) == 0) {
        (void)error_set(err, ERROR_REFUSED, "role %s is a service's own: AWS alone changes it",
                        suspect->name);
        return !error_hint(err, "Its sessions cannot be ended. Contain whoever has the service "
                                "act, or stop what the service runs.");
    }
    if (strncmp(path, "/aws-reserved/", 14) == 0 ||
        strncmp(suspect->name, "AWSReservedSSO_", 15) == 0) {
        (void)error_set(err, ERROR_REFUSED,
                        "role %s belongs to Identity Center, which puts it back", suspect->name);
        return !error_hint(err, "Contain the person: %%contain sso/USER.");
    }
    return false;
}

bool role_find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *params = role_params(planning);
    struct reading list[] = {{.op = "iam:GetRole", .params = params},
                             {.op = "iam:ListAttachedRolePolicies", .params = params},
                             {.op = "iam:ListInstanceProfilesForRole", .params = params}};
    if (!response_read(planning, list, COUNT(list), err) ||
        !inline_read(planning, &inline_of_role, err))
        return false;
    const char *code = state_code(planning, "iam:GetRole", params);
    if (code_is_absent(code))
        return response_absent(planning, "role", suspect->name, err);
    const json_t *role = state_at(planning, "iam:GetRole", params, "Role");
    if (!role || code)
        return response_unread(planning, "iam:GetRole", params, err);
    suspect->name = reply_text(role, "RoleName");
    suspect->arn = reply_text(role, "Arn");
    suspect->unique_id = reply_text(role, "RoleId");
    return !is_aws_own(suspect, reply_text(role, "Path"), err);
}

/* The cut-off of a revocation made a moment ago stays: otherwise no second run would ever be
 * without a change. */
static const char *cut_off(const struct planning *planning)
{
    json_t *params = plan_pack(planning->arena, "{s:s, s:s}", "RoleName", planning->suspect->name,
                               "PolicyName", QUARANTINE_SESSIONS);
    const json_t *document = state_at(planning, "iam:GetRolePolicy", params, "PolicyDocument");
    json_t *policy = document ? policy_read(document, planning->arena) : NULL;
    const char *plan = planning->plan->cut_off,
               *text = policy ? reply_text(policy, CUT_OFF_PATH) : "";
    int64_t before, now;
    if (!time_parse(text, strlen(text), &before) || !time_parse(plan, strlen(plan), &now) ||
        now - before > CUT_OFF_YOUNG || before > now)
        return plan;
    return arena_strdup(planning->arena, text);
}

void role_revoke(struct planning *planning)
{
    struct arena *arena = planning->arena;
    const char *name = planning->suspect->name, *when = cut_off(planning);
    json_t *deny = policy_deny(
        arena, plan_pack(arena, "{s:{s:s}}", "DateLessThan", "aws:TokenIssueTime", when));
    struct step step = {
        .id = "revoke",
        .wave = WAVE_DENY,
        .words = arena_printf(arena, "end all sessions of role %s begun before %s", name, when),
        .flags = STEP_ACCESS,
        .credential = name,
        .undo = {.words = "let the older sessions act again"}};
    if (inline_fits(planning, &inline_of_role, QUARANTINE_SESSIONS, deny)) {
        inline_step(planning, &inline_of_role, QUARANTINE_SESSIONS, deny, &step);
        return;
    }
    response_say(
        planning, NOTE_NOT_COVERED,
        "the inline policies of role %s are full: its sessions are ended by a boundary that "
        "denies new ones too",
        name);
    deny_by_boundary(planning, &principal_role, "its inline policies are full");
}

/* A trust that nobody has; the one before is saved as it was written. */
static void close_trust(struct planning *planning)
{
    struct arena *arena = planning->arena;
    const char *name = planning->suspect->name;
    json_t *params = role_params(planning);
    const json_t *document =
        state_at(planning, "iam:GetRole", params, "Role.AssumeRolePolicyDocument");
    json_t *before = policy_read(document, arena);
    json_t *nobody = plan_pack(arena, "{s:s, s:[{s:s, s:s, s:{s:s}, s:[s,s,s]}]}", "Version",
                               "2012-10-17", "Statement", "Sid", "CofferdamQuarantine", "Effect",
                               "Deny", "Principal", "AWS", "*", "Action", "sts:AssumeRole",
                               "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity");
    struct check check = {.op = "iam:GetRole",
                          .params = params,
                          .path = "Role.AssumeRolePolicyDocument",
                          .want = nobody};
    struct step step = {.id = "trust",
                        .wave = WAVE_DISABLE,
                        .words =
                            arena_printf(arena, "let nobody begin a new session of role %s", name),
                        .op = "iam:UpdateAssumeRolePolicy",
                        .params = plan_pack(arena, "{s:s, s:s}", "RoleName", name, "PolicyDocument",
                                            policy_text(arena, nobody)),
                        .check = check,
                        .flags = STEP_ACCESS,
                        .credential = name,
                        .why = "its trust could not be read"};
    if (before && !json_equal(before, nobody)) {
        step.undo.op = "iam:UpdateAssumeRolePolicy";
        step.undo.params = plan_pack(arena, "{s:s, s:s}", "RoleName", name, "PolicyDocument",
                                     policy_text(arena, before));
        step.undo.words = "put its trust back";
        step.undo.check = check;
        step.undo.check.want = before;
    }
    response_step(planning, &step);
}

static void say_users(struct planning *planning)
{
    json_t *profiles = state_list(planning, "iam:ListInstanceProfilesForRole",
                                  role_params(planning), "InstanceProfiles");
    const char *name = planning->suspect->name;
    for (size_t i = 0; i < json_array_size(profiles); i++)
        response_say(planning, NOTE_BREAKS,
                     "instances with the profile %s act as role %s: they keep the denied "
                     "credentials until they fetch new ones",
                     reply_text(json_array_get(profiles, i), "InstanceProfileName"), name);
    response_say(planning, NOTE_BREAKS, "everybody who acts as role %s, not the attacker alone",
                 name);
}

static bool plan(struct planning *planning, struct error *err)
{
    const char *level = planning->suspect->level, *name = planning->suspect->name;
    if (!role_find(planning, err))
        return false;
    if (strcmp(level, "boundary") == 0)
        deny_by_boundary(planning, &principal_role, NULL);
    if (strcmp(level, "full") == 0)
        deny_everything(planning, &principal_role);
    if (strcmp(level, "sessions") == 0 || strcmp(level, "new") == 0)
        role_revoke(planning);
    if (strcmp(level, "new") == 0 || strcmp(level, "full") == 0)
        close_trust(planning);
    if (strcmp(level, "sessions") == 0)
        response_say(planning, NOTE_NOT_COVERED,
                     "whoever may assume role %s can begin a new session: --level new stops that, "
                     "--level full denies the role everything",
                     name);
    response_say(planning, NOTE_NOT_COVERED,
                 "sessions of other roles that sessions of role %s went on to: contain those roles",
                 name);
    response_say(planning, NOTE_SAVED, "role %s as it is: trust, policies, boundary, profiles",
                 name);
    say_users(planning);
    return true;
}

void role_deny_part(struct planning *planning, const struct role_part *part)
{
    json_t *deny = policy_deny(planning->arena, part->condition);
    const char *role = planning->suspect->name;
    struct step step = {.id = part->id,
                        .wave = WAVE_DENY,
                        .words =
                            arena_printf(planning->arena, "deny everything to %s", part->words),
                        .flags = STEP_ACCESS,
                        .credential = planning->suspect->part,
                        .undo = {.words = "take the deny away"}};
    if (!inline_fits(planning, &inline_of_role, part->policy, deny))
        response_say(planning, NOTE_NOT_COVERED,
                     "the inline policies of role %s are full: the call will fail; %%contain "
                     "role/%s --level boundary denies the whole role",
                     role, role);
    inline_step(planning, &inline_of_role, part->policy, deny, &step);
    response_say(planning, NOTE_SAVED, "role %s as it is: trust, policies, boundary, profiles",
                 role);
    response_say(planning, NOTE_NOT_COVERED,
                 "other sessions of role %s, and new ones: %%contain role/%s", role, role);
}

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    return response_claims_iam(text, "role", arena, out);
}

const struct action action_role = {
    .name = "role",
    .summary = "a role: --level sessions ends the sessions there are; new also closes its trust; "
               "full denies it everything twice and closes its trust; boundary denies by its "
               "permissions boundary",
    .undone = "policies, boundary and trust as they were, when --restore-access names the role",
    .not_covered = "sessions begun afterwards (level sessions), roles that its sessions went on to",
    .levels = levels,
    .claims = claims,
    .find = role_find,
    .plan = plan,
};
