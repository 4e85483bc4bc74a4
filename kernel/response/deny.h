/* deny - everything denied to a user or a role, twice, so that no single call takes both away. */
#ifndef COFFERDAM_RESPONSE_DENY_H
#define COFFERDAM_RESPONSE_DENY_H

#include "response/policy.h"

struct principal {
    const char *word;  /* "user" */
    const char *owner; /* "UserName" */
    const struct inline_place *inlined;
    const char *get_op, *boundary; /* where its boundary stands: "User.PermissionsBoundary..." */
    const char *attached_op, *attach_op, *detach_op;
    const char *put_boundary_op, *delete_boundary_op;
};
extern const struct principal principal_user, principal_role;
extern const struct principal principal_group; /* without a boundary */

json_t *principal_params(const struct planning *planning, const struct principal *kind);
/* An inline deny and AWSDenyAll attached; where there is no room for one, the boundary. All of it
 * read before (inline_read, attached_op, get_op). */
void deny_everything(struct planning *planning, const struct principal *kind);
/* The boundary alone. `why` goes into the words; NULL: it was asked for. */
void deny_by_boundary(struct planning *planning, const struct principal *kind, const char *why);

#endif
