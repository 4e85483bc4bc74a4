#include "lake/views.h"

#include "base/text.h"
#include "lake/columns.h"

#include <string.h>
#include <strings.h>

#define VIEW_TEXT_LIMIT ((size_t)64 * 1024 * 1024)

/* nest_prefix(map, 'requestParameters.'): {'requestParameters.a.b': 'x'} becomes {"a":{"b":"x"}};
 * NULL if there is none. */
static const char *const macros[] = {
    "CREATE OR REPLACE MACRO nest_entry(path, value) AS '{\"' || replace(replace(replace(path, "
    "'\\', '\\\\'), '\"', '\\\"'), "
    "'.', '\":{\"') || '\":' || CAST(to_json(value) AS VARCHAR) || repeat('}', length(path) - "
    "length(replace(path, '.', '')) + 1)",
    "CREATE OR REPLACE MACRO nest_prefix(entries, prefix) AS nullif(CAST(list_reduce("
    "list_transform(list_sort(list_filter(map_entries(entries), lambda e: starts_with(e.\"key\", "
    "prefix))), "
    "lambda e: CAST(nest_entry(substr(e.\"key\", length(prefix) + 1), e.\"value\") AS JSON)), "
    "lambda a, b: json_merge_patch(a, b), CAST('{}' AS JSON)) AS VARCHAR), '{}')",
    /* version 1's members as another engine sends them: {"requestParameters.a.b": "x"} */
    "CREATE OR REPLACE MACRO nest_text(text) AS CASE WHEN starts_with(text, "
    "'{\"requestParameters.') THEN nest_prefix(TRY_CAST(TRY_CAST(text AS JSON) AS MAP(VARCHAR, "
    "VARCHAR)), 'requestParameters.') WHEN starts_with(text, '{\"responseElements.') THEN "
    "nest_prefix(TRY_CAST(TRY_CAST(text AS JSON) AS MAP(VARCHAR, VARCHAR)), 'responseElements.') "
    "ELSE text END",
    NULL,
};

const char *const *views_macros(void)
{
    return macros;
}

static void add_name(struct buf *out, const char *name)
{
    text_sql_name(out, name, strlen(name));
}

static void add_string(struct buf *out, const char *text)
{
    text_sql_string(out, text, strlen(text));
}

static bool has_column(const struct view_columns *columns, const char *name)
{
    if (!columns || !columns->names)
        return true;
    for (size_t i = 0; columns->names[i]; i++)
        if (strcasecmp(columns->names[i], name) == 0)
            return true;
    return false;
}

/* What a partition column is where the files do not hold it. */
static const char *substitute(const struct scan_table *table, const struct view_columns *columns,
                              const char *name)
{
    if (strcmp(name, "accountid") == 0)
        return has_column(columns, "accountId") && columns && columns->names
                   ? "CAST(\"accountId\" AS VARCHAR)"
                   : "NULL";
    if (strcmp(name, "time_dt") == 0 && has_column(columns, "time"))
        return "epoch_ms(\"time\")";
    (void)table;
    return "NULL";
}

void views_select(const struct scan_table *table, const struct view_columns *columns,
                  struct buf *out)
{
    size_t count;
    const struct lake_column *list = lake_columns(table->source, table->version, &count);
    for (size_t i = 0; i < count; i++) {
        buf_adds(out, i ? ", CAST(" : "CAST(");
        if (has_column(columns, list[i].name))
            add_name(out, list[i].name);
        else
            buf_adds(out, substitute(table, columns, list[i].name));
        buf_addf(out, " AS %s) AS ", list[i].type);
        add_name(out, list[i].name);
    }
}

/* Partition columns of version 1 are in the path only; in a foreign folder perhaps not even there.
 */
static void add_partition_columns(const struct scan_table *table,
                                  const struct view_columns *columns, struct buf *out)
{
    if (table->version != 1)
        return;
    buf_addf(out, ", %s AS accountid, ",
             has_column(columns, "accountId") ? "CAST(\"accountId\" AS VARCHAR)" : "NULL::VARCHAR");
    if (strcmp(table->region, "unknown") != 0)
        add_string(out, table->region);
    else
        buf_adds(out, "cloud.region");
    buf_adds(out, " AS region, strftime(epoch_ms(\"time\"), '%Y%m%d') AS eventday");
}

static void add_reader(const struct scan_table *table, struct buf *out)
{
    buf_adds(out, " FROM read_parquet(");
    scan_file_list(table, out);
    if (!table->own)
        buf_adds(out, ", union_by_name=true");
    bool by_path = !table->own || table->version == 1;
    buf_adds(out, by_path ? ", hive_partitioning=true, hive_types_autocast=false)"
                          : ", hive_partitioning=false)");
}

