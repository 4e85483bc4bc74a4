/* statement - what engines elsewhere share: values as literals.
 */
#ifndef COFFERDAM_ENGINE_STATEMENT_H
#define COFFERDAM_ENGINE_STATEMENT_H

#include "engine/engine.h"

/* The one encoder of values: a text in quotes, a number, true, false or NULL, at most `limit`
 * bytes, as Athena and Trino read literals. NULL: a list or an object has none. */
const char *engine_literal(struct arena *arena, const json_t *value, size_t limit);

#endif
