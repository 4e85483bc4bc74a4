/* rows - rows of another engine on their way into a kept table, typed by what that engine says.
 *
 * With an embedded engine at hand they flow into its query as they come (engine/inflow.h), which
 * keeps them as any other's; without one they become a CSV file of the case, for whoever keeps them
 * later (engine/arrived.h). In the file null is nothing between two commas; all else that is text
 * is quoted, so an empty text stays one. Worker thread.
 */
#ifndef COFFERDAM_ENGINE_ROWS_H
#define COFFERDAM_ENGINE_ROWS_H

#include "base/buf.h"
#include "engine/arrived.h"
#include "engine/csv.h"

#include <stdio.h>

/* Where rows go. */
struct rows_place {
    struct local *local; /* NULL: into a file of */
    const char *folder;
    const struct engine_request *request; /* with a local: what is wanted of them; borrowed */
};

/* Embedded; `arena` lives as long as it. */
struct rows {
    struct arena *arena;
    struct rows_place place;
    struct rows_column *columns;
    size_t count;
    struct inflow *inflow; /* with a local, once the columns are known: */
    struct csv csv;
    size_t row_size;
    const char *path; /* without; NULL: no file */
    FILE *file;       /* while it is written */
    struct buf row;   /* being written */
};

bool rows_open(struct rows *rows, struct arena *arena, const struct rows_place *place,
               struct error *err);
/* The columns are known; `csv`: what comes is CSV with their names as its first row (rows_add).
   With a local, `*load` is the query that keeps the rows: to be stepped, stopped and closed by the
   caller; it ends only behind rows_end_all. */
bool rows_begin(struct rows *rows, bool csv, struct query **load, struct error *err);

/* Bytes as they come, for a source that is CSV already. */
bool rows_add(struct rows *rows, const void *bytes, size_t size, struct error *err);
/* One value; `index` counts from 0 within its row. NULL is null. */
void rows_text(struct rows *rows, size_t index, const char *text, size_t size);
/* A number, true, false; of no size: null. */
void rows_bare(struct rows *rows, size_t index, const char *text, size_t size);
bool rows_end(struct rows *rows, struct error *err);     /* of a row */
bool rows_end_all(struct rows *rows, struct error *err); /* none follows */

/* The embedded engine is behind: no more is to be asked for until rows_fd is readable. */
bool rows_full(struct rows *rows);
int rows_fd(const struct rows *rows);

/* Names that occur twice, or not at all, become ones a table can have. */
const char *rows_name(struct rows *rows, const char *name, size_t index);

void rows_take(struct rows *rows, struct arrived *out); /* the file goes with it */
/* Ends what has not ended: the query that keeps them fails, the file is removed. May be repeated.
 */
void rows_forget(struct rows *rows);

#endif
