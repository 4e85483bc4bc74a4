/* resume - what was done of a plan that was cut off is a part of it when it goes on. */
#ifndef COFFERDAM_RESPONSE_RESUME_H
#define COFFERDAM_RESPONSE_RESUME_H

#include "response/response_state.h"

/* Steps of the approved plan that the ledger says were done, and that are not planned any more
 * because they were (an access list without grants to others), are put back into `now` and read. */
bool resume_steps(struct response *response, const struct plan *approved, struct plan *now,
                  struct error *err) ATTR_USE_RESULT;
/* The plan as it is written, with its checks read: nothing is planned anew. */
bool resume_written(struct response *response, const struct plan *approved, struct plan **out,
                    struct error *err) ATTR_USE_RESULT;
/* The same of a destruction: what it was to destroy may be gone by now, or without the deny that
 * went first, and would not be found or not be planned again. Another one of that name has its own
 * id. */
bool resume_destroying(struct response *response, const struct plan *approved, struct plan **out,
                       struct error *err) ATTR_USE_RESULT;
/* Its kernel ended in the middle. */
bool resume_is_cut_off(struct response *response, const char *id);
/* As the ledger tells it. */
bool resume_was_done(const struct step *step);

#endif
