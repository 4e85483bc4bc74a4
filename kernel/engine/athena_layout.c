#include "engine/athena_layout.h"

#include "aws/reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define PART_BYTES (INT64_C(32) << 20) /* of a file, read at once */
#define END_BYTES (INT64_C(64) << 10)  /* of a Parquet file: its index */
#define BYTES_MOST (INT64_C(1) << 60)

struct expanding {
    struct arena *arena;
    const json_t *table;
    const struct athena_named *named;
    struct athena_layout *layout;
};

static bool unclear(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

/* s3://bucket/key */
static bool split(struct arena *arena, const char *place, struct athena_layout *out,
                  const char **key)
{
    const char *slashes = strstr(place, "://");
    bool s3 = strncmp(place, "s3", 2) == 0 && slashes && slashes - place <= 3;
    const char *end = s3 ? strchr(slashes + 3, '/') : NULL;
    if (!end || end == slashes + 3)
        return false;
    out->bucket = arena_strndup(arena, slashes + 3, (size_t)(end - slashes - 3));
    *key = end + 1;
    return true;
}

static const char *parameter(const json_t *table, const char *name)
{
    return json_get_string(json_object_get(table, "Parameters"), name, "");
}

/* ---- projected partitions -----------------------------------------------------------------------
 */

/* "20261123", "2026-11-23", "2026/11/23" of the same shape as the projection's format. */
static bool is_day(const char *text, const char *format)
{
    static const char *const formats[] = {"yyyyMMdd", "yyyy-MM-dd", "yyyy/MM/dd"};
    for (size_t i = 0; i < COUNT(formats); i++)
        if (strcmp(formats[i], format) == 0) {
            size_t at = 0;
            while (format[at] &&
                   (isalpha((unsigned char)format[at]) ? isdigit((unsigned char)text[at]) != 0
                                                       : text[at] == format[at]))
                at++;
            return !format[at] && !text[at];
        }
    return false;
}

static bool is_text(const json_t *table, const char *column)
{
    for (size_t i = 0; i < reply_count(table, "PartitionKeys"); i++) {
        const json_t *key = reply_item(table, "PartitionKeys", i);
        if (strcasecmp(reply_text(key, "Name"), column) == 0)
            return strcmp(reply_text(key, "Type"), "string") == 0 ||
                   strncmp(reply_text(key, "Type"), "varchar", 7) == 0;
    }
    return false;
}

/* Characters that a path takes as they are; a slash only in a layout of the table's own. */
static bool is_plain(const json_t *table, const char *text)
{
    const char *others = *parameter(table, "storage.location.template") ? "-_./" : "-_.";
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr(others, *c))
            return false;
    return *text != '\0';
}

static const char *projection(const struct expanding *expanding, const char *column,
                              const char *what)
{
    return parameter(expanding->table,
                     arena_printf(expanding->arena, "projection.%s.%s", column, what));
}

/* Whether the path holds a value just as the query writes it. */
static bool is_exact(const struct expanding *expanding, const char *column, const char *text)
{
    const char *type = projection(expanding, column, "type");
    if (!is_text(expanding->table, column) || !is_plain(expanding->table, text))
        return false;
    if (strcmp(type, "date") == 0)
        return is_day(text, projection(expanding, column, "format"));
    return strcmp(type, "enum") == 0 || strcmp(type, "injected") == 0;
}

static void append(const struct expanding *expanding, const char *text, size_t size)
{
    struct athena_layout *layout = expanding->layout;
    for (size_t i = 0; i < layout->count; i++)
        layout->prefixes[i] =
            arena_printf(expanding->arena, "%s%.*s", layout->prefixes[i], (int)size, text);
}

/* Each place becomes one for each value. */
static bool put_values(const struct expanding *expanding, const struct athena_filter *filter)
{
    struct athena_layout *layout = expanding->layout;
    const char *before[LAYOUT_PREFIXES];
    size_t count = 0, places = layout->count;
    if (!filter || filter->count * places > LAYOUT_PREFIXES)
        return false;
    for (size_t i = 0; i < filter->count; i++)
        if (!is_exact(expanding, filter->column, filter->values[i]))
            return false;
    memcpy(before, layout->prefixes, sizeof before);
    for (size_t i = 0; i < places; i++)
        for (size_t j = 0; j < filter->count; j++)
            layout->prefixes[count++] =
                arena_printf(expanding->arena, "%s%s", before[i], filter->values[j]);
    layout->count = count;
    return true;
}

static bool is_border(const struct expanding *expanding, const char *text, const char *format)
{
    return text && is_day(text, format) && is_plain(expanding->table, text);
}

/* Every WHERE holds: borders of several conditions come together. */
static void put_range(const struct expanding *expanding, const char *column)
{
    struct athena_layout *layout = expanding->layout;
    const char *format = projection(expanding, column, "format");
    if (!is_text(expanding->table, column) ||
        strcmp(projection(expanding, column, "type"), "date") != 0)
        return;
    for (const struct athena_filter *filter = expanding->named->filter; filter;
         filter = filter->next) {
        if (strcmp(filter->column, column) != 0 || filter->count)
            continue;
        if (is_border(expanding, filter->low, format) && strcmp(filter->low, layout->low) > 0)
            layout->low = filter->low;
        if (is_border(expanding, filter->high, format) &&
            (!*layout->high || strcmp(filter->high, layout->high) < 0))
            layout->high = filter->high;
    }
}

