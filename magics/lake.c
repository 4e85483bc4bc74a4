#include "case/results.h"
#include "lake/check.h"
#include "example/example.h"
#include "ingest/ingest.h"
#include "lake/lake.h"
#include "magics/engines.h"
#include "magics/lake_aws.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"

#include <string.h>

struct lake_options {
    const char *what;
    struct option_list sources;
    const char *into;
    int64_t table_version;
    int64_t seed, scale;
    struct lake_place place;
};

static const char *const subcommands[] = {"ingest",  "open",    "tables", "check",
                                          "compact", "example", "status", NULL};

static const struct option options[] = {
    {.name = "WHAT",
     .help = "ingest, open, tables, check, compact, example or status",
     .required = true,
     .choices = subcommands,
     OPT_TEXT(struct lake_options, what)},
    {.name = "SOURCE",
     .help = "files, folders and archives of logs; the lake to open, athena or trino",
     .values = VALUES_FILE,
     OPT_LIST(struct lake_options, sources)},
    {.name = "--into",
     .value = "DIR",
     .help = "the folder to write into",
     .values = VALUES_FOLDER,
     OPT_TEXT(struct lake_options, into)},
    {.name = "--table-version",
     .value = "N",
     .help = "Security Lake's table version, 1 or 2 (ingest; default 2)",
     .min = 1,
     .max = 2,
     OPT_INT(struct lake_options, table_version)},
    {.name = "--seed",
     .value = "N",
     .help = "which incident (example; default 1): other names, keys and times",
     .min = 1,
     .max = INT64_MAX,
     OPT_INT(struct lake_options, seed)},
    {.name = "--scale",
     .value = "N",
     .help = "how much noise (example; default 1: about 60,000 events)",
     .min = 1,
     .max = 100,
     OPT_INT(struct lake_options, scale)},
    {.name = "--region",
     .value = "NAME",
     .help = "where AWS is asked (open athena, status)",
     OPT_TEXT(struct lake_options, place.region)},
    {.name = "--catalog",
     .value = "NAME",
     .help = "the only catalog to look into (open athena)",
     OPT_TEXT(struct lake_options, place.catalog)},
    {.name = "--database",
     .value = "NAME",
     .help = "the only database to look into (open athena)",
     OPT_TEXT(struct lake_options, place.database)},
};

static const struct magic_example examples[] = {
    {"%lake tables", "what is open: tables, rows, first and last event"},
    {"%lake check", "gaps, duplicates, and which hours the data covers"},
    {"%lake open athena", "which tables of Security Lake and CloudTrail Athena has"},
    {"%lake status", "Security Lake's own state: regions, sources, subscribers, exceptions"},
};

/* Progress: rows, megabytes and their rate. */
static void show_progress(void *state, const struct ingest_report *so_far)
{
    char rows[32], bytes[32], rate[32];
    int64_t elapsed = so_far->elapsed > 0 ? so_far->elapsed : 1;
    double seconds = (double)elapsed / 1e6;
    outputs_progress(state, "ingest: %s events, %s read, %s events/s",
                     text_number(so_far->total.events, rows), text_bytes(so_far->bytes_in, bytes),
                     text_number((int64_t)((double)so_far->total.events / seconds), rate));
}

static void add_count(struct table *table, const char *source, const struct ingest_counts *counts)
{
    table_add_row(table);
    table_put_string(table, 0, source);
    table_put_int(table, 1, counts->events);
    table_put_int(table, 2, counts->rows);
    table_put_int(table, 3, counts->duplicates);
}

static struct table *counts_table(struct arena *arena, const struct ingest_report *report)
{
    static const struct column columns[] = {{.name = "source", .type = TYPE_TEXT},
                                            {.name = "events", .type = TYPE_INT64},
                                            {.name = "rows", .type = TYPE_INT64},
                                            {.name = "duplicates", .type = TYPE_INT64}};
    struct table *table = table_new(arena, columns, COUNT(columns));
    for (size_t i = 0; i < sources_count && i < COUNT(report->sources); i++)
        if (report->sources[i].events)
            add_count(table, sources_table[i].name, &report->sources[i]);
    return table;
}

static void show_report(struct magic_call *call, const char *into,
                        const struct ingest_report *report)
{
    char elapsed[TIME_TEXT_SIZE], in[32], out[32];
    outputs_progress_end(call->outputs, "ingest: done in %s",
                         time_duration(report->elapsed, elapsed));
    struct prose *prose = prose_new(call->arena);
    prose_paragraph(prose, "%d events in = %d rows + %d rejects + %d duplicates.",
                    report->total.events, report->total.rows, report->total.rejects,
                    report->total.duplicates);
    prose_paragraph(
        prose, "%d files read (%s), %d of them damaged, %d no logs; %d files written (%s) into %c.",
        report->files, text_bytes(report->bytes_in, in), report->files_broken,
        report->files_skipped, report->files_out, text_bytes(report->bytes_out, out), into);
    if (report->total.rows)
        prose_paragraph(prose, "First event %t, last event %t.", report->first, report->last);
    if (report->rejects_file)
        prose_paragraph(prose, "What could not become a row, with file, position and reason: %c",
                        report->rejects_file);
    prose_paragraph(prose, "Open it with %c", arena_printf(call->arena, "%%lake open %s", into));
    outputs_display(call->outputs, prose_bundle(prose));
    struct table *counts = counts_table(call->arena, report);
    struct caption caption = {.title = "Ingested",
                              .total_rows = counts->rows,
                              .since = report->first,
                              .until = report->last};
    if (counts->rows)
        outputs_result(call->outputs, render_table(call->arena, counts, &caption));
}

