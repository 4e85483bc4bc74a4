/* An instance is kept as it is: nobody terminates it or deletes its disks with it, its group does
 * not replace it, its load balancers send it nothing (R11). All of it comes back together with its
 * network: what is isolated and in service again would be found ill and terminated. */
#include "response/machine.h"

#include <string.h>

#define TARGET_GROUPS_MOST 200

struct attribute {
    const char *id, *name, *path, *want, *words, *undo;
};

static const struct attribute termination = {
    "termination", "disableApiTermination",          "disableApiTermination.value",
    "true",        "protect it against termination", "termination protection as it was: off",
};
static const struct attribute shutdown = {
    "shutdown",
    "instanceInitiatedShutdownBehavior",
    "instanceInitiatedShutdownBehavior.value",
    "stop",
    "a shutdown from inside stops it and does not terminate it",
    "a shutdown from inside terminates it again",
};

static json_t *set_attribute(const struct machine *machine, const struct attribute *row,
                             const char *value)
{
    struct arena *arena = machine->planning->arena;
    bool truth = strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
    json_t *wrapped = truth ? plan_pack(arena, "{s:b}", "Value", strcmp(value, "true") == 0)
                            : plan_pack(arena, "{s:s}", "Value", value);
    const char *member =
        row == &termination ? "DisableApiTermination" : "InstanceInitiatedShutdownBehavior";
    return plan_pack(arena, "{s:s, s:O}", "InstanceId", machine->id, member, wrapped);
}

static void attribute_step(struct machine *machine, const struct attribute *row)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    json_t *read =
        plan_pack(arena, "{s:s, s:s}", "InstanceId", machine->id, "Attribute", row->name);
    const char *before =
        reply_text(state_at(planning, "ec2:DescribeInstanceAttribute", read, NULL), row->path);
    struct check check = {.op = "ec2:DescribeInstanceAttribute", .params = read, .path = row->path};
    struct step step = {.id = row->id,
                        .wave = WAVE_PROTECT,
                        .words = arena_printf(arena, "%s: %s", machine->id, row->words),
                        .op = "ec2:ModifyInstanceAttribute",
                        .params = set_attribute(machine, row, row->want),
                        .check = check,
                        .flags = STEP_ACCESS,
                        .credential = machine->id,
                        .why = "it was so before"};
    step.check.want = json_own(arena, json_string(row->want));
    if (*before && strcmp(before, row->want) != 0) {
        step.undo.op = step.op;
        step.undo.params = set_attribute(machine, row, before);
        step.undo.words = row->undo;
        step.undo.check = check;
        step.undo.check.want = json_own(arena, json_texts(before));
    }
    response_step(planning, &step);
}

/* ---- disks --------------------------------------------------------------------------------------
 */

static json_t *keep_disk(const struct machine *machine, const char *device, bool ends)
{
    return plan_pack(machine->planning->arena, "{s:s, s:[{s:s, s:{s:b}}]}", "InstanceId",
                     machine->id, "BlockDeviceMapping", "DeviceName", device, "Ebs",
                     "DeleteOnTermination", ends);
}

static void disk_step(struct machine *machine, const json_t *mapping)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    const char *device = reply_text(mapping, "deviceName");
    const char *volume = reply_text(mapping, "ebs.volumeId");
    struct check check = {
        .op = "ec2:DescribeInstances",
        .params = machine_ids(planning, "InstanceId", machine->id),
        .list = "reservationSet.0.instancesSet.0.blockDeviceMapping",
        .key = "ebs.volumeId",
        .id = volume,
        .path = "ebs.deleteOnTermination",
    };
    struct step step = {
        .id = arena_printf(arena, "disk-%s", volume),
        .wave = WAVE_PROTECT,
        .words = arena_printf(arena, "volume %s (%s) outlives the instance", volume, device),
        .op = "ec2:ModifyInstanceAttribute",
        .params = keep_disk(machine, device, false),
        .check = check,
        .flags = STEP_ACCESS,
        .credential = machine->id,
        .why = "it was so before"};
    step.check.want = json_own(arena, json_string("false"));
    if (reply_bool(mapping, "ebs.deleteOnTermination")) {
        step.undo.op = step.op;
        step.undo.params = keep_disk(machine, device, true);
        step.undo.words = arena_printf(arena, "%s is deleted with the instance again", volume);
        step.undo.check = check;
        step.undo.check.want = json_own(arena, json_string("true"));
    }
    response_step(planning, &step);
}

