/* The table of actions: %contain and %eradicate walk it, help is made from it. */
#include "response/action.h"

#include <string.h>

extern const struct action action_credentials, action_group, action_key, action_role,
    action_session, action_trust, action_user;

const struct action *const actions[] = {
    &action_key,         /* AKIA... */
    &action_session,     /* ASIA..., arn:aws:sts:... */
    &action_credentials, /* credentials/i-... */
    &action_trust,       /* trust/NAME: of a run only */
    &action_user,        /* a plain name may be any of the next */
    &action_role,        &action_group, NULL,
};

const struct action *action_find(const char *name)
{
    for (size_t i = 0; actions[i]; i++)
        if (strcmp(actions[i]->name, name) == 0)
            return actions[i];
    return NULL;
}
