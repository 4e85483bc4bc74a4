/* The role credentials of one instance, wherever they are used: everybody else keeps the role. */
#include "response/act_role.h"
#include "response/arn.h"
#include "response/policy.h"

#include <string.h>

#define PREFIX "credentials/"

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    const char *id = text + strlen(PREFIX);
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0 || strncmp(id, "i-", 2) != 0 ||
        strlen(id) < 10 || strspn(id + 2, "0123456789abcdef") != strlen(id + 2))
        return CLAIM_NO;
    out->part = arena_strdup(arena, id);
    return CLAIM_YES;
}

static json_t *of_instance(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:[s]}", "InstanceId", planning->suspect->part);
}

static bool find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    struct arn arn;
    json_t *instance = of_instance(planning);
    struct reading seen = {.op = "ec2:DescribeInstances", .params = instance};
    if (!response_read(planning, &seen, 1, err))
        return false;
    if (state_code(planning, seen.op, instance))
        return response_unread(planning, seen.op, instance, err);
    const char *profile = reply_text(state_at(planning, seen.op, instance, NULL),
                                     "reservationSet.0.instancesSet.0.iamInstanceProfile.arn");
    if (!arn_read(profile, planning->arena, &arn)) {
        (void)error_set(err, ERROR_NOT_FOUND, "instance %s in %s has no role", suspect->part,
                        suspect->region);
        return error_hint(err,
                          "Where it had one before, its sessions are called after it: "
                          "%%contain arn:aws:sts::%s:assumed-role/ROLE/%s",
                          planning->account, suspect->part);
    }
    json_t *named = plan_pack(planning->arena, "{s:s}", "InstanceProfileName", arn.name);
    struct reading read = {.op = "iam:GetInstanceProfile", .params = named, .needed = true};
    if (!response_read(planning, &read, 1, err))
        return false;
    const char *role =
        reply_text(state_at(planning, read.op, named, NULL), "InstanceProfile.Roles.0.RoleName");
    if (!*role)
        return error_set(err, ERROR_NOT_FOUND, "profile %s of instance %s has no role", arn.name,
                         suspect->part);
    suspect->name = role;
    return role_find(planning, err);
}

static bool plan(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    struct arena *arena = planning->arena;
    if (!role_find(planning, err))
        return false;
    const char *instance = arena_printf(arena, "arn:%s:ec2:%s:%s:instance/%s", planning->partition,
                                        suspect->region, planning->account, suspect->part);
    struct role_part part = {
        .id = "instance",
        .policy = arena_printf(arena, "%s-%s", QUARANTINE, suspect->part),
        .words = arena_printf(arena, "the credentials that instance %s has of role %s",
                              suspect->part, suspect->name),
        .condition = plan_pack(arena, "{s:{s:s}}", "ArnEquals", "ec2:SourceInstanceARN", instance)};
    role_deny_part(planning, &part);
    response_say(planning, NOTE_BREAKS, "what runs on instance %s loses the role", suspect->part);
    response_say(planning, NOTE_NOT_COVERED,
                 "sessions of other roles that were begun with these credentials");
    return true;
}

const struct action action_credentials = {
    .name = "credentials",
    .summary =
        "credentials/i-...: the role credentials of one instance, also where they were stolen "
        "and are used elsewhere; other users of the role keep it",
    .undone = "the deny is taken away, when --restore-access names the instance",
    .not_covered = "the instance itself, other sessions of the role, roles it went on to",
    .regional = true,
    .claims = claims,
    .find = find,
    .plan = plan,
};
