#include "response/machine.h"

#include "response/arn.h"
#include "response/check.h"
#include "response/host.h"
#include "response/tag.h"

#include <ctype.h>
#include <string.h>

static bool is_instance(const char *text)
{
    size_t size = strspn(text, "0123456789abcdef-i");
    if (strncmp(text, "i-", 2) != 0 || text[size] || (size != 10 && size != 19))
        return false;
    for (const char *at = text + 2; *at; at++)
        if (!isxdigit((unsigned char)*at))
            return false;
    return true;
}

enum claim machine_claims(const char *text, struct arena *arena, struct suspect *out)
{
    struct arn arn;
    if (arn_read(text, arena, &arn) && strcmp(arn.service, "ec2") == 0 &&
        strcmp(arn.type, "instance") == 0 && is_instance(arn.name)) {
        out->account = arn.account;
        out->region = arn.region;
        out->name = arn.name;
        return CLAIM_YES;
    }
    if (!is_instance(text))
        return CLAIM_NO;
    out->name = arena_strdup(arena, text);
    return CLAIM_YES;
}

json_t *machine_ids(const struct planning *planning, const char *name, const char *id)
{
    return plan_pack(planning->arena, "{s:[s]}", name, id);
}

json_t *machine_filter(const struct planning *planning, const char *name, const char *value)
{
    return plan_pack(planning->arena, "{s:[{s:s, s:[s]}]}", "Filter", "Name", name, "Value", value);
}

const char *machine_tag(const json_t *thing, const char *name)
{
    for (size_t i = 0; i < reply_count(thing, "tagSet"); i++) {
        const json_t *tag = reply_item(thing, "tagSet", i);
        if (strcmp(reply_text(tag, "key"), name) == 0)
            return reply_text(tag, "value");
    }
    return NULL;
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static json_t *attribute(const struct machine *machine, const char *name)
{
    return plan_pack(machine->planning->arena, "{s:s, s:s}", "InstanceId", machine->id, "Attribute",
                     name);
}

static bool read_all(struct machine *machine, struct error *err)
{
    struct planning *planning = machine->planning;
    json_t *attached = machine_filter(planning, "attachment.instance-id", machine->id);
    json_t *mine = machine_filter(planning, "instance-id", machine->id);
    struct reading list[] = {
        {.op = "ec2:DescribeInstances", .params = machine_ids(planning, "InstanceId", machine->id)},
        {.op = "ec2:DescribeNetworkInterfaces", .params = attached},
        {.op = "ec2:DescribeVolumes", .params = attached},
        {.op = "ec2:DescribeInstanceAttribute",
         .params = attribute(machine, "disableApiTermination")},
        {.op = "ec2:DescribeInstanceAttribute",
         .params = attribute(machine, "instanceInitiatedShutdownBehavior")},
        {.op = "ec2:DescribeInstanceAttribute", .params = attribute(machine, "disableApiStop")},
        {.op = "ec2:DescribeIamInstanceProfileAssociations", .params = mine},
        {.op = "ec2:DescribeAddresses", .params = mine},
        {.op = "ec2:DescribeTags", .params = machine_filter(planning, "resource-id", machine->id)},
        {.op = "autoscaling:DescribeAutoScalingInstances",
         .params = machine_ids(planning, "InstanceIds", machine->id)},
        {.op = "elbv2:DescribeTargetGroups", .params = plan_pack(planning->arena, "{}")},
        {.op = "elb:DescribeLoadBalancers", .params = plan_pack(planning->arena, "{}")},
    };
    return response_read(planning, list, COUNT(list), err);
}

static bool none(const struct planning *planning, const char *id, const char *code,
                 struct error *err)
{
    (void)error_set(err, ERROR_NOT_FOUND, "account %s has no instance %s in %s", planning->account,
                    id, planning->suspect->region);
    return error_hint(err,
                      "%s: it is mistyped, in another region (%%set region, --region), in another "
                      "account (--account), or was terminated more than an hour ago.",
                      code ? code : "No such instance");
}

static bool is_over(const struct planning *planning, const json_t *instance, struct error *err)
{
    const char *state = reply_text(instance, "instanceState.name");
    if (strcmp(state, "terminated") != 0 && strcmp(state, "shutting-down") != 0)
        return true;
    (void)error_set(err, ERROR_REFUSED, "instance %s is %s: there is nothing left to contain",
                    planning->suspect->name, state);
    return error_hint(err,
                      "%s Volumes that outlived it, and snapshots: look for them by the tag "
                      "or description that names %s.",
                      reply_text(instance, "reason"), planning->suspect->name);
}

/* Items of a list of which `path` is `value`. */
static const json_t *first_of(json_t *list, const char *path, const char *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(reply_text(json_array_get(list, i), path), value) == 0)
            return json_array_get(list, i);
    return NULL;
}

static void look(struct machine *machine)
{
    struct planning *planning = machine->planning;
    json_t *attached = machine_filter(planning, "attachment.instance-id", machine->id);
    machine->interfaces =
        state_list(planning, "ec2:DescribeNetworkInterfaces", attached, "networkInterfaceSet");
    machine->volumes = state_list(planning, "ec2:DescribeVolumes", attached, "volumeSet");
    machine->spot = strcmp(reply_text(machine->instance, "instanceLifecycle"), "spot") == 0;
    machine->store_root =
        strcmp(reply_text(machine->instance, "rootDeviceType"), "instance-store") == 0;
    machine->scaling = first_of(state_list(planning, "autoscaling:DescribeAutoScalingInstances",
                                           machine_ids(planning, "InstanceIds", machine->id),
                                           "AutoScalingInstances"),
                                "InstanceId", machine->id);
    json_t *associations = state_list(planning, "ec2:DescribeIamInstanceProfileAssociations",
                                      machine_filter(planning, "instance-id", machine->id),
                                      "iamInstanceProfileAssociationSet");
    machine->association = first_of(associations, "state", "associated");
    if (!machine->association)
        machine->association = first_of(associations, "state", "associating");
}

bool machine_read(struct planning *planning, struct machine *out, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    *out = (struct machine){.planning = planning, .id = suspect->name};
    json_t *params = machine_ids(planning, "InstanceId", out->id);
    if (!host_allows_instance(planning, out->id, err) || !read_all(out, err))
        return false;
    const char *code = state_code(planning, "ec2:DescribeInstances", params);
    if (code && strncmp(code, "InvalidInstanceID", 17) == 0)
        return none(planning, out->id, code, err);
    if (code)
        return response_unread(planning, "ec2:DescribeInstances", params, err);
    out->instance =
        state_at(planning, "ec2:DescribeInstances", params, "reservationSet.0.instancesSet.0");
    if (!out->instance)
        return none(planning, out->id, NULL, err);
    suspect->unique_id = out->id;
    suspect->arn = arena_printf(planning->arena, "arn:%s:ec2:%s:%s:instance/%s",
                                planning->partition, suspect->region, planning->account, out->id);
    look(out);
    return is_over(planning, out->instance, err);
}

json_t *machine_tags(const struct machine *machine, const char *kind)
{
    struct arena *arena = machine->planning->arena;
    json_t *tags = tag_list(machine->planning);
    json_array_append_new(tags,
                          json_pack("{s:s, s:s}", "Key", "ir:instance", "Value", machine->id));
    return plan_pack(arena, "{s:s, s:O}", "ResourceType", kind, "Tag", tags);
}
