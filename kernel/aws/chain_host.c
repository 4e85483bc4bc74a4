/* What the machine gives: ECS's and EKS's container endpoint, EC2's instance metadata. */
#include "aws/client.h"

#include "base/file.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ATTEMPTS 3
#define CONTAINER_MS 2000
#define IMDS_MS 1000
#define CONTAINER_HOST "http://169.254.170.2"
#define IMDS_HOST "http://169.254.169.254"
#define IMDS_HOST_6 "http://[fd00:ec2::254]"
#define TOKEN_MOST ((size_t)64 << 10)
#define STABLE_TIME 900000000 /* what IMDS gives although it is over is taken for so long */

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

struct question {
    const char *method, *url, *header; /* header: NULL for none */
    int ms;
};

/* One small request to the machine's own services: never through a proxy. */
static bool ask(struct chain *chain, const struct question *question, struct http_reply *reply,
                struct error *err)
{
    const char *headers[] = {question->header, NULL};
    struct http_request request = {
        .method = question->method,
        .url = question->url,
        .headers = headers,
        .proxy = "",
        .limits = {.connect_ms = question->ms, .total_ms = 2 * question->ms, .size = TOKEN_MOST},
    };
    return chain_fetch(chain, &request, reply, err);
}

static bool is_good(const struct http_reply *reply)
{
    return reply->status >= 200 && reply->status < 300;
}

/* ---- container ----------------------------------------------------------------------------------
 */

/* The token is sent only to TLS or to what is on this machine. */
static bool may_be_asked(const char *url)
{
    static const char *const hosts[] = {"localhost", "169.254.170.2", "169.254.170.23",
                                        "[fd00:ec2::23]", "[::1]"};
    if (strncasecmp(url, "https://", 8) == 0)
        return true;
    if (strncasecmp(url, "http://", 7) != 0)
        return false;
    size_t size = url[7] == '[' ? strcspn(url + 7, "]") + 1 : strcspn(url + 7, ":/?#@");
    if (url[7 + size] == '@')
        return false;
    if (size > 4 && strncmp(url + 7, "127.", 4) == 0)
        return strspn(url + 7, "0123456789.") == size;
    for (size_t i = 0; i < COUNT(hosts); i++)
        if (strlen(hosts[i]) == size && strncasecmp(url + 7, hosts[i], size) == 0)
            return true;
    return false;
}

static bool container_token(struct chain *chain, const char **header, struct error *err)
{
    const char *path = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    char *text = NULL;
    size_t size = 0;
    *header = NULL;
    if (path && !file_read(chain->arena, path, TOKEN_MOST, &text, &size, err))
        return false;
    if (path) {
        while (size && strchr("\r\n", text[size - 1]))
            text[--size] = '\0';
        token = text;
    }
    if (token && strpbrk(token, "\r\n"))
        return error_set(err, ERROR_AWS, "the container's authorization token holds a line break");
    if (token)
        *header = arena_printf(chain->arena, "Authorization: %s", token);
    return true;
}

enum chain_result chain_container(struct chain *chain, struct aws_credentials *out,
                                  struct error *err)
{
    static const struct chain_names names = {"AccessKeyId", "SecretAccessKey", "Token",
                                             "Expiration"};
    const char *relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *url = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"), *header;
    if (relative)
        url = arena_printf(chain->arena, "%s%s", CONTAINER_HOST, relative);
    if (!url)
        return CHAIN_ABSENT;
    if (!may_be_asked(url)) {
        (void)error_set(err, ERROR_AWS,
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor this "
                        "machine");
        return CHAIN_FAILED;
    }
    struct http_reply reply = {.status = 0};
    bool ok = false;
    for (int i = 0; i < ATTEMPTS && !ok; i++) {
        struct error last;
        error_clear(&last);
        ok = container_token(chain, &header, &last) &&
             ask(chain, &(struct question){"GET", url, header, CONTAINER_MS}, &reply, &last) &&
             (is_good(&reply) || error_set(&last, ERROR_AWS,
                                           "the container's credentials endpoint "
                                           "answered HTTP %d",
                                           reply.status));
        if (!ok && i == ATTEMPTS - 1)
            *err = last;
    }
    json_t *object = ok ? json_parse(chain->arena, reply.body, reply.size, TOKEN_MOST, err) : NULL;
    out->source = "the container's credentials endpoint";
    return object && chain_read(chain, object, &names, out, err) ? CHAIN_FOUND : CHAIN_FAILED;
}

