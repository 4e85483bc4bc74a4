#include "aws/client.h"

#include "base/hash.h"
#include "base/secret.h"
#include "base/time.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ATTEMPT_MS 60000
#define RETRY_QUOTA 500 /* as in AWS's standard mode: a retry costs, a success gives back */
#define RETRY_COST 5
#define TIMEOUT_COST 10
#define BACKOFF_MOST 20000000 /* microseconds */
#define BACKOFF_FIRST 1000000
#define SKEW_LEAST 240000000 /* less is no reason for a refused signature */

struct aws *aws_new(const struct aws_settings *settings)
{
    struct aws *aws = xcalloc(1, sizeof *aws);
    aws->arena = arena_new_secret();
    aws->settings = *settings;
    aws->profile = arena_strdup(aws->arena, config_profile_named(settings));
    aws->settings.profile = settings->profile ? aws->profile : NULL;
    if (settings->region)
        aws->settings.region = arena_strdup(aws->arena, settings->region);
    aws->settings.role = settings->role ? arena_strdup(aws->arena, settings->role) : NULL;
    aws->settings.account = settings->account ? arena_strdup(aws->arena, settings->account) : NULL;
    if (settings->base)
        keyring_join(settings->base);
    aws->sigv4 = sigv4_new();
    aws->xml = xml_new();
    aws->retry_quota = RETRY_QUOTA;
    aws->keyring = settings->keyring ? settings->keyring : aws_keyring_new();
    keyring_join(aws->keyring);
    if (!settings->keyring)
        aws_keyring_release(aws->keyring);
    return aws;
}

void aws_free(struct aws *aws)
{
    if (!aws)
        return;
    while (aws->first)
        aws_end(aws->first);
    http_free(aws->http);
    sigv4_free(aws->sigv4);
    xml_free(aws->xml);
    arena_free(aws->credentials_arena);
    keyring_leave(aws->keyring);
    if (aws->settings.base)
        keyring_leave(aws->settings.base);
    arena_free(aws->arena);
    wipe(aws, sizeof *aws);
    free(aws);
}

void aws_set_guard(struct aws *aws, const struct aws_guard *guard)
{
    aws->guard = guard ? *guard : (struct aws_guard){NULL, NULL, NULL};
}

void aws_set_asker(struct aws *aws, const struct aws_asker *asker)
{
    aws->asker = asker ? *asker : (struct aws_asker){NULL, NULL};
}

void aws_set_patient(struct aws *aws)
{
    aws->patient = true;
}

struct aws_keyring *aws_keyring_of(const struct aws *aws)
{
    return aws->keyring;
}

int64_t aws_clock_skew(const struct aws *aws)
{
    return aws->skew;
}

bool aws_server_offset(const struct aws *aws, int64_t *offset)
{
    *offset = aws->offset;
    return aws->offset_known;
}

/* ---- sending ------------------------------------------------------------------------------------
 */

/* A bucket that can stand in a host's name before TLS's wildcard: no dots, no capitals. */
static bool is_host_label(const char *bucket)
{
    size_t size = strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size >= 3 && size <= 63 && !bucket[size] && bucket[0] != '-' && bucket[size - 1] != '-';
}

/* Where the request goes: S3's bucket into the host, what stands before the host in front of it. */
static void address(struct aws_call *call, const char **host, const char **path)
{
    const struct aws_request *request = &call->request;
    const char *before = request->before_host;
    *path = request->path;
    if (request->bucket && !call->endpoint.given && is_host_label(request->bucket) &&
        strcmp(call->op->name, "GetBucketLocation") != 0) {
        before = arena_printf(call->arena, "%s.", request->bucket);
        *path += 1 + strlen(request->bucket);
        *path = **path ? *path : "/";
    }
    if (call->endpoint.given)
        before = "";
    *path = arena_printf(call->arena, "%s%s", call->endpoint.path, *path);
    *host = arena_printf(call->arena, "%s%s", before, call->endpoint.host);
}

