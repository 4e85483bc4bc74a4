/* Kept results: their names, pages and values. */
#include "case/results.h"

#include "base/buf.h"
#include "base/text.h"
#include "case/results_name.h"
#include "case/session_state.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool ask(struct session *session, const char *sql, struct arena *arena, struct table **out,
                struct error *err)
{
    struct local *local = session_local(session, err);
    struct local_statement statement = {.sql = sql};
    return local && local_run(local, &statement, arena, out, err);
}

static void add_name(struct buf *sql, const char *name)
{
    buf_adds(sql, "results.main.");
    text_sql_name(sql, name, strlen(name));
}

const char *results_scratch(const struct session *session, struct arena *arena)
{
    return session->sharer ? arena_printf(arena, "_0_%d", session->sharer) : "_0";
}

/* A subshell's _ is no view of the results, but what it kept last; until then it is the main
 * prompt's. */
const char *results_named(const struct session *session, const char *name)
{
    return session->sharer && session->last && strcmp(name, "_") == 0 ? session->last : name;
}

void results_set_last(struct session *session, const char *kept)
{
    struct arena *arena = arena_new();
    struct error ignored = {0};
    struct buf sql;
    buf_init(&sql, 4096);
    buf_addf(&sql,
             kept ? "CREATE OR REPLACE VIEW " LOCAL_SCHEMA "._"
                  : "DROP VIEW IF EXISTS " LOCAL_SCHEMA "._",
             session->sharer);
    buf_adds(&sql, kept ? " AS SELECT * FROM " : "");
    if (kept)
        add_name(&sql, kept);
    struct local_statement statement = {.sql = sql.data};
    if (!local_run(session->local, &statement, arena, NULL, &ignored))
        error_clear(&ignored); /* the table is gone: there is none to name */
    buf_release(&sql);
    arena_free(arena);
    if (kept == session->last)
        return;
    free(session->last);
    session->last = xstrdup(kept);
}

/* A table cannot replace a view of its name, nor a view a table: what is in the way goes. Failing
 * means that nothing was. */
void results_clear(struct session *session, const char *kind, const char *name)
{
    struct arena *arena = arena_new();
    struct error ignored = {0};
    struct buf sql;
    buf_init(&sql, 4096);
    buf_addf(&sql, "DROP %s IF EXISTS ", kind);
    add_name(&sql, name);
    if (!ask(session, sql.data, arena, NULL, &ignored))
        error_clear(&ignored);
    buf_release(&sql);
    arena_free(arena);
}

bool results_alias(struct session *session, const char *alias, const char *kept, struct error *err)
{
    if (session->sharer && strcmp(alias, "_") == 0) {
        results_set_last(session, kept);
        return true;
    }
    results_clear(session, "TABLE", alias);
    struct arena *arena = arena_new();
    struct buf sql;
    buf_init(&sql, 4096);
    buf_adds(&sql, "CREATE OR REPLACE VIEW ");
    add_name(&sql, alias);
    buf_adds(&sql, " AS SELECT * FROM ");
    add_name(&sql, kept);
    bool made = ask(session, sql.data, arena, NULL, err);
    buf_release(&sql);
    arena_free(arena);
    return made || error_wrap(err, "naming the result %s", alias);
}

/* The lake's tables come first where SQL looks for a name, so a result must not bear one's. */
static bool is_free(struct session *session, const char *name, struct error *err)
{
    static const char *const taken[] = {
        "cloudtrail", "s3_data", "lambda_execution", "vpc_flow", "route53", "findings",
        "eks_audit",  "waf",     "lake_tables",      "results",  "main",    "memory"};
    struct arena *arena = arena_new();
    struct engine_param param = {.name = "name", .value = json_own(arena, json_texts(name))};
    struct local_statement statement = {
        .sql = "SELECT count(*) AS n FROM information_schema.tables WHERE table_catalog = "
               "'memory' AND lower(table_name) = lower($1)",
        .params = &param,
        .param_count = 1};
    struct table *answer = NULL;
    struct local *local = session_local(session, err);
    bool asked = local && local_run(local, &statement, arena, &answer, err);
    bool used = asked && table_int(answer, 0, "n") > 0;
    for (size_t i = 0; i < COUNT(taken); i++)
        used = used || strcasecmp(taken[i], name) == 0;
    arena_free(arena);
    if (!asked || !used)
        return asked;
    (void)error_set(err, ERROR_USAGE, "the name %s is taken by a table", name);
    return error_hint(err, "Choose another name for --into.");
}

