/* reply - what AWS answered: JSON out of any protocol, and errors with their meaning.
 *
 * Readers that take what is there: JSON services send numbers and booleans, XML services text for
 * everything. Pure; any thread.
 */
#ifndef COFFERDAM_AWS_REPLY_H
#define COFFERDAM_AWS_REPLY_H

#include "aws/op.h"
#include "aws/xml.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/* An HTTP answer as it came. Borrowed. */
struct aws_answer {
    int status;
    const char *body;
    size_t size;
    const char *error_type; /* header x-amzn-errortype or NULL */
    const char *request_id; /* of the headers, or NULL */
    struct xml *xml;        /* what reads it, if it is XML */
};

/* What an error is to the client. */
enum aws_failure {
    AWS_FAILURE_NONE,      /* no failure */
    AWS_FAILURE_OTHER,     /* the caller's to understand */
    AWS_FAILURE_THROTTLED, /* refused for now: may be sent again, also a change */
    AWS_FAILURE_TRANSIENT, /* the service failed: a change may have happened */
    AWS_FAILURE_SKEWED,    /* signed with a wrong clock, perhaps */
    AWS_FAILURE_EXPIRED,   /* credentials are over */
};

struct aws_problem {
    enum aws_failure failure;
    const char *code, *message; /* belong to the arena; code is never empty where failure is set */
    const char *request_id;     /* or NULL */
    const char *region;         /* S3 names another one, or NULL */
};

/* The reply of an answer 2xx: an object, without the wrapping of query's <...Response><...Result>.
   A rest body that is not JSON (GetObject, GetBucketPolicy) is not read: {}. */
bool aws_reply_read(const struct aws_op *op, const struct aws_answer *answer, struct arena *arena,
                    json_t **out, struct error *err) ATTR_USE_RESULT;

/* Finds code and message in whatever came: JSON, any of AWS's XML errors, HTML, nothing. Never
 * fails: "HTTP 503" where there is nothing. */
void aws_problem_read(const struct aws_op *op, const struct aws_answer *answer, struct arena *arena,
                      struct aws_problem *out);

/* Whether an error code says that a permission is missing. */
bool aws_is_denied(const char *code);

/* Fills the error an analyst sees: code, message, request id and a hint that names the permission.
 */
bool aws_problem_error(const struct aws_op *op, const struct aws_problem *problem,
                       struct error *err);

/* ---- reading a reply ---- */

/* The value at "Role.RoleName" or "Reservations.0.Instances"; NULL where there is none. */
const json_t *reply_at(const json_t *reply, const char *path);
const char *reply_text(const json_t *reply, const char *path); /* "" where there is none */
int64_t reply_int(const json_t *reply, const char *path, int64_t otherwise); /* also of text */
bool reply_bool(const json_t *reply, const char *path);                      /* "true" as well */
/* Elements of a list; an XML element that came only once counts as one, an empty text as none. */
size_t reply_count(const json_t *reply, const char *path);
const json_t *reply_item(const json_t *reply, const char *path, size_t index);
/* A time: ISO 8601 text, or seconds since 1970 as a number. Microseconds; 0 where there is none. */
int64_t reply_time(const json_t *reply, const char *path);

#endif
