/* inspect - what Shift+Tab tells about the name at a cursor: magic, option, table, column,
 * function, parameter, value. */
#ifndef COFFERDAM_INSPECT_H
#define COFFERDAM_INSPECT_H

#include "data/catalog.h"
#include "data/render.h"

/* False if there is nothing to say. detail_level 0 or 1. */
bool inspect(const char *text, size_t size, size_t cursor, int detail_level,
             const struct catalog *catalog, struct arena *arena, struct bundle *out);
/* The page of `name?` and `%magic?`; false if the name is unknown. */
bool inspect_name(const char *name, const struct catalog *catalog, struct arena *arena,
                  struct bundle *out);

#endif
