/* map_sql - the SQL that puts a source's values into the columns and types of Security Lake's
 * tables. */
#ifndef COFFERDAM_INGEST_MAP_SQL_H
#define COFFERDAM_INGEST_MAP_SQL_H

#include "engine/writer.h"
#include "ingest/map.h"

/* One source of rows for the writer: what its mapper fills and how that becomes a table. */
struct map_shape {
    const char *function; /* name of the writer's table function */
    const struct writer_column *columns;
    size_t column_count;
    const char *select[2]; /* of version 1 and 2: the select list over the function's rows */
    /* What makes a row the same event again, as text over the written columns; NULL: nothing does.
     */
    const char *id[2];
};

/* By enum map_source; the three CloudTrail sources share one. */
extern const struct map_shape map_shapes[MAP_SOURCES];

#endif
