#include "aws/reply.h"

#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REPLY_MOST ((size_t)64 << 20)

/* ---- reading ------------------------------------------------------------------------------------
 */

static bool looks_like(const struct aws_answer *answer, char first)
{
    const char *at = answer->body, *end = answer->body + answer->size;
    while (at < end && strchr(" \t\r\n", *at) && *at)
        at++;
    return at < end && *at == first;
}

static bool is_none(const struct aws_op *op, struct error *err)
{
    return error_set(err, ERROR_UNAVAILABLE, "%s: the answer is none of AWS's", op->name) ||
           error_hint(err, "A proxy may have answered instead: see https_proxy and the endpoint.");
}

/* An object's, a block's or a policy's own bytes. */
static bool is_raw(const struct aws_op *op)
{
    static const char *const names[] = {"GetObject", "GetSnapshotBlock", "GetBucketPolicy"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(op->name, names[i]) == 0)
            return true;
    return false;
}

/* <ActionResponse> of query and ec2; of S3 whatever root, but the error that it may send with 200.
   A page of somebody between us and AWS would else read as "there is nothing". */
static bool is_root(const struct aws_op *op, enum aws_protocol protocol, const char *root)
{
    static const char *const others[] = {"Error", "ErrorResponse", "Response", "html"};
    size_t size = strlen(op->name), other = 0;
    while (other < COUNT(others) && strcasecmp(root, others[other]) != 0)
        other++;
    if (protocol == AWS_REST_XML)
        return other == COUNT(others);
    return strncmp(root, op->name, size) == 0 && strcmp(root + size, "Response") == 0;
}

/* Without <ActionResponse><ActionResult>: what of query's wrapping there is. A root that is a text
   (S3's LocationConstraint) keeps its name. */
static json_t *unwrap(const struct aws_op *op, json_t *document, struct arena *arena)
{
    char name[128];
    json_t *root = json_object_iter_value(json_object_iter(document));
    (void)snprintf(name, sizeof name, "%sResult", op->name);
    json_t *result = json_object_get(root, name);
    if (result)
        root = result;
    else if (json_is_object(root))
        (void)json_object_del(root, "ResponseMetadata");
    if (json_string_length(root))
        return document;
    return json_is_object(root) ? root : json_own(arena, json_object());
}

static bool read_document(const struct aws_op *op, const struct aws_answer *answer,
                          struct arena *arena, json_t **out, struct error *err)
{
    json_t *document = xml_parse(answer->xml, arena, answer->body, answer->size, err);
    if (!document)
        return error_wrap(err, "%s", op->name);
    const char *root = json_object_iter_key(json_object_iter(document));
    if (!is_root(op, aws_service_of(op)->protocol, root))
        return is_none(op, err);
    *out = unwrap(op, document, arena);
    return true;
}

bool aws_reply_read(const struct aws_op *op, const struct aws_answer *answer, struct arena *arena,
                    json_t **out, struct error *err)
{
    enum aws_protocol protocol = aws_service_of(op)->protocol;
    bool json = protocol == AWS_JSON_1_1 || protocol == AWS_REST_JSON;
    bool head = op->method && strcmp(op->method, "HEAD") == 0;
    bool may_be_empty = head || (!op->reads_only && (json || protocol == AWS_REST_XML));
    *out = NULL;
    if (is_raw(op) || (!answer->size && may_be_empty)) {
        *out = json_own(arena, json_object());
        return true;
    }
    if (json && looks_like(answer, '{')) {
        *out = json_parse(arena, answer->body, answer->size, REPLY_MOST, err);
        return *out || error_wrap(err, "%s", op->name);
    }
    return !json && looks_like(answer, '<') ? read_document(op, answer, arena, out, err)
                                            : is_none(op, err);
}

/* ---- errors -------------------------------------------------------------------------------------
 */

