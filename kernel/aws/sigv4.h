/* sigv4 - signs requests as AWS's Signature Version 4 asks (AWS General Reference, "Signing AWS API
 * requests"), in the Authorization header.
 *
 * A signer keeps the signing keys it derived (one for each day, region and service), and nothing
 * of the secret beyond its owner's life: sigv4_free wipes. One thread at a time.
 */
#ifndef COFFERDAM_AWS_SIGV4_H
#define COFFERDAM_AWS_SIGV4_H

#include "base/arena.h"
#include "base/buf.h"

#define SIGV4_DATE_SIZE 17 /* "20261123T120000Z" and NUL */

struct sigv4_credentials {
    const char *access_key_id, *secret_access_key;
    const char *session_token; /* NULL: none */
};

struct sigv4_header {
    const char *name, *value; /* any case; blanks are trimmed and folded when signed */
};

/* What is signed. Borrowed. */
struct sigv4_request {
    const char *method;
    const char *path;                   /* as it is sent, percent-encoded; "" counts as "/" */
    const char *query;                  /* as it is sent, without '?'; NULL: none */
    const struct sigv4_header *headers; /* all that are sent, host and x-amz-date among them */
    size_t header_count;
    const char *payload;          /* hex SHA-256 of the body, or UNSIGNED-PAYLOAD */
    const char *region, *service; /* of the credential scope */
    int64_t time;                 /* Unix microseconds; that of x-amz-date */
    bool as_is;                   /* S3: the path is neither normalised nor encoded again */
};

struct sigv4;

struct sigv4 *sigv4_new(void);
void sigv4_free(struct sigv4 *sigv4); /* NULL is allowed */

/* 20261123T120000Z */
void sigv4_date(int64_t time, char out[static SIGV4_DATE_SIZE]);

/* The steps, each of which a test can compare with AWS's own vectors. */
void sigv4_canonical(const struct sigv4_request *request, struct buf *out);
void sigv4_string_to_sign(const struct sigv4_request *request, const struct buf *canonical,
                          struct buf *out);

/* Adds "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=..." to `out`. */
void sigv4_sign(struct sigv4 *sigv4, const struct sigv4_credentials *credentials,
                const struct sigv4_request *request, struct buf *out);

/* Percent-encodes all but A-Z a-z 0-9 - _ . ~, and '/' where `slashes`. */
void sigv4_encode(struct buf *out, const char *text, size_t size, bool slashes);

#endif
