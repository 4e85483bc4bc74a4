/* decision - what was decided in a case, by whom and why: entries of the ledger with a number.
 *
 * The number is the place among the ledger's decisions, from 1: it cannot be given twice, whatever
 * number of kernels decide at once. Worker thread.
 */
#ifndef COFFERDAM_CASE_DECISION_H
#define COFFERDAM_CASE_DECISION_H

#include "case/session.h"

#define DECISION_OPTIONS 10
#define DECISION_PEOPLE 20

struct decision_option {
    const char *text;
    int64_t votes; /* -1: nobody counted */
};

struct decision {
    int64_t number;
    struct ledger_mark mark;
    const char *time; /* ISO, of the ledger */
    const char *question;
    struct decision_option options[DECISION_OPTIONS];
    size_t option_count;
    size_t chosen; /* index of the option */
    bool decided;  /* found: `chosen` is one of the options; false: the entry says none */
    const char *people[DECISION_PEOPLE];
    size_t people_count; /* two-person decisions are looked for here */
    const char *const *reasons;
    size_t reason_count;
    const char *identity; /* ARN that AWS had verified then; NULL: none */
};

/* Puts it on the disk; number, mark and time are filled. */
bool decision_add(struct session *session, struct decision *decision, struct arena *arena,
                  struct error *err) ATTR_USE_RESULT;
/* ERROR_NOT_FOUND says how many there are. Texts belong to the arena. */
bool decision_find(struct session *session, int64_t number, struct arena *arena,
                   struct decision *out, struct error *err) ATTR_USE_RESULT;

#endif
