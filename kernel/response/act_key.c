/* A long-term access key. Off alone it would leave the sessions alive that were made with it, so
 * its user is contained with it unless --level key. */
#include "response/act_user.h"
#include "response/arn.h"
#include "response/check.h"

#include <string.h>

static const char *const levels[] = {"user", "key", NULL};

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    if (!is_id(text, "AKIA"))
        return CLAIM_NO;
    out->part = arena_strdup(arena, text);
    return CLAIM_YES;
}

/* STS tells of any key whose account it belongs to. */
static bool is_elsewhere(const struct planning *planning, const json_t *params, struct error *err)
{
    const char *key = planning->suspect->part;
    const char *owner =
        json_string_value(state_at(planning, "sts:GetAccessKeyInfo", params, "Account"));
    if (owner && strcmp(owner, planning->account) != 0) {
        (void)error_set(err, ERROR_REFUSED, "access key %s belongs to account %s, not to %s", key,
                        owner, planning->account);
        return !error_hint(err, "%%set accounts %s=PROFILE leads there; then --account %s.", owner,
                           owner);
    }
    return false;
}

static bool not_here(const struct planning *planning, struct error *err)
{
    const char *key = planning->suspect->part;
    (void)error_set(err, ERROR_NOT_FOUND, "no user of account %s has the access key %s",
                    planning->account, key);
    return error_hint(err,
                      "It was deleted, is mistyped, or is the root user's, whose keys only root "
                      "itself can switch off: sign in as root. What it made lives on: %%trace %s",
                      key);
}

static bool find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *params = plan_pack(planning->arena, "{s:s}", "AccessKeyId", suspect->part);
    struct reading list[] = {{.op = "iam:GetAccessKeyLastUsed", .params = params},
                             {.op = "sts:GetAccessKeyInfo", .params = params}};
    if (!response_read(planning, list, COUNT(list), err) || is_elsewhere(planning, params, err))
        return false;
    const char *code = state_code(planning, list[0].op, params);
    const json_t *user = state_at(planning, list[0].op, params, "UserName");
    const char *name = json_string_value(user);
    if (code && !code_is_absent(code) && strcmp(code, "AccessDenied") != 0)
        return response_unread(planning, list[0].op, params, err);
    if (!name || !*name)
        return not_here(planning, err);
    suspect->name = name;
    return user_find(planning, err);
}

static bool plan(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    if (strcmp(suspect->level, "user") == 0)
        return user_plan(planning, err);
    if (!user_find(planning, err))
        return false;
    json_t *params = plan_pack(planning->arena, "{s:s}", "UserName", suspect->name);
    json_t *keys = state_list(planning, "iam:ListAccessKeys", params, "AccessKeyMetadata");
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);
        if (strcmp(reply_text(key, "AccessKeyId"), suspect->part) == 0)
            user_plan_key(planning, suspect->part, reply_text(key, "Status"));
    }
    response_say(
        planning, NOTE_NOT_COVERED,
        "sessions made with the key (GetSessionToken, GetFederationToken) live on for up to "
        "36 hours, and user %s keeps its other credentials: --level user ends both",
        suspect->name);
    return true;
}

const struct action action_key = {
    .name = "key",
    .summary = "an access key (AKIA...) with its user, who is contained as by user; --level key "
               "deactivates the key alone",
    .undone = "as for the user; the key stays off unless --restore-access names it",
    .not_covered = "role sessions that were begun with it; with --level key also the sessions made "
                   "with it, and the user's other credentials",
    .levels = levels,
    .claims = claims,
    .find = find,
    .plan = plan,
};
