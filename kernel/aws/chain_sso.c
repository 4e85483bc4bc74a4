/* What a person has signed in for: IAM Identity Center (aws sso login) and aws login. */
#include "aws/client.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define CACHE_MOST ((size_t)1 << 20)
#define RENEW_BEFORE                                                                               \
    900000000 /* microseconds: AWS's own tools renew a token in its last 15 min                    \
               */

/* ---- the cached token ---------------------------------------------------------------------------
 */

struct session {
    const char *name; /* of the sso-session, NULL: the old form in the profile itself */
    const char *region, *start_url;
    const char *path; /* of the cache file */
    json_t *token;    /* what it holds */
};

static bool setting_of_session(struct chain *chain, struct session *session, const char *key,
                               const char **out, struct error *err)
{
    const char *of_profile = chain_setting(chain, key);
    const char *of_session =
        session->name ? aws_profiles_get(&chain->aws->profiles, "sso-session", session->name, key)
                      : NULL;
    *out = of_session ? of_session : of_profile;
    if (session->name && of_session && of_profile && strcmp(of_session, of_profile) != 0)
        return error_set(err, ERROR_AWS, "profile %s and sso-session %s differ in %s",
                         chain->profile, session->name, key);
    return *out || error_set(err, ERROR_AWS, "%s is missing for profile %s", key, chain->profile);
}

static bool find_session(struct chain *chain, struct session *session, struct error *err)
{
    char digest[2 * HASH_SHA1_SIZE + 1];
    session->name = chain_setting(chain, "sso_session");
    if (session->name && !aws_profiles_has(&chain->aws->profiles, "sso-session", session->name))
        return error_set(err, ERROR_AWS, "profile %s names the sso-session %s, which is not there",
                         chain->profile, session->name);
    if (!setting_of_session(chain, session, "sso_region", &session->region, err) ||
        !setting_of_session(chain, session, "sso_start_url", &session->start_url, err))
        return false;
    const char *key = session->name ? session->name : session->start_url;
    hash_sha1_hex(key, strlen(key), digest);
    session->path =
        file_expand(chain->arena, arena_printf(chain->arena, "~/.aws/sso/cache/%s.json", digest));
    return true;
}

static bool sign_in(const struct chain *chain, const struct session *session, struct error *err)
{
    (void)error_set(err, ERROR_AWS, "you are not signed in for profile %s, or no longer",
                    chain->profile);
    return session->name
               ? error_hint(err, "In a terminal: aws sso login --sso-session %s", session->name)
               : error_hint(err, "In a terminal: aws sso login --profile %s", chain->profile);
}

static bool read_token(struct chain *chain, struct session *session, struct error *err)
{
    char *text;
    size_t size;
    struct error ignored;
    error_clear(&ignored);
    session->token = file_read(chain->arena, session->path, CACHE_MOST, &text, &size, &ignored)
                         ? json_parse(chain->arena, text, size, CACHE_MOST, &ignored)
                         : NULL;
    return *json_get_string(session->token, "accessToken", "") || sign_in(chain, session, err);
}

static int64_t time_at(const json_t *object, const char *name)
{
    const char *text = json_get_string(object, name, "");
    int64_t time = 0;
    return time_parse(text, strlen(text), &time) ? time : 0;
}

/* A new token by the refresh token; it goes back into the cache, as AWS's tools do it. */
static bool renew(struct chain *chain, struct session *session, struct error *err)
{
    json_t *token = session->token, *reply = NULL;
    json_t *params = json_own(
        chain->arena,
        json_pack("{s:s, s:s, s:s, s:s}", "clientId", json_get_string(token, "clientId", ""),
                  "clientSecret", json_get_string(token, "clientSecret", ""), "grantType",
                  "refresh_token", "refreshToken", json_get_string(token, "refreshToken", "")));
    struct aws_asking asking = {.op = "sso-oidc:CreateToken",
                                .params = params,
                                .region = session->region,
                                .cancel = chain->cancel};
    if (!aws_call(chain->aws, &asking, chain->arena, &reply, err))
        return false;
    char expires[TIME_TEXT_SIZE];
    (void)time_iso(time_now() + reply_int(reply, "expiresIn", 0) * 1000000, expires);
    (void)json_object_set_new(token, "accessToken", json_string(reply_text(reply, "accessToken")));
    (void)json_object_set_new(token, "expiresAt", json_string(expires));
    if (*reply_text(reply, "refreshToken"))
        (void)json_object_set_new(token, "refreshToken",
                                  json_string(reply_text(reply, "refreshToken")));
    size_t size;
    const char *text = json_dump(chain->arena, token, &size);
    struct error ignored;
    error_clear(&ignored);
    if (!file_replace(session->path, text, size, 0600, &ignored))
        log_line(LOG_LEVEL_WARN, "aws", "the renewed sign-in is not kept: %s", ignored.message);
    return true;
}

