#include "lake/remote.h"

#include "base/text.h"

#include <string.h>

#define TABLES_MOST 1000

static const char *const version_names[REMOTE_VERSIONS] = {[REMOTE_1] = "1.0",
                                                           [REMOTE_2] = "2.0",
                                                           [REMOTE_UNIFIED] = "CloudWatch",
                                                           [REMOTE_RAW] = "trail"};

const char *remote_version_name(enum remote_version version)
{
    return version_names[version];
}

/* amazon_security_lake_table_<region>_<suffix>_<version> */
static const char prefix[] = "amazon_security_lake_table_";
static const struct {
    const char *end;
    enum remote_version version;
} ends[] = {{"_1_0", REMOTE_1}, {"_2_0", REMOTE_2}};

static const struct {
    const char *table, *view;
} unified[] = {
    {"aws_cloudtrail__management", "cloudtrail"},
    {"aws_cloudtrail__data", "s3_data"},
    {"amazon_vpc__flow", "vpc_flow"},
    {"amazon_route53resolver__query_logs", "route53"},
    {"aws_security_hub__detection_finding", "findings"},
    {"aws_security_hub__compliance_finding", "findings"},
    {"aws_security_hub__vulnerability_finding", "findings"},
};

static bool ends_with(const char *text, size_t size, const char *end)
{
    size_t length = strlen(end);
    return size >= length && memcmp(text + size - length, end, length) == 0;
}

static const struct source *source_by_suffix(const char *text, size_t size)
{
    for (size_t i = 0; i < sources_count; i++) {
        size_t length = strlen(sources_table[i].suffix);
        if (ends_with(text, size, sources_table[i].suffix) && size > length &&
            text[size - length - 1] == '_')
            return &sources_table[i];
    }
    return NULL;
}

bool remote_by_name(const char *table, const struct source **source, enum remote_version *version)
{
    size_t size = strlen(table);
    *source = NULL;
    for (size_t i = 0; i < COUNT(unified); i++)
        if (strcmp(unified[i].table, table) == 0) {
            *source = source_find(unified[i].view);
            *version = REMOTE_UNIFIED;
        }
    for (size_t i = 0; i < COUNT(ends) && strncmp(table, prefix, sizeof prefix - 1) == 0; i++)
        if (ends_with(table, size, ends[i].end)) {
            *source = source_by_suffix(table, size - strlen(ends[i].end));
            *version = ends[i].version;
        }
    return *source != NULL;
}

/* A table is CloudTrail's own when it has the columns of Athena's user guide. */
static const char find_sql[] =
    "information_schema.columns WHERE column_name IN ('metadata', 'useridentity', 'eventname', "
    "'requestparameters') AND table_schema <> 'information_schema' GROUP BY 1, 2 ORDER BY 1, 2 "
    "LIMIT 1000";

static bool read_tables(const struct table *answer, const char *catalog, struct arena *arena,
                        struct remote *out)
{
    out->tables = arena_alloc(arena, (size_t)(answer->rows + 1) * sizeof *out->tables);
    for (int64_t row = 0; row < answer->rows; row++) {
        struct remote_table found = {.catalog = catalog,
                                     .database = table_text(answer, row, "table_schema"),
                                     .table = table_text(answer, row, "table_name"),
                                     .version = REMOTE_RAW,
                                     .source = source_find("cloudtrail")};
        if (table_int(answer, row, "raw") == 3 ||
            remote_by_name(found.table, &found.source, &found.version))
            out->tables[out->count++] = found;
    }
    return true;
}

bool remote_find(const struct remote_asking *asking, struct arena *arena, struct remote *out,
                 struct error *err)
{
    *out = (struct remote){0};
    struct buf sql;
    buf_init(&sql, 16 * 1024);
    buf_adds(&sql, "SELECT table_schema, table_name, CAST(count_if(column_name <> 'metadata') AS "
                   "bigint) AS raw FROM ");
    if (asking->catalog) {
        text_sql_name(&sql, asking->catalog, strlen(asking->catalog));
        buf_addc(&sql, '.');
    }
    buf_adds(&sql, find_sql);
    struct engine_request request = {
        .sql = sql.data, .size = sql.size, .limit = TABLES_MOST, .own = true};
    struct engine_reading reading = {.cancel = asking->cancel};
    struct table *answer = NULL;
    bool found = engine_read(asking->engine, &request, arena, &reading, &answer, err) &&
                 read_tables(answer, asking->catalog, arena, out);
    buf_release(&sql);
    return found || error_wrap(err, "looking for Security Lake's tables");
}

bool remote_has(const struct remote *remote, const char *view)
{
    for (size_t i = 0; i < remote->count; i++)
        if (strcmp(remote->tables[i].source->view, view) == 0)
            return true;
    return false;
}
