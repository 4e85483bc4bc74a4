/* responding - what %contain, %undo and %eradicate have in common: the plan is shown and kept, the
 * analyst asked, what was approved carried out and said. */
#ifndef COFFERDAM_MAGICS_RESPONDING_H
#define COFFERDAM_MAGICS_RESPONDING_H

#include "magic.h"
#include "response/response.h"

/* Of this cell; NULL with the error set. */
struct response *responding(struct magic_call *call, struct error *err);

/* Keeps and shows the plan, asks unless `only_show`, carries it out. Nobody to ask: the plan is
 * all. */
struct responding_plan {
    struct plan *plan;
    json_t *lawful;
    bool only_show;
};
bool responding_offer(struct magic_call *call, struct response *response,
                      const struct responding_plan *offered, struct error *err) ATTR_USE_RESULT;
/* What --yes names, and the decision that the cell says it carries out; 0: it says none. */
struct responding_approved {
    const char *id;
    int64_t decision;
};
/* The plan of that id, if it is one of this magic's and carries out that decision. */
bool responding_kept(struct magic_call *call, struct response *response,
                     const struct responding_approved *approved, struct plan **out,
                     struct error *err) ATTR_USE_RESULT;
/* Carries it out. */
bool responding_yes(struct magic_call *call, struct response *response,
                    const struct responding_plan *approved, struct error *err) ATTR_USE_RESULT;

/* The rows of the table of actions, for people. */
bool responding_actions(struct magic_call *call, bool destroys);

#endif
