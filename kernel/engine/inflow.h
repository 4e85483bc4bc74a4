/* inflow - rows on their way from the thread that receives them into a query of the embedded
 * engine, in blocks that have the engine's own layout, so that nothing of them is written to a
 * file.
 *
 * The writer (worker thread) puts values and ends rows; it never waits: while inflow_full it is not
 * to ask for more, and inflow_fd tells when there is room again. The reader is the table function
 * `arriving('ID')` on a thread of the engine's, which waits for blocks (inflow_next). Whoever of
 * the two lets go last frees it. A value's bytes are copied once. Source of the layout:
 * duckdb_string_t and validity masks of duckdb.h.
 */
#ifndef COFFERDAM_ENGINE_INFLOW_H
#define COFFERDAM_ENGINE_INFLOW_H

#include "engine/duckdb_api.h"

#define INFLOW_ROWS 2048 /* most of a block: the engine's vector */

/* Values by column: texts, and for a column with a null a mask of the rows that have a value. Texts
   point into the block, which stays until the reader asks for the next. */
struct inflow_block {
    struct inflow_block *next;
    duckdb_string_t *texts; /* columns x room */
    uint64_t *valid;        /* columns x room / 64 */
    size_t room;            /* rows; a multiple of 64 */
    bool *nulls;            /* of each column: has it any? */
    size_t rows;
    char *bytes;
    size_t used, size; /* of `bytes` */
};

/* Of a column: `room` texts, and the mask (only where nulls[column]). */
duckdb_string_t *inflow_texts(const struct inflow_block *block, size_t column);
uint64_t *inflow_valid(const struct inflow_block *block, size_t column);

struct inflow;

/* Held by the caller, its writer. `names` are copied. */
struct inflow *inflow_new(const char *const *names, size_t columns);
struct inflow *inflow_hold(struct inflow *flow);
void inflow_release(struct inflow *flow); /* NULL is allowed */

/* By what its reader names it (local_offer): nobody can guess it. */
const char *inflow_id(const struct inflow *flow);
size_t inflow_columns(const struct inflow *flow);
const char *inflow_name(const struct inflow *flow, size_t column);

/* ---- the writer ---- */

/* The values of a row in the order of the columns, each once. UTF-8; NULL is null. */
void inflow_put(struct inflow *flow, size_t column, const char *text, size_t size);
void inflow_end_row(struct inflow *flow);
/* No row follows; `broken`: the reader's query is to fail. The first call counts. */
void inflow_finish(struct inflow *flow, bool broken);
/* More is waiting than should be. */
bool inflow_full(struct inflow *flow);
/* Readable once it was full and is no more, or the reader has left. The flow's. */
int inflow_fd(const struct inflow *flow);

/* ---- the reader ---- */

/* The first or next block, waiting for it; the one before is gone. NULL: at the end, or `*broken`.
 */
const struct inflow_block *inflow_next(struct inflow *flow, bool *broken);
/* Another thread's: until the reader has come to the end or has left, or `limit` microseconds. */
void inflow_wait(struct inflow *flow, int64_t limit);
/* Reads no more: what it held is let go of. */
void inflow_leave(struct inflow *flow);

#endif
