#include "lake/lake.h"

#include "base/file.h"
#include "lake/beside.h"
#include "lake/columns.h"
#include "lake/commit.h"
#include "lake/scan.h"
#include "lake/views.h"

#include <string.h>

#define REGISTER_KEY                                                                               \
    "lake" /* all opened lakes are registered together: the short names unite them */

struct opening {
    struct session *session;
    struct cancel *cancel;
    struct arena *arena;
    struct local *probe; /* an instance of its own, without limits on what it may read: to look into
                            files before they are views */
};

static bool probe_run(const struct opening *opening, const char *sql, struct table **out,
                      struct error *err)
{
    struct local_statement statement = {.sql = sql, .cancel = opening->cancel};
    return local_run(opening->probe, &statement, opening->arena, out, err);
}

/* Names of the columns that the files of a foreign table really have. */
static bool describe_files(const struct opening *opening, const struct scan_table *table,
                           struct view_columns *columns, struct error *err)
{
    struct buf sql;
    buf_init(&sql, (size_t)64 * 1024 * 1024);
    buf_adds(&sql, "DESCRIBE SELECT * FROM read_parquet(");
    scan_file_list(table, &sql);
    buf_adds(&sql, ", union_by_name=true, hive_partitioning=true, hive_types_autocast=false)");
    struct table *answer = NULL;
    bool described = probe_run(opening, sql.data, &answer, err);
    buf_release(&sql);
    if (!described)
        return false;
    columns->names =
        arena_alloc(opening->arena, ((size_t)answer->rows + 1) * sizeof *columns->names);
    for (int64_t row = 0; row < answer->rows; row++)
        columns->names[row] = table_text(answer, row, "column_name");
    return true;
}

/* Rows and window of a table. Footers would do for rows; the window needs one column of 8 bytes a
 * row. */
static bool measure(const struct opening *opening, struct scan_table *table, struct error *err)
{
    if (!table->source)
        return true;
    struct buf sql;
    buf_init(&sql, (size_t)64 * 1024 * 1024);
    buf_adds(&sql, "SELECT count(*) AS n, coalesce(min(\"time\"), 0) AS first, "
                   "coalesce(max(\"time\"), 0) AS last FROM read_parquet(");
    scan_file_list(table, &sql);
    buf_adds(&sql, table->own ? ")" : ", union_by_name=true)");
    struct table *answer = NULL;
    bool measured = probe_run(opening, sql.data, &answer, err);
    buf_release(&sql);
    if (!measured)
        return error_wrap(err, "table %s", table->name);
    table->rows = table_int(answer, 0, "n");
    table->first = table_int(answer, 0, "first") * 1000;
    table->last = table_int(answer, 0, "last") * 1000;
    return true;
}

/* Paths of all lakes to be open afterwards: those of the session and the new one. */
static size_t all_paths(const struct session *session, const char *path, struct arena *arena,
                        const char ***out)
{
    const char *const *paths;
    size_t count;
    session_lakes(session, &paths, &count);
    const char **all = arena_alloc(arena, (count + 1) * sizeof *all);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(paths[i], path) != 0 && file_exists(paths[i]))
            all[used++] = paths[i];
    all[used++] = path;
    *out = all;
    return used;
}

static bool scan_all(const struct opening *opening, const char **paths, size_t count,
                     struct scan **scans, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!scan_folder(paths[i], opening->probe, opening->cancel, opening->arena, &scans[i], err))
            return error_wrap(err, "cannot open %s", paths[i]);
        for (struct scan_table *table = scans[i]->tables; table; table = table->next)
            if (!measure(opening, table, err))
                return false;
    }
    return true;
}

static bool columns_of(const struct opening *opening, struct scan **scans, size_t count,
                       struct view_columns **out, struct error *err)
{
    size_t tables = 0;
    for (size_t i = 0; i < count; i++)
        tables += scans[i]->table_count;
    struct view_columns *columns = arena_alloc(opening->arena, (tables + 1) * sizeof *columns);
    size_t index = 0;
    for (size_t i = 0; i < count; i++)
        for (const struct scan_table *table = scans[i]->tables; table; table = table->next, index++)
            if (table->source && !table->own &&
                !describe_files(opening, table, &columns[index], err))
                return error_wrap(err, "table %s", table->name);
    *out = columns;
    return true;
}

