/* arriving('ID'): a table function that reads a flow (engine/inflow.h). */
#include "engine/inflow.h"
#include "engine/local_state.h"

#include <string.h>

/* ---- what is offered ----------------------------------------------------------------------------
 */

bool local_offer(struct local *local, struct inflow *flow, struct error *err)
{
    struct instance *instance = local->instance;
    bool found = false;
    pthread_mutex_lock(&instance->mutex);
    for (size_t i = 0; i < COUNT(instance->offered) && !found; i++)
        if (!instance->offered[i]) {
            instance->offered[i] = inflow_hold(flow);
            found = true;
        }
    pthread_mutex_unlock(&instance->mutex);
    return found || error_set(err, ERROR_UNAVAILABLE, "the engine takes no more rows at once");
}

/* Out of the list: the reference is the caller's. */
static bool take_offered(struct instance *instance, const struct inflow *flow)
{
    bool found = false;
    pthread_mutex_lock(&instance->mutex);
    for (size_t i = 0; i < COUNT(instance->offered); i++)
        if (instance->offered[i] == flow) {
            instance->offered[i] = NULL;
            found = true;
        }
    pthread_mutex_unlock(&instance->mutex);
    return found;
}

void local_withdraw(struct local *local, struct inflow *flow)
{
    if (take_offered(local->instance, flow))
        inflow_release(flow);
}

/* Held for the caller, or NULL. */
static struct inflow *find_offered(struct instance *instance, const char *id)
{
    struct inflow *found = NULL;
    pthread_mutex_lock(&instance->mutex);
    for (size_t i = 0; i < COUNT(instance->offered) && !found; i++)
        if (instance->offered[i] && strcmp(inflow_id(instance->offered[i]), id) == 0)
            found = inflow_hold(instance->offered[i]);
    pthread_mutex_unlock(&instance->mutex);
    return found;
}

/* ---- the function -------------------------------------------------------------------------------
 */

static void end_binding(void *flow)
{
    inflow_release(flow);
}

static void end_reading(void *flow)
{
    inflow_leave(flow);
}

/* All columns are texts; the statement makes of them what they are. */
static void add_columns(duckdb_bind_info info, const struct inflow *flow)
{
    const struct duckdb_api *api = local_callback_api(NULL);
    duckdb_logical_type text = api->create_logical_type(DUCKDB_TYPE_VARCHAR);
    for (size_t i = 0; i < inflow_columns(flow); i++)
        api->bind_add_result_column(info, inflow_name(flow, i), text);
    api->destroy_logical_type(&text);
}

static void on_bind(duckdb_bind_info info)
{
    const struct duckdb_api *api = local_callback_api(NULL);
    duckdb_value value = api->bind_get_parameter(info, 0);
    char *id = api->get_varchar(value);
    struct inflow *flow = find_offered(api->bind_get_extra_info(info), id ? id : "");
    api->free(id);
    api->destroy_value(&value);
    if (!flow) {
        api->bind_set_error(info, "no rows of that name are arriving");
        return;
    }
    add_columns(info, flow);
    api->bind_set_bind_data(info, flow, end_binding);
}

static void on_init(duckdb_init_info info)
{
    const struct duckdb_api *api = local_callback_api(NULL);
    struct inflow *flow = api->init_get_bind_data(info);
    if (!take_offered(api->init_get_extra_info(info), flow)) {
        api->init_set_error(info, "these rows are read by another query");
        return;
    }
    api->init_set_max_threads(info, 1);
    api->init_set_init_data(info, flow, end_reading);
}

static void show_column(const struct duckdb_api *api, const struct inflow_block *block,
                        size_t column, duckdb_vector vector)
{
    memcpy(api->vector_get_data(vector), inflow_texts(block, column),
           block->rows * sizeof *block->texts);
    if (!block->nulls[column])
        return;
    api->vector_ensure_validity_writable(vector);
    memcpy(api->vector_get_validity(vector), inflow_valid(block, column),
           block->room / 64 * sizeof *block->valid);
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk output)
{
    const struct duckdb_api *api = local_callback_api(NULL);
    struct inflow *flow = api->function_get_init_data(info);
    bool broken;
    const struct inflow_block *block = inflow_next(flow, &broken);
    if (broken)
        api->function_set_error(info, "the rows do not arrive whole");
    for (size_t i = 0; block && i < inflow_columns(flow); i++)
        show_column(api, block, i, api->data_chunk_get_vector(output, i));
    api->data_chunk_set_size(output, block ? block->rows : 0);
}

bool local_inflow_register(struct instance *instance, duckdb_connection connection,
                           struct error *err)
{
    const struct duckdb_api *api = &instance->api;
    duckdb_table_function function = api->create_table_function();
    duckdb_logical_type text = api->create_logical_type(DUCKDB_TYPE_VARCHAR);
    (void)local_callback_api(api);
    api->table_function_set_name(function, "arriving");
    api->table_function_add_parameter(function, text);
    api->table_function_set_extra_info(function, instance, NULL);
    api->table_function_set_bind(function, on_bind);
    api->table_function_set_init(function, on_init);
    api->table_function_set_function(function, on_rows);
    bool added = api->register_table_function(connection, function) == DuckDBSuccess;
    api->destroy_logical_type(&text);
    api->destroy_table_function(&function);
    return added ||
           error_set(err, ERROR_INTERNAL, "the engine refuses the function that reads rows");
}
