/* athena_filters - what a WHERE requires of single columns: column = 'x', IN, BETWEEN, <= and >=,
 * joined by AND alone. Pure.
 */
#ifndef COFFERDAM_ENGINE_ATHENA_FILTERS_H
#define COFFERDAM_ENGINE_ATHENA_FILTERS_H

#include "engine/athena_named.h"
#include "engine/athena_reading.h"

/* `from` is the first word behind WHERE, `table` the name that columns may bear before a dot. NULL:
 * nothing is sure, as where there is an OR. Belongs to the arena. */
const struct athena_filter *athena_read_filters(struct arena *arena,
                                                const struct engine_request *request,
                                                const struct athena_word *from, const char *table);

#endif
