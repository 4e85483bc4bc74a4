/* The network of an instance, cut off at its interfaces (R10).
 *
 * A flow that is tracked outlives the change of its groups, for up to five days. One that both
 * directions allow from and to everywhere is not tracked and is cut when its rule goes. So each
 * interface goes through a group that allows everything into one that allows nothing: both are made
 * and verified first, and the two swaps are never separated. Whoever is interrupted between them
 * goes forward: the first swap counts as done only when the second is. */
#include "response/machine.h"

#include <string.h>

#define UNTRACK "ir-untrack-"
#define ISOLATE "ir-isolate-"
#define BETWEEN_MS 2000 /* until the first swap is in force everywhere */

/* One of the two groups in one of the networks. */
struct barrier {
    struct machine *machine;
    const char *vpc, *step, *name, *words;
};

static struct barrier barrier_of(struct machine *machine, const char *vpc, bool untrack)
{
    struct arena *arena = machine->planning->arena;
    return (struct barrier){
        .machine = machine,
        .vpc = vpc,
        .step = arena_printf(arena, "%s-%s", untrack ? "untrack" : "isolate", vpc),
        .name = arena_printf(arena, "%s%s", untrack ? UNTRACK : ISOLATE, machine->id),
        .words = untrack ? "allows everything, so that connections are no longer tracked"
                         : "allows nothing"};
}

static json_t *group_of(const struct barrier *barrier)
{
    struct planning *planning = barrier->machine->planning;
    return plan_of(planning->plan, planning->suspect, barrier->step, "groupId");
}

static struct check group_shows(const struct barrier *barrier)
{
    return (struct check){.op = "ec2:DescribeSecurityGroups",
                          .params = plan_pack(barrier->machine->planning->arena, "{s:[O]}",
                                              "GroupId", group_of(barrier))};
}

static void group_step(const struct barrier *barrier)
{
    struct planning *planning = barrier->machine->planning;
    struct arena *arena = planning->arena;
    struct check check = {.op = "ec2:DescribeSecurityGroups",
                          .params = plan_pack(arena, "{s:[{s:s, s:[s]}, {s:s, s:[s]}]}", "Filter",
                                              "Name", "group-name", "Value", barrier->name, "Name",
                                              "vpc-id", "Value", barrier->vpc),
                          .list = "securityGroupInfo",
                          .key = "groupName",
                          .id = barrier->name};
    struct step step = {.id = barrier->step,
                        .wave = WAVE_PREPARE,
                        .words = arena_printf(arena, "make security group %s in %s: %s",
                                              barrier->name, barrier->vpc, barrier->words),
                        .op = "ec2:CreateSecurityGroup",
                        .params = plan_pack(arena, "{s:s, s:s, s:s, s:[O]}", "GroupName",
                                            barrier->name, "GroupDescription",
                                            "containment; made and removed by Cofferdam", "VpcId",
                                            barrier->vpc, "TagSpecification",
                                            machine_tags(barrier->machine, "security-group")),
                        .check = check,
                        .flags = STEP_NEEDED | STEP_ONCE | STEP_ACCESS,
                        .credential = barrier->machine->id,
                        .undo = {.op = "ec2:DeleteSecurityGroup",
                                 .params = plan_pack(arena, "{s:O}", "GroupId", group_of(barrier)),
                                 .words = "delete the group",
                                 .check = check}};
    step.undo.check.absent = true;
    response_step(planning, &step);
}

static json_t *everywhere(struct arena *arena, bool four, bool six)
{
    json_t *made = plan_pack(arena, "{s:s}", "IpProtocol", "-1");
    if (four)
        json_object_set_new(made, "IpRanges", json_pack("[{s:s}]", "CidrIp", "0.0.0.0/0"));
    if (six)
        json_object_set_new(made, "Ipv6Ranges", json_pack("[{s:s}]", "CidrIpv6", "::/0"));
    return made;
}

struct rule {
    const char *id, *words, *op;
    bool four, six;
    const char *list, *key, *value; /* what shows it; NULL value: nothing must be there */
};

/* A new group of EC2 allows all egress: over IPv6 as well where its network has that. */
static const struct rule opened[] = {
    {"in", "everything in", "ec2:AuthorizeSecurityGroupIngress", true, true,
     "securityGroupInfo.0.ipPermissions", "ipv6Ranges.0.cidrIpv6", "::/0"},
    {"out", "everything out over IPv6", "ec2:AuthorizeSecurityGroupEgress", false, true,
     "securityGroupInfo.0.ipPermissionsEgress", "ipv6Ranges.0.cidrIpv6", "::/0"},
};
static const struct rule closed[] = {
    {"out", "nothing out", "ec2:RevokeSecurityGroupEgress", true, false, "securityGroupInfo",
     "ipPermissionsEgress", NULL},
    {"out6", "nothing out over IPv6", "ec2:RevokeSecurityGroupEgress", false, true,
     "securityGroupInfo", "ipPermissionsEgress", NULL},
};

