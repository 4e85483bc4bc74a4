/* run - a plan while it is carried out; response's own. */
#ifndef COFFERDAM_RESPONSE_RUN_H
#define COFFERDAM_RESPONSE_RUN_H

#include "response/response_state.h"

struct run {
    struct response *response;
    struct plan *plan;
    struct guard_basis basis;
    int64_t began, ended; /* server's time of the first and last change; 0: none */
    int64_t stable_ms;
    bool resumed;     /* it goes on where an earlier kernel was cut off, which was `began` */
    bool changed;     /* a call was sent */
    bool unstable;    /* something still differed or came new when the rounds were used up */
    json_t *after;    /* account -> its last picture */
    json_t *seen;     /* what was new and is judged */
    int lookups;      /* of CloudTrail */
    bool partial;     /* a picture was not whole, and that is said */
    int last;         /* the wave that was begun last; -1: none */
    bool halted;      /* a needed step failed: nothing more is begun */
    int renewals;     /* of credentials */
    struct error why; /* it ended in between for this reason; no kind: it did not */
};

/* Sends these steps side by side, of many some at a time, and waits for their answers: false only
 * where nothing more was sent because the intents could not be written. */
bool response_calls(struct run *run, struct step *const *steps, size_t count,
                    struct error *err) ATTR_USE_RESULT;

/* run_settle.c: reads back until nothing differs for several polls; does again what somebody undid,
 * and what came new to the targets. */
bool response_settle(struct run *run, struct error *err) ATTR_USE_RESULT;
/* All waves of the steps that do not hold and were not given up. */
bool response_waves(struct run *run, struct error *err) ATTR_USE_RESULT;
/* The last wave, when nothing else changes any more: tags, of which none is needed. */
bool response_tags(struct run *run, struct error *err) ATTR_USE_RESULT;
/* The state and the plan as they are now, on the disk before more is done than was approved. */
bool response_saved(struct run *run, struct error *err) ATTR_USE_RESULT;
bool response_stopped(const struct run *run);
/* New credentials, where there are some; false: there are none, and run->why says so. */
bool response_renewed(struct run *run);

#endif
