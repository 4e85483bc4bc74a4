#include "net/http.h"

#include "base/buf.h"
#include "base/secret.h"
#include "base/time.h"
#include "net/curl_api.h"
#include "net/http_fail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define CONNECT_MS 10000
#define STALL_MS 30000
#define TOTAL_MS 300000
#define BODY_LIMIT ((int64_t)16 << 20)
#define SINK_LIMIT ((int64_t)1 << 40)
#define HEADER_LIMIT ((size_t)64 << 10)
#define HEADERS_MOST 200
#define EVENTS 32           /* handled by one step */
#define AT_ONCE 8           /* times that curl goes on at once before others have a turn */
#define SINK_BUFFER 262144L /* bytes that are read at once for a sink */
#define ONCE_IDLE 10L       /* seconds after which a connection may well be dead */

struct http {
    struct curl_api api;
    CURLM *multi;
    int poll;      /* epoll: curl's sockets and the timer */
    int timer;     /* timerfd */
    int64_t due;   /* monotonic: when curl wants to go on; 0: when a socket says so */
    int64_t armed; /* when the timer rings, not later than `due`; 0: it does not */
    struct http_transfer *first;
};

struct http_transfer {
    struct http *http;
    struct http_transfer *next;
    CURL *easy;
    struct curl_slist *headers;
    struct http_request request;
    struct arena *arena;
    struct http_header *list;
    size_t header_count;
    size_t header_bytes;
    struct buf body;
    int64_t taken;
    size_t given; /* bytes of a body that is sent once */
    bool held;
    bool framed; /* the answer says where it ends */
    bool done;
    CURLcode code;
    struct error error; /* of the sink, or a limit of ours */
    char words[CURL_ERROR_SIZE];
};

/* ---- waiting ------------------------------------------------------------------------------------
 */

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *state, void *known)
{
    (void)easy;
    struct http *http = state;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(http->poll, EPOLL_CTL_DEL, socket, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = socket};
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    (void)known;
    if (epoll_ctl(http->poll, EPOLL_CTL_MOD, socket, &event) != 0 && errno == ENOENT &&
        epoll_ctl(http->poll, EPOLL_CTL_ADD, socket, &event) != 0)
        return -1;
    return 0;
}

