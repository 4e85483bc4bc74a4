/* map_sql - the table of shapes by source. */
#include "lake/map_sql.h"

#include "lake/map_sql_trail.h"

#define TRAIL_SHAPE                                                                                \
    {                                                                                              \
        .function = "trail_rows", .columns = map_trail_columns, .column_count = TRAIL_COLUMNS,     \
        .select = {map_trail_select_1, map_trail_select_2}, .id = "metadata.uid",                  \
    }

const struct map_shape map_shapes[MAP_SOURCES] = {
    [MAP_TRAIL] = TRAIL_SHAPE,
    [MAP_S3_DATA] = TRAIL_SHAPE,
    [MAP_LAMBDA] = TRAIL_SHAPE,
};
