/* lint - what is known to be wrong with SQL over Security Lake and CloudTrail: the defects of AWS's
 * own published queries, and columns that mean another thing in the other table version.
 *
 * It knows tokens, brackets and clauses, not grammar, and says nothing where it is not sure. A
 * finding warns: the query is neither refused nor changed. Any bytes; at most 20,000 tokens are
 * looked at and 50 findings made. Pure.
 */
#ifndef COFFERDAM_LAKE_LINT_H
#define COFFERDAM_LAKE_LINT_H

#include "base/arena.h"

struct lint_text;
struct lint_finding;

struct lint_rule {
    const char *id;      /* "D1" */
    const char *name;    /* "user-id-as-key" */
    const char *summary; /* what is wrong, half a sentence */
    const char *why;     /* what happens then */
    void (*check)(struct lint_text *text);
    bool after; /* only the answer tells whether it matters */
};
extern const struct lint_rule lint_rules[];
extern const size_t lint_rules_count;

struct lint_finding {
    const struct lint_rule *rule;
    size_t offset, size;       /* bytes of the text that is meant */
    const char *found;         /* that text */
    const char *instead;       /* what belongs there; NULL: nothing in its place */
    struct lint_finding *next; /* in the order of the rules */
};

/* The N of an outermost LIMIT N without ORDER BY: that many rows in an answer are a sample. -1:
 * there is none. */
int64_t lint_limit(struct arena *arena, const char *sql, size_t size);

/* NULL: nothing is wrong as far as the rules go. Belongs to the arena. */
const struct lint_finding *lint_check(struct arena *arena, const char *sql, size_t size);

#endif
