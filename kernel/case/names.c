/* The names that completion offers: parameters, settings, kept results, functions, tables of lakes,
 * values seen in results. */
#include "case/session_state.h"

#include "case/commons_state.h"
#include "engine/functions.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_LIMIT 20000
#define KEPT_MOST 1000    /* results */
#define KEPT_COLUMNS 1000 /* of one */

void session_names_changed(struct session *session)
{
    (void)pthread_mutex_lock(&session->commons->lock);
    session->commons->names_changed = true;
    (void)pthread_mutex_unlock(&session->commons->lock);
}

static json_t *optional(const char *text)
{
    return text ? json_texts(text) : json_null();
}

/* Adding a table again replaces what was said of it: lakes are opened more than once. */
void session_add_name(struct session *session, const struct name *name)
{
    struct commons *commons = session->commons;
    json_t *row = json_array();
    json_array_append_new(row, json_integer(name->kind));
    json_array_append_new(row, json_texts(name->text));
    json_array_append_new(row, optional(name->parent));
    json_array_append_new(row, optional(name->type));
    json_array_append_new(row, optional(name->comment));
    (void)pthread_mutex_lock(&commons->lock);
    if (json_array_size(commons->names) < SEEN_LIMIT * 2) {
        json_array_append(commons->names, row);
        commons->names_changed = true;
    }
    (void)pthread_mutex_unlock(&commons->lock);
    json_decref(row);
}

static const char *text_at(const json_t *row, size_t index)
{
    return json_string_value(json_array_get(row, index));
}

static void add_lasting(const struct commons *commons, struct catalog *catalog)
{
    for (size_t i = 0; i < json_array_size(commons->names); i++) {
        const json_t *row = json_array_get(commons->names, i);
        struct name name = {.kind = (enum name_kind)json_integer_value(json_array_get(row, 0)),
                            .text = text_at(row, 1),
                            .parent = text_at(row, 2),
                            .type = text_at(row, 3),
                            .comment = text_at(row, 4)};
        catalog_add(catalog, &name);
    }
}

void session_add_seen(struct session *session, enum name_kind kind, const char *text, size_t size)
{
    struct commons *commons = session->commons;
    char key[256];
    if (size + 4 > sizeof key)
        return;
    key[0] = (char)('a' + (int)kind);
    memcpy(key + 1, text, size);
    key[size + 1] = '\0';
    (void)pthread_mutex_lock(&commons->lock);
    if (json_object_size(commons->seen) < SEEN_LIMIT && !json_object_get(commons->seen, key) &&
        json_object_set_new(commons->seen, key, json_true()) == 0)
        commons->names_changed = true;
    (void)pthread_mutex_unlock(&commons->lock);
}

static void add_seen(const struct commons *commons, struct catalog *catalog)
{
    const char *key;
    json_t *value;
    json_object_foreach(commons->seen, key, value)
    {
        struct name name = {.kind = (enum name_kind)(key[0] - 'a'), .text = key + 1};
        catalog_add(catalog, &name);
    }
}

/* ---- kept results ---- */

void names_add_kept(struct session *session, const char *name, const struct table *table)
{
    struct commons *commons = session->commons;
    json_t *columns = json_array();
    for (size_t i = 0; i < table->column_count && i < KEPT_COLUMNS; i++) {
        json_t *column = json_array();
        json_array_append_new(column, json_texts(table->columns[i].name));
        json_array_append_new(column, optional(table->columns[i].engine_type));
        json_array_append_new(columns, column);
    }
    (void)pthread_mutex_lock(&commons->lock);
    if (json_object_get(commons->kept, name) || json_object_size(commons->kept) < KEPT_MOST)
        json_object_set(commons->kept, name, columns);
    commons->names_changed = true;
    (void)pthread_mutex_unlock(&commons->lock);
    json_decref(columns);
}

static bool ask(struct session *session, const char *sql, struct arena *arena, struct table **out)
{
    struct local_statement statement = {.sql = sql};
    struct error ignored = {0};
    return local_run(session->local, &statement, arena, out, &ignored);
}

static json_t *columns_of_kept(const struct table *rows)
{
    json_t *kept = json_object();
    for (int64_t i = 0; rows && i < rows->rows; i++) {
        const char *name = table_text(rows, i, "table_name");
        json_t *columns = json_object_get(kept, name);
        if (!columns) {
            columns = json_array();
            json_object_set_new(kept, name, columns);
        }
        json_t *column = json_array();
        json_array_append_new(column, json_texts(table_text(rows, i, "column_name")));
        json_array_append_new(column, json_texts(table_text(rows, i, "data_type")));
        json_array_append_new(columns, column);
    }
    return kept;
}