static void rule_step(const struct barrier *barrier, const struct rule *rule)
{
    struct planning *planning = barrier->machine->planning;
    struct arena *arena = planning->arena;
    struct step step = {
        .id = arena_printf(arena, "%s-%s", barrier->step, rule->id),
        .wave = WAVE_FURNISH,
        .words = arena_printf(arena, "%s in %s: %s", barrier->name, barrier->vpc, rule->words),
        .op = rule->op,
        .params = plan_pack(arena, "{s:O, s:[O]}", "GroupId", group_of(barrier), "IpPermissions",
                            everywhere(arena, rule->four, rule->six)),
        .check = group_shows(barrier),
        .flags = STEP_NEEDED,
        .why = "the rule goes with its group"};
    step.check.list = rule->list;
    if (rule->value) {
        step.check.key = rule->key;
        step.check.id = rule->value;
    } else {
        step.check.path = rule->key;
        step.check.want = json_own(arena, json_array());
    }
    response_step(planning, &step);
}

static bool has_ipv6(const struct machine *machine, const char *vpc)
{
    const json_t *found = state_at(machine->planning, "ec2:DescribeVpcs",
                                   machine_ids(machine->planning, "VpcId", vpc), "vpcSet.0");
    return reply_count(found, "ipv6CidrBlockAssociationSet") > 0;
}

static void network_steps(struct machine *machine, const char *vpc)
{
    struct barrier untrack = barrier_of(machine, vpc, true);
    struct barrier isolate = barrier_of(machine, vpc, false);
    bool six = has_ipv6(machine, vpc);
    group_step(&untrack);
    group_step(&isolate);
    rule_step(&untrack, &opened[0]);
    if (!six)
        rule_step(&untrack, &opened[1]);
    rule_step(&isolate, &closed[0]);
    if (six)
        rule_step(&isolate, &closed[1]);
}

/* ---- the swaps ----------------------------------------------------------------------------------
 */

static json_t *groups_before(const struct machine *machine, const json_t *interface)
{
    json_t *ids = json_own(machine->planning->arena, json_array());
    for (size_t i = 0; i < reply_count(interface, "groupSet"); i++)
        json_array_append_new(
            ids, json_texts(reply_text(reply_item(interface, "groupSet", i), "groupId")));
    return ids;
}

/* It has been through this before: what it had then is in the record of that run. */
static bool is_ours(const json_t *interface)
{
    for (size_t i = 0; i < reply_count(interface, "groupSet"); i++) {
        const char *name = reply_text(reply_item(interface, "groupSet", i), "groupName");
        if (strncmp(name, UNTRACK, strlen(UNTRACK)) == 0 ||
            strncmp(name, ISOLATE, strlen(ISOLATE)) == 0)
            return true;
    }
    return false;
}

static struct check isolated(const struct machine *machine, const char *interface, json_t *groups)
{
    return (struct check){.op = "ec2:DescribeNetworkInterfaces",
                          .params = machine_ids(machine->planning, "NetworkInterfaceId", interface),
                          .list = "networkInterfaceSet.0.groupSet",
                          .path = "groupId",
                          .want = groups,
                          .match = CHECK_ALL};
}

static json_t *swap(const struct machine *machine, const char *interface, json_t *groups)
{
    return plan_pack(machine->planning->arena, "{s:s, s:O}", "NetworkInterfaceId", interface,
                     "SecurityGroupId", groups);
}

static void swap_steps(struct machine *machine, const json_t *interface)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    const char *id = reply_text(interface, "networkInterfaceId");
    const char *vpc = reply_text(interface, "vpcId");
    struct barrier untrack = barrier_of(machine, vpc, true);
    struct barrier isolate = barrier_of(machine, vpc, false);
    json_t *through = plan_pack(arena, "[O]", group_of(&untrack));
    json_t *into = plan_pack(arena, "[O]", group_of(&isolate));
    json_t *before = groups_before(machine, interface);
    struct step first = {
        .id = arena_printf(arena, "swap-%s", id),
        .wave = WAVE_UNTRACK,
        .words = arena_printf(arena, "interface %s through %s", id, untrack.name),
        .op = "ec2:ModifyNetworkInterfaceAttribute",
        .params = swap(machine, id, through),
        .check = isolated(machine, id, into),
        .flags = STEP_PASSAGE | STEP_ACCESS,
        .credential = machine->id,
        .why = "what it had before is in the record of the containment that it had already",
        .otherwise = "it was cut off without it: connections that were open may live on while they "
                     "are used (a network ACL that denies ends them for the whole subnet, a stop "
                     "for the instance)"};
    struct step second = {
        .id = arena_printf(arena, "cut-%s", id),
        .wave = WAVE_ISOLATE,
        .words = arena_printf(arena, "interface %s into %s, alone", id, isolate.name),
        .op = "ec2:ModifyNetworkInterfaceAttribute",
        .params = swap(machine, id, into),
        .check = isolated(machine, id, into),
        .after_ms = BETWEEN_MS,
        .flags = STEP_ACCESS,
        .credential = machine->id,
        .why = "it had a group of a containment already: what it had before is in the record of "
               "that one"};
    if (!is_ours(interface)) {
        second.undo.op = second.op;
        second.undo.params = swap(machine, id, before);
        second.undo.words = arena_printf(arena, "%s has the groups again that it had", id);
        second.undo.check = isolated(machine, id, before);
        /* the same way back from the first: where a kernel ends between the two, the run that goes
           forward does not know any more what it had */
        first.undo = second.undo;
    }
    response_step(planning, &first);
    response_step(planning, &second);
}

