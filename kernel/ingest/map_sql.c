/* map_sql - the table of shapes by source. */
#include "ingest/map_sql.h"

#include "ingest/map_sql_flow.h"
#include "ingest/map_sql_trail.h"

#define TRAIL_SHAPE                                                                                \
    {                                                                                              \
        .function = "trail_rows", .columns = map_trail_columns, .column_count = TRAIL_COLUMNS,     \
        .select = {map_trail_select_1, map_trail_select_2}, .id = {                                \
            "metadata.uid",                                                                        \
            "metadata.uid"                                                                         \
        }                                                                                          \
    }

const struct map_shape map_shapes[MAP_SOURCES] = {
    [MAP_TRAIL] = TRAIL_SHAPE,
    [MAP_S3_DATA] = TRAIL_SHAPE,
    [MAP_LAMBDA] = TRAIL_SHAPE,
    [MAP_VPC_FLOW] = {.function = "flow_rows",
                      .columns = map_flow_columns,
                      .column_count = FLOW_COLUMNS,
                      .select = {map_flow_select_1, map_flow_select_2}},
    [MAP_ROUTE53] = {.function = "dns_rows",
                     .columns = map_dns_columns,
                     .column_count = DNS_COLUMNS,
                     .select = {map_dns_select_1, map_dns_select_2}},
    [MAP_FINDINGS] = {.function = "finding_rows",
                      .columns = map_finding_columns,
                      .column_count = FINDING_COLUMNS,
                      .select = {map_finding_select_1, map_finding_select_2},
                      .id = {"finding.uid || '|' || \"time\"::VARCHAR",
                             "finding_info.uid || '|' || \"time\"::VARCHAR"}},
};
