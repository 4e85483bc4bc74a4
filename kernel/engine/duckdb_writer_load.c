/* duckdb_writer_load - the symbols of libduckdb that the writer uses, looked up in one table. */
#include "engine/duckdb_writer.h"
#include "engine/local.h"

#include <dlfcn.h>
#include <string.h>

struct symbol {
    const char *name;
    size_t offset;
};

static const struct symbol symbols[] = {
    {"duckdb_library_version", offsetof(struct writer_api, library_version)},
    {"duckdb_create_config", offsetof(struct writer_api, create_config)},
    {"duckdb_set_config", offsetof(struct writer_api, set_config)},
    {"duckdb_destroy_config", offsetof(struct writer_api, destroy_config)},
    {"duckdb_open_ext", offsetof(struct writer_api, open_ext)},
    {"duckdb_close", offsetof(struct writer_api, close)},
    {"duckdb_connect", offsetof(struct writer_api, connect)},
    {"duckdb_disconnect", offsetof(struct writer_api, disconnect)},
    {"duckdb_free", offsetof(struct writer_api, free)},
    {"duckdb_query", offsetof(struct writer_api, query)},
    {"duckdb_destroy_result", offsetof(struct writer_api, destroy_result)},
    {"duckdb_result_error", offsetof(struct writer_api, result_error)},
    {"duckdb_result_error_type", offsetof(struct writer_api, result_error_type)},
    {"duckdb_rows_changed", offsetof(struct writer_api, rows_changed)},
    {"duckdb_interrupt", offsetof(struct writer_api, interrupt)},
    {"duckdb_column_count", offsetof(struct writer_api, column_count)},
    {"duckdb_column_name", offsetof(struct writer_api, column_name)},
    {"duckdb_column_logical_type", offsetof(struct writer_api, column_logical_type)},
    {"duckdb_fetch_chunk", offsetof(struct writer_api, fetch_chunk)},
    {"duckdb_destroy_data_chunk", offsetof(struct writer_api, destroy_data_chunk)},
    {"duckdb_data_chunk_get_size", offsetof(struct writer_api, data_chunk_get_size)},
    {"duckdb_data_chunk_get_vector", offsetof(struct writer_api, data_chunk_get_vector)},
    {"duckdb_data_chunk_set_size", offsetof(struct writer_api, data_chunk_set_size)},
    {"duckdb_vector_get_data", offsetof(struct writer_api, vector_get_data)},
    {"duckdb_vector_get_validity", offsetof(struct writer_api, vector_get_validity)},
    {"duckdb_vector_ensure_validity_writable",
     offsetof(struct writer_api, vector_ensure_validity_writable)},
    {"duckdb_validity_set_row_invalid", offsetof(struct writer_api, validity_set_row_invalid)},
    {"duckdb_list_vector_get_child", offsetof(struct writer_api, list_vector_get_child)},
    {"duckdb_list_vector_reserve", offsetof(struct writer_api, list_vector_reserve)},
    {"duckdb_list_vector_set_size", offsetof(struct writer_api, list_vector_set_size)},
    {"duckdb_struct_vector_get_child", offsetof(struct writer_api, struct_vector_get_child)},
    {"duckdb_get_type_id", offsetof(struct writer_api, get_type_id)},
    {"duckdb_list_type_child_type", offsetof(struct writer_api, list_type_child_type)},
    {"duckdb_map_type_key_type", offsetof(struct writer_api, map_type_key_type)},
    {"duckdb_map_type_value_type", offsetof(struct writer_api, map_type_value_type)},
    {"duckdb_struct_type_child_count", offsetof(struct writer_api, struct_type_child_count)},
    {"duckdb_struct_type_child_type", offsetof(struct writer_api, struct_type_child_type)},
    {"duckdb_destroy_logical_type", offsetof(struct writer_api, destroy_logical_type)},
    {"duckdb_create_logical_type", offsetof(struct writer_api, create_logical_type)},
    {"duckdb_create_table_function", offsetof(struct writer_api, create_table_function)},
    {"duckdb_destroy_table_function", offsetof(struct writer_api, destroy_table_function)},
    {"duckdb_table_function_set_name", offsetof(struct writer_api, table_function_set_name)},
    {"duckdb_table_function_add_parameter",
     offsetof(struct writer_api, table_function_add_parameter)},
    {"duckdb_table_function_set_extra_info",
     offsetof(struct writer_api, table_function_set_extra_info)},
    {"duckdb_table_function_set_bind", offsetof(struct writer_api, table_function_set_bind)},
    {"duckdb_table_function_set_init", offsetof(struct writer_api, table_function_set_init)},
    {"duckdb_table_function_set_function",
     offsetof(struct writer_api, table_function_set_function)},
    {"duckdb_table_function_supports_projection_pushdown",
     offsetof(struct writer_api, table_function_supports_projection_pushdown)},
    {"duckdb_register_table_function", offsetof(struct writer_api, register_table_function)},
    {"duckdb_bind_get_extra_info", offsetof(struct writer_api, bind_get_extra_info)},
    {"duckdb_bind_add_result_column", offsetof(struct writer_api, bind_add_result_column)},
    {"duckdb_bind_get_parameter", offsetof(struct writer_api, bind_get_parameter)},
    {"duckdb_get_int64", offsetof(struct writer_api, get_int64)},
    {"duckdb_destroy_value", offsetof(struct writer_api, destroy_value)},
    {"duckdb_bind_set_bind_data", offsetof(struct writer_api, bind_set_bind_data)},
    {"duckdb_bind_set_cardinality", offsetof(struct writer_api, bind_set_cardinality)},
    {"duckdb_bind_set_error", offsetof(struct writer_api, bind_set_error)},
    {"duckdb_init_get_bind_data", offsetof(struct writer_api, init_get_bind_data)},
    {"duckdb_init_set_init_data", offsetof(struct writer_api, init_set_init_data)},
    {"duckdb_init_get_column_count", offsetof(struct writer_api, init_get_column_count)},
    {"duckdb_init_get_column_index", offsetof(struct writer_api, init_get_column_index)},
    {"duckdb_init_set_max_threads", offsetof(struct writer_api, init_set_max_threads)},
    {"duckdb_function_get_init_data", offsetof(struct writer_api, function_get_init_data)},
    {"duckdb_function_set_error", offsetof(struct writer_api, function_set_error)},
    {"duckdb_vector_size", offsetof(struct writer_api, vector_size)},
};

bool writer_api_load(struct writer_api *api, struct error *err)
{
    struct arena *arena = arena_new();
    const char *path = NULL;
    bool there = local_library(arena, &path);
    void *library = there ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (!library) {
        error_set(err, ERROR_UNAVAILABLE, "libduckdb cannot be loaded%s%s", path ? " from " : "",
                  path ? path : "");
        error_hint(err, "Run `make` again, or set DUCKDB_LIB to the library's path.");
    }
    arena_free(arena);
    if (!library) {
        return false;
    }
    void *again = dlopen(WRITER_SONAME, RTLD_LAZY | RTLD_NOLOAD);
    if (!again) {
        return error_set(err, ERROR_UNAVAILABLE, "libduckdb does not call itself %s",
                         WRITER_SONAME);
    }
    dlclose(again);
    for (size_t i = 0; i < COUNT(symbols); i++) {
        void *address = dlsym(library, symbols[i].name);
        if (!address) {
            return error_set(err, ERROR_UNAVAILABLE, "libduckdb has no %s", symbols[i].name);
        }
        memcpy((char *)api + symbols[i].offset, &address, sizeof address);
    }
    return true;
}