static void add_table_query(const struct scan_table *table, const struct view_columns *columns,
                            struct buf *out)
{
    buf_adds(out, "SELECT ");
    if (table->own && table->version == 2) {
        buf_adds(out, "*");
    } else {
        views_select(table, columns, out);
        add_partition_columns(table, columns, out);
    }
    add_reader(table, out);
}

static void add_plain_query(const struct scan_table *table, struct buf *out)
{
    static const struct {
        const char *format, *reader, *options;
    } readers[] = {
        {"parquet", "read_parquet", ", union_by_name=true"},
        {"csv", "read_csv_auto", ", union_by_name=true"},
        {"json", "read_json_auto", ", union_by_name=true, maximum_object_size=67108864"}};
    for (size_t i = 0; i < COUNT(readers); i++)
        if (strcmp(readers[i].format, table->format) == 0) {
            buf_addf(out, "SELECT * FROM %s(", readers[i].reader);
            scan_file_list(table, out);
            buf_addf(out, "%s)", readers[i].options);
        }
}

struct writer {
    struct arena *arena;
    const char **statements;
    size_t count, capacity;
};

static void statement_add(struct writer *writer, const struct buf *text)
{
    if (writer->count + 1 >= writer->capacity) {
        size_t capacity = writer->capacity ? writer->capacity * 2 : 64;
        const char **grown = arena_alloc(writer->arena, capacity * sizeof *grown);
        if (writer->count)
            memcpy(grown, writer->statements, writer->count * sizeof *grown);
        writer->statements = grown;
        writer->capacity = capacity;
    }
    writer->statements[writer->count++] = buf_to_arena(text, writer->arena);
}

static const struct view_columns *columns_of(const struct views_request *request,
                                             const struct scan_table *wanted)
{
    size_t index = 0;
    for (size_t i = 0; i < request->scan_count; i++)
        for (const struct scan_table *table = request->scans[i]->tables; table;
             table = table->next, index++)
            if (table == wanted)
                return &request->columns[index];
    return NULL;
}

static bool same_view(const struct scan_table *a, const struct scan_table *b)
{
    return a->source == b->source && strcmp(a->name, b->name) == 0 &&
           strcmp(a->region, b->region) == 0;
}

/* The table's rows in this lake, and in others that are open with a table of the same name. False
   if one before has written them. */
static bool add_united(const struct views_request *request, const struct scan_table *wanted,
                       struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < request->scan_count; i++)
        for (const struct scan_table *table = request->scans[i]->tables; table;
             table = table->next) {
            if (!same_view(table, wanted))
                continue;
            if (!any && table != wanted)
                return false;
            buf_adds(out, any ? " UNION ALL BY NAME " : "");
            if (table->source)
                add_table_query(table, columns_of(request, table), out);
            else
                add_plain_query(table, out);
            any = true;
        }
    return true;
}

static void write_table(struct writer *writer, const struct views_request *request,
                        const struct scan_table *table)
{
    struct buf text;
    buf_init(&text, VIEW_TEXT_LIMIT);
    if (table->source) {
        buf_adds(&text, "CREATE SCHEMA IF NOT EXISTS ");
        add_name(&text, scan_database(table->region, writer->arena));
        statement_add(writer, &text);
        buf_clear(&text);
    }
    buf_adds(&text, "CREATE OR REPLACE VIEW ");
    if (table->source) {
        add_name(&text, scan_database(table->region, writer->arena));
        buf_addc(&text, '.');
    }
    add_name(&text, table->name);
    buf_adds(&text, " AS ");
    if (add_united(request, table, &text) && !text.full)
        statement_add(writer, &text);
    buf_release(&text);
}

/* Rows of version 1 in the columns of version 2. */
static void add_upgraded(const struct scan_table *table, const struct view_columns *columns,
                         struct buf *out)
{
    size_t count;
    const struct lake_column *list = lake_columns(table->source, 2, &count);
    buf_adds(out, "SELECT ");
    for (size_t i = 0; i < count; i++) {
        const char *from = lake_upgrade(table->source, list[i].name);
        bool partition =
            strcmp(list[i].name, "accountid") == 0 || strcmp(list[i].name, "region") == 0;
        buf_addf(out, "%sCAST(", i ? ", " : "");
        if (partition)
            add_name(out, list[i].name);
        else if (from && strcmp(from, list[i].name) == 0)
            add_name(out, from);
        else
            buf_adds(out, from ? from : "NULL");
        buf_addf(out, " AS %s) AS ", list[i].type);
        add_name(out, list[i].name);
    }
    buf_adds(out, " FROM (");
    add_table_query(table, columns, out);
    buf_addc(out, ')');
}

