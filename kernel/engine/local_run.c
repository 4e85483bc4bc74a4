/* Statements: prepared, bound, guarded; and the kernel's own, run to their end. */
#include "engine/local_state.h"

#include "base/json.h"
#include "base/sql.h"
#include "base/time.h"

#include <pthread.h>
#include <string.h>

static bool bind_value(const struct duckdb_api *api, duckdb_prepared_statement statement,
                       idx_t index, const json_t *value, struct arena *arena)
{
    if (json_is_integer(value))
        return api->bind_int64(statement, index, json_integer_value(value)) == DuckDBSuccess;
    if (json_is_real(value))
        return api->bind_double(statement, index, json_real_value(value)) == DuckDBSuccess;
    if (json_is_boolean(value))
        return api->bind_boolean(statement, index, json_is_true(value)) == DuckDBSuccess;
    if (json_is_null(value))
        return api->bind_null(statement, index) == DuckDBSuccess;
    size_t size = json_string_length(value);
    const char *text = json_string_value(value);
    if (!text)
        text = json_dump(arena, value, &size); /* lists and dicts are bound as JSON text */
    return api->bind_varchar_length(statement, index, text, size) == DuckDBSuccess;
}

static bool bind_all(const struct duckdb_api *api, duckdb_prepared_statement statement,
                     const struct local_request *request, struct error *err)
{
    struct arena *arena = arena_new();
    bool ok = true;
    for (size_t i = 0; i < request->param_count && ok; i++)
        if (!bind_value(api, statement, i + 1, request->params[i].value, arena))
            ok = error_set(err, ERROR_SQL, "the value of :%s cannot be bound",
                           request->params[i].name);
    arena_free(arena);
    return ok;
}

/* What the analyst's SQL may be: only what reads. */
static bool reads_only(duckdb_statement_type type)
{
    return type == DUCKDB_STATEMENT_TYPE_SELECT || type == DUCKDB_STATEMENT_TYPE_EXPLAIN ||
           type == DUCKDB_STATEMENT_TYPE_RELATION;
}

static bool check_guard(const struct duckdb_api *api, duckdb_prepared_statement statement,
                        const struct local_request *request, struct error *err)
{
    static const char *const words[] = {"SELECT", "WITH",      "FROM",    "VALUES",   "TABLE",
                                        "(",      "PIVOT",     "UNPIVOT", "DESCRIBE", "DESC",
                                        "SHOW",   "SUMMARIZE", "EXPLAIN"};
    struct arena *arena = arena_new();
    struct sql_text text = sql_parse(arena, request->sql, request->size);
    bool allowed = false;
    const char *verb = text.count == 1 ? text.statements[0].verb : "";
    for (size_t i = 0; i < COUNT(words) && !allowed; i++)
        allowed = strcmp(verb, words[i]) == 0;
    allowed = allowed && reads_only(api->prepared_statement_type(statement));
    if (!allowed) {
        (void)error_set(err, ERROR_REFUSED, "%s is refused: SQL here reads and never writes",
                        *verb ? verb : "this statement");
        (void)error_hint(err, "Keep a result with %%sql --into NAME, write it to a file with "
                              "--save FILE, open data with %%lake open.");
    }
    arena_free(arena);
    return allowed;
}

bool local_prepare(const struct duckdb_api *api, duckdb_connection connection,
                   const struct local_request *request, duckdb_prepared_statement *out,
                   struct error *err)
{
    *out = NULL;
    duckdb_extracted_statements statements = NULL;
    idx_t count = api->extract_statements(connection, request->sql, &statements);
    bool ok = count == 1;
    if (!ok)
        (void)local_fail(err,
                         count ? "Parser Error: one statement was expected"
                               : api->extract_statements_error(statements),
                         false);
    if (ok && api->prepare_extracted_statement(connection, statements, 0, out) != DuckDBSuccess) {
        const char *words = api->prepare_error(*out);
        ok = local_fail(err, words ? words : "the statement cannot be prepared", false);
    }
    api->destroy_extracted(&statements);
    ok = ok && (!request->guarded || check_guard(api, *out, request, err)) &&
         bind_all(api, *out, request, err);
    if (!ok && *out)
        api->destroy_prepare(out);
    return ok;
}

/* A raise during the kernel's own statement interrupts its connection. */
struct own_wake {
    const struct duckdb_api *api;
    duckdb_connection connection;
};

static void wake_own(void *state)
{
    const struct own_wake *wake = state;
    wake->api->interrupt(wake->connection);
}

static bool run_prepared(const struct duckdb_api *api, duckdb_prepared_statement prepared,
                         struct cancel *cancel, struct arena *arena, struct table **out,
                         struct error *err)
{
    duckdb_result result;
    bool ok = api->execute_prepared(prepared, &result) == DuckDBSuccess;
    if (!ok) {
        (void)local_fail(err, api->result_error(&result), cancel && cancel_raised(cancel));
    } else if (out) {
        *out = local_schema(api, &result, arena);
        for (duckdb_data_chunk chunk; (chunk = api->fetch_chunk(result));) {
            local_add_chunk(api, &result, chunk, *out, SIZE_MAX);
            api->destroy_data_chunk(&chunk);
        }
    }
    api->destroy_result(&result);
    return ok;
}

bool local_run(struct local *local, const struct local_statement *statement, struct arena *arena,
               struct table **out, struct error *err)
{
    const struct duckdb_api *api = &local->instance->api;
    struct local_request request = {.sql = statement->sql,
                                    .size = strlen(statement->sql),
                                    .params = statement->params,
                                    .param_count = statement->param_count};
    if (statement->cancel && cancel_raised(statement->cancel))
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    struct own_wake wake = {.api = api, .connection = local->own};
    if (statement->cancel)
        cancel_on_raise(statement->cancel, wake_own, &wake);
    duckdb_prepared_statement prepared;
    bool ok = local_prepare(api, local->own, &request, &prepared, err);
    if (ok) {
        ok = run_prepared(api, prepared, statement->cancel, arena, out, err);
        api->destroy_prepare(&prepared);
    }
    if (statement->cancel)
        cancel_on_raise(statement->cancel, NULL, NULL);
    if (!ok && statement->cancel && cancel_raised(statement->cancel))
        *err = (struct error){.kind = ERROR_INTERRUPTED, .message = "interrupted"};
    return ok;
}
