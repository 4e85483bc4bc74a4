/* arn - how targets are written, and errors about them. */
#ifndef COFFERDAM_RESPONSE_ARN_H
#define COFFERDAM_RESPONSE_ARN_H

#include "response/action.h"

/* "arn:aws:iam::111122223333:user/path/alice" in pieces; all texts belong to the arena. */
struct arn {
    const char *partition, *service, *region, *account;
    const char *type;     /* "user", "role", "assumed-role", "root"... */
    const char *resource; /* behind the type: "path/alice" */
    const char *name;     /* its last part: "alice" */
};
bool arn_read(const char *text, struct arena *arena, struct arn *out);

/* Whether the text names a thing of IAM of this type: its ARN, "user/alice", or a plain name. */
enum claim response_claims_iam(const char *text, const char *type, struct arena *arena,
                               struct suspect *out);

/* Whether all of it is an id such as AKIA... */
bool is_id(const char *text, const char *prefix);

/* The error of a needed read that failed. Returns false. */
bool response_unread(const struct planning *planning, const char *op, const json_t *params,
                     struct error *err);

/* There is no such target, a `word` ("user") of that name: ERROR_NOT_FOUND with where it may be.
 * Returns false. */
bool response_absent(const struct planning *planning, const char *word, const char *name,
                     struct error *err);
/* The same of what AWS keeps by region. */
bool response_absent_here(const struct planning *planning, const char *word, const char *name,
                          struct error *err);

#endif