static void add_short_part(const struct scan_table *table, const struct view_columns *columns,
                           struct buf *out)
{
    if (table->version == 1)
        add_upgraded(table, columns, out);
    else
        add_table_query(table, columns, out);
}

bool views_own_files(const struct views_request *request, const struct source *source,
                     struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < request->scan_count; i++)
        for (const struct scan_table *table = request->scans[i]->tables; table;
             table = table->next) {
            if (table->source != source || !table->own || table->version != 2)
                continue;
            struct buf list;
            buf_init(&list, VIEW_TEXT_LIMIT);
            scan_file_list(table, &list);
            buf_adds(out, any ? ", " : "SELECT * FROM read_parquet([");
            buf_add(out, list.data + 1, list.size - 2);
            buf_release(&list);
            any = true;
        }
    if (any)
        buf_adds(out, "], hive_partitioning=false)");
    return any;
}

static void write_short(struct writer *writer, const struct views_request *request,
                        const struct source *source)
{
    struct buf text;
    buf_init(&text, VIEW_TEXT_LIMIT);
    buf_adds(&text, "CREATE OR REPLACE VIEW ");
    add_name(&text, source->view);
    buf_adds(&text, " AS ");
    bool any = views_own_files(request, source, &text);
    for (size_t i = 0; i < request->scan_count; i++)
        for (const struct scan_table *table = request->scans[i]->tables; table;
             table = table->next) {
            if (table->source != source || (table->own && table->version == 2))
                continue;
            if (any)
                buf_adds(&text, " UNION ALL ");
            add_short_part(table, columns_of(request, table), &text);
            any = true;
        }
    if (any && !text.full)
        statement_add(writer, &text);
    buf_release(&text);
}

/* lake_tables: what is open, as a view of constants, so that it costs nothing to ask. */
static void add_catalog_row(const struct scan_table *table, struct arena *arena, bool first,
                            struct buf *out)
{
    buf_adds(out, first ? "(" : ", (");
    add_string(out, table->source ? scan_database(table->region, arena) : "main");
    buf_adds(out, ", ");
    add_string(out, table->name);
    buf_adds(out, ", ");
    add_string(out, table->source ? table->source->view : "");
    buf_addf(out, ", %d, ", table->version);
    add_string(out, table->region);
    buf_addf(out, ", %zu, ", table->file_count);
    buf_addf(out, table->rows < 0 ? "NULL" : "%lld", (long long)table->rows);
    if (table->rows > 0 && table->first)
        buf_addf(out, ", make_timestamp(%lld), make_timestamp(%lld)", (long long)table->first,
                 (long long)table->last);
    else
        buf_adds(out, ", NULL, NULL");
    buf_addf(out, ", %lld)", (long long)table->bytes);
}

static void write_catalog(struct writer *writer, const struct views_request *request)
{
    struct buf text;
    buf_init(&text, VIEW_TEXT_LIMIT);
    buf_adds(&text, "CREATE OR REPLACE VIEW lake_tables AS SELECT col0 AS \"database\", col1 AS "
                    "\"table\", col2 AS short_name, "
                    "CAST(col3 AS INTEGER) AS version, col4 AS region, CAST(col5 AS BIGINT) AS "
                    "files, CAST(col6 AS BIGINT) AS "
                    "\"rows\", CAST(col7 AS TIMESTAMP) AS first_event, CAST(col8 AS TIMESTAMP) AS "
                    "last_event, CAST(col9 AS "
                    "BIGINT) AS bytes FROM (VALUES ");
    bool first = true;
    for (size_t i = 0; i < request->scan_count; i++)
        for (const struct scan_table *table = request->scans[i]->tables; table;
             table = table->next) {
            add_catalog_row(table, writer->arena, first, &text);
            first = false;
        }
    buf_adds(&text, ") ORDER BY ALL");
    if (!first && !text.full)
        statement_add(writer, &text);
    buf_release(&text);
}

void views_write(const struct views_request *request, struct arena *arena, const char ***statements,
                 size_t *count)
{
    struct writer writer = {.arena = arena};
    struct buf text;
    buf_init(&text, 4096);
    for (size_t i = 0; macros[i]; i++) {
        buf_clear(&text);
        buf_adds(&text, macros[i]);
        statement_add(&writer, &text);
    }
    buf_release(&text);
    for (size_t i = 0; i < request->scan_count; i++)
        for (const struct scan_table *table = request->scans[i]->tables; table; table = table->next)
            write_table(&writer, request, table);
    for (size_t i = 0; i < sources_count; i++)
        write_short(&writer, request, &sources_table[i]);
    write_catalog(&writer, request);
    writer.statements[writer.count] = NULL;
    *statements = writer.statements;
    *count = writer.count;
}
