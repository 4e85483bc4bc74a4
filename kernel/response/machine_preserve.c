/* All volumes at one instant, before anything is cut off (R13): what a snapshot holds is fixed when
 * it is accepted, so nothing waits for its completion. Locked at once (R14). Snapshots are evidence
 * and stay when the containment is taken back. */
#include "response/machine.h"

#include "response/blocks.h"

#include <string.h>

#define TAGS_MOST 50
#define OUR_TAGS 6
#define LOCK_DAYS 90
#define SET_TAG "ir:set"

/* ---- what was wished for ------------------------------------------------------------------------
 */

static const json_t *wishes(const struct machine *machine)
{
    return machine->planning->suspect->wishes;
}

static const char *lock_mode(const struct machine *machine)
{
    return json_get_string(wishes(machine), "lock", "governance");
}

/* Which set of the case: another one is taken on demand only. */
const char *machine_set(const struct machine *machine)
{
    return arena_printf(machine->planning->arena, "%s %lld", machine->id,
                        (long long)json_get_int(wishes(machine), "set", 1));
}

/* ---- volumes ------------------------------------------------------------------------------------
 */

static bool is_root(const struct machine *machine, const json_t *volume)
{
    const char *device = reply_text(machine->instance, "rootDeviceName");
    return strcmp(reply_text(volume, "attachmentSet.0.device"), device) == 0;
}

json_t *machine_preservable(const struct machine *machine)
{
    json_t *list = json_own(machine->planning->arena, json_array());
    for (size_t i = 0; i < json_array_size(machine->volumes); i++) {
        json_t *one = json_array_get(machine->volumes, i);
        if (strcmp(reply_text(one, "status"), "error") != 0)
            json_array_append(list, one);
    }
    return list;
}

/* {"InstanceId", "ExcludeBootVolume", "ExcludeDataVolumeId"}: all but what is in error. */
static json_t *specification(const struct machine *machine)
{
    json_t *made = plan_pack(machine->planning->arena, "{s:s, s:b}", "InstanceId", machine->id,
                             "ExcludeBootVolume", 0);
    json_t *out = json_own(machine->planning->arena, json_array());
    for (size_t i = 0; i < json_array_size(machine->volumes); i++) {
        const json_t *one = json_array_get(machine->volumes, i);
        if (strcmp(reply_text(one, "status"), "error") != 0)
            continue;
        if (is_root(machine, one))
            json_object_set_new(made, "ExcludeBootVolume", json_true());
        else
            json_array_append_new(out, json_texts(reply_text(one, "volumeId")));
    }
    if (json_array_size(out))
        json_object_set(made, "ExcludeDataVolumeId", out);
    return made;
}

static json_t *tags(const struct machine *machine, const char *kind)
{
    json_t *made = machine_tags(machine, kind);
    json_array_append(json_object_get(made, "Tag"),
                      plan_pack(machine->planning->arena, "{s:s, s:s}", "Key", SET_TAG, "Value",
                                machine_set(machine)));
    return made;
}

/* The volumes' own tags are copied where there is room for them. */
static bool tags_fit(const struct machine *machine)
{
    for (size_t i = 0; i < json_array_size(machine->volumes); i++)
        if (reply_count(json_array_get(machine->volumes, i), "tagSet") + OUR_TAGS > TAGS_MOST)
            return false;
    return true;
}

static void say_volumes(const struct machine *machine)
{
    struct planning *planning = machine->planning;
    for (size_t i = 0; i < json_array_size(machine->volumes); i++) {
        const json_t *one = json_array_get(machine->volumes, i);
        if (strcmp(reply_text(one, "status"), "error") == 0)
            response_say(planning, NOTE_NOT_COVERED,
                         "volume %s (%s) is in error: EC2 takes no snapshot of it, and it is left "
                         "out",
                         reply_text(one, "volumeId"), reply_text(one, "attachmentSet.0.device"));
    }
    if (!tags_fit(machine))
        response_say(planning, NOTE_NOT_COVERED,
                     "the volumes' own tags are not copied to the snapshots: there would be more "
                     "than %d; they are in the saved state",
                     TAGS_MOST);
}

/* ---- steps --------------------------------------------------------------------------------------
 */

