/* The instance profile of one instance taken off it: no new credentials of its role come to it. */
#include "response/machine.h"

#include <string.h>

#define PREFIX "profile/"

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return CLAIM_NO;
    return machine_claims(text + strlen(PREFIX), arena, out);
}

static bool find(struct planning *planning, struct error *err)
{
    struct machine machine;
    return machine_read(planning, &machine, err);
}

static json_t *associations(const struct machine *machine)
{
    return plan_pack(machine->planning->arena, "{s:[{s:s, s:[s]}, {s:s, s:[s, s]}]}", "Filter",
                     "Name", "instance-id", "Value", machine->id, "Name", "state", "Value",
                     "associating", "associated");
}

static void association_step(struct machine *machine)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    const char *profile = reply_text(machine->association, "iamInstanceProfile.arn");
    struct check check = {.op = "ec2:DescribeIamInstanceProfileAssociations",
                          .params = associations(machine),
                          .list = "iamInstanceProfileAssociationSet",
                          .key = "instanceId",
                          .id = machine->id};
    struct step step = {
        .id = "profile",
        .wave = WAVE_DISABLE,
        .words = arena_printf(arena, "take instance profile %s off %s", profile, machine->id),
        .op = "ec2:DisassociateIamInstanceProfile",
        .params = plan_pack(arena, "{s:s}", "AssociationId",
                            reply_text(machine->association, "associationId")),
        .check = check,
        .flags = STEP_ACCESS,
        .credential = machine->id,
        .undo = {.op = "ec2:AssociateIamInstanceProfile",
                 .params = plan_pack(arena, "{s:s, s:{s:s}}", "InstanceId", machine->id,
                                     "IamInstanceProfile", "Arn", profile),
                 .words = arena_printf(arena, "give %s its profile back", machine->id),
                 .check = check}};
    step.check.absent = true;
    step.undo.check.path = "iamInstanceProfile.arn";
    step.undo.check.want = json_own(arena, json_texts(profile));
    response_step(planning, &step);
}

static bool plan(struct planning *planning, struct error *err)
{
    struct machine machine;
    if (!machine_read(planning, &machine, err))
        return false;
    if (machine.association)
        association_step(&machine);
    response_say(planning, NOTE_BREAKS,
                 "what runs on %s loses its credentials when those it has end, within 6 hours; "
                 "SSM as well",
                 machine.id);
    response_say(planning, NOTE_NOT_COVERED,
                 "credentials that were given out already work until they end, from anywhere: "
                 "contain its role, or its sessions from this instance alone");
    return true;
}

const struct action action_profile = {
    .name = "profile",
    .summary = "the instance profile of one instance (profile/i-...), taken off it: it gets no new "
               "credentials",
    .undone = "the profile is given back (as a new association), with --restore-access naming the "
              "instance",
    .not_covered = "credentials that were given out already: contain the role",
    .regional = true,
    .claims = claims,
    .find = find,
    .plan = plan,
};
