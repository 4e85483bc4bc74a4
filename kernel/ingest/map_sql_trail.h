/* map_sql_trail - the columns and select lists of CloudTrail's three tables (map_sql.h). */
#ifndef COFFERDAM_INGEST_MAP_SQL_TRAIL_H
#define COFFERDAM_INGEST_MAP_SQL_TRAIL_H

#include "engine/writer.h"
#include "ingest/map_trail.h"

extern const struct writer_column map_trail_columns[TRAIL_COLUMNS];
extern const char map_trail_select_1[], map_trail_select_2[];

#endif