static bool add_signature(struct aws_call *call, struct aws_request *request, const char *path,
                          struct error *err)
{
    struct aws *aws = call->aws;
    const struct aws_service *service = aws_service_of(call->op);
    bool s3 = service->protocol == AWS_REST_XML;
    unsigned char digest[HASH_SIZE];
    char *payload = arena_alloc(call->arena, 2 * HASH_SIZE + 1);
    char *date = arena_alloc(call->arena, SIGV4_DATE_SIZE);
    int64_t now = time_now() + aws->skew;
    hash_sha256(request->body ? request->body : "", request->size, digest);
    hash_hex(digest, sizeof digest, payload);
    sigv4_date(now, date);
    bool ok =
        aws_request_header(request, "X-Amz-Date", date, err) &&
        (!s3 || aws_request_header(request, "X-Amz-Content-SHA256", payload, err)) &&
        (!call->credentials.session_token ||
         aws_request_header(request, "X-Amz-Security-Token", call->credentials.session_token, err));
    struct sigv4_request signing = {
        .method = request->method,
        .path = path,
        .query = request->query,
        .headers = request->headers,
        .header_count = request->header_count,
        .payload = payload,
        .region = call->endpoint.region,
        .service = service->signing,
        .time = now,
        .as_is = s3,
    };
    struct sigv4_credentials credentials = {call->credentials.access_key_id,
                                            call->credentials.secret_access_key, NULL};
    struct buf value;
    buf_init(&value, 4096);
    if (ok)
        sigv4_sign(aws->sigv4, &credentials, &signing, &value);
    ok = ok && aws_request_header(request, "Authorization", buf_to_arena(&value, call->arena), err);
    buf_release(&value);
    return ok;
}

/* Made anew for each attempt: the date is signed. */
static bool send(struct aws_call *call, struct error *err)
{
    struct aws *aws = call->aws;
    struct aws_request request = call->request;
    const char *host, *path;
    address(call, &host, &path);
    bool ok = aws_request_header(&request, "Host", host, err) &&
              (call->op->unsigned_call || add_signature(call, &request, path, err));
    const char *lines[AWS_HEADERS_MOST + 1] = {NULL};
    for (size_t i = 0; i < request.header_count; i++)
        lines[i] =
            arena_printf(call->arena, "%s: %s", request.headers[i].name, request.headers[i].value);
    const char *scheme = strncmp(call->endpoint.origin, "https:", 6) == 0 ? "https" : "http";
    struct http_request sending = {
        .method = request.method,
        .url = arena_printf(call->arena, "%s://%s%s%s%s", scheme, host, path,
                            request.query ? "?" : "", request.query ? request.query : ""),
        .headers = lines,
        .body = request.body,
        .size = request.size,
        .once = !call->op->reads_only && !call->op->fill,
        .limits = {.total_ms = call->asking.total_ms ? call->asking.total_ms : ATTEMPT_MS},
        .ca_file = config_value(aws, "AWS_CA_BUNDLE", "ca_bundle"),
        .sink = call->asking.sink,
        .sink_state = call->asking.sink_state,
    };
    if (ok && !aws->http)
        aws->http = http_new(err);
    call->facts.attempts++;
    call->transfer = ok && aws->http ? http_start(aws->http, &sending, err) : NULL;
    return call->transfer != NULL;
}

/* ---- the end of an attempt ----------------------------------------------------------------------
 */

static void finish(struct aws_call *call, bool ok)
{
    struct aws *aws = call->aws;
    call->done = true;
    call->ok = ok;
    if (ok) {
        aws->retry_quota += call->retry_cost ? call->retry_cost : 1;
        if (aws->retry_quota > RETRY_QUOTA)
            aws->retry_quota = RETRY_QUOTA;
    }
    change_report(call);
}

/* Later, after a random pause that doubles; false where attempts or quota are used up. */
static bool retry(struct aws_call *call, int cost)
{
    struct aws *aws = call->aws;
    if (call->facts.attempts >= config_attempts(aws) || aws->retry_quota < cost)
        return false;
    aws->retry_quota -= cost;
    call->retry_cost = cost;
    int64_t most = BACKOFF_FIRST;
    for (int i = 1; i < call->facts.attempts && most < BACKOFF_MOST; i++)
        most *= 2;
    char uuid[UUID_TEXT_SIZE];
    uuid_text(uuid);
    double part =
        (double)strtoul((const char[]){uuid[0], uuid[1], uuid[2], uuid[3], 0}, NULL, 16) / 65536.0;
    call->again = time_monotonic() + (int64_t)((double)most * part);
    return true;
}

/* Now: nothing was done, and what was wrong is mended. */
static void send_again(struct aws_call *call)
{
    struct error err;
    error_clear(&err);
    if (!send(call, &err)) {
        call->error = err;
        finish(call, false);
    }
}

