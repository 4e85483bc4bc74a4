/* endpoint - where a service is reached: AWS's rules for partitions, FIPS and dual stack, and
 * addresses the analyst gives instead.
 *
 * One rule for all services and a table of what differs; tests/aws compares it with botocore's
 * rule sets for every service, region and variant. Pure; any thread.
 */
#ifndef COFFERDAM_AWS_ENDPOINT_H
#define COFFERDAM_AWS_ENDPOINT_H

#include "aws/op.h"
#include "base/arena.h"
#include "base/error.h"

struct aws_place {
    const char *region;   /* "eu-west-1" */
    const char *override; /* an address instead of AWS's ("http://127.0.0.1:5000"), or NULL */
    bool fips, dual_stack;
};

struct aws_endpoint {
    const char *origin; /* "https://sts.eu-west-1.amazonaws.com", without a path */
    const char *host;   /* as in the Host header: with a port only where it is not the scheme's */
    const char *path;   /* of an override: "/proxy", otherwise "" */
    const char *region; /* to sign for */
    bool given;         /* an override: S3's bucket stands in the path */
};

/* Belongs to the arena. ERROR_USAGE for what is no region or address, ERROR_UNAVAILABLE where the
   partition has no such endpoint. */
bool aws_endpoint(const struct aws_service *service, const struct aws_place *place,
                  struct arena *arena, struct aws_endpoint *out, struct error *err) ATTR_USE_RESULT;

/* Written as regions are: "eu-west-1", "us-gov-west-1"; it need not be one that exists. */
bool aws_is_region(const char *region);

/* "aws", "aws-cn", "aws-us-gov"...: of ARNs. An unknown region is of "aws". */
const char *aws_partition(const char *region);

#endif
