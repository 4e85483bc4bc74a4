/* background - queries that go on after their cell, as jobs: begun by Athena or Trino, fetched by
 * the jobs thread, kept by the worker.
 *
 * An execution of Athena is begun in the cell, so that what is wrong with it is said there, and the
 * job knows it by its id: at the end of the kernel it runs on, and a later kernel fetches it. Trino
 * forgets a query that nobody asks for: it ends with the kernel.
 */
#ifndef COFFERDAM_MAGICS_BACKGROUND_H
#define COFFERDAM_MAGICS_BACKGROUND_H

#include "engine/athena.h"
#include "engine/trino.h"
#include "job/job.h"
#include "magic.h"

extern const struct job_kind background_athena_kind, background_trino_kind;

/* Begins the query of the cell, whose options begin with struct query_options, as a job. */
bool background_athena(struct magic_call *call, const struct athena_place *place,
                       struct error *err);
bool background_trino(struct magic_call *call, const struct trino_place *place, bool asks,
                      struct error *err);

#endif
