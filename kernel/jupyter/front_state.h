/* front_state - what the parts of the front share; for front*.c only. */
#ifndef COFFERDAM_JUPYTER_FRONT_STATE_H
#define COFFERDAM_JUPYTER_FRONT_STATE_H

#include "base/buf.h"
#include "base/hash.h"
#include "jupyter/front.h"

/* Cells sent together with a failed one are not run, also when they arrive a little later. */
struct aborting {
    int64_t until;      /* monotonic; 0 = no window open */
    int64_t replied;    /* wall clock: when the failure was told */
    int64_t sent;       /* date of the failed request */
    int64_t clock_skew; /* our clock minus the front end's, as far as the failed request shows it */
    char session[64];
};

/* The main shell or a subshell: cells in order, one at a time. Times are monotonic, 0 = off. */
struct lane {
    struct lane *next;
    char id[UUID_TEXT_SIZE]; /* "": the main one */
    struct executor executor;
    bool gone; /* its worker has ended */

    struct packet *first_waiting, *last_waiting; /* cells, in order */
    struct request *running;                     /* of the worker's cell, or NULL */
    int64_t busy_since;                          /* date of its busy */
    bool interrupting; /* the running cell was told to stop: also abort what waits */
    int64_t interrupted_at;
    int64_t cancel_at;
    struct aborting aborting;
    struct packet *held; /* reply of the running cell, which failed */
    int64_t held_until;

    bool asking; /* stdin */
    char ask_id[64];

    struct request *printing; /* whose text is gathered; NULL: none */
    const char *stream;       /* its stream */
    struct buf text;          /* the message's content so far */
    int64_t print_at;         /* when it is sent */

    struct request *creation; /* who waits for the beginning; NULL: nobody */
    bool deleting;            /* no cell comes in any more */
    struct request *deletion; /* who waits for the end; NULL: nobody */
    int64_t delete_by;
};

struct front {
    const struct front_config *config;
    struct sockets *sockets;
    struct wire *wire;
    struct arena *scratch; /* of the message being handled */
    int signals;           /* signalfd */

    struct lane *lanes;   /* the main one first */
    int64_t count;        /* execution count given last: all lanes count together */
    struct packet *taken; /* out of the inbox, not looked at yet */

    /* iopub */
    bool greeted; /* "starting" was sent */
    struct publisher publisher;

    /* times, monotonic; 0 = off */
    int64_t kick_at, parent_at;
    int64_t stop_by; /* stopping */
    bool aide_quit;
    bool gone[ACTORS];
    int first_parent; /* getppid() at the start */
};

/* front.c: everything that waits on stdin. */
void front_take_answers(struct front *front);

/* front_publish.c */
void front_publish(struct front *front, const struct message *message);
void front_output(struct front *front, const struct message *message); /* of a cell */
void front_status(struct front *front, const struct request *parent, const char *state,
                  int64_t date);
void front_publish_text(struct front *front, const struct request *parent, const char *type,
                        const char *content);
void front_subscriptions(struct front *front);
bool front_paused(const struct front *front, int64_t now); /* outputs stay in the inbox */

/* front_stream.c */
void front_print(struct front *front, struct lane *lane, const struct packet *packet);
void front_flush(struct front *front, struct lane *lane); /* sends the text gathered */
/* On the request's own socket. */
void front_reply(struct front *front, const struct request *request, const struct message *message);
void front_reply_text(struct front *front, const struct request *request, const char *type,
                      const char *content);
void front_send(struct front *front, const struct request *request, enum port port,
                const struct message *message);

/* front_execute.c */
void front_execute(struct front *front, struct lane *lane, struct request *request);
void front_release(struct front *front, struct lane *lane); /* sends the reply that is held */
void front_finish(struct front *front, struct lane *lane, struct packet *reply); /* takes it */
void front_abort_waiting(struct front *front, struct lane *lane);
void front_interrupt(struct front *front, struct lane *lane);
void front_abandon(struct front *front); /* the process ends, a cell may still run */
/* After the idle of something else: front ends would take it for the kernel's. */
void front_still_busy(struct front *front);

/* front_packet.c */
void front_packet(struct front *front, struct packet *packet); /* takes it */
void front_input_reply(struct front *front, struct request *request);

/* front_lane.c */
struct lane *front_add_lane(struct front *front, const struct executor *executor);
struct lane *front_lane(const struct front *front,
                        const char *id); /* NULL: none, or on its way out */
struct lane *front_lane_running(const struct front *front, const struct request *request);
void front_create_subshell(struct front *front, struct request *request);
void front_delete_subshell(struct front *front, struct request *request);
void front_list_subshells(struct front *front, struct request *request);
void front_no_subshell(struct front *front, struct request *request); /* the reply to it */
void front_lane_ready(struct front *front, struct lane *lane);
void front_lane_gone(struct front *front, struct lane *lane);
void front_late_deletion(struct front *front, struct lane *lane, int64_t now);
void front_free_lanes(struct front *front); /* also those whose worker is left behind */
/* An interrupt that names nobody: the main cell, or where it does not run those of the subshells.
 */
void front_interrupt_all(struct front *front);

/* front_answer.c */
void front_dispatch(struct front *front, struct request *request);
/* True if a front end counts the status of such requests: JupyterLab and jupyter_server leave out
 * some. */
bool front_tracks(const char *type);

/* front_stop.c */
void front_stop(struct front *front);
int64_t front_timers(struct front *front,
                     int64_t now); /* runs what is due; when to run next, 0 = no timer */
bool front_stopped(const struct front *front, int64_t now);
bool front_all_gone(const struct front *front); /* every actor has ended */

#endif