static void names_of_source(struct session *session, const struct source *source)
{
    size_t count;
    const struct lake_column *columns = lake_columns(source, 2, &count);
    session_add_name(session, &(struct name){.kind = NAME_TABLE,
                                             .text = source->view,
                                             .type = "VIEW",
                                             .comment = source->comment});
    for (size_t i = 0; i < count; i++)
        session_add_name(session, &(struct name){.kind = NAME_COLUMN,
                                                 .text = columns[i].name,
                                                 .parent = source->view,
                                                 .type = columns[i].type,
                                                 .comment = lake_field_comment(columns[i].name)});
}

static void names_add(struct session *session, struct scan **scans, size_t count,
                      struct arena *arena)
{
    for (size_t i = 0; i < count; i++)
        for (const struct scan_table *table = scans[i]->tables; table; table = table->next) {
            const char *full = table->name;
            if (table->source)
                full =
                    arena_printf(arena, "%s.%s", scan_database(table->region, arena), table->name);
            session_add_name(
                session, &(struct name){.kind = NAME_TABLE,
                                        .text = full,
                                        .type = "VIEW",
                                        .comment = table->source ? table->source->comment : NULL});
            if (table->source)
                names_of_source(session, table->source);
        }
    session_names_changed(session);
}

static bool any_table(struct scan **scans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (scans[i]->table_count)
            return true;
    return false;
}

static void fill_info(const struct scan *scan, struct lake_info *info)
{
    for (const struct scan_table *table = scan->tables; table; table = table->next) {
        info->tables++;
        info->files += (int64_t)table->file_count;
        info->bytes += table->bytes;
        if (table->rows < 0) {
            info->rows = info->rows > 0 ? info->rows : -1;
            continue;
        }
        info->rows = (info->rows < 0 ? 0 : info->rows) + table->rows;
        if (!table->rows)
            continue;
        if (!info->first || table->first < info->first)
            info->first = table->first;
        if (table->last > info->last)
            info->last = table->last;
    }
}

static bool register_all(const struct opening *opening, struct scan **scans, const char **paths,
                         size_t count, struct error *err)
{
    struct view_columns *columns = NULL;
    if (!columns_of(opening, scans, count, &columns, err))
        return false;
    struct views_request request = {.scans = scans, .scan_count = count, .columns = columns};
    const char **statements;
    size_t statement_count;
    views_write(&request, opening->arena, &statements, &statement_count);
    const char **folders = arena_alloc(opening->arena, (count + 1) * sizeof *folders);
    memcpy(folders, paths, count * sizeof *folders);
    lake_part(opening->session);
    session_register(opening->session, REGISTER_KEY, folders, statements);
    return session_local(opening->session, err) != NULL; /* else it is as it was */
}

static bool recover(const char *path, struct arena *arena, struct lake_info *info,
                    struct error *err)
{
    if (!file_exists(file_join(arena, path, "lake.json")))
        return true;
    const char *what = "";
    struct error busy = {0};
    if (lake_recover(path, arena, &what, &busy))
        info->warning = *what ? what : NULL;
    else if (busy.kind == ERROR_UNAVAILABLE)
        info->warning =
            "an ingest is writing this lake now: what it commits is seen after the next %lake open";
    else {
        *err = busy;
        return false;
    }
    return true;
}

static bool nothing_found(const struct scan *scan, struct error *err)
{
    if (*scan->broken)
        return error_set(err, ERROR_DATA, "no readable table in %s: %s", scan->path, scan->broken);
    (void)error_set(err, ERROR_NOT_FOUND,
                    "no logs in %s: neither a lake nor Parquet, CSV or JSON files", scan->path);
    return error_hint(err, "Raw logs become a lake by: %%lake ingest %s --into lake", scan->path);
}

static void warn(struct lake_info *info, const struct scan *scan, struct arena *arena)
{
    const char *before = info->warning;
    if (*scan->broken)
        info->warning = arena_printf(arena, "%s%sleft out: %s", before ? before : "",
                                     before ? "; " : "", scan->broken);
    else if (scan->raw_logs && !scan->own)
        info->warning = "these look like raw logs: %lake ingest gives them Security Lake's columns";
}

