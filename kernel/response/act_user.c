/* An IAM user: R03 and R04. Its sessions of GetSessionToken and GetFederationToken die with the
 * deny (they carry the user's policies), not with the keys. */
#include "response/act_user.h"

#include "response/check.h"
#include "response/deny.h"
#include "response/arn.h"

#include <string.h>

static const char *const levels[] = {"deny", "boundary", NULL};

/* What a user signs or signs in with, and can be switched off and on again. */
static const struct credential {
    const char *list_op, *list, *id, *update_op, *words;
} credentials[] = {
    {"iam:ListAccessKeys", "AccessKeyMetadata", "AccessKeyId", "iam:UpdateAccessKey", "access key"},
    {"iam:ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId", "iam:UpdateSSHPublicKey",
     "SSH public key"},
    {"iam:ListSigningCertificates", "Certificates", "CertificateId", "iam:UpdateSigningCertificate",
     "signing certificate"},
    {"iam:ListServiceSpecificCredentials", "ServiceSpecificCredentials",
     "ServiceSpecificCredentialId", "iam:UpdateServiceSpecificCredential",
     "service-specific credential"},
};

bool user_find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *params = principal_params(planning, &principal_user);
    struct reading list[] = {
        {.op = "iam:GetUser", .params = params},
        {.op = "iam:ListAttachedUserPolicies", .params = params},
        {.op = "iam:ListGroupsForUser", .params = params},
        {.op = "iam:GetLoginProfile", .params = params},
        {.op = "iam:ListMFADevices", .params = params},
        {.op = credentials[0].list_op, .params = params},
        {.op = credentials[1].list_op, .params = params},
        {.op = credentials[2].list_op, .params = params},
        {.op = credentials[3].list_op, .params = params},
    };
    if (!response_read(planning, list, COUNT(list), err) ||
        !inline_read(planning, &inline_of_user, err))
        return false;
    const char *code = state_code(planning, "iam:GetUser", params);
    if (code_is_absent(code))
        return response_absent(planning, "user", suspect->name, err);
    const json_t *user = state_at(planning, "iam:GetUser", params, "User");
    if (!user || code)
        return response_unread(planning, "iam:GetUser", params, err);
    suspect->name = reply_text(user, "UserName");
    suspect->arn = reply_text(user, "Arn");
    suspect->unique_id = reply_text(user, "UserId");
    return true;
}

static void credential_step(struct planning *planning, const struct credential *kind,
                            const char *id, const char *status)
{
    struct arena *arena = planning->arena;
    const char *name = planning->suspect->name;
    json_t *off =
        plan_pack(arena, "{s:s, s:s, s:s}", "UserName", name, kind->id, id, "Status", "Inactive");
    json_t *on =
        plan_pack(arena, "{s:s, s:s, s:s}", "UserName", name, kind->id, id, "Status", "Active");
    struct check check = {.op = kind->list_op,
                          .params = principal_params(planning, &principal_user),
                          .list = kind->list,
                          .key = kind->id,
                          .id = id,
                          .path = "Status"};
    bool was_on = strcmp(status, "Active") == 0;
    struct step step = {
        .id = arena_printf(arena, "off-%s", id),
        .wave = WAVE_DISABLE,
        .words = arena_printf(arena, "deactivate %s %s of user %s", kind->words, id, name),
        .op = kind->update_op,
        .params = off,
        .check = check,
        .flags = STEP_EXTENDS | STEP_ACCESS,
        .credential = id,
        .why = was_on ? NULL : "it was inactive before"};
    step.check.want = json_own(arena, json_string("Inactive"));
    if (was_on) {
        step.undo.op = kind->update_op;
        step.undo.params = on;
        step.undo.words = arena_printf(arena, "activate %s %s again", kind->words, id);
        step.undo.check = check;
        step.undo.check.want = json_own(arena, json_string("Active"));
    }
    response_step(planning, &step);
}

void user_plan_key(struct planning *planning, const char *key, const char *status)
{
    credential_step(planning, &credentials[0], key, status);
}

static void credential_steps(struct planning *planning)
{
    for (size_t kind = 0; kind < COUNT(credentials); kind++) {
        const struct credential *row = &credentials[kind];
        json_t *list = state_list(planning, row->list_op,
                                  principal_params(planning, &principal_user), row->list);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *one = json_array_get(list, i);
            credential_step(planning, row, reply_text(one, row->id), reply_text(one, "Status"));
        }
        const char *code =
            state_code(planning, row->list_op, principal_params(planning, &principal_user));
        if (code && !code_is_absent(code))
            response_say(planning, NOTE_NOT_COVERED, "%ss of user %s could not be read (%s)",
                         row->words, planning->suspect->name, code);
    }
}

bool user_plan(struct planning *planning, struct error *err)
{
    const char *name = planning->suspect->name;
    json_t *params = principal_params(planning, &principal_user);
    if (!user_find(planning, err))
        return false;
    if (planning->suspect->action->levels == levels &&
        strcmp(planning->suspect->level, "boundary") == 0)
        deny_by_boundary(planning, &principal_user, NULL);
    else
        deny_everything(planning, &principal_user);
    credential_steps(planning);
    if (!state_code(planning, "iam:GetLoginProfile", params))
        response_say(planning, NOTE_NOT_COVERED,
                     "the console password of user %s stays, for a deleted one cannot be put back: "
                     "whoever signs in with it is denied everything",
                     name);
    response_say(planning, NOTE_NOT_COVERED,
                 "sessions of roles that user %s assumed go on without its policies: contain those "
                 "roles",
                 name);
    response_say(planning, NOTE_SAVED,
                 "user %s as it is: policies, boundary, groups, keys and other credentials, login "
                 "profile, MFA devices",
                 name);
    return true;
}

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    return response_claims_iam(text, "user", arena, out);
}

const struct action action_user = {
    .name = "user",
    .summary =
        "an IAM user: denies it everything twice (an inline policy, and AWSDenyAll attached), "
        "then deactivates its access keys, SSH keys, certificates and service-specific "
        "credentials",
    .undone = "policies and boundary as they were; credentials stay off unless --restore-access "
              "names them",
    .not_covered = "role sessions that it assumed, its console password (denied, not deleted)",
    .levels = levels,
    .claims = claims,
    .find = user_find,
    .plan = user_plan,
};
