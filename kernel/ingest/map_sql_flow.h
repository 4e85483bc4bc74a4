/* map_sql_flow - the columns and select lists of VPC flow, resolver queries and findings
 * (map_sql.h). */
#ifndef COFFERDAM_INGEST_MAP_SQL_FLOW_H
#define COFFERDAM_INGEST_MAP_SQL_FLOW_H

#include "engine/writer.h"
#include "ingest/map_flow.h"

extern const struct writer_column map_flow_columns[FLOW_COLUMNS];
extern const char map_flow_select_1[], map_flow_select_2[];
extern const struct writer_column map_dns_columns[DNS_COLUMNS];
extern const char map_dns_select_1[], map_dns_select_2[];
extern const struct writer_column map_finding_columns[FINDING_COLUMNS];
extern const char map_finding_select_1[], map_finding_select_2[];

#endif