/* ---- Auto Scaling -------------------------------------------------------------------------------
 */

static json_t *sizes(const struct planning *planning, const char *group, int64_t least)
{
    return plan_pack(planning->arena, "{s:s, s:I}", "AutoScalingGroupName", group, "MinSize",
                     (json_int_t)least);
}

/* Room for standby: the group must not fall below its least size, nor start another instance. */
static void room_step(struct machine *machine, const json_t *group)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    const char *name = reply_text(group, "AutoScalingGroupName");
    int64_t least = reply_int(group, "MinSize", 0);
    struct check check = {.op = "autoscaling:DescribeAutoScalingGroups",
                          .params = machine_ids(planning, "AutoScalingGroupNames", name),
                          .list = "AutoScalingGroups",
                          .key = "AutoScalingGroupName",
                          .id = name,
                          .path = "MinSize"};
    struct step step = {
        .id = "room",
        .wave = WAVE_ROOM,
        .words = arena_printf(arena,
                              "the least size of Auto Scaling group %s goes from %lld to %lld, so "
                              "that one instance may stand by",
                              name, (long long)least, (long long)least - 1),
        .op = "autoscaling:UpdateAutoScalingGroup",
        .params = sizes(planning, name, least - 1),
        .check = check,
        .flags = STEP_ACCESS,
        .credential = machine->id,
        .undo = {.op = "autoscaling:UpdateAutoScalingGroup",
                 .params = sizes(planning, name, least),
                 .words = arena_printf(arena, "the least size of %s is %lld again", name,
                                       (long long)least),
                 .check = check}};
    step.check.want = json_own(arena, json_integer(least - 1));
    step.undo.check.want = json_own(arena, json_integer(least));
    response_step(planning, &step);
}

static void standby_step(struct machine *machine, const char *group)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    struct check check = {.op = "autoscaling:DescribeAutoScalingInstances",
                          .params = machine_ids(planning, "InstanceIds", machine->id),
                          .list = "AutoScalingInstances",
                          .key = "InstanceId",
                          .id = machine->id,
                          .path = "LifecycleState"};
    struct step step = {
        .id = "standby",
        .wave = WAVE_PROTECT,
        .words =
            arena_printf(arena,
                         "%s stands by in Auto Scaling group %s: neither replaced nor checked, "
                         "out of the group's load balancers",
                         machine->id, group),
        .op = "autoscaling:EnterStandby",
        .params = plan_pack(arena, "{s:s, s:[s], s:b}", "AutoScalingGroupName", group,
                            "InstanceIds", machine->id, "ShouldDecrementDesiredCapacity", 1),
        .check = check,
        .flags = STEP_ACCESS,
        .credential = machine->id,
        .undo = {.op = "autoscaling:ExitStandby",
                 .params = plan_pack(arena, "{s:s, s:[s]}", "AutoScalingGroupName", group,
                                     "InstanceIds", machine->id),
                 .words = "back into service in its group",
                 .check = check}};
    step.check.want = plan_pack(arena, "[s, s]", "Standby", "EnteringStandby");
    step.check.match = CHECK_ONE_OF;
    step.undo.check.want = plan_pack(arena, "[s, s]", "InService", "Pending");
    step.undo.check.match = CHECK_ONE_OF;
    response_step(planning, &step);
}

