/* What STS gives: assumed roles, with chains and MFA, and web identities. */
#include "aws/client.h"

#include "base/file.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHAIN_MOST 16 /* profiles, one taking from the next */
#define TOKEN_MOST ((size_t)64 << 10)

static const char *session_name(struct chain *chain)
{
    const char *given = chain_setting(chain, "role_session_name");
    return given ? given
                 : arena_printf(chain->arena, "cofferdam-%lld", (long long)(time_now() / 1000000));
}

/* Credentials of STS's reply. */
static bool read_reply(struct chain *chain, const json_t *reply, const char *role,
                       struct aws_credentials *out, struct error *err)
{
    static const struct chain_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken",
                                             "Expiration"};
    const char *arn = reply_text(reply, "AssumedRoleUser.Arn");
    const char *account = strncmp(arn, "arn:", 4) == 0 ? strstr(arn, "::") : NULL;
    out->source =
        arena_printf(chain->arena, "role %s, assumed by profile %s", role, chain->profile);
    if (account && strlen(account) > 14)
        out->account = arena_strndup(chain->arena, account + 2, 12);
    return chain_read(chain, reply_at(reply, "Credentials"), &names, out, err);
}

/* ---- the source ---------------------------------------------------------------------------------
 */

static enum chain_result only_environment(struct chain *chain, struct aws_credentials *out)
{
    const char *key = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY");
    const char *token = getenv("AWS_SESSION_TOKEN");
    (void)chain;
    if (!key || !*key || !secret || !*secret)
        return CHAIN_ABSENT;
    *out = (struct aws_credentials){.access_key_id = key,
                                    .secret_access_key = secret,
                                    .session_token = token && *token ? token : NULL,
                                    .source = "the environment"};
    return CHAIN_FOUND;
}

static bool from_service(struct chain *chain, const char *name, struct aws_credentials *out,
                         struct error *err)
{
    enum chain_result result = CHAIN_FAILED;
    if (strcasecmp(name, "Environment") == 0)
        result = only_environment(chain, out);
    else if (strcasecmp(name, "Ec2InstanceMetadata") == 0)
        result = chain_imds(chain, out, err);
    else if (strcasecmp(name, "EcsContainer") == 0)
        result = chain_container(chain, out, err);
    else
        (void)error_set(err, ERROR_AWS,
                        "profile %s: credential_source is Environment, "
                        "Ec2InstanceMetadata or EcsContainer, not %.60s",
                        chain->profile, name);
    if (result == CHAIN_ABSENT)
        (void)error_set(err, ERROR_AWS, "profile %s: credential_source %s has no credentials",
                        chain->profile, name);
    return result == CHAIN_FOUND;
}

static bool was_visited(const char *const *visited, const char *name)
{
    for (; *visited; visited++)
        if (strcmp(*visited, name) == 0)
            return true;
    return false;
}

static bool has_keys(const struct chain *chain)
{
    return chain_setting(chain, "aws_access_key_id") != NULL;
}

/* The profile that a role is assumed from: its own keys first, as botocore takes them. */
static bool from_profile(struct chain *chain, const char *name, struct aws_credentials *out,
                         struct error *err)
{
    const char *visited[CHAIN_MOST + 1] = {chain->profile};
    size_t count = 1;
    for (; chain->visited[count - 1] && count < CHAIN_MOST; count++)
        visited[count] = chain->visited[count - 1];
    struct chain source = *chain;
    source.profile = name;
    source.visited = visited;
    if (!aws_profiles_has(&chain->aws->profiles, "profile", name))
        return error_set(err, ERROR_AWS,
                         "profile %s takes its credentials from profile %s, which is "
                         "not there",
                         chain->profile, name) ||
               error_hint(err, "Mend source_profile in %s, or %%set profile NAME.",
                          chain->aws->profiles.config_path);
    if (was_visited(visited, name) && !(strcmp(name, chain->profile) == 0 && has_keys(&source)))
        return error_set(err, ERROR_AWS, "source_profile goes round in a circle at profile %s",
                         name) ||
               error_hint(err, "One profile of the circle needs keys or a source of its own.");
    if (count == CHAIN_MOST)
        return error_set(err, ERROR_LIMIT, "more than %d profiles, each taking from the next",
                         CHAIN_MOST);
    enum chain_result result = CHAIN_ABSENT;
    if (!has_keys(&source))
        result = chain_assume_role(&source, out, err);
    if (result == CHAIN_ABSENT)
        result = chain_find(&source, out, err);
    if (result == CHAIN_ABSENT)
        (void)error_set(err, ERROR_AWS,
                        "profile %s takes its credentials from profile %s, which has "
                        "none",
                        chain->profile, name);
    return result == CHAIN_FOUND;
}