/* What was taken of this instance in this set and did not fail. */
json_t *machine_taken(const struct machine *machine)
{
    return plan_pack(machine->planning->arena, "{s:[s], s:[{s:s, s:[s]}, {s:s, s:[s, s]}]}",
                     "Owner", "self", "Filter", "Name", "tag:" SET_TAG, "Value",
                     machine_set(machine), "Name", "status", "Value", "pending", "completed");
}

static void snapshots_step(const struct machine *machine, json_t *volumes)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    json_t *params =
        plan_pack(arena, "{s:O, s:s, s:[O]}", "InstanceSpecification", specification(machine),
                  "Description", arena_printf(arena, "evidence of %s", machine->id),
                  "TagSpecification", tags(machine, "snapshot"));
    if (tags_fit(machine))
        json_object_set_new(params, "CopyTagsFromSource", json_string("volume"));
    struct step step = {
        .id = "snapshots",
        .wave = WAVE_PRESERVE,
        .words =
            arena_printf(arena,
                         "take snapshots of %zu volumes of %s at one instant, without stopping "
                         "it",
                         json_array_size(volumes), machine->id),
        .op = "ec2:CreateSnapshots",
        .params = params,
        .check = {.op = "ec2:DescribeSnapshots",
                  .params = machine_taken(machine),
                  .list = "snapshotSet",
                  .path = "volumeId",
                  .match = CHECK_ALL},
        .flags = STEP_NEEDED | STEP_ONCE,
        .why = "snapshots are evidence and stay",
        .otherwise = arena_printf(arena,
                                  "nothing was cut off. To go on without them, losing what "
                                  "is on the disks: %%contain %s --no-image",
                                  machine->id)};
    step.check.want = json_own(arena, json_array());
    for (size_t i = 0; i < json_array_size(volumes); i++)
        json_array_append_new(step.check.want,
                              json_texts(reply_text(json_array_get(volumes, i), "volumeId")));
    response_step(planning, &step);
}

json_t *machine_snapshot(const struct machine *machine, const char *volume)
{
    struct plan_item item = {.step = "snapshots",
                             .list = "snapshotSet",
                             .key = "volumeId",
                             .id = volume,
                             .path = "snapshotId"};
    return plan_of_item(machine->planning->plan, machine->planning->suspect, &item);
}

static void lock_step(const struct machine *machine, const char *volume)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    const char *mode = lock_mode(machine);
    int64_t days = json_get_int(wishes(machine), "lock_days", LOCK_DAYS);
    json_t *snapshot = machine_snapshot(machine, volume);
    struct step step = {.id = arena_printf(arena, "lock-%s", volume),
                        .wave = WAVE_PREPARE,
                        .words = arena_printf(arena, "lock the snapshot of %s for %lld days (%s)",
                                              volume, (long long)days, mode),
                        .op = "ec2:LockSnapshot",
                        .params = plan_pack(arena, "{s:O, s:s, s:I}", "SnapshotId", snapshot,
                                            "LockMode", mode, "LockDuration", (json_int_t)days),
                        .check = {.op = "ec2:DescribeLockedSnapshots",
                                  .params = plan_pack(arena, "{s:[O]}", "SnapshotId", snapshot),
                                  .list = "snapshotSet",
                                  .path = "lockState",
                                  .match = CHECK_ONE_OF},
                        .flags = STEP_OPTIONAL,
                        .why = "a lock keeps evidence and stays until it ends"};
    step.check.want =
        plan_pack(arena, "[s, s, s]", "governance", "compliance", "compliance-cooloff");
    response_step(planning, &step);
}

static void image_step(const struct machine *machine)
{
    struct planning *planning = machine->planning;
    struct arena *arena = planning->arena;
    const char *name = arena_printf(arena, "ir-%s-%lld", machine->id,
                                    (long long)json_get_int(wishes(machine), "set", 1));
    struct step step = {
        .id = "image",
        .wave = WAVE_PRESERVE,
        .words = arena_printf(arena, "make image %s of %s without a reboot", name, machine->id),
        .op = "ec2:CreateImage",
        .params = plan_pack(
            arena, "{s:s, s:s, s:s, s:b, s:[O, O]}", "InstanceId", machine->id, "Name", name,
            "Description", arena_printf(arena, "evidence of %s", machine->id), "NoReboot", 1,
            "TagSpecification", machine_tags(machine, "image"), machine_tags(machine, "snapshot")),
        .check = {.op = "ec2:DescribeImages",
                  .params = plan_pack(arena, "{s:[s], s:[{s:s, s:[s]}]}", "Owner", "self", "Filter",
                                      "Name", "name", "Value", name),
                  .list = "imagesSet",
                  .key = "name",
                  .id = name},
        .flags = STEP_OPTIONAL | STEP_ONCE,
        .why = "an image is evidence and stays"};
    response_step(planning, &step);
}

