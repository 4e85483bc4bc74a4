/* example - the training incident: raw logs of an ordinary company in which one access key leaks.
 *
 * Writes an organisation trail (CloudTrail management and data events), VPC flow logs and resolver
 * query logs in S3's layout, and DIR/truth.json for the instructor. The same seed and scale give
 * the same bytes on any machine; another seed gives other names, keys, addresses and times of the
 * same kind of story.
 *
 * truth.json: {"key", "user", "account", "members": [{"kind", "id", "parent", "made_event",
 * "made_at", "deleted_by", "deleted_event", "deleted_at", "calls", "failed"}], "addresses": [...],
 * "innocent": {"user", "key"}, "flow": {...}, "dns": {...}}: kinds and meaning of the members as in
 * lineage.h; times ISO 8601.
 */
#ifndef COFFERDAM_EXAMPLE_EXAMPLE_H
#define COFFERDAM_EXAMPLE_EXAMPLE_H

#include "base/cancel.h"
#include "base/error.h"

#define EXAMPLE_SCALE_LIMIT 100

struct example_request {
    const char *name; /* "sec318" */
    const char *folder;
    uint64_t seed; /* 0 = 1 */
    int scale;     /* 1 to 100; 0 = 1. Noise grows with it, the story does not */
    struct cancel *cancel;
};

struct example_report {
    int64_t events; /* CloudTrail */
    int64_t flows, queries;
    int64_t files;
    char key[32]; /* the leaked key */
};

/* Refuses a folder that already holds logs (ERROR_USAGE). */
bool example_write(const struct example_request *request, struct example_report *report,
                   struct error *err) ATTR_USE_RESULT;

#endif
