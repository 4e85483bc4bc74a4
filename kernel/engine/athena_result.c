/* From the end of an execution to the rows: Athena's CSV, typed by its description. */
#include "engine/athena_query.h"

#include "aws/reply.h"
#include "base/hash.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE_ROWS 1000

/* Athena's types and how their CSV text becomes DuckDB's. NULL: it stays text. */
static const struct csv_type {
    const char *athena, *duckdb;
} types[] = {
    {"boolean", "BOOLEAN"}, {"tinyint", "TINYINT"},     {"smallint", "SMALLINT"},
    {"integer", "INTEGER"}, {"int", "INTEGER"},         {"bigint", "BIGINT"},
    {"float", "FLOAT"},     {"real", "FLOAT"},          {"double", "DOUBLE"},
    {"date", "DATE"},       {"timestamp", "TIMESTAMP"},
};

static const char *type_of(struct arena *arena, const json_t *column)
{
    const char *type = reply_text(column, "Type");
    int64_t precision = reply_int(column, "Precision", 0), scale = reply_int(column, "Scale", 0);
    if (strcmp(type, "decimal") == 0 && precision > 0 && precision <= 38 && scale <= precision)
        return arena_printf(arena, "DECIMAL(%d, %d)", (int)precision, (int)scale);
    for (size_t i = 0; i < COUNT(types); i++)
        if (strcmp(types[i].athena, type) == 0)
            return types[i].duckdb;
    return "VARCHAR";
}

/* ---- fetching -----------------------------------------------------------------------------------
 */

void athena_forget(struct athena_query *query)
{
    if (query->file)
        (void)fclose(query->file);
    query->file = NULL;
    if (query->path)
        (void)unlink(query->path);
    query->path = NULL;
}

static bool open_file(struct athena_query *query, struct error *err)
{
    char name[UUID_TEXT_SIZE];
    uuid_text(name);
    query->path = arena_printf(query->arena, "%s/athena-%s.csv", query->athena->place.folder, name);
    query->file = fopen(query->path, "wxe");
    return query->file || error_errno(err, errno, "%s", query->path);
}

static bool ask_page(struct athena_query *query, const char *token, struct error *err)
{
    json_t *params = json_pack("{s:s, s:i}", "QueryExecutionId", query->facts->id, "MaxResults",
                               query->has_csv ? 1 : PAGE_ROWS);
    if (token)
        (void)json_object_set_new(params, "NextToken", json_string(token));
    query->state = ATHENA_PAGING;
    return athena_ask(query, "athena:GetQueryResults", params, err);
}

bool athena_fetch(struct athena_query *query, struct error *err)
{
    query->started = false;
    return open_file(query, err) && ask_page(query, NULL, err);
}

static bool sink(void *state, const void *bytes, size_t size, struct error *err)
{
    struct athena_query *query = state;
    return fwrite(bytes, 1, size, query->file) == size ||
           error_errno(err, errno, "%s", query->path);
}

/* s3://bucket/key */
static bool fetch_csv(struct athena_query *query, struct error *err)
{
    const char *at = query->facts->output;
    const char *slash = strncmp(at, "s3://", 5) == 0 ? strchr(at + 5, '/') : NULL;
    if (!slash)
        return error_set(err, ERROR_DATA, "the result's place is no object of S3: %.200s", at);
    json_t *params =
        json_pack("{s:s%, s:s}", "Bucket", at + 5, (size_t)(slash - at - 5), "Key", slash + 1);
    struct aws_asking asking = {.op = "s3:GetObject",
                                .params = json_own(query->arena, params),
                                .region = query->athena->place.region,
                                .total_ms = 3600000,
                                .sink = sink,
                                .sink_state = query};
    aws_end(query->call);
    query->state = ATHENA_FETCHING;
    query->call = aws_start(query->athena->place.aws, &asking, err);
    return query->call != NULL;
}

/* ---- pages --------------------------------------------------------------------------------------
 */

/* One row as Athena writes its CSV: null is nothing, all else is quoted. */
static bool write_row(struct athena_query *query, const json_t *row, size_t columns,
                      struct error *err)
{
    for (size_t i = 0; i < columns; i++) {
        const json_t *value =
            json_object_get(json_array_get(json_object_get(row, "Data"), i), "VarCharValue");
        const char *text = json_string_value(value);
        (void)fputs(i ? "," : "", query->file);
        if (text)
            (void)fputc('"', query->file);
        for (; text && *text; text++) {
            if (*text == '"')
                (void)fputc('"', query->file);
            (void)fputc(*text, query->file);
        }
        if (value)
            (void)fputc('"', query->file);
    }
    (void)fputc('\n', query->file);
    return !ferror(query->file) || error_errno(err, errno, "%s", query->path);
}

