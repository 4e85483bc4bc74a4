/* account - users, keys, roles, trusts and policies of an account as they are at one moment, and
 * what is different at another.
 *
 * A picture is {"users": {NAME: {"id", "arn", "made", "inline", "attached", "groups", "boundary",
 * "tags", "keys": {ID: {"status", "made"}}}}, "roles": {NAME: {"id", "arn", "made", "path",
 * "trust", "inline", ...}}, "groups": {...}, "policies": {ARN: {"document", "version"}}, "shares":
 * shares.h, "partial": TEXT or absent}. It is read live: CloudTrail and the credential report are
 * minutes late.
 */
#ifndef COFFERDAM_RESPONSE_ACCOUNT_H
#define COFFERDAM_RESPONSE_ACCOUNT_H

#include "response/response_state.h"

#define ACCOUNT_KEYS 1000 /* users whose keys are read at most */

/* False only for a stop; what could not be read is said in "partial". `keys`: the keys as well,
 * where there are at most so many users; 0: none. With ACCOUNT_KEYS all is read: also what is
 * shared. Belongs to the arena. */
bool account_read(struct response *response, const struct access *access, size_t keys, json_t **out,
                  struct error *err) ATTR_USE_RESULT;

/* Adds to what the picture says that it lacks. */
void account_partial(const struct response *response, json_t *picture, const char *what,
                     const char *why);

enum novelty {
    NEW_USER,
    NEW_KEY,
    NEW_ROLE,
    NEW_TRUST,  /* a role's trust is another one */
    NEW_RIGHTS, /* policies, boundary or groups of somebody, or a policy's text */
    NEW_SHARE,  /* a snapshot or an image may be used by somebody else */
    NOVELTIES
};

struct new_thing {
    enum novelty kind;
    const char *name;  /* user, role, key, policy's ARN, snapshot */
    const char *owner; /* of a key: its user; of rights: "user", "role", "group", "policy"; of a
                          snapshot: its region */
    const json_t *is;  /* of rights, of who may use it: what they are now; NULL: of all else */
    const char *words; /* "role Admin has another trust" */
    int64_t made;      /* 0: AWS does not say */
    struct new_thing *next;
};

/* What `after` has and `before` has not, in no order; belongs to the arena. */
struct new_thing *account_compare(const json_t *before, const json_t *after, struct arena *arena);

/* Whether the policies of a user or role of the picture allow everything. */
bool account_is_admin(const json_t *picture, const json_t *principal);

#endif
