/* table - rows of an answer: a schema and columnar batches of at most 2,048 rows, all in one arena.
 *
 * Every engine fills it, every renderer reads it. Times are UTC microseconds. Decimals and integers
 * beyond 64 bits are text marked `numeric`, so that no digit is lost. Nested values are JSON text.
 * Text is any bytes (valid UTF-8 by engines, but renderers do not rely on it). Not thread-safe;
 * immutable once shown.
 */
#ifndef COFFERDAM_DATA_TABLE_H
#define COFFERDAM_DATA_TABLE_H

#include "base/arena.h"
#include "base/base.h"

#define TABLE_BATCH_ROWS 2048

enum type { TYPE_BOOL, TYPE_INT64, TYPE_DOUBLE, TYPE_TIME, TYPE_TEXT, TYPE_JSON, TYPE_COUNT };

struct column {
    const char *name; /* belongs to the table's arena */
    enum type type;   /* how the values lie in memory */
    bool numeric;     /* text that is a number: aligned right */
    const char *
        engine_type; /* what the engine calls it: "TIMESTAMP", "STRUCT(uid VARCHAR)"; may be NULL */
};

struct text_value {
    const char *data;
    size_t size;
};

/* One column of one batch. Where null is not NULL, null[row] says that the value is NULL. */
struct batch_column {
    bool *null;
    union {
        bool *bools;
        int64_t *ints; /* also TYPE_TIME */
        double *doubles;
        struct text_value *texts; /* also TYPE_JSON */
    };
};

struct batch {
    size_t rows; /* 1 to TABLE_BATCH_ROWS */
    struct batch_column *columns;
    struct batch *next;
};

struct table {
    struct arena *arena; /* not owned */
    size_t column_count;
    struct column *columns;
    struct batch *first, *last;
    int64_t rows;
};

/* A value taken out of a table. */
struct cell {
    enum type type;
    bool null;
    bool numeric;
    union {
        bool boolean;
        int64_t integer; /* also TYPE_TIME */
        double real;
        struct text_value text; /* also TYPE_JSON */
    };
};

struct table *table_new(struct arena *arena, const struct column *columns,
                        size_t column_count); /* copies names */

/* A new batch of `rows` rows at the end, columns allocated (null arrays too, all false): an engine
 * fills it in place. */
struct batch *table_add_batch(struct table *table, size_t rows);

/* Row by row, for tables that magics make: table_add_row, then one table_put_* per column (a column
   not put is NULL). Bytes are copied. */
void table_add_row(struct table *table);
void table_put_text(struct table *table, size_t column, const char *bytes, size_t size);
void table_put_string(struct table *table, size_t column, const char *text); /* NULL stays NULL */
void table_put_int(struct table *table, size_t column, int64_t value);       /* also TYPE_TIME */
void table_put_double(struct table *table, size_t column, double value);
void table_put_bool(struct table *table, size_t column, bool value);

struct cell table_cell(const struct table *table, int64_t row, size_t column);
/* Index of a column by name without regard to case, -1 if there is none. */
int table_column(const struct table *table, const char *name);
/* A text cell's bytes, or "" for NULL and other types: for magics that read what they asked for. */
const char *table_text(const struct table *table, int64_t row, const char *column);
int64_t table_int(const struct table *table, int64_t row, const char *column);

#endif
