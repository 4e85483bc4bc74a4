#include "net/http.h"

#include "base/time.h"
#include "net/http_fail.h"
#include "net/http_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BODY_LIMIT ((int64_t)16 << 20)
#define SINK_LIMIT ((int64_t)1 << 40)
#define HEADER_LIMIT ((size_t)64 << 10)
#define HEADERS_MOST 200
#define AT_ONCE 8 /* times that curl goes on at once before others have a turn */

/* ---- the answer ---------------------------------------------------------------------------------
 */

size_t answer_header(char *bytes, size_t one, size_t size, void *state)
{
    (void)one;
    struct http_transfer *transfer = state;
    size_t limit = transfer->request.limits.headers;
    transfer->header_bytes += size;
    if (transfer->header_bytes > (limit ? limit : HEADER_LIMIT) ||
        transfer->header_count == HEADERS_MOST) {
        (void)error_set(&transfer->error, ERROR_LIMIT, "the answer's header is too large");
        return 0;
    }
    if (size >= 5 && memcmp(bytes, "HTTP/", 5) == 0) { /* behind a 100 or a proxy's answer */
        transfer->header_count = 0;
        transfer->framed = false;
        return size;
    }
    const char *colon = memchr(bytes, ':', size);
    if (!colon)
        return size;
    struct http_header *header = &transfer->list[transfer->header_count++];
    char *name = arena_strndup(transfer->arena, bytes, (size_t)(colon - bytes));
    for (char *c = name; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
    const char *value = colon + 1, *end = bytes + size;
    while (value < end && strchr(" \t\r\n", *value))
        value++;
    while (end > value && strchr(" \t\r\n", end[-1]))
        end--;
    *header =
        (struct http_header){name, arena_strndup(transfer->arena, value, (size_t)(end - value))};
    if (strcmp(name, "content-length") == 0 || strcmp(name, "transfer-encoding") == 0)
        transfer->framed = true;
    return size;
}

static int status_of(const struct http_transfer *transfer)
{
    long status = 0;
    (void)transfer->http->api.easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

size_t answer_body(char *bytes, size_t one, size_t size, void *state)
{
    (void)one;
    struct http_transfer *transfer = state;
    const struct http_request *request = &transfer->request;
    int status = status_of(transfer);
    bool sunk = request->sink && status >= 200 && status < 300;
    int64_t limit = request->limits.size ? request->limits.size : sunk ? SINK_LIMIT : BODY_LIMIT;
    if (transfer->taken + (int64_t)transfer->body.size + (int64_t)size > limit) {
        (void)error_set(&transfer->error, ERROR_LIMIT,
                        "the answer is larger than its limit of %lld bytes", (long long)limit);
        return 0;
    }
    if (!sunk) {
        buf_add(&transfer->body, bytes, size);
        return size;
    }
    transfer->taken += (int64_t)size;
    return request->sink(request->sink_state, bytes, size, &transfer->error) ? size : 0;
}

/* ---- starting -----------------------------------------------------------------------------------
 */

const char *http_library(struct error *err)
{
    struct curl_api api;
    return curl_api_load(&api, err) ? api.version() : NULL;
}

/* libcurl looks for each request again. */
static const char *environment_proxy(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (getenv(names[i]))
            return NULL;
    return "";
}

struct http *http_new(struct error *err)
{
    struct http *http = xcalloc(1, sizeof *http);
    http->proxy = environment_proxy();
    bool ok = wait_open(http) || error_errno(err, errno, "no descriptors for requests");
    if (ok && curl_api_load(&http->api, err)) {
        const struct curl_api *api = &http->api;
        http->multi = api->multi_init();
        (void)api->multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, wait_socket);
        (void)api->multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
        (void)api->multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, wait_timer);
        (void)api->multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
        (void)api->multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
        return http;
    }
    http_free(http);
    return NULL;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    while (http->first)
        http_end(http->first);
    easy_drop_spares(http);
    if (http->multi)
        (void)http->api.multi_cleanup(http->multi);
    wait_close(http);
    free(http);
}

/* ---- moving on ----------------------------------------------------------------------------------
 */

static bool note_ends(struct http *http)
{
    int left;
    bool any = false;
    for (CURLMsg *message; (message = http->api.multi_info_read(http->multi, &left));) {
        void *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        (void)http->api.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        ((struct http_transfer *)transfer)->code = message->data.result;
        ((struct http_transfer *)transfer)->done = any = true;
    }
    return any;
}

