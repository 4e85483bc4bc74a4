/* map - a log record in bytes becomes a row of values: one mapper per source, the same row for both
 * table versions.
 *
 * A mapper walks the record once with a cursor and leaves slices of the record's own bytes (which
 * must stay until the rows are written), or of the mapping's slab where text had to be changed.
 * Constants, names of classes and the shape of the structs are put around the values in SQL
 * (map_sql.h). One mapping per thread.
 */
#ifndef COFFERDAM_INGEST_MAP_H
#define COFFERDAM_INGEST_MAP_H

#include "base/error.h"
#include "engine/writer.h"
#include "base/json_walk.h"

/* Which table of Security Lake a row belongs to: an index of sources_table, too. */
enum map_source {
    MAP_TRAIL,
    MAP_S3_DATA,
    MAP_LAMBDA,
    MAP_EKS, /* no mapper: only named so that the numbers agree */
    MAP_ROUTE53,
    MAP_FINDINGS,
    MAP_VPC_FLOW,
    MAP_WAF, /* no mapper */
    MAP_SOURCES
};

/* Memory of the rows of one batch: blocks that are given back all at once. */
struct slab_block;
struct slab {
    struct slab_block *first;
    size_t used, size; /* of the first block */
    size_t total;      /* bytes taken in all */
};
void *slab_take(struct slab *slab, size_t size); /* aligned to 8, not cleared */
const char *slab_text(struct slab *slab, const char *bytes, size_t size);
void slab_release(struct slab *slab);

/* A flattened member: unmapped[key] = value. A value of several pieces is joined by commas. */
struct piece {
    struct writer_value value;
    struct piece *next;
};
struct pair {
    uint32_t hash;
    struct writer_value key;
    struct piece first, *last;
    size_t pieces;
};
struct pairs {
    struct pair *items;
    size_t count, capacity;
    uint32_t *slots; /* hash table over items once there are many; 0 = free, else index + 1 */
    size_t slot_count;
};

#define MAP_VALUES 48 /* most columns of a source */

/* One row in the making, and what is needed to make it. */
struct mapping {
    int version; /* of the tables: 1 or 2 */
    struct slab *slab;
    struct buf scratch;
    struct buf path;
    struct pairs pairs;
    struct writer_value values[MAP_VALUES];
    uint64_t present;
    unsigned char members[256]; /* hash of a member's name -> its index + 1 in the mapper's table */
    unsigned char names[256];   /* the same for event names with a class of their own */
    struct {
        struct token name, value;
    } * others; /* members of the record without a column of their own */
    size_t other_count, other_capacity;
    const char *problem; /* why the record cannot be a row; constant or in the slab */
};

/* A finished row. */
struct event {
    struct writer_row row;
    int64_t time;      /* UTC microseconds */
    uint64_t sequence; /* file number << 32 | record number: the order in which events were given */
    struct writer_value id, account,
        region; /* size 0 = none; id: what makes it the same event again */
    uint32_t partition;
    uint8_t source; /* enum map_source */
};

enum map_result {
    MAP_ROW,     /* *out is a row */
    MAP_BROKEN,  /* not JSON at the cursor, or cut */
    MAP_OTHER,   /* well formed, but not a record of this source; the cursor is behind it */
    MAP_REFUSED, /* a record of this source that cannot be a row: mapping->problem says why; the
                    cursor is behind it */
};

void mapping_init(struct mapping *mapping, struct slab *slab, int version);
void mapping_release(struct mapping *mapping);

/* The record at the cursor. The bytes must be valid UTF-8. */
enum map_result map_trail(struct mapping *mapping, struct cursor *cursor, struct event *out);

/* For mappers (map.c). */
void map_begin(struct mapping *mapping);
void map_put_text(struct mapping *mapping, int column, const char *text, size_t size);
void map_put_string(struct mapping *mapping, int column, const char *text); /* a constant */
void map_put_number(struct mapping *mapping, int column, int64_t number);
/* A JSON value as a text: strings unescaped, other values as their compact JSON; null puts nothing.
 */
void map_put_token(struct mapping *mapping, int column, const struct token *token);
struct writer_value map_text_of(struct mapping *mapping,
                                const struct token *token); /* text NULL for null */
struct writer_value map_json_of(struct mapping *mapping,
                                const struct token *token); /* compact JSON text */
void map_end(struct mapping *mapping, struct event *out);
bool map_time_of(const struct token *token,
                 int64_t *time); /* ISO 8601, or seconds or milliseconds since 1970 */
bool map_is_address(const char *text, size_t size); /* four numbers with dots, or an IPv6 address */

/* Flattens a value under `name` into mapping->pairs (map_flatten.c): dotted paths, [] for array
 * steps. */
void flatten(struct mapping *mapping, const char *name, size_t name_size,
             const struct token *value);
/* Takes a key out again: it has a column of its own. */
void flatten_drop(struct mapping *mapping, const char *key);
/* The pairs as a MAP column; an empty map if there are none. */
void flatten_put(struct mapping *mapping, int column);

/* The value at a dotted path of objects below a token; false if there is none or it is null. */
bool token_at(const struct token *object, const char *path, struct token *out);
bool token_present(const struct token *token);              /* there, and not null */
bool token_true(const struct token *token);                 /* true, or a string that says so */
bool token_is(const struct token *token, const char *text); /* a string of just these bytes */

#endif
