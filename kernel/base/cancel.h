/* cancel - the one object two threads share: "stop what you are doing", with a way to wake the one
 * who waits.
 *
 * The front raises it; the worker (and the engine below it) looks at it between steps and registers
 * how to be woken (duckdb_interrupt, an eventfd write). The generation counts cells: a raise hits
 * only the cell it was meant for. Thread-safe throughout.
 */
#ifndef COFFERDAM_BASE_CANCEL_H
#define COFFERDAM_BASE_CANCEL_H

#include "base/base.h"

struct cancel;

struct cancel *cancel_new(void);
void cancel_free(struct cancel *cancel);

/* Worker: begins a new generation (not raised) and returns its number, 1 and up. */
uint64_t cancel_begin(struct cancel *cancel);
/* Worker: the cell is done; raises that come later are without effect until the next cancel_begin.
 */
void cancel_end(struct cancel *cancel);

/* Front: stops the running generation, calls the wake callback. False if nothing runs. Repeat every
 * 5 ms until cancel_idle. */
bool cancel_raise(struct cancel *cancel);
/* Front: true when no generation runs (the worker has called cancel_end). */
bool cancel_idle(struct cancel *cancel);

/* Anyone: was the running generation stopped? Cheap (one atomic load): call it per block of work.
 */
bool cancel_raised(struct cancel *cancel);
/* Milliseconds since the raise, -1 if not raised. */
int64_t cancel_raised_ms(struct cancel *cancel);

/* Worker: who is to be woken by a raise, under the object's mutex: after cancel_on_raise(cancel,
   NULL, NULL) returns, the old callback does not run any more. The callback must not block nor call
   cancel_*. Called at once if raised already. */
void cancel_on_raise(struct cancel *cancel, void (*wake)(void *state), void *state);

/* A descriptor that is readable while the running generation is raised, for poll(). Belongs to the
 * object. */
int cancel_fd(struct cancel *cancel);

#endif