bool results_name_check(struct session *session, const char *name, struct error *err)
{
    static const char *const words[] = {"SELECT", "WITH",    "FROM", "VALUES",  "TABLE",
                                        "WHERE",  "EXPLAIN", "SHOW", "DESCRIBE"};
    bool plain = isalpha((unsigned char)name[0]) && strlen(name) <= 100;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcasecmp(name, words[i]) == 0)
            return error_set(err, ERROR_USAGE, "\"%s\" is SQL and no name for a result", name) ||
                   error_hint(err, "The name comes first: --into NAME SELECT ...");
    for (const char *c = name; *c && plain; c++)
        plain = isalnum((unsigned char)*c) || *c == '_';
    if (plain)
        return is_free(session, name, err);
    (void)error_set(err, ERROR_USAGE, "\"%s\" is no name for a result", name);
    return error_hint(err, "A name begins with a letter and goes on with letters, digits and _.");
}

/* The second name that a cell gave to this table: "_12"; NULL if none did. */
static const char *cell_alias(struct session *session, const char *name, struct arena *arena)
{
    struct table *views = NULL;
    struct error ignored = {0};
    if (!ask(session,
             "SELECT view_name, sql FROM duckdb_views() WHERE database_name = 'results' AND "
             "regexp_matches(view_name, '^_[0-9]+$')",
             arena, &views, &ignored))
        return NULL;
    const char *end = arena_printf(arena, "FROM results.main.%s;", name);
    const char *quoted = arena_printf(arena, "FROM results.main.\"%s\";", name);
    for (int64_t i = 0; i < views->rows; i++) {
        const char *sql = table_text(views, i, "sql");
        if (strstr(sql, end) || strstr(sql, quoted))
            return table_text(views, i, "view_name");
    }
    return NULL;
}

static bool rename_table(struct session *session, const char *from, const char *to,
                         struct arena *arena, struct error *err)
{
    struct buf sql;
    buf_init(&sql, 4096);
    buf_adds(&sql, "ALTER TABLE ");
    add_name(&sql, from);
    buf_adds(&sql, " RENAME TO ");
    text_sql_name(&sql, to, strlen(to));
    bool renamed = ask(session, sql.data, arena, NULL, err);
    buf_release(&sql);
    return renamed;
}

/* An older result of this name stays the result of its cell. */
static bool retire(struct session *session, const char *name, struct arena *arena,
                   struct error *err)
{
    const char *cell = cell_alias(session, name, arena);
    results_clear(session, "VIEW", name);
    if (!cell) {
        results_clear(session, "TABLE", name);
        return true;
    }
    results_clear(session, "VIEW", cell);
    return rename_table(session, name, cell, arena, err);
}

/* At once for those who read meanwhile: another prompt may. */
bool results_rename(struct session *session, const char *kept, const char *name, struct error *err)
{
    struct arena *arena = arena_new();
    struct error ignored = {0};
    bool renamed =
        ask(session, "BEGIN TRANSACTION", arena, NULL, err) && retire(session, name, arena, err) &&
        rename_table(session, kept, name, arena, err) && results_alias(session, kept, name, err) &&
        ask(session, "COMMIT", arena, NULL, err);
    if (!renamed && !ask(session, "ROLLBACK", arena, NULL, &ignored))
        error_clear(&ignored); /* none had begun, or the commit has ended it */
    arena_free(arena);
    return renamed || error_wrap(err, "naming the result %s", name);
}

