/* jobs - the actor that carries what outlives a cell: jobs are begun, stepped side by side,
 * stopped; it never waits but in its one poll.
 *
 * A job comes from the worker with the cell's request, goes back to it when it is over, and in
 * between belongs to this thread. Its display is replaced by update_display_data with that request
 * as parent, also long after the cell. At the end of the kernel what can be taken up again is left
 * as it is at its far end; the rest is stopped there, for 200 ms at most.
 */
#ifndef COFFERDAM_JOBS_H
#define COFFERDAM_JOBS_H

#include "job/job.h"
#include "jupyter/pipe.h"

struct jobs {
    struct pipe *pipe;  /* to it: letters, PACKET_QUIT */
    struct pipe *news;  /* to the worker: letters */
    struct pipe *front; /* updates of displays; at the end PACKET_GONE */
    const struct job_clock *clock;
};

/* A thread's body: `state` is a struct jobs that outlives it. */
void *jobs_run(void *state);

/* What the worker and the jobs write to each other: the value of PACKET_NEWS. */
enum letter_kind {
    LETTER_BEGIN, /* job; the packet's request is the parent of its display, NULL: not shown */
    LETTER_STOP,  /* number */
    LETTER_KEYS,  /* keyring, profile, region: the session's, to be renewed in time */
    LETTER_FRESH, /* keyring: a renewal is over; of a thread of this actor's */
    LETTER_LINE,  /* number, state, line, shown: how it stands */
    LETTER_OVER   /* job: it is the worker's again; progress says how it ended */
};

struct letter {
    enum letter_kind kind;
    int64_t number;
    struct job *job;             /* owned until it is taken */
    struct aws_keyring *keyring; /* a reference */
    char *profile, *region;      /* heap; NULL: none */
    enum job_state state;
    char *line;  /* heap */
    char *shown; /* heap; the display as {"data", "metadata"}, JSON text */
};

/* ---- jobs_renew.c: credentials renewed in time, each by a thread of its own ---- */

struct renewals;
struct renewals *renewals_new(struct pipe *pipe); /* where LETTER_FRESH goes */
void renewals_free(struct renewals *renewals);    /* ends those under way */
/* One more, or one less, for whom a keyring is renewed as these settings say. */
void renewals_watch(struct renewals *renewals, struct aws_keyring *keyring,
                    const struct aws_settings *settings);
void renewals_leave(struct renewals *renewals, struct aws_keyring *keyring);
/* Begins what is due; when to call again, Unix microseconds, 0: never. */
int64_t renewals_step(struct renewals *renewals);
void renewals_over(struct renewals *renewals, const struct aws_keyring *keyring);

/* Takes a new reference of the request; what the letter points to goes with it. */
void letter_send(struct pipe *pipe, struct request *request, const struct letter *letter);
void letter_quiet(struct pipe *pipe, const struct letter *letter); /* without waking */
/* {"data", "metadata", "transient"} as JSON text on the heap: what a display_data holds. */
char *letter_display(struct bundle bundle, const char *display);

#endif
