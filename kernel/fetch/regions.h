/* regions - where an account can have events, and what could not be asked there.
 */
#ifndef COFFERDAM_FETCH_REGIONS_H
#define COFFERDAM_FETCH_REGIONS_H

#include "fetch/fetch.h"

#define REGIONS_MOST 100 /* AWS has fewer */

struct regions {
    const char **names;
    size_t count;
    const char *gap; /* why these are not all; NULL: they are */
};

/* The region asked for, or all enabled ones; where those cannot be listed, the client's own and
 * us-east-1, where the events of global services are. */
bool regions_find(const struct fetch_request *request, struct arena *arena, struct regions *out,
                  struct error *err) ATTR_USE_RESULT;

/* "eu-south-1, me-south-1: the permission ... is missing": a line for regions of the same reason.
 */
struct region_gap {
    const char *region, *reason;
};
const char *regions_gaps(struct arena *arena, const struct region_gap *gaps, size_t count,
                         const char *first);

#endif
