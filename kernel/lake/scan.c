#include "lake/scan.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct walk {
    struct scan *scan;
    struct local *probe;
    struct cancel *cancel;
    struct arena *arena;
    struct buf broken;
    struct scan_table *last_table;
};

/* Where a path says that a file belongs: .../SOURCE/2.0/region=us-east-1/... */
struct place {
    const struct source *source;
    int version;
    const char *region;
};

static const char *region_word(const char *region, struct arena *arena)
{
    char *word = arena_strdup(arena, region);
    for (char *c = word; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9')))
            *c = '_';
    return word;
}

const char *scan_database(const char *region, struct arena *arena)
{
    return arena_printf(arena, "amazon_security_lake_glue_db_%s", region_word(region, arena));
}

const char *scan_table_name(const struct source *source, int version, const char *region,
                            struct arena *arena)
{
    return arena_printf(arena, "amazon_security_lake_table_%s_%s_%d_0", region_word(region, arena),
                        source->suffix, version);
}

void scan_file_list(const struct scan_table *table, struct buf *out)
{
    struct buf path;
    buf_init(&path, 64 * 1024);
    buf_addc(out, '[');
    for (const struct scan_file *file = table->files; file; file = file->next) {
        buf_clear(&path);
        for (const char *c = file->path; *c; c++) {
            if (*c == '*' || *c == '?' || *c == '[')
                buf_addf(&path, "[%c]", *c);
            else
                buf_addc(&path, *c);
        }
        text_sql_string(out, path.data, path.size);
        if (file->next)
            buf_adds(out, ", ");
    }
    buf_addc(out, ']');
    buf_release(&path);
}

/* Cuts a path into its components below the root. */
static size_t components(const char *relative, struct arena *arena, char **parts, size_t limit)
{
    char *rest = arena_strdup(arena, relative);
    size_t count = 0;
    while (*rest && count < limit) {
        char *slash = strchr(rest, '/');
        parts[count++] = rest;
        if (!slash)
            break;
        *slash = '\0';
        rest = slash + 1;
    }
    return count;
}

static bool place_of(const char *relative, struct arena *arena, struct place *place)
{
    char *parts[32];
    size_t count = components(relative, arena, parts, COUNT(parts));
    for (size_t i = 2; i + 1 < count; i++) {
        if (strncasecmp(parts[i], "region=", 7) != 0)
            continue;
        const struct source *source = source_find(parts[i - 2]);
        int version = strcmp(parts[i - 1], "1.0") == 0   ? 1
                      : strcmp(parts[i - 1], "2.0") == 0 ? 2
                                                         : 0;
        if (!source || !version)
            continue;
        *place = (struct place){.source = source, .version = version, .region = parts[i] + 7};
        return true;
    }
    return false;
}

/* A Parquet file begins and ends with PAR1 and its footer fits: a file cut in half fails here,
 * without an engine. */
static const char *parquet_fault(const char *path, int64_t size)
{
    unsigned char tail[8];
    char head[4];
    if (size < 12)
        return "too short for Parquet";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return "cannot be opened";
    bool read_all = pread(fd, head, 4, 0) == 4 && pread(fd, tail, 8, (off_t)size - 8) == 8;
    close(fd);
    if (!read_all)
        return "cannot be read";
    if (memcmp(head, "PAR1", 4) != 0)
        return "not Parquet";
    uint32_t footer = (uint32_t)tail[0] | (uint32_t)tail[1] << 8 | (uint32_t)tail[2] << 16 |
                      (uint32_t)tail[3] << 24;
    if (memcmp(tail + 4, "PAR1", 4) != 0 || (int64_t)footer > size - 12)
        return "cut: it has no Parquet footer";
    return NULL;
}

static struct scan_table *table_for(struct walk *walk, const struct scan_table *wanted)
{
    for (struct scan_table *table = walk->scan->tables; table; table = table->next)
        if (table->source == wanted->source && table->version == wanted->version &&
            strcmp(table->name, wanted->name) == 0 && strcmp(table->format, wanted->format) == 0)
            return table;
    struct scan_table *table = arena_alloc(walk->arena, sizeof *table);
    *table = *wanted;
    table->name = arena_strdup(walk->arena, wanted->name);
    table->region = arena_strdup(walk->arena, wanted->region);
    table->rows = -1;
    if (walk->last_table)
        walk->last_table->next = table;
    else
        walk->scan->tables = table;
    walk->last_table = table;
    walk->scan->table_count++;
    return table;
}

static void file_add(struct walk *walk, struct scan_table *table, const char *path, int64_t size)
{
    struct scan_file *file = arena_alloc(walk->arena, sizeof *file);
    file->path = arena_strdup(walk->arena, path);
    file->size = size;
    if (table->last_file)
        table->last_file->next = file;
    else
        table->files = file;
    table->last_file = file;
    table->file_count++;
    table->bytes += size;
}

static void place_add(struct walk *walk, const struct place *place, const char *path, int64_t size)
{
    struct scan_table wanted = {
        .source = place->source,
        .version = place->version,
        .own = walk->scan->own,
        .region = place->region,
        .name = scan_table_name(place->source, place->version, place->region, walk->arena),
        .format = "parquet",
    };
    file_add(walk, table_for(walk, &wanted), path, size);
}

/* Security Lake's own files outside its layout tell what they are by metadata.product. */
static bool probe_place(struct walk *walk, const char *path, struct place *place)
{
    static const struct {
        const char *product, *feature, *source;
    } products[] = {
        {"CloudTrail", "Data", "S3_DATA"},     {"CloudTrail", NULL, "CLOUD_TRAIL_MGMT"},
        {"Amazon VPC", NULL, "VPC_FLOW"},      {"Route 53", NULL, "ROUTE53"},
        {"Security Hub", NULL, "SH_FINDINGS"}, {"Amazon EKS", NULL, "EKS_AUDIT"},
    };
    static const char *const queries[] = {
        "SELECT metadata.product.\"name\" AS product, metadata.product.feature.\"name\" AS "
        "feature, metadata.\"version\" AS version, "
        "cloud.region AS region FROM read_parquet($1) LIMIT 1",
        "SELECT metadata.product.\"name\" AS product, metadata.product.feature.\"name\" AS "
        "feature, metadata.\"version\" AS version, "
        "'' AS region FROM read_parquet($1) LIMIT 1",
    };
    struct engine_param param = {.name = "1", .value = json_own(walk->arena, json_texts(path))};
    struct table *answer = NULL;
    for (size_t i = 0; i < COUNT(queries) && !answer; i++) {
        struct error ignored = {0};
        struct local_statement statement = {
            .sql = queries[i], .params = &param, .param_count = 1, .cancel = walk->cancel};
        if (!local_run(walk->probe, &statement, walk->arena, &answer, &ignored))
            answer = NULL;
    }
    if (!answer || answer->rows < 1)
        return false;
    const char *product = table_text(answer, 0, "product"),
               *feature = table_text(answer, 0, "feature");
    for (size_t i = 0; i < COUNT(products); i++)
        if (strcmp(products[i].product, product) == 0 &&
            (!products[i].feature || strcmp(products[i].feature, feature) == 0)) {
            const char *version = table_text(answer, 0, "version");
            const char *region = table_text(answer, 0, "region");
            *place = (struct place){.source = source_find(products[i].source),
                                    .version = strncmp(version, "1.0.0", 5) == 0 ? 1 : 2,
                                    .region = *region ? region : "unknown"};
            return true;
        }
    return false;
}

/* The view's name of a plain file: its folder below the root, or its own name without suffixes. */
static const char *plain_name(struct walk *walk, const char *relative)
{
    char *name = arena_strdup(walk->arena, relative);
    char *slash = strchr(name, '/');
    if (slash)
        *slash = '\0';
    else if (strchr(name, '.') && name[0] != '.')
        *strchr(name, '.') = '\0';
    return name;
}

static void plain_add(struct walk *walk, const char *relative, const char *path, int64_t size,
                      const char *format)
{
    struct scan_table wanted = {.region = "", .name = plain_name(walk, relative), .format = format};
    file_add(walk, table_for(walk, &wanted), path, size);
}

static bool ends_with(const char *text, const char *end)
{
    size_t text_size = strlen(text), end_size = strlen(end);
    return text_size >= end_size && strcasecmp(text + text_size - end_size, end) == 0;
}

static const char *format_of(const char *path)
{
    static const struct {
        const char *suffix, *format;
    } formats[] = {{".parquet", "parquet"}, {".csv", "csv"},       {".csv.gz", "csv"},
                   {".tsv", "csv"},         {".json", "json"},     {".json.gz", "json"},
                   {".jsonl", "json"},      {".jsonl.gz", "json"}, {".ndjson", "json"},
                   {".ndjson.gz", "json"}};
    for (size_t i = 0; i < COUNT(formats); i++)
        if (ends_with(path, formats[i].suffix))
            return formats[i].format;
    return NULL;
}

/* Not data: the writer's own files and folders, and names that begin with a dot. */
static bool is_skipped(const struct walk *walk, const char *relative)
{
    if (relative[0] == '.' || strstr(relative, "/."))
        return true;
    return walk->scan->own && (strncmp(relative, "rejects/", 8) == 0 || !strchr(relative, '/'));
}

static bool visit_file(void *state, const char *path, int64_t size, struct error *err)
{
    struct walk *walk = state;
    if (walk->cancel && cancel_raised(walk->cancel))
        return error_set(err, ERROR_INTERRUPTED, "interrupted while looking through %s",
                         walk->scan->path);
    size_t root = strlen(walk->scan->path);
    const char *relative = strncmp(path, walk->scan->path, root) == 0 && path[root] == '/'
                               ? path + root + 1
                               : file_name(path);
    const char *format = format_of(path);
    if (strstr(relative, "/CloudTrail/") || strstr(relative, "/vpcflowlogs/") ||
        strstr(relative, "AWSLogs/"))
        walk->scan->raw_logs = true;
    if (!format || is_skipped(walk, relative))
        return true;
    const char *fault = strcmp(format, "parquet") == 0 ? parquet_fault(path, size) : NULL;
    if (fault) {
        buf_addf(&walk->broken, "%s%s (%s)", walk->broken.size ? "; " : "", relative, fault);
        return true;
    }
    struct place place;
    if (strcmp(format, "parquet") == 0 &&
        (place_of(relative, walk->arena, &place) || probe_place(walk, path, &place)))
        place_add(walk, &place, path, size);
    else
        plain_add(walk, relative, path, size, format);
    return true;
}

bool scan_folder(const char *path, struct local *probe, struct cancel *cancel, struct arena *arena,
                 struct scan **out, struct error *err)
{
    struct scan *scan = arena_alloc(arena, sizeof *scan);
    *scan = (struct scan){.path = arena_strdup(arena, path),
                          .own = file_exists(file_join(arena, path, "lake.json"))};
    struct walk walk = {.scan = scan, .probe = probe, .cancel = cancel, .arena = arena};
    buf_init(&walk.broken, 16 * 1024);
    struct file_visit visit = {.visit = visit_file, .state = &walk, .limit = SCAN_FILE_LIMIT};
    bool walked = file_walk(path, &visit, err);
    scan->broken = buf_to_arena(&walk.broken, arena);
    buf_release(&walk.broken);
    *out = scan;
    return walked;
}
