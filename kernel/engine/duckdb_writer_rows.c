/* duckdb_writer_rows - the table function that shows a lane's rows: types become trees, values
 * become vectors.
 *
 * Texts are not copied: a vector's entry points at the caller's bytes, which stay until writer_run
 * returns.
 */
#include "engine/duckdb_writer.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct kind_row {
    duckdb_type type;
    enum writer_kind kind;
};

static const struct kind_row kinds[] = {
    {DUCKDB_TYPE_VARCHAR, KIND_TEXT},   {DUCKDB_TYPE_INTEGER, KIND_INT},
    {DUCKDB_TYPE_BIGINT, KIND_BIGINT},  {DUCKDB_TYPE_BOOLEAN, KIND_BOOL},
    {DUCKDB_TYPE_TIMESTAMP, KIND_TIME}, {DUCKDB_TYPE_LIST, KIND_LIST},
    {DUCKDB_TYPE_MAP, KIND_LIST},       {DUCKDB_TYPE_STRUCT, KIND_STRUCT},
};

static bool shape_node(const struct writer_api *api, struct writer_shape *shape,
                       duckdb_logical_type type, size_t *at, struct error *err);

static bool shape_child(const struct writer_api *api, struct writer_shape *shape, size_t parent,
                        duckdb_logical_type child, struct error *err)
{
    size_t at = 0;
    bool ok = shape_node(api, shape, child, &at, err);
    api->destroy_logical_type(&child);
    if (ok) {
        struct writer_node *node = &shape->nodes[parent];
        node->child[node->children++] = at;
        node->leaves += shape->nodes[at].leaves;
    }
    return ok;
}

/* A map is a list of structs of key and value. */
static bool shape_map(const struct writer_api *api, struct writer_shape *shape, size_t at,
                      duckdb_logical_type type, struct error *err)
{
    if (shape->count == WRITER_NODES) {
        return error_set(err, ERROR_INTERNAL, "a column's type is too deep");
    }
    size_t item = shape->count++;
    shape->nodes[item] = (struct writer_node){.kind = KIND_STRUCT};
    shape->nodes[at].child[shape->nodes[at].children++] = item;
    return shape_child(api, shape, item, api->map_type_key_type(type), err) &&
           shape_child(api, shape, item, api->map_type_value_type(type), err);
}

static bool shape_node(const struct writer_api *api, struct writer_shape *shape,
                       duckdb_logical_type type, size_t *at, struct error *err)
{
    duckdb_type id = api->get_type_id(type);
    size_t row = 0;
    while (row < COUNT(kinds) && kinds[row].type != id) {
        row++;
    }
    if (row == COUNT(kinds) || shape->count == WRITER_NODES) {
        return error_set(err, ERROR_INTERNAL, "a column's type cannot be written");
    }
    *at = shape->count++;
    shape->nodes[*at] = (struct writer_node){.kind = kinds[row].kind};
    if (id == DUCKDB_TYPE_MAP) {
        return shape_map(api, shape, *at, type, err);
    }
    if (id == DUCKDB_TYPE_LIST) {
        return shape_child(api, shape, *at, api->list_type_child_type(type), err);
    }
    size_t members = id == DUCKDB_TYPE_STRUCT ? api->struct_type_child_count(type) : 0;
    if (members > COUNT(shape->nodes[0].child)) {
        return error_set(err, ERROR_INTERNAL, "a struct has too many members");
    }
    for (size_t i = 0; i < members; i++) {
        if (!shape_child(api, shape, *at, api->struct_type_child_type(type, i), err)) {
            return false;
        }
    }
    if (id != DUCKDB_TYPE_STRUCT) {
        shape->nodes[*at].leaves = 1;
    }
    return true;
}

bool writer_shape_read(const struct writer_api *api, struct writer_shape *shape,
                       duckdb_logical_type type, struct error *err)
{
    size_t at = 0;
    return shape_node(api, shape, type, &at, err);
}

/* The state of one scan: which columns the statement wants and how far it is. */
struct scan {
    struct writer_source *source;
    struct writer_lane *lane;
    size_t next;
    size_t wanted;
    size_t columns[WRITER_COLUMNS];
};

