#include "engine/athena_bound.h"

#include "aws/gather.h"
#include "aws/reply.h"
#include "base/time.h"
#include "engine/athena_layout.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN_SECONDS 300
#define KNOWN_MOST 500
#define TABLES_MOST 32
#define CALLS_MOST 64
#define PAGES_MOST 10 /* of 1,000 objects, in one place */
#define METADATA_MOST ((size_t)16 << 20)
#define BYTES_MOST (INT64_C(1) << 60)

struct athena_known {
    json_t *tables; /* place and name -> {at, is} */
    json_t *sizes;  /* what was listed or read -> {at, is: [bytes, files]} */
};

struct part {
    const struct athena_named *named;
    const char *key, *database, *table; /* of a link: its target's */
    const char *catalog;                /* a link's account; NULL: the caller's */
    const json_t *is;                   /* GetTable's */
    struct athena_layout layout;
    struct athena_size size;
    const char *size_key;
    bool sized;
    size_t first_call;
    const char *why;
};

struct bounding {
    const struct athena_bound_asking *asking;
    struct arena *arena;
    struct part parts[TABLES_MOST];
    size_t count;
    struct aws_gathering calls[CALLS_MOST];
    size_t call_count;
};

/* ---- what is known ------------------------------------------------------------------------------
 */

struct athena_known *athena_known_new(void)
{
    struct athena_known *known = xcalloc(1, sizeof *known);
    known->tables = json_object();
    known->sizes = json_object();
    return known;
}

void athena_known_free(struct athena_known *known)
{
    json_decref(known->tables);
    json_decref(known->sizes);
    free(known);
}

static json_t *recall(const json_t *list, const char *key)
{
    const json_t *found = json_object_get(list, key);
    int64_t age = time_monotonic() - json_get_int(found, "at", 0);
    return found && age < KNOWN_SECONDS * INT64_C(1000000) ? json_object_get(found, "is") : NULL;
}

static void remember(json_t *list, const char *key, json_t *is)
{
    if (json_object_size(list) >= KNOWN_MOST)
        (void)json_object_clear(list);
    (void)json_object_set_new(
        list, key, json_pack("{s:I, s:O}", "at", (json_int_t)time_monotonic(), "is", is));
}

/* ---- tables of Glue -----------------------------------------------------------------------------
 */

static bool is_own_catalog(const char *catalog)
{
    return !catalog || strcmp(catalog, "awsdatacatalog") == 0 ||
           strcmp(catalog, "AwsDataCatalog") == 0;
}

static void begin_part(struct bounding *bounding, const struct athena_named *named)
{
    const struct athena_bound_asking *asking = bounding->asking;
    struct part *part = &bounding->parts[bounding->count++];
    const char *database = asking->database ? asking->database : "default";
    const char *catalog = named->catalog ? named->catalog : asking->catalog;
    part->named = named;
    part->database = named->database ? named->database : database;
    part->table = named->table;
    part->key = arena_printf(bounding->arena, "%s %s.%s", asking->region ? asking->region : "",
                             part->database, part->table);
    part->is = json_own(bounding->arena, json_incref(recall(asking->known->tables, part->key)));
    if (!is_own_catalog(catalog))
        part->why = "it lies in another catalog than AwsDataCatalog";
}

static struct aws_gathering *add_call(struct bounding *bounding, const char *op, json_t *params)
{
    struct aws_gathering *call = &bounding->calls[bounding->call_count++];
    *call = (struct aws_gathering){
        .op = op, .params = json_own(bounding->arena, params), .region = bounding->asking->region};
    return call;
}

/* In AWS's words. */
static const char *words_of(const struct bounding *bounding, const struct aws_gathering *call)
{
    return arena_strdup(bounding->arena, call->error.message);
}

static bool gather(struct bounding *bounding, struct error *err)
{
    return aws_gather(bounding->asking->aws, bounding->calls, bounding->call_count,
                      bounding->asking->cancel, bounding->arena, err);
}

static void take_table(struct bounding *bounding, struct part *part, const json_t *table,
                       bool linked)
{
    const json_t *target = json_object_get(table, "TargetTable");
    if (target && !linked) {
        part->catalog = reply_text(target, "CatalogId");
        part->database = reply_text(target, "DatabaseName");
        part->table = reply_text(target, "Name");
        return;
    }
    if (target || !table) {
        part->why = "its link leads nowhere";
        return;
    }
    part->is = table;
    json_t *kept = json_deep_copy(table);
    remember(bounding->asking->known->tables, part->key, kept);
    json_decref(kept);
}

static bool is_asked(const struct part *part, bool linked)
{
    return !part->is && !part->why && (!linked || part->catalog);
}

/* First what the query names, then what links among them lead to. */
static bool find_tables(struct bounding *bounding, bool linked, struct error *err)
{
    bounding->call_count = 0;
    for (size_t i = 0; i < bounding->count; i++) {
        const struct part *part = &bounding->parts[i];
        if (!is_asked(part, linked))
            continue;
        json_t *params =
            json_pack("{s:s, s:s}", "DatabaseName", part->database, "Name", part->table);
        if (part->catalog && *part->catalog)
            (void)json_object_set_new(params, "CatalogId", json_texts(part->catalog));
        (void)add_call(bounding, "glue:GetTable", params);
    }
    if (bounding->call_count && !gather(bounding, err))
        return false;
    const struct aws_gathering *call = bounding->calls;
    for (size_t i = 0; i < bounding->count; i++) {
        struct part *part = &bounding->parts[i];
        if (!is_asked(part, linked))
            continue;
        if (call->ok)
            take_table(bounding, part, aws_gathered(call, "Table"), linked);
        else
            part->why = words_of(bounding, call);
        call++;
    }
    return true;
}

