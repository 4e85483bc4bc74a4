#include "lake/glue.h"

#include "aws/gather.h"
#include "aws/reply.h"
#include "lake/glue_sort.h"

#include <string.h>

#define UNIFIED "s3tablescatalog/aws-cloudwatch" /* of CloudWatch's unified store */
#define DATABASES_MOST 300
#define DATABASE_PAGES 10 /* of 100 */
#define TABLE_PAGES 20    /* of 100, in one database */
#define TABLES_MOST 5000

struct finding {
    const struct glue_asking *asking;
    struct arena *arena;
    struct glue *glue;
    const char *region;
};

/* What Glue calls a catalog; NULL: the account's own. */
static const char *catalog_id(const struct finding *finding, const char *catalog)
{
    if (strcmp(catalog, GLUE_CATALOG) == 0)
        return NULL;
    return arena_printf(finding->arena, "%s:%s", finding->asking->account, catalog);
}

static json_t *params(const struct finding *finding, const char *catalog, const char *database)
{
    json_t *made = json_own(finding->arena, json_object());
    const char *id = catalog_id(finding, catalog);
    if (id)
        (void)json_object_set_new(made, "CatalogId", json_texts(id));
    if (database)
        (void)json_object_set_new(made, "DatabaseName", json_texts(database));
    return made;
}

static const char *copy(const struct finding *finding, const char *text)
{
    return *text ? arena_strdup(finding->arena, text) : NULL;
}

/* ---- databases ----------------------------------------------------------------------------------
 */

static void add_database(struct finding *finding, const char *catalog, const json_t *database)
{
    struct glue *glue = finding->glue;
    const char *name = reply_text(database, "Name"), *only = finding->asking->database;
    if (only && strcmp(only, name) != 0)
        return;
    glue->more |= glue->database_count == DATABASES_MOST;
    if (glue->database_count == DATABASES_MOST)
        return;
    struct glue_database *into = &glue->databases[glue->database_count++];
    into->catalog = catalog;
    into->name = arena_strdup(finding->arena, name);
    if (*reply_text(database, "TargetDatabase.DatabaseName"))
        into->target =
            arena_printf(finding->arena, "%s.%s", reply_text(database, "TargetDatabase.CatalogId"),
                         reply_text(database, "TargetDatabase.DatabaseName"));
}

static void take_databases(struct finding *finding, const char *catalog,
                           const struct aws_gathering *from)
{
    finding->glue->more |= from->more;
    for (size_t i = 0; i < json_array_size(from->replies); i++) {
        const json_t *reply = json_array_get(from->replies, i);
        for (size_t j = 0; j < reply_count(reply, "DatabaseList"); j++)
            add_database(finding, catalog, reply_item(reply, "DatabaseList", j));
    }
}

/* A catalog that nobody made is no problem; one that is hidden is named. */
static void add_hidden_catalog(struct finding *finding, const char *catalog,
                               const struct aws_gathering *from)
{
    struct glue *glue = finding->glue;
    if (from->code && !aws_is_denied(from->code))
        return;
    glue->databases[glue->database_count++] =
        (struct glue_database){.catalog = catalog,
                               .name = "",
                               .problem = arena_strdup(finding->arena, from->error.message)};
}

static bool find_databases(struct finding *finding, struct error *err)
{
    const struct glue_asking *asking = finding->asking;
    const char *const both[] = {GLUE_CATALOG, UNIFIED};
    const char *const *catalogs = asking->catalog ? &asking->catalog : both;
    size_t count = asking->catalog ? 1 : COUNT(both);
    struct aws_gathering calls[COUNT(both)] = {{.op = NULL}};
    for (size_t i = 0; i < count; i++)
        calls[i] = (struct aws_gathering){.op = "glue:GetDatabases",
                                          .params = params(finding, catalogs[i], NULL),
                                          .region = asking->region,
                                          .pages = DATABASE_PAGES};
    if (!aws_gather(asking->aws, calls, count, asking->cancel, finding->arena, err))
        return false;
    if (!calls[0].ok && !json_array_size(calls[0].replies)) {
        *err = calls[0].error;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (calls[i].ok || json_array_size(calls[i].replies))
            take_databases(finding, arena_strdup(finding->arena, catalogs[i]), &calls[i]);
        else
            add_hidden_catalog(finding, catalogs[i], &calls[i]);
    return true;
}

/* ---- tables -------------------------------------------------------------------------------------
 */

static void add_table(struct finding *finding, const struct glue_database *database,
                      const json_t *table)
{
    struct glue *glue = finding->glue;
    struct glue_table found = {.region = finding->region, .target = database->target};
    if (!glue_sort(table, &found.is.source, &found.is.version))
        return;
    glue->more |= glue->count == TABLES_MOST;
    if (glue->count == TABLES_MOST)
        return;
    if (*reply_text(table, "TargetTable.Name"))
        found.target = arena_printf(
            finding->arena, "%s.%s.%s", reply_text(table, "TargetTable.CatalogId"),
            reply_text(table, "TargetTable.DatabaseName"), reply_text(table, "TargetTable.Name"));
    found.is.catalog = database->catalog;
    found.is.database = database->name;
    found.is.table = arena_strdup(finding->arena, reply_text(table, "Name"));
    found.location = copy(finding, reply_text(table, "StorageDescriptor.Location"));
    if (glue->count % 64 == 0) {
        struct glue_table *grown = arena_alloc(finding->arena, (glue->count + 64) * sizeof *grown);
        if (glue->count)
            memcpy(grown, glue->tables, glue->count * sizeof *grown);
        glue->tables = grown;
    }
    glue->tables[glue->count++] = found;
}

static void take_tables(struct finding *finding, struct glue_database *database,
                        const struct aws_gathering *from)
{
    database->visible = from->ok;
    if (!from->ok)
        database->problem = arena_strdup(finding->arena, from->error.message);
    finding->glue->more |= from->more;
    for (size_t i = 0; i < json_array_size(from->replies); i++) {
        const json_t *reply = json_array_get(from->replies, i);
        for (size_t j = 0; j < reply_count(reply, "TableList"); j++)
            add_table(finding, database, reply_item(reply, "TableList", j));
    }
}

static bool find_tables(struct finding *finding, struct error *err)
{
    const struct glue_asking *asking = finding->asking;
    struct glue *glue = finding->glue;
    struct aws_gathering *calls =
        arena_alloc(finding->arena, (glue->database_count + 1) * sizeof *calls);
    for (size_t i = 0; i < glue->database_count; i++)
        if (!glue->databases[i].problem)
            calls[i] = (struct aws_gathering){
                .op = "glue:GetTables",
                .params = params(finding, glue->databases[i].catalog, glue->databases[i].name),
                .region = asking->region,
                .pages = TABLE_PAGES};
    if (!aws_gather(asking->aws, calls, glue->database_count, asking->cancel, finding->arena, err))
        return false;
    for (size_t i = 0; i < glue->database_count; i++)
        if (calls[i].op)
            take_tables(finding, &glue->databases[i], &calls[i]);
    return true;
}

bool glue_find(const struct glue_asking *asking, struct arena *arena, struct glue *out,
               struct error *err)
{
    *out = (struct glue){0};
    /* one more for each catalog that is hidden */
    out->databases = arena_alloc(arena, (DATABASES_MOST + 2) * sizeof *out->databases);
    struct finding finding = {
        .asking = asking, .arena = arena, .glue = out, .region = asking->region};
    if (!finding.region && !aws_region(asking->aws, &finding.region, err))
        return false;
    finding.region = arena_strdup(arena, finding.region);
    return find_databases(&finding, err) && find_tables(&finding, err);
}
