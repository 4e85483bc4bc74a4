/* desk - the worker's side of the jobs: which there are, how they stand, and the keeping of what
 * they bring.
 *
 * What a job brings is committed here, between two cells or while a cell waits for it, for the
 * worker alone writes to the session. Worker thread.
 */
#ifndef COFFERDAM_DESK_H
#define COFFERDAM_DESK_H

#include "job/job.h"
#include "worker_cell.h"

struct desk *desk_new(const struct worker *worker);
void desk_free(
    struct desk *desk); /* NULL is allowed; what is not committed is left to a later kernel */

/* Reads what came and commits it; true if the session has changed. Between cells. */
bool desk_news(struct desk *desk, struct session *session);
/* Something waits to be committed again, since it was interrupted. */
bool desk_pending(const struct desk *desk);
/* The first cell of a kernel: jobs of the case that no living kernel has are taken up, which is
 * said and shown in it. */
void desk_take_up(struct desk *desk, struct running *running);
/* After a cell: the session's credentials are renewed in time from now on. */
void desk_share_keys(struct desk *desk, struct session *session);
/* What magics of the cell have; lives as long as `running`. */
struct job_desk desk_of(struct running *running);

#endif
