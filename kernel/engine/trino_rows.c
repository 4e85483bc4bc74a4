/* Trino's types and values become DuckDB's. */
#include "engine/trino_query.h"

#include "base/buf.h"
#include "base/text.h"

#include <string.h>

#define TYPE_DEPTH 32
#define TYPE_LIMIT ((size_t)1 << 20)

/* Whole types; all others are texts as Trino writes them. */
static const struct {
    const char *trino, *duckdb;
} types[] = {
    {"boolean", "BOOLEAN"}, {"tinyint", "TINYINT"}, {"smallint", "SMALLINT"},
    {"integer", "INTEGER"}, {"bigint", "BIGINT"},   {"real", "FLOAT"},
    {"double", "DOUBLE"},   {"date", "DATE"},       {"json", "JSON"},
};

static const json_t *argument(const json_t *signature, size_t index)
{
    const json_t *arguments = json_object_get(signature, "arguments");
    return json_object_get(json_array_get(arguments, index), "value");
}

static const char *raw_type(const json_t *signature)
{
    return json_get_string(signature, "rawType", "");
}

/* A named member of a row: its name, or one by its place. */
static const char *member_name(const json_t *member, size_t index, struct arena *arena)
{
    const char *name = json_get_string(json_object_get(member, "fieldName"), "name", "");
    return *name ? name : arena_printf(arena, "field%zu", index);
}

static const json_t *member_type(const json_t *member)
{
    return json_object_get(member, "typeSignature");
}

static bool is_nested(const char *type)
{
    return strcmp(type, "array") == 0 || strcmp(type, "map") == 0 || strcmp(type, "row") == 0;
}

static bool write_type(const json_t *signature, int depth, struct arena *arena, struct buf *out);

static bool write_row_type(const json_t *signature, int depth, struct arena *arena, struct buf *out)
{
    size_t count = json_array_size(json_object_get(signature, "arguments"));
    buf_adds(out, "STRUCT(");
    for (size_t i = 0; i < count; i++) {
        const json_t *member = argument(signature, i);
        const char *name = member_name(member, i, arena);
        buf_adds(out, i ? ", " : "");
        text_sql_name(out, name, strlen(name));
        buf_addc(out, ' ');
        if (!write_type(member_type(member), depth + 1, arena, out))
            return false;
    }
    buf_addc(out, ')');
    return count > 0;
}

static void write_decimal(const json_t *signature, struct buf *out)
{
    int64_t precision = json_integer_value(argument(signature, 0));
    int64_t scale = json_integer_value(argument(signature, 1));
    if (precision > 0 && precision <= 38 && scale >= 0 && scale <= precision)
        buf_addf(out, "DECIMAL(%d, %d)", (int)precision, (int)scale);
    else
        buf_adds(out, "VARCHAR");
}

/* DuckDB's TIMESTAMP has microseconds: finer ones stay text. */
static void write_timestamp(const json_t *signature, struct buf *out)
{
    const json_t *precision = argument(signature, 0);
    buf_adds(out, precision && json_integer_value(precision) > 6 ? "VARCHAR" : "TIMESTAMP");
}

static bool write_type(const json_t *signature, int depth, struct arena *arena, struct buf *out)
{
    const char *type = raw_type(signature);
    if (depth > TYPE_DEPTH)
        return false;
    if (strcmp(type, "row") == 0)
        return write_row_type(signature, depth, arena, out);
    if (strcmp(type, "array") == 0) {
        bool known = write_type(argument(signature, 0), depth + 1, arena, out);
        buf_adds(out, "[]");
        return known;
    }
    if (strcmp(type, "map") == 0) { /* its keys come as texts, whatever their type */
        buf_adds(out, "MAP(VARCHAR, ");
        bool known = write_type(argument(signature, 1), depth + 1, arena, out);
        buf_addc(out, ')');
        return known;
    }
    if (strcmp(type, "decimal") == 0) {
        write_decimal(signature, out);
        return true;
    }
    if (strcmp(type, "timestamp") == 0) {
        write_timestamp(signature, out);
        return true;
    }
    const char *known = "VARCHAR";
    for (size_t i = 0; i < COUNT(types); i++)
        if (strcmp(types[i].trino, type) == 0)
            known = types[i].duckdb;
    buf_adds(out, known);
    return true;
}

static bool take_column(struct trino_query *query, const json_t *column, size_t index,
                        struct error *err)
{
    struct rows *rows = &query->rows;
    const json_t *signature = json_object_get(column, "typeSignature");
    const char *name = arena_strdup(query->arena, json_get_string(column, "name", ""));
    struct buf type;
    buf_init(&type, TYPE_LIMIT);
    bool known = write_type(signature, 0, query->arena, &type) && !type.full;
    rows->columns[index] = (struct rows_column){
        .name = rows_name(rows, name, index),
        .type = known ? buf_to_arena(&type, query->arena) : "VARCHAR",
        .json = known && is_nested(raw_type(signature)),
    };
    buf_release(&type);
    (void)json_array_append(query->types, (json_t *)(uintptr_t)signature);
    return known || error_set(err, ERROR_DATA, "column %s has a type that cannot be read: %.200s",
                              name, json_get_string(column, "type", "?"));
}

