/* Into which account as whom: the chain's own identity, and what `%set accounts` says of others. */
#include "response/response_state.h"

#include "base/time.h"
#include "response/arn.h"

#include <string.h>

#define LIFE_LEAST (INT64_C(15) * 60 * 1000000)

/* "111122223333=profile or role ARN, ..." -> what the account is mapped to; NULL: it is not. */
static const char *mapped(const struct response *response, const char *account)
{
    const char *at = session_settings(response->with.session)->accounts;
    size_t size = strlen(account);
    while (at && *at) {
        at += strspn(at, ", ");
        size_t length = strcspn(at, ", ");
        if (length > size + 1 && strncmp(at, account, size) == 0 && at[size] == '=')
            return arena_strndup(response->arena, at + size + 1, length - size - 1);
        at += length;
    }
    return NULL;
}

bool response_as(const struct response *response, const char *account, struct job_as *out)
{
    const char *how = mapped(response, account);
    bool role = how && strncmp(how, "arn:", 4) == 0;
    *out = (struct job_as){
        .profile = role ? NULL : how, .role = role ? how : NULL, .account = account};
    return how != NULL;
}

static const struct aws_credentials *kept(struct arena *arena, const struct aws_credentials *found)
{
    struct aws_credentials *made = arena_alloc(arena, sizeof *made);
    made->access_key_id = arena_strdup(arena, found->access_key_id);
    made->secret_access_key = arena_strdup(arena, found->secret_access_key);
    made->session_token = found->session_token ? arena_strdup(arena, found->session_token) : NULL;
    made->behind = found->behind ? arena_strdup(arena, found->behind) : NULL;
    made->expires = found->expires;
    return made;
}

/* A profile's, or those that STS gives of a role of that account. */
static const struct aws_credentials *find(struct response *response, const struct job_as *as,
                                          struct error *err)
{
    const struct settings *session = session_settings(response->with.session);
    struct aws_settings settings = {.profile = as->role ? session->profile : as->profile,
                                    .region = response->region,
                                    .role = as->role,
                                    .base = as->role ? aws_keyring_of(response->with.aws) : NULL};
    struct aws *other = aws_new(&settings);
    const struct aws_credentials *found = NULL;
    guard_watch(response->guard, other);
    if (aws_find_credentials(other, response->with.cancel, &found, err))
        found = kept(response->secrets, found);
    else if (as->profile)
        (void)error_wrap(err, "profile %s", as->profile);
    aws_free(other);
    return found;
}

static bool lives(const struct aws_credentials *credentials, struct error *err)
{
    char left[TIME_TEXT_SIZE];
    int64_t life = credentials->expires ? credentials->expires - time_now() : LIFE_LEAST;
    if (life >= LIFE_LEAST)
        return true;
    (void)error_set(err, ERROR_REFUSED, "the credentials end in %s, perhaps in the middle",
                    time_duration(life > 0 ? life : 0, left));
    return error_hint(err, "Renew them (aws sso login, a new session), then run the cell again.");
}

static bool verify(struct response *response, struct access *access, struct error *err)
{
    struct aws_asking as = {.credentials = access->credentials, .cancel = response->with.cancel};
    struct arn arn;
    if (!guard_verify(response->guard, response->with.aws, &as, &access->caller, err))
        return false;
    access->account = access->caller->account;
    access->arn = access->caller->arn;
    access->partition = arn_read(access->arn, response->arena, &arn) ? arn.partition : "aws";
    access->next = response->accesses;
    response->accesses = access;
    return true;
}

/* What would end in the middle is renewed first, where that can be. */
static bool refresh(struct response *response, const struct aws_credentials **credentials,
                    struct error *err)
{
    bool anew;
    struct error short_lived = {0};
    return lives(*credentials, &short_lived) ||
           (aws_renew_credentials(response->with.aws, response->with.cancel, &anew, err) &&
            aws_find_credentials(response->with.aws, response->with.cancel, credentials, err));
}

