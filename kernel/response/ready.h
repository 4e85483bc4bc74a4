/* ready - whether something may be destroyed: a decision is recorded, and the contained target was
 * watched in silence. */
#ifndef COFFERDAM_RESPONSE_READY_H
#define COFFERDAM_RESPONSE_READY_H

#include "response/response_state.h"

/* A watch counts that ended in silence after the target was last contained: an entry of kind watch
 * with {"state": "ended", "silent": true, "targets": [texts]}; a later one that saw somebody takes
 * that back. Targets are meant by key or ARN, by name where they have neither. ERROR_REFUSED says
 * what is missing. */
bool ready_check(struct response *response, const struct plan *plan,
                 struct error *err) ATTR_USE_RESULT;

/* What a suspect is called in entries of the ledger: a new reference to a list of texts. */
json_t *ready_names(const struct plan *plan);

#endif