static bool nothing_to_take(const struct machine *machine, struct error *err)
{
    (void)error_set(err, ERROR_REFUSED, "no snapshot can be taken of %s: %s", machine->id,
                    json_array_size(machine->volumes) ? "all its volumes are in error"
                                                      : "it has no EBS volume");
    return error_hint(err, "Its disks end with it. Copy what matters out of the running instance "
                           "first, then go on without snapshots: --no-image");
}

static bool say_stores(const struct machine *machine, struct error *err)
{
    struct planning *planning = machine->planning;
    const char *type = reply_text(machine->instance, "instanceType");
    json_t *params = machine_ids(planning, "InstanceType", type);
    struct reading kind = {.op = "ec2:DescribeInstanceTypes", .params = params};
    if (!response_read(planning, &kind, 1, err))
        return false;
    const json_t *found = state_at(planning, kind.op, params, "instanceTypeSet.0");
    if (reply_bool(found, "instanceStorageSupported"))
        response_say(planning, NOTE_NOT_COVERED,
                     "instance type %s has an instance store of %s GB: neither snapshot nor image "
                     "holds it, and it ends when the instance stops",
                     type, reply_text(found, "instanceStorageInfo.totalSizeInGB"));
    return true;
}

/* What reading all blocks would be: volumes are rarely full, so this is the most. */
static void say_hashing(const struct machine *machine, const json_t *volumes)
{
    int64_t gib = 0;
    for (size_t i = 0; i < json_array_size(volumes); i++)
        gib += reply_int(json_array_get(volumes, i), "size", 0);
    response_say(machine->planning, NOTE_SAVED, "%s",
                 blocks_words(machine->planning->arena, machine->id, gib));
}

static void say_states(const struct machine *machine)
{
    struct planning *planning = machine->planning;
    const char *mode = lock_mode(machine);
    response_say(planning, NOTE_SAVED,
                 "the instance as it is: attributes, interfaces, groups and their rules, volumes, "
                 "addresses, tags, profile, scaling group and load balancers; its console output, "
                 "a picture of its console and its user data in files of their own");
    response_say(planning, NOTE_NOT_UNDONE,
                 "snapshots%s stay: they are crash-consistent (what the machine had only in memory "
                 "is not in them), and are paid for until they are deleted",
                 strcmp(mode, "none") == 0 ? "" : " and their locks");
    if (strcmp(mode, "compliance") == 0)
        response_say(planning, NOTE_NOT_UNDONE,
                     "a lock in compliance mode cannot be ended by anybody, AWS included, before "
                     "its time is over");
    response_say(planning, NOTE_BY_HAND,
                 "memory is in no snapshot: if it matters, take it now, before the machine is cut "
                 "off or stopped (AVML, LiME or WinPmem through SSM); nothing here does it");
}

bool machine_preserve(struct machine *machine, struct error *err)
{
    json_t *volumes = machine_preservable(machine);
    if (json_get_bool(wishes(machine), "no_image", false)) {
        response_say(machine->planning, NOTE_NOT_COVERED,
                     "no snapshots are taken (--no-image): what is on the disks is not preserved");
        return true;
    }
    if (!json_array_size(volumes))
        return nothing_to_take(machine, err);
    if (!say_stores(machine, err))
        return false;
    say_volumes(machine);
    snapshots_step(machine, volumes);
    for (size_t i = 0; strcmp(lock_mode(machine), "none") != 0 && i < json_array_size(volumes); i++)
        lock_step(machine, reply_text(json_array_get(volumes, i), "volumeId"));
    if (json_get_bool(wishes(machine), "image", false) && !machine->store_root)
        image_step(machine);
    say_states(machine);
    if (json_get_bool(wishes(machine), "hash", false))
        say_hashing(machine, volumes);
    return machine_share(machine, err);
}
