/* check - whether a read shows what it has to. Pure; any thread. */
#ifndef COFFERDAM_RESPONSE_CHECK_H
#define COFFERDAM_RESPONSE_CHECK_H

#include "response/plan.h"

enum held {
    HELD_NO,
    HELD_YES,
    HELD_UNKNOWN, /* the read failed: denied, no answer */
};

/* What a read said: {"replies": [...], "code": CODE or absent}; NULL: it was not made. */
enum held check_holds(const struct check *check, const json_t *said);

/* What a check found, in place of the answer of the call that made it; NULL: there is none. */
const json_t *check_item(const struct check *check, const json_t *said);

/* What a tag says, of a check of tags; NULL: there is none of this name. */
const char *check_tag(const struct check *check, const json_t *said, const char *name);

/* The same as one line for people: "Status is Active, not Inactive". Belongs to the arena. */
const char *check_shows(const struct check *check, const json_t *said, struct arena *arena);

/* What a read shows of the thing that a check is about, and what the check wants it to be: "there",
 * "not there", a value, a policy. Belong to the arena. */
const char *check_reads(const struct check *check, const json_t *said, struct arena *arena);
const char *check_wants(const struct check *check, struct arena *arena);

/* IAM's codes for "there is no such thing". */
bool code_is_absent(const char *code);

/* A policy as JSON, whether it is text, text with %XX (IAM) or an object already; NULL: it is none.
 * Belongs to the arena. */
json_t *policy_read(const json_t *value, struct arena *arena);

#endif
