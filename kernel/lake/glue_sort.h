/* glue_sort - what a table of Glue's is: which source, which version. Pure. */
#ifndef COFFERDAM_LAKE_GLUE_SORT_H
#define COFFERDAM_LAKE_GLUE_SORT_H

#include "base/json.h"
#include "lake/remote.h"

/* `table` as GetTables shows it. False: none of ours. */
bool glue_sort(const json_t *table, const struct source **source, enum remote_version *version);

#endif
