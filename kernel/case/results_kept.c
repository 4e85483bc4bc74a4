/* Kept results: their names, pages and values, and writing them to files. */
#include "case/results.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "case/results_name.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SAVE_ROWS 20000 /* fetched and written at a time */

bool results_name_check(const char *name, struct error *err)
{
    bool plain = isalpha((unsigned char)name[0]) && strlen(name) <= 100;
    for (const char *c = name; *c && plain; c++)
        plain = isalnum((unsigned char)*c) || *c == '_';
    static const char *const taken[] = {
        "cloudtrail", "s3_data", "lambda_execution", "vpc_flow", "route53", "findings",
        "eks_audit",  "waf",     "lake_tables",      "results",  "main",    "memory"};
    for (size_t i = 0; i < COUNT(taken); i++)
        if (strcasecmp(taken[i], name) == 0) {
            (void)error_set(err, ERROR_USAGE, "the name %s is taken by a table", name);
            return error_hint(err, "Choose another name for --into.");
        }
    if (plain)
        return true;
    (void)error_set(err, ERROR_USAGE, "\"%s\" is no name for a result", name);
    return error_hint(err, "A name begins with a letter and goes on with letters, digits and _.");
}

static const char *suffix_of(const char *path)
{
    const char *dot = strrchr(file_name(path), '.');
    return dot ? dot : "";
}

bool results_format_check(const char *path, struct error *err)
{
    static const char *const suffixes[] = {".csv", ".parquet", ".json", ".jsonl"};
    for (size_t i = 0; i < COUNT(suffixes); i++)
        if (strcasecmp(suffix_of(path), suffixes[i]) == 0)
            return true;
    (void)error_set(err, ERROR_USAGE, "--save cannot tell the format of \"%s\"", path);
    return error_hint(err, "End the name with .csv, .parquet or .json.");
}

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

static bool is_kept(struct session *session, const char *name, struct arena *arena,
                    struct error *err)
{
    struct engine_param param = {.name = "name", .value = json_own(arena, json_texts(name))};
    struct local *local = session_local(session, err);
    struct local_statement statement = {
        .sql = "SELECT count(*) AS n FROM information_schema.tables WHERE table_catalog = "
               "'results' AND lower(table_name) = lower($1)",
        .params = &param,
        .param_count = 1};
    struct table *answer = NULL;
    if (!local || !local_run(local, &statement, arena, &answer, err))
        return false;
    return table_int(answer, 0, "n") > 0 || missing(session, name, arena, err);
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

static bool read_page(struct session *session, const char *name, int64_t offset, int64_t limit,
                      struct arena *arena, struct table **out, struct error *err)
{
    struct buf sql;
    buf_init(&sql, 4096);
    buf_adds(&sql, "SELECT * FROM ");
    add_name(&sql, name);
    buf_addf(&sql, " LIMIT %" PRId64 " OFFSET %" PRId64, limit, offset);
    bool ok = ask(session, sql.data, arena, out, err);
    buf_release(&sql);
    return ok;
}

bool results_page(struct session *session, const char *name, int64_t offset, int64_t limit,
                  struct arena *arena, struct result *out, struct error *err)
{
    *out = (struct result){0};
    if (!is_kept(session, name, arena, err))
        return false;
    int64_t total = 0;
    if (!count_rows(session, name, arena, &total, err) ||
        !read_page(session, name, offset, limit, arena, &out->table, err))
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

/* ---- files ---- */

static bool write_all(const char *path, FILE *file, const struct buf *text, struct error *err)
{
    if (fwrite(text->data, 1, text->size, file) == text->size)
        return true;
    return error_errno(err, errno, "cannot write %s", path);
}

/* Page by page, so that a result of any size takes little memory; the header only once. */
static bool save_pages(struct session *session, const char *name, const char *path, FILE *file,
                       int64_t *rows, struct error *err)
{
    bool csv = strcasecmp(suffix_of(path), ".csv") == 0;
    for (int64_t offset = 0, got = SAVE_ROWS; got == SAVE_ROWS; offset += got) {
        struct arena *arena = arena_new();
        struct table *page = NULL;
        struct buf text;
        buf_init(&text, (size_t)2 * 1024 * 1024 * 1024);
        bool ok = read_page(session, name, offset, SAVE_ROWS, arena, &page, err);
        got = ok ? page->rows : 0;
        if (ok) {
            (csv ? render_csv : render_json_lines)(&text, page);
            size_t header = csv && offset ? strcspn(text.data, "\n") + 1 : 0;
            struct buf rest = {.data = text.data + header, .size = text.size - header};
            ok = write_all(path, file, &rest, err);
        }
        buf_release(&text);
        arena_free(arena);
        if (!ok)
            return false;
        *rows += got;
    }
    return true;
}

static bool save_text(struct session *session, const char *name, const char *path, int64_t *rows,
                      struct error *err)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return error_errno(err, errno, "cannot write %s", path);
    bool ok = save_pages(session, name, path, file, rows, err);
    if (ok && (fflush(file) != 0 || fsync(fileno(file)) != 0))
        ok = error_errno(err, errno, "cannot write %s", path);
    (void)fclose(file);
    return ok;
}

/* The session's instance reaches no file outside: an instance of its own reads the kept rows as
 * JSON and writes Parquet. */
static bool save_parquet(struct session *session, const char *name, const char *path,
                         struct arena *arena, int64_t *rows, struct error *err)
{
    const char *lines = arena_printf(arena, "%s.jsonl", path);
    struct local_place anywhere = {0};
    struct local *writer = NULL;
    bool ok = save_text(session, name, lines, rows, err) && (writer = local_open(&anywhere, err));
    struct buf sql;
    buf_init(&sql, 64 * 1024);
    buf_adds(&sql, "COPY (SELECT * FROM read_json(");
    text_sql_string(&sql, lines, strlen(lines));
    buf_adds(&sql, ", format='newline_delimited', maximum_object_size=268435456)) TO ");
    text_sql_string(&sql, path, strlen(path));
    buf_adds(&sql, " (FORMAT parquet, COMPRESSION zstd)");
    struct local_statement statement = {.sql = sql.data};
    ok = ok && local_run(writer, &statement, arena, NULL, err);
    local_close(writer);
    buf_release(&sql);
    (void)unlink(lines);
    return ok;
}

bool results_save(struct session *session, const char *name, const char *path, struct arena *arena,
                  int64_t *rows, struct error *err)
{
    *rows = 0;
    const char *target = file_absolute(arena, file_expand(arena, path));
    const char *part =
        arena_printf(arena, "%s.part-%ld%s", target, (long)getpid(), suffix_of(target));
    if (!results_format_check(target, err) || !is_kept(session, name, arena, err))
        return false;
    bool parquet = strcasecmp(suffix_of(target), ".parquet") == 0;
    bool ok = parquet ? save_parquet(session, name, part, arena, rows, err)
                      : save_text(session, name, part, rows, err);
    if (ok && rename(part, target) != 0)
        ok = error_errno(err, errno, "cannot write %s", target);
    if (!ok)
        (void)unlink(part);
    return ok || error_wrap(err, "saving %s", path);
}
