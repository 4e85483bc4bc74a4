/* aide - the actor that answers completion, inspection, is_complete and history at once, also while
 * a cell runs.
 *
 * It looks only at what cannot change: the magics' tables, the latest catalog the worker sent, and
 * the history file, which it owns. News for it go quietly into its pipe (pipe_quiet): they are read
 * with the next question, or when the front wakes it.
 */
#ifndef COFFERDAM_AIDE_H
#define COFFERDAM_AIDE_H

#include "data/catalog.h"
#include "history.h"
#include "jupyter/pipe.h"

struct aide {
    struct pipe *pipe;  /* to the aide: PACKET_REQUEST, PACKET_NEWS, PACKET_QUIT */
    struct pipe *front; /* its answers: PACKET_REPLY, at the end PACKET_GONE */
};

/* A thread's body: `state` is a struct aide that outlives it. */
void *aide_run(void *state);

/* News: a new catalog (takes the reference; several workers send theirs, the highest number
 * counts), a cell that has been run (copied). */
void aide_tell_catalog(struct pipe *aide, const struct catalog *catalog, int64_t serial);
void aide_tell_line(struct pipe *aide, const struct history_line *line);

#endif
