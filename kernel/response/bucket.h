/* bucket - which buckets are never closed, and whom a closed one spares. */
#ifndef COFFERDAM_RESPONSE_BUCKET_H
#define COFFERDAM_RESPONSE_BUCKET_H

#include "response/action.h"

/* {"Bucket", "ExpectedBucketOwner"} of the suspect. */
json_t *bucket_named(const struct planning *planning);
bool bucket_find(struct planning *planning, struct error *err) ATTR_USE_RESULT;

/* ERROR_REFUSED for a bucket that logs or evidence are written to. */
bool bucket_allowed(struct planning *planning, struct error *err) ATTR_USE_RESULT;

/* What policies call the caller: aws:PrincipalArn of a session is its role, with the role's path,
 * which has to be read. */
bool bucket_read_caller(struct planning *planning, struct error *err) ATTR_USE_RESULT;
const char *bucket_caller(const struct planning *planning);

#endif
