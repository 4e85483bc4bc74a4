/* duckdb_writer - what the halves of the writer share: the symbols of libduckdb they use, sources
 * and lanes. */
#ifndef COFFERDAM_ENGINE_DUCKDB_WRITER_H
#define COFFERDAM_ENGINE_DUCKDB_WRITER_H

#include "engine/writer.h"

#include <duckdb.h>
#include <stdatomic.h>

/* One pointer per symbol of libduckdb, named without its prefix. Every one is there or writer_open
 * fails. */
struct writer_api {
    __typeof__(&duckdb_library_version) library_version;
    __typeof__(&duckdb_create_config) create_config;
    __typeof__(&duckdb_set_config) set_config;
    __typeof__(&duckdb_destroy_config) destroy_config;
    __typeof__(&duckdb_open_ext) open_ext;
    __typeof__(&duckdb_close) close;
    __typeof__(&duckdb_connect) connect;
    __typeof__(&duckdb_disconnect) disconnect;
    __typeof__(&duckdb_free) free;
    __typeof__(&duckdb_query) query;
    __typeof__(&duckdb_destroy_result) destroy_result;
    __typeof__(&duckdb_result_error) result_error;
    __typeof__(&duckdb_result_error_type) result_error_type;
    __typeof__(&duckdb_rows_changed) rows_changed;
    __typeof__(&duckdb_interrupt) interrupt;
    __typeof__(&duckdb_column_count) column_count;
    __typeof__(&duckdb_column_name) column_name;
    __typeof__(&duckdb_column_logical_type) column_logical_type;
    __typeof__(&duckdb_fetch_chunk) fetch_chunk;
    __typeof__(&duckdb_destroy_data_chunk) destroy_data_chunk;
    __typeof__(&duckdb_data_chunk_get_size) data_chunk_get_size;
    __typeof__(&duckdb_data_chunk_get_vector) data_chunk_get_vector;
    __typeof__(&duckdb_data_chunk_set_size) data_chunk_set_size;
    __typeof__(&duckdb_vector_get_data) vector_get_data;
    __typeof__(&duckdb_vector_get_validity) vector_get_validity;
    __typeof__(&duckdb_vector_ensure_validity_writable) vector_ensure_validity_writable;
    __typeof__(&duckdb_validity_set_row_invalid) validity_set_row_invalid;
    __typeof__(&duckdb_list_vector_get_child) list_vector_get_child;
    __typeof__(&duckdb_list_vector_reserve) list_vector_reserve;
    __typeof__(&duckdb_list_vector_set_size) list_vector_set_size;
    __typeof__(&duckdb_struct_vector_get_child) struct_vector_get_child;
    __typeof__(&duckdb_get_type_id) get_type_id;
    __typeof__(&duckdb_list_type_child_type) list_type_child_type;
    __typeof__(&duckdb_map_type_key_type) map_type_key_type;
    __typeof__(&duckdb_map_type_value_type) map_type_value_type;
    __typeof__(&duckdb_struct_type_child_count) struct_type_child_count;
    __typeof__(&duckdb_struct_type_child_type) struct_type_child_type;
    __typeof__(&duckdb_destroy_logical_type) destroy_logical_type;
    __typeof__(&duckdb_create_logical_type) create_logical_type;
    __typeof__(&duckdb_create_table_function) create_table_function;
    __typeof__(&duckdb_destroy_table_function) destroy_table_function;
    __typeof__(&duckdb_table_function_set_name) table_function_set_name;
    __typeof__(&duckdb_table_function_add_parameter) table_function_add_parameter;
    __typeof__(&duckdb_table_function_set_extra_info) table_function_set_extra_info;
    __typeof__(&duckdb_table_function_set_bind) table_function_set_bind;
    __typeof__(&duckdb_table_function_set_init) table_function_set_init;
    __typeof__(&duckdb_table_function_set_function) table_function_set_function;
    __typeof__(&duckdb_table_function_supports_projection_pushdown)
        table_function_supports_projection_pushdown;
    __typeof__(&duckdb_register_table_function) register_table_function;
    __typeof__(&duckdb_bind_get_extra_info) bind_get_extra_info;
    __typeof__(&duckdb_bind_add_result_column) bind_add_result_column;
    __typeof__(&duckdb_bind_get_parameter) bind_get_parameter;
    __typeof__(&duckdb_get_int64) get_int64;
    __typeof__(&duckdb_destroy_value) destroy_value;
    __typeof__(&duckdb_bind_set_bind_data) bind_set_bind_data;
    __typeof__(&duckdb_bind_set_cardinality) bind_set_cardinality;
    __typeof__(&duckdb_bind_set_error) bind_set_error;
    __typeof__(&duckdb_init_get_bind_data) init_get_bind_data;
    __typeof__(&duckdb_init_set_init_data) init_set_init_data;
    __typeof__(&duckdb_init_get_column_count) init_get_column_count;
    __typeof__(&duckdb_init_get_column_index) init_get_column_index;
    __typeof__(&duckdb_init_set_max_threads) init_set_max_threads;
    __typeof__(&duckdb_function_get_init_data) function_get_init_data;
    __typeof__(&duckdb_function_set_error) function_set_error;
    __typeof__(&duckdb_vector_size) vector_size;
};

/* Loads the library (once more, if the analyst's engine has it open) and fills the table. */
bool writer_api_load(struct writer_api *api, struct error *err) ATTR_USE_RESULT;

#define WRITER_SONAME "libduckdb.so" /* by which callbacks find the library again */
#define WRITER_SOURCES 16
#define WRITER_DEPTH 6  /* levels of nesting of a column's type */
#define WRITER_NODES 24 /* types within a column's type */

enum writer_kind { KIND_TEXT, KIND_INT, KIND_BIGINT, KIND_BOOL, KIND_TIME, KIND_LIST, KIND_STRUCT };

/* A column's type as a tree in one array: node 0 is the column itself. */
struct writer_node {
    enum writer_kind kind;
    size_t child[8]; /* nodes: of a list one, of a struct its members */
    size_t children;
    size_t leaves; /* values that one item of this type takes */
};

struct writer_shape {
    struct writer_node nodes[WRITER_NODES];
    size_t count;
    duckdb_logical_type type; /* owned by the writer */
};

struct writer_source {
    struct writer *writer;
    const struct writer_column *columns;
    size_t count;
    struct writer_shape *shapes; /* one per column */
};

/* A connection and what its statement is shown. */
struct writer_lane {
    duckdb_connection connection;
    const struct writer_row *const *give;
    size_t count;
};

struct writer {
    struct writer_api api;
    duckdb_database database;
    struct writer_lane lanes[WRITER_LANES];
    int lane_count;
    struct writer_source sources[WRITER_SOURCES];
    size_t source_count;
    atomic_bool stop;
};

/* duckdb_writer_rows.c: makes the shape of a type, registers the function, fills vectors. */
bool writer_shape_read(const struct writer_api *api, struct writer_shape *shape,
                       duckdb_logical_type type, struct error *err) ATTR_USE_RESULT;
bool writer_function_add(struct writer_source *source, const char *name,
                         struct error *err) ATTR_USE_RESULT;

#endif
