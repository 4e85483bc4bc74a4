/* athena_columns - whether every column of a query has a name of its own, as the files of UNLOAD
 * need it.
 *
 * It looks at the list of the outermost SELECT; what stands behind a * it cannot know. Pure.
 */
#ifndef COFFERDAM_ENGINE_ATHENA_COLUMNS_H
#define COFFERDAM_ENGINE_ATHENA_COLUMNS_H

#include "engine/engine.h"

/* ERROR_USAGE with the column's place for one without a name, and for a name that occurs twice. */
bool athena_check_columns(struct arena *arena, const struct engine_request *request,
                          struct error *err) ATTR_USE_RESULT;

#endif
