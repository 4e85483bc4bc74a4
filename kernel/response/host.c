#include "response/host.h"

#include <string.h>

static bool meant(const struct planning *planning, const char *arn)
{
    const json_t *overrides = planning->plan->overrides;
    for (size_t i = 0; i < json_array_size(overrides); i++)
        if (strcmp(json_string_value(json_array_get(overrides, i)), arn) == 0)
            return true;
    return false;
}

static bool refuse(const struct planning *planning, const char *what, const char *arn,
                   struct error *err)
{
    if (meant(planning, arn))
        return true;
    (void)error_set(err, ERROR_REFUSED, "%s", what);
    return error_hint(err,
                      "Containing it would cut this kernel off in the middle, with the rest of "
                      "the plan undone. Work from another machine, or: --override %s",
                      arn);
}

static const char *arn_of(const struct planning *planning, const char *type, const char *id)
{
    return arena_printf(planning->arena, "arn:%s:ec2:%s:%s:%s/%s", planning->partition,
                        planning->suspect->region, planning->account, type, id);
}

bool host_allows_instance(struct planning *planning, const char *id, struct error *err)
{
    const char *own = aws_own_instance(planning->aws, planning->cancel);
    if (strcmp(own, id) != 0)
        return true;
    return refuse(planning,
                  arena_printf(planning->arena, "%s is the instance that this kernel runs on", id),
                  arn_of(planning, "instance", id), err);
}

bool host_allows_group(struct planning *planning, const char *id, struct error *err)
{
    struct arena *arena = planning->arena;
    const char *own = aws_own_instance(planning->aws, planning->cancel);
    if (!*own)
        return true;
    json_t *params = plan_pack(arena, "{s:[{s:s, s:[s]}]}", "Filter", "Name",
                               "attachment.instance-id", "Value", own);
    struct reading its = {.op = "ec2:DescribeNetworkInterfaces", .params = params};
    if (!response_read(planning, &its, 1, err))
        return false;
    json_t *interfaces = state_list(planning, its.op, params, "networkInterfaceSet");
    for (size_t i = 0; i < json_array_size(interfaces); i++) {
        const json_t *one = json_array_get(interfaces, i);
        for (size_t at = 0; at < reply_count(one, "groupSet"); at++)
            if (strcmp(reply_text(reply_item(one, "groupSet", at), "groupId"), id) == 0)
                return refuse(planning,
                              arena_printf(arena,
                                           "%s is a security group of the instance that this "
                                           "kernel runs on (%s)",
                                           id, own),
                              arn_of(planning, "security-group", id), err);
    }
    return true;
}
