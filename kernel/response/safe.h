/* safe - who and what is never contained, whatever a plan says: the caller and all it stands on,
 * the last administrator, break-glass principals, what is AWS's own. */
#ifndef COFFERDAM_RESPONSE_SAFE_H
#define COFFERDAM_RESPONSE_SAFE_H

#include "response/response_state.h"

/* Looks at the whole plan: ERROR_REFUSED with the principal and the reason. An override names the
 * principal in full (its ARN). */
bool safe_check(struct response *response, struct plan *plan, struct error *err) ATTR_USE_RESULT;

/* The same of one that is found in the middle of a run, before it is contained. */
bool safe_found(const struct response *response, const struct plan *plan,
                const struct suspect *suspect, struct error *err) ATTR_USE_RESULT;

/* Whether it is who this kernel acts as in any account, or what its credentials come from. */
bool safe_is_own(const struct response *response, const struct plan *plan,
                 const struct suspect *suspect);

#endif
