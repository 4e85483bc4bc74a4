#include "base/cancel.h"

#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct cancel {
    pthread_mutex_t mutex; /* guards everything but the two atomics' reads */
    atomic_bool raised;
    _Atomic int64_t raised_at; /* monotonic microseconds, meaningful while raised */
    uint64_t generation;
    bool running;
    void (*wake)(void *state);
    void *state;
    int event; /* eventfd: counter above 0 while raised */
};

struct cancel *cancel_new(void)
{
    struct cancel *cancel = xcalloc(1, sizeof *cancel);
    cancel->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel->event < 0 || pthread_mutex_init(&cancel->mutex, NULL) != 0) {
        perror("cofferdam: no descriptor for interrupts");
        abort();
    }
    atomic_init(&cancel->raised, false);
    atomic_init(&cancel->raised_at, 0);
    return cancel;
}

void cancel_free(struct cancel *cancel)
{
    if (!cancel)
        return;
    (void)close(cancel->event);
    (void)pthread_mutex_destroy(&cancel->mutex);
    free(cancel);
}

/* Under the mutex. */
static void lower(struct cancel *cancel)
{
    uint64_t count;
    atomic_store_explicit(&cancel->raised, false, memory_order_release);
    while (read(cancel->event, &count, sizeof count) < 0 && errno == EINTR)
        continue;
}

uint64_t cancel_begin(struct cancel *cancel)
{
    (void)pthread_mutex_lock(&cancel->mutex);
    lower(cancel);
    cancel->running = true;
    uint64_t generation = ++cancel->generation;
    (void)pthread_mutex_unlock(&cancel->mutex);
    return generation;
}

void cancel_end(struct cancel *cancel)
{
    (void)pthread_mutex_lock(&cancel->mutex);
    lower(cancel);
    cancel->running = false;
    (void)pthread_mutex_unlock(&cancel->mutex);
}

bool cancel_raise(struct cancel *cancel)
{
    (void)pthread_mutex_lock(&cancel->mutex);
    bool running = cancel->running;
    if (running && !atomic_load_explicit(&cancel->raised, memory_order_relaxed)) {
        const uint64_t one = 1;
        atomic_store_explicit(&cancel->raised_at, time_monotonic(), memory_order_relaxed);
        atomic_store_explicit(&cancel->raised, true, memory_order_release);
        while (write(cancel->event, &one, sizeof one) < 0 && errno == EINTR)
            continue;
    }
    if (running && cancel->wake)
        cancel->wake(cancel->state);
    (void)pthread_mutex_unlock(&cancel->mutex);
    return running;
}

bool cancel_idle(struct cancel *cancel)
{
    (void)pthread_mutex_lock(&cancel->mutex);
    bool idle = !cancel->running;
    (void)pthread_mutex_unlock(&cancel->mutex);
    return idle;
}

bool cancel_raised(struct cancel *cancel)
{
    return atomic_load_explicit(&cancel->raised, memory_order_acquire);
}

int64_t cancel_raised_ms(struct cancel *cancel)
{
    if (!cancel_raised(cancel))
        return -1;
    return (time_monotonic() - atomic_load_explicit(&cancel->raised_at, memory_order_relaxed)) /
           1000;
}

void cancel_on_raise(struct cancel *cancel, void (*wake)(void *state), void *state)
{
    (void)pthread_mutex_lock(&cancel->mutex);
    cancel->wake = wake;
    cancel->state = state;
    if (wake && cancel->running && cancel_raised(cancel))
        wake(state);
    (void)pthread_mutex_unlock(&cancel->mutex);
}

int cancel_fd(struct cancel *cancel)
{
    return cancel->event;
}
