/* whole - many users, roles and groups read out of one read of their account.
 *
 * AWS throttles who asks much, and an attacker can make hundreds of users in seconds. Beyond a few
 * of an account, one read of it (GetAccountAuthorizationDetails) stands in the state for what each
 * would be asked for (ids, boundary, policies, groups); what it does not say, keys above all, is
 * still asked of each.
 */
#ifndef COFFERDAM_RESPONSE_WHOLE_H
#define COFFERDAM_RESPONSE_WHOLE_H

#include "response/response_state.h"

#define WHOLE_FROM 12 /* principals of one account; fewer are asked one by one */

/* Those that are found next; belongs to nobody. */
struct whole_found {
    const struct response_found *list;
    size_t count;
};

/* Puts into the state what the accounts say of the plan's suspects and of `found` (NULL: none).
 * What cannot be read is left to be asked of each. False only for a stop. */
bool whole_read(struct response *response, struct plan *plan, const struct whole_found *found,
                struct error *err) ATTR_USE_RESULT;

/* Of a crowd: what an earlier round of the same run was told of passwords and MFA devices, which no
 * step is about, and unless it is the `last` one of other credentials than keys, where there were
 * none. */
void whole_carry(struct response *response, const struct plan *plan, const json_t *earlier,
                 bool last);

#endif
