/* arrived - the rows of another engine as files of the case, not kept yet: what is fetched by one
 * thread and kept by another.
 *
 * An engine whose place has no embedded one ends when its rows lie in files, and hands them over
 * (athena_arrived, trino_arrived). The owner of the results runs them through arrived_engine, which
 * keeps them as any query's, and forgets them.
 */
#ifndef COFFERDAM_ENGINE_ARRIVED_H
#define COFFERDAM_ENGINE_ARRIVED_H

#include "engine/rows.h"

/* Texts and columns belong to the arena of the query that fetched them. */
struct arrived {
    const char *csv;                   /* NULL: Parquet */
    const char *folder;                /* of Parquet files */
    size_t files;                      /* in it; 0: the query has no rows */
    const struct rows_column *columns; /* of the CSV */
    size_t count;
};

/* Begins to keep them, as `request` wants them. */
bool arrived_load(const struct arrived *arrived, struct local *local,
                  const struct engine_request *request, struct arena *arena, struct query **out,
                  struct error *err);
/* A query of any text gives these rows. Belongs to the arena. */
struct engine *arrived_engine(struct arena *arena, struct local *local,
                              const struct arrived *arrived);
void arrived_forget(const struct arrived *arrived); /* removes the files; may be repeated */

#endif