static int arm(struct http *http, int64_t at)
{
    struct itimerspec when = {{0}, {.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000 + 1}};
    http->armed = at;
    return timerfd_settime(http->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* What is due at once needs no timer: it is done before the caller goes on (go_on). A timer that
   rings too early is cheaper than one that is set anew with each request. */
static int on_timer(CURLM *multi, long ms, void *state)
{
    (void)multi;
    struct http *http = state;
    http->due = ms < 0 ? 0 : time_monotonic() + ms * 1000;
    if (ms <= 0 || (http->armed && http->armed <= http->due))
        return 0;
    return arm(http, http->due);
}

int http_fd(const struct http *http)
{
    return http->poll;
}

/* ---- the answer ---------------------------------------------------------------------------------
 */

static size_t on_header(char *bytes, size_t one, size_t size, void *state)
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

static size_t on_body(char *bytes, size_t one, size_t size, void *state)
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

struct http *http_new(struct error *err)
{
    struct http *http = xcalloc(1, sizeof *http);
    http->poll = epoll_create1(EPOLL_CLOEXEC);
    http->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = http->timer};
    bool ok = (http->poll >= 0 && http->timer >= 0 &&
               epoll_ctl(http->poll, EPOLL_CTL_ADD, http->timer, &event) == 0) ||
              error_errno(err, errno, "no descriptors for requests");
    if (ok && curl_api_load(&http->api, err)) {
        const struct curl_api *api = &http->api;
        http->multi = api->multi_init();
        (void)api->multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        (void)api->multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
        (void)api->multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
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
    if (http->multi)
        (void)http->api.multi_cleanup(http->multi);
    if (http->timer >= 0)
        (void)close(http->timer);
    if (http->poll >= 0)
        (void)close(http->poll);
    free(http);
}

/* What would let a value become a header, a request or a file of its own. */
static bool check(const struct http_request *request, struct error *err)
{
    const char *url = request->url;
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        return error_set(err, ERROR_USAGE, "no address of http or https: %.200s", url);
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return error_set(err, ERROR_USAGE, "the address holds a blank or control character");
    for (const char *const *header = request->headers; header && *header; header++)
        if (strpbrk(*header, "\r\n"))
            return error_set(err, ERROR_USAGE, "a header of the request holds a line break");
    return true;
}

static bool add_header(struct http_transfer *transfer, const char *line)
{
    struct curl_slist *list = transfer->http->api.slist_append(transfer->headers, line);
    if (list)
        transfer->headers = list;
    return list != NULL;
}

static void set_headers(struct http_transfer *transfer)
{
    /* what libcurl would add by itself */
    static const char *const none[] = {"Accept:", "Expect:", "Content-Type:"};
    for (size_t i = 0; i < COUNT(none); i++)
        (void)add_header(transfer, none[i]);
    for (const char *const *line = transfer->request.headers; line && *line; line++)
        (void)add_header(transfer, *line);
}

static long or_default(int value, int fallback)
{
    return value ? value : fallback;
}

static size_t give_body(char *room, size_t size, size_t count, void *state)
{
    struct http_transfer *transfer = state;
    size_t left = transfer->request.size - transfer->given, most = size * count;
    size_t part = left < most ? left : most;
    memcpy(room, (const char *)transfer->request.body + transfer->given, part);
    transfer->given += part;
    return part;
}

/* A body that cannot be rewound is not sent again; without one, only a connection of its own helps.
 */
static void set_once(struct http_transfer *transfer)
{
    const struct curl_api *api = &transfer->http->api;
    CURL *easy = transfer->easy;
    if (!transfer->request.once)
        return;
    if (transfer->request.size) {
        (void)api->easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
        (void)api->easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
        (void)api->easy_setopt(easy, CURLOPT_READDATA, transfer);
        (void)api->easy_setopt(easy, CURLOPT_MAXAGE_CONN, ONCE_IDLE);
    } else {
        (void)api->easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    }
}

static void set_options(struct http_transfer *transfer)
{
    const struct curl_api *api = &transfer->http->api;
    const struct http_request *request = &transfer->request;
    CURL *easy = transfer->easy;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_QUICK_EXIT, 1}, /* not waiting for the resolver's thread */
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_PATH_AS_IS, 1},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_CONNECTTIMEOUT_MS, or_default(request->limits.connect_ms, CONNECT_MS)},
        {CURLOPT_TIMEOUT_MS, or_default(request->limits.total_ms, TOTAL_MS)},
        {CURLOPT_LOW_SPEED_LIMIT, 1},
        {CURLOPT_LOW_SPEED_TIME, (or_default(request->limits.stall_ms, STALL_MS) + 999) / 1000},
        {CURLOPT_NOBODY, strcmp(request->method, "HEAD") == 0},
        {CURLOPT_TCP_NODELAY, 1},
        {CURLOPT_BUFFERSIZE, request->sink ? SINK_BUFFER : CURL_MAX_WRITE_SIZE},
    };
    for (size_t i = 0; i < COUNT(numbers); i++)
        (void)api->easy_setopt(easy, numbers[i].option, numbers[i].value);
    (void)api->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (request->body) {
        (void)api->easy_setopt(easy, CURLOPT_POST, 1L);
        (void)api->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size);
        (void)api->easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    }
    set_once(transfer);
    (void)api->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (request->proxy)
        (void)api->easy_setopt(easy, CURLOPT_PROXY, request->proxy);
    if (request->ca_file)
        (void)api->easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
    (void)api->easy_setopt(easy, CURLOPT_URL, request->url);
    (void)api->easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    (void)api->easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->words);
    (void)api->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    (void)api->easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    (void)api->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    (void)api->easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    (void)api->easy_setopt(easy, CURLOPT_PRIVATE, transfer);
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
    if (http->due && (!http->armed || http->armed > http->due))
        (void)arm(http, http->due);
}

struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 struct error *err)
{
    if (!check(request, err))
        return NULL;
    struct http_transfer *transfer = xcalloc(1, sizeof *transfer);
    transfer->http = http;
    transfer->arena = arena_new_secret();
    transfer->request = *request;
    transfer->list = arena_alloc(transfer->arena, HEADERS_MOST * sizeof *transfer->list);
    buf_init_secret(&transfer->body, SIZE_MAX);
    transfer->easy = http->api.easy_init();
    set_headers(transfer);
    set_options(transfer);
    transfer->next = http->first;
    http->first = transfer;
    if (http->api.multi_add_handle(http->multi, transfer->easy) == CURLM_OK) {
        go_on(http);
        if (note_ends(http)) /* already: whoever waits is woken */
            (void)arm(http, time_monotonic());
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
    go_on(transfer->http);
}

void http_end(struct http_transfer *transfer)
{
    if (!transfer)
        return;
    struct http *http = transfer->http;
    (void)http->api.multi_remove_handle(http->multi, transfer->easy);
    http->api.easy_cleanup(transfer->easy);
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
    struct epoll_event events[EVENTS];
    int count = epoll_wait(http->poll, events, EVENTS, 0), running;
    for (int i = 0; i < count; i++) {
        int socket = events[i].data.fd;
        uint32_t what = events[i].events;
        if (socket == http->timer) {
            uint64_t expired;
            if (read(http->timer, &expired, sizeof expired) == (ssize_t)sizeof expired)
                http->armed = 0;
            continue;
        }
        int mask = (what & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (what & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (what & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        (void)http->api.multi_socket_action(http->multi, socket, mask, &running);
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
