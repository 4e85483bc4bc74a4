/* rehearse - whether the calls of a plan would be permitted, found out without changing anything.
 *
 * A call whose model has DryRun is sent with it; of the others iam:SimulatePrincipalPolicy is asked
 * for the caller's own user or role. A simulation knows the policies of the principal: not those of
 * the resource, nor of the session.
 */
#ifndef COFFERDAM_RESPONSE_REHEARSE_H
#define COFFERDAM_RESPONSE_REHEARSE_H

#include "response/response_state.h"

enum verdict { VERDICT_UNTRIED, VERDICT_ALLOWED, VERDICT_DENIED, VERDICTS };
extern const char *const verdict_names[VERDICTS];

struct trial {
    const struct step *step;
    const char *how; /* "DryRun", "simulation"; "" where nothing could be tried */
    enum verdict verdict;
    const char *why; /* AWS's words, or why it could not be tried; "" */
};

/* Of the steps that do not hold yet, in their order; belongs to the arena. False only for a stop.
 */
bool response_rehearse(struct response *response, const struct plan *plan, struct trial **out,
                       size_t *count, struct error *err) ATTR_USE_RESULT;

#endif
