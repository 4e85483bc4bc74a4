/* front - the kernel's main thread: owns the shell, control, iopub and stdin sockets and the key;
 * never blocks, runs nothing.
 *
 * It answers kernel_info, interrupt, shutdown, comms and usage by itself, hands cells one at a time
 * to the worker and questions about the language to the aide, and sends what both push into the
 * inbox: outputs first, then the reply, then idle. SIGINT is an interrupt_request, SIGTERM an
 * orderly end; both must be blocked in every thread before it runs.
 */
#ifndef COFFERDAM_JUPYTER_FRONT_H
#define COFFERDAM_JUPYTER_FRONT_H

#include "base/cancel.h"
#include "jupyter/pipe.h"
#include "jupyter/sockets.h"

#define FRONT_ABORT_HOLD                                                                           \
    50000 /* microseconds a failed cell's reply waits for cells that were sent with it */
#define FRONT_ABORT_GRACE                                                                          \
    100000 /* and in which cells made before the reply may still arrive after it */
#define FRONT_PATIENCE 5000000 /* then such a subscriber loses messages, the others do not */
#define FRONT_CANCEL_PERIOD 5000
#define FRONT_STOP_LIMIT 500000 /* an actor not back after that is abandoned */

struct front_config {
    struct sockets *sockets;
    const struct connection *connection;
    struct wire *wire;
    struct cancel *cancel;
    struct pipe *worker;  /* to it: PACKET_REQUEST of cells, PACKET_QUIT */
    struct pipe *aide;    /* to it: PACKET_REQUEST of questions, PACKET_QUIT */
    struct pipe *jobs;    /* to it: PACKET_QUIT; NULL: nothing outlives a cell */
    struct pipe *answers; /* to the worker while it waits for PACKET_ASK: PACKET_REQUEST with the
                             input_reply */
    struct pipe *inbox;   /* from all of them */
    int64_t parent;       /* JPY_PARENT_PID: the kernel ends with it; 0 = not watched */
    int64_t patience; /* microseconds with a subscriber that does not read; 0 = FRONT_PATIENCE */
    bool (*blank)(const char *code, size_t size); /* true: nothing to run, no count */
};

/* Runs until shutdown. True if both actors ended in time; else the process must end by _exit. */
bool front_run(const struct front_config *config);

#endif
