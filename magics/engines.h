/* engines - the engine that a magic asks, made from the settings, and what it cost.
 */
#ifndef COFFERDAM_MAGICS_ENGINES_H
#define COFFERDAM_MAGICS_ENGINES_H

#include "engine/athena.h"
#include "engine/trino.h"
#include "lake/remote.h"
#include "magic.h"

/* The engine of this name ("local", "athena", "trino"), as the settings say; *out is NULL for the
 * embedded one. It belongs to the call's arena. */
bool engine_named(struct magic_call *call, const char *name, struct engine **out,
                  struct error *err) ATTR_USE_RESULT;

/* Athena at a place whose NULL members are filled from the settings. */
bool engine_athena(struct magic_call *call, const struct athena_place *place, struct engine **out,
                   struct error *err) ATTR_USE_RESULT;

/* The same for a Trino cluster. Credentials: those of the session, else TRINO_TOKEN or
 * TRINO_PASSWORD of the environment; `asks`: a password is asked for in the notebook. */
bool engine_trino(struct magic_call *call, const struct trino_place *place, bool asks,
                  struct engine **out, struct error *err) ATTR_USE_RESULT;

/* The tables of Security Lake and CloudTrail that an engine has: found at the first question, then
 * remembered; `again` finds them anew. Borrowed from the session or the call. ERROR_NOT_FOUND where
 * there are none. */
bool engine_tables(struct magic_call *call, struct engine *engine, bool again,
                   const struct remote **out, struct error *err) ATTR_USE_RESULT;

/* What answers a question: the engine named by --source (NULL: that of the settings), and its
 * tables. *engine is NULL for the open lake. */
bool engine_source(struct magic_call *call, const char *source, struct engine **engine,
                   const struct remote **tables, struct error *err) ATTR_USE_RESULT;

/* Refused when what the session has spent reaches its budget. */
bool engine_may_spend(struct magic_call *call, const struct engine *engine,
                      struct error *err) ATTR_USE_RESULT;

/* One factual line on what the queries of this engine took and cost, and adds it to what was spent;
 * nothing for the embedded one. */
void engine_say_cost(struct magic_call *call, const struct engine *engine);

#endif
