/* A snapshot under AWS's own key is copied under one of ours, which can be shared: once it is
 * complete, for EC2 copies nothing else. */
#include "response/machine.h"

#include <string.h>

#define COPY_TAG "ir:copy-of"

static json_t *copies(const struct machine *machine, const char *volume)
{
    struct arena *arena = machine->planning->arena;
    const char *name = arena_printf(arena, "%s %s", machine_set(machine), volume);
    return plan_pack(arena, "{s:[s], s:[{s:s, s:[s]}, {s:s, s:[s, s]}]}", "Owner", "self", "Filter",
                     "Name", "tag:" COPY_TAG, "Value", name, "Name", "status", "Value", "pending",
                     "completed");
}

/* Whether the volume's snapshot of this set is complete, as far as was read. */
static bool is_complete(const struct machine *machine, const char *volume)
{
    json_t *list = state_list(machine->planning, "ec2:DescribeSnapshots", machine_taken(machine),
                              "snapshotSet");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (strcmp(reply_text(one, "volumeId"), volume) == 0)
            return strcmp(reply_text(one, "status"), "completed") == 0;
    }
    return false;
}

static void copy_step(const struct machine *machine, const char *volume, const char *key)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    json_t *tags = machine_tags(machine, "snapshot");
    json_array_append(json_object_get(tags, "Tag"),
                      plan_pack(arena, "{s:s, s:s}", "Key", COPY_TAG, "Value",
                                arena_printf(arena, "%s %s", machine_set(machine), volume)));
    struct step step = {
        .id = machine_copy_id(machine, volume),
        .wave = WAVE_PRESERVE,
        .words = arena_printf(arena, "copy the snapshot of %s under key %s", volume, key),
        .op = "ec2:CopySnapshot",
        .params = plan_pack(
            arena, "{s:s, s:O, s:b, s:s, s:s, s:[O]}", "SourceRegion", planning->suspect->region,
            "SourceSnapshotId", machine_snapshot(machine, volume), "Encrypted", 1, "KmsKeyId", key,
            "Description", arena_printf(arena, "evidence of %s, a copy", machine->id),
            "TagSpecification", tags),
        .check = {.op = "ec2:DescribeSnapshots",
                  .params = copies(machine, volume),
                  .list = "snapshotSet"},
        .flags = STEP_OPTIONAL | STEP_ONCE,
        .why = "copies are evidence and stay"};
    response_step(planning, &step);
}

bool machine_copy(const struct machine *machine, const char *volume, const char *key,
                  struct error *err)
{
    struct planning *planning = machine->planning;
    struct reading there = {.op = "ec2:DescribeSnapshots", .params = machine_taken(machine)};
    if (!response_read(planning, &there, 1, err))
        return false;
    if (is_complete(machine, volume)) {
        copy_step(machine, volume, key);
        return true;
    }
    response_say(planning, NOTE_NEXT,
                 "%%ami-snapshot %s --key %s   once they are complete: only "
                 "then the snapshot of %s can be copied",
                 machine->id, key, volume);
    return true;
}

const char *machine_copy_id(const struct machine *machine, const char *volume)
{
    return arena_printf(machine->planning->arena, "copy-%s", volume);
}