/* A token that holds: the cached one, or a new one while it can be renewed. */
static bool find_token(struct chain *chain, struct session *session, struct error *err)
{
    if (!read_token(chain, session, err))
        return false;
    int64_t now = time_now(), expires = time_at(session->token, "expiresAt");
    bool renewable = *json_get_string(session->token, "refreshToken", "") &&
                     time_at(session->token, "registrationExpiresAt") > now;
    if (expires > now + RENEW_BEFORE)
        return true;
    struct error problem;
    error_clear(&problem);
    if (renewable && renew(chain, session, &problem))
        return true;
    if (problem.kind == ERROR_INTERRUPTED) {
        *err = problem;
        return false;
    }
    return expires > now || sign_in(chain, session, err);
}

/* ---- sso ----------------------------------------------------------------------------------------
 */

static bool take_role(struct chain *chain, struct aws_credentials *out, struct error *err)
{
    static const struct chain_names names = {"accessKeyId", "secretAccessKey", "sessionToken",
                                             NULL};
    const char *account = chain_setting(chain, "sso_account_id");
    const char *role = chain_setting(chain, "sso_role_name");
    struct session session = {NULL, NULL, NULL, NULL, NULL};
    if (!account || !role)
        return error_set(err, ERROR_AWS, "profile %s has no %s", chain->profile,
                         account ? "sso_role_name" : "sso_account_id");
    if (!find_session(chain, &session, err) || !find_token(chain, &session, err))
        return false;
    json_t *params = json_own(
        chain->arena, json_pack("{s:s, s:s, s:s}", "roleName", role, "accountId", account,
                                "accessToken", json_get_string(session.token, "accessToken", "")));
    json_t *reply = NULL;
    struct aws_asking asking = {.op = "sso:GetRoleCredentials",
                                .params = params,
                                .region = session.region,
                                .cancel = chain->cancel};
    if (!aws_call(chain->aws, &asking, chain->arena, &reply, err)) {
        if (!strstr(err->message, "UnauthorizedException"))
            return false;
        error_clear(err); /* the token holds no longer: what to do says more than AWS's words */
        return sign_in(chain, &session, err);
    }
    out->source =
        arena_printf(chain->arena, "IAM Identity Center: role %s in account %s (profile %s)", role,
                     account, chain->profile);
    out->account = account;
    if (!chain_read(chain, reply_at(reply, "roleCredentials"), &names, out, err))
        return false;
    out->expires = reply_int(reply, "roleCredentials.expiration", 0) * 1000; /* milliseconds */
    return true;
}

enum chain_result chain_sso(struct chain *chain, struct aws_credentials *out, struct error *err)
{
    if (!chain_setting(chain, "sso_account_id") && !chain_setting(chain, "sso_role_name"))
        return CHAIN_ABSENT;
    return take_role(chain, out, err) ? CHAIN_FOUND : CHAIN_FAILED;
}

/* ---- aws login ----------------------------------------------------------------------------------
 */

static bool take_login(struct chain *chain, const char *name, struct aws_credentials *out,
                       struct error *err)
{
    static const struct chain_names names = {"accessKeyId", "secretAccessKey", "sessionToken",
                                             "expiresAt"};
    unsigned char digest[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1], *text;
    size_t size;
    const char *folder = getenv("AWS_LOGIN_CACHE_DIRECTORY");
    hash_sha256(name, strlen(name), digest);
    hash_hex(digest, sizeof digest, hex);
    folder = file_expand(chain->arena, folder && *folder ? folder : "~/.aws/login/cache");
    const char *path = arena_printf(chain->arena, "%s/%s.json", folder, hex);
    struct error ignored;
    error_clear(&ignored);
    json_t *cached = file_read(chain->arena, path, CACHE_MOST, &text, &size, &ignored)
                         ? json_parse(chain->arena, text, size, CACHE_MOST, &ignored)
                         : NULL;
    const json_t *token = json_object_get(cached, "accessToken");
    out->source = arena_printf(chain->arena, "aws login as %s (profile %s)", name, chain->profile);
    if (token && chain_read(chain, token, &names, out, &ignored) && out->expires > time_now()) {
        out->account = json_get_string(token, "accountId", NULL);
        return true;
    }
    (void)error_set(err, ERROR_AWS, "the sign-in of profile %s is over", chain->profile);
    return error_hint(err, "In a terminal: aws login --profile %s", chain->profile);
}

enum chain_result chain_login(struct chain *chain, struct aws_credentials *out, struct error *err)
{
    const char *name = chain_setting(chain, "login_session");
    if (!name)
        return CHAIN_ABSENT;
    return take_login(chain, name, out, err) ? CHAIN_FOUND : CHAIN_FAILED;
}
