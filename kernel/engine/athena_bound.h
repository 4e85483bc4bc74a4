/* athena_bound - the most that a query of Athena can scan, known before it is asked.
 *
 * Named tables are looked up in Glue; an Iceberg table's current snapshot says how large it is, the
 * objects of another are listed, narrowed by what the query requires of its projected partitions.
 * The bound is never below the truth as the tables stood when they were looked at: what is not
 * understood, not readable or larger than a few calls can list is unknown. It is no cap: that is
 * the workgroup's data limit per query only. Worker thread.
 */
#ifndef COFFERDAM_ENGINE_ATHENA_BOUND_H
#define COFFERDAM_ENGINE_ATHENA_BOUND_H

#include "aws/aws.h"
#include "engine/engine.h"

/* What is known of tables, for five minutes; 500 of each kind at most. Owned by who made it. */
struct athena_known;
struct athena_known *athena_known_new(void);
void athena_known_free(struct athena_known *known);

struct athena_bound_asking {
    struct aws *aws;
    struct athena_known *known;
    const char *region, *catalog, *database; /* NULL: the client's, AwsDataCatalog, default */
    struct cancel *cancel;
};

struct athena_bound {
    int64_t bytes;   /* -1: unknown */
    const char *why; /* unknown: a few words; belongs to the arena */
};

/* False only when the analyst stops. */
bool athena_find_bound(const struct athena_bound_asking *asking,
                       const struct engine_request *request, struct arena *arena,
                       struct athena_bound *out, struct error *err) ATTR_USE_RESULT;

#endif