/* ---- IMDSv2 -------------------------------------------------------------------------------------
 */

static const char *imds_host(const struct chain *chain)
{
    const struct aws *aws = chain->aws;
    const char *given =
        config_value(aws, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const char *mode = config_value(aws, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                    "ec2_metadata_service_endpoint_mode");
    if (!given)
        return mode && strcasecmp(mode, "IPv6") == 0 ? IMDS_HOST_6 : IMDS_HOST;
    size_t size = strlen(given);
    while (size && given[size - 1] == '/')
        size--;
    return arena_strndup(chain->arena, given, size);
}

/* A page of the metadata with a token; without one where the service is of version 1 and that is
 * not forbidden. False without an error where no service is there. */
static bool imds(struct chain *chain, const char *path, struct http_reply *reply)
{
    struct error ignored;
    error_clear(&ignored);
    const char *host = imds_host(chain), *header = NULL;
    struct question token = {"PUT", arena_printf(chain->arena, "%s/latest/api/token", host),
                             "x-aws-ec2-metadata-token-ttl-seconds: 21600", IMDS_MS};
    if (!ask(chain, &token, reply, &ignored))
        return false;
    if (is_good(reply) && !strpbrk(reply->body, "\r\n"))
        header = arena_printf(chain->arena, "x-aws-ec2-metadata-token: %s", reply->body);
    else if (config_is_true(chain->aws, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"))
        return false;
    struct question page = {"GET", arena_printf(chain->arena, "%s%s", host, path), header, IMDS_MS};
    return ask(chain, &page, reply, &ignored) && is_good(reply);
}

static bool imds_disabled(const struct chain *chain)
{
    return config_is_true(chain->aws, "AWS_EC2_METADATA_DISABLED", NULL);
}

enum chain_result chain_imds(struct chain *chain, struct aws_credentials *out, struct error *err)
{
    static const struct chain_names names = {"AccessKeyId", "SecretAccessKey", "Token",
                                             "Expiration"};
    static const char folder[] = "/latest/meta-data/iam/security-credentials/";
    struct http_reply reply;
    if (imds_disabled(chain) || !imds(chain, folder, &reply))
        return CHAIN_ABSENT;
    const char *role = arena_strndup(chain->arena, reply.body, strcspn(reply.body, "\r\n"));
    if (!*role || !imds(chain, arena_printf(chain->arena, "%s%s", folder, role), &reply))
        return CHAIN_ABSENT;
    json_t *object = json_parse(chain->arena, reply.body, reply.size, TOKEN_MOST, err);
    out->source = arena_printf(chain->arena, "the instance's role %s (IMDS)", role);
    const char *code = json_get_string(object, "Code", "Success");
    if (object && strcmp(code, "Success") != 0)
        (void)error_set(err, ERROR_AWS, "%s: %s", out->source, code);
    if (err->kind || !chain_read(chain, object, &names, out, err))
        return CHAIN_FAILED;
    int64_t now = time_now();
    if (out->expires && out->expires < now + STABLE_TIME) /* over, and all there is: still taken */
        out->expires = now + STABLE_TIME;
    return CHAIN_FOUND;
}

/* The first line of a page. */
static bool imds_line(struct chain *chain, const char *path, const char **line, struct error *err)
{
    struct http_reply reply;
    if (imds_disabled(chain) || !imds(chain, path, &reply))
        return error_set(err, ERROR_UNAVAILABLE, "no instance metadata");
    *line = arena_strndup(chain->arena, reply.body, strcspn(reply.body, "\r\n"));
    return true;
}

bool chain_imds_region(struct chain *chain, const char **region, struct error *err)
{
    return imds_line(chain, "/latest/meta-data/placement/region", region, err);
}

bool chain_imds_instance(struct chain *chain, const char **instance, struct error *err)
{
    return imds_line(chain, "/latest/meta-data/instance-id", instance, err);
}
