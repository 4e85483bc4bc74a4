#include "engine/duckdb_api.h"

#include "base/file.h"
#include "engine/local.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
    {"duckdb_library_version", offsetof(struct duckdb_api, library_version)},
    {"duckdb_create_config", offsetof(struct duckdb_api, create_config)},
    {"duckdb_set_config", offsetof(struct duckdb_api, set_config)},
    {"duckdb_destroy_config", offsetof(struct duckdb_api, destroy_config)},
    {"duckdb_open_ext", offsetof(struct duckdb_api, open_ext)},
    {"duckdb_close", offsetof(struct duckdb_api, close)},
    {"duckdb_connect", offsetof(struct duckdb_api, connect)},
    {"duckdb_disconnect", offsetof(struct duckdb_api, disconnect)},
    {"duckdb_free", offsetof(struct duckdb_api, free)},
    {"duckdb_extract_statements", offsetof(struct duckdb_api, extract_statements)},
    {"duckdb_prepare_extracted_statement",
     offsetof(struct duckdb_api, prepare_extracted_statement)},
    {"duckdb_extract_statements_error", offsetof(struct duckdb_api, extract_statements_error)},
    {"duckdb_destroy_extracted", offsetof(struct duckdb_api, destroy_extracted)},
    {"duckdb_prepare_error", offsetof(struct duckdb_api, prepare_error)},
    {"duckdb_prepared_statement_type", offsetof(struct duckdb_api, prepared_statement_type)},
    {"duckdb_nparams", offsetof(struct duckdb_api, nparams)},
    {"duckdb_destroy_prepare", offsetof(struct duckdb_api, destroy_prepare)},
    {"duckdb_bind_varchar_length", offsetof(struct duckdb_api, bind_varchar_length)},
    {"duckdb_bind_int64", offsetof(struct duckdb_api, bind_int64)},
    {"duckdb_bind_double", offsetof(struct duckdb_api, bind_double)},
    {"duckdb_bind_boolean", offsetof(struct duckdb_api, bind_boolean)},
    {"duckdb_bind_null", offsetof(struct duckdb_api, bind_null)},
    {"duckdb_execute_prepared", offsetof(struct duckdb_api, execute_prepared)},
    {"duckdb_pending_prepared", offsetof(struct duckdb_api, pending_prepared)},
    {"duckdb_pending_execute_task", offsetof(struct duckdb_api, pending_execute_task)},
    {"duckdb_execute_pending", offsetof(struct duckdb_api, execute_pending)},
    {"duckdb_destroy_pending", offsetof(struct duckdb_api, destroy_pending)},
    {"duckdb_query", offsetof(struct duckdb_api, query)},
    {"duckdb_interrupt", offsetof(struct duckdb_api, interrupt)},
    {"duckdb_query_progress", offsetof(struct duckdb_api, query_progress)},
    {"duckdb_column_count", offsetof(struct duckdb_api, column_count)},
    {"duckdb_column_name", offsetof(struct duckdb_api, column_name)},
    {"duckdb_column_logical_type", offsetof(struct duckdb_api, column_logical_type)},
    {"duckdb_column_type", offsetof(struct duckdb_api, column_type)},
    {"duckdb_fetch_chunk", offsetof(struct duckdb_api, fetch_chunk)},
    {"duckdb_result_error", offsetof(struct duckdb_api, result_error)},
    {"duckdb_result_error_type", offsetof(struct duckdb_api, result_error_type)},
    {"duckdb_result_return_type", offsetof(struct duckdb_api, result_return_type)},
    {"duckdb_rows_changed", offsetof(struct duckdb_api, rows_changed)},
    {"duckdb_destroy_result", offsetof(struct duckdb_api, destroy_result)},
    {"duckdb_data_chunk_get_size", offsetof(struct duckdb_api, data_chunk_get_size)},
    {"duckdb_data_chunk_get_column_count",
     offsetof(struct duckdb_api, data_chunk_get_column_count)},
    {"duckdb_data_chunk_get_vector", offsetof(struct duckdb_api, data_chunk_get_vector)},
    {"duckdb_destroy_data_chunk", offsetof(struct duckdb_api, destroy_data_chunk)},
    {"duckdb_vector_get_data", offsetof(struct duckdb_api, vector_get_data)},
    {"duckdb_vector_get_validity", offsetof(struct duckdb_api, vector_get_validity)},
    {"duckdb_list_vector_get_child", offsetof(struct duckdb_api, list_vector_get_child)},
    {"duckdb_struct_vector_get_child", offsetof(struct duckdb_api, struct_vector_get_child)},
    {"duckdb_array_vector_get_child", offsetof(struct duckdb_api, array_vector_get_child)},
    {"duckdb_get_type_id", offsetof(struct duckdb_api, get_type_id)},
    {"duckdb_logical_type_get_alias", offsetof(struct duckdb_api, logical_type_get_alias)},
    {"duckdb_decimal_width", offsetof(struct duckdb_api, decimal_width)},
    {"duckdb_decimal_scale", offsetof(struct duckdb_api, decimal_scale)},
    {"duckdb_decimal_internal_type", offsetof(struct duckdb_api, decimal_internal_type)},
    {"duckdb_enum_internal_type", offsetof(struct duckdb_api, enum_internal_type)},
    {"duckdb_enum_dictionary_value", offsetof(struct duckdb_api, enum_dictionary_value)},
    {"duckdb_list_type_child_type", offsetof(struct duckdb_api, list_type_child_type)},
    {"duckdb_array_type_child_type", offsetof(struct duckdb_api, array_type_child_type)},
    {"duckdb_array_type_array_size", offsetof(struct duckdb_api, array_type_array_size)},
    {"duckdb_map_type_key_type", offsetof(struct duckdb_api, map_type_key_type)},
    {"duckdb_map_type_value_type", offsetof(struct duckdb_api, map_type_value_type)},
    {"duckdb_struct_type_child_count", offsetof(struct duckdb_api, struct_type_child_count)},
    {"duckdb_struct_type_child_name", offsetof(struct duckdb_api, struct_type_child_name)},
    {"duckdb_struct_type_child_type", offsetof(struct duckdb_api, struct_type_child_type)},
    {"duckdb_union_type_member_count", offsetof(struct duckdb_api, union_type_member_count)},
    {"duckdb_union_type_member_name", offsetof(struct duckdb_api, union_type_member_name)},
    {"duckdb_union_type_member_type", offsetof(struct duckdb_api, union_type_member_type)},
    {"duckdb_destroy_logical_type", offsetof(struct duckdb_api, destroy_logical_type)},
    {"duckdb_create_logical_type", offsetof(struct duckdb_api, create_logical_type)},
    {"duckdb_create_scalar_function", offsetof(struct duckdb_api, create_scalar_function)},
    {"duckdb_destroy_scalar_function", offsetof(struct duckdb_api, destroy_scalar_function)},
    {"duckdb_scalar_function_set_name", offsetof(struct duckdb_api, scalar_function_set_name)},
    {"duckdb_scalar_function_add_parameter",
     offsetof(struct duckdb_api, scalar_function_add_parameter)},
    {"duckdb_scalar_function_set_return_type",
     offsetof(struct duckdb_api, scalar_function_set_return_type)},
    {"duckdb_scalar_function_set_function",
     offsetof(struct duckdb_api, scalar_function_set_function)},
    {"duckdb_register_scalar_function", offsetof(struct duckdb_api, register_scalar_function)},
    {"duckdb_scalar_function_set_extra_info",
     offsetof(struct duckdb_api, scalar_function_set_extra_info)},
    {"duckdb_scalar_function_get_extra_info",
     offsetof(struct duckdb_api, scalar_function_get_extra_info)},
    {"duckdb_vector_ensure_validity_writable",
     offsetof(struct duckdb_api, vector_ensure_validity_writable)},
    {"duckdb_validity_set_row_invalid", offsetof(struct duckdb_api, validity_set_row_invalid)},
    {"duckdb_vector_assign_string_element_len",
     offsetof(struct duckdb_api, vector_assign_string_element_len)},
    {"duckdb_scalar_function_set_error", offsetof(struct duckdb_api, scalar_function_set_error)},
    {"duckdb_create_table_function", offsetof(struct duckdb_api, create_table_function)},
    {"duckdb_destroy_table_function", offsetof(struct duckdb_api, destroy_table_function)},
    {"duckdb_table_function_set_name", offsetof(struct duckdb_api, table_function_set_name)},
    {"duckdb_table_function_add_parameter",
     offsetof(struct duckdb_api, table_function_add_parameter)},
    {"duckdb_table_function_set_extra_info",
     offsetof(struct duckdb_api, table_function_set_extra_info)},
    {"duckdb_table_function_set_bind", offsetof(struct duckdb_api, table_function_set_bind)},
    {"duckdb_table_function_set_init", offsetof(struct duckdb_api, table_function_set_init)},
    {"duckdb_table_function_set_function",
     offsetof(struct duckdb_api, table_function_set_function)},
    {"duckdb_register_table_function", offsetof(struct duckdb_api, register_table_function)},
    {"duckdb_bind_get_extra_info", offsetof(struct duckdb_api, bind_get_extra_info)},
    {"duckdb_bind_get_parameter", offsetof(struct duckdb_api, bind_get_parameter)},
    {"duckdb_bind_add_result_column", offsetof(struct duckdb_api, bind_add_result_column)},
    {"duckdb_bind_set_bind_data", offsetof(struct duckdb_api, bind_set_bind_data)},
    {"duckdb_bind_set_error", offsetof(struct duckdb_api, bind_set_error)},
    {"duckdb_init_get_extra_info", offsetof(struct duckdb_api, init_get_extra_info)},
    {"duckdb_init_get_bind_data", offsetof(struct duckdb_api, init_get_bind_data)},
    {"duckdb_init_set_init_data", offsetof(struct duckdb_api, init_set_init_data)},
    {"duckdb_init_set_max_threads", offsetof(struct duckdb_api, init_set_max_threads)},
    {"duckdb_init_set_error", offsetof(struct duckdb_api, init_set_error)},
    {"duckdb_function_get_init_data", offsetof(struct duckdb_api, function_get_init_data)},
    {"duckdb_function_set_error", offsetof(struct duckdb_api, function_set_error)},
    {"duckdb_get_varchar", offsetof(struct duckdb_api, get_varchar)},
    {"duckdb_destroy_value", offsetof(struct duckdb_api, destroy_value)},
    {"duckdb_data_chunk_set_size", offsetof(struct duckdb_api, data_chunk_set_size)},
};