static bool scaling_steps(struct machine *machine, struct error *err)
{
    struct planning *planning = machine->planning;
    if (!machine->scaling)
        return true;
    const char *name = reply_text(machine->scaling, "AutoScalingGroupName");
    const char *state = reply_text(machine->scaling, "LifecycleState");
    json_t *params = machine_ids(planning, "AutoScalingGroupNames", name);
    struct reading group = {.op = "autoscaling:DescribeAutoScalingGroups", .params = params};
    if (!response_read(planning, &group, 1, err))
        return false;
    const json_t *found = state_at(planning, group.op, params, "AutoScalingGroups.0");
    bool serves = strcmp(state, "InService") == 0;
    if (!serves && strcmp(state, "Standby") != 0 && strcmp(state, "EnteringStandby") != 0) {
        response_say(planning, NOTE_NOT_COVERED,
                     "%s is %s in Auto Scaling group %s, which can neither be held back nor put "
                     "into standby: the group may terminate it",
                     machine->id, state, name);
        return true;
    }
    if (serves && reply_int(found, "DesiredCapacity", 0) <= reply_int(found, "MinSize", 0) &&
        reply_int(found, "MinSize", 0) > 0)
        room_step(machine, found);
    standby_step(machine, name);
    response_say(planning, NOTE_BREAKS,
                 "Auto Scaling group %s works with one instance less; it does not start another",
                 name);
    return true;
}

/* ---- load balancers -----------------------------------------------------------------------------
 */

static void target_step(struct machine *machine, const char *group, const json_t *target)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    const char *id = reply_text(target, "Id"), *name = strrchr(group, ':');
    int64_t port = reply_int(target, "Port", 0);
    json_t *one = port ? plan_pack(arena, "{s:s, s:I}", "Id", id, "Port", (json_int_t)port)
                       : plan_pack(arena, "{s:s}", "Id", id);
    json_t *params = plan_pack(arena, "{s:s, s:[O]}", "TargetGroupArn", group, "Targets", one);
    struct check check = {.op = "elbv2:DescribeTargetHealth",
                          .params = params,
                          .list = "TargetHealthDescriptions",
                          .path = "TargetHealth.State",
                          .match = CHECK_ONE_OF};
    struct step step = {
        .id = arena_printf(arena, "target-%s-%lld", name ? name + 1 : group, (long long)port),
        .wave = WAVE_PROTECT,
        .words = arena_printf(arena, "take %s:%lld out of %s", id, (long long)port,
                              name ? name + 1 : group),
        .op = "elbv2:DeregisterTargets",
        .params = params,
        .check = check,
        .flags = STEP_ACCESS,
        .credential = machine->id,
        .undo = {.op = "elbv2:RegisterTargets",
                 .params = params,
                 .words = "back into its target group",
                 .check = check}};
    step.check.want = plan_pack(arena, "[s, s]", "unused", "draining");
    step.undo.check.want = plan_pack(arena, "[s, s, s, s, s]", "initial", "healthy", "unhealthy",
                                     "unhealthy.draining", "unavailable");
    response_step(planning, &step);
}

/* Whether a target is this instance, by its id or an address of its interfaces. */
static bool is_target(const struct machine *machine, const char *id)
{
    if (strcmp(id, machine->id) == 0)
        return true;
    for (size_t i = 0; i < json_array_size(machine->interfaces); i++) {
        const json_t *one = json_array_get(machine->interfaces, i);
        for (size_t at = 0; at < reply_count(one, "privateIpAddressesSet"); at++)
            if (strcmp(reply_text(reply_item(one, "privateIpAddressesSet", at), "privateIpAddress"),
                       id) == 0)
                return true;
    }
    return false;
}

/* Those of the Auto Scaling group are left by standby, and come back with it. */
static bool is_of_group(const struct machine *machine, const char *arn)
{
    json_t *params = machine->scaling
                         ? machine_ids(machine->planning, "AutoScalingGroupNames",
                                       reply_text(machine->scaling, "AutoScalingGroupName"))
                         : NULL;
    const json_t *group = params
                              ? state_at(machine->planning, "autoscaling:DescribeAutoScalingGroups",
                                         params, "AutoScalingGroups.0")
                              : NULL;
    for (size_t i = 0; i < reply_count(group, "TargetGroupARNs"); i++) {
        const char *one = json_string_value(reply_item(group, "TargetGroupARNs", i));
        if (one && strcmp(one, arn) == 0)
            return true;
    }
    return false;
}

static bool in_its_network(const struct machine *machine, const char *vpc)
{
    for (size_t i = 0; i < json_array_size(machine->interfaces); i++)
        if (strcmp(reply_text(json_array_get(machine->interfaces, i), "vpcId"), vpc) == 0)
            return true;
    return false;
}

