/* price - what a query of Athena costs: said before it is asked, and held against the budget.
 */
#ifndef COFFERDAM_MAGICS_PRICE_H
#define COFFERDAM_MAGICS_PRICE_H

#include "engine/athena.h"
#include "engine/athena_price.h"
#include "magic.h"

/* Where Athena is asked; NULL: the client's region. */
struct athena_price price_of(struct magic_call *call, const char *region);

/* Says the most that a query will scan and cost, and refuses what may go over the budget; an
 * unknown price is said and let through. What cannot be learnt stops no query. */
bool price_before(struct magic_call *call, const struct athena_place *place,
                  const struct engine_request *request, struct arena *arena,
                  struct error *err) ATTR_USE_RESULT;

#endif
