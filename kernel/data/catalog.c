#include "data/catalog.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_LIMIT 200000

struct catalog {
    struct arena *arena;
    struct name *names;
    size_t count, capacity;
    atomic_size_t references;
};

struct catalog *catalog_new(void)
{
    struct catalog *catalog = xcalloc(1, sizeof *catalog);
    catalog->arena = arena_new();
    atomic_init(&catalog->references, 1);
    return catalog;
}

static const char *copy(struct catalog *catalog, const char *text)
{
    return text ? arena_strdup(catalog->arena, text) : NULL;
}

void catalog_add(struct catalog *catalog, const struct name *name)
{
    if (catalog->count == NAME_LIMIT)
        return;
    if (catalog->count == catalog->capacity) {
        catalog->capacity = catalog->capacity ? catalog->capacity * 2 : 256;
        catalog->names = xrealloc(catalog->names, catalog->capacity * sizeof *catalog->names);
    }
    catalog->names[catalog->count++] = (struct name){
        .kind = name->kind,
        .text = copy(catalog, name->text),
        .parent = copy(catalog, name->parent),
        .type = copy(catalog, name->type),
        .comment = copy(catalog, name->comment),
        .example = copy(catalog, name->example),
    };
}

static int compare(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int order = strcasecmp(a->text, b->text);
    if (order)
        return order;
    order = strcmp(a->text, b->text);
    return order ? order : strcmp(a->parent ? a->parent : "", b->parent ? b->parent : "");
}

const struct catalog *catalog_share(struct catalog *catalog)
{
    if (catalog->count)
        qsort(catalog->names, catalog->count, sizeof *catalog->names, compare);
    size_t kept = 0;
    for (size_t i = 0; i < catalog->count; i++)
        if (!kept || compare(&catalog->names[kept - 1], &catalog->names[i]) != 0)
            catalog->names[kept++] = catalog->names[i];
    catalog->count = kept;
    return catalog;
}

/* The count is the one thing that changes in a sealed catalog. */
static struct catalog *counted(const struct catalog *catalog)
{
    union {
        const struct catalog *sealed;
        struct catalog *open;
    } view = {.sealed = catalog};
    return view.open;
}

const struct catalog *catalog_hold(const struct catalog *catalog)
{
    if (catalog)
        atomic_fetch_add(&counted(catalog)->references, 1);
    return catalog;
}

void catalog_release(const struct catalog *catalog)
{
    if (!catalog || atomic_fetch_sub(&counted(catalog)->references, 1) != 1)
        return;
    struct catalog *last = counted(catalog);
    arena_free(last->arena);
    free(last->names);
    free(last);
}

size_t catalog_count(const struct catalog *catalog)
{
    return catalog ? catalog->count : 0;
}

const struct name *catalog_at(const struct catalog *catalog, size_t index)
{
    return &catalog->names[index];
}

/* First index whose name is not below (kind, prefix); with `after`, the first beyond all that begin
 * with it. */
static size_t bound(const struct catalog *catalog, enum name_kind kind, const char *prefix,
                    size_t size, bool after)
{
    size_t low = 0, high = catalog->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct name *name = &catalog->names[middle];
        int order = name->kind == kind  ? strncasecmp(name->text, prefix, size)
                    : name->kind < kind ? -1
                                        : 1;
        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t catalog_prefix(const struct catalog *catalog, enum name_kind kind, const char *prefix,
                      size_t prefix_size, size_t *count)
{
    *count = 0;
    if (!catalog)
        return 0;
    size_t first = bound(catalog, kind, prefix, prefix_size, false);
    *count = bound(catalog, kind, prefix, prefix_size, true) - first;
    return first;
}

const struct name *catalog_find(const struct catalog *catalog, enum name_kind kind,
                                const char *text)
{
    size_t count, first = catalog_prefix(catalog, kind, text, strlen(text), &count);
    for (size_t i = first; i < first + count; i++)
        if (strcasecmp(catalog->names[i].text, text) == 0)
            return &catalog->names[i];
    return NULL;
}

const char *name_kind_name(enum name_kind kind)
{
    static const char *const names[NAME_KINDS] = {
        [NAME_TABLE] = "table",         [NAME_COLUMN] = "column",
        [NAME_FUNCTION] = "function",   [NAME_PARAMETER] = "parameter",
        [NAME_SETTING] = "setting",     [NAME_KEY] = "access key",
        [NAME_USER] = "user",           [NAME_ADDRESS] = "address",
        [NAME_OPERATION] = "operation", [NAME_ROLE] = "role",
        [NAME_INSTANCE] = "instance",   [NAME_BUCKET] = "bucket",
        [NAME_EVENT] = "event",         [NAME_KEYWORD] = "keyword",
    };
    return names[kind];
}