static bool find_source(struct chain *chain, struct aws_credentials *out, struct error *err)
{
    const char *profile = chain_setting(chain, "source_profile");
    const char *service = chain_setting(chain, "credential_source");
    if (profile && service)
        return error_set(err, ERROR_AWS, "profile %s has both source_profile and credential_source",
                         chain->profile);
    if (!profile && !service)
        return error_set(err, ERROR_AWS,
                         "profile %s has role_arn, but neither source_profile nor "
                         "credential_source",
                         chain->profile);
    return profile ? from_profile(chain, profile, out, err)
                   : from_service(chain, service, out, err);
}

/* ---- asking STS ---------------------------------------------------------------------------------
 */

/* A code of six digits from the analyst's device, through the notebook. */
static bool add_mfa(struct chain *chain, json_t *params, struct error *err)
{
    const char *serial = chain_setting(chain, "mfa_serial"), *code = NULL;
    const struct aws_asker *asker = &chain->aws->asker;
    if (!serial)
        return true;
    if (!asker->ask)
        return error_set(err, ERROR_AWS, "profile %s needs an MFA code", chain->profile) ||
               error_hint(err, "Run %%whoami in a notebook that can ask for it.");
    const char *text = arena_printf(chain->arena, "MFA code of %s: ", serial);
    if (!asker->ask(asker->state, text, chain->arena, &code, err))
        return false;
    if (strspn(code, "0123456789") != 6 || code[6])
        return error_set(err, ERROR_AWS, "an MFA code has six digits");
    (void)json_object_set_new(params, "SerialNumber", json_string(serial));
    (void)json_object_set_new(params, "TokenCode", json_string(code));
    return true;
}

static json_t *role_params(struct chain *chain, const char *role)
{
    json_t *params = json_own(chain->arena, json_object());
    const char *external = chain_setting(chain, "external_id");
    const char *duration = chain_setting(chain, "duration_seconds");
    (void)json_object_set_new(params, "RoleArn", json_string(role));
    (void)json_object_set_new(params, "RoleSessionName", json_string(session_name(chain)));
    if (external)
        (void)json_object_set_new(params, "ExternalId", json_string(external));
    if (duration && strtol(duration, NULL, 10) > 0)
        (void)json_object_set_new(params, "DurationSeconds",
                                  json_integer(strtol(duration, NULL, 10)));
    return params;
}

static bool assume(struct chain *chain, const char *role, struct aws_credentials *out,
                   struct error *err)
{
    struct aws_credentials source = {0};
    json_t *params = role_params(chain, role), *reply = NULL;
    struct aws_asking asking = {.op = "sts:AssumeRole",
                                .params = params,
                                .region = chain_setting(chain, "region"),
                                .credentials = &source,
                                .cancel = chain->cancel};
    if (!find_source(chain, &source, err) || !add_mfa(chain, params, err) ||
        !(aws_call(chain->aws, &asking, chain->arena, &reply, err) ||
          error_wrap(err, "profile %s", chain->profile)) ||
        !read_reply(chain, reply, role, out, err))
        return false;
    out->behind = arena_printf(chain->arena, "%s%s%s %s", source.behind ? source.behind : "",
                               source.behind ? " " : "", source.access_key_id, role);
    return true;
}