static bool open_with(const struct opening *opening, const char *path, struct lake_info *info,
                      struct error *err)
{
    const char **paths;
    size_t count = all_paths(opening->session, path, opening->arena, &paths);
    struct scan **scans = arena_alloc(opening->arena, count * sizeof *scans);
    if (!scan_all(opening, paths, count, scans, err))
        return false;
    if (!scans[count - 1]->table_count || !any_table(scans, count))
        return nothing_found(scans[count - 1], err);
    if (!register_all(opening, scans, paths, count, err))
        return false;
    names_add(opening->session, scans, count, opening->arena);
    session_add_lake(opening->session, path);
    fill_info(scans[count - 1], info);
    warn(info, scans[count - 1], opening->arena);
    return true;
}

bool lake_open(struct session *session, const char *path, struct cancel *cancel,
               struct arena *arena, struct lake_info *info, struct error *err)
{
    *info = (struct lake_info){0};
    const char *absolute = file_absolute(arena, file_expand(arena, path));
    if (!file_exists(absolute)) {
        (void)error_set(err, ERROR_NOT_FOUND, "no folder %s", absolute);
        return error_hint(
            err,
            "Give the folder that %%lake ingest wrote, or one with Parquet, CSV or JSON files.");
    }
    info->path = absolute;
    if (!recover(absolute, arena, info, err))
        return false;
    struct local_place anywhere = {0};
    struct local *probe = local_open(&anywhere, err);
    if (!probe)
        return false;
    struct opening opening = {.session = session, .cancel = cancel, .arena = arena, .probe = probe};
    bool opened = open_with(&opening, absolute, info, err);
    local_close(probe);
    return opened;
}

bool lake_reopen(struct session *session, const char *path, struct error *err)
{
    struct arena *arena = arena_new();
    struct lake_info info;
    bool opened = lake_open(session, path, session_cancel(session), arena, &info, err);
    arena_free(arena);
    return opened;
}

static bool ask(struct session *session, const char *sql, const struct engine_param *param,
                struct cancel *cancel, struct arena *arena, struct table **out, struct error *err)
{
    struct local *local = session_local(session, err);
    if (!local)
        return false;
    struct local_statement statement = {
        .sql = sql, .params = param, .param_count = param ? 1 : 0, .cancel = cancel};
    return local_run(local, &statement, arena, out, err);
}

static bool any_lake(const struct session *session, struct error *err)
{
    const char *const *paths;
    size_t count;
    session_lakes(session, &paths, &count);
    if (count)
        return true;
    (void)error_set(err, ERROR_NOT_FOUND, "no lake is open");
    return error_hint(
        err, "Open one first: %%lake open FOLDER (or make one: %%lake ingest LOGS --into FOLDER).");
}

bool lake_tables(struct session *session, struct cancel *cancel, struct arena *arena,
                 struct table **out, struct error *err)
{
    return any_lake(session, err) &&
           ask(session, "SELECT * FROM lake_tables", NULL, cancel, arena, out, err);
}

bool lake_window(struct session *session, const char *schema, const char *view,
                 struct cancel *cancel, struct arena *arena, struct lake_window *out,
                 struct error *err)
{
    bool opened = !schema || strcmp(schema, "main") == 0;
    *out = (struct lake_window){0};
    if (opened && !any_lake(session, err))
        return false;
    struct engine_param param = {.name = "view", .value = json_own(arena, json_texts(view))};
    struct table *answer = NULL;
    const char *sql = arena_printf(
        arena,
        "SELECT count(*) AS tables, CAST(coalesce(sum(\"rows\"), 0) AS BIGINT) AS n, "
        "min(first_event) AS first, max(last_event) AS last FROM \"%s\".lake_tables WHERE "
        "short_name = $1",
        opened ? "main" : schema);
    if (!ask(session, sql, &param, cancel, arena, &answer, err))
        return false;
    out->known = table_int(answer, 0, "tables") > 0;
    out->rows = table_int(answer, 0, "n");
    out->first = table_int(answer, 0, "first");
    out->last = table_int(answer, 0, "last");
    return true;
}