/* ---- sizes --------------------------------------------------------------------------------------
 */

static const char *size_key(struct arena *arena, const struct athena_layout *layout)
{
    const char *key = arena_printf(arena, "%s/%s", layout->bucket,
                                   layout->metadata ? layout->metadata : layout->low);
    if (layout->metadata)
        return key;
    key = arena_printf(arena, "%s..%s", key, layout->high);
    for (size_t i = 0; i < layout->count; i++)
        key = arena_printf(arena, "%s\n%s", key, layout->prefixes[i]);
    return key;
}

static void ask_objects(struct bounding *bounding, const struct athena_layout *layout)
{
    for (size_t i = 0; i < layout->count; i++) {
        json_t *params =
            json_pack("{s:s, s:s}", "Bucket", layout->bucket, "Prefix", layout->prefixes[i]);
        if (*layout->low)
            (void)json_object_set_new(params, "StartAfter",
                                      json_texts(arena_printf(bounding->arena, "%s%s",
                                                              layout->prefixes[i], layout->low)));
        add_call(bounding, "s3:ListObjectsV2", params)->pages = PAGES_MOST;
    }
}

static void ask_size(struct bounding *bounding, struct part *part)
{
    struct athena_layout *layout = &part->layout;
    if (part->why || !athena_layout(bounding->arena, part->is, part->named, layout, &part->why))
        return;
    part->size_key = size_key(bounding->arena, layout);
    const json_t *known = recall(bounding->asking->known->sizes, part->size_key);
    part->first_call = bounding->call_count;
    if (known) {
        part->size.bytes = reply_int(known, "0", 0);
        part->size.files = reply_int(known, "1", 0);
        part->sized = true;
    } else if (bounding->call_count + (layout->metadata ? 1 : layout->count) > CALLS_MOST) {
        part->why = "too many places would have to be listed";
    } else if (layout->metadata) {
        (void)add_call(bounding, "s3:GetObject",
                       json_pack("{s:s, s:s}", "Bucket", layout->bucket, "Key", layout->metadata));
    } else {
        ask_objects(bounding, layout);
    }
}

static bool take_metadata(const struct bounding *bounding, struct part *part)
{
    const struct aws_gathering *call = &bounding->calls[part->first_call];
    struct error problem = {0};
    if (!call->ok) {
        part->why = words_of(bounding, call);
        return false;
    }
    const json_t *metadata = json_parse(bounding->arena, call->body ? call->body : "", call->size,
                                        METADATA_MOST, &problem);
    if (!metadata)
        part->why = "its metadata cannot be read";
    return metadata && athena_iceberg_size(metadata, &part->size, &part->why);
}

static bool take_objects(const struct bounding *bounding, struct part *part)
{
    for (size_t i = 0; i < part->layout.count && !part->why; i++) {
        const struct aws_gathering *call = &bounding->calls[part->first_call + i];
        if (!call->ok)
            part->why = words_of(bounding, call);
        else if (call->more)
            part->why =
                arena_printf(bounding->arena, "it has more objects than %d lists hold", PAGES_MOST);
        for (size_t j = 0; j < json_array_size(call->replies) && !part->why; j++)
            if (!athena_add_objects(&part->layout, i, json_array_get(call->replies, j),
                                    &part->size))
                part->why = "the list of its objects is not understood";
    }
    return !part->why;
}

static bool find_sizes(struct bounding *bounding, struct error *err)
{
    bounding->call_count = 0;
    for (size_t i = 0; i < bounding->count; i++)
        ask_size(bounding, &bounding->parts[i]);
    if (bounding->call_count && !gather(bounding, err))
        return false;
    for (size_t i = 0; i < bounding->count; i++) {
        struct part *part = &bounding->parts[i];
        if (part->why || part->sized)
            continue;
        bool ok =
            part->layout.metadata ? take_metadata(bounding, part) : take_objects(bounding, part);
        if (!ok)
            continue;
        json_t *kept =
            json_pack("[I, I]", (json_int_t)part->size.bytes, (json_int_t)part->size.files);
        remember(bounding->asking->known->sizes, part->size_key, kept);
        json_decref(kept);
    }
    return true;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

static struct athena_bound unknown(const char *why)
{
    return (struct athena_bound){.bytes = -1, .why = why};
}

static struct athena_bound sum(const struct bounding *bounding)
{
    struct athena_bound total = {0};
    for (size_t i = 0; i < bounding->count; i++) {
        const struct part *part = &bounding->parts[i];
        if (part->why)
            return unknown(arena_printf(bounding->arena, "%s: %s", part->named->table, part->why));
        int64_t most = athena_read_most(&part->size);
        if (most > (BYTES_MOST - total.bytes) / part->named->times)
            return unknown("it is beyond all measure");
        total.bytes += most * part->named->times;
    }
    return total;
}

bool athena_find_bound(const struct athena_bound_asking *asking,
                       const struct engine_request *request, struct arena *arena,
                       struct athena_bound *out, struct error *err)
{
    struct athena_named *named;
    const char *why = NULL;
    struct bounding *bounding = arena_alloc(arena, sizeof *bounding);
    bounding->asking = asking;
    bounding->arena = arena;
    if (!athena_find_named(arena, request, &named, &why)) {
        *out = unknown(why);
        return true;
    }
    for (; named; named = named->next) {
        if (!named->times)
            continue;
        if (bounding->count == TABLES_MOST) {
            *out = unknown("it names too many tables");
            return true;
        }
        begin_part(bounding, named);
    }
    if (!find_tables(bounding, false, err) || !find_tables(bounding, true, err) ||
        !find_sizes(bounding, err))
        return false;
    *out = sum(bounding);
    return true;
}
