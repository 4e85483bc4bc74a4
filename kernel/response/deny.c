#include "response/deny.h"

#include <string.h>

#define ATTACHED_MOST 10

const struct principal principal_user = {
    .word = "user",
    .owner = "UserName",
    .inlined = &inline_of_user,
    .get_op = "iam:GetUser",
    .boundary = "User.PermissionsBoundary.PermissionsBoundaryArn",
    .attached_op = "iam:ListAttachedUserPolicies",
    .attach_op = "iam:AttachUserPolicy",
    .detach_op = "iam:DetachUserPolicy",
    .put_boundary_op = "iam:PutUserPermissionsBoundary",
    .delete_boundary_op = "iam:DeleteUserPermissionsBoundary",
};

const struct principal principal_group = {
    .word = "group",
    .owner = "GroupName",
    .inlined = &inline_of_group,
    .get_op = "iam:GetGroup",
    .attached_op = "iam:ListAttachedGroupPolicies",
    .attach_op = "iam:AttachGroupPolicy",
    .detach_op = "iam:DetachGroupPolicy",
};

const struct principal principal_role = {
    .word = "role",
    .owner = "RoleName",
    .inlined = &inline_of_role,
    .get_op = "iam:GetRole",
    .boundary = "Role.PermissionsBoundary.PermissionsBoundaryArn",
    .attached_op = "iam:ListAttachedRolePolicies",
    .attach_op = "iam:AttachRolePolicy",
    .detach_op = "iam:DetachRolePolicy",
    .put_boundary_op = "iam:PutRolePermissionsBoundary",
    .delete_boundary_op = "iam:DeleteRolePermissionsBoundary",
};

json_t *principal_params(const struct planning *planning, const struct principal *kind)
{
    return plan_pack(planning->arena, "{s:s}", kind->owner, planning->suspect->name);
}

/* What all denies of a principal have in common: taken away, it may act again. */
static struct step deny_step(const struct planning *planning, const char *id, const char *words)
{
    return (struct step){.id = id,
                         .wave = WAVE_DENY,
                         .words = words,
                         .flags = STEP_ACCESS,
                         .credential = planning->suspect->name};
}

void deny_by_boundary(struct planning *planning, const struct principal *kind, const char *why)
{
    struct arena *arena = planning->arena;
    const char *name = planning->suspect->name, *deny = policy_deny_all(planning);
    json_t *params = principal_params(planning, kind);
    const char *before = reply_text(state_at(planning, kind->get_op, params, NULL), kind->boundary);
    bool had = *before && strcmp(before, deny) != 0;
    struct step step =
        deny_step(planning, "boundary",
                  arena_printf(arena, "deny everything to %s %s by its permissions boundary%s%s%s",
                               kind->word, name, why ? " (" : "", why ? why : "", why ? ")" : ""));
    step.op = kind->put_boundary_op;
    step.params = plan_pack(arena, "{s:s, s:s}", kind->owner, name, "PermissionsBoundary", deny);
    step.check = (struct check){.op = kind->get_op,
                                .params = params,
                                .path = kind->boundary,
                                .want = json_own(arena, json_texts(deny))};
    step.undo.op = had ? kind->put_boundary_op : kind->delete_boundary_op;
    step.undo.params =
        had ? plan_pack(arena, "{s:s, s:s}", kind->owner, name, "PermissionsBoundary", before)
            : params;
    step.undo.words = had ? "put the former boundary back" : "take the boundary away";
    step.undo.check = step.check;
    step.undo.check.want = had ? json_own(arena, json_texts(before)) : NULL;
    step.undo.check.absent = !had;
    response_step(planning, &step);
}

static void attach(struct planning *planning, const struct principal *kind)
{
    struct arena *arena = planning->arena;
    const char *deny = policy_deny_all(planning), *name = planning->suspect->name;
    struct step step = deny_step(
        planning, "attach",
        arena_printf(arena,
                     "attach AWSDenyAll to %s %s: a second deny, which taking the first away does "
                     "not end",
                     kind->word, name));
    step.op = kind->attach_op;
    step.params = plan_pack(arena, "{s:s, s:s}", kind->owner, name, "PolicyArn", deny);
    step.check = (struct check){.op = kind->attached_op,
                                .params = principal_params(planning, kind),
                                .list = "AttachedPolicies",
                                .key = "PolicyArn",
                                .id = deny};
    step.undo.op = kind->detach_op;
    step.undo.params = step.params;
    step.undo.words = "detach AWSDenyAll";
    step.undo.check = step.check;
    step.undo.check.absent = true;
    response_step(planning, &step);
}

/* Attached policies besides our own. */
static size_t attached(const struct planning *planning, const struct principal *kind)
{
    json_t *list = state_list(planning, kind->attached_op, principal_params(planning, kind),
                              "AttachedPolicies");
    const char *deny = policy_deny_all(planning);
    size_t others = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        others += strcmp(reply_text(json_array_get(list, i), "PolicyArn"), deny) != 0;
    return others;
}

void deny_everything(struct planning *planning, const struct principal *kind)
{
    const char *name = planning->suspect->name;
    json_t *deny = policy_deny(planning->arena, NULL);
    bool room = inline_fits(planning, kind->inlined, QUARANTINE, deny);
    bool place = attached(planning, kind) < ATTACHED_MOST;
    struct step step =
        deny_step(planning, "deny",
                  arena_printf(planning->arena,
                               "deny everything to %s %s and its sessions (inline policy %s)",
                               kind->word, name, QUARANTINE));
    step.undo.words = "take the inline deny away";
    if (room)
        inline_step(planning, kind->inlined, QUARANTINE, deny, &step);
    if (place)
        attach(planning, kind);
    if (!room || !place)
        deny_by_boundary(planning, kind,
                         room ? "no more policies can be attached"
                              : "its inline policies are full");
}
