/* The client's credentials: of its keyring, found by the chain when they are needed. */
#include "aws/client.h"

#include "base/time.h"

#include <poll.h>
#include <string.h>

#define NAMES_MOST 12

/* Of profiles, since a name that is not there is mostly misspelt. */
static const char *names_of(const struct aws *aws, struct arena *arena)
{
    const char *words = "", *name;
    size_t count = 0;
    json_t *profiles = json_object_get(aws->profiles.sections, "profile"), *value;
    json_object_foreach(profiles, name, value)
    {
        if (count++ < NAMES_MOST)
            words = arena_printf(arena, "%s%s%s", words, *words ? ", " : "", name);
    }
    return count > NAMES_MOST ? arena_printf(arena, "%s, ...", words) : words;
}

static bool nothing_found(struct aws *aws, struct error *err)
{
    const char *profile = aws->profile;
    const char *names = names_of(aws, aws->arena);
    if (strcmp(profile, "default") != 0 && !aws_profiles_has(&aws->profiles, "profile", profile))
        (void)(error_set(err, ERROR_AWS, "there is no profile %s in %s", profile,
                         aws->profiles.config_path) ||
               (*names && error_detail(err, "profiles that are there: %s", names)));
    else
        (void)error_set(err, ERROR_AWS, "no credentials for AWS");
    (void)error_hint(err,
                     "Set AWS_PROFILE or %%set profile NAME, sign in (aws sso login), or use the "
                     "local engine, which needs none.");
    if (*aws->profiles.broken)
        (void)error_detail(err, "passed over: %s", aws->profiles.broken);
    return false;
}

/* Profiles and roles are somebody's to change: who is asked for one account never asks another. */
static bool is_of_account(struct chain *chain, const struct aws_credentials *found,
                          struct error *err)
{
    const char *account = chain->aws->settings.account;
    struct aws_asking asking = {
        .op = "sts:GetCallerIdentity", .credentials = found, .cancel = chain->cancel};
    json_t *reply;
    if (!account)
        return true;
    if (!aws_call(chain->aws, &asking, chain->arena, &reply, err))
        return error_wrap(err, "whose credentials these are");
    return strcmp(reply_text(reply, "Account"), account) == 0 ||
           error_set(err, ERROR_REFUSED, "the credentials are those of %s, not of account %s",
                     reply_text(reply, "Arn"), account);
}

static enum chain_result look(struct chain *chain, struct aws_credentials *out, struct error *err)
{
    enum chain_result result = CHAIN_FAILED;
    if (!config_read(chain->aws, err))
        return result;
    chain->profile = chain->aws->profile;
    if (!chain->aws->settings.role)
        result = chain_find(chain, out, err);
    else if (chain_given_role(chain, out, err))
        result = CHAIN_FOUND;
    return result == CHAIN_FOUND && !is_of_account(chain, out, err) ? CHAIN_FAILED : result;
}

/* It is ours to find them. What is there stays until others are found: what is renewed too early to
 * be needed may still hold where the machine's service is down (IMDS's static stability). */
static bool find(struct aws *aws, struct cancel *cancel, int64_t now, struct error *err)
{
    static const char *const nobody[] = {NULL};
    struct arena *arena = arena_new_secret();
    struct chain chain = {.aws = aws, .arena = arena, .cancel = cancel, .visited = nobody};
    struct aws_credentials found;
    enum chain_result result = look(&chain, &found, err);
    if (result == CHAIN_ABSENT)
        (void)nothing_found(aws, err);
    bool ok = result == CHAIN_FOUND;
    if (ok) {
        keyring_put(aws->keyring, &found, now);
    } else if (keyring_fail(aws->keyring, err, now) && result == CHAIN_FAILED &&
               err->kind != ERROR_INTERRUPTED) {
        error_clear(err);
        ok = true;
    }
    arena_free(arena);
    return ok;
}

static bool wait_for_others(const struct aws *aws, struct cancel *cancel, struct error *err)
{
    struct pollfd fds[] = {{.fd = keyring_fd(aws->keyring), .events = POLLIN},
                           {.fd = cancel ? cancel_fd(cancel) : -1, .events = POLLIN}};
    (void)poll(fds, COUNT(fds), -1);
    return !cancel || !cancel_raised(cancel) || error_set(err, ERROR_INTERRUPTED, "interrupted");
}

bool aws_find_credentials(struct aws *aws, struct cancel *cancel,
                          const struct aws_credentials **out, struct error *err)
{
    enum keyring_turn turn = KEYRING_WAIT;
    *out = &aws->credentials;
    while (turn == KEYRING_WAIT) {
        int64_t now = time_now() + aws->skew;
        turn = keyring_turn(aws->keyring, now);
        if (turn == KEYRING_RENEW && !find(aws, cancel, now, err))
            return false;
        if (turn == KEYRING_WAIT && !wait_for_others(aws, cancel, err))
            return false;
    }
    keyring_copy(aws->keyring, &aws->generation, &aws->credentials_arena, &aws->credentials);
    return true;
}

bool aws_renew_credentials(struct aws *aws, struct cancel *cancel, bool *anew, struct error *err)
{
    const struct aws_credentials *found;
    struct arena *arena = arena_new_secret();
    bool ok = aws_find_credentials(aws, cancel, &found, err);
    const char *key = ok ? arena_strdup(arena, found->access_key_id) : "";
    if (ok) {
        aws->profiles_read = false; /* somebody may have written new ones */
        keyring_spend(aws->keyring);
        ok = aws_find_credentials(aws, cancel, &found, err);
    }
    *anew = ok && strcmp(found->access_key_id, key) != 0;
    arena_free(arena);
    return ok;
}

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

bool credentials_take(struct aws_call *call, struct error *err)
{
    struct aws *aws = call->aws;
    const struct aws_credentials *found = call->asking.credentials;
    if (call->op->unsigned_call)
        return true;
    call->waiting = !found && aws->patient && !keyring_ready(aws->keyring, time_now() + aws->skew);
    if (call->waiting)
        return true;
    if (!found && aws->patient) {
        keyring_copy(aws->keyring, &aws->generation, &aws->credentials_arena, &aws->credentials);
        found = &aws->credentials;
    }
    if (!found && !aws_find_credentials(aws, call->asking.cancel, &found, err))
        return false;
    call->credentials = (struct aws_credentials){
        .access_key_id = copy(call->arena, found->access_key_id),
        .secret_access_key = copy(call->arena, found->secret_access_key),
        .session_token = copy(call->arena, found->session_token),
    };
    return true;
}

bool aws_is_waiting(const struct aws *aws)
{
    for (const struct aws_call *call = aws->first; call; call = call->next)
        if (call->waiting && !call->done)
            return true;
    return false;
}

bool aws_keyring_renew(struct aws_keyring *keyring, const struct aws_settings *settings,
                       struct cancel *cancel, struct error *err)
{
    struct aws_settings mine = *settings;
    mine.keyring = keyring;
    struct aws *aws = aws_new(&mine);
    bool ok = !keyring_begin(keyring) || find(aws, cancel, time_now(), err);
    aws_free(aws);
    return ok;
}
