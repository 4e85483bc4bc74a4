#include "magics/lint.h"

#include "base/sql.h"
#include "base/text.h"
#include "lake/lint.h"

#include <string.h>

struct lint_options {
    const char *sql;
};

static const struct option options[] = {
    {.name = "SQL",
     .help = "the query to look at; without one the rules are listed",
     OPT_REST(struct lint_options, sql)},
};

static void add_finding(struct table *table, const struct lint_finding *finding, int line)
{
    table_add_row(table);
    table_put_int(table, 0, line);
    table_put_string(table, 1, finding->rule->id);
    table_put_string(table, 2, finding->rule->name);
    table_put_string(table, 3, finding->found);
    table_put_string(table, 4, finding->instead);
    table_put_string(table, 5, finding->rule->why);
}

size_t lint_show(struct magic_call *call, const struct lint_query *query)
{
    static const struct column columns[] = {
        {.name = "line", .type = TYPE_INT64},   {.name = "rule", .type = TYPE_TEXT},
        {.name = "what", .type = TYPE_TEXT},    {.name = "written", .type = TYPE_TEXT},
        {.name = "instead", .type = TYPE_TEXT}, {.name = "because", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    for (const struct lint_finding *finding = lint_check(call->arena, query->sql, query->size);
         finding; finding = finding->next) {
        int at = 0, column = 0;
        if (query->sent && finding->rule->after)
            continue;
        sql_position(query->sql, query->size, finding->offset, &at, &column);
        add_finding(table, finding, query->line + at - 1);
    }
    if (!table->rows)
        return 0;
    struct caption caption = {
        .title = "Before it is asked: this query may not say what it seems to say",
        .total_rows = table->rows,
        .hint = "%lint alone explains the rules; %set lint off silences them.",
    };
    outputs_display(call->outputs, render_table(call->arena, table, &caption));
    return (size_t)table->rows;
}

void lint_answer(struct magic_call *call, const struct lint_query *query, int64_t rows)
{
    char number[32];
    if (rows > 0 && lint_limit(call->arena, query->sql, query->size) == rows)
        outputs_printf(
            call->outputs,
            "LIMIT %s without ORDER BY gave %s rows: there may be more, and these are any "
            "of them\n",
            text_number(rows, number), number);
}

static void list_rules(struct magic_call *call)
{
    static const struct column columns[] = {{.name = "rule", .type = TYPE_TEXT},
                                            {.name = "what", .type = TYPE_TEXT},
                                            {.name = "finds", .type = TYPE_TEXT},
                                            {.name = "because", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    for (size_t i = 0; i < lint_rules_count; i++) {
        table_add_row(table);
        table_put_string(table, 0, lint_rules[i].id);
        table_put_string(table, 1, lint_rules[i].name);
        table_put_string(table, 2, lint_rules[i].summary);
        table_put_string(table, 3, lint_rules[i].why);
    }
    struct caption caption = {.title =
                                  "What is looked for in SQL over Security Lake and CloudTrail",
                              .total_rows = table->rows};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct lint_options *given = call->options;
    if (call->body && given->sql)
        return error_set(err, ERROR_USAGE, "SQL stands on the magic's line and below it") ||
               error_hint(err, "Leave one of them out.");
    const char *sql = call->body ? call->body : given->sql;
    if (!sql) {
        list_rules(call);
        return true;
    }
    struct lint_query query = {.sql = sql,
                               .size = call->body ? call->body_size : strlen(sql),
                               .line = call->body ? call->body_line : call->line};
    if (!lint_show(call, &query))
        outputs_printf(call->outputs, "none of the %zu rules finds anything\n", lint_rules_count);
    return true;
}

static const struct magic_example examples[] = {
    {"%lint SELECT * FROM amazon_security_lake_table_us_east_1_cloud_trail_mgmt_2_0 WHERE status = "
     "'failed'",
     "a status that is never written, and no bound of time"},
    {"%lint", "the rules and why they are there"},
};

const struct magic magic_lint = {
    .name = "lint",
    .summary = "what is known to be wrong with a query over Security Lake, before it is asked",
    .details =
        "The rules come from the defects of published queries for incident response and from "
        "what versions 1 and 2 of the tables call differently. Each finding has the text "
        "that belongs there. Queries of %athena and %trino are looked at before they are "
        "sent; nothing is refused and nothing is changed. %set lint off silences it.",
    .body = MAGIC_BODY_OPTIONAL,
    .body_name = "SQL",
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct lint_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
