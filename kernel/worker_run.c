#include "worker_cell.h"

#include "base/buf.h"
#include "base/sql.h"
#include "case/results.h"
#include "desk.h"
#include "inspect.h"
#include "magic.h"

#include <stdlib.h>
#include <string.h>

#define EXPRESSION_LIMIT ((size_t)64 * 1024)

/* Positions that a part of the cell reported against its own text become the cell's: `offset` is
 * where that text begins. */
static void place_error(const struct running *running, const struct statement *statement,
                        struct error *err)
{
    if (err->line == 0 && err->column > 0) { /* within the line's arguments */
        int line = 0, column = 0;
        sql_position(running->code, running->size, statement->offset, &line, &column);
        err->column += column - 1;
    }
    if (err->line == 0)
        err->line = statement->line;
}

/* The value of `:name` in a magic's line. */
static const char *parameter_text(void *state, const char *name, struct arena *arena, bool *known)
{
    const json_t *value = session_param(state, name);
    *known = value != NULL;
    if (!value || json_is_null(value))
        return NULL;
    return json_is_string(value) ? json_string_value(value) : json_dump(arena, value, NULL);
}

static bool run_magic(struct running *running, const struct statement *statement, struct error *err)
{
    bool sql = statement->kind == STATEMENT_SQL;
    const char *name = sql ? "sql" : statement->name;
    const struct magic *magic = magic_find(name, strlen(name));
    if (!magic)
        return magic_unknown(name, strlen(name), err);
    struct job_desk desk = desk_of(running);
    struct magic_call call = {
        .magic = magic,
        .session = running->session,
        .outputs = running->outputs,
        .cancel = running->worker->cancel,
        .vitals = running->worker->vitals,
        .arena = running->arena,
        .body = sql ? statement->text : statement->body,
        .body_size = sql ? statement->size : statement->body_size,
        .line = statement->line,
        .body_line = sql ? statement->line : statement->body_line,
        .ask = running_ask,
        .ask_state = running,
        .jobs = running->desk ? &desk : NULL,
        .parameter = parameter_text,
        .parameter_state = running->session,
    };
    return sql ? magic_run(&call, "", 0, err)
               : magic_run(&call, statement->text, statement->size, err);
}

static bool run_help(struct running *running, const struct statement *statement, struct error *err)
{
    struct bundle bundle = {0};
    if (inspect_name(statement->name, running->catalog, running->arena, &bundle)) {
        outputs_page(running->outputs, bundle);
        return true;
    }
    error_set(err, ERROR_NOT_FOUND, "nothing is known by the name \"%s\"", statement->name);
    return error_hint(err, "%%help lists the magics, %%lake tables the tables.");
}

static bool run_statement(struct running *running, const struct statement *statement,
                          struct error *err)
{
    switch (statement->kind) {
    case STATEMENT_PARAMETER:
        session_set_param(running->session, statement->name, statement->value);
        return true;
    case STATEMENT_HELP:
        return run_help(running, statement, err);
    case STATEMENT_MAGIC:
    case STATEMENT_SQL:
        break;
    }
    return run_magic(running, statement, err);
}

bool running_run(struct running *running, struct error *err)
{
    struct cell_text cell = {0};
    if (!cell_parse(running->code, running->size, running->arena, &cell, err))
        return false;
    for (size_t i = 0; i < cell.count; i++) {
        const struct statement *statement = &cell.statements[i];
        if (cancel_raised(running->worker->cancel)) {
            error_set(err, ERROR_INTERRUPTED, "interrupted before line %d", statement->line);
            return false;
        }
        if (i && strcmp(statement->name, cell.statements[i - 1].name) != 0)
            outputs_flush(running->outputs); /* of many %echo in a row, one message is made */
        bool ran = run_statement(running, statement, err);
        session_share_settings(running->session); /* a subshell may begin while the next runs */
        if (!ran) {
            error_set(err, ERROR_INTERNAL, "the statement failed without a reason");
            if (err->kind != ERROR_INTERRUPTED)
                place_error(running, statement, err);
            return false;
        }
    }
    return true;
}

static const struct setting *find_setting(const char *name)
{
    for (size_t i = 0; i < settings_count; i++)
        if (strcmp(settings_table[i].name, name) == 0)
            return &settings_table[i];
    return NULL;
}

/* SELECT (expression), guarded and bound like a cell of its own; its first value as text. */
static bool scalar(struct running *running, const char *expression, struct buf *out,
                   struct error *err)
{
    if (strlen(expression) > EXPRESSION_LIMIT)
        return error_set(err, ERROR_LIMIT, "an expression has at most %zu bytes", EXPRESSION_LIMIT);
    const char *sql = arena_printf(running->arena, "SELECT (%s\n)", expression);
    struct results_request request = {
        .sql = sql, .size = strlen(sql), .line = 1, .limit = 1, .unkept = true};
    struct result result = {0};
    if (!results_run(running->session, &request, NULL, running->worker->cancel, running->arena,
                     &result, err))
        return false;
    if (!result.table || result.table->rows < 1 || result.table->column_count < 1)
        return error_set(err, ERROR_SQL, "the expression has no value");
    struct cell value = table_cell(result.table, 0, 0);
    render_cell_text(out, &value);
    return true;
}

static bool evaluate(struct running *running, const char *expression, struct buf *out,
                     struct error *err)
{
    const json_t *param = session_param(running->session, expression);
    if (param) {
        buf_adds(out, json_is_string(param) ? json_string_value(param)
                                            : json_dump(running->arena, param, NULL));
        return true;
    }
    const struct setting *setting = find_setting(expression);
    if (!setting)
        return scalar(running, expression, out, err);
    const char *value = setting->get(running->session, setting, running->arena);
    buf_adds(out, value ? value : "");
    return true;
}

json_t *running_expression(struct running *running, const char *expression)
{
    struct error err = {0};
    struct buf text;
    buf_init(&text, RENDER_VALUE_LIMIT * 8);
    json_t *reply = json_object();
    if (evaluate(running, expression, &text, &err)) {
        json_t *data = json_object();
        (void)json_object_set_new(data, "text/plain",
                                  json_text(text.data ? text.data : "", text.size));
        (void)json_object_set_new(reply, "status", json_texts("ok"));
        (void)json_object_set_new(reply, "data", data);
        (void)json_object_set_new(reply, "metadata", json_object());
    } else {
        err.line = 0; /* of the expression, not of the cell */
        (void)json_object_set_new(reply, "status", json_texts("error"));
        running_error(reply, &err, running);
    }
    buf_release(&text);
    return reply;
}