static const struct meaning {
    const char *code;
    enum aws_failure failure;
    const char *hint;
} meanings[] = {
    {"ExpiredToken", AWS_FAILURE_EXPIRED, NULL},
    {"ExpiredTokenException", AWS_FAILURE_EXPIRED, NULL},
    {"TokenRefreshRequired", AWS_FAILURE_EXPIRED, NULL},
    {"RequestExpired", AWS_FAILURE_SKEWED, NULL},
    {"RequestTimeTooSkewed", AWS_FAILURE_SKEWED, NULL},
    {"RequestInTheFuture", AWS_FAILURE_SKEWED, NULL},
    {"InvalidSignatureException", AWS_FAILURE_SKEWED, NULL},
    {"SignatureDoesNotMatch", AWS_FAILURE_SKEWED, NULL},
    {"AuthFailure", AWS_FAILURE_SKEWED, NULL},
    {"InvalidClientTokenId", AWS_FAILURE_OTHER,
     "The access key does not exist (any more), or belongs to another partition."},
    {"UnrecognizedClientException", AWS_FAILURE_OTHER,
     "The access key does not exist (any more), or the region is not enabled for it."},
    {"InvalidAccessKeyId", AWS_FAILURE_OTHER, "The access key does not exist (any more)."},
    {"MissingAuthenticationToken", AWS_FAILURE_OTHER, "No credentials were sent."},
    {"SubscriptionRequiredException", AWS_FAILURE_OTHER,
     "This needs an AWS support plan: Business Support+, Enterprise or Unified Operations."},
    {"InvalidAccessException", AWS_FAILURE_OTHER, "The service is not enabled in this region."},
    {"OptInRequired", AWS_FAILURE_OTHER, "The service or region is not enabled for this account."},
    {"RegionDisabledException", AWS_FAILURE_OTHER,
     "STS is not enabled in this region: choose another with %set region."},
    {"Throttling", AWS_FAILURE_THROTTLED, NULL},
    {"ThrottlingException", AWS_FAILURE_THROTTLED, NULL},
    {"ThrottledException", AWS_FAILURE_THROTTLED, NULL},
    {"RequestThrottled", AWS_FAILURE_THROTTLED, NULL},
    {"RequestThrottledException", AWS_FAILURE_THROTTLED, NULL},
    {"TooManyRequestsException", AWS_FAILURE_THROTTLED, NULL},
    {"ProvisionedThroughputExceededException", AWS_FAILURE_THROTTLED, NULL},
    {"TransactionInProgressException", AWS_FAILURE_THROTTLED, NULL},
    {"RequestLimitExceeded", AWS_FAILURE_THROTTLED, NULL},
    {"BandwidthLimitExceeded", AWS_FAILURE_THROTTLED, NULL},
    {"SlowDown", AWS_FAILURE_THROTTLED, NULL},
    {"PriorRequestNotComplete", AWS_FAILURE_THROTTLED, NULL},
    {"EC2ThrottledException", AWS_FAILURE_THROTTLED, NULL},
    {"RequestTimeout", AWS_FAILURE_TRANSIENT, NULL},
    {"RequestTimeoutException", AWS_FAILURE_TRANSIENT, NULL},
    {"IDPCommunicationError", AWS_FAILURE_TRANSIENT, NULL},
    {"EntityTemporarilyUnmodifiable", AWS_FAILURE_THROTTLED, NULL},
    {"ConcurrentModification", AWS_FAILURE_THROTTLED, NULL},
};

static const struct meaning *meaning_of(const char *code)
{
    for (size_t i = 0; i < COUNT(meanings); i++)
        if (strcmp(meanings[i].code, code) == 0)
            return &meanings[i];
    return NULL;
}

bool aws_is_denied(const char *code)
{
    static const char *const codes[] = {"AccessDenied", "AccessDeniedException",
                                        "UnauthorizedOperation", "UnauthorizedAccess"};
    for (size_t i = 0; i < COUNT(codes); i++)
        if (strcmp(codes[i], code) == 0)
            return true;
    return false;
}

/* The first of the members that is there. */
static const char *first_text(const json_t *object, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = reply_text(object, paths[i]);
        if (*text)
            return text;
    }
    return "";
}

static void read_xml(const json_t *document, struct aws_problem *out)
{
    static const char *const codes[] = {"ErrorResponse.Error.Code", "Response.Errors.Error.Code",
                                        "Error.Code", "ServiceUnavailableException.Code"};
    static const char *const messages[] = {"ErrorResponse.Error.Message",
                                           "Response.Errors.Error.Message", "Error.Message"};
    static const char *const ids[] = {"ErrorResponse.RequestId", "Response.RequestID",
                                      "Error.RequestId"};
    out->code = first_text(document, codes, COUNT(codes));
    out->message = first_text(document, messages, COUNT(messages));
    const char *id = first_text(document, ids, COUNT(ids));
    out->request_id = *id ? id : out->request_id;
    const char *region = reply_text(document, "Error.Region");
    out->region = *region ? region : NULL;
}

static void read_json(const json_t *object, struct arena *arena, const char *header,
                      struct aws_problem *out)
{
    static const char *const codes[] = {"__type", "code", "Code", "error"};
    static const char *const messages[] = {"message", "Message", "errorMessage",
                                           "error_description"};
    const char *code = header && *header ? header : first_text(object, codes, COUNT(codes));
    const char *hash = strchr(code, '#');
    code = hash ? hash + 1 : code;
    out->code = arena_strndup(arena, code, strcspn(code, ":"));
    out->message = first_text(object, messages, COUNT(messages));
}

