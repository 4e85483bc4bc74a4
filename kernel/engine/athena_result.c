/* From the end of an execution to the rows: Athena's CSV, typed by its description. */
#include "engine/athena_query.h"

#include "aws/reply.h"

#include <string.h>

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
    const struct athena_place *place = &query->athena->place;
    struct rows_place rows = {place->local, place->folder, &query->request};
    query->started = false;
    return rows_open(&query->rows, query->arena, &rows, err) && ask_page(query, NULL, err);
}

static bool sink(void *state, const void *bytes, size_t size, struct error *err)
{
    struct athena_query *query = state;
    return rows_add(&query->rows, bytes, size, err);
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

static bool write_row(struct athena_query *query, const json_t *row, struct error *err)
{
    for (size_t i = 0; i < query->rows.count; i++) {
        const json_t *value =
            json_object_get(json_array_get(json_object_get(row, "Data"), i), "VarCharValue");
        rows_text(&query->rows, i, json_string_value(value), json_string_length(value));
    }
    return rows_end(&query->rows, err);
}

static void read_columns(struct athena_query *query, const json_t *list)
{
    struct rows *rows = &query->rows;
    size_t count = json_array_size(list);
    rows->columns = arena_alloc(query->arena, (count + 1) * sizeof *rows->columns);
    for (rows->count = 0; rows->count < count; rows->count++) {
        const json_t *column = json_array_get(list, rows->count);
        const char *name = arena_strdup(query->arena, reply_text(column, "Name"));
        rows->columns[rows->count] = (struct rows_column){
            .name = rows_name(rows, name, rows->count), .type = type_of(query->arena, column)};
    }
}

/* SELECT's first page begins with the names; SHOW's and DESCRIBE's does not. */
static bool is_header(const struct athena_query *query, const json_t *row)
{
    const json_t *data = json_object_get(row, "Data");
    for (size_t i = 0; i < query->rows.count; i++)
        if (strcmp(query->rows.columns[i].name,
                   reply_text(json_array_get(data, i), "VarCharValue")) != 0)
            return false;
    return query->rows.count == json_array_size(data);
}

bool athena_take_page(struct athena_query *query, const json_t *reply, struct error *err)
{
    bool first = !query->rows.count;
    if (first) {
        read_columns(query, reply_at(reply, "ResultSet.ResultSetMetadata.ColumnInfo"));
        if (!query->rows.count)
            return error_set(err, ERROR_SQL, "Athena's answer has no columns");
        if (!rows_begin(&query->rows, query->has_csv, &query->load, err))
            return false;
        if (query->has_csv)
            return fetch_csv(query, err);
    }
    size_t count = reply_count(reply, "ResultSet.Rows");
    for (size_t i = 0; i < count; i++) {
        const json_t *row = reply_item(reply, "ResultSet.Rows", i);
        if (first && i == 0 && is_header(query, row))
            continue;
        if (!write_row(query, row, err))
            return false;
    }
    const char *token = reply_text(reply, "NextToken");
    return *token ? ask_page(query, arena_strdup(query->arena, token), err)
                  : athena_load(query, err);
}

bool athena_load(struct athena_query *query, struct error *err)
{
    query->state = query->load ? ATHENA_LOADING : ATHENA_ARRIVED;
    return rows_end_all(&query->rows, err);
}
