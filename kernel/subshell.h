/* subshell - a worker for each subshell (JEP 91): begun and freed by the front's wish, on its
 * thread.
 *
 * Each has a session, a cancel generation and pipes of its own; what it shares with the main one
 * stands in case/commons.h. It has no jobs: those are the main worker's to begin and to keep.
 */
#ifndef COFFERDAM_SUBSHELL_H
#define COFFERDAM_SUBSHELL_H

#include "jupyter/front.h"
#include "worker.h"

/* For struct front_config: `state` is the main struct worker, whose inbox, aide, commons and vitals
 * it shares. */
bool subshell_open(void *state, const char *id, struct executor *out, struct error *err);
void subshell_close(void *state, const struct executor *executor);

#endif
