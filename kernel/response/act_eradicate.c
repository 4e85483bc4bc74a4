/* What destroys: R08 and R23. Rows of %eradicate, which wants a decision and a watched silence;
 * here each wants the target to be contained already. Nothing of it can be taken back. */
#include "response/act_role.h"
#include "response/act_user.h"
#include "response/arn.h"
#include "response/check.h"
#include "response/deny.h"

#include <string.h>

#define GONE "what is deleted stays deleted; the saved state says what it was"

/* One thing of a principal that has to go. */
struct remains {
    const char *list_op, *list, *id; /* where it is listed, by which member; NULL: by itself */
    const char *op, *as;             /* the call, and the id's name there */
    const char *words;
};

/* What denies goes last: until then nothing that could act is left without it. */
static enum wave wave_of(const struct planning *planning, const char *id)
{
    bool denies = strncmp(id, QUARANTINE, strlen(QUARANTINE)) == 0 ||
                  strcmp(id, QUARANTINE_SESSIONS) == 0 ||
                  strcmp(id, policy_deny_all(planning)) == 0;
    return denies ? WAVE_FURNISH : WAVE_PREPARE;
}

static void destroy(struct planning *planning, const struct principal *kind,
                    const struct remains *row, const char *id)
{
    struct arena *arena = planning->arena;
    const char *name = planning->suspect->name, *last = strrchr(id, '/');
    struct step step = {.id = arena_printf(arena, "%s-%s", row->op + 4, last ? last + 1 : id),
                        .wave = wave_of(planning, id),
                        .words =
                            arena_printf(arena, "%s %s of %s %s", row->words, id, kind->word, name),
                        .op = row->op,
                        .params = plan_pack(arena, "{s:s, s:s}", kind->owner, name, row->as, id),
                        .check = {.op = row->list_op,
                                  .params = principal_params(planning, kind),
                                  .list = row->list,
                                  .key = row->id,
                                  .id = arena_strdup(arena, id),
                                  .absent = true},
                        .flags = STEP_NEEDED | STEP_EXTENDS,
                        .why = GONE};
    response_step(planning, &step);
}

static void destroy_all(struct planning *planning, const struct principal *kind,
                        const struct remains *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_t *list =
            state_list(planning, rows[i].list_op, principal_params(planning, kind), rows[i].list);
        for (size_t j = 0; j < json_array_size(list); j++) {
            const json_t *one = json_array_get(list, j);
            const char *id = rows[i].id ? reply_text(one, rows[i].id) : json_string_value(one);
            if (id && *id)
                destroy(planning, kind, &rows[i], id);
        }
    }
}

static void destroy_principal(struct planning *planning, const struct principal *kind,
                              const char *op)
{
    struct arena *arena = planning->arena;
    const char *name = planning->suspect->name;
    struct step step = {
        .id = "delete",
        .wave = WAVE_REST,
        .words = arena_printf(arena, "delete %s %s", kind->word, name),
        .op = op,
        .params = principal_params(planning, kind),
        .check = {.op = kind->get_op, .params = principal_params(planning, kind), .absent = true},
        .flags = STEP_NEEDED,
        .why = GONE};
    response_step(planning, &step);
}

/* Only what is contained is destroyed. */
static bool is_denied(const struct planning *planning, const struct principal *kind)
{
    json_t *params = principal_params(planning, kind);
    json_t *inlined = state_list(planning, kind->inlined->list_op, params, "PolicyNames");
    json_t *attached = state_list(planning, kind->attached_op, params, "AttachedPolicies");
    for (size_t i = 0; i < json_array_size(inlined); i++)
        if (strcmp(json_string_value(json_array_get(inlined, i)), QUARANTINE) == 0)
            return true;
    for (size_t i = 0; i < json_array_size(attached); i++)
        if (strcmp(reply_text(json_array_get(attached, i), "PolicyArn"),
                   policy_deny_all(planning)) == 0)
            return true;
    return strcmp(reply_text(state_at(planning, kind->get_op, params, NULL), kind->boundary),
                  policy_deny_all(planning)) == 0;
}

static bool not_contained(const char *target, struct error *err)
{
    (void)error_set(err, ERROR_REFUSED, "%s is not contained: it may still act", target);
    return error_hint(err, "%%contain %s first, then %%watch its silence.", target);
}

static bool may_go(const struct planning *planning, const struct principal *kind, struct error *err)
{
    const char *name = arena_printf(planning->arena, "%s/%s", kind->word, planning->suspect->name);
    return is_denied(planning, kind) || not_contained(name, err);
}

/* ---- a key --------------------------------------------------------------------------------------
 */

extern const struct action action_key;

static enum claim claims_key(const char *text, struct arena *arena, struct suspect *out)
{
    return action_key.claims(text, arena, out);
}

static bool find_key(struct planning *planning, struct error *err)
{
    return action_key.find(planning, err);
}

static bool plan_key(struct planning *planning, struct error *err)
{
    static const struct remains row = {"iam:ListAccessKeys", "AccessKeyMetadata",
                                       "AccessKeyId",        "iam:DeleteAccessKey",
                                       "AccessKeyId",        "delete access key"};
    const char *key = planning->suspect->part;
    if (!user_find(planning, err))
        return false;
    json_t *keys =
        state_list(planning, row.list_op, principal_params(planning, &principal_user), row.list);
    for (size_t i = 0; i < json_array_size(keys); i++)
        if (strcmp(reply_text(json_array_get(keys, i), "AccessKeyId"), key) == 0 &&
            strcmp(reply_text(json_array_get(keys, i), "Status"), "Inactive") != 0)
            return not_contained(key, err);
    destroy(planning, &principal_user, &row, key);
    return true;
}