/* ---- what an analyst must know ------------------------------------------------------------------
 */

static void say_exposure(struct machine *machine)
{
    struct planning *planning = machine->planning;
    response_say(planning, NOTE_BREAKS,
                 "all traffic of %s stops: its clients, its own connections, SSM and other "
                 "agents; groups that name its groups as a source no longer admit it",
                 machine->id);
    response_say(planning, NOTE_BREAKS,
                 "for the moment between the two swaps, about %d s, %s accepts from and sends to "
                 "everywhere; a stop of the cell does not come between them, and a kernel that "
                 "ends there leaves it so: the same cell, run again, goes forward",
                 BETWEEN_MS / 1000, machine->id);
}

/* A way out whose flows are always tracked: they outlive both swaps. */
static void say_route(struct machine *machine, const json_t *route)
{
    static const struct {
        const char *path, *words;
    } ways[] = {{"natGatewayId", "NAT gateway"},
                {"transitGatewayId", "transit gateway"},
                {"egressOnlyInternetGatewayId", "egress-only gateway"},
                {"vpcEndpointId", "endpoint"}};
    for (size_t i = 0; i < COUNT(ways); i++) {
        const char *id = reply_text(route, ways[i].path);
        if (*id)
            response_say(machine->planning, NOTE_NOT_COVERED,
                         "connections through %s %s are always tracked: one that is open lives on "
                         "while it is used (idle: up to 5 days), past both swaps. What ends it is "
                         "a network ACL that denies, for the whole subnet, or a stop",
                         ways[i].words, id);
    }
}

static bool say_routes(struct machine *machine, const char *vpc, struct error *err)
{
    struct planning *planning = machine->planning;
    json_t *params = machine_filter(planning, "vpc-id", vpc);
    struct reading list[] = {
        {.op = "ec2:DescribeRouteTables", .params = params},
        {.op = "ec2:DescribeVpcs", .params = machine_ids(planning, "VpcId", vpc)},
    };
    if (!response_read(planning, list, COUNT(list), err))
        return false;
    json_t *tables = state_list(planning, list[0].op, params, "routeTableSet");
    for (size_t i = 0; i < json_array_size(tables); i++) {
        const json_t *table = json_array_get(tables, i);
        for (size_t at = 0; at < reply_count(table, "routeSet"); at++)
            say_route(machine, reply_item(table, "routeSet", at));
    }
    if (state_code(planning, list[0].op, params))
        response_say(planning, NOTE_NOT_COVERED,
                     "the routes of %s could not be read (%s): connections through a NAT gateway "
                     "are always tracked and live on",
                     vpc, state_code(planning, list[0].op, params));
    return true;
}

static void say_holes(struct machine *machine)
{
    struct planning *planning = machine->planning;
    response_say(planning, NOTE_NOT_COVERED,
                 "groups do not filter DNS to the VPC's resolver (a tunnel through it stays open: "
                 "Route 53 Resolver DNS Firewall), the metadata service 169.254.169.254, time "
                 "169.254.169.123, nor the serial console");
    response_say(planning, NOTE_NOT_COVERED,
                 "flows through a network load balancer, PrivateLink, Network Firewall or Global "
                 "Accelerator are always tracked");
    if (!machine->association)
        return;
    const char *profile = reply_text(machine->association, "iamInstanceProfile.arn");
    response_say(planning, NOTE_NOT_COVERED,
                 "the credentials of its profile %s work from anywhere: those already given out "
                 "until they end, and the metadata service gives new ones",
                 profile);
    response_say(planning, NOTE_NEXT, "%%contain profile/%s", machine->id);
}

static bool seen(const struct machine *machine, size_t index, const char *vpc)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(reply_text(json_array_get(machine->interfaces, i), "vpcId"), vpc) == 0)
            return true;
    return false;
}

bool machine_isolate(struct machine *machine, struct error *err)
{
    struct planning *planning = machine->planning;
    size_t count = json_array_size(machine->interfaces);
    if (!count)
        return error_set(err, ERROR_REFUSED,
                         "instance %s has no network interface that can be read", machine->id) ||
               error_hint(err, "Is ec2:DescribeNetworkInterfaces permitted? --level preserve takes "
                               "snapshots only.");
    for (size_t i = 0; i < count; i++) {
        const char *vpc = reply_text(json_array_get(machine->interfaces, i), "vpcId");
        if (seen(machine, i, vpc))
            continue;
        if (!say_routes(machine, vpc, err))
            return false;
        network_steps(machine, vpc);
    }
    for (size_t i = 0; i < count; i++)
        swap_steps(machine, json_array_get(machine->interfaces, i));
    say_exposure(machine);
    say_holes(machine);
    if (count > 1)
        response_say(planning, NOTE_BREAKS, "it has %zu interfaces: all of them are cut off",
                     count);
    return true;
}
