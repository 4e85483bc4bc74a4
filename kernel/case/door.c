#include "case/door.h"

#include <stdlib.h>
#include <time.h>

#define LOOK 5000000 /* nanoseconds: a stop is seen after so long at most */

void door_init(struct door *door)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&door->mutex, NULL);
    (void)pthread_cond_init(&door->opened, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    door->taken = false;
}

void door_destroy(struct door *door)
{
    (void)pthread_cond_destroy(&door->opened);
    (void)pthread_mutex_destroy(&door->mutex);
}

static void wait_a_moment(struct door *door)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&door->opened, &door->mutex, &until);
}

bool door_enter(struct door *door, struct cancel *cancel, struct error *err)
{
    bool stopped = false;
    (void)pthread_mutex_lock(&door->mutex);
    while (door->taken && !stopped) {
        wait_a_moment(door);
        stopped = cancel && cancel_raised(cancel);
    }
    stopped = stopped && door->taken;
    door->taken = true;
    (void)pthread_mutex_unlock(&door->mutex);
    return !stopped || error_set(err, ERROR_INTERRUPTED, "interrupted");
}

void door_wait(struct door *door)
{
    struct error never = {0};
    if (!door_enter(door, NULL, &never))
        abort();
}

void door_leave(struct door *door)
{
    (void)pthread_mutex_lock(&door->mutex);
    door->taken = false;
    (void)pthread_cond_signal(&door->opened);
    (void)pthread_mutex_unlock(&door->mutex);
}
