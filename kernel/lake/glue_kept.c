/* What was found is kept in the session, and shown. */
#include "lake/glue.h"

#include "aws/reply.h"
#include "base/json.h"

#include <string.h>

static void put(json_t *into, const char *name, const char *text)
{
    if (text)
        (void)json_object_set_new(into, name, json_texts(text));
}

static json_t *saved_table(const struct glue_table *table)
{
    json_t *made = json_object();
    put(made, "view", table->is.source->view);
    put(made, "version", remote_version_name(table->is.version));
    put(made, "region", table->region);
    put(made, "catalog", table->is.catalog);
    put(made, "database", table->is.database);
    put(made, "table", table->is.table);
    put(made, "target", table->target);
    put(made, "location", table->location);
    return made;
}

void glue_remember(struct session *session, const char *region, const struct glue *found)
{
    json_t *list = json_array();
    const json_t *before = session_athena_tables(session);
    for (size_t i = 0; i < json_array_size(before); i++)
        if (strcmp(reply_text(json_array_get(before, i), "region"), region) != 0)
            (void)json_array_append(list, json_array_get(before, i));
    for (size_t i = 0; i < found->count; i++)
        (void)json_array_append_new(list, saved_table(&found->tables[i]));
    session_set_athena_tables(session, list);
    json_decref(list);
    session_names_changed(session);
}

static const char *text_of(const json_t *saved, const char *name, struct arena *arena)
{
    const char *text = reply_text(saved, name);
    return *text ? arena_strdup(arena, text) : NULL;
}

/* What another version of the kernel may have written is looked at before it is believed. */
static bool read_table(const json_t *saved, struct arena *arena, struct glue_table *out)
{
    *out = (struct glue_table){
        .is = {.source = source_find(reply_text(saved, "view")),
               .catalog = text_of(saved, "catalog", arena),
               .database = text_of(saved, "database", arena),
               .table = text_of(saved, "table", arena)},
        .region = text_of(saved, "region", arena),
        .location = text_of(saved, "location", arena),
        .target = text_of(saved, "target", arena),
    };
    for (int version = REMOTE_1; version < REMOTE_VERSIONS; version++)
        if (strcmp(remote_version_name((enum remote_version)version),
                   reply_text(saved, "version")) == 0)
            out->is.version = (enum remote_version)version;
    return out->is.source && out->is.version && out->is.catalog && out->is.database &&
           out->is.table && out->region;
}

void glue_remembered(const struct session *session, const char *region, struct arena *arena,
                     struct glue *out)
{
    const json_t *saved = session_athena_tables(session);
    size_t count = json_array_size(saved);
    *out = (struct glue){.tables = arena_alloc(arena, (count + 1) * sizeof *out->tables)};
    for (size_t i = 0; i < count; i++) {
        struct glue_table *into = &out->tables[out->count];
        if (read_table(json_array_get(saved, i), arena, into) &&
            (!region || strcmp(into->region, region) == 0))
            out->count++;
    }
}

/* Copies of the same events stand in one order; the first that is there answers. */
static int rank(enum remote_version version)
{
    return version == REMOTE_RAW ? 2 : version == REMOTE_UNIFIED ? 1 : 0;
}

/* What is really read: a link's target. */
static const char *read_from(const struct glue_table *table, struct arena *arena)
{
    const char *dot = table->target ? strchr(table->target, '.') : NULL;
    if (dot && strchr(dot + 1, '.'))
        return table->target;
    return arena_printf(arena, "%s.%s", dot ? table->target : table->is.database, table->is.table);
}

static bool answers(const struct glue *glue, size_t index, struct arena *arena)
{
    const struct glue_table *table = &glue->tables[index];
    const char *from = read_from(table, arena);
    for (size_t i = 0; i < glue->count; i++) {
        const struct glue_table *other = &glue->tables[i];
        if (other->is.source == table->is.source &&
            rank(other->is.version) < rank(table->is.version))
            return false;
        if (i < index && strcmp(other->is.catalog, table->is.catalog) == 0 &&
            strcmp(read_from(other, arena), from) == 0)
            return false;
    }
    return true;
}

bool lake_athena_tables(const struct session *session, const char *region, struct arena *arena,
                        struct remote *out)
{
    struct glue glue;
    glue_remembered(session, region, arena, &glue);
    *out = (struct remote){.tables = arena_alloc(arena, (glue.count + 1) * sizeof *out->tables)};
    for (size_t i = 0; i < glue.count; i++)
        if (answers(&glue, i, arena))
            out->tables[out->count++] = glue.tables[i].is;
    return out->count > 0;
}

struct table *glue_table_of(const struct glue *glue, struct arena *arena)
{
    static const struct column columns[] = {
        {.name = "short_name", .type = TYPE_TEXT}, {.name = "version", .type = TYPE_TEXT},
        {.name = "region", .type = TYPE_TEXT},     {.name = "catalog", .type = TYPE_TEXT},
        {.name = "database", .type = TYPE_TEXT},   {.name = "table", .type = TYPE_TEXT},
        {.name = "links_to", .type = TYPE_TEXT},   {.name = "location", .type = TYPE_TEXT},
    };
    struct table *table = table_new(arena, columns, COUNT(columns));
    for (size_t i = 0; i < glue->count; i++) {
        const struct glue_table *from = &glue->tables[i];
        const char *const values[] = {from->is.source->view, remote_version_name(from->is.version),
                                      from->region,          from->is.catalog,
                                      from->is.database,     from->is.table,
                                      from->target,          from->location};
        table_add_row(table);
        for (size_t j = 0; j < COUNT(values); j++)
            table_put_string(table, j, values[j]);
    }
    return table;
}
