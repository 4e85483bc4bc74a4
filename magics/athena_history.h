/* athena_history - the executions of Athena that a case has begun: written to its ledger as soon as
 * they have an id, so that what was paid for can be fetched again.
 */
#ifndef COFFERDAM_MAGICS_ATHENA_HISTORY_H
#define COFFERDAM_MAGICS_ATHENA_HISTORY_H

#include "engine/athena.h"
#include "magic.h"
#include "magics/sql.h"

/* What cannot be written is warned of, and stops no query. */
void executions_add(struct magic_call *call, const struct athena_place *place,
                    const struct engine_request *request, const char *id);

/* Shows and keeps them as a table, newest first, as Athena says they stand now. */
bool executions_show(struct magic_call *call, const struct query_options *given, struct error *err);

#endif
