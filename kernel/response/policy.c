#include "response/policy.h"

#include "response/check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

json_t *policy_deny(struct arena *arena, json_t *condition)
{
    json_t *statement = json_pack("{s:s, s:s, s:s, s:s}", "Sid", "CofferdamQuarantine", "Effect",
                                  "Deny", "Action", "*", "Resource", "*");
    if (condition)
        json_object_set(statement, "Condition", condition);
    return plan_pack(arena, "{s:s, s:[o]}", "Version", "2012-10-17", "Statement", statement);
}

const char *policy_text(struct arena *arena, const json_t *policy)
{
    return json_dump(arena, policy, NULL);
}

size_t policy_size(const char *text)
{
    size_t size = 0;
    for (; *text; text++)
        size += !isspace((unsigned char)*text);
    return size;
}

bool policy_only_denies(const json_t *policy)
{
    const json_t *statements = json_object_get(policy, "Statement");
    bool list = json_is_array(statements);
    size_t count = list ? json_array_size(statements) : statements != NULL;
    bool denies = count > 0;
    for (size_t i = 0; denies && i < count; i++) {
        const json_t *one = list ? json_array_get(statements, i) : statements;
        denies = strcmp(json_get_string(one, "Effect", ""), "Deny") == 0;
    }
    return denies;
}

const char *policy_deny_all(const struct planning *planning)
{
    return arena_printf(planning->arena, "arn:%s:iam::aws:policy/AWSDenyAll", planning->partition);
}

const struct inline_place inline_of_user = {.list_op = "iam:ListUserPolicies",
                                            .get_op = "iam:GetUserPolicy",
                                            .put_op = "iam:PutUserPolicy",
                                            .delete_op = "iam:DeleteUserPolicy",
                                            .owner = "UserName",
                                            .most = 2048};
const struct inline_place inline_of_role = {.list_op = "iam:ListRolePolicies",
                                            .get_op = "iam:GetRolePolicy",
                                            .put_op = "iam:PutRolePolicy",
                                            .delete_op = "iam:DeleteRolePolicy",
                                            .owner = "RoleName",
                                            .most = 10240};
const struct inline_place inline_of_group = {.list_op = "iam:ListGroupPolicies",
                                             .get_op = "iam:GetGroupPolicy",
                                             .put_op = "iam:PutGroupPolicy",
                                             .delete_op = "iam:DeleteGroupPolicy",
                                             .owner = "GroupName",
                                             .most = 5120};

static json_t *owner_params(const struct planning *planning, const struct inline_place *place)
{
    return plan_pack(planning->arena, "{s:s}", place->owner, planning->suspect->name);
}

static json_t *policy_params(const struct planning *planning, const struct inline_place *place,
                             const char *name)
{
    return plan_pack(planning->arena, "{s:s, s:s}", place->owner, planning->suspect->name,
                     "PolicyName", name);
}

bool inline_read(struct planning *planning, const struct inline_place *place, struct error *err)
{
    struct reading all = {.op = place->list_op, .params = owner_params(planning, place)};
    if (!response_read(planning, &all, 1, err))
        return false;
    json_t *names = state_list(planning, place->list_op, all.params, "PolicyNames");
    size_t count = json_array_size(names);
    struct reading *list = arena_alloc(planning->arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct reading){
            .op = place->get_op,
            .params = policy_params(planning, place, json_string_value(json_array_get(names, i)))};
    return response_read(planning, list, count, err);
}

/* A saved policy's text as it was; NULL: there was none. */
static const char *saved_text(const struct planning *planning, const struct inline_place *place,
                              const char *name)
{
    const json_t *document =
        state_at(planning, place->get_op, policy_params(planning, place, name), "PolicyDocument");
    json_t *policy = document ? policy_read(document, planning->arena) : NULL;
    return policy ? policy_text(planning->arena, policy) : NULL;
}

bool inline_fits(const struct planning *planning, const struct inline_place *place,
                 const char *name, const json_t *policy)
{
    size_t size = policy_size(policy_text(planning->arena, policy));
    json_t *names =
        state_list(planning, place->list_op, owner_params(planning, place), "PolicyNames");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *other = json_string_value(json_array_get(names, i));
        const char *text =
            other && strcmp(other, name) != 0 ? saved_text(planning, place, other) : NULL;
        size += text ? policy_size(text) : 0;
    }
    return size <= place->most;
}

struct step *inline_step(struct planning *planning, const struct inline_place *place,
                         const char *name, const json_t *policy, const struct step *rest)
{
    struct arena *arena = planning->arena;
    json_t *where = policy_params(planning, place, name);
    json_t *params = json_own(arena, json_copy(where)), *back = where;
    const char *before = saved_text(planning, place, name);
    bool ours =
        before && json_equal(policy_read(json_own(arena, json_texts(before)), arena), policy);
    struct step step = *rest;
    json_object_set_new(params, "PolicyDocument", json_texts(policy_text(arena, policy)));
    if (before && !ours) {
        back = json_own(arena, json_copy(where));
        json_object_set_new(back, "PolicyDocument", json_texts(before));
    }
    step.op = place->put_op;
    step.params = params;
    step.check = (struct check){.op = place->get_op,
                                .params = where,
                                .path = "PolicyDocument",
                                .want = json_own(arena, json_deep_copy(policy))};
    step.undo.op = before && !ours ? place->put_op : place->delete_op;
    step.undo.params = back;
    step.undo.check = step.check;
    step.undo.check.absent = !before || ours;
    step.undo.check.want =
        before && !ours ? policy_read(json_own(arena, json_texts(before)), arena) : NULL;
    return response_step(planning, &step);
}
