/* response_state - what the files of a run share; nobody else includes it. */
#ifndef COFFERDAM_RESPONSE_RESPONSE_STATE_H
#define COFFERDAM_RESPONSE_RESPONSE_STATE_H

#include "response/response.h"

/* Into one account. */
struct access {
    const char *account, *arn, *partition;
    const char *behind; /* keys and roles the credentials were got with; NULL: none */
    const struct aws_credentials *credentials; /* NULL: the chain's */
    const struct guard_caller *caller;
    struct access *next;
};

struct response {
    struct response_with with;
    struct guard *guard;
    struct arena *arena;   /* the cell's */
    struct arena *secrets; /* credentials of other accounts; ends with the cell */
    struct access *accesses;
    const struct access *home; /* the chain's */
    const char *region;        /* the client's */
    json_t *state;             /* what was read for the plan at hand */
    json_t *answers;           /* of the run's calls: step id -> reply */
    json_t *before;            /* account -> picture (account.h) when the plan was made */
    json_t *start;             /* the same as the run began, without keys */
    struct wanted *wanted;     /* while reads are only noted (action.h); NULL: they are made */
};

/* access.c: verified; ERROR_NOT_FOUND where no mapping leads there. NULL: the chain's own. */
bool access_find(struct response *response, const char *account, const struct access **out,
                 struct error *err) ATTR_USE_RESULT;

/* In the middle of a run, once AWS said that they are over: all are got anew. *anew: some are
 * others now, of the same identity. */
bool access_renew(struct response *response, bool *anew, struct error *err) ATTR_USE_RESULT;

/* make.c */
bool planning_of(struct response *response, struct plan *plan, struct suspect *suspect,
                 struct planning *out, struct error *err) ATTR_USE_RESULT;
/* The same for a place without a suspect: reads only. */
bool planning_at(struct response *response, struct plan *plan, const char *account,
                 const char *region, struct planning *out, struct error *err) ATTR_USE_RESULT;
/* The suspect's action finds its target; *found false where there is none of that kind. */
bool make_find(struct response *response, struct plan *plan, struct suspect *suspect, bool *found,
               struct error *err);

/* Adds one that nobody typed; what cannot be contained is said in the plan. *added may be NULL. */
bool make_found(struct response *response, struct plan *plan, const struct response_found *found,
                struct suspect **added, struct error *err) ATTR_USE_RESULT;
/* Adds what a text names, as %contain would find it; nothing is planned for it. */
bool make_target(struct response *response, struct plan *plan, const char *text,
                 const struct response_request *request, struct error *err) ATTR_USE_RESULT;
/* The approved plan as it is now: ERROR_REFUSED where that is another one. */
bool make_again(struct response *response, const struct plan *approved, json_t *lawful,
                struct plan **out, struct error *err) ATTR_USE_RESULT;
/* Reads what the checks of the steps need, where it was not read yet, and says which hold. */
bool make_checks(struct response *response, struct plan *plan, struct error *err) ATTR_USE_RESULT;

/* crowd.c */
/* Makes all steps of all suspects anew from what is there now, and looks which hold. */
bool make_steps(struct response *response, struct plan *plan, struct error *err) ATTR_USE_RESULT;
/* Reads ahead, side by side, what finding these will need; what fails will be said then. */
bool make_ready(struct response *response, struct plan *plan, const struct response_found *list,
                size_t count, struct error *err) ATTR_USE_RESULT;
/* Looks for the suspects again: who was renamed is known by the new name, who is no more is
 * `gone`. */
bool make_present(struct response *response, struct plan *plan, struct error *err) ATTR_USE_RESULT;

/* undo.c: whether what it goes over is still what was shown: ERROR_REFUSED says what is different.
 */
bool undo_still(struct response *response, const struct plan *approved, struct plan *now,
                struct error *err) ATTR_USE_RESULT;

/* kept.c: a file of the evidence that an entry speaks of, if it is as it was written. */
bool kept_read(struct response *response, const json_t *reference, json_t **out,
               struct error *err) ATTR_USE_RESULT;

void response_wait(struct response *response, int64_t ms);

#endif
