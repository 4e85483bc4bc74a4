#include "jupyter/pipe.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct pipe {
    pthread_mutex_t lock;
    struct packet *first, *last;
    struct packet *state; /* the one among them that a newer one takes the place of; or NULL */
    size_t quiet;         /* packets pushed without waking */
    bool awake;           /* the descriptor is readable, or about to be */
    int descriptor;
};

struct pipe *pipe_new(void)
{
    struct pipe *pipe = xcalloc(1, sizeof *pipe);
    (void)pthread_mutex_init(&pipe->lock, NULL);
    pipe->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pipe->descriptor < 0)
        abort(); /* no descriptor left at the start of the process */
    return pipe;
}

void pipe_free(struct pipe *pipe)
{
    if (!pipe)
        return;
    while (pipe->first) {
        struct packet *packet = pipe->first;
        pipe->first = packet->next;
        packet_free(packet);
    }
    (void)close(pipe->descriptor);
    (void)pthread_mutex_destroy(&pipe->lock);
    free(pipe);
}

static void add(struct pipe *pipe, struct packet *packet)
{
    if (pipe->last)
        pipe->last->next = packet;
    else
        pipe->first = packet;
    while (packet->next)
        packet = packet->next;
    pipe->last = packet;
}

/* Under the lock: true if the taker must be woken, which the caller does after the lock, so that a
   taker that runs at once does not run into it. An eventfd write fails only when its counter is at
   its end, which `awake` excludes. */
static bool must_wake(struct pipe *pipe)
{
    bool must = !pipe->awake;
    pipe->awake = true;
    return must;
}

static void unlock_and_wake(struct pipe *pipe, bool wake)
{
    static const uint64_t one = 1;
    (void)pthread_mutex_unlock(&pipe->lock);
    if (wake && write(pipe->descriptor, &one, sizeof one) != (ssize_t)sizeof one)
        abort();
}

void pipe_push(struct pipe *pipe, struct packet *packet)
{
    (void)pthread_mutex_lock(&pipe->lock);
    add(pipe, packet);
    unlock_and_wake(pipe, must_wake(pipe));
}

/* Under the lock: what the older of two states was, in a packet to be freed. */
static void keep_newer(struct packet *waiting, struct packet *packet)
{
    if (packet->count < waiting->count)
        return;
    void *value = waiting->value;
    waiting->value = packet->value;
    waiting->count = packet->count;
    packet->value = value;
}

void pipe_quiet_state(struct pipe *pipe, struct packet *packet)
{
    (void)pthread_mutex_lock(&pipe->lock);
    bool waits = pipe->state != NULL;
    if (waits) {
        keep_newer(pipe->state, packet);
    } else {
        pipe->state = packet;
        add(pipe, packet);
    }
    (void)pthread_mutex_unlock(&pipe->lock);
    if (waits)
        packet_free(packet);
}

void pipe_quiet(struct pipe *pipe, struct packet *packet)
{
    (void)pthread_mutex_lock(&pipe->lock);
    add(pipe, packet);
    unlock_and_wake(pipe, ++pipe->quiet >= PIPE_QUIET_LIMIT && must_wake(pipe));
}

void pipe_wake(struct pipe *pipe)
{
    (void)pthread_mutex_lock(&pipe->lock);
    unlock_and_wake(pipe, must_wake(pipe));
}

struct packet *pipe_take(struct pipe *pipe, int timeout_ms)
{
    struct pollfd poller = {.fd = pipe->descriptor, .events = POLLIN};
    if (timeout_ms)
        (void)poll(&poller, 1, timeout_ms);
    (void)pthread_mutex_lock(&pipe->lock);
    uint64_t count;
    if (pipe->awake && read(pipe->descriptor, &count, sizeof count) == (ssize_t)sizeof count)
        pipe->awake = false;
    struct packet *packets = pipe->first;
    pipe->first = pipe->last = pipe->state = NULL;
    pipe->quiet = 0;
    (void)pthread_mutex_unlock(&pipe->lock);
    return packets;
}

int pipe_fd(const struct pipe *pipe)
{
    return pipe->descriptor;
}