static void text_put(duckdb_string_t *slot, const struct writer_value *value)
{
    if (value->size <= 12) {
        memset(slot, 0, sizeof *slot);
        slot->value.inlined.length = value->size;
        if (value->size) {
            memcpy(slot->value.inlined.inlined, value->text, value->size);
        }
        return;
    }
    slot->value.pointer.length = value->size;
    memcpy(slot->value.pointer.prefix, value->text, 4);
    memcpy(&slot->value.pointer.ptr, &value->text, sizeof value->text);
}

static void scalar_put(enum writer_kind kind, void *data, size_t row,
                       const struct writer_value *value)
{
    if (kind == KIND_TEXT) {
        text_put((duckdb_string_t *)data + row, value);
    } else if (kind == KIND_INT) {
        ((int32_t *)data)[row] = (int32_t)value->number;
    } else if (kind == KIND_BOOL) {
        ((bool *)data)[row] = value->number != 0;
    } else {
        ((int64_t *)data)[row] = value->number;
    }
}

static void null_put(const struct writer_api *api, duckdb_vector vector, size_t row)
{
    api->vector_ensure_validity_writable(vector);
    api->validity_set_row_invalid(api->vector_get_validity(vector), row);
}

/* The items of one list, spread over the leaves of their type: leaf vectors begin at entry `first`.
 */
struct spread {
    const struct writer_api *api;
    const struct writer_shape *shape;
    const struct writer_value *items;
    size_t first, count, stride;
};

static void spread_items(const struct spread *spread, size_t node, duckdb_vector vector,
                         size_t leaf)
{
    const struct writer_node *self = &spread->shape->nodes[node];
    if (self->kind == KIND_STRUCT) {
        for (size_t i = 0; i < self->children; i++) {
            spread_items(spread, self->child[i], spread->api->struct_vector_get_child(vector, i),
                         leaf);
            leaf += spread->shape->nodes[self->child[i]].leaves;
        }
        return;
    }
    void *data = spread->api->vector_get_data(vector);
    for (size_t i = 0; i < spread->count; i++) {
        const struct writer_value *value = &spread->items[i * spread->stride + leaf];
        if (value->null) {
            null_put(spread->api, vector, spread->first + i);
        } else {
            scalar_put(self->kind, data, spread->first + i, value);
        }
    }
}

static const struct writer_value *value_of(const struct writer_row *row, size_t column)
{
    uint64_t bit = (uint64_t)1 << column;
    if (!(row->present & bit)) {
        return NULL;
    }
    return &row->values[__builtin_popcountll(row->present & (bit - 1))];
}

static void fill_lists(const struct scan *scan, size_t column, duckdb_vector vector, size_t rows)
{
    const struct writer_api *api = &scan->source->writer->api;
    const struct writer_shape *shape = &scan->source->shapes[column];
    const struct writer_row *const *give = scan->lane->give + scan->next;
    size_t total = 0;
    for (size_t i = 0; i < rows; i++) {
        const struct writer_value *value = value_of(give[i], column);
        total += value ? value->size : 0;
    }
    api->list_vector_reserve(vector, total);
    size_t item = shape->nodes[0].child[0];
    duckdb_vector child = api->list_vector_get_child(vector);
    duckdb_list_entry *entries = api->vector_get_data(vector);
    struct spread spread = {.api = api, .shape = shape, .stride = shape->nodes[item].leaves};
    for (size_t i = 0; i < rows; i++) {
        const struct writer_value *value = value_of(give[i], column);
        entries[i] = (duckdb_list_entry){.offset = spread.first, .length = value ? value->size : 0};
        if (!value) {
            null_put(api, vector, i);
            continue;
        }
        spread.items = value->items;
        spread.count = value->size;
        spread_items(&spread, item, child, 0);
        spread.first += value->size;
    }
    api->list_vector_set_size(vector, total);
}

static void fill_column(const struct scan *scan, size_t column, duckdb_vector vector, size_t rows)
{
    const struct writer_api *api = &scan->source->writer->api;
    enum writer_kind kind = scan->source->shapes[column].nodes[0].kind;
    if (kind == KIND_LIST) {
        fill_lists(scan, column, vector, rows);
        return;
    }
    const struct writer_row *const *give = scan->lane->give + scan->next;
    void *data = api->vector_get_data(vector);
    uint64_t *valid = NULL;
    for (size_t i = 0; i < rows; i++) {
        const struct writer_value *value = value_of(give[i], column);
        if (value) {
            scalar_put(kind, data, i, value);
            continue;
        }
        if (!valid) {
            api->vector_ensure_validity_writable(vector);
            valid = api->vector_get_validity(vector);
        }
        valid[i / 64] &= ~((uint64_t)1 << (i % 64));
    }
}

