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

static json_t *permission(const struct sharing *sharing, json_t *snapshot, const char *type)
{
    return plan_pack(sharing->machine->planning->arena, "{s:O, s:s, s:s, s:[s]}", "SnapshotId",
                     snapshot, "Attribute", "createVolumePermission", "OperationType", type,
                     "UserId", sharing->account);
}

static void share_step(const struct sharing *sharing, const char *volume, json_t *snapshot)
{
    struct planning *planning = sharing->machine->planning;
    struct arena *arena = planning->arena;
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
        return arena_printf(
            arena,
            "it is encrypted with AWS's own key for EBS (%s), under which nothing "
            "can be shared: --key KEY copies it under a key of yours, once it is complete",
            key);
    if (strcmp(reply_text(found, "KeyState"), "Enabled") != 0)
        return arena_printf(arena, "its key %s is %s", key, reply_text(found, "KeyState"));
    return NULL;
}

static void grant_where_needed(const struct sharing *sharing, const char *key)
{
    struct planning *planning = sharing->machine->planning;
    json_t *params =
        plan_pack(planning->arena, "{s:s, s:s}", "KeyId", key, "PolicyName", "default");
    const json_t *policy =
        policy_read(state_at(planning, "kms:GetKeyPolicy", params, "Policy"), planning->arena);
    if (!policy_admits(policy, sharing->account))
        grant_step(sharing, key);
}

/* Under a key of ours instead, which may be shared. */
static bool share_copy(const struct sharing *sharing, const char *volume, struct error *err)
{
    struct planning *planning = sharing->machine->planning;
    const char *key = json_get_string(planning->suspect->wishes, "key", NULL);
    const char *id = machine_copy_id(sharing->machine, volume), *why;
    if (!key)
        return true;
    if (!read_key(planning, key, err))
        return false;
    why = obstacle(planning, key);
    if (why)
        return error_set(err, ERROR_REFUSED, "key %s cannot be copied to: %s", key, why);
    if (!machine_copy(sharing->machine, volume, key, err))
        return false;
    if (!plan_find(planning->plan,
                   arena_printf(planning->arena, "%zu.%s", planning->suspect->number, id)))
        return true;
    share_step(sharing, volume, plan_of(planning->plan, planning->suspect, id, "snapshotId"));
    grant_where_needed(sharing, key);
    return true;
}

static bool share_encrypted(const struct sharing *sharing, const char *volume, const char *key,
                            struct error *err)
{
    struct planning *planning = sharing->machine->planning;
    const char *why = obstacle(planning, key);
    if (why) {
        response_say(planning, NOTE_NOT_COVERED,
                     "the snapshot of %s is not shared with account %s: %s", volume,
                     sharing->account, why);
        return share_copy(sharing, volume, err);
    }
    share_step(sharing, volume, machine_snapshot(sharing->machine, volume));
    grant_where_needed(sharing, key);
    return true;
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
            share_step(&sharing, volume, machine_snapshot(machine, volume));
            continue;
        }
        if (!read_key(planning, key, err) || !share_encrypted(&sharing, volume, key, err))
            return false;
    }
    response_say(planning, NOTE_BY_HAND,
                 "account %s copies the shared snapshots under a key of its own: until then they "
                 "end with this account's",
                 sharing.account);
    return true;
}