static bool needs_into(const struct lake_options *given, struct error *err)
{
    if (given->into)
        return true;
    (void)error_set(err, ERROR_USAGE, "%%lake %s needs --into DIR", given->what);
    return error_hint(err, "Name the folder to write into, for example --into lake.");
}

static bool run_ingest(struct magic_call *call, const struct lake_options *given, struct error *err)
{
    if (!given->sources.count) {
        (void)error_set(err, ERROR_USAGE, "%%lake ingest needs what to read");
        return error_hint(err, "For example: %%lake ingest logs/ --into lake");
    }
    if (!needs_into(given, err))
        return false;
    struct ingest_request request = {
        .sources = given->sources.items,
        .source_count = given->sources.count,
        .into = given->into,
        .table_version = (int)given->table_version,
        .cancel = call->cancel,
        .progress = show_progress,
        .state = call->outputs,
    };
    struct ingest_report report;
    if (!lake_ingest(&request, call->arena, &report, err)) {
        outputs_progress_end(call->outputs, NULL);
        return false;
    }
    show_report(call, given->into, &report);
    return true;
}

/* What was opened is what questions are asked of. */
static bool go_there(struct magic_call *call, const char *engine)
{
    struct prose *prose = prose_new(call->arena);
    session_settings_edit(call->session)->engine = engine;
    prose_paragraph(prose, "Questions and SQL go to %c now; %c goes back to the opened lakes.",
                    engine, "%set engine local");
    outputs_display(call->outputs, prose_bundle(prose));
    return true;
}

