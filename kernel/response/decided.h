/* decided - the decision that a plan carries out: it is in the ledger, and something was chosen. */
#ifndef COFFERDAM_RESPONSE_DECIDED_H
#define COFFERDAM_RESPONSE_DECIDED_H

#include "response/response_state.h"

/* Fills plan->decided from plan->decision; a plan without one is left alone. ERROR_NOT_FOUND for a
 * number that the ledger has not, ERROR_REFUSED where nothing was chosen. */
bool decided_by(struct response *response, struct plan *plan, struct error *err) ATTR_USE_RESULT;

#endif
