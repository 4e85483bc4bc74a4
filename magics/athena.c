#include "magics/athena_history.h"
#include "magics/background.h"
#include "magics/engines.h"
#include "magics/sql.h"

struct athena_options {
    struct query_options query; /* first: the rows of OPT_QUERY point into it */
    const char *workgroup, *database, *catalog, *output, *id, *region;
    int64_t reuse;
    bool unload, history;
};

static const struct option options[] = {
    OPT_QUERY,
    OPT_BACKGROUND,
    {.name = "--workgroup",
     .value = "NAME",
     .help = "Athena's workgroup",
     OPT_TEXT(struct athena_options, workgroup)},
    {.name = "--database",
     .value = "NAME",
     .help = "where table names are looked for",
     OPT_TEXT(struct athena_options, database)},
    {.name = "--catalog",
     .value = "NAME",
     .help = "the data catalog; AwsDataCatalog if not given",
     OPT_TEXT(struct athena_options, catalog)},
    {.name = "--output",
     .value = "S3",
     .help = "s3://bucket/prefix/ for results, where the workgroup has none",
     OPT_TEXT(struct athena_options, output)},
    {.name = "--reuse",
     .value = "MINUTES",
     .help = "take an equal query's result of at most this age, which costs nothing",
     OPT_INT(struct athena_options, reuse),
     .min = 1,
     .max = 10080},
    {.name = "--unload",
     .help = "a large result as Parquet files, which stay in the bucket; rows in no order",
     OPT_FLAG(struct athena_options, unload)},
    {.name = "--id",
     .value = "ID",
     .help = "fetch the result of this execution; nothing is started",
     OPT_TEXT(struct athena_options, id)},
    {.name = "--history",
     .help = "the executions that this case has begun, and how each is fetched again",
     OPT_FLAG(struct athena_options, history)},
    {.name = "--region",
     .value = "NAME",
     .help = "where Athena is asked",
     OPT_TEXT(struct athena_options, region)},
};

static bool run(struct magic_call *call, struct error *err)
{
    const struct athena_options *given = call->options;
    struct athena_place place = {
        .region = given->region,
        .workgroup = given->workgroup,
        .database = given->database,
        .catalog = given->catalog,
        .output = given->output,
        .resume = given->id,
        .reuse_minutes = (int)given->reuse,
        .unload = given->unload,
    };
    struct engine *engine;
    if (given->history)
        return executions_show(call, &given->query, err);
    if (given->id && (given->query.sql || call->body))
        return error_set(err, ERROR_USAGE, "--id fetches a result: there is nothing to run") ||
               error_hint(err, "Leave out the query, or --id.");
    if (given->unload && given->reuse)
        return error_set(err, ERROR_USAGE, "an UNLOAD is never an equal query's result") ||
               error_hint(err, "Leave out --reuse, or --unload.");
    if (given->query.background)
        return background_athena(call, &place, err);
    if (!engine_athena(call, &place, &engine, err) ||
        (!given->id && !engine_may_spend(call, engine, err)))
        return false;
    bool ok = query_run_on(call, engine, given->id ? "SELECT 1" : NULL, err);
    engine_say_cost(call, engine);
    return ok;
}

static const struct magic_example examples[] = {
    {"%athena SELECT 6 * 7 AS answer", "a query without a table, which scans nothing"},
};

const struct magic magic_athena = {
    .name = "athena",
    .summary = "a query on Amazon Athena",
    .details =
        "The rows become a kept table of the embedded engine: _ and --into join them with "
        "local ones "
        "without paying twice. :name is Athena's own execution parameter. Stop ends the "
        "execution at "
        "Athena. Only what reads is sent. Before a query is sent, the most that it can scan is "
        "worked out from Glue, Iceberg's metadata or a list of the objects, narrowed by "
        "plain conditions on projected partitions, and shown with its price; views and what "
        "is not understood are unknown. %set budget refuses what may go over it, and lets "
        "the unknown through: a hard cap is only the workgroup's data limit per query. What "
        "was scanned is shown afterwards. --unload lets Athena write the rows as Parquet "
        "files below the place of results, fetches them and keeps their types: for large "
        "results; every column needs a name of its own, and the files stay in the bucket "
        "until somebody deletes them. --background makes the query a job (%jobs): the cell ends "
        "when "
        "Athena has taken it. --history lists what this case has begun, with state, price and how "
        "to fetch it again. %set workgroup, database, catalog, "
        "output and region are the defaults, %set engine athena sends plain SQL here.",
    .body = MAGIC_BODY_OPTIONAL,
    .body_name = "SQL",
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct athena_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