/* No answer. A change may have happened: it is not sent again without a token of its own. */
static void no_answer(struct aws_call *call, const struct error *err, bool sent)
{
    bool repeatable = call->op->reads_only || call->op->fill || !sent;
    bool limit = err->kind != ERROR_UNAVAILABLE;
    if (repeatable && !limit && !call->asking.sink && retry(call, TIMEOUT_COST))
        return;
    call->error = *err;
    call->facts.passing = !limit;
    call->facts.unknown = sent && !call->op->reads_only && !call->op->fill;
    (void)error_wrap(&call->error, "%s:%s", aws_service_of(call->op)->name, call->op->name);
    finish(call, false);
}

/* A signature that the clock may have spoilt: sign by the server's clock, once. */
static bool mend_clock(struct aws_call *call)
{
    struct aws *aws = call->aws;
    int64_t skew = call->facts.server_time ? call->facts.server_time - time_now() : 0;
    int64_t change = skew - aws->skew;
    if (call->skew_tried || (change < SKEW_LEAST && change > -SKEW_LEAST))
        return false;
    call->skew_tried = true;
    aws->skew = skew;
    return true;
}

/* A bucket of another region: once to where S3 says. */
static bool mend_region(struct aws_call *call, const char *region)
{
    if (call->region_tried || !region || !call->request.bucket || call->endpoint.given ||
        strcmp(region, call->endpoint.region) == 0)
        return false;
    struct aws_place place;
    struct error ignored;
    error_clear(&ignored);
    call->region_tried = true;
    return config_place(call->aws, aws_service_of(call->op), region, &place, &ignored) &&
           aws_endpoint(aws_service_of(call->op), &place, call->arena, &call->endpoint, &ignored);
}

static void refused(struct aws_call *call, const struct http_reply *reply,
                    const struct aws_answer *answer)
{
    struct aws_problem problem;
    aws_problem_read(call->op, answer, call->arena, &problem);
    call->facts.code = problem.code;
    call->facts.request_id = problem.request_id;
    const char *region = http_header(reply, "x-amz-bucket-region");
    region = region ? arena_strdup(call->arena, region) : problem.region;
    http_end(call->transfer);
    call->transfer = NULL;
    if (problem.failure == AWS_FAILURE_EXPIRED && call->aws->patient && !call->asking.credentials)
        keyring_refused(call->aws->keyring, call->credentials.access_key_id, time_now());
    if ((problem.failure == AWS_FAILURE_SKEWED && mend_clock(call)) || mend_region(call, region)) {
        send_again(call);
        return;
    }
    bool safe =
        problem.failure == AWS_FAILURE_THROTTLED ||
        (problem.failure == AWS_FAILURE_TRANSIENT && (call->op->reads_only || call->op->fill));
    if (safe && retry(call, RETRY_COST))
        return;
    call->facts.passing =
        problem.failure == AWS_FAILURE_THROTTLED || problem.failure == AWS_FAILURE_TRANSIENT;
    call->facts.unknown =
        problem.failure == AWS_FAILURE_TRANSIENT && !call->op->reads_only && !call->op->fill;
    (void)aws_problem_error(call->op, &problem, &call->error);
    finish(call, false);
}

/* What S3 keeps with an object: "x-amz-meta-signature" becomes Metadata's "signature". */
static json_t *metadata_of(const struct http_reply *reply)
{
    static const char prefix[] = "x-amz-meta-";
    json_t *metadata = NULL;
    for (size_t i = 0; i < reply->header_count; i++) {
        const struct http_header *header = &reply->headers[i];
        if (strncmp(header->name, prefix, strlen(prefix)) != 0)
            continue;
        metadata = metadata ? metadata : json_object();
        (void)json_object_set_new(metadata, header->name + strlen(prefix),
                                  json_texts(header->value));
    }
    return metadata;
}