void names_of_kept(struct session *session)
{
    struct commons *commons = session->commons;
    struct arena *arena = arena_new();
    struct table *rows = NULL;
    if (!ask(session,
             "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name "
             "= 'results' AND NOT regexp_matches(table_name, '^_0(_[0-9]+)?$') ORDER BY "
             "table_name, column_index LIMIT 20000",
             arena, &rows))
        rows = NULL;
    json_t *kept = columns_of_kept(rows);
    (void)pthread_mutex_lock(&commons->lock);
    json_decref(commons->kept);
    commons->kept = kept;
    commons->names_changed = true;
    (void)pthread_mutex_unlock(&commons->lock);
    arena_free(arena);
}

static void add_kept(const struct commons *commons, struct catalog *catalog)
{
    const char *key;
    json_t *columns;
    json_object_foreach(commons->kept, key, columns)
    {
        struct name table = {.kind = NAME_TABLE, .text = key, .comment = "A kept result."};
        catalog_add(catalog, &table);
        for (size_t i = 0; i < json_array_size(columns); i++) {
            const json_t *row = json_array_get(columns, i);
            struct name column = {.kind = NAME_COLUMN,
                                  .text = text_at(row, 0),
                                  .parent = key,
                                  .type = text_at(row, 1)};
            if (column.text && *column.text)
                catalog_add(catalog, &column);
        }
    }
}

/* ---- functions of the engine ---- */

static void read_functions(struct session *session)
{
    struct arena *arena = arena_new();
    struct table *rows = NULL;
    if (ask(session,
            "SELECT function_name AS name, any_value(array_to_string(parameters, ', ')) AS args, "
            "any_value(description) AS says, any_value(examples[1]) AS example FROM "
            "duckdb_functions() WHERE internal AND regexp_matches(function_name, "
            "'^[a-z][a-z0-9_]*$') AND NOT starts_with(function_name, 'pragma_') GROUP BY 1",
            arena, &rows))
        for (int64_t i = 0; i < rows->rows; i++) {
            const char *name = table_text(rows, i, "name"), *says = table_text(rows, i, "says");
            struct name function = {
                .kind = NAME_FUNCTION,
                .text = name,
                .type = arena_printf(arena, "%s(%s)", name, table_text(rows, i, "args")),
                .comment = *says ? says : NULL};
            session_add_name(session, &function);
        }
    arena_free(arena);
}

void names_after_query(struct session *session)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    bool due = ++commons->queries >= 2 && !commons->functions_known && session->local;
    commons->functions_known = commons->functions_known || due;
    (void)pthread_mutex_unlock(&commons->lock);
    if (due)
        read_functions(session);
}

static void add_parameters(const struct commons *commons, struct catalog *catalog)
{
    const char *key;
    json_t *value;
    json_object_foreach(commons->parameters, key, value)
    {
        char *shown = json_dumps(value, JSON_ENCODE_ANY);
        struct name name = {
            .kind = NAME_PARAMETER, .text = key, .type = "parameter", .comment = shown};
        catalog_add(catalog, &name);
        free(shown);
    }
}

static const struct catalog *catalog_of(const struct commons *commons)
{
    struct catalog *catalog = catalog_new();
    add_lasting(commons, catalog);
    add_kept(commons, catalog);
    add_seen(commons, catalog);
    add_parameters(commons, catalog);
    for (size_t i = 0; i < settings_count; i++) {
        struct name name = {.kind = NAME_SETTING,
                            .text = settings_table[i].name,
                            .type = settings_table[i].value,
                            .comment = settings_table[i].help};
        catalog_add(catalog, &name);
    }
    for (size_t i = 0; i < local_functions_count; i++) {
        struct name name = {.kind = NAME_FUNCTION,
                            .text = local_functions[i].name,
                            .type = local_functions[i].signature,
                            .comment = local_functions[i].comment,
                            .example = local_functions[i].example};
        catalog_add(catalog, &name);
    }
    return catalog_share(catalog);
}

const struct catalog *session_snapshot(struct session *session)
{
    struct commons *commons = session->commons;
    const struct catalog *fresh = NULL;
    (void)pthread_mutex_lock(&commons->lock);
    if (commons->names_changed) {
        commons->names_changed = false;
        catalog_release(commons->catalog);
        commons->catalog = catalog_of(commons);
        commons->catalog_serial++;
    }
    if (session->catalog_seen != commons->catalog_serial)
        fresh = catalog_hold(commons->catalog);
    session->catalog_seen = commons->catalog_serial;
    (void)pthread_mutex_unlock(&commons->lock);
    return fresh;
}

int64_t session_snapshot_serial(const struct session *session)
{
    return session->catalog_seen;
}
