/* athena_layout - where the objects lie that a query of a table reads, as Glue describes the table:
 * an Iceberg table's metadata, else the places below which all its files are, narrowed by what the
 * query requires of its partitions.
 *
 * Source of the rules: Athena's user guide (partition projection), Iceberg's table specification.
 * Pure.
 */
#ifndef COFFERDAM_ENGINE_ATHENA_LAYOUT_H
#define COFFERDAM_ENGINE_ATHENA_LAYOUT_H

#include "engine/athena_named.h"

#define LAYOUT_PREFIXES 32

struct athena_layout {
    const char *bucket;
    const char *metadata; /* key of an Iceberg table's metadata; NULL: the places below */
    const char *prefixes[LAYOUT_PREFIXES];
    size_t count;
    /* what stands behind a place begins with a day: from `low`, up to `high` ("": open) */
    const char *low, *high;
};

/* `table` is GetTable's. False: `*why` says what is not understood. */
bool athena_layout(struct arena *arena, const json_t *table, const struct athena_named *named,
                   struct athena_layout *out, const char **why);

/* Of an Iceberg table's metadata: bytes and files of the current snapshot. False: `*why`. */
struct athena_size {
    int64_t bytes, files;
};
bool athena_iceberg_size(const json_t *metadata, struct athena_size *out, const char **why);

/* Adds a page of ListObjectsV2 below prefixes[index]. False: it is broken. */
bool athena_add_objects(const struct athena_layout *layout, size_t index, const json_t *page,
                        struct athena_size *size);

/* What a query may read of them at most: the end of a file is read again for every part of it. */
int64_t athena_read_most(const struct athena_size *size);

#endif