static void answered(struct aws_call *call)
{
    struct http_reply reply;
    struct error err;
    error_clear(&err);
    if (!http_reply(call->transfer, &reply, &err)) {
        bool sent = http_sent(call->transfer);
        http_end(call->transfer);
        call->transfer = NULL;
        no_answer(call, &err, sent);
        return;
    }
    /* the transfer goes, the answer stays with the call */
    struct aws_answer answer = {
        .status = reply.status,
        .body = arena_strndup(call->arena, reply.body, reply.size),
        .size = reply.size,
        .error_type = http_header(&reply, "x-amzn-errortype"),
        .request_id = http_header(&reply, "x-amzn-requestid"),
        .xml = call->aws->xml,
    };
    if (!answer.request_id)
        answer.request_id = http_header(&reply, "x-amz-request-id");
    if (answer.request_id)
        answer.request_id = arena_strdup(call->arena, answer.request_id);
    if (answer.error_type)
        answer.error_type = arena_strdup(call->arena, answer.error_type);
    call->facts.status = reply.status;
    call->facts.request_id = answer.request_id;
    call->facts.server_time = time_of_http(http_header(&reply, "date"));
    if (call->facts.server_time) {
        call->aws->offset = call->facts.server_time - time_now();
        call->aws->offset_known = true;
    }
    if (reply.status < 200 || reply.status > 299) {
        refused(call, &reply, &answer);
        return;
    }
    json_t *metadata = metadata_of(&reply);
    http_end(call->transfer);
    call->transfer = NULL;
    call->facts.body = answer.body;
    call->facts.size = answer.size;
    bool read = aws_reply_read(call->op, &answer, call->arena, &call->reply, &call->error);
    if (metadata && read)
        (void)json_object_set(call->reply, "Metadata", metadata);
    json_decref(metadata);
    call->facts.unknown = !read && !call->op->reads_only;
    finish(call, read);
}

/* ---- stepping -----------------------------------------------------------------------------------
 */

int aws_fd(const struct aws *aws)
{
    return aws->http ? http_fd(aws->http) : -1;
}

int64_t aws_deadline(const struct aws *aws)
{
    int64_t first = 0;
    for (const struct aws_call *call = aws->first; call; call = call->next)
        if (!call->done && !call->waiting && !call->transfer && (!first || call->again < first))
            first = call->again;
    return first;
}

/* A call of a client that waits for nobody: its credentials came meanwhile. */
static bool got_credentials(struct aws_call *call)
{
    struct error ignored;
    error_clear(&ignored);
    return credentials_take(call, &ignored) && !call->waiting;
}

void aws_step(struct aws *aws)
{
    if (aws->http)
        http_step(aws->http);
    int64_t now = time_monotonic();
    for (struct aws_call *call = aws->first; call; call = call->next) {
        if (call->done || (call->waiting && !got_credentials(call)))
            continue;
        if (call->transfer && http_done(call->transfer))
            answered(call);
        else if (!call->transfer && now >= call->again)
            send_again(call);
    }
}

/* ---- starting -----------------------------------------------------------------------------------
 */

/* Where it goes and who signs it: a change without a guard is refused before anybody is asked. */
static bool prepare(struct aws_call *call, struct error *err)
{
    struct aws_place place;
    const struct aws_service *service = aws_service_of(call->op);
    if (!aws_request_make(call->op, call->asking.params, call->arena, &call->request, err))
        return false;
    if (!call->op->reads_only && !call->aws->guard.permit)
        return change_refuse(call->op, err);
    if (!config_place(call->aws, service, call->asking.region, &place, err) ||
        !aws_endpoint(service, &place, call->arena, &call->endpoint, err))
        return false;
    call->region = place.region;
    return credentials_take(call, err) && change_permit(call, err);
}

struct aws_call *aws_start(struct aws *aws, const struct aws_asking *asking, struct error *err)
{
    const struct aws_op *op = aws_op(asking->op);
    if (!op) {
        (void)error_set(err, ERROR_INTERNAL, "no call %s in the table", asking->op);
        return NULL;
    }
    struct aws_call *call = xcalloc(1, sizeof *call);
    call->aws = aws;
    call->arena = arena_new_secret();
    call->op = op;
    call->asking = *asking;
    call->asking.params =
        json_own(call->arena, asking->params ? json_incref(asking->params) : json_object());
    call->next = aws->first;
    aws->first = call;
    if (!prepare(call, err) || (!call->waiting && !send(call, err))) {
        call->error = *err;
        call->facts.attempts = 0;
        aws_end(call);
        return NULL;
    }
    return call;
}

bool aws_done(const struct aws_call *call)
{
    return call->done;
}

bool aws_reply(struct aws_call *call, json_t **reply, struct error *err)
{
    *reply = call->reply;
    if (!call->ok)
        *err = call->error;
    return call->ok;
}

const struct aws_facts *aws_call_facts(const struct aws_call *call)
{
    return &call->facts;
}

void aws_hold(struct aws_call *call, bool hold)
{
    if (call->transfer)
        http_hold(call->transfer, hold);
}

void aws_end(struct aws_call *call)
{
    if (!call)
        return;
    struct aws_call **link = &call->aws->first;
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    change_given_up(call);
    http_end(call->transfer);
    arena_free(call->arena);
    free(call);
}
