/* http - HTTP/1.1 requests, many at once, none of which can hang.
 *
 * One struct http is one libcurl multi handle with its connections, which are kept and used again.
 * It belongs to one thread. Requests are started; all of them move on in http_step, which never
 * waits: its owner polls http_fd (readable when there is something to do, timers included) beside
 * whatever else may wake it, and ends a transfer at any time, in any phase, at once.
 *
 * Redirects are answers, not followed. Only http and https, TLS 1.2 and up, certificates are
 * checked. Nothing is decoded: the body is what was sent. A body that ends before its length, or
 * has no stated length at all, is an error. libcurl is loaded at first use; its memory is wiped
 * when it is freed, since headers carry secrets.
 */
#ifndef COFFERDAM_NET_HTTP_H
#define COFFERDAM_NET_HTTP_H

#include "base/arena.h"
#include "base/cancel.h"
#include "base/error.h"

struct http;

/* Loads libcurl. NULL with ERROR_UNAVAILABLE where it is not there. */
struct http *http_new(struct error *err);
void http_free(struct http *http); /* ends its transfers; NULL is allowed */

/* What it stands on: "libcurl/7.88.1 OpenSSL/3.0.22 ..."; NULL with ERROR_UNAVAILABLE. */
const char *http_library(struct error *err);

/* Readable while http_step has something to do. Belongs to the http. */
int http_fd(const struct http *http);
void http_step(struct http *http);
/* Waits until http_step has something to do, cancel (may be NULL) is raised, or `until` (monotonic
 * microseconds; 0: for ever). Takes cancel's place for who is woken. */
void http_wait(struct http *http, struct cancel *cancel, int64_t until);

/* Limits of one request; 0 takes the default. */
struct http_limits {
    int connect_ms; /* name, connection and TLS: 10,000 */
    int stall_ms;   /* no byte in either direction: 30,000; whole seconds, rounded up */
    int total_ms;   /* from start to end: 300,000 */
    int64_t size;   /* bytes of the answer's body: 16 MiB in memory; of a sink 1 TiB */
    size_t headers; /* bytes of the answer's header: 64 KiB */
};

/* Borrowed until the transfer has ended, but for url and headers, which are copied. */
struct http_request {
    const char *method; /* "GET" */
    const char *url;    /* http:// or https://, sent as it is: no dot segment is taken away */
    const char *const *headers; /* "Name: value"..., NULL; exactly these and Host are sent. May be
                                   NULL */
    const void *body;           /* NULL: none */
    size_t size;
    /* Sent once at most: libcurl sends a request again by itself where a connection used before
       turns out to be dead, and it may have arrived. */
    bool once;
    struct http_limits limits;
    const char *proxy;   /* NULL: as the environment says (https_proxy, http_proxy, no_proxy); "":
                            none */
    const char *ca_file; /* PEM; NULL: the system's */
    /* Takes the body of an answer 2xx piece by piece (other bodies stay in memory); false with the
       error set ends the transfer with that error. NULL: memory. */
    bool (*sink)(void *state, const void *bytes, size_t size, struct error *err);
    void *sink_state;
};

struct http_header {
    const char *name; /* lower case */
    const char *value;
};

/* Belongs to the transfer. */
struct http_reply {
    int status;
    const struct http_header *headers;
    size_t header_count;
    const char *body; /* with a NUL behind it; "" where a sink took it */
    size_t size;
    int64_t taken;     /* bytes a sink took */
    int64_t connected; /* microseconds from start to a usable connection, 0: one was used again */
    int64_t waited;    /* ... to the first byte of the answer */
    int64_t total;
};

struct http_transfer;

/* NULL with the error set for a request that cannot be sent (ERROR_USAGE: no URL of http, a line
   break in a header). */
struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 struct error *err);
/* Has it come to its end, good or bad? */
bool http_done(const struct http_transfer *transfer);
/* After http_done: the answer, whatever its status, or false with the error: ERROR_UNAVAILABLE for
 * the network's failures, ERROR_LIMIT, or the sink's own. */
bool http_reply(const struct http_transfer *transfer, struct http_reply *out, struct error *err);
/* Whether any byte of the request may have reached the server. */
bool http_sent(const struct http_transfer *transfer);
/* Receives nothing more while held; what was read already may still reach the sink. May be
 * repeated.
 */
void http_hold(struct http_transfer *transfer, bool hold);
/* Ends it, under way or not; within milliseconds, also while a name is looked up. NULL is allowed.
 */
void http_end(struct http_transfer *transfer);

/* The value of a header (name in lower case) or NULL; the first if there are several. */
const char *http_header(const struct http_reply *reply, const char *name);

#endif
