/* arrived - the rows of another engine, not kept yet: on their way (engine/inflow.h), or as files
 * of the case, which one thread has fetched and another keeps.
 *
 * An engine whose place has no embedded one ends when its rows lie in files, and hands them over
 * (athena_arrived, trino_arrived). The owner of the results runs them through arrived_engine, which
 * keeps them as any query's, and forgets them.
 */
#ifndef COFFERDAM_ENGINE_ARRIVED_H
#define COFFERDAM_ENGINE_ARRIVED_H

#include "engine/local.h"

struct rows_column {
    const char *name;
    const char *type; /* DuckDB's spelling */
    bool json;        /* the text is JSON of that type: a list, a struct, a map */
};

/* Texts and columns belong to the arena of the query that fetched them. */
struct arrived {
    struct inflow *inflow;             /* rows on their way; NULL: files */
    const char *csv;                   /* NULL: Parquet */
    const char *folder;                /* of Parquet files */
    size_t files;                      /* in it; 0: the query has no rows */
    const struct rows_column *columns; /* of inflow or CSV */
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
