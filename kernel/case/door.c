#include "case/door.h"

#include "base/time.h"

#include <stdlib.h>

#define LOOK 5000 /* microseconds: a stop is seen after so long at most */

void door_init(struct door *door)
{
    (void)pthread_mutex_init(&door->mutex, NULL);
    time_condition(&door->opened);
    door->taken = false;
}

void door_destroy(struct door *door)
{
    (void)pthread_cond_destroy(&door->opened);
    (void)pthread_mutex_destroy(&door->mutex);
}

bool door_enter(struct door *door, struct cancel *cancel, struct error *err)
{
    bool stopped = false;
    (void)pthread_mutex_lock(&door->mutex);
    while (door->taken && !stopped) {
        (void)time_wait(&door->opened, &door->mutex, time_monotonic() + LOOK);
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
