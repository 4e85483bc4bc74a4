/* The credential chain in botocore's order. */
#include "aws/client.h"

#include "base/buf.h"
#include "base/process.h"
#include "base/secret.h"
#include "base/time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PROCESS_MS 60000
#define PROCESS_MOST ((size_t)1 << 20)
#define WORDS_MOST 64

const char *chain_setting(const struct chain *chain, const char *key)
{
    return aws_profiles_get(&chain->aws->profiles, "profile", chain->profile, key);
}

bool chain_fetch(const struct chain *chain, const struct http_request *request,
                 struct http_reply *reply, struct error *err)
{
    struct aws *aws = chain->aws;
    if (!aws->http && !(aws->http = http_new(err)))
        return false;
    struct http_transfer *transfer = http_start(aws->http, request, err);
    bool stopped = false;
    while (transfer && !http_done(transfer) && !stopped) {
        http_wait(aws->http, chain->cancel, 0);
        http_step(aws->http);
        stopped = chain->cancel && cancel_raised(chain->cancel);
    }
    bool ok = transfer && (stopped ? error_set(err, ERROR_INTERRUPTED, "interrupted")
                                   : http_reply(transfer, reply, err));
    if (ok) {
        char *body = arena_strndup(chain->arena, reply->body, reply->size);
        *reply = (struct http_reply){.status = reply->status, .body = body, .size = reply->size};
    }
    http_end(transfer);
    return ok;
}

static const char *text_at(const struct chain *chain, const json_t *object, const char *name)
{
    const char *text = name ? json_string_value(json_object_get(object, name)) : NULL;
    return text && *text ? arena_strdup(chain->arena, text) : NULL;
}

bool chain_read(const struct chain *chain, const json_t *object, const struct chain_names *names,
                struct aws_credentials *out, struct error *err)
{
    out->access_key_id = text_at(chain, object, names->key);
    out->secret_access_key = text_at(chain, object, names->secret);
    out->session_token = text_at(chain, object, names->token);
    const char *expires = text_at(chain, object, names->expires);
    if (!out->access_key_id || !out->secret_access_key)
        return error_set(err, ERROR_AWS, "%s gave no %s", out->source,
                         out->access_key_id ? names->secret : names->key);
    if (expires && !time_parse(expires, strlen(expires), &out->expires))
        return error_set(err, ERROR_AWS, "%s: %s is no time", out->source, names->expires);
    return true;
}

