/* Statements: prepared, bound, guarded; and the kernel's own, run to their end. */
#include "engine/local_state.h"

#include "base/json.h"
#include "base/sql.h"
#include "base/time.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

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

/* ---- the guard: what the analyst's SQL may be ---- */

static bool refuse(const char *verb, struct error *err)
{
    (void)error_set(err, ERROR_REFUSED, "%s is refused: SQL here reads and never writes",
                    *verb ? verb : "this statement");
    return error_hint(err, "Keep a result with %%sql --into NAME, write it to a file with "
                           "--save FILE, open data with %%lake open.");
}

static bool is_listed(const char *word, const char *const *words)
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

/* By its words, before DuckDB prepares it: preparing an EXPORT makes its folder already. A word
   that begins no statement is the parser's to explain. */
static bool check_words(const struct duckdb_api *api, duckdb_connection connection,
                        const struct sql_text *text, const char *sql, struct error *err)
{
    static const char *const reading[] = {"SELECT", "WITH",      "FROM",    "VALUES",   "TABLE",
                                          "(",      "PIVOT",     "UNPIVOT", "DESCRIBE", "DESC",
                                          "SHOW",   "SUMMARIZE", NULL};
    static const char *const others[] = {
        "ALTER",  "ANALYZE",  "ATTACH",  "BEGIN",  "CALL",   "CHECKPOINT", "COMMENT", "COMMIT",
        "COPY",   "CREATE",   "DELETE",  "DETACH", "DROP",   "EXECUTE",    "EXPORT",  "FORCE",
        "IMPORT", "INSERT",   "INSTALL", "LOAD",   "MERGE",  "PRAGMA",     "PREPARE", "RESET",
        "SET",    "TRUNCATE", "UPDATE",  "USE",    "VACUUM", NULL};
    const char *verb = text->count == 1 ? text->statements[0].verb : "more than one statement";
    if (is_listed(verb, reading))
        return true;
    duckdb_extracted_statements statements = NULL;
    if (text->count == 1 && !is_listed(verb, others) &&
        !api->extract_statements(connection, sql, &statements))
        (void)local_fail_in(err, api->extract_statements_error(statements), sql, false);
    api->destroy_extracted(&statements);
    return err->kind ? false : refuse(verb, err);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* query('...') runs what its text says: a word of its own with a bracket behind it, whatever else
 * stands between. */
static bool calls_query(const char *text, const char *found, size_t size)
{
    const char *next = found + size;
    if ((found > text && is_word(found[-1])) || is_word(*next))
        return false;
    while (*next == '"' || isspace((unsigned char)*next) || (unsigned char)*next >= 0x80)
        next++;
    return *next == '(' || strncmp(next, "/*", 2) == 0 || strncmp(next, "--", 2) == 0;
}

static bool refuse_function(const char *name, struct error *err)
{
    (void)error_set(err, ERROR_REFUSED, "%s is refused: it acts, and SQL here only reads", name);
    return error_hint(err,
                      "To search for the word itself, give it as a parameter: a cell with "
                      "word = '%s', and :word in the SQL.",
                      name);
}

/* Functions that act although a SELECT calls them: they write files or change the engine. Looked
   for byte by byte, in texts and comments as well, so that no way of quoting hides them. */
static bool check_functions(const char *sql, struct error *err)
{
    static const char *const acts[] = {"enable_logging",
                                       "disable_logging",
                                       "enable_profiling",
                                       "disable_profiling",
                                       "enable_peg_parser",
                                       "disable_peg_parser",
                                       "truncate_duckdb_logs",
                                       "force_checkpoint",
                                       "json_execute_serialized_sql",
                                       "query"};
    for (const char *at = sql; *at; at++) {
        if (!strchr("edtfjqEDTFJQ", *at))
            continue;
        for (size_t i = 0; i < COUNT(acts); i++) {
            size_t size = strlen(acts[i]);
            bool found = strncasecmp(at, acts[i], size) == 0;
            if (found && (strcmp(acts[i], "query") != 0 || calls_query(sql, at, size)))
                return refuse_function(acts[i], err);
        }
    }
    return true;
}

bool local_guard(const struct duckdb_api *api, duckdb_connection connection, const char *sql,
                 size_t size, struct error *err)
{
    struct arena *arena = arena_new();
    struct sql_text text = sql_parse(arena, sql, size);
    bool ok = check_words(api, connection, &text, sql, err) && check_functions(sql, err);
    arena_free(arena);
    return ok;
}

static bool check_type(const struct duckdb_api *api, duckdb_prepared_statement statement,
                       const struct sql_statement *words, struct error *err)
{
    duckdb_statement_type type = api->prepared_statement_type(statement);
    bool reads =
        type == DUCKDB_STATEMENT_TYPE_SELECT || type == DUCKDB_STATEMENT_TYPE_RELATION ||
        type == DUCKDB_STATEMENT_TYPE_EXPLAIN; /* SHOW and DESCRIBE are of that type, too */
    return reads || refuse(words->verb, err);
}

/* ---- preparing ---- */

/* PIVOT without a list of values is several statements: its values as a type, and the query; where
   a table is made of it, a transaction stands around them, which is ours to begin. Text without a
   semicolon holds no second statement of the analyst's. */
static bool run_before(const struct duckdb_api *api, duckdb_connection connection,
                       duckdb_extracted_statements statements, idx_t *last, struct error *err)
{
    bool ok = true;
    for (idx_t i = 0; ok && i < *last; i++) {
        duckdb_prepared_statement prepared = NULL;
        duckdb_result result = {0};
        ok =
            api->prepare_extracted_statement(connection, statements, i, &prepared) == DuckDBSuccess;
        if (!ok) {
            (void)local_fail(err, api->prepare_error(prepared), false);
        } else if (api->prepared_statement_type(prepared) == DUCKDB_STATEMENT_TYPE_TRANSACTION) {
            --*last;
        } else {
            ok = api->execute_prepared(prepared, &result) == DuckDBSuccess;
            if (!ok)
                (void)local_fail(err, api->result_error(&result), false);
            api->destroy_result(&result);
        }
        api->destroy_prepare(&prepared);
    }
    return ok;
}

static bool prepare_text(const struct duckdb_api *api, duckdb_connection connection,
                         const char *sql, duckdb_prepared_statement *out, struct error *err)
{
    *out = NULL;
    duckdb_extracted_statements statements = NULL;
    idx_t count = api->extract_statements(connection, sql, &statements);
    bool ok = count == 1 || (count > 1 && !strchr(sql, ';'));
    if (!ok)
        (void)local_fail_in(err,
                            count ? "Parser Error: one statement was expected"
                                  : api->extract_statements_error(statements),
                            sql, false);
    idx_t last = count - 1;
    ok = ok && run_before(api, connection, statements, &last, err);
    if (ok &&
        api->prepare_extracted_statement(connection, statements, last, out) != DuckDBSuccess) {
        const char *words = api->prepare_error(*out);
        ok = local_fail_in(err, words ? words : "the statement cannot be prepared", sql, false);
    }
    api->destroy_extracted(&statements);
    if (!ok && *out)
        api->destroy_prepare(out);
    return ok;
}

/* EXPLAIN ANALYZE runs what it explains, so that must read as well. */
static bool check_explained(const struct duckdb_api *api, duckdb_connection connection,
                            const struct local_request *request, const struct sql_statement *words,
                            struct error *err)
{
    if (!words->explain)
        return true;
    duckdb_prepared_statement inner;
    struct error unclear = {0}; /* the whole statement fails as well, at its own place */
    if (!prepare_text(api, connection, request->sql + words->body, &inner, &unclear))
        return true;
    bool reads = api->prepared_statement_type(inner) == DUCKDB_STATEMENT_TYPE_SELECT;
    api->destroy_prepare(&inner);
    return reads || refuse("EXPLAIN of what writes", err);
}

static bool prepare_guarded(const struct duckdb_api *api, duckdb_connection connection,
                            const struct local_request *request, duckdb_prepared_statement *out,
                            struct error *err)
{
    struct arena *arena = arena_new();
    struct sql_text text = sql_parse(arena, request->sql, request->size);
    bool ok = check_words(api, connection, &text, request->sql, err) &&
              check_functions(request->sql, err) &&
              check_explained(api, connection, request, &text.statements[0], err) &&
              prepare_text(api, connection, request->sql, out, err);
    if (ok && !check_type(api, *out, &text.statements[0], err)) {
        api->destroy_prepare(out);
        ok = false;
    }
    arena_free(arena);
    return ok;
}

bool local_prepare(const struct duckdb_api *api, duckdb_connection connection,
                   const struct local_request *request, duckdb_prepared_statement *out,
                   struct error *err)
{
    *out = NULL;
    bool ok = request->guarded ? prepare_guarded(api, connection, request, out, err)
                               : prepare_text(api, connection, request->sql, out, err);
    if (ok && !bind_all(api, *out, request, err)) {
        api->destroy_prepare(out);
        ok = false;
    }
    return ok;
}

void local_wake(void *state)
{
    const struct local_waking *wake = state;
    wake->api->interrupt(wake->connection);
}

static bool run_prepared(const struct duckdb_api *api, duckdb_prepared_statement prepared,
                         struct cancel *cancel, struct arena *arena, struct table **out,
                         struct error *err)
{
    duckdb_result result = {0};
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
    if (!local_functions_for(local, request.sql, request.size, err))
        return false;
    struct local_waking wake = {.api = api, .connection = local->own.connection};
    if (statement->cancel)
        cancel_on_raise(statement->cancel, local_wake, &wake);
    duckdb_prepared_statement prepared;
    bool ok = local_prepare(api, local->own.connection, &request, &prepared, err);
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
