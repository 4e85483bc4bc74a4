/* horizon - up to when events can be expected to be there.
 *
 * CloudTrail delivers within about 15 minutes and not in order, so the newest event proves little.
 * What a caller did itself is known: the horizon of a place is the earlier of 15 minutes ago and
 * the latest of one's own calls that is seen there. An estimate, and called so. Pure.
 */
#ifndef COFFERDAM_LAKE_HORIZON_H
#define COFFERDAM_LAKE_HORIZON_H

#include "base/arena.h"
#include "base/base.h"

#define HORIZON_DELIVERY ((int64_t)15 * 60 * 1000000) /* microseconds */

/* `own`: time of the latest own call that is seen there; 0: none is. */
int64_t horizon_of(int64_t now, int64_t own);
/* The same with another time of delivery. */
int64_t horizon_within(int64_t now, int64_t own, int64_t delivery);

/* A sentence for an answer. */
struct horizon {
    int64_t time;
    const char *place; /* where it lies: "us-east-1"; NULL: not said */
    bool own;          /* an own call says so, not only the clock */
};
const char *horizon_words(struct arena *arena, const struct horizon *horizon);

#endif