bool trino_take_columns(struct trino_query *query, const json_t *columns, struct error *err)
{
    struct rows *rows = &query->rows;
    size_t count = json_array_size(columns);
    rows->columns = arena_alloc(query->arena, (count + 1) * sizeof *rows->columns);
    query->types = json_own(query->arena, json_array());
    for (rows->count = 0; rows->count < count; rows->count++)
        if (!take_column(query, json_array_get(columns, rows->count), rows->count, err))
            return false;
    return rows_begin(rows, false, &query->load, err);
}

/* ---- values -------------------------------------------------------------------------------------
 */

/* A row comes as an array by position: it gets its names. New reference. */
static json_t *named(const json_t *value, const json_t *signature, struct arena *arena)
{
    const char *type = raw_type(signature);
    json_t *out = NULL;
    size_t index;
    const json_t *item;
    if (strcmp(type, "row") == 0 && json_is_array(value)) {
        out = json_object();
        json_array_foreach(value, index, item)
        {
            const json_t *member = argument(signature, index);
            (void)json_object_set_new_nocheck(out, member_name(member, index, arena),
                                              named(item, member_type(member), arena));
        }
    } else if (strcmp(type, "array") == 0 && json_is_array(value)) {
        out = json_array();
        json_array_foreach(value, index, item)(void)
            json_array_append_new(out, named(item, argument(signature, 0), arena));
    } else if (strcmp(type, "map") == 0 && json_is_object(value)) {
        const char *key;
        out = json_object();
        for (void *at = json_object_iter((json_t *)(uintptr_t)value); at;
             at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
            key = json_object_iter_key(at);
            (void)json_object_set_new_nocheck(
                out, key, named(json_object_iter_value(at), argument(signature, 1), arena));
        }
    }
    return out ? out : json_incref((json_t *)(uintptr_t)value);
}

static bool broken(struct error *err)
{
    return error_set(err, ERROR_DATA, "the rows of Trino cannot be read");
}

static bool take_nested(struct trino_query *query, size_t index, const struct token *token,
                        struct error *err)
{
    struct arena *arena = arena_new();
    size_t size;
    const json_t *value = json_parse(arena, token->text, token->size, token->size, err);
    if (value) {
        json_t *tree = json_own(arena, named(value, json_array_get(query->types, index), arena));
        const char *text = json_dump(arena, tree, &size);
        rows_text(&query->rows, index, text, size);
    }
    arena_free(arena);
    return value != NULL;
}

static void take_string(struct rows *rows, size_t index, const struct token *token)
{
    struct buf text;
    if (!token->dirty) {
        rows_text(rows, index, token->text, token->size);
        return;
    }
    buf_init(&text, 4 * token->size + 64);
    token_unescape(&text, token->text, token->size);
    rows_text(rows, index, text.data ? text.data : "", text.size);
    buf_release(&text);
}

static bool take_value(struct trino_query *query, size_t index, const struct token *token,
                       struct error *err)
{
    switch (token->kind) {
    case TOKEN_STRING:
        take_string(&query->rows, index, token);
        return true;
    case TOKEN_NULL:
        rows_bare(&query->rows, index, "", 0);
        return true;
    case TOKEN_NUMBER:
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        rows_bare(&query->rows, index, token->text, token->size);
        return true;
    case TOKEN_OBJECT:
    case TOKEN_ARRAY:
        break;
    }
    return take_nested(query, index, token, err);
}

static bool take_row(struct trino_query *query, struct cursor *cursor, struct error *err)
{
    size_t count = 0;
    bool first = true, ok = cursor_open(cursor, '[');
    struct token token;
    while (ok && cursor_more(cursor, ']', &first, &ok)) {
        if (!cursor_value(cursor, &token))
            return broken(err);
        if (count < query->rows.count && !take_value(query, count, &token, err))
            return false;
        count++;
    }
    if (!ok)
        return broken(err);
    if (count != query->rows.count)
        return error_set(err, ERROR_DATA, "a row of Trino's has %zu values, not %zu", count,
                         query->rows.count);
    return rows_end(&query->rows, err);
}

bool trino_take_rows(struct trino_query *query, const struct token *data, struct error *err)
{
    struct cursor cursor = {data->text, data->text + data->size};
    bool first = true, ok = cursor_open(&cursor, '[');
    while (ok && cursor_more(&cursor, ']', &first, &ok))
        if (!take_row(query, &cursor, err))
            return false;
    return ok || broken(err);
}
