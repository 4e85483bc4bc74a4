/* merge - sorted Parquet files become one sorted file, in a memory that does not depend on their
 * size.
 *
 * Files whose times do not overlap are just put one behind the other. Others are cut into slices of
 * time of at most `slice_rows` rows; each is sorted by itself, and the sorted slices are put one
 * behind the other. One lane of a writer.
 */
#ifndef COFFERDAM_INGEST_MERGE_H
#define COFFERDAM_INGEST_MERGE_H

#include "engine/writer.h"

struct merge {
    struct writer *writer;
    int lane;
    const char *staging; /* folder for the slices */
    int number;          /* makes their names unique */
    const char *const *inputs;
    size_t input_count;
    const char *condition; /* SQL over the rows' columns; "" = all rows */
    int64_t rows;          /* how many there are */
    int64_t slice_rows;
    bool disjoint; /* the inputs follow each other in time, in this order */
};

/* Writes `path`. Fails with ERROR_INTERNAL if not just `rows` rows came out. */
bool merge_sorted(const struct merge *merge, const char *path, struct error *err) ATTR_USE_RESULT;

/* Rows of a slice for an instance of that much memory on that many lanes. */
int64_t merge_slice_rows(int64_t memory, int lanes);

#endif
