/* An EC2 instance: protected, preserved, then cut off (R10, R11, R13, R14). */
#include "response/machine.h"
#include "response/tag.h"

#include <string.h>

static const char *const levels[] = {"isolate", "preserve", NULL};

static bool find(struct planning *planning, struct error *err)
{
    struct machine machine;
    return machine_read(planning, &machine, err);
}

static bool tag_all(struct planning *planning, const json_t *list, const char *id,
                    struct error *err)
{
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(list); i++)
        ok = tag_resource(planning, reply_text(json_array_get(list, i), id), err);
    return ok;
}

static bool plan(struct planning *planning, struct error *err)
{
    struct machine machine;
    bool isolates = strcmp(planning->suspect->level, "isolate") == 0;
    return machine_read(planning, &machine, err) && machine_protect(&machine, err) &&
           machine_preserve(&machine, err) && (!isolates || machine_isolate(&machine, err)) &&
           tag_all(planning, machine.volumes, "volumeId", err) &&
           (!isolates || tag_all(planning, machine.interfaces, "networkInterfaceId", err));
}

const struct action action_instance = {
    .name = "instance",
    .summary = "an EC2 instance: protects it against termination, scaling and load balancers, "
               "takes locked snapshots of all volumes at one instant, and as soon as they are "
               "accepted cuts every interface off through two security groups; --level preserve "
               "leaves the network as it is",
    .undone = "groups of every interface, attributes, scaling group and load balancers as they "
              "were, with --restore-access naming the instance; snapshots and their locks stay",
    .not_covered = "memory, instance stores, DNS, the metadata service, connections through NAT "
                   "that are open, credentials already given out (contain its profile and role)",
    .levels = levels,
    .regional = true,
    .claims = machine_claims,
    .find = find,
    .plan = plan,
    .keep = machine_keep,
};