/* Beside the binary as built, as installed, and as the system has it. */
static const char *const places[] = {
    "libduckdb.so",
    "deps/libduckdb.so",
    "../deps/libduckdb.so",
    "../lib/cofferdam/libduckdb.so",
};

bool local_library(struct arena *arena, const char **path)
{
    const char *named = getenv("DUCKDB_LIB");
    if (named && *named) {
        *path = arena_strdup(arena, named);
        return file_exists(named);
    }
    const char *folder = file_executable_folder(arena);
    for (size_t i = 0; i < COUNT(places); i++) {
        *path = file_join(arena, folder, places[i]);
        if (file_exists(*path))
            return true;
    }
    *path = "libduckdb.so";
    return false;
}

static bool look_up(void *library, const char *path, struct duckdb_api *api, struct error *err)
{
    for (size_t i = 0; i < COUNT(symbols); i++) {
        void *symbol = dlsym(library, symbols[i].name);
        if (!symbol) {
            (void)error_set(err, ERROR_UNAVAILABLE, "%s has no %s", path, symbols[i].name);
            return error_hint(err, "It is too old or not DuckDB: version 1.4 or later is needed.");
        }
        memcpy((char *)api + symbols[i].offset, &symbol, sizeof symbol);
    }
    return true;
}

bool duckdb_api_load(struct duckdb_api *api, struct error *err)
{
    struct arena *arena = arena_new();
    const char *path;
    (void)local_library(arena, &path);
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    bool loaded = library && look_up(library, path, api, err);
    if (!library) {
        (void)error_set(err, ERROR_UNAVAILABLE, "the embedded engine cannot be loaded: %s",
                        dlerror());
        (void)error_hint(err, "SQL and %%lake need libduckdb: run make setup, or set DUCKDB_LIB to "
                              "the path of libduckdb.so. "
                              "Everything else works without it.");
    }
    arena_free(arena);
    return loaded;
}
