/* Our functions are made when a statement first names them: to make all of them would take a sixth
 * of the time until the first answer. */
#include "engine/functions.h"
#include "engine/local_state.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool make_all(struct local *local, const char *sql, size_t size, struct error *err);

/* Under the instance's `making`. */
static bool make(struct local *local, size_t index, struct error *err)
{
    const struct local_function *function = &local_functions[index];
    const struct duckdb_api *api = &local->instance->api;
    duckdb_result result = {0};
    local->instance->made[index] = true; /* before the others that it names: it names itself */
    if (!function->sql)
        return true;
    if (!make_all(local, function->sql, strlen(function->sql), err))
        return false;
    bool ok = api->query(local->own.connection, function->sql, &result) == DuckDBSuccess;
    if (!ok)
        (void)local_fail(err, api->result_error(&result), false);
    api->destroy_result(&result);
    local->instance->made[index] = ok;
    return ok || error_wrap(err, "function %s", function->name);
}

static bool make_named(struct local *local, const char *word, size_t size, struct error *err)
{
    for (size_t i = 0; i < local_functions_count; i++)
        if (!local->instance->made[i] &&
            tolower((unsigned char)*word) == local_functions[i].name[0] &&
            strncasecmp(word, local_functions[i].name, size) == 0 && !local_functions[i].name[size])
            return make(local, i, err);
    return true;
}

static bool make_all(struct local *local, const char *sql, size_t size, struct error *err)
{
    for (size_t at = 0; at < size;) {
        size_t end = at;
        while (end < size && is_word(sql[end]))
            end++;
        if (end > at && !make_named(local, sql + at, end - at, err))
            return false;
        at = end + 1;
    }
    return true;
}

bool local_functions_for(struct local *local, const char *sql, size_t size, struct error *err)
{
    struct instance *instance = local->instance;
    pthread_mutex_lock(&instance->making);
    if (!instance->made)
        instance->made = xcalloc(local_functions_count, sizeof *instance->made);
    bool ok = make_all(local, sql, size, err);
    pthread_mutex_unlock(&instance->making);
    return ok;
}
