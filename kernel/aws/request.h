/* request - a call of the table as an HTTP request, without host, date and signature.
 *
 * Pure: nothing is sent, no clock is read. Everything made belongs to the arena. Any thread.
 */
#ifndef COFFERDAM_AWS_REQUEST_H
#define COFFERDAM_AWS_REQUEST_H

#include "aws/op.h"
#include "aws/sigv4.h"
#include "base/error.h"
#include "base/json.h"

#define AWS_HEADERS_MOST 32

struct aws_request {
    const char *method;
    const char *before_host; /* "123456789012." or "" */
    const char *path;        /* percent-encoded, from '/' */
    const char *query;       /* percent-encoded, without '?'; NULL: none */
    struct sigv4_header headers[AWS_HEADERS_MOST];
    size_t header_count;
    const char *body; /* NULL: none */
    size_t size;
    const char *bucket; /* S3: what the path begins with, as given; NULL: no bucket */
};

/* False with ERROR_USAGE where a member that stands in the path is missing or empty, or a value is
 * of a kind that cannot stand where it is. */
bool aws_request_make(const struct aws_op *op, const json_t *params, struct arena *arena,
                      struct aws_request *out, struct error *err) ATTR_USE_RESULT;

bool aws_request_header(struct aws_request *request, const char *name, const char *value,
                        struct error *err);

#endif
