/* front - the kernel's main thread: owns the shell, control, iopub and stdin sockets and the key;
 * never blocks, runs nothing.
 *
 * It answers kernel_info, interrupt, shutdown, comms and usage by itself, hands cells one at a time
 * to the worker (each subshell has one of its own, JEP 91) and questions about the language to the
 * aide, and sends what both push into the inbox: outputs first, then the reply, then idle. Text of
 * streams is gathered for a moment; outputs go at the pace and in the order of publisher.h. SIGINT
 * is an interrupt_request, SIGTERM an orderly end; both must be blocked in every thread before it
 * runs.
 */
#ifndef COFFERDAM_JUPYTER_FRONT_H
#define COFFERDAM_JUPYTER_FRONT_H

#include "base/cancel.h"
#include "jupyter/pipe.h"
#include "jupyter/publisher.h"
#include "jupyter/trace.h"

#define FRONT_ABORT_HOLD                                                                           \
    50000 /* microseconds a failed cell's reply waits for cells that were sent with it */
#define FRONT_ABORT_GRACE                                                                          \
    100000                 /* and in which cells made before the reply may still arrive after it */
#define FRONT_GATHER 50000 /* and text of a stream waits for more of it, at most */
#define FRONT_STREAM_SIZE ((size_t)64 * 1024)
#define FRONT_CANCEL_PERIOD 5000
#define FRONT_STOP_LIMIT 500000 /* an actor not back after that is abandoned */
#define FRONT_SUBSHELLS 8       /* most at once */
#define FRONT_DELETE_LIMIT                                                                         \
    2000000 /* a subshell that has not ended then is told so; it ends when it can */

/* Who runs cells: one worker, as the front knows it. */
struct executor {
    struct pipe *worker;  /* to it: PACKET_REQUEST of cells, PACKET_QUIT */
    struct pipe *answers; /* to it while it waits for PACKET_ASK: PACKET_REQUEST with the
                             input_reply */
    struct cancel *cancel;
    void *self; /* of who has opened it */
};

struct front_config {
    struct sockets *sockets;
    const struct connection *connection;
    struct wire *wire;
    struct executor main;
    struct pipe *aide;  /* to it: PACKET_REQUEST of questions, PACKET_QUIT */
    struct pipe *jobs;  /* to it: PACKET_QUIT; NULL: nothing outlives a cell */
    struct pipe *inbox; /* from the workers and the jobs: outputs may wait in it */
    /* Begins one more worker, for a subshell; its packets come into the inbox. */
    bool (*open)(void *state, const char *id, struct executor *out, struct error *err);
    /* Its PACKET_GONE has come: frees it. */
    void (*close)(void *state, const struct executor *executor);
    void *state;
    struct pipe *replies;     /* from the aide, and that a worker has begun: wait for no output */
    int64_t parent;           /* JPY_PARENT_PID: the kernel ends with it; 0 = not watched */
    int64_t patience, window; /* of the publisher; 0: as it has them */
    struct trace *trace;      /* may be NULL */
    struct vitals *vitals;    /* may be NULL */
    bool (*blank)(const char *code, size_t size); /* true: nothing to run, no count */
};

/* Runs until shutdown. True if all actors ended in time; else the process must end by _exit. */
bool front_run(const struct front_config *config);

#endif
