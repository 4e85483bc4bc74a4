/* fence - an SCP that denies everything to the plan's principals: nobody in the account can take it
 * back. R02. */
#ifndef COFFERDAM_RESPONSE_FENCE_H
#define COFFERDAM_RESPONSE_FENCE_H

#include "response/response_state.h"

/* Adds it for each account of an organization whose management account can be reached; elsewhere
 * the policy is printed whole, for somebody who may apply it. */
bool fence_plan(struct response *response, struct plan *plan, struct error *err) ATTR_USE_RESULT;

#endif
