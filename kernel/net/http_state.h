/* http_state - what the files of http share; nobody else includes it. */
#ifndef COFFERDAM_NET_HTTP_STATE_H
#define COFFERDAM_NET_HTTP_STATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "net/curl_api.h"
#include "net/http.h"

#include <sys/epoll.h>

#define SPARES 16
#define EVENTS 32 /* handled by one step */
#define KEPT 32   /* connections that stay in the epoll between requests */

/* A connection's socket. */
struct socket_kept {
    int descriptor;
    uint32_t events; /* that the epoll tells of; 0: it is not in it */
    bool wanted;     /* by libcurl, at present */
};

struct http {
    struct curl_api api;
    const char *proxy; /* of who names none: NULL: libcurl asks the environment; "": it has none */
    CURLM *multi;
    int poll;      /* epoll: curl's sockets and the two below */
    int wake;      /* eventfd: there is something to do at once */
    int timer;     /* timerfd */
    int64_t due;   /* monotonic: when curl wants to go on; 0: when a socket says so */
    int64_t armed; /* when the timer rings, not later than `due`; 0: it does not */
    struct socket_kept kept[KEPT];
    size_t kept_count;
    struct epoll_event ready[EVENTS]; /* what http_wait has seen, for http_step */
    int ready_count;
    struct http_transfer *first;
    CURL *spare[SPARES]; /* hold nothing of a request */
    size_t spares;
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

/* ---- http_easy.c: a request as libcurl's options, and the handle that they are set in ---- */

/* False with ERROR_USAGE for what could become a header, a request or a file of its own. */
bool easy_check(const struct http_request *request, struct error *err);
void easy_take(struct http_transfer *transfer); /* ready to be sent */
void easy_put_away(struct http_transfer *transfer);
void easy_drop_spares(struct http *http);

/* ---- http_wait.c: what libcurl waits for ---- */

bool wait_open(struct http *http);  /* false with errno; wait_close in either case */
void wait_close(struct http *http); /* behind libcurl's end */
void wait_arm(struct http *http);   /* the timer, for what is due */
void wait_wake(void *http);         /* any thread: who waits has something to do */
int wait_take(struct http *http);   /* how many of `ready` are libcurl's; never waits */
int wait_socket(CURL *easy, curl_socket_t socket, int what, void *state, void *known);
int wait_timer(CURLM *multi, long ms, void *state);
curl_socket_t wait_opened(void *state, curlsocktype purpose, struct curl_sockaddr *address);
int wait_closed(void *state, curl_socket_t socket);

/* ---- http.c: libcurl's callbacks for the answer; `state` is the transfer ---- */

size_t answer_header(char *bytes, size_t one, size_t size, void *state);
size_t answer_body(char *bytes, size_t one, size_t size, void *state);

#endif