/* `path/${column}/...`: as far as the query says what stands there. */
static void expand(const struct expanding *expanding, const char *path)
{
    const char *mark;
    while ((mark = strstr(path, "${"))) {
        const char *end = strchr(mark, '}');
        append(expanding, path, (size_t)(mark - path));
        if (!end)
            return;
        char *column = arena_strndup(expanding->arena, mark + 2, (size_t)(end - mark - 2));
        for (char *c = column; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        if (!put_values(expanding, athena_filter_of(expanding->named, column, false))) {
            put_range(expanding, column);
            return;
        }
        path = end + 1;
    }
    append(expanding, path, strlen(path));
    if (*path == '\0' || path[strlen(path) - 1] != '/')
        append(expanding, "/", 1);
}

/* Athena's own layout: key=value/ for every partition column. */
static const char *usual_template(struct arena *arena, const json_t *table, const char *place)
{
    size_t size = strlen(place);
    const char *path =
        arena_printf(arena, "%s%s", place, size && place[size - 1] == '/' ? "" : "/");
    for (size_t i = 0; i < reply_count(table, "PartitionKeys"); i++) {
        const char *name = reply_text(reply_item(table, "PartitionKeys", i), "Name");
        path = arena_printf(arena, "%s%s=${%s}/", path, name, name);
    }
    return path;
}

static bool layout_files(const struct expanding *expanding, const char **why)
{
    const json_t *table = expanding->table;
    const char *place = reply_text(table, "StorageDescriptor.Location"), *key;
    const char *template = parameter(table, "storage.location.template");
    bool projected = strcasecmp(parameter(table, "projection.enabled"), "true") == 0;
    if (strstr(reply_text(table, "StorageDescriptor.InputFormat"), "Symlink"))
        return unclear(why, "its files lie where a list says");
    if (*parameter(table, "table_type") || *parameter(table, "spark.sql.sources.provider"))
        return unclear(why, "its format is not understood");
    if (reply_count(table, "PartitionKeys") && !projected)
        return unclear(why, "its partitions lie where Glue says of each");
    if (projected)
        place = *template ? template : usual_template(expanding->arena, table, place);
    if (!split(expanding->arena, place, expanding->layout, &key) ||
        strstr(expanding->layout->bucket, "${"))
        return unclear(why, "its place is not understood");
    expanding->layout->prefixes[0] = "";
    expanding->layout->count = 1;
    if (projected)
        expand(expanding, key);
    else
        expanding->layout->prefixes[0] = arena_printf(
            expanding->arena, "%s%s", key, *key && key[strlen(key) - 1] != '/' ? "/" : "");
    return true;
}

bool athena_layout(struct arena *arena, const json_t *table, const struct athena_named *named,
                   struct athena_layout *out, const char **why)
{
    const char *metadata = parameter(table, "metadata_location");
    struct expanding expanding = {arena, table, named, out};
    *out = (struct athena_layout){.low = "", .high = ""};
    if (*reply_text(table, "ViewOriginalText") ||
        strcmp(reply_text(table, "TableType"), "VIRTUAL_VIEW") == 0)
        return unclear(why, "it is a view");
    if (strcasecmp(parameter(table, "table_type"), "ICEBERG") != 0)
        return layout_files(&expanding, why);
    return split(arena, metadata, out, &out->metadata) ||
           unclear(why, "it says not where its metadata is");
}

/* ---- sizes --------------------------------------------------------------------------------------
 */

/* -1: there is none. Iceberg writes numbers as texts. */
static int64_t summed(const json_t *snapshot, const char *name)
{
    const json_t *summary = json_object_get(snapshot, "summary");
    int64_t value = reply_int(json_object_get(summary, name), "", -1);
    return value > BYTES_MOST ? -1 : value;
}

static const json_t *current_snapshot(const json_t *metadata)
{
    const json_t *current = json_object_get(metadata, "current-snapshot-id");
    const json_t *list = json_object_get(metadata, "snapshots");
    for (size_t i = 0; json_is_integer(current) && i < json_array_size(list); i++) {
        const json_t *id = json_object_get(json_array_get(list, i), "snapshot-id");
        if (json_is_integer(id) && json_integer_value(id) == json_integer_value(current))
            return json_array_get(list, i);
    }
    return NULL;
}

bool athena_iceberg_size(const json_t *metadata, struct athena_size *out, const char **why)
{
    const json_t *current = json_object_get(metadata, "current-snapshot-id");
    const json_t *snapshot = current_snapshot(metadata);
    bool is = json_get_int(metadata, "format-version", 0) > 0;
    bool empty = !current || json_is_null(current) ||
                 (json_is_integer(current) && json_integer_value(current) == -1);
    *out = (struct athena_size){0};
    if (is && empty)
        return true;
    out->bytes = summed(snapshot, "total-files-size");
    out->files = summed(snapshot, "total-data-files");
    if (!is || !snapshot || out->bytes < 0 || out->files < 0)
        return unclear(why, "its metadata says not how large it is");
    if (summed(snapshot, "total-delete-files") != 0)
        return unclear(why, "deleted rows are read again and again");
    return true;
}

bool athena_add_objects(const struct athena_layout *layout, size_t index, const json_t *page,
                        struct athena_size *size)
{
    const char *prefix = layout->prefixes[index];
    size_t length = strlen(prefix), width = strlen(layout->high);
    for (size_t i = 0; i < reply_count(page, "Contents"); i++) {
        const json_t *object = reply_item(page, "Contents", i);
        const char *key = reply_text(object, "Key");
        int64_t bytes = reply_int(object, "Size", -1);
        if (bytes < 0 || bytes > BYTES_MOST - size->bytes || strncmp(key, prefix, length) != 0)
            return false;
        if (width && strncmp(key + length, layout->high, width) > 0)
            continue;
        size->bytes += bytes;
        size->files++;
    }
    return true;
}

int64_t athena_read_most(const struct athena_size *size)
{
    return size->bytes + (size->files + size->bytes / PART_BYTES) * END_BYTES;
}