static bool open_home(struct response *response, struct error *err)
{
    const struct aws_credentials *credentials;
    struct access *access = arena_alloc(response->arena, sizeof *access);
    if (!aws_find_credentials(response->with.aws, response->with.cancel, &credentials, err) ||
        !refresh(response, &credentials, err) || !lives(credentials, err) ||
        !verify(response, access, err))
        return false;
    access->behind =
        credentials->behind ? arena_strdup(response->arena, credentials->behind) : NULL;
    response->home = access;
    return true;
}

static bool open_other(struct response *response, const char *account, const struct access **out,
                       struct error *err)
{
    struct access *access = arena_alloc(response->arena, sizeof *access);
    struct job_as as;
    if (!response_as(response, account, &as)) {
        (void)error_set(err, ERROR_NOT_FOUND, "no access to account %s is set", account);
        return error_hint(err,
                          "%%set accounts %s=PROFILE, or %s=arn:aws:iam::%s:role/NAME; several "
                          "with commas between.",
                          account, account, account);
    }
    access->credentials = find(response, &as, err);
    if (!access->credentials || !lives(access->credentials, err) || !verify(response, access, err))
        return error_wrap(err, "account %s", account);
    if (strcmp(access->account, account) != 0)
        return error_set(err, ERROR_REFUSED,
                         "account %s is mapped to %s, which is %s of account %s", account,
                         as.role ? as.role : as.profile, access->arn, access->account);
    access->behind = access->credentials->behind;
    *out = access;
    return true;
}

/* The same one, in a new session. */
static bool is_same(struct response *response, const struct access *access, const char *arn)
{
    struct arn was, is;
    if (!arn_read(access->arn, response->arena, &was) || !arn_read(arn, response->arena, &is) ||
        strcmp(was.account, is.account) != 0 || strcmp(was.type, is.type) != 0)
        return false;
    bool session = strcmp(was.type, "assumed-role") == 0;
    size_t size = session ? strcspn(was.resource, "/") : strlen(was.resource);
    return strncmp(was.resource, is.resource, size + 1) == 0;
}

static bool renew(struct response *response, struct access *access, bool *anew, struct error *err)
{
    struct aws_asking as = {.cancel = response->with.cancel};
    const struct guard_caller *caller;
    if (access->credentials) {
        struct job_as way;
        if (response_as(response, access->account, &way))
            as.credentials = find(response, &way, err);
        if (!as.credentials)
            return false;
        *anew = strcmp(as.credentials->access_key_id, access->credentials->access_key_id) != 0;
    } else if (!aws_renew_credentials(response->with.aws, response->with.cancel, anew, err)) {
        return false;
    }
    if (!*anew || !guard_verify(response->guard, response->with.aws, &as, &caller, err))
        return !*anew;
    if (!is_same(response, access, caller->arn))
        return error_set(err, ERROR_REFUSED, "the credentials are another one's now: %s was %s",
                         caller->arn, access->arn);
    access->caller = caller;
    access->credentials = as.credentials;
    return true;
}

bool access_renew(struct response *response, bool *anew, struct error *err)
{
    bool ok = true;
    *anew = false;
    struct access *home = NULL;
    for (struct access *one = response->accesses; one; one = one->next)
        if (!one->credentials)
            home = one;
    if (home) /* roles of other accounts are assumed with these */
        ok = renew(response, home, anew, err);
    for (struct access *one = response->accesses; ok && one; one = one->next) {
        bool other = false;
        ok = one == home || renew(response, one, &other, err);
        *anew = *anew || other;
    }
    return ok;
}

bool access_find(struct response *response, const char *account, const struct access **out,
                 struct error *err)
{
    if (!response->home && !open_home(response, err))
        return false;
    *out = response->home;
    for (struct access *one = account ? response->accesses : NULL; one; one = one->next)
        if (strcmp(one->account, account) == 0) {
            *out = one;
            return true;
        }
    return !account || open_other(response, account, out, err);
}