void aws_problem_read(const struct aws_op *op, const struct aws_answer *answer, struct arena *arena,
                      struct aws_problem *out)
{
    struct error ignored;
    error_clear(&ignored);
    *out = (struct aws_problem){.code = "", .message = "", .request_id = answer->request_id};
    json_t *document = NULL;
    (void)op;
    if (looks_like(answer, '<'))
        document = xml_parse(answer->xml, arena, answer->body, answer->size, &ignored);
    if (document)
        read_xml(document, out);
    else if (looks_like(answer, '{'))
        read_json(json_parse(arena, answer->body, answer->size, REPLY_MOST, &ignored), arena,
                  answer->error_type, out);
    else if (answer->error_type)
        read_json(NULL, arena, answer->error_type, out);
    if (!*out->code)
        out->code = arena_printf(arena, "HTTP %d", answer->status);
    const struct meaning *meaning = meaning_of(out->code);
    bool failed = answer->status == 500 || answer->status == 502 || answer->status == 503 ||
                  answer->status == 504;
    out->failure = meaning                 ? meaning->failure
                   : answer->status == 429 ? AWS_FAILURE_THROTTLED
                   : failed                ? AWS_FAILURE_TRANSIENT
                                           : AWS_FAILURE_OTHER;
}

static bool add_hint(const struct aws_op *op, const struct aws_problem *problem, struct error *err)
{
    const struct aws_service *service = aws_service_of(op);
    const struct meaning *meaning = meaning_of(problem->code);
    if (aws_is_denied(problem->code))
        return error_hint(err,
                          "The permission %s:%s is missing, or a policy denies it. %%whoami "
                          "shows as whom you ask.",
                          service->action ? service->action : service->name, op->name);
    if (problem->failure == AWS_FAILURE_EXPIRED)
        return error_hint(err, "The credentials are over: get new ones (aws sso login, aws login), "
                               "then run the cell again.");
    if (problem->failure == AWS_FAILURE_SKEWED)
        return error_hint(err, "Either the secret key is wrong, or this machine's clock: %%doctor "
                               "compares it with AWS's.");
    if (problem->failure == AWS_FAILURE_THROTTLED)
        return error_hint(err, "AWS asks for a slower pace: run the cell again in a minute.");
    if (problem->failure == AWS_FAILURE_TRANSIENT)
        return error_hint(err, "The service failed: run the cell again.");
    if (strncmp(problem->code, "HTTP ", 5) == 0)
        return error_hint(err, "That is no error of AWS: a proxy may have answered instead, see "
                               "https_proxy and the endpoint.");
    return meaning && meaning->hint && error_hint(err, "%s", meaning->hint);
}

bool aws_problem_error(const struct aws_op *op, const struct aws_problem *problem,
                       struct error *err)
{
    (void)error_set(err, ERROR_AWS, "%s:%s: %s%s%s", aws_service_of(op)->name, op->name,
                    problem->code, *problem->message ? ": " : "", problem->message);
    (void)add_hint(op, problem, err);
    if (problem->request_id)
        (void)error_detail(err, "request id %s", problem->request_id);
    return false;
}

/* ---- readers ------------------------------------------------------------------------------------
 */

const json_t *reply_at(const json_t *reply, const char *path)
{
    while (*path && reply) {
        char name[128];
        size_t size = strcspn(path, ".");
        if (size >= sizeof name)
            return NULL;
        memcpy(name, path, size);
        name[size] = '\0';
        reply = json_is_array(reply) ? json_array_get(reply, strtoul(name, NULL, 10))
                                     : json_object_get(reply, name);
        path += size + (path[size] == '.');
    }
    return reply;
}

const char *reply_text(const json_t *reply, const char *path)
{
    const char *text = json_string_value(reply_at(reply, path));
    return text ? text : "";
}

int64_t reply_int(const json_t *reply, const char *path, int64_t otherwise)
{
    const json_t *value = reply_at(reply, path);
    if (json_is_integer(value))
        return json_integer_value(value);
    const char *text = json_string_value(value);
    char *end = NULL;
    long long number = text ? strtoll(text, &end, 10) : 0;
    return text && end != text && !*end ? (int64_t)number : otherwise;
}

bool reply_bool(const json_t *reply, const char *path)
{
    return json_is_true(reply_at(reply, path)) || strcasecmp(reply_text(reply, path), "true") == 0;
}

size_t reply_count(const json_t *reply, const char *path)
{
    const json_t *value = reply_at(reply, path);
    if (json_is_array(value))
        return json_array_size(value);
    return json_is_object(value) || json_string_length(value) > 0;
}

const json_t *reply_item(const json_t *reply, const char *path, size_t index)
{
    const json_t *value = reply_at(reply, path);
    if (json_is_array(value))
        return json_array_get(value, index);
    return index ? NULL : value;
}

int64_t reply_time(const json_t *reply, const char *path)
{
    const json_t *value = reply_at(reply, path);
    int64_t time = 0;
    if (json_is_number(value))
        return (int64_t)(json_number_value(value) * 1000000);
    const char *text = json_string_value(value);
    return text && time_parse(text, strlen(text), &time) ? time : 0;
}
