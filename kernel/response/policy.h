/* policy - documents that deny, and how much room there is for them. */
#ifndef COFFERDAM_RESPONSE_POLICY_H
#define COFFERDAM_RESPONSE_POLICY_H

#include "response/action.h"

/* What our inline policies are called: always the same, so that a second run finds them. */
#define QUARANTINE "ir-quarantine"
#define QUARANTINE_SESSIONS "ir-revoke-sessions"
#define QUARANTINE_PART "ir-quarantine-part"

/* A policy that denies everything, under a condition (belongs to the arena; NULL: none). The object
 * belongs to the arena; policy_text is what is sent. */
json_t *policy_deny(struct arena *arena, json_t *condition);
const char *policy_text(struct arena *arena, const json_t *policy);

/* Whether it gives no rights: it denies, and nothing else. */
bool policy_only_denies(const json_t *policy);

/* Characters that AWS counts: all but white space. */
size_t policy_size(const char *text);

/* "arn:aws:iam::aws:policy/AWSDenyAll". */
const char *policy_deny_all(const struct planning *planning);

/* Inline policies of a user, role or group, and a deny among them. */
struct inline_place {
    const char *list_op, *get_op, *put_op, *delete_op; /* "iam:ListUserPolicies"... */
    const char *owner;                                 /* "UserName" */
    size_t most;                                       /* characters of all */
};
extern const struct inline_place inline_of_user, inline_of_role, inline_of_group;

/* Reads all inline policies of the suspect. */
bool inline_read(struct planning *planning, const struct inline_place *place, struct error *err);
/* Whether a policy of this name and text has room beside the others. */
bool inline_fits(const struct planning *planning, const struct inline_place *place,
                 const char *name, const json_t *policy);
/* Puts it; taken back, what had that name before is there again. */
struct step *inline_step(struct planning *planning, const struct inline_place *place,
                         const char *name, const json_t *policy, const struct step *rest);

#endif
