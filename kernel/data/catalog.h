/* catalog - an immutable snapshot of all names: what completion and inspection answer from while a
 * cell runs.
 *
 * Built by the worker after a cell that changed something, handed to the aide, released by
 * reference count (thread-safe).
 */
#ifndef COFFERDAM_DATA_CATALOG_H
#define COFFERDAM_DATA_CATALOG_H

#include "base/arena.h"

enum name_kind {
    NAME_TABLE,     /* of a lake, or a kept result */
    NAME_COLUMN,    /* parent = table; nested fields as dotted paths */
    NAME_FUNCTION,  /* of SQL: type = signature */
    NAME_PARAMETER, /* name = literal of a cell */
    NAME_SETTING,
    NAME_KEY,
    NAME_USER,
    NAME_ADDRESS,
    NAME_OPERATION,
    NAME_ROLE,
    NAME_INSTANCE,
    NAME_BUCKET,
    NAME_EVENT, /* values seen in results */
    NAME_KEYWORD,
    NAME_KINDS
};

struct name {
    enum name_kind kind;
    const char *text;    /* as typed; quoted if it must be */
    const char *parent;  /* a column's table, else NULL */
    const char *type;    /* SQL type or signature, may be NULL */
    const char *comment; /* a sentence, may be NULL */
    const char *example; /* a line that works, may be NULL */
};

struct catalog;

struct catalog *catalog_new(void); /* one reference, still being filled */
void catalog_add(struct catalog *catalog,
                 const struct name *name); /* copies; at most 200,000 names, more are left out */
const struct catalog *
catalog_share(struct catalog *catalog); /* sorts and seals; one reference goes to the caller */
const struct catalog *catalog_hold(const struct catalog *catalog); /* one more reference */
void catalog_release(const struct catalog *catalog);               /* NULL is allowed */

size_t catalog_count(const struct catalog *catalog);
const struct name *catalog_at(const struct catalog *catalog,
                              size_t index); /* sorted by kind, then text without case */
/* First index of names of `kind` whose text begins with `prefix` without regard to case; *count how
 * many. */
size_t catalog_prefix(const struct catalog *catalog, enum name_kind kind, const char *prefix,
                      size_t prefix_size, size_t *count);
const struct name *catalog_find(const struct catalog *catalog, enum name_kind kind,
                                const char *text);
const char *name_kind_name(enum name_kind kind); /* "table", "column", "access key"... */

#endif