static void go_on(struct http *http)
{
    int running;
    for (int i = 0; http->due && http->due <= time_monotonic() && i < AT_ONCE; i++) {
        http->due = 0;
        (void)http->api.multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    wait_arm(http);
}

/* Outside of a step: whoever waits is woken where something has ended already. */
static void go_on_now(struct http *http)
{
    go_on(http);
    if (note_ends(http))
        wait_wake(http);
}

struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 struct error *err)
{
    if (!easy_check(request, err))
        return NULL;
    struct http_transfer *transfer = xcalloc(1, sizeof *transfer);
    transfer->http = http;
    transfer->arena = arena_new_secret();
    transfer->request = *request;
    transfer->list = arena_alloc(transfer->arena, HEADERS_MOST * sizeof *transfer->list);
    buf_init_secret(&transfer->body, SIZE_MAX);
    easy_take(transfer);
    transfer->next = http->first;
    http->first = transfer;
    if (http->api.multi_add_handle(http->multi, transfer->easy) == CURLM_OK) {
        go_on_now(http);
        return transfer;
    }
    http_end(transfer);
    (void)error_set(err, ERROR_INTERNAL, "the request cannot be started");
    return NULL;
}

void http_hold(struct http_transfer *transfer, bool hold)
{
    if (transfer->held != hold && !transfer->done)
        (void)transfer->http->api.easy_pause(transfer->easy,
                                             hold ? CURLPAUSE_RECV : CURLPAUSE_CONT);
    transfer->held = hold;
    go_on_now(transfer->http);
}

void http_end(struct http_transfer *transfer)
{
    if (!transfer)
        return;
    struct http *http = transfer->http;
    easy_put_away(transfer);
    http->api.slist_free_all(transfer->headers);
    struct http_transfer **link = &http->first;
    while (*link != transfer)
        link = &(*link)->next;
    *link = transfer->next;
    buf_release(&transfer->body);
    arena_free(transfer->arena);
    free(transfer);
}

void http_step(struct http *http)
{
    int count = wait_take(http), running;
    for (int i = 0; i < count; i++) {
        uint32_t what = http->ready[i].events;
        int mask = (what & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (what & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (what & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        (void)http->api.multi_socket_action(http->multi, http->ready[i].data.fd, mask, &running);
    }
    go_on(http);
    (void)note_ends(http);
}

/* ---- the end ------------------------------------------------------------------------------------
 */

bool http_done(const struct http_transfer *transfer)
{
    return transfer->done;
}

bool http_sent(const struct http_transfer *transfer)
{
    long sent = 0;
    (void)transfer->http->api.easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0;
}

static int64_t moment(const struct http_transfer *transfer, CURLINFO what)
{
    curl_off_t microseconds = 0;
    (void)transfer->http->api.easy_getinfo(transfer->easy, what, &microseconds);
    return (int64_t)microseconds;
}

static int64_t connected(const struct http_transfer *transfer)
{
    long made = 0;
    (void)transfer->http->api.easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &made);
    return made ? moment(transfer, CURLINFO_PRETRANSFER_TIME_T) : 0;
}

/* An answer that has a body must say how long it is: without that a cut would look like the end. */
static bool is_whole(const struct http_transfer *transfer, int status)
{
    return transfer->framed || status == 204 || status == 304 ||
           strcmp(transfer->request.method, "HEAD") == 0;
}

bool http_reply(const struct http_transfer *transfer, struct http_reply *out, struct error *err)
{
    if (transfer->error.kind) {
        *err = transfer->error;
        return false;
    }
    if (transfer->code != CURLE_OK)
        return http_fail(transfer->code, transfer->words, err);
    int status = status_of(transfer);
    if (!is_whole(transfer, status))
        return error_set(err, ERROR_UNAVAILABLE, "the answer does not say how long it is") ||
               error_hint(err, "It may be cut: what lies between may be no HTTP/1.1 proxy.");
    *out = (struct http_reply){
        .status = status,
        .headers = transfer->list,
        .header_count = transfer->header_count,
        .body = transfer->body.data ? transfer->body.data : "",
        .size = transfer->body.size,
        .taken = transfer->taken,
        .connected = connected(transfer),
        .waited = moment(transfer, CURLINFO_STARTTRANSFER_TIME_T),
        .total = moment(transfer, CURLINFO_TOTAL_TIME_T),
    };
    return true;
}

const char *http_header(const struct http_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}
