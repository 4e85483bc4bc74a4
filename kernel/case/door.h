/* door - a lock whose wait a cell's interrupt ends: for what one prompt may do for seconds while
 * another one's cell wants to as well.
 *
 * Embedded: door_init ... door_destroy. Not recursive. Thread-safe.
 */
#ifndef COFFERDAM_CASE_DOOR_H
#define COFFERDAM_CASE_DOOR_H

#include "base/cancel.h"
#include "base/error.h"

#include <pthread.h>

struct door {
    pthread_mutex_t mutex; /* guards: */
    pthread_cond_t opened; /* ... told when it is */
    bool taken;
};

void door_init(struct door *door);
void door_destroy(struct door *door);

/* ERROR_INTERRUPTED if the cell was stopped while another thread had it. `cancel` NULL: waits for
   ever, and is always true. */
bool door_enter(struct door *door, struct cancel *cancel, struct error *err) ATTR_USE_RESULT;
void door_wait(struct door *door); /* the same without a cancel */
void door_leave(struct door *door);

#endif
