/* writer - Parquet files made of rows that lie in our own memory, by a DuckDB instance of its own
 * without guards.
 *
 * Rows are handed over as arrays of values, never as SQL text and without copying their bytes: a
 * lane is one connection used by one thread, and shows the rows it was given as the table function
 * NAME(lane) to the statement it runs. The instance has no threads of its own: a lane's statement
 * runs wholly on the calling thread, so the caller decides what runs at once. SQL given here is the
 * kernel's own; file names in it must be escaped by text_sql_string. Source of the byte layout of
 * texts: duckdb_string_t of duckdb.h. The only engine without limits on writing: nothing of an
 * analyst may reach it.
 */
#ifndef COFFERDAM_ENGINE_WRITER_H
#define COFFERDAM_ENGINE_WRITER_H

#include "base/arena.h"
#include "base/cancel.h"
#include "base/error.h"

#define WRITER_COLUMNS 64 /* most columns of a source: bits of writer_row.present */
#define WRITER_LANES 16

/* A value: text (any bytes, valid UTF-8 is the caller's duty), number (INTEGER, BIGINT, BOOLEAN,
   TIMESTAMP in microseconds) or the items of a list: `size` items of as many leaves as the list's
   type has, one after the other. */
struct writer_value {
    union {
        const char *text;
        int64_t number;
        const struct writer_value *items;
    };
    uint32_t size;
    bool null; /* only looked at in leaves of items; a row's nulls are absent values */
};

/* A row: bit i of `present` says that column i is not NULL; the values of present columns follow
 * each other in `values`. */
struct writer_row {
    uint64_t present;
    const struct writer_value *values;
};

/* A column of a source: any type of SQL made of VARCHAR, INTEGER, BIGINT, BOOLEAN, TIMESTAMP,
   lists, maps and structs within lists ("MAP(VARCHAR, VARCHAR)", "STRUCT(a VARCHAR, b STRUCT(c
   VARCHAR))[]"). */
struct writer_column {
    const char *name, *type;
};

struct writer;

/* Opens the instance. `spill` is a private folder for what does not fit into `memory` bytes. */
struct writer *writer_open(const char *spill, int64_t memory, int lanes, struct error *err);
void writer_close(
    struct writer *writer); /* NULL is allowed; waits for nothing: no lane may be at work */
const char *writer_version(const struct writer *writer);

/* Makes the table function `name`. Before any lane is at work. `columns` is borrowed until
 * writer_close. */
bool writer_add_source(struct writer *writer, const char *name, const struct writer_column *columns,
                       size_t count, struct error *err) ATTR_USE_RESULT;

/* Runs one statement on a lane to its end; *rows (may be NULL) gets the rows written or changed.
   `give` (may be NULL) are pointers to the `count` rows that NAME(lane) shows to it.
   ERROR_INTERRUPTED after writer_stop. */
struct writer_statement {
    int lane;
    const char *sql;
    const struct writer_row *const *give;
    size_t count;
};
bool writer_run(struct writer *writer, const struct writer_statement *statement, int64_t *rows,
                struct error *err) ATTR_USE_RESULT;

/* Runs a query whose columns are all VARCHAR and calls visit for each row; a NULL has a NULL text.
 */
struct writer_visit {
    bool (*visit)(void *state, const struct writer_value *cells, size_t columns, struct error *err);
    void (*names)(void *state, const char *const *names,
                  size_t columns); /* once before the rows; may be NULL */
    void *state;
};
bool writer_read(struct writer *writer, const struct writer_statement *statement,
                 const struct writer_visit *visit, struct error *err) ATTR_USE_RESULT;

/* Any thread, at any time: what runs now and what will be run ends as interrupted. */
void writer_stop(struct writer *writer);

#endif
