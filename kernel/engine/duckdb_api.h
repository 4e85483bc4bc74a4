/* duckdb_api - the functions of libduckdb that we call, looked up once when the library is first
 * needed. */
#ifndef COFFERDAM_ENGINE_DUCKDB_API_H
#define COFFERDAM_ENGINE_DUCKDB_API_H

#include "base/error.h"

#include <duckdb.h>

/* One pointer per symbol, named without its prefix. */
struct duckdb_api {
    __typeof__(&duckdb_library_version) library_version;
    __typeof__(&duckdb_create_config) create_config;
    __typeof__(&duckdb_set_config) set_config;
    __typeof__(&duckdb_destroy_config) destroy_config;
    __typeof__(&duckdb_open_ext) open_ext;
    __typeof__(&duckdb_close) close;
    __typeof__(&duckdb_connect) connect;
    __typeof__(&duckdb_disconnect) disconnect;
    __typeof__(&duckdb_free) free;
    __typeof__(&duckdb_extract_statements) extract_statements;
    __typeof__(&duckdb_prepare_extracted_statement) prepare_extracted_statement;
    __typeof__(&duckdb_extract_statements_error) extract_statements_error;
    __typeof__(&duckdb_destroy_extracted) destroy_extracted;
    __typeof__(&duckdb_prepare_error) prepare_error;
    __typeof__(&duckdb_prepared_statement_type) prepared_statement_type;
    __typeof__(&duckdb_nparams) nparams;
    __typeof__(&duckdb_destroy_prepare) destroy_prepare;
    __typeof__(&duckdb_bind_varchar_length) bind_varchar_length;
    __typeof__(&duckdb_bind_int64) bind_int64;
    __typeof__(&duckdb_bind_double) bind_double;
    __typeof__(&duckdb_bind_boolean) bind_boolean;
    __typeof__(&duckdb_bind_null) bind_null;
    __typeof__(&duckdb_execute_prepared) execute_prepared;
    __typeof__(&duckdb_pending_prepared) pending_prepared;
    __typeof__(&duckdb_pending_execute_task) pending_execute_task;
    __typeof__(&duckdb_execute_pending) execute_pending;
    __typeof__(&duckdb_destroy_pending) destroy_pending;
    __typeof__(&duckdb_query) query;
    __typeof__(&duckdb_interrupt) interrupt;
    __typeof__(&duckdb_query_progress) query_progress;
    __typeof__(&duckdb_column_count) column_count;
    __typeof__(&duckdb_column_name) column_name;
    __typeof__(&duckdb_column_logical_type) column_logical_type;
    __typeof__(&duckdb_column_type) column_type;
    __typeof__(&duckdb_fetch_chunk) fetch_chunk;
    __typeof__(&duckdb_result_error) result_error;
    __typeof__(&duckdb_result_error_type) result_error_type;
    __typeof__(&duckdb_result_return_type) result_return_type;
    __typeof__(&duckdb_rows_changed) rows_changed;
    __typeof__(&duckdb_destroy_result) destroy_result;
    __typeof__(&duckdb_data_chunk_get_size) data_chunk_get_size;
    __typeof__(&duckdb_data_chunk_get_column_count) data_chunk_get_column_count;
    __typeof__(&duckdb_data_chunk_get_vector) data_chunk_get_vector;
    __typeof__(&duckdb_destroy_data_chunk) destroy_data_chunk;
    __typeof__(&duckdb_vector_get_data) vector_get_data;
    __typeof__(&duckdb_vector_get_validity) vector_get_validity;
    __typeof__(&duckdb_list_vector_get_child) list_vector_get_child;
    __typeof__(&duckdb_struct_vector_get_child) struct_vector_get_child;
    __typeof__(&duckdb_array_vector_get_child) array_vector_get_child;
    __typeof__(&duckdb_get_type_id) get_type_id;
    __typeof__(&duckdb_logical_type_get_alias) logical_type_get_alias;
    __typeof__(&duckdb_decimal_width) decimal_width;
    __typeof__(&duckdb_decimal_scale) decimal_scale;
    __typeof__(&duckdb_decimal_internal_type) decimal_internal_type;
    __typeof__(&duckdb_enum_internal_type) enum_internal_type;
    __typeof__(&duckdb_enum_dictionary_value) enum_dictionary_value;
    __typeof__(&duckdb_list_type_child_type) list_type_child_type;
    __typeof__(&duckdb_array_type_child_type) array_type_child_type;
    __typeof__(&duckdb_array_type_array_size) array_type_array_size;
    __typeof__(&duckdb_map_type_key_type) map_type_key_type;
    __typeof__(&duckdb_map_type_value_type) map_type_value_type;
    __typeof__(&duckdb_struct_type_child_count) struct_type_child_count;
    __typeof__(&duckdb_struct_type_child_name) struct_type_child_name;
    __typeof__(&duckdb_struct_type_child_type) struct_type_child_type;
    __typeof__(&duckdb_union_type_member_count) union_type_member_count;
    __typeof__(&duckdb_union_type_member_name) union_type_member_name;
    __typeof__(&duckdb_union_type_member_type) union_type_member_type;
    __typeof__(&duckdb_destroy_logical_type) destroy_logical_type;
    __typeof__(&duckdb_create_logical_type) create_logical_type;
    __typeof__(&duckdb_create_scalar_function) create_scalar_function;
    __typeof__(&duckdb_destroy_scalar_function) destroy_scalar_function;
    __typeof__(&duckdb_scalar_function_set_name) scalar_function_set_name;
    __typeof__(&duckdb_scalar_function_add_parameter) scalar_function_add_parameter;
    __typeof__(&duckdb_scalar_function_set_return_type) scalar_function_set_return_type;
    __typeof__(&duckdb_scalar_function_set_function) scalar_function_set_function;
    __typeof__(&duckdb_register_scalar_function) register_scalar_function;
    __typeof__(&duckdb_scalar_function_set_extra_info) scalar_function_set_extra_info;
    __typeof__(&duckdb_scalar_function_get_extra_info) scalar_function_get_extra_info;
    __typeof__(&duckdb_vector_ensure_validity_writable) vector_ensure_validity_writable;
    __typeof__(&duckdb_validity_set_row_invalid) validity_set_row_invalid;
    __typeof__(&duckdb_vector_assign_string_element_len) vector_assign_string_element_len;
    __typeof__(&duckdb_scalar_function_set_error) scalar_function_set_error;
    __typeof__(&duckdb_create_table_function) create_table_function;
    __typeof__(&duckdb_destroy_table_function) destroy_table_function;
    __typeof__(&duckdb_table_function_set_name) table_function_set_name;
    __typeof__(&duckdb_table_function_add_parameter) table_function_add_parameter;
    __typeof__(&duckdb_table_function_set_extra_info) table_function_set_extra_info;
    __typeof__(&duckdb_table_function_set_bind) table_function_set_bind;
    __typeof__(&duckdb_table_function_set_init) table_function_set_init;
    __typeof__(&duckdb_table_function_set_function) table_function_set_function;
    __typeof__(&duckdb_register_table_function) register_table_function;
    __typeof__(&duckdb_bind_get_extra_info) bind_get_extra_info;
    __typeof__(&duckdb_bind_get_parameter) bind_get_parameter;
    __typeof__(&duckdb_bind_add_result_column) bind_add_result_column;
    __typeof__(&duckdb_bind_set_bind_data) bind_set_bind_data;
    __typeof__(&duckdb_bind_set_error) bind_set_error;
    __typeof__(&duckdb_init_get_extra_info) init_get_extra_info;
    __typeof__(&duckdb_init_get_bind_data) init_get_bind_data;
    __typeof__(&duckdb_init_set_init_data) init_set_init_data;
    __typeof__(&duckdb_init_set_max_threads) init_set_max_threads;
    __typeof__(&duckdb_init_set_error) init_set_error;
    __typeof__(&duckdb_function_get_init_data) function_get_init_data;
    __typeof__(&duckdb_function_set_error) function_set_error;
    __typeof__(&duckdb_get_varchar) get_varchar;
    __typeof__(&duckdb_destroy_value) destroy_value;
    __typeof__(&duckdb_data_chunk_set_size) data_chunk_set_size;
};

/* Loads libduckdb (local_library says where it is looked for) and fills the table; every symbol is
   there or it fails. The library stays loaded: it cannot be unloaded safely. */
bool duckdb_api_load(struct duckdb_api *api, struct error *err) ATTR_USE_RESULT;

#endif