static bool show_trino(struct magic_call *call, bool again, struct error *err)
{
    static const struct column columns[] = {{.name = "short_name", .type = TYPE_TEXT},
                                            {.name = "version", .type = TYPE_TEXT},
                                            {.name = "schema", .type = TYPE_TEXT},
                                            {.name = "table", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    struct engine *engine;
    const struct remote *found;
    if (!engine_named(call, "trino", &engine, err) ||
        !engine_tables(call, engine, again, &found, err))
        return false;
    for (size_t i = 0; i < found->count; i++) {
        table_add_row(table);
        table_put_string(table, 0, found->tables[i].source->view);
        table_put_string(table, 1, remote_version_name(found->tables[i].version));
        table_put_string(table, 2, found->tables[i].database);
        table_put_string(table, 3, found->tables[i].table);
    }
    struct caption caption = {
        .title = "Tables that Trino has", .source = "trino", .total_rows = table->rows};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
    return true;
}

static bool run_open(struct magic_call *call, const struct lake_options *given, struct error *err)
{
    bool any;
    if (!given->sources.count) {
        (void)error_set(err, ERROR_USAGE, "%%lake open needs a folder");
        return error_hint(err, "For example: %%lake open lake");
    }
    if (given->sources.count == 1 && strcmp(given->sources.items[0], "athena") == 0)
        return lake_open_athena(call, &given->place, &any, err) &&
               (!any || go_there(call, "athena"));
    if (given->sources.count == 1 && strcmp(given->sources.items[0], "trino") == 0)
        return show_trino(call, true, err) && go_there(call, "trino");
    for (size_t i = 0; i < given->sources.count; i++) {
        struct lake_info info;
        if (!lake_open(call->session, given->sources.items[i], call->cancel, call->arena, &info,
                       err))
            return false;
        char bytes[32];
        struct prose *prose = prose_new(call->arena);
        prose_paragraph(prose, "Opened %c: %d tables in %d files (%s)", info.path,
                        (int64_t)info.tables, info.files, text_bytes(info.bytes, bytes));
        if (info.rows >= 0)
            prose_add(prose, ", %d rows", info.rows);
        if (info.last)
            prose_add(prose, ", from %t to %t", info.first, info.last);
        prose_add(prose, ".");
        if (info.warning && *info.warning)
            prose_paragraph(prose, "Note: %s", info.warning);
        outputs_display(call->outputs, prose_bundle(prose));
    }
    return true;
}

static bool run_tables(struct magic_call *call, const struct lake_options *given, struct error *err)
{
    (void)given;
    const char *const *paths;
    size_t lakes;
    session_lakes(call->session, &paths, &lakes);
    struct error hidden = {0};
    bool elsewhere = lake_show_athena(call);
    if (strcmp(session_settings(call->session)->engine, "trino") == 0)
        elsewhere = show_trino(call, false, &hidden) || elsewhere;
    if (elsewhere && !lakes)
        return true;
    struct table *table = NULL;
    if (!lake_tables(call->session, call->cancel, call->arena, &table, err))
        return false;
    struct caption caption = {.title = "Tables of the open lakes", .total_rows = table->rows};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
    return true;
}

static bool run_check(struct magic_call *call, const struct lake_options *given, struct error *err)
{
    (void)given;
    struct result result;
    return lake_check(call->session, call->outputs, call->cancel, call->arena, &result, err);
}

static bool run_compact(struct magic_call *call, const struct lake_options *given,
                        struct error *err)
{
    if (given->sources.count != 1) {
        (void)error_set(err, ERROR_USAGE, "%%lake compact needs one lake");
        return error_hint(err, "For example: %%lake compact lake");
    }
    struct ingest_report report;
    if (!lake_compact(given->sources.items[0], call->cancel, call->arena, &report, err))
        return false;
    struct prose *prose = prose_new(call->arena);
    prose_paragraph(prose, "Compacted %c: %d files became %d, %d rows.", given->sources.items[0],
                    report.files, report.files_out, report.total.rows);
    prose_paragraph(prose, "Open the lake again to read the new files.");
    outputs_display(call->outputs, prose_bundle(prose));
    return true;
}

static bool run_example(struct magic_call *call, const struct lake_options *given,
                        struct error *err)
{
    if (!given->into) {
        (void)error_set(err, ERROR_USAGE, "an example needs a folder to write into");
        return error_hint(err, "For example: %%lake example sec318 --into training");
    }
    struct example_request request = {
        .name = given->sources.count ? given->sources.items[0] : "sec318",
        .folder = file_expand(call->arena, given->into),
        .seed = (uint64_t)given->seed,
        .scale = (int)given->scale,
        .cancel = call->cancel,
    };
    struct example_report report;
    if (!example_write(&request, &report, err))
        return false;
    struct prose *prose = prose_new(call->arena);
    prose_paragraph(prose,
                    "Wrote the training incident into %c: %d CloudTrail events, %d flows, %d DNS "
                    "queries in %d files.",
                    given->into, report.events, report.flows, report.queries, report.files);
    prose_paragraph(prose, "The leaked key is %c. Next: %c", report.key,
                    arena_printf(call->arena, "%%lake ingest %s --into lake", given->into));
    outputs_display(call->outputs, prose_bundle(prose));
    return true;
}

static bool run_status(struct magic_call *call, const struct lake_options *given, struct error *err)
{
    return lake_status(call, &given->place, err);
}

struct subcommand {
    const char *name;
    bool (*run)(struct magic_call *call, const struct lake_options *given, struct error *err);
    bool alone; /* it takes no folder */
};

static const struct subcommand table_of_subcommands[] = {
    {"ingest", run_ingest, false}, {"open", run_open, false},       {"tables", run_tables, true},
    {"check", run_check, true},    {"compact", run_compact, false}, {"example", run_example, false},
    {"status", run_status, true},
};

static bool run(struct magic_call *call, struct error *err)
{
    const struct lake_options *given = call->options;
    for (size_t i = 0; i < COUNT(table_of_subcommands); i++) {
        const struct subcommand *command = &table_of_subcommands[i];
        if (strcmp(given->what, command->name) != 0)
            continue;
        if (command->alone && given->sources.count)
            return error_set(err, ERROR_USAGE, "%%lake %s takes no \"%s\"", command->name,
                             given->sources.items[0]) ||
                   error_hint(err, "It looks at what is open; %%lake open FOLDER opens another.");
        return command->run(call, given, err);
    }
    return error_set(err, ERROR_USAGE, "no %%lake %s", given->what);
}

const struct magic magic_lake = {
    .name = "lake",
    .summary = "logs into a lake of Parquet, and lakes into tables",
    .details =
        "%lake ingest SOURCE... --into DIR reads raw logs (CloudTrail, VPC flow, Route 53 "
        "resolver, Security Hub) from "
        "files, folders and archives and writes them as Security Lake does. Ingesting the "
        "same events again adds "
        "nothing; what cannot become a row is kept with its reason; an ingest that is "
        "stopped leaves the lake as it "
        "was.\n\n%lake open DIR makes a lake, or a folder of Parquet, CSV or JSON, readable "
        "for SQL. %lake tables and "
        "%lake check say what is there and what is missing. %lake compact DIR rewrites each "
        "partition as one sorted "
        "file.\n\n%lake open athena finds the tables of Security Lake (versions 1 and 2), of "
        "CloudWatch's unified store and of a raw trail in Glue, and keeps them in the "
        "session; a folder of that name is opened as ./athena. %lake status asks Security "
        "Lake's own API.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct lake_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
