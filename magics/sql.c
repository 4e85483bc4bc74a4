#include "magics/sql.h"

#include "base/buf.h"
#include "case/results.h"

#include <string.h>

const struct option query_options[QUERY_OPTION_COUNT] = {
    {.name = "SQL",
     .help = "the query, when it stands on the line itself (in quotes if it holds --)",
     OPT_LIST(struct query_options, words)},
    {.name = "--into",
     .value = "NAME",
     .help = "keep the result under this name too",
     OPT_TEXT(struct query_options, into)},
    {.name = "--save",
     .value = "FILE",
     .help = "write the whole result to FILE.csv, .parquet or .json",
     OPT_TEXT(struct query_options, save),
     .values = VALUES_FILE},
    {.name = "--limit",
     .value = "N",
     .help = "rows shown (the whole result is kept)",
     OPT_INT(struct query_options, limit),
     .min = 1,
     .max = 10000},
};

bool query_run(struct magic_call *call, struct error *err)
{
    const struct query_options *given = call->options;
    struct buf line;
    buf_init(&line, 1024 * 1024);
    for (size_t i = 0; i < given->words.count; i++)
        buf_addf(&line, "%s%s", i ? " " : "", given->words.items[i]);
    struct results_request request = {
        .sql = call->body ? call->body : line.data,
        .size = call->body ? call->body_size : line.size,
        .line = call->body ? call->body_line : call->line,
        .into = given->into,
        .save = given->save,
        .limit = given->limit,
    };
    bool ok;
    struct result result;
    if (call->body && given->words.count) {
        (void)error_set(err, ERROR_USAGE, "\"%s\" stands on the magic's line, and SQL in its body",
                        given->words.items[0]);
        ok = error_hint(err, "Options go on the first line, the query below it.");
    } else if (!call->body && !given->words.count) {
        (void)error_set(err, ERROR_USAGE, "there is no query");
        ok = error_hint(err, "Write %%%s SELECT ..., or %%%%%s and the query below it.",
                        call->magic->name, call->magic->name);
    } else {
        ok = results_run(call->session, &request, call->outputs, call->cancel, call->arena, &result,
                         err);
    }
    buf_release(&line);
    return ok;
}

static const struct magic_example examples[] = {
    {"%%sql --into busy --limit 5\nSELECT actor.\"user\".\"name\" AS who, count(*) AS calls FROM "
     "cloudtrail GROUP BY 1 ORDER BY calls DESC",
     "the busiest callers, kept as busy"},
    {"%sql SELECT 6 * 7 AS answer", "a query on one line"},
};

const struct magic magic_sql = {
    .name = "sql",
    .summary = "a query on the current engine",
    .details = "SQL in a cell needs no magic; this one gives it options. Results are kept whole: _ "
               "is the last, _12 that of cell 12. :name is a bound "
               "parameter. SQL reads the opened lakes and writes nothing: --into keeps a result, "
               "--save writes it to a file.",
    .body = MAGIC_BODY_OPTIONAL,
    .body_name = "SQL",
    .effect = MAGIC_LOCAL,
    .options = QUERY_OPTIONS,
    .examples = examples,
    .example_count = COUNT(examples),
    .run = query_run,
};
