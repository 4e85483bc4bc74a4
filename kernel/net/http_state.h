/* http_state - what the files of http share; nobody else includes it. */
#ifndef COFFERDAM_NET_HTTP_STATE_H
#define COFFERDAM_NET_HTTP_STATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "net/curl_api.h"
#include "net/http.h"

#define SPARES 16

struct http {
    struct curl_api api;
    CURLM *multi;
    int poll;      /* epoll: curl's sockets and the two below */
    int wake;      /* eventfd: there is something to do at once */
    int timer;     /* timerfd */
    int64_t due;   /* monotonic: when curl wants to go on; 0: when a socket says so */
    int64_t armed; /* when the timer rings, not later than `due`; 0: it does not */
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

/* ---- http.c: libcurl's callbacks for the answer; `state` is the transfer ---- */

size_t answer_header(char *bytes, size_t one, size_t size, void *state);
size_t answer_body(char *bytes, size_t one, size_t size, void *state);

#endif
