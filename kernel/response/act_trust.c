/* A role's trust that was changed while its account was being contained: the one before is put
 * back, and who came in by the other is sent out. Only a run plans this, for it alone has seen
 * both. */
#include "response/act_role.h"
#include "response/arn.h"
#include "response/check.h"
#include "response/policy.h"

#include <string.h>

#define PREFIX "trust/"

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0 || !text[strlen(PREFIX)])
        return CLAIM_NO;
    out->name = arena_strdup(arena, text + strlen(PREFIX));
    return CLAIM_YES;
}

static const json_t *trust_before(const struct planning *planning)
{
    const json_t *roles = json_object_get(planning->before, "roles");
    const json_t *role = json_object_get(roles, planning->suspect->name);
    const json_t *trust = json_object_get(role, "trust");
    return json_is_object(trust) ? trust : NULL;
}

static bool find(struct planning *planning, struct error *err)
{
    if (!role_find(planning, err))
        return false;
    if (trust_before(planning))
        return true;
    (void)error_set(err, ERROR_USAGE, "the trust that role %s had before is not known",
                    planning->suspect->name);
    return error_hint(err, "%%contain role/%s --level new closes the one it has.",
                      planning->suspect->name);
}

static bool is_own_role(const struct planning *planning)
{
    struct arn own;
    return arn_read(planning->caller, planning->arena, &own) &&
           strcmp(own.type, "assumed-role") == 0 &&
           strcmp(arena_strndup(planning->arena, own.resource, strcspn(own.resource, "/")),
                  planning->suspect->name) == 0;
}

static bool plan(struct planning *planning, struct error *err)
{
    struct arena *arena = planning->arena;
    if (!find(planning, err))
        return false;
    const char *name = planning->suspect->name;
    json_t *before = json_own(arena, json_deep_copy(trust_before(planning)));
    json_t *params = plan_pack(arena, "{s:s}", "RoleName", name);
    const json_t *now = state_at(planning, "iam:GetRole", params, "Role.AssumeRolePolicyDocument");
    json_t *changed = now ? policy_read(now, arena) : NULL;
    struct check check = {.op = "iam:GetRole",
                          .params = params,
                          .path = "Role.AssumeRolePolicyDocument",
                          .want = before};
    struct step step = {.id = "trust",
                        .wave = WAVE_DISABLE,
                        .words = arena_printf(arena, "put the trust of role %s back", name),
                        .op = "iam:UpdateAssumeRolePolicy",
                        .params = plan_pack(arena, "{s:s, s:s}", "RoleName", name, "PolicyDocument",
                                            policy_text(arena, before)),
                        .check = check,
                        .flags = STEP_ACCESS,
                        .credential = name,
                        .why = "it was so before"};
    if (changed && !json_equal(changed, before)) {
        step.undo.op = step.op;
        step.undo.params = plan_pack(arena, "{s:s, s:s}", "RoleName", name, "PolicyDocument",
                                     policy_text(arena, changed));
        step.undo.words = "put the trust back that was made while the account was contained";
        step.undo.check = check;
        step.undo.check.want = changed;
    }
    response_step(planning, &step);
    if (is_own_role(planning))
        response_say(planning, NOTE_BY_HAND,
                     "sessions of role %s are not ended, for this kernel's own is one of them: its "
                     "trust is put back, whoever came in by the other one is still in",
                     name);
    else
        role_revoke(planning);
    return true;
}

const struct action action_trust = {
    .name = "trust",
    .summary = "a role's trust that was changed during a run: put back as it was, sessions ended",
    .undone = "the changed trust, when --restore-access names the role",
    .not_covered = "what the sessions did meanwhile",
    .claims = claims,
    .find = find,
    .plan = plan,
};
