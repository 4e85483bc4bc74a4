/* What libcurl waits for, its sockets and its timer, in one epoll.
 *
 * libcurl wants to hear of a socket while a request is under way and forgets it behind: a
 * connection that is used again would leave and enter the epoll with each. One that libcurl opened
 * through `wait_opened` stays in it until `wait_closed`; should it say something that nobody wants
 * to hear (the server ends it), it goes at once. */
#include "base/time.h"
#include "net/http_state.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

static struct socket_kept *find(struct http *http, int descriptor)
{
    for (size_t i = 0; i < http->kept_count; i++)
        if (http->kept[i].descriptor == descriptor)
            return &http->kept[i];
    return NULL;
}

int wait_socket(CURL *easy, curl_socket_t socket, int what, void *state, void *known)
{
    (void)easy, (void)known;
    struct http *http = state;
    struct socket_kept *kept = find(http, socket);
    if (what == CURL_POLL_REMOVE) {
        if (kept)
            kept->wanted = false;
        else
            (void)epoll_ctl(http->poll, EPOLL_CTL_DEL, socket, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = socket};
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    if (kept)
        kept->wanted = true;
    if (kept && kept->events == event.events)
        return 0;
    if (epoll_ctl(http->poll, EPOLL_CTL_ADD, socket, &event) != 0 &&
        (errno != EEXIST || epoll_ctl(http->poll, EPOLL_CTL_MOD, socket, &event) != 0))
        return -1;
    if (kept)
        kept->events = event.events;
    return 0;
}

curl_socket_t wait_opened(void *state, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct http *http = state;
    int opened = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (opened >= 0 && http->kept_count < COUNT(http->kept))
        http->kept[http->kept_count++] = (struct socket_kept){.descriptor = opened};
    return opened < 0 ? CURL_SOCKET_BAD : opened;
}

int wait_closed(void *state, curl_socket_t socket)
{
    struct http *http = state;
    struct socket_kept *kept = find(http, socket);
    if (kept)
        *kept = http->kept[--http->kept_count];
    return close(socket);
}

/* ---- time ---------------------------------------------------------------------------------------
 */

static int arm(struct http *http, int64_t at)
{
    struct itimerspec when = {{0}, {.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000 + 1}};
    http->armed = at;
    return timerfd_settime(http->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

void wait_arm(struct http *http)
{
    if (http->due && (!http->armed || http->armed > http->due))
        (void)arm(http, http->due);
}

/* What is due at once needs no timer: it is done before the caller goes on (go_on). A timer that
   rings too early is cheaper than one that is set anew with each request. */
int wait_timer(CURLM *multi, long ms, void *state)
{
    (void)multi;
    struct http *http = state;
    http->due = ms < 0 ? 0 : time_monotonic() + ms * 1000;
    if (ms <= 0 || (http->armed && http->armed <= http->due))
        return 0;
    return arm(http, http->due);
}

/* Cheaper than a timer that rings at once. */
void wait_wake(void *http)
{
    static const uint64_t one = 1;
    (void)!write(((struct http *)http)->wake, &one, sizeof one);
}

/* ---- waiting ------------------------------------------------------------------------------------
 */

static bool watch(struct http *http, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    return descriptor >= 0 && epoll_ctl(http->poll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

bool wait_open(struct http *http)
{
    http->poll = epoll_create1(EPOLL_CLOEXEC);
    http->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    http->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return http->poll >= 0 && watch(http, http->timer) && watch(http, http->wake);
}

void wait_close(struct http *http)
{
    const int descriptors[] = {http->wake, http->timer, http->poll};
    for (size_t i = 0; i < COUNT(descriptors); i++)
        if (descriptors[i] >= 0)
            (void)close(descriptors[i]);
}

int http_fd(const struct http *http)
{
    return http->poll;
}

void http_wait(struct http *http, struct cancel *cancel, int64_t until)
{
    if (cancel)
        cancel_on_raise(cancel, wait_wake, http);
    int count = epoll_wait(http->poll, http->ready, EVENTS, time_poll(until));
    http->ready_count = count > 0 ? count : 0;
    if (cancel)
        cancel_on_raise(cancel, NULL, NULL);
}

/* One of our own descriptors: read, so that it is quiet again. */
static bool rang(struct http *http, int descriptor)
{
    uint64_t times;
    if (descriptor != http->timer && descriptor != http->wake)
        return false;
    if (read(descriptor, &times, sizeof times) == (ssize_t)sizeof times &&
        descriptor == http->timer)
        http->armed = 0;
    return true;
}

static bool unwanted(struct http *http, int descriptor)
{
    struct socket_kept *kept = find(http, descriptor);
    if (!kept || kept->wanted)
        return false;
    (void)epoll_ctl(http->poll, EPOLL_CTL_DEL, descriptor, NULL);
    kept->events = 0;
    return true;
}

int wait_take(struct http *http)
{
    int count = http->ready_count, taken = 0;
    if (!count)
        count = epoll_wait(http->poll, http->ready, EVENTS, 0);
    http->ready_count = 0;
    for (int i = 0; i < count; i++) {
        struct epoll_event event = http->ready[i];
        if (!rang(http, event.data.fd) && !unwanted(http, event.data.fd))
            http->ready[taken++] = event;
    }
    return taken;
}