/* ---- environment and files ----------------------------------------------------------------------
 */

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static enum chain_result from_environment(struct chain *chain, struct aws_credentials *out,
                                          struct error *err)
{
    const char *key = variable("AWS_ACCESS_KEY_ID"), *secret = variable("AWS_SECRET_ACCESS_KEY");
    const char *expires = variable("AWS_CREDENTIAL_EXPIRATION");
    if (chain->aws->settings.profile || chain->visited[0] || !key)
        return CHAIN_ABSENT;
    if (!secret) {
        (void)error_set(err, ERROR_AWS, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not");
        return CHAIN_FAILED;
    }
    *out = (struct aws_credentials){
        .access_key_id = key,
        .secret_access_key = secret,
        .session_token = variable("AWS_SESSION_TOKEN"),
        .account = variable("AWS_ACCOUNT_ID"),
        .source = "the environment (AWS_ACCESS_KEY_ID)",
    };
    if (!out->session_token)
        out->session_token = variable("AWS_SECURITY_TOKEN");
    if (expires && !time_parse(expires, strlen(expires), &out->expires)) {
        (void)error_set(err, ERROR_AWS, "AWS_CREDENTIAL_EXPIRATION is no time");
        return CHAIN_FAILED;
    }
    return CHAIN_FOUND;
}

static enum chain_result from_file(struct chain *chain, const char *kind, const char *path,
                                   struct aws_credentials *out, struct error *err)
{
    const struct aws_profiles *profiles = &chain->aws->profiles;
    const char *name = chain->profile;
    const char *key = aws_profiles_get(profiles, kind, name, "aws_access_key_id");
    const char *secret = aws_profiles_get(profiles, kind, name, "aws_secret_access_key");
    if (!key)
        return CHAIN_ABSENT;
    if (!secret) {
        (void)error_set(err, ERROR_AWS,
                        "profile %s has aws_access_key_id without "
                        "aws_secret_access_key in %s",
                        name, path);
        return CHAIN_FAILED;
    }
    *out = (struct aws_credentials){
        .access_key_id = key,
        .secret_access_key = secret,
        .session_token = aws_profiles_get(profiles, kind, name, "aws_session_token"),
        .account = aws_profiles_get(profiles, kind, name, "aws_account_id"),
        .source = arena_printf(chain->arena, "profile %s in %s", name, path),
    };
    return CHAIN_FOUND;
}

static enum chain_result from_credentials_file(struct chain *chain, struct aws_credentials *out,
                                               struct error *err)
{
    return from_file(chain, "credentials", chain->aws->profiles.credentials_path, out, err);
}

static enum chain_result from_config_file(struct chain *chain, struct aws_credentials *out,
                                          struct error *err)
{
    return from_file(chain, "config", chain->aws->profiles.config_path, out, err);
}

/* ---- credential_process -------------------------------------------------------------------------
 */

/* As a shell would, without one: quotes and backslashes only. False for an open quote. */
static bool split(struct arena *arena, const char *text, const char **words, struct error *err)
{
    size_t count = 0;
    struct buf word;
    buf_init(&word, PROCESS_MOST);
    char quote = 0;
    bool any = false;
    for (const char *at = text;; at++) {
        bool blank = *at && strchr(" \t\n", *at);
        if ((!*at || blank) && !quote) {
            if (any && count < WORDS_MOST)
                words[count++] = buf_to_arena(&word, arena);
            any = false;
            buf_clear(&word);
            if (!*at)
                break;
        } else if (!*at) {
            break;
        } else if ((*at == '"' || *at == '\'') && (!quote || quote == *at)) {
            quote = quote ? 0 : *at;
            any = true;
        } else {
            at += *at == '\\' && quote != '\'' && at[1];
            buf_addc(&word, *at);
            any = true;
        }
    }
    buf_release(&word);
    words[count] = NULL;
    return (!quote && count) || error_set(err, ERROR_AWS,
                                          "credential_process cannot be read as a "
                                          "command");
}

static bool run_process(struct chain *chain, const char *command, struct aws_credentials *out,
                        struct error *err)
{
    static const struct chain_names names = {"AccessKeyId", "SecretAccessKey", "SessionToken",
                                             "Expiration"};
    const char *words[WORDS_MOST + 1];
    struct process process = {.argv = words, .limit_ms = PROCESS_MS, .cancel = chain->cancel};
    struct buf said;
    buf_init_secret(&said, PROCESS_MOST);
    bool ok = split(chain->arena, command, words, err) && process_run(&process, &said, err);
    json_t *object =
        ok ? json_parse(chain->arena, said.data ? said.data : "", said.size, PROCESS_MOST, err)
           : NULL;
    buf_release(&said);
    if (!object)
        return error_wrap(err, "credential_process of profile %s", chain->profile);
    if (json_get_int(object, "Version", 0) != 1)
        return error_set(err, ERROR_AWS, "credential_process of profile %s: Version is not 1",
                         chain->profile);
    out->source = arena_printf(chain->arena, "credential_process of profile %s", chain->profile);
    out->account = text_at(chain, object, "AccountId");
    return chain_read(chain, object, &names, out, err);
}

static enum chain_result from_process(struct chain *chain, struct aws_credentials *out,
                                      struct error *err)
{
    const char *command = chain_setting(chain, "credential_process");
    if (!command)
        return CHAIN_ABSENT;
    return run_process(chain, command, out, err) ? CHAIN_FOUND : CHAIN_FAILED;
}

/* ---- the chain ----------------------------------------------------------------------------------
 */

enum where { ANYWHERE, TOP_ONLY };

/* botocore 1.43's order. A source profile is asked only for what profiles hold. */
static const struct provider {
    enum chain_result (*find)(struct chain *, struct aws_credentials *, struct error *);
    enum where where;
} providers[] = {
    {from_environment, TOP_ONLY}, {chain_assume_role, TOP_ONLY},     {chain_web_identity, ANYWHERE},
    {chain_sso, ANYWHERE},        {from_credentials_file, ANYWHERE}, {chain_login, ANYWHERE},
    {from_process, ANYWHERE},     {from_config_file, ANYWHERE},      {chain_container, TOP_ONLY},
    {chain_imds, TOP_ONLY},
};

/* What would break a header or the scope of a signature is told where it comes from, not by AWS. */
static bool check_keys(const struct aws_credentials *found, struct error *err)
{
    static const char id[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    const char *texts[] = {found->secret_access_key, found->session_token};
    const char *wrong =
        found->access_key_id[strspn(found->access_key_id, id)] ? "the access key id" : NULL;
    for (size_t i = 0; i < COUNT(texts) && !wrong; i++)
        for (const char *at = texts[i] ? texts[i] : ""; *at && !wrong; at++)
            if (*at <= ' ' || *at > '~')
                wrong = i ? "the session token" : "the secret access key";
    return !wrong ||
           error_set(err, ERROR_AWS, "%s of %s has characters that none has", wrong,
                     found->source) ||
           error_hint(err, "Look for a blank, a quote or a line end that was copied with it.");
}

enum chain_result chain_find(struct chain *chain, struct aws_credentials *out, struct error *err)
{
    bool top = !chain->visited[0];
    for (size_t i = 0; i < COUNT(providers); i++) {
        if (providers[i].where == TOP_ONLY && !top)
            continue;
        *out = (struct aws_credentials){0};
        enum chain_result result = providers[i].find(chain, out, err);
        if (result == CHAIN_FOUND && !check_keys(out, err))
            return CHAIN_FAILED;
        if (result != CHAIN_ABSENT)
            return result;
    }
    return CHAIN_ABSENT;
}
