/* op - the table of AWS's calls: one const row a service, one const row a call.
 *
 * To add a call is to add a row to aws/ops_*.c; tests/aws compares every row with botocore's
 * models. A row without `reads_only` is a change: it needs a guard (aws.h). Starting a query counts
 * as reading here, since what its SQL may do is the engine's to refuse. Const data: any thread.
 */
#ifndef COFFERDAM_AWS_OP_H
#define COFFERDAM_AWS_OP_H

#include "base/base.h"

enum aws_protocol {
    AWS_JSON_1_1,
    AWS_QUERY,
    AWS_EC2_QUERY, /* as query, but lists are flat */
    AWS_REST_JSON,
    AWS_REST_XML,
};

struct aws_service {
    const char *name; /* "sso-oidc": as aws's command line has it */
    const char *id;   /* "SSO_OIDC": of AWS_ENDPOINT_URL_SSO_OIDC */
    enum aws_protocol protocol;
    const char *version; /* query: "2011-06-15" */
    const char *target;  /* json: X-Amz-Target without the operation */
    const char *prefix;  /* of the host: "portal.sso" */
    const char *signing; /* of the credential scope: "awsssoportal" */
    const char *action;  /* of permissions ("elasticloadbalancing"); NULL: the name */
    const char *xmlns;   /* rest-xml: of a body's root */
};

struct aws_op {
    int service;         /* of enum aws_service_id, aws/op_table.h */
    const char *name;    /* "GetCallerIdentity" */
    const char *method;  /* rest: "GET"; NULL: POST */
    const char *path;    /* rest: "/{Bucket}/{Key+}", "/{Bucket}?policy"; NULL: "/" */
    const char *query;   /* rest: members of the query string: "member" or "member=name", blanks
                            between */
    const char *headers; /* rest: members sent as headers, likewise */
    const char *payload; /* rest: the member that is the body; "member=Root" as XML */
    const char *fill;    /* a token that is made where it is missing: the call can be repeated */
    const char *next;    /* paging: "member of the request=member of the reply" */
    const char *host;    /* what stands before the host: "{AccountId}." */
    bool checksum;       /* the body's CRC-32 is asked for */
    bool reads_only;
    bool dry_run; /* a change that DryRun=true only tries */
    bool unsigned_call;
};

/* "iam:ListAccessKeys" -> its row; NULL: there is none. */
const struct aws_op *aws_op(const char *name);
const struct aws_service *aws_service_of(const struct aws_op *op);
/* Row by row, for tests and %doctor: NULL behind the last. */
const struct aws_op *aws_op_at(size_t index);

#endif
