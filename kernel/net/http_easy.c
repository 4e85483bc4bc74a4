/* A request as libcurl's options, and the handle that they are set in. To make a handle costs as
 * much as to send a request: it serves one after the other. */
#include "net/http_state.h"

#include <string.h>
#include <strings.h>

#define CONNECT_MS 10000
#define STALL_MS 30000
#define TOTAL_MS 300000
#define SINK_BUFFER 262144L /* bytes that are read at once for a sink */
#define ONCE_IDLE 10L       /* seconds after which a connection may well be dead */

bool easy_check(const struct http_request *request, struct error *err)
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

/* What all requests have in common. */
static CURL *make_easy(struct http *http)
{
    static const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_QUICK_EXIT, 1}, /* not waiting for the resolver's thread */
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_PATH_AS_IS, 1},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_LOW_SPEED_LIMIT, 1},
        {CURLOPT_TCP_NODELAY, 1},
    };
    const struct curl_api *api = &http->api;
    CURL *easy = api->easy_init();
    for (size_t i = 0; i < COUNT(numbers); i++)
        (void)api->easy_setopt(easy, numbers[i].option, numbers[i].value);
    (void)api->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)api->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, wait_opened);
    (void)api->easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http);
    (void)api->easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, wait_closed);
    (void)api->easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, http);
    (void)api->easy_setopt(easy, CURLOPT_HEADERFUNCTION, answer_header);
    (void)api->easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_body);
    return easy;
}

static void set_method(struct http_transfer *transfer)
{
    const struct curl_api *api = &transfer->http->api;
    const struct http_request *request = &transfer->request;
    CURL *easy = transfer->easy;
    if (request->body) {
        (void)api->easy_setopt(easy, CURLOPT_POST, 1L);
        (void)api->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size);
        (void)api->easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
    } else {
        (void)api->easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        (void)api->easy_setopt(easy, CURLOPT_NOBODY, (long)(strcmp(request->method, "HEAD") == 0));
    }
    set_once(transfer);
    (void)api->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_options(struct http_transfer *transfer)
{
    const struct curl_api *api = &transfer->http->api;
    const struct http_request *request = &transfer->request;
    const struct http_limits *limits = &request->limits;
    CURL *easy = transfer->easy;
    long stall = (or_default(limits->stall_ms, STALL_MS) + 999) / 1000;
    (void)api->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                           or_default(limits->connect_ms, CONNECT_MS));
    (void)api->easy_setopt(easy, CURLOPT_TIMEOUT_MS, or_default(limits->total_ms, TOTAL_MS));
    (void)api->easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, stall);
    (void)api->easy_setopt(easy, CURLOPT_BUFFERSIZE,
                           request->sink ? SINK_BUFFER : (long)CURL_MAX_WRITE_SIZE);
    set_method(transfer);
    const char *authorities = request->ca_file;
    if (!authorities)
        (void)api->easy_getinfo(easy, CURLINFO_CAINFO, &authorities);
    (void)api->easy_setopt(easy, CURLOPT_CAINFO, authorities);
    (void)api->easy_setopt(easy, CURLOPT_PROXY,
                           request->proxy ? request->proxy : transfer->http->proxy);
    (void)api->easy_setopt(easy, CURLOPT_URL, request->url);
    (void)api->easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    (void)api->easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->words);
    (void)api->easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    (void)api->easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    (void)api->easy_setopt(easy, CURLOPT_PRIVATE, transfer);
}

/* ---- the handle ---------------------------------------------------------------------------------
 */

void easy_take(struct http_transfer *transfer)
{
    struct http *http = transfer->http;
    transfer->easy = http->spares ? http->spare[--http->spares] : make_easy(http);
    set_headers(transfer);
    set_options(transfer);
}

/* Kept for another request, which sets anew what it set, without what belongs to it: one that ended
 * well and was no change's (set_once). */
void easy_put_away(struct http_transfer *transfer)
{
    static const CURLoption borrowed[] = {CURLOPT_URL, CURLOPT_HTTPHEADER, CURLOPT_POSTFIELDS,
                                          CURLOPT_PROXY, CURLOPT_ERRORBUFFER};
    struct http *http = transfer->http;
    bool well =
        transfer->done && transfer->code == CURLE_OK && !transfer->request.once && !transfer->held;
    (void)http->api.multi_remove_handle(http->multi, transfer->easy);
    if (!well || http->spares == SPARES) {
        http->api.easy_cleanup(transfer->easy);
        return;
    }
    for (size_t i = 0; i < COUNT(borrowed); i++)
        (void)http->api.easy_setopt(transfer->easy, borrowed[i], NULL);
    http->spare[http->spares++] = transfer->easy;
}

void easy_drop_spares(struct http *http)
{
    while (http->spares)
        http->api.easy_cleanup(http->spare[--http->spares]);
}
