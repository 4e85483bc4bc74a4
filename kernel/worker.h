/* worker - the actor that owns a session and runs one cell at a time: one for the main prompt, one
 * for each subshell.
 *
 * A cell is parsed into statements; each is a parameter, a magic, a question for help or SQL (which
 * is %sql's). The first failure ends the cell. Outputs go to the front as they come, the reply
 * last. The reader of a cell's code, body and options is the magic; the worker only places errors
 * in the cell's own lines.
 */
#ifndef COFFERDAM_WORKER_H
#define COFFERDAM_WORKER_H

#include "base/cancel.h"
#include "base/vitals.h"
#include "jupyter/pipe.h"

struct commons; /* case/commons.h */

struct worker {
    struct pipe *pipe;    /* to the worker: PACKET_REQUEST, PACKET_QUIT */
    struct pipe *answers; /* input_reply messages while a cell asks */
    struct pipe *front;   /* outputs and replies; at the end PACKET_GONE */
    struct pipe *ready;   /* to the front as well, past outputs that wait: PACKET_READY */
    struct pipe *aide;    /* news: catalog, lines */
    struct pipe *jobs;    /* to what outlives a cell: letters (jobs.h); NULL: of a subshell */
    struct pipe *news;    /* and from it; NULL as well */
    struct cancel *cancel;
    struct vitals *vitals;
    const char *notebook;    /* path of the notebook (JPY_SESSION_NAME), may be NULL */
    struct commons *commons; /* of all sessions of the kernel */
    const char *subshell;    /* its id; NULL: the main prompt's */
};

/* A thread's body: `state` is a struct worker that outlives it. */
void *worker_run(void *state);

#endif
