#include "magics/sql.h"

static bool run(struct magic_call *call, struct error *err)
{
    return query_run_on(call, NULL, NULL, err);
}

static const struct magic_example examples[] = {
    {"%local SELECT count(*) AS events FROM cloudtrail", "a query on the embedded engine"},
};

const struct magic magic_local = {
    .name = "local",
    .summary = "a query on the embedded engine (DuckDB) over the opened lakes",
    .details = "As %sql, whatever the current engine is.",
    .body = MAGIC_BODY_OPTIONAL,
    .body_name = "SQL",
    .effect = MAGIC_LOCAL,
    .options = QUERY_OPTIONS,
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