static bool write_header(struct athena_query *query, struct error *err)
{
    json_t *data = json_own(query->arena, json_array());
    for (size_t i = 0; i < json_array_size(query->columns); i++)
        (void)json_array_append_new(
            data, json_pack("{s:s}", "VarCharValue",
                            reply_text(json_array_get(query->columns, i), "Name")));
    json_t *row = json_own(query->arena, json_pack("{s:O}", "Data", data));
    return write_row(query, row, json_array_size(query->columns), err);
}

/* SELECT's first page begins with the names; SHOW's and DESCRIBE's does not. */
static bool is_header(const struct athena_query *query, const json_t *row)
{
    const json_t *data = json_object_get(row, "Data");
    for (size_t i = 0; i < json_array_size(query->columns); i++) {
        const char *name = reply_text(json_array_get(query->columns, i), "Name");
        const char *value = reply_text(json_array_get(data, i), "VarCharValue");
        if (strcmp(name, value) != 0)
            return false;
    }
    return json_array_size(query->columns) == json_array_size(data);
}

bool athena_take_page(struct athena_query *query, const json_t *reply, struct error *err)
{
    bool first = !query->columns;
    if (first) {
        const json_t *columns = reply_at(reply, "ResultSet.ResultSetMetadata.ColumnInfo");
        query->columns = json_own(query->arena, json_deep_copy(columns));
        if (!json_array_size(query->columns))
            return error_set(err, ERROR_SQL, "Athena's answer has no columns");
        if (query->has_csv)
            return fetch_csv(query, err);
        if (!write_header(query, err))
            return false;
    }
    size_t count = reply_count(reply, "ResultSet.Rows");
    for (size_t i = 0; i < count; i++) {
        const json_t *row = reply_item(reply, "ResultSet.Rows", i);
        if (first && i == 0 && is_header(query, row))
            continue;
        if (!write_row(query, row, json_array_size(query->columns), err))
            return false;
    }
    const char *token = reply_text(reply, "NextToken");
    return *token ? ask_page(query, arena_strdup(query->arena, token), err)
                  : athena_load(query, err);
}

/* ---- loading ------------------------------------------------------------------------------------
 */

/* Athena allows a name twice, a table does not: the second is name_2. */
static const char *name_of(struct athena_query *query, size_t index)
{
    const char *name = reply_text(json_array_get(query->columns, index), "Name");
    int same = 1;
    for (size_t i = 0; i < index; i++)
        same += strcmp(name, reply_text(json_array_get(query->columns, i), "Name")) == 0;
    if (!*name)
        return arena_printf(query->arena, "_col%zu", index);
    return same > 1 ? arena_printf(query->arena, "%s_%d", name, same) : name;
}

/* Quoted empties are text, unquoted ones null; the types are Athena's own. */
static const char *load_sql(struct athena_query *query, size_t *size)
{
    struct buf sql;
    buf_init(&sql, (size_t)1 << 20);
    buf_adds(&sql, "SELECT * FROM read_csv(");
    text_sql_string(&sql, query->path, strlen(query->path));
    buf_adds(&sql,
             ", header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
             "nullstr = '', allow_quoted_nulls = false, max_line_size = 33554432, columns = {");
    for (size_t i = 0; i < json_array_size(query->columns); i++) {
        const char *name = name_of(query, i);
        buf_adds(&sql, i ? ", " : "");
        text_sql_string(&sql, name, strlen(name));
        buf_addf(&sql, ": '%s'", type_of(query->arena, json_array_get(query->columns, i)));
    }
    buf_adds(&sql, "})");
    *size = sql.size;
    const char *text = buf_to_arena(&sql, query->arena);
    buf_release(&sql);
    return text;
}

bool athena_load(struct athena_query *query, struct error *err)
{
    bool written = fclose(query->file) == 0;
    query->file = NULL;
    if (!written)
        return error_errno(err, errno, "%s", query->path);
    struct engine *local = local_engine(query->athena->place.local);
    struct engine_request request = {.keep_as = query->request.keep_as,
                                     .limit = query->request.limit};
    request.sql = load_sql(query, &request.size);
    query->state = ATHENA_LOADING;
    if (local->ops->open(local, &request, query->arena, &query->load, err))
        return true;
    query->load = NULL;
    return false;
}