static bool target_steps(struct machine *machine, struct error *err)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    json_t *groups =
        state_list(planning, "elbv2:DescribeTargetGroups", plan_pack(arena, "{}"), "TargetGroups");
    size_t count = 0;
    struct reading *list = arena_alloc(arena, (json_array_size(groups) + 1) * sizeof *list);
    for (size_t i = 0; i < json_array_size(groups) && count < TARGET_GROUPS_MOST; i++) {
        const json_t *group = json_array_get(groups, i);
        const char *arn = reply_text(group, "TargetGroupArn");
        if (in_its_network(machine, reply_text(group, "VpcId")) && !is_of_group(machine, arn))
            list[count++] =
                (struct reading){.op = "elbv2:DescribeTargetHealth",
                                 .params = plan_pack(arena, "{s:s}", "TargetGroupArn", arn)};
    }
    if (!response_read(planning, list, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        json_t *targets =
            state_list(planning, list[i].op, list[i].params, "TargetHealthDescriptions");
        for (size_t at = 0; at < json_array_size(targets); at++) {
            const json_t *target = reply_at(json_array_get(targets, at), "Target");
            if (is_target(machine, reply_text(target, "Id")))
                target_step(machine, json_get_string(list[i].params, "TargetGroupArn", ""), target);
        }
    }
    return true;
}

/* Classic load balancers. */
static void classic_steps(struct machine *machine)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    json_t *all = state_list(planning, "elb:DescribeLoadBalancers", plan_pack(arena, "{}"),
                             "LoadBalancerDescriptions");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *balancer = json_array_get(all, i);
        const char *name = reply_text(balancer, "LoadBalancerName");
        for (size_t at = 0; at < reply_count(balancer, "Instances"); at++) {
            if (strcmp(reply_text(reply_item(balancer, "Instances", at), "InstanceId"),
                       machine->id) != 0)
                continue;
            json_t *params = plan_pack(arena, "{s:s, s:[{s:s}]}", "LoadBalancerName", name,
                                       "Instances", "InstanceId", machine->id);
            struct check check = {.op = "elb:DescribeLoadBalancers",
                                  .params = machine_ids(planning, "LoadBalancerNames", name),
                                  .list = "LoadBalancerDescriptions.0.Instances",
                                  .key = "InstanceId",
                                  .id = machine->id};
            struct step step = {
                .id = arena_printf(arena, "balancer-%s", name),
                .wave = WAVE_PROTECT,
                .words = arena_printf(arena, "take %s out of load balancer %s", machine->id, name),
                .op = "elb:DeregisterInstancesFromLoadBalancer",
                .params = params,
                .check = check,
                .flags = STEP_ACCESS,
                .credential = machine->id,
                .undo = {.op = "elb:RegisterInstancesWithLoadBalancer",
                         .params = params,
                         .words = "back behind its load balancer",
                         .check = check}};
            step.check.absent = true;
            response_step(planning, &step);
        }
    }
}

bool machine_protect(struct machine *machine, struct error *err)
{
    struct planning *planning = machine->planning;
    if (machine->spot)
        response_say(planning, NOTE_NOT_COVERED,
                     "%s is a Spot instance: it cannot be protected against termination, and EC2 "
                     "may take it with two minutes' notice; only its snapshots last",
                     machine->id);
    else
        attribute_step(machine, &termination);
    if (machine->store_root)
        response_say(planning, NOTE_NOT_COVERED,
                     "the root of %s is an instance store: it cannot be stopped, only terminated, "
                     "and its content ends with it",
                     machine->id);
    else
        attribute_step(machine, &shutdown);
    for (size_t i = 0; i < reply_count(machine->instance, "blockDeviceMapping"); i++) {
        const json_t *one = reply_item(machine->instance, "blockDeviceMapping", i);
        if (*reply_text(one, "ebs.volumeId"))
            disk_step(machine, one);
    }
    if (!scaling_steps(machine, err) || !target_steps(machine, err))
        return false;
    classic_steps(machine);
    return true;
}