static bool missing(struct session *session, const char *name, struct arena *arena,
                    struct error *err)
{
    struct table *names = NULL;
    struct error ignored = {0};
    const char *candidates[256];
    size_t count = 0;
    if (ask(session,
            "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'results' "
            "ORDER BY 1 LIMIT 256",
            arena, &names, &ignored))
        for (; count < (size_t)names->rows && count < COUNT(candidates); count++)
            candidates[count] = table_text(names, (int64_t)count, "table_name");
    *err = (struct error){0};
    (void)error_set(err, ERROR_NOT_FOUND, "no kept result %s", name);
    const char *near = text_nearest(name, candidates, count);
    if (near)
        return error_hint(err, "Did you mean %s?", near);
    return error_hint(
        err, "_ is the last result, _12 that of cell 12; --into NAME keeps one under a name.");
}

bool results_exists(struct session *session, const char *name, struct error *err)
{
    struct arena *arena = arena_new();
    const char *kept = results_named(session, name);
    struct engine_param param = {.name = "name", .value = json_own(arena, json_texts(kept))};
    struct local *local = session_local(session, err);
    struct local_statement statement = {
        .sql = "SELECT count(*) AS n FROM information_schema.tables WHERE table_catalog = "
               "'results' AND lower(table_name) = lower($1)",
        .params = &param,
        .param_count = 1};
    struct table *answer = NULL;
    bool exists = local && local_run(local, &statement, arena, &answer, err) &&
                  (table_int(answer, 0, "n") > 0 || missing(session, name, arena, err));
    arena_free(arena);
    return exists;
}

static bool count_rows(struct session *session, const char *name, struct arena *arena,
                       int64_t *rows, struct error *err)
{
    struct buf sql;
    buf_init(&sql, 4096);
    buf_adds(&sql, "SELECT count(*) AS n FROM ");
    add_name(&sql, name);
    struct table *answer = NULL;
    bool ok = ask(session, sql.data, arena, &answer, err);
    buf_release(&sql);
    if (ok)
        *rows = table_int(answer, 0, "n");
    return ok;
}

bool results_read(struct session *session, const struct results_rows *rows, struct arena *arena,
                  struct table **out, struct error *err)
{
    struct buf sql;
    struct local *local = session_local(session, err);
    buf_init(&sql, 4096);
    buf_adds(&sql, "SELECT * FROM ");
    add_name(&sql, results_named(session, rows->name));
    buf_addf(&sql, " LIMIT %" PRId64 " OFFSET %" PRId64, rows->limit, rows->offset);
    struct local_statement statement = {.sql = sql.data, .cancel = rows->cancel};
    bool ok = local && local_run(local, &statement, arena, out, err);
    buf_release(&sql);
    return ok;
}

bool results_page(struct session *session, const char *name, int64_t offset, int64_t limit,
                  struct arena *arena, struct result *out, struct error *err)
{
    *out = (struct result){0};
    name = arena_strdup(arena, results_named(session, name));
    struct results_rows rows = {.name = name, .offset = offset, .limit = limit};
    int64_t total = 0;
    if (!results_exists(session, name, err) || !count_rows(session, name, arena, &total, err) ||
        !results_read(session, &rows, arena, &out->table, err))
        return false;
    out->info = (struct engine_info){.fraction = 1, .rows = total, .kept = name};
    out->caption = (struct caption){.source = "kept result", .kept = name, .total_rows = total};
    if (offset)
        out->caption.hint = arena_printf(arena, "rows from %" PRId64 " on", offset + 1);
    return true;
}

bool results_value(struct session *session, const char *name, int64_t row, const char *column,
                   struct arena *arena, struct cell *out, struct error *err)
{
    struct result page;
    if (!results_page(session, name, row - 1, 1, arena, &page, err))
        return false;
    if (!page.table->rows)
        return error_set(err, ERROR_NOT_FOUND, "%s has no row %" PRId64 ": it has %" PRId64, name,
                         row, page.caption.total_rows);
    int index = table_column(page.table, column);
    if (index >= 0) {
        *out = table_cell(page.table, 0, (size_t)index);
        return true;
    }
    const char *names[256];
    size_t count = 0;
    for (; count < page.table->column_count && count < COUNT(names); count++)
        names[count] = page.table->columns[count].name;
    const char *near = text_nearest(column, names, count);
    (void)error_set(err, ERROR_NOT_FOUND, "%s has no column %s", name, column);
    return near ? error_hint(err, "Did you mean %s?", near)
                : error_hint(err, "%%show %s shows its columns.", name);
}
