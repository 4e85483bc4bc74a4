/* act_role - the part of the action on a role that others are made of. */
#ifndef COFFERDAM_RESPONSE_ACT_ROLE_H
#define COFFERDAM_RESPONSE_ACT_ROLE_H

#include "response/action.h"

/* Reads the role that the suspect names; refuses what is AWS's own. */
bool role_find(struct planning *planning, struct error *err);

/* Ends the sessions that began before the cut-off. */
void role_revoke(struct planning *planning);

/* Denies everything under a condition: an inline policy named after the part. */
struct role_part {
    const char *id;     /* of the step */
    const char *policy; /* the policy's name */
    const char *words;  /* "session mallory of role Admin" */
    json_t *condition;
};
void role_deny_part(struct planning *planning, const struct role_part *part);

#endif
