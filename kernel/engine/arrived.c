#include "engine/arrived.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/inflow.h"

#include <string.h>

#define SQL_MOST ((size_t)4 << 20)

static void add_columns(const struct arrived *arrived, struct buf *sql)
{
    buf_adds(sql, "columns = {");
    for (size_t i = 0; i < arrived->count; i++) {
        const struct rows_column *column = &arrived->columns[i];
        buf_adds(sql, i ? ", " : "");
        text_sql_string(sql, column->name, strlen(column->name));
        buf_addf(sql, ": '%s'", column->json ? "VARCHAR" : column->type);
    }
    buf_adds(sql, "})");
}

/* Nested values are read as JSON and become what their type says. */
static void add_list(const struct arrived *arrived, struct buf *sql)
{
    bool any = false;
    buf_adds(sql, "SELECT *");
    for (size_t i = 0; i < arrived->count; i++) {
        const struct rows_column *column = &arrived->columns[i];
        if (!column->json)
            continue;
        buf_adds(sql, any ? ", CAST(CAST(" : " REPLACE (CAST(CAST(");
        text_sql_name(sql, column->name, strlen(column->name));
        buf_addf(sql, " AS JSON) AS %s) AS ", column->type);
        text_sql_name(sql, column->name, strlen(column->name));
        any = true;
    }
    buf_adds(sql, any ? ")" : "");
}

/* Texts that become what they are. */
static void add_inflow(const struct arrived *arrived, struct buf *sql)
{
    buf_adds(sql, "SELECT ");
    for (size_t i = 0; i < arrived->count; i++) {
        const struct rows_column *column = &arrived->columns[i];
        buf_adds(sql, i ? ", " : "");
        buf_adds(sql, column->json ? "CAST(CAST(" : "CAST(");
        text_sql_name(sql, column->name, strlen(column->name));
        buf_addf(sql, column->json ? " AS JSON) AS %s) AS " : " AS %s) AS ", column->type);
        text_sql_name(sql, column->name, strlen(column->name));
    }
    buf_adds(sql, " FROM arriving(");
    const char *id = inflow_id(arrived->inflow);
    text_sql_string(sql, id, strlen(id));
    buf_addc(sql, ')');
}

static void add_csv(const struct arrived *arrived, struct buf *sql)
{
    add_list(arrived, sql);
    buf_adds(sql, " FROM read_csv(");
    text_sql_string(sql, arrived->csv, strlen(arrived->csv));
    buf_adds(sql, ", header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
                  "nullstr = '', allow_quoted_nulls = false, max_line_size = 33554432, ");
    add_columns(arrived, sql);
}

/* UNLOAD writes no file for no row, and then not even the columns are known. */
static void add_parquet(const struct arrived *arrived, struct buf *sql)
{
    if (!arrived->files) {
        buf_adds(sql, "SELECT CAST(NULL AS VARCHAR) AS no_rows WHERE false");
        return;
    }
    struct buf files;
    buf_init(&files, 65536);
    buf_addf(&files, "%s/*.parquet", arrived->folder);
    buf_adds(sql, "SELECT * FROM read_parquet(");
    text_sql_string(sql, files.data, files.size);
    buf_addc(sql, ')');
    buf_release(&files);
}

bool arrived_load(const struct arrived *arrived, struct local *local,
                  const struct engine_request *request, struct arena *arena, struct query **out,
                  struct error *err)
{
    struct buf sql;
    struct engine *engine = local_engine(local);
    buf_init(&sql, SQL_MOST);
    if (arrived->inflow)
        add_inflow(arrived, &sql);
    else if (arrived->csv)
        add_csv(arrived, &sql);
    else
        add_parquet(arrived, &sql);
    struct engine_request load = {.sql = buf_to_arena(&sql, arena),
                                  .size = sql.size,
                                  .keep_as = request->keep_as,
                                  .inflow = arrived->inflow,
                                  .behind = request->behind,
                                  .own = arrived->inflow != NULL,
                                  .limit = request->limit};
    bool full = sql.full;
    buf_release(&sql);
    if (!full && engine->ops->open(engine, &load, arena, out, err))
        return true;
    *out = NULL;
    return full && error_set(err, ERROR_LIMIT, "the result has too many columns");
}

/* ---- an engine ----------------------------------------------------------------------------------
 */

struct arrived_rows {
    struct engine engine;
    struct local *local;
    const struct arrived *arrived;
};

/* The query is the embedded engine's own. */
static bool open_rows(struct engine *engine, const struct engine_request *request,
                      struct arena *arena, struct query **out, struct error *err)
{
    const struct arrived_rows *rows = (const struct arrived_rows *)engine;
    return arrived_load(rows->arrived, rows->local, request, arena, out, err);
}

struct engine *arrived_engine(struct arena *arena, struct local *local,
                              const struct arrived *arrived)
{
    static const struct engine_ops ops = {.name = "job", .open = open_rows};
    struct arrived_rows *rows = arena_alloc(arena, sizeof *rows);
    *rows = (struct arrived_rows){{&ops}, local, arrived};
    return &rows->engine;
}

void arrived_forget(const struct arrived *arrived)
{
    const char *path = arrived->csv ? arrived->csv : arrived->folder;
    struct error ignored = {0};
    if (path && !file_remove_all(path, &ignored))
        error_clear(&ignored);
}
