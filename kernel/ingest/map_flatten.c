/* map_flatten - what has no column becomes pairs of a map, as Security Lake does it.
 *
 * Dotted paths; a step into an array is "[]"; several values of one path are joined by commas; true
 * and false are words; nulls and empty objects vanish; every value is text. Source: the pairs of
 * raw input and Parquet that AWS publishes.
 */
#include "ingest/map.h"

#include <stdlib.h>
#include <string.h>

#define FEW 24 /* up to here a look along the list is faster than a table */

static uint32_t hash_of(const char *text, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static bool same_key(const struct pair *pair, uint32_t hash, const char *key, size_t size)
{
    return pair->hash == hash && pair->key.size == size && memcmp(pair->key.text, key, size) == 0;
}

static void slot_add(struct pairs *pairs, size_t index)
{
    size_t at = pairs->items[index].hash & (pairs->slot_count - 1);
    while (pairs->slots[at]) {
        at = (at + 1) & (pairs->slot_count - 1);
    }
    pairs->slots[at] = (uint32_t)index + 1;
}

static void slots_grow(struct pairs *pairs)
{
    free(pairs->slots);
    pairs->slot_count = pairs->slot_count ? pairs->slot_count * 4 : 256;
    pairs->slots = xcalloc(pairs->slot_count, sizeof *pairs->slots);
    for (size_t i = 0; i < pairs->count; i++) {
        slot_add(pairs, i);
    }
}

static struct pair *pair_find(struct pairs *pairs, uint32_t hash, const char *key, size_t size)
{
    if (pairs->count <= FEW) {
        for (size_t i = 0; i < pairs->count; i++) {
            if (same_key(&pairs->items[i], hash, key, size)) {
                return &pairs->items[i];
            }
        }
        return NULL;
    }
    size_t at = hash & (pairs->slot_count - 1);
    for (; pairs->slots && pairs->slots[at]; at = (at + 1) & (pairs->slot_count - 1)) {
        struct pair *pair = &pairs->items[pairs->slots[at] - 1];
        if (same_key(pair, hash, key, size)) {
            return pair;
        }
    }
    return NULL;
}

static void pair_new(struct mapping *mapping, uint32_t hash, struct writer_value value)
{
    struct pairs *pairs = &mapping->pairs;
    if (!pairs->items || pairs->count == pairs->capacity) {
        pairs->capacity = pairs->capacity ? pairs->capacity * 2 : 64;
        pairs->items = xrealloc(pairs->items, pairs->capacity * sizeof *pairs->items);
    }
    size_t size = mapping->path.size;
    pairs->items[pairs->count] = (struct pair){
        .hash = hash,
        .key = {.text = slab_text(mapping->slab, mapping->path.data, size), .size = (uint32_t)size},
        .first = {.value = value},
        .pieces = 1};
    pairs->count++;
    if (pairs->count > FEW) {
        if (pairs->count * 2 > pairs->slot_count) {
            slots_grow(pairs);
        } else {
            slot_add(pairs, pairs->count - 1);
        }
    }
}

static void leaf(struct mapping *mapping, const struct token *token)
{
    struct writer_value value = map_text_of(mapping, token);
    if (value.null) {
        return;
    }
    uint32_t hash = hash_of(mapping->path.data, mapping->path.size);
    struct pair *pair = pair_find(&mapping->pairs, hash, mapping->path.data, mapping->path.size);
    if (!pair) {
        pair_new(mapping, hash, value);
        return;
    }
    struct piece *piece = slab_take(mapping->slab, sizeof *piece);
    *piece = (struct piece){.value = value};
    if (pair->last) {
        pair->last->next = piece;
    } else {
        pair->first.next = piece;
    }
    pair->last = piece;
    pair->pieces++;
}

static void walk(struct mapping *mapping, const struct token *token, int depth);

static void walk_object(struct mapping *mapping, struct cursor *cursor, int depth)
{
    size_t base = mapping->path.size;
    bool first = true;
    bool ok = cursor_open(cursor, '{');
    while (ok && cursor_more(cursor, '}', &first, &ok)) {
        struct token name;
        struct token value;
        ok = cursor_name(cursor, &name) && cursor_value(cursor, &value);
        if (!ok) {
            break;
        }
        struct writer_value key = map_text_of(mapping, &name);
        buf_addc(&mapping->path, '.');
        buf_add(&mapping->path, key.text, key.size);
        walk(mapping, &value, depth + 1);
        mapping->path.size = base;
        mapping->path.data[base] = 0;
    }
}

static void walk_array(struct mapping *mapping, struct cursor *cursor, int depth)
{
    size_t base = mapping->path.size;
    buf_adds(&mapping->path, "[]");
    bool first = true;
    bool ok = cursor_open(cursor, '[');
    while (ok && cursor_more(cursor, ']', &first, &ok)) {
        struct token value;
        ok = cursor_value(cursor, &value);
        if (ok) {
            walk(mapping, &value, depth + 1);
        }
    }
    mapping->path.size = base;
    mapping->path.data[base] = 0;
}

/* Each level reads its bytes again, so beyond a few levels the rest is kept as JSON text. */
#define FLATTEN_DEPTH 32

static void walk(struct mapping *mapping, const struct token *token, int depth)
{
    struct cursor cursor = {.at = token->text, .end = token->text + token->size};
    if (token->kind == TOKEN_OBJECT && depth < FLATTEN_DEPTH) {
        walk_object(mapping, &cursor, depth);
    } else if (token->kind == TOKEN_ARRAY && depth < FLATTEN_DEPTH) {
        walk_array(mapping, &cursor, depth);
    } else {
        leaf(mapping, token);
    }
}

void flatten(struct mapping *mapping, const char *name, size_t name_size, const struct token *value)
{
    buf_clear(&mapping->path);
    buf_add(&mapping->path, name, name_size);
    walk(mapping, value, 0);
}

void flatten_drop(struct mapping *mapping, const char *key)
{
    size_t size = strlen(key);
    for (size_t i = 0; i < mapping->pairs.count; i++) {
        struct pair *pair = &mapping->pairs.items[i];
        if (pair->key.size == size && memcmp(pair->key.text, key, size) == 0) {
            pair->pieces = 0;
        }
    }
}

static struct writer_value joined(struct mapping *mapping, const struct pair *pair)
{
    if (pair->pieces == 1) {
        return pair->first.value;
    }
    size_t size = pair->pieces - 1;
    for (const struct piece *piece = &pair->first; piece; piece = piece->next) {
        size += piece->value.size;
    }
    char *text = slab_take(mapping->slab, size + 1);
    size_t at = 0;
    for (const struct piece *piece = &pair->first; piece; piece = piece->next) {
        if (piece != &pair->first) {
            text[at++] = ',';
        }
        memcpy(text + at, piece->value.text, piece->value.size);
        at += piece->value.size;
    }
    text[at] = 0;
    return (struct writer_value){.text = text, .size = (uint32_t)at};
}

void flatten_put(struct mapping *mapping, int column)
{
    struct writer_value *items = slab_take(mapping->slab, mapping->pairs.count * 2 * sizeof *items);
    uint32_t count = 0;
    for (size_t i = 0; i < mapping->pairs.count; i++) {
        const struct pair *pair = &mapping->pairs.items[i];
        if (pair->pieces) {
            items[count * 2] = pair->key;
            items[count * 2 + 1] = joined(mapping, pair);
            count++;
        }
    }
    mapping->values[column] = (struct writer_value){.items = items, .size = count};
    mapping->present |= (uint64_t)1 << column;
}