/* DuckDB gives its callbacks a handle that only its own functions can open, and we keep no global
   variable: the one function needed to reach our source is looked up by the library's name
   (writer_api_load made sure that it is found). */
static void *reach(const char *symbol)
{
    void *library = dlopen(WRITER_SONAME, RTLD_LAZY | RTLD_NOLOAD);
    void *address = dlsym(library, symbol);
    dlclose(library);
    return address;
}

typedef void *(*get_from_bind)(duckdb_bind_info info);
typedef void *(*get_from_init)(duckdb_init_info info);
typedef void *(*get_from_function)(duckdb_function_info info);

static void on_bind(duckdb_bind_info info)
{
    get_from_bind get = NULL;
    void *address = reach("duckdb_bind_get_extra_info");
    memcpy(&get, &address, sizeof get);
    struct writer_source *source = get(info);
    const struct writer_api *api = &source->writer->api;
    duckdb_value value = api->bind_get_parameter(info, 0);
    int64_t lane = api->get_int64(value);
    api->destroy_value(&value);
    if (lane < 0 || lane >= source->writer->lane_count) {
        api->bind_set_error(info, "no such lane");
        return;
    }
    for (size_t i = 0; i < source->count; i++) {
        api->bind_add_result_column(info, source->columns[i].name, source->shapes[i].type);
    }
    struct scan *scan = xcalloc(1, sizeof *scan);
    scan->source = source;
    scan->lane = &source->writer->lanes[lane];
    api->bind_set_bind_data(info, scan, free);
    api->bind_set_cardinality(info, scan->lane->count, true);
}

static void on_init(duckdb_init_info info)
{
    get_from_init get = NULL;
    void *address = reach("duckdb_init_get_bind_data");
    memcpy(&get, &address, sizeof get);
    const struct scan *bound = get(info);
    const struct writer_api *api = &bound->source->writer->api;
    struct scan *scan = xcalloc(1, sizeof *scan);
    *scan = *bound;
    scan->wanted = api->init_get_column_count(info);
    for (size_t i = 0; i < scan->wanted; i++) {
        scan->columns[i] = api->init_get_column_index(info, i);
    }
    api->init_set_init_data(info, scan, free);
    api->init_set_max_threads(info, 1);
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk output)
{
    get_from_function get = NULL;
    void *address = reach("duckdb_function_get_init_data");
    memcpy(&get, &address, sizeof get);
    struct scan *scan = get(info);
    struct writer *writer = scan->source->writer;
    if (atomic_load(&writer->stop)) {
        writer->api.function_set_error(info, "interrupted");
        return;
    }
    size_t left = scan->lane->count - scan->next;
    size_t most = writer->api.vector_size();
    size_t rows = left < most ? left : most;
    for (size_t i = 0; i < scan->wanted; i++) {
        if (scan->columns[i] <
            scan->source->count) { /* beyond: the row number that count(*) asks for */
            fill_column(scan, scan->columns[i], writer->api.data_chunk_get_vector(output, i), rows);
        }
    }
    writer->api.data_chunk_set_size(output, rows);
    scan->next += rows;
}

bool writer_function_add(struct writer_source *source, const char *name, struct error *err)
{
    const struct writer_api *api = &source->writer->api;
    duckdb_table_function function = api->create_table_function();
    duckdb_logical_type bigint = api->create_logical_type(DUCKDB_TYPE_BIGINT);
    api->table_function_set_name(function, name);
    api->table_function_add_parameter(function, bigint);
    api->table_function_set_extra_info(function, source, NULL);
    api->table_function_set_bind(function, on_bind);
    api->table_function_set_init(function, on_init);
    api->table_function_set_function(function, on_rows);
    api->table_function_supports_projection_pushdown(function, true);
    bool ok = api->register_table_function(source->writer->lanes[0].connection, function) ==
              DuckDBSuccess;
    api->destroy_logical_type(&bigint);
    api->destroy_table_function(&function);
    return ok || error_set(err, ERROR_INTERNAL, "duckdb does not take the function %s", name);
}