enum chain_result chain_assume_role(struct chain *chain, struct aws_credentials *out,
                                    struct error *err)
{
    const char *role = chain_setting(chain, "role_arn");
    if (!role || chain_setting(chain, "web_identity_token_file"))
        return CHAIN_ABSENT;
    return assume(chain, role, out, err) ? CHAIN_FOUND : CHAIN_FAILED;
}

/* ---- the role of the settings -------------------------------------------------------------------
 */

static bool assume_with(struct chain *chain, const struct aws_credentials *source,
                        struct aws_credentials *out, struct error *err)
{
    const char *role = chain->aws->settings.role;
    json_t *reply = NULL, *params = json_own(chain->arena, json_object());
    struct aws_asking asking = {
        .op = "sts:AssumeRole", .params = params, .credentials = source, .cancel = chain->cancel};
    (void)json_object_set_new(params, "RoleArn", json_string(role));
    (void)json_object_set_new(params, "RoleSessionName", json_string(AWS_ROLE_SESSION));
    if (!aws_call(chain->aws, &asking, chain->arena, &reply, err))
        return error_wrap(err, "role %s", role);
    *out = (struct aws_credentials){
        .behind = arena_printf(chain->arena, "%s%s%s %s", source->behind ? source->behind : "",
                               source->behind ? " " : "", source->access_key_id, role)};
    return read_reply(chain, reply, role, out, err);
}

bool chain_given_role(struct chain *chain, struct aws_credentials *out, struct error *err)
{
    const struct aws_settings *given = &chain->aws->settings;
    struct aws_settings settings = {
        .profile = given->profile, .region = given->region, .keyring = given->base};
    struct aws *base = aws_new(&settings);
    const struct aws_credentials *source;
    bool found = aws_find_credentials(base, chain->cancel, &source, err);
    bool ok = found && assume_with(chain, source, out, err);
    if (found && !ok && source->session_token) /* perhaps over before their time */
        keyring_refused(base->keyring, source->access_key_id, time_now());
    aws_free(base);
    return ok;
}

/* ---- web identity -------------------------------------------------------------------------------
 */

/* The environment counts only for the profile that was not named by hand. */
static const char *web_value(const struct chain *chain, const char *variable, const char *key)
{
    const char *value = chain->visited[0] || chain->aws->settings.profile ? NULL : getenv(variable);
    return value && *value ? value : chain_setting(chain, key);
}

static bool take_web_identity(struct chain *chain, const char *path, struct aws_credentials *out,
                              struct error *err)
{
    const char *role = web_value(chain, "AWS_ROLE_ARN", "role_arn");
    const char *name = web_value(chain, "AWS_ROLE_SESSION_NAME", "role_session_name");
    char *token;
    size_t size;
    if (!role)
        return error_set(err, ERROR_AWS, "a web identity token file is set, AWS_ROLE_ARN is not");
    if (!file_read(chain->arena, path, TOKEN_MOST, &token, &size, err))
        return error_wrap(err, "the web identity token");
    while (size && strchr(" \t\r\n", token[size - 1]))
        token[--size] = '\0';
    json_t *params = json_own(
        chain->arena, json_pack("{s:s, s:s, s:s}", "RoleArn", role, "RoleSessionName",
                                name ? name : session_name(chain), "WebIdentityToken", token));
    json_t *reply = NULL;
    struct aws_asking asking = {.op = "sts:AssumeRoleWithWebIdentity",
                                .params = params,
                                .region = chain_setting(chain, "region"),
                                .cancel = chain->cancel};
    if (!params)
        return error_set(err, ERROR_AWS, "the web identity token is no text");
    return aws_call(chain->aws, &asking, chain->arena, &reply, err) &&
           read_reply(chain, reply, role, out, err);
}

enum chain_result chain_web_identity(struct chain *chain, struct aws_credentials *out,
                                     struct error *err)
{
    const char *path = web_value(chain, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (!path)
        return CHAIN_ABSENT;
    return take_web_identity(chain, path, out, err) ? CHAIN_FOUND : CHAIN_FAILED;
}
