/* Vectors of DuckDB as columns of a table; nested values and types beyond ours as text. */
#include "engine/local_state.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "engine/local_text.h"

#include <string.h>

static enum type type_of(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
        return TYPE_BOOL;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
        return TYPE_INT64;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
        return TYPE_DOUBLE;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return TYPE_TIME;
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_UNION:
        return TYPE_JSON;
    default:
        return TYPE_TEXT;
    }
}

static bool is_numeric(duckdb_type type)
{
    return type == DUCKDB_TYPE_UBIGINT || type == DUCKDB_TYPE_HUGEINT ||
           type == DUCKDB_TYPE_UHUGEINT || type == DUCKDB_TYPE_DECIMAL;
}

static bool is_json_alias(const struct duckdb_api *api, duckdb_logical_type type)
{
    char *alias = api->logical_type_get_alias(type);
    bool json = alias && strcmp(alias, "JSON") == 0;
    if (alias)
        api->free(alias);
    return json;
}

struct table *local_schema(const struct duckdb_api *api, duckdb_result *result, struct arena *arena)
{
    size_t count = (size_t)api->column_count(result);
    struct column *columns = arena_alloc(arena, (count + 1) * sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        duckdb_logical_type type = api->column_logical_type(result, i);
        duckdb_type id = api->get_type_id(type);
        columns[i].name = api->column_name(result, i);
        columns[i].type =
            id == DUCKDB_TYPE_VARCHAR && is_json_alias(api, type) ? TYPE_JSON : type_of(id);
        columns[i].numeric = is_numeric(id);
        columns[i].engine_type = local_type_name(id);
        api->destroy_logical_type(&type);
    }
    return table_new(arena, columns, count);
}

/* Timestamps of all resolutions as microseconds; infinities are the ends of our range. */
static int64_t micros(duckdb_type type, int64_t value)
{
    static const int64_t end = INT64_C(253402300799999999); /* 9999-12-31 */
    if (value == INT64_MAX)
        return end;
    if (value <= -INT64_MAX)
        return -INT64_C(62135596800000000);
    if (type == DUCKDB_TYPE_TIMESTAMP_S)
        return value > end / 1000000 ? end : value * 1000000;
    if (type == DUCKDB_TYPE_TIMESTAMP_MS)
        return value > end / 1000 ? end : value * 1000;
    return type == DUCKDB_TYPE_TIMESTAMP_NS ? value / 1000 : value;
}

static int64_t integer_at(duckdb_type type, const void *data, size_t row)
{
    switch (type) {
    case DUCKDB_TYPE_TINYINT:
        return ((const int8_t *)data)[row];
    case DUCKDB_TYPE_SMALLINT:
        return ((const int16_t *)data)[row];
    case DUCKDB_TYPE_INTEGER:
        return ((const int32_t *)data)[row];
    case DUCKDB_TYPE_UTINYINT:
        return ((const uint8_t *)data)[row];
    case DUCKDB_TYPE_USMALLINT:
        return ((const uint16_t *)data)[row];
    case DUCKDB_TYPE_UINTEGER:
        return ((const uint32_t *)data)[row];
    default:
        return ((const int64_t *)data)[row];
    }
}

static struct text_value string_at(const struct local_vector *vector, size_t row,
                                   struct arena *arena)
{
    duckdb_string_t *string = &((duckdb_string_t *)vector->data)[row];
    size_t size = string->value.inlined.length;
    const char *bytes = size <= 12 ? string->value.inlined.inlined : string->value.pointer.ptr;
    return (struct text_value){arena_strndup(arena, bytes, size), size};
}

static bool is_null(const struct local_vector *vector, size_t row)
{
    return vector->validity && !(vector->validity[row / 64] >> (row % 64) & 1);
}

struct copy {
    const struct duckdb_api *api;
    struct arena *arena;
    struct buf text;
};

static void copy_column(struct copy *copy, const struct local_vector *vector, enum type type,
                        struct batch_column *to, size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        to->null[row] = is_null(vector, row);
        if (to->null[row])
            continue;
        if (type == TYPE_BOOL) {
            to->bools[row] = ((const bool *)vector->data)[row];
        } else if (type == TYPE_INT64) {
            to->ints[row] = integer_at(vector->id, vector->data, row);
        } else if (type == TYPE_TIME) {
            to->ints[row] = micros(vector->id, ((const int64_t *)vector->data)[row]);
        } else if (type == TYPE_DOUBLE) {
            to->doubles[row] = vector->id == DUCKDB_TYPE_FLOAT
                                   ? (double)((const float *)vector->data)[row]
                                   : ((const double *)vector->data)[row];
        } else if (vector->id == DUCKDB_TYPE_VARCHAR) {
            to->texts[row] = string_at(vector, row, copy->arena);
        } else {
            buf_clear(&copy->text);
            local_text(copy->api, vector, row, type == TYPE_JSON, &copy->text);
            to->texts[row] =
                (struct text_value){buf_to_arena(&copy->text, copy->arena), copy->text.size};
        }
    }
}

void local_add_chunk(const struct duckdb_api *api, duckdb_result *result, duckdb_data_chunk chunk,
                     struct table *table, size_t limit)
{
    size_t rows = (size_t)api->data_chunk_get_size(chunk);
    rows = rows < limit ? rows : limit;
    if (!rows)
        return;
    struct copy copy = {.api = api, .arena = table->arena};
    buf_init(&copy.text, (size_t)256 * 1024 * 1024);
    struct batch *batch = table_add_batch(table, rows);
    for (size_t i = 0; i < table->column_count; i++) {
        duckdb_logical_type type = api->column_logical_type(result, i);
        struct local_vector vector;
        local_vector_of(api, api->data_chunk_get_vector(chunk, i), type, &vector);
        copy_column(&copy, &vector, table->columns[i].type, &batch->columns[i], rows);
        api->destroy_logical_type(&type);
    }
    buf_release(&copy.text);
}
