/* inspect - what Shift+Tab tells about the name at a cursor: magic, option, table, column,
 * function, parameter, value. */
#ifndef COFFERDAM_INSPECT_H
#define COFFERDAM_INSPECT_H

#include "data/catalog.h"
#include "data/render.h"

/* Where the cursor stands: `cursor` in code points from the start of the cell; detail_level 0 or 1.
 */
struct inspection {
    const char *text;
    size_t size, cursor;
    int detail_level;
};
/* False if there is nothing to say. */
bool inspect(const struct inspection *at, const struct catalog *catalog, struct arena *arena,
             struct bundle *out);
/* The page of `name?` and `%magic?`; false if the name is unknown. */
bool inspect_name(const char *name, const struct catalog *catalog, struct arena *arena,
                  struct bundle *out);

#endif
