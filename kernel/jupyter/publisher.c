#include "jupyter/publisher.h"

#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_FRAMES 16
#define RECOVERY 1000000 /* a queue that long not full: its reader reads again */

struct parcel {
    struct parcel *next;
    size_t count, size;
    struct frame frames[MESSAGE_FRAMES];
    char bytes[];
};

void publisher_init(struct publisher *publisher, struct sockets *sockets, struct vitals *vitals)
{
    *publisher = (struct publisher){.sockets = sockets,
                                    .vitals = vitals,
                                    .patience = PUBLISHER_PATIENCE,
                                    .window = PUBLISHER_WINDOW,
                                    .sent = xcalloc(PUBLISHER_BURST, sizeof *publisher->sent)};
}

static void tell(const struct publisher *publisher, int64_t messages)
{
    if (!publisher->vitals)
        return;
    publisher->vitals->backlog_bytes = (int64_t)publisher->bytes;
    publisher->vitals->backlog_messages += messages;
}

static void drop_first(struct publisher *publisher)
{
    struct parcel *parcel = publisher->first;
    publisher->first = parcel->next;
    if (!publisher->first) {
        publisher->last = NULL;
        publisher->blocked_since = 0;
    }
    publisher->bytes -= parcel->size;
    free(parcel);
    tell(publisher, -1);
}

void publisher_release(struct publisher *publisher)
{
    while (publisher->first)
        drop_first(publisher);
    free(publisher->sent);
    publisher->sent = NULL;
}

static struct parcel *parcel_new(const struct frame *frames, size_t count, size_t size)
{
    struct parcel *parcel = xmalloc(sizeof *parcel + size);
    *parcel = (struct parcel){.count = count, .size = size};
    char *end = parcel->bytes;
    for (size_t i = 0; i < count; i++) {
        memcpy(end, frames[i].data, frames[i].size);
        parcel->frames[i] = (struct frame){end, frames[i].size};
        end += frames[i].size;
    }
    return parcel;
}

static bool put(const struct publisher *publisher, const struct frame *frames, size_t count)
{
    return sockets_send(publisher->sockets->sockets[PORT_IOPUB], frames, count) || errno != EAGAIN;
}

/* Past whoever does not read. */
static void put_past(struct publisher *publisher, const struct frame *frames, size_t count)
{
    sockets_allow_loss(publisher->sockets, true);
    (void)put(publisher, frames, count);
    sockets_allow_loss(publisher->sockets, false);
    if (publisher->vitals)
        publisher->vitals->dropped++;
}

bool publisher_blocked(const struct publisher *publisher)
{
    return publisher->first != NULL;
}

static void wait_in_line(struct publisher *publisher, const struct frame *frames, size_t count,
                         size_t size)
{
    struct parcel *parcel = parcel_new(frames, count, size);
    if (publisher->last)
        publisher->last->next = parcel;
    else
        publisher->first = parcel;
    publisher->last = parcel;
    publisher->bytes += size;
    if (!publisher->blocked_since)
        publisher->blocked_since = time_monotonic();
    tell(publisher, 1);
    if (publisher->bytes > PUBLISHER_LIMIT)
        publisher_retry(publisher, publisher->blocked_since);
}

void publisher_send(struct publisher *publisher, const struct frame *frames, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += frames[i].size;
    if (publisher->first) {
        wait_in_line(publisher, frames, count, size);
        return;
    }
    bool sent = put(publisher, frames, count);
    if (!publisher->full_at) {
        if (!sent)
            wait_in_line(publisher, frames, count, size);
        return;
    }
    int64_t now = time_monotonic();
    if (!sent) {
        publisher->full_at = now;
        put_past(publisher, frames, count);
    } else if (now - publisher->full_at > RECOVERY) {
        publisher->full_at = 0;
        log_line(LOG_LEVEL_INFO, "front", "every front end reads its messages again");
    }
}

static void give_up(struct publisher *publisher, int64_t now)
{
    publisher->full_at = now;
    if (publisher->vitals)
        publisher->vitals->stuck++;
    log_line(LOG_LEVEL_WARN, "front",
             "a front end does not read its messages; it loses some until it does: %%show output N "
             "brings back what cell N has shown");
}

void publisher_retry(struct publisher *publisher, int64_t now)
{
    bool patient = now - publisher->blocked_since <= publisher->patience &&
                   publisher->bytes <= PUBLISHER_LIMIT;
    while (publisher->first) {
        const struct parcel *parcel = publisher->first;
        if (!put(publisher, parcel->frames, parcel->count)) {
            if (patient)
                return;
            if (!publisher->full_at)
                give_up(publisher, now);
            put_past(publisher, parcel->frames, parcel->count);
        } else {
            publisher->blocked_since = now; /* somebody read: the patience begins anew */
        }
        drop_first(publisher);
    }
}

void publisher_count(struct publisher *publisher, int64_t now)
{
    publisher->sent[publisher->oldest] = now;
    publisher->oldest = (publisher->oldest + 1) % PUBLISHER_BURST;
}

void publisher_idle(struct publisher *publisher)
{
    if (publisher->sent[(publisher->oldest + PUBLISHER_BURST - 1) % PUBLISHER_BURST])
        memset(publisher->sent, 0, PUBLISHER_BURST * sizeof *publisher->sent);
}

int64_t publisher_ready(const struct publisher *publisher)
{
    int64_t oldest = publisher->sent[publisher->oldest];
    return oldest ? oldest + publisher->window : 0;
}
