/* act_user - the parts of the action on a user that others are made of. */
#ifndef COFFERDAM_RESPONSE_ACT_USER_H
#define COFFERDAM_RESPONSE_ACT_USER_H

#include "response/action.h"

/* Reads the user that the suspect names and everything it can act with. */
bool user_find(struct planning *planning, struct error *err);
/* Denies it everything twice, switches all its credentials off. */
bool user_plan(struct planning *planning, struct error *err);
/* One key of it only. */
void user_plan_key(struct planning *planning, const char *key, const char *status);

#endif
