/* A group: everything denied to all its members at once. */
#include "response/arn.h"
#include "response/check.h"
#include "response/policy.h"

#include <string.h>

static json_t *group_params(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:s}", "GroupName", planning->suspect->name);
}

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    return response_claims_iam(text, "group", arena, out);
}

static bool find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *params = group_params(planning);
    struct reading group = {.op = "iam:GetGroup", .params = params};
    if (!response_read(planning, &group, 1, err) || !inline_read(planning, &inline_of_group, err))
        return false;
    const char *code = state_code(planning, group.op, params);
    if (code_is_absent(code))
        return response_absent(planning, "group", suspect->name, err);
    const json_t *found = state_at(planning, group.op, params, "Group");
    if (!found || code)
        return response_unread(planning, group.op, params, err);
    suspect->name = reply_text(found, "GroupName");
    suspect->arn = reply_text(found, "Arn");
    suspect->unique_id = reply_text(found, "GroupId");
    return true;
}

static bool plan(struct planning *planning, struct error *err)
{
    const char *name = planning->suspect->name;
    struct arena *arena = planning->arena;
    json_t *deny = policy_deny(arena, NULL);
    if (!find(planning, err))
        return false;
    json_t *members = state_list(planning, "iam:GetGroup", group_params(planning), "Users");
    struct step step = {.id = "deny",
                        .wave = WAVE_DENY,
                        .words =
                            arena_printf(arena, "deny everything to the %zu members of group %s",
                                         json_array_size(members), name),
                        .flags = STEP_ACCESS,
                        .credential = name,
                        .undo = {.words = "take the deny away"}};
    inline_step(planning, &inline_of_group, QUARANTINE, deny, &step);
    for (size_t i = 0; i < json_array_size(members); i++)
        response_say(planning, NOTE_BREAKS, "user %s, a member of group %s",
                     reply_text(json_array_get(members, i), "UserName"), name);
    response_say(planning, NOTE_NOT_COVERED,
                 "a member that leaves group %s is free again, and the keys of its members stay "
                 "active: contain the users",
                 name);
    response_say(planning, NOTE_SAVED, "group %s as it is: policies and members", name);
    return true;
}

const struct action action_group = {
    .name = "group",
    .summary = "group/NAME: denies everything to all members of an IAM group by an inline policy",
    .undone = "the deny is taken away, when --restore-access names the group",
    .not_covered = "members that leave the group; their keys stay active",
    .claims = claims,
    .find = find,
    .plan = plan,
};
