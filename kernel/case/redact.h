/* redact - secrets are taken out before anything is written down.
 *
 * A member that holds a secret by its name (SecretAccessKey, SessionToken, Password, PrivateKey,
 * UserData..., whatever its case, blanks, _ and -) loses its value, wherever it stands; in texts,
 * `name = value`, `"name": "value"` and `name=value&` of such names, and private keys in PEM, lose
 * theirs. What stands instead says so. Pure.
 */
#ifndef COFFERDAM_CASE_REDACT_H
#define COFFERDAM_CASE_REDACT_H

#include "base/buf.h"
#include "base/json.h"

#define REDACTED "(secret: not recorded)"

/* A new reference: the value itself where there was nothing to take out. */
json_t *redact_json(json_t *value);
/* Appends the text; true if something was taken out. */
bool redact_text(struct buf *out, const char *text, size_t size);
bool redact_is_secret(const char *name, size_t size);

#endif