const struct action action_eradicate_key = {
    .name = "delete-key",
    .summary = "AKIA...: deletes an access key that is inactive; its id stays in the record",
    .undone = "not at all",
    .not_covered = "sessions that were made with it",
    .destroys = true,
    .claims = claims_key,
    .find = find_key,
    .plan = plan_key,
};

/* ---- MFA devices --------------------------------------------------------------------------------
 */

static const struct remains mfa_device = {"iam:ListMFADevices", "MFADevices",
                                          "SerialNumber",       "iam:DeactivateMFADevice",
                                          "SerialNumber",       "deactivate MFA device"};

static enum claim claims_mfa(const char *text, struct arena *arena, struct suspect *out)
{
    if (strncmp(text, "mfa/", 4) != 0 || !text[4])
        return CLAIM_NO;
    out->name = arena_strdup(arena, text + 4);
    return CLAIM_YES;
}

static bool plan_mfa(struct planning *planning, struct error *err)
{
    if (!user_find(planning, err) || !may_go(planning, &principal_user, err))
        return false;
    destroy_all(planning, &principal_user, &mfa_device, 1);
    return true;
}

const struct action action_eradicate_mfa = {
    .name = "drop-mfa",
    .summary =
        "mfa/USER: deactivates the MFA devices of a contained user, which an attacker may have "
        "registered",
    .undone = "not at all: only the owner can register a device again, with two codes of it",
    .not_covered = "the user's password",
    .destroys = true,
    .claims = claims_mfa,
    .find = user_find,
    .plan = plan_mfa,
};

/* ---- users and roles ----------------------------------------------------------------------------
 */

static const struct remains of_user[] = {
    {"iam:ListAccessKeys", "AccessKeyMetadata", "AccessKeyId", "iam:DeleteAccessKey", "AccessKeyId",
     "delete access key"},
    {"iam:ListMFADevices", "MFADevices", "SerialNumber", "iam:DeactivateMFADevice", "SerialNumber",
     "deactivate MFA device"},
    {"iam:ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId", "iam:DeleteSSHPublicKey",
     "SSHPublicKeyId", "delete SSH key"},
    {"iam:ListSigningCertificates", "Certificates", "CertificateId", "iam:DeleteSigningCertificate",
     "CertificateId", "delete certificate"},
    {"iam:ListServiceSpecificCredentials", "ServiceSpecificCredentials",
     "ServiceSpecificCredentialId", "iam:DeleteServiceSpecificCredential",
     "ServiceSpecificCredentialId", "delete credential"},
    {"iam:ListGroupsForUser", "Groups", "GroupName", "iam:RemoveUserFromGroup", "GroupName",
     "leave group"},
    {"iam:ListUserPolicies", "PolicyNames", NULL, "iam:DeleteUserPolicy", "PolicyName",
     "delete inline policy"},
    {"iam:ListAttachedUserPolicies", "AttachedPolicies", "PolicyArn", "iam:DetachUserPolicy",
     "PolicyArn", "detach policy"},
};

static const struct remains of_role[] = {
    {"iam:ListRolePolicies", "PolicyNames", NULL, "iam:DeleteRolePolicy", "PolicyName",
     "delete inline policy"},
    {"iam:ListAttachedRolePolicies", "AttachedPolicies", "PolicyArn", "iam:DetachRolePolicy",
     "PolicyArn", "detach policy"},
    {"iam:ListInstanceProfilesForRole", "InstanceProfiles", "InstanceProfileName",
     "iam:RemoveRoleFromInstanceProfile", "InstanceProfileName", "leave instance profile"},
};

static enum claim claims_user(const char *text, struct arena *arena, struct suspect *out)
{
    return response_claims_iam(text, "user", arena, out);
}

static void drop_login(struct planning *planning)
{
    json_t *params = principal_params(planning, &principal_user);
    struct step step = {.id = "login",
                        .wave = WAVE_PREPARE,
                        .words =
                            arena_printf(planning->arena, "delete the console password of user %s",
                                         planning->suspect->name),
                        .op = "iam:DeleteLoginProfile",
                        .params = params,
                        .check = {.op = "iam:GetLoginProfile", .params = params, .absent = true},
                        .flags = STEP_NEEDED,
                        .why = GONE};
    if (!state_code(planning, "iam:GetLoginProfile", params))
        response_step(planning, &step);
}

static bool plan_user(struct planning *planning, struct error *err)
{
    if (!user_find(planning, err) || !may_go(planning, &principal_user, err))
        return false;
    drop_login(planning);
    destroy_all(planning, &principal_user, of_user, COUNT(of_user));
    destroy_principal(planning, &principal_user, "iam:DeleteUser");
    return true;
}

const struct action action_eradicate_user = {
    .name = "delete-user",
    .summary =
        "a user that is contained: its credentials, MFA devices, password, policies and groups, "
        "then itself",
    .undone = "not at all",
    .not_covered = "what it made: roles, instances, policies",
    .destroys = true,
    .claims = claims_user,
    .find = user_find,
    .plan = plan_user,
};

static enum claim claims_role(const char *text, struct arena *arena, struct suspect *out)
{
    return response_claims_iam(text, "role", arena, out);
}

static bool plan_role(struct planning *planning, struct error *err)
{
    if (!role_find(planning, err) || !may_go(planning, &principal_role, err))
        return false;
    destroy_all(planning, &principal_role, of_role, COUNT(of_role));
    destroy_principal(planning, &principal_role, "iam:DeleteRole");
    return true;
}

const struct action action_eradicate_role = {
    .name = "delete-role",
    .summary = "a role that is contained at level full: its policies and profiles, then itself",
    .undone = "not at all",
    .not_covered = "instances that had it",
    .destroys = true,
    .claims = claims_role,
    .find = role_find,
    .plan = plan_role,
};
