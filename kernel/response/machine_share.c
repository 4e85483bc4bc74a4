/* Snapshots for the account that examines them (R16): which can be shared is a matter of their
 * keys. What cannot be is said with its reason, and what would make it so. */
#include "response/machine.h"

#include "response/check.h"

#include <string.h>

#define GRANT "ir-forensics"

struct sharing {
    const struct machine *machine;
    const char *account; /* that examines */
};

static json_t *snapshot_of(const struct machine *machine, const char *volume)
{
    struct plan_item item = {.step = "snapshots",
                             .list = "snapshotSet",
                             .key = "volumeId",
                             .id = volume,
                             .path = "snapshotId"};
    return plan_of_item(machine->planning->plan, machine->planning->suspect, &item);
}

static json_t *permission(const struct sharing *sharing, json_t *snapshot, const char *type)
{
    return plan_pack(sharing->machine->planning->arena, "{s:O, s:s, s:s, s:[s]}", "SnapshotId",
                     snapshot, "Attribute", "createVolumePermission", "OperationType", type,
                     "UserId", sharing->account);
}

static void share_step(const struct sharing *sharing, const char *volume)
{
    struct planning *planning = sharing->machine->planning;
    struct arena *arena = planning->arena;
    json_t *snapshot = snapshot_of(sharing->machine, volume);
    struct check check = {.op = "ec2:DescribeSnapshotAttribute",
                          .params = plan_pack(arena, "{s:O, s:s}", "SnapshotId", snapshot,
                                              "Attribute", "createVolumePermission"),
                          .list = "createVolumePermission",
                          .key = "userId",
                          .id = sharing->account};
    struct step step = {.id = arena_printf(arena, "share-%s", volume),
                        .wave = WAVE_REST,
                        .words = arena_printf(arena, "share the snapshot of %s with account %s",
                                              volume, sharing->account),
                        .op = "ec2:ModifySnapshotAttribute",
                        .params = permission(sharing, snapshot, "add"),
                        .check = check,
                        .flags = STEP_OPTIONAL,
                        .undo = {.op = "ec2:ModifySnapshotAttribute",
                                 .params = permission(sharing, snapshot, "remove"),
                                 .words = "share it no longer",
                                 .check = check}};
    step.undo.check.absent = true;
    response_step(planning, &step);
}

/* The examining account may use the key for what a copy needs. */
static void grant_step(const struct sharing *sharing, const char *key)
{
    struct planning *planning = sharing->machine->planning;
    struct arena *arena = planning->arena;
    const char *name = strrchr(key, '/') ? strrchr(key, '/') + 1 : key;
    const char *grantee =
        arena_printf(arena, "arn:%s:iam::%s:root", planning->partition, sharing->account);
    struct check check = {.op = "kms:ListGrants",
                          .params = plan_pack(arena, "{s:s}", "KeyId", key),
                          .list = "Grants",
                          .key = "Name",
                          .id = GRANT};
    struct step step = {
        .id = arena_printf(arena, "grant-%s", name),
        .wave = WAVE_REST,
        .words = arena_printf(arena, "grant account %s the use of key %s for copies",
                              sharing->account, key),
        .op = "kms:CreateGrant",
        .params = plan_pack(arena, "{s:s, s:s, s:s, s:[s, s, s, s, s, s]}", "KeyId", key,
                            "GranteePrincipal", grantee, "Name", GRANT, "Operations", "Decrypt",
                            "DescribeKey", "CreateGrant", "ReEncryptFrom", "ReEncryptTo",
                            "GenerateDataKeyWithoutPlaintext"),
        .check = check,
        .flags = STEP_OPTIONAL | STEP_ONCE,
        .undo = {.op = "kms:RevokeGrant",
                 .params = plan_pack(arena, "{s:s, s:O}", "KeyId", key, "GrantId",
                                     plan_of(planning->plan, planning->suspect,
                                             arena_printf(arena, "grant-%s", name), "GrantId")),
                 .words = "revoke the grant",
                 .check = check}};
    step.undo.check.absent = true;
    response_step(planning, &step);
}

