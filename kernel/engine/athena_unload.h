/* athena_unload - the rows of a query as Parquet files that Athena writes below a place of their
 * own in S3: the statement that does it, the list of the files, and the files on their way into a
 * kept table.
 *
 * At most 1,000 files of 256 GB together, four fetched at a time. They stay in the bucket: nothing
 * here deletes them. Worker thread.
 */
#ifndef COFFERDAM_ENGINE_ATHENA_UNLOAD_H
#define COFFERDAM_ENGINE_ATHENA_UNLOAD_H

#include "engine/athena_query.h"

struct unload_file {
    const char *key;
    int64_t size; /* as listed */
};

/* The files that a page of ListObjectsV2 below `prefix` names. Belongs to the arena. Pure. */
bool unload_read_list(struct arena *arena, const json_t *page, const char *prefix,
                      struct unload_file **out, size_t *count, struct error *err);

/* "s3://bucket/x/" of UNLOAD (...) TO 's3://bucket/x/' WITH (...); NULL: it is no UNLOAD. Pure. */
const char *unload_target(struct arena *arena, const char *sql);

#endif
