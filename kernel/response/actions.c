/* The table of actions: %contain and %eradicate walk it, help is made from it. */
#include "response/action.h"

#include <string.h>

extern const struct action action_eradicate_key, action_eradicate_mfa, action_eradicate_role,
    action_eradicate_user;
extern const struct action action_bucket, action_credentials, action_deletion, action_function,
    action_group, action_instance, action_key, action_person, action_profile, action_rights,
    action_role, action_rules, action_session, action_share, action_trail, action_trust,
    action_user;

/* one a line, so that two can be added at once */
/* clang-format off */
const struct action *const actions[] = {
    &action_key,         /* AKIA... */
    &action_session,     /* ASIA..., arn:aws:sts:... */
    &action_credentials, /* credentials/i-... */
    &action_profile,     /* profile/i-... */
    &action_instance,    /* i-... */
    &action_rules,       /* sg-..., sgr-... */
    &action_function,    /* function/NAME */
    &action_deletion,    /* a key's id */
    &action_trail,       /* trail/NAME */
    &action_person,      /* sso/NAME */
    &action_share,       /* snap-..., ami-... */
    &action_trust,       /* trust/NAME: of a run only */
    &action_rights,      /* rights/user/NAME...: of a run only */
    &action_user,        /* a plain name may be any of the next */
    &action_role,
    &action_group,
    &action_bucket,
    &action_eradicate_key, /* of %eradicate */
    &action_eradicate_mfa,
    &action_eradicate_user,
    &action_eradicate_role,
    NULL,
};
/* clang-format on */

const struct action *action_find(const char *name)
{
    for (size_t i = 0; actions[i]; i++)
        if (strcmp(actions[i]->name, name) == 0)
            return actions[i];
    return NULL;
}