/* Whether a statement of the key's policy lets that account in by name. */
static bool policy_admits(const json_t *policy, const char *account)
{
    const json_t *statements = json_object_get(policy, "Statement");
    for (size_t i = 0; i < json_array_size(statements); i++) {
        const json_t *one = json_array_get(statements, i);
        const json_t *given = reply_at(one, "Principal.AWS");
        if (strcmp(json_get_string(one, "Effect", ""), "Allow") != 0)
            continue;
        for (size_t at = 0; at < reply_count(one, "Principal.AWS"); at++) {
            const char *name = json_string_value(reply_item(one, "Principal.AWS", at));
            if (name && strstr(name, account))
                return true;
        }
        if (json_string_value(given) && strstr(json_string_value(given), account))
            return true;
    }
    return false;
}

static bool read_key(struct planning *planning, const char *key, struct error *err)
{
    struct reading list[] = {
        {.op = "kms:DescribeKey", .params = plan_pack(planning->arena, "{s:s}", "KeyId", key)},
        {.op = "kms:GetKeyPolicy",
         .params = plan_pack(planning->arena, "{s:s, s:s}", "KeyId", key, "PolicyName", "default")},
    };
    return response_read(planning, list, COUNT(list), err);
}

/* Why a snapshot of the volume cannot be shared; NULL: it can be. */
static const char *obstacle(struct planning *planning, const char *key)
{
    struct arena *arena = planning->arena;
    json_t *params = plan_pack(arena, "{s:s}", "KeyId", key);
    const char *code = state_code(planning, "kms:DescribeKey", params);
    const json_t *found = state_at(planning, "kms:DescribeKey", params, "KeyMetadata");
    if (code)
        return arena_printf(arena, "its key %s cannot be looked at (%s)", key, code);
    if (strcmp(reply_text(found, "KeyManager"), "AWS") == 0)
        return arena_printf(arena,
                            "it is encrypted with AWS's own key for EBS (%s), under which nothing "
                            "can be shared: once it is complete, copy it under a key of yours",
                            key);
    if (strcmp(reply_text(found, "KeyState"), "Enabled") != 0)
        return arena_printf(arena, "its key %s is %s", key, reply_text(found, "KeyState"));
    return NULL;
}

static void share_encrypted(const struct sharing *sharing, const char *volume, const char *key)
{
    struct planning *planning = sharing->machine->planning;
    const char *why = obstacle(planning, key);
    if (why) {
        response_say(planning, NOTE_NOT_COVERED,
                     "the snapshot of %s is not shared with account %s: %s", volume,
                     sharing->account, why);
        return;
    }
    share_step(sharing, volume);
    json_t *params =
        plan_pack(planning->arena, "{s:s, s:s}", "KeyId", key, "PolicyName", "default");
    const json_t *policy =
        policy_read(state_at(planning, "kms:GetKeyPolicy", params, "Policy"), planning->arena);
    if (!policy_admits(policy, sharing->account))
        grant_step(sharing, key);
}

bool machine_share(struct machine *machine, struct error *err)
{
    struct planning *planning = machine->planning;
    struct sharing sharing = {.machine = machine,
                              .account = json_get_string(planning->suspect->wishes, "share", NULL)};
    json_t *volumes = machine_preservable(machine);
    if (!sharing.account)
        return true;
    for (size_t i = 0; i < json_array_size(volumes); i++) {
        const json_t *one = json_array_get(volumes, i);
        const char *volume = reply_text(one, "volumeId"), *key = reply_text(one, "kmsKeyId");
        if (!reply_bool(one, "encrypted")) {
            share_step(&sharing, volume);
            continue;
        }
        if (!read_key(planning, key, err))
            return false;
        share_encrypted(&sharing, volume, key);
    }
    response_say(planning, NOTE_BY_HAND,
                 "account %s copies the shared snapshots under a key of its own: until then they "
                 "end with this account's",
                 sharing.account);
    return true;
}
