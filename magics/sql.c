#include "magics/sql.h"
#include "magics/engines.h"
#include "magics/lint.h"

#include "base/text.h"
#include "case/results.h"
#include "case/session.h"
#include "cell.h"
#include "lake/columns.h"

#include <string.h>

const struct option query_options[QUERY_OPTION_COUNT] = {OPT_QUERY};

static bool check_place(const struct magic_call *call, const struct query_options *given,
                        struct error *err)
{
    if (call->body && given->sql) {
        (void)error_set(err, ERROR_USAGE, "\"%.40s\" stands on the magic's line, and SQL below it",
                        given->sql);
        return error_hint(err, "Options go on the first line, the query below it.");
    }
    if (call->body || given->sql)
        return true;
    (void)error_set(err, ERROR_USAGE, "there is no query");
    return error_hint(err, "Write %%%s SELECT ..., or %%%%%s and the query below it.",
                      call->magic->name, call->magic->name);
}

/* A query on the magic's line begins further right than its own text says. */
static void move_column(const struct magic_call *call, const char *sql, struct error *err)
{
    const char *found = call->arguments ? strstr(call->arguments, sql) : NULL;
    if (!found || err->line != call->line || err->column <= 0)
        return;
    err->line = 0; /* a column without a line counts within the arguments */
    err->column += (int)text_points(call->arguments, (size_t)(found - call->arguments));
}

/* 'Referenced column "eventName" not found': what the log calls so has another name here. */
static void hint_name(struct magic_call *call, struct error *err)
{
    const char *open = strchr(err->message, '"'), *close = open ? strchr(open + 1, '"') : NULL;
    if (!close || strncmp(err->message, "Referenced ", 11) != 0)
        return;
    const char *name = arena_strndup(call->arena, open + 1, (size_t)(close - open - 1));
    const char *field = lake_field_named(name);
    if (!field)
        return;
    err->hint[0] = '\0'; /* the engine's guess by letters */
    (void)error_hint(err, "In Security Lake's tables %s is %s.", name, field);
}

bool query_run(struct magic_call *call, struct error *err)
{
    struct engine *engine;
    if (!engine_named(call, session_settings(call->session)->engine, &engine, err))
        return false;
    bool ok = query_run_on(call, engine, NULL, err);
    engine_say_cost(call, engine);
    return ok;
}

/* A job is one query. */
static bool is_one(struct arena *arena, const struct results_request *request, struct error *err)
{
    if (sql_parse(arena, request->sql, request->size).count < 2)
        return true;
    return error_set(err, ERROR_USAGE, "one query at a time goes on in the background") ||
           error_hint(err, "Give each a cell or a %%athena of its own.");
}

bool query_run_on(struct magic_call *call, struct engine *engine, const char *sql,
                  struct error *err)
{
    const struct query_options *given = call->options;
    if (!sql && !check_place(call, given, err))
        return false;
    const char *text = sql ? sql : call->body ? call->body : given->sql;
    struct results_request request = {
        .engine = engine,
        .sql = text,
        .size = text == call->body ? call->body_size : strlen(text),
        .line = call->body ? call->body_line : call->line,
        .into = given->background ? NULL : given->into,
        .save = given->background ? NULL : given->save,
        .limit = given->limit,
        .unkept = given->background,
        .behind = true,
    };
    struct result result;
    struct lint_query query = {text, request.size, request.line, true};
    bool linted = engine && !sql && strcmp(session_settings(call->session)->lint, "on") == 0;
    if (linted)
        (void)lint_show(call, &query);
    if (given->background && !is_one(call->arena, &request, err))
        return false;
    bool ok = results_run(call->session, &request, given->background ? NULL : call->outputs,
                          call->cancel, call->arena, &result, err);
    if (ok && linted && !given->background)
        lint_answer(call, &query, result.caption.total_rows);
    if (ok)
        return true;
    if (!call->body && given->sql)
        move_column(call, given->sql, err);
    hint_name(call, err);
    const char *habit = cell_habit_hint(request.sql, request.size);
    if (habit && err->kind == ERROR_REFUSED)
        err->hint[0] = '\0'; /* IMPORT is refused, but import os meant something else */
    if (habit && (err->kind == ERROR_SQL || err->kind == ERROR_REFUSED))
        (void)error_hint(err, "%s", habit);
    return false;
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
