/* rows - rows of another engine on their way into a kept table: a CSV file of the case, typed by
 * what that engine says, read and kept by the embedded one.
 *
 * Null is nothing between two commas; all else that is text is quoted, so an empty text stays one.
 * Worker thread.
 */
#ifndef COFFERDAM_ENGINE_ROWS_H
#define COFFERDAM_ENGINE_ROWS_H

#include "base/buf.h"
#include "engine/local.h"

#include <stdio.h>

struct rows_column {
    const char *name;
    const char *type; /* DuckDB's spelling */
    bool json;        /* the text is JSON of that type: a list, a struct, a map */
};

/* Embedded; `arena` lives as long as it. */
struct rows {
    struct arena *arena;
    const char *path; /* NULL: no file */
    FILE *file;       /* while it is written */
    struct buf row;   /* being written */
    struct rows_column *columns;
    size_t count;
};

/* Makes the file below a folder that the embedded engine reads. */
bool rows_open(struct rows *rows, struct arena *arena, const char *folder, struct error *err);
/* Bytes as they come, for a source that is CSV already. */
bool rows_add(struct rows *rows, const void *bytes, size_t size, struct error *err);

/* The line with the columns' names. */
void rows_header(struct rows *rows);
/* One value; `index` counts from 0 within its row. NULL is null. */
void rows_text(struct rows *rows, size_t index, const char *text, size_t size);
void rows_bare(struct rows *rows, size_t index, const char *text,
               size_t size);                         /* a number, true, false */
bool rows_end(struct rows *rows, struct error *err); /* of a row */

/* Names that occur twice, or not at all, become ones a table can have. */
const char *rows_name(struct rows *rows, const char *name, size_t index);

struct arrived;
/* Closes the file and begins to keep its rows, as `request` wants them. */
bool rows_load(struct rows *rows, struct local *local, const struct engine_request *request,
               struct query **out, struct error *err);
/* Closes the file; its rows are kept later, by whoever takes them. */
bool rows_close(struct rows *rows, struct error *err);
void rows_take(struct rows *rows,
               struct arrived *out); /* engine/arrived.h: the file goes with it */
void rows_forget(struct rows *rows); /* closes and removes the file; may be repeated */

#endif
