/* publisher - the queue in front of iopub: nothing is lost to a slow reader, and one that stands
 * still holds up neither the kernel nor the other readers.
 *
 * XPUB with NODROP refuses a message for all readers while the queue of one is full; what it
 * refuses waits here. After PUBLISHER_PATIENCE of that, or beyond PUBLISHER_LIMIT bytes, a reader
 * is stuck: messages are sent all the same and the stuck one loses them, until its queue has had
 * room for a while. libzmq's queue holds SOCKETS_PUBLISH_QUEUE messages a reader, and its length
 * must never be changed: a reader tells what it has read only every half queue of the length that
 * it knew, so a queue made shorter stays full for ever.
 *
 * It also keeps the pace that a Jupyter server allows (1,000 messages a second over 3 seconds, told
 * again from zero at each idle; source: jupyter_server's channels.py): publisher_ready says when
 * the next output may go. One thread.
 */
#ifndef COFFERDAM_JUPYTER_PUBLISHER_H
#define COFFERDAM_JUPYTER_PUBLISHER_H

#include "base/vitals.h"
#include "jupyter/sockets.h"

#define PUBLISHER_PATIENCE 2000000
#define PUBLISHER_LIMIT ((size_t)64 * 1024 * 1024)
#define PUBLISHER_RETRY 2000 /* microseconds between tries to send to a full queue */
#define PUBLISHER_WINDOW 3000000
#define PUBLISHER_BURST 2700 /* outputs in a window: a tenth below what the server allows */

struct parcel;

struct publisher {
    struct sockets *sockets;
    struct vitals *vitals;
    int64_t patience, window;    /* microseconds */
    struct parcel *first, *last; /* what a full queue did not take */
    size_t bytes;
    int64_t blocked_since; /* monotonic; 0: nothing waits */
    int64_t full_at;       /* when a queue was full last; 0: no reader is stuck */
    int64_t *sent;         /* when the last PUBLISHER_BURST outputs went; 0: before the last idle */
    size_t oldest;
};

/* `vitals` may be NULL. Patience and window are to be changed by tests only. */
void publisher_init(struct publisher *publisher, struct sockets *sockets, struct vitals *vitals);
void publisher_release(struct publisher *publisher); /* what still waits is lost */

void publisher_send(struct publisher *publisher, const struct frame *frames, size_t count);
bool publisher_blocked(const struct publisher *publisher);
void publisher_retry(struct publisher *publisher, int64_t now);

void publisher_count(struct publisher *publisher, int64_t now); /* an output was sent */
void publisher_idle(struct publisher *publisher);
int64_t publisher_ready(const struct publisher *publisher); /* monotonic; past: now */

#endif
