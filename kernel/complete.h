/* complete - what Tab offers at a cursor, from the magics' tables, a catalog snapshot and the file
 * system. Aide's thread. */
#ifndef COFFERDAM_COMPLETE_H
#define COFFERDAM_COMPLETE_H

#include "base/arena.h"
#include "data/catalog.h"

struct match {
    const char *text;      /* replaces start..end */
    const char *type;      /* "magic", "option", "table", "column", "access key", "file"... */
    const char *signature; /* SQL type or usage, or "" */
};

struct completion {
    struct match *matches; /* best first, at most 500 */
    size_t count;
    size_t start, end; /* code points of the cell */
};

/* cursor: code points from the start of the cell. */
struct completion complete(const char *text, size_t size, size_t cursor,
                           const struct catalog *catalog, struct arena *arena);

#endif
