/* statement - what engines elsewhere share: which statements are sent, and values as literals.
 */
#ifndef COFFERDAM_ENGINE_STATEMENT_H
#define COFFERDAM_ENGINE_STATEMENT_H

#include "engine/engine.h"

/* ERROR_REFUSED for all but SELECT, WITH, VALUES, TABLE, SHOW, DESCRIBE and EXPLAIN: a question
 * writes nothing at the far end. `whom` is the engine's name for people. */
bool engine_check_reads(const struct engine_request *request, struct arena *arena, const char *whom,
                        struct error *err);

/* The one encoder of values: a text in quotes, a number, true, false or NULL, at most `limit`
 * bytes, as Athena and Trino read literals. NULL: a list or an object has none. */
const char *engine_literal(struct arena *arena, const json_t *value, size_t limit);

#endif
