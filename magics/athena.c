#include "magics/connect.h"
#include "magics/sql.h"

#include "base/text.h"
#include "base/time.h"
#include "case/session.h"
#include "engine/athena.h"

#include <inttypes.h>
#include <string.h>

#define LEAST_BYTES 10000000 /* what Athena bills at least for a query */
#define PRICE_USD 5.0        /* for 10^12 bytes scanned, in most regions */

struct athena_options {
    struct query_options query; /* first: the rows of OPT_QUERY point into it */
    const char *workgroup, *database, *catalog, *output, *id, *region;
    int64_t reuse;
};

static const struct option options[] = {
    OPT_QUERY,
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
    {.name = "--id",
     .value = "ID",
     .help = "fetch the result of this execution; nothing is started",
     OPT_TEXT(struct athena_options, id)},
    {.name = "--region",
     .value = "NAME",
     .help = "where Athena is asked",
     OPT_TEXT(struct athena_options, region)},
};

/* One factual line: what it cost in time and money. */
static void say_cost(struct magic_call *call, const struct athena_facts *facts)
{
    char bytes[32], queued[TIME_TEXT_SIZE], run[TIME_TEXT_SIZE];
    int64_t billed = facts->scanned > LEAST_BYTES ? facts->scanned : LEAST_BYTES;
    if (!*facts->id)
        return;
    outputs_printf(call->outputs, "Athena execution %s", facts->id);
    if (*facts->workgroup)
        outputs_printf(call->outputs, ", workgroup %s", facts->workgroup);
    if (facts->queued_ms >= 0 && facts->run_ms >= 0)
        outputs_printf(call->outputs, ": queued %s, ran %s",
                       time_duration(facts->queued_ms * 1000, queued),
                       time_duration(facts->run_ms * 1000, run));
    if (facts->reused)
        outputs_printf(call->outputs, "; an earlier result was taken, nothing was scanned");
    else if (facts->scanned >= 0)
        outputs_printf(call->outputs, "; scanned %s, about USD %.4f",
                       text_bytes(facts->scanned, bytes), (double)billed / 1e12 * PRICE_USD);
    outputs_printf(call->outputs, "\n");
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct athena_options *given = call->options;
    struct athena_place place = {
        .aws = connect_aws(call),
        .local = session_local(call->session, err),
        .folder = session_exports(call->session, err),
        .region = given->region,
        .workgroup = given->workgroup,
        .database = given->database,
        .catalog = given->catalog,
        .output = given->output,
        .resume = given->id,
        .reuse_minutes = (int)given->reuse,
    };
    if (!place.local || !place.folder)
        return false;
    if (given->id && (given->query.sql || call->body))
        return error_set(err, ERROR_USAGE, "--id fetches a result: there is nothing to run") ||
               error_hint(err, "Leave out the query, or --id.");
    struct engine *engine = athena_engine(call->arena, &place);
    const char *sql = given->id ? "SELECT 1" : NULL;
    bool ok = query_run_on(call, engine, sql, err);
    say_cost(call, athena_facts(engine));
    return ok;
}

static const struct magic_example examples[] = {
    {"%athena SELECT 6 * 7 AS answer", "a query without a table, which scans nothing"},
};

const struct magic magic_athena = {
    .name = "athena",
    .summary = "a query on Amazon Athena",
    .details = "The rows become a kept table of the embedded engine: _ and --into join them with "
               "local ones "
               "without paying twice. :name is Athena's own execution parameter. Stop ends the "
               "execution at "
               "Athena. Only what reads is sent. What was scanned is shown with a price of USD 5 "
               "for 10^12 "
               "bytes, at least 10 MB; your region's may differ.",
    .body = MAGIC_BODY_OPTIONAL,
    .body_name = "SQL",
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct athena_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
