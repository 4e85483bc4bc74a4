/* map - the memory and values of a row in the making. */
#include "ingest/map.h"

#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)1 << 20)
#define TEXT_LIMIT ((size_t)1 << 30) /* of a text that had to be changed; a record is smaller */

struct slab_block {
    struct slab_block *next;
    max_align_t data[];
};

void *slab_take(struct slab *slab, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (!slab->first || slab->size - slab->used < size) {
        size_t room = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;
        struct slab_block *block = xmalloc(sizeof *block + room);
        slab->total += room;
        if (size > BLOCK_SIZE / 4 &&
            slab->first) { /* a large one stands alone behind the block in use */
            block->next = slab->first->next;
            slab->first->next = block;
            return block->data;
        }
        block->next = slab->first;
        slab->first = block;
        slab->size = room;
        slab->used = 0;
    }
    void *memory = (char *)slab->first->data + slab->used;
    slab->used += size;
    return memory;
}

const char *slab_text(struct slab *slab, const char *bytes, size_t size)
{
    char *copy = slab_take(slab, size + 1);
    memcpy(copy, bytes, size);
    copy[size] = 0;
    return copy;
}

void slab_release(struct slab *slab)
{
    while (slab->first) {
        struct slab_block *next = slab->first->next;
        free(slab->first);
        slab->first = next;
    }
    memset(slab, 0, sizeof *slab);
}

void map_begin(struct mapping *mapping)
{
    mapping->present = 0;
    mapping->problem = NULL;
    mapping->pairs.count = 0;
    if (mapping->pairs.slot_count) {
        memset(mapping->pairs.slots, 0, mapping->pairs.slot_count * sizeof *mapping->pairs.slots);
        free(mapping->pairs.slots);
        mapping->pairs.slots = NULL;
        mapping->pairs.slot_count = 0;
    }
}

static void put(struct mapping *mapping, int column, struct writer_value value)
{
    mapping->values[column] = value;
    mapping->present |= (uint64_t)1 << column;
}

void map_put_text(struct mapping *mapping, int column, const char *text, size_t size)
{
    put(mapping, column, (struct writer_value){.text = text, .size = (uint32_t)size});
}

void map_put_string(struct mapping *mapping, int column, const char *text)
{
    map_put_text(mapping, column, text, strlen(text));
}

void map_put_number(struct mapping *mapping, int column, int64_t number)
{
    put(mapping, column, (struct writer_value){.number = number});
}

static struct writer_value scratch_text(struct mapping *mapping)
{
    size_t size = mapping->scratch.size;
    return (struct writer_value){.text = slab_text(mapping->slab, mapping->scratch.data, size),
                                 .size = (uint32_t)size};
}

struct writer_value map_json_of(struct mapping *mapping, const struct token *token)
{
    bool string = token->kind == TOKEN_STRING;
    const char *text = token->text - string;
    size_t size = token->size + (string ? 2 : 0);
    if (!token->dirty) {
        return (struct writer_value){.text = text, .size = (uint32_t)size};
    }
    buf_clear(&mapping->scratch);
    token_compact(&mapping->scratch, text, size);
    return scratch_text(mapping);
}

struct writer_value map_text_of(struct mapping *mapping, const struct token *token)
{
    if (token->kind == TOKEN_NULL) {
        return (struct writer_value){.null = true};
    }
    if (token->kind == TOKEN_OBJECT || token->kind == TOKEN_ARRAY) {
        return map_json_of(mapping, token);
    }
    if (!token->dirty) {
        return (struct writer_value){.text = token->text, .size = (uint32_t)token->size};
    }
    buf_clear(&mapping->scratch);
    token_unescape(&mapping->scratch, token->text, token->size);
    return scratch_text(mapping);
}

void map_put_token(struct mapping *mapping, int column, const struct token *token)
{
    if (token->text && token->kind != TOKEN_NULL) {
        put(mapping, column, map_text_of(mapping, token));
    }
}

void map_end(struct mapping *mapping, struct event *out)
{
    size_t count = (size_t)__builtin_popcountll(mapping->present);
    struct writer_value *values = slab_take(mapping->slab, count * sizeof *values);
    uint64_t left = mapping->present;
    for (size_t i = 0; i < count; i++) {
        values[i] = mapping->values[__builtin_ctzll(left)];
        left &= left - 1;
    }
    out->row = (struct writer_row){.present = mapping->present, .values = values};
}

static int two(const char *text)
{
    int high = text[0] - '0';
    int low = text[1] - '0';
    return high < 0 || high > 9 || low < 0 || low > 9 ? -1 : high * 10 + low;
}

static const unsigned char month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/* "2026-11-23T09:12:00Z", the form nearly every record has. */
static bool time_usual(const char *text, size_t size, int64_t *time)
{
    if (size != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':' || text[19] != 'Z') {
        return false;
    }
    int century = two(text);
    int year = two(text + 2);
    int month = two(text + 5);
    int day = two(text + 8);
    int hour = two(text + 11);
    int minute = two(text + 14);
    int second = two(text + 17);
    if (century < 10 || year < 0 || month < 1 || month > 12 || day < 1 ||
        day > month_days[month - 1] || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59 || (month == 2 && day == 29)) {
        return false;
    }
    int64_t days = time_from_date(century * 100 + year, month, day);
    *time = days + ((int64_t)hour * 3600 + minute * 60 + second) * 1000000;
    return true;
}

static bool time_number(const char *text, size_t size, int64_t *time)
{
    char copy[32];
    if (size >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, size);
    copy[size] = 0;
    char *end = NULL;
    double number = strtod(copy, &end);
    if (end == copy || *end || !(number > 0 && number < 253402300800000.0)) {
        return false;
    }
    *time = (int64_t)(number < 253402300800.0 ? number * 1e6 : number * 1e3);
    return true;
}

bool map_time_of(const struct token *token, int64_t *time)
{
    if (token->kind == TOKEN_NUMBER) {
        return time_number(token->text, token->size, time);
    }
    if (token->kind != TOKEN_STRING) {
        return false;
    }
    return time_usual(token->text, token->size, time) || time_parse(token->text, token->size, time);
}

/* Leading zeros are let through: anonymised logs have them. */
static bool is_address4(const char *text, size_t size)
{
    int parts = 0;
    size_t i = 0;
    while (parts < 4) {
        int value = 0;
        size_t from = i;
        while (i < size && i - from < 3 && text[i] >= '0' && text[i] <= '9') {
            value = value * 10 + (text[i++] - '0');
        }
        if (i == from || value > 255) {
            return false;
        }
        parts++;
        if (parts < 4 && (i == size || text[i++] != '.')) {
            return false;
        }
    }
    return i == size;
}

bool map_is_address(const char *text, size_t size)
{
    if (is_address4(text, size)) {
        return true;
    }
    size_t colons = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        colons += c == ':';
        if (!hex && c != ':' && !(c == '.' && colons > 1)) {
            return false;
        }
    }
    return colons >= 2 && size <= 45;
}

bool token_present(const struct token *token)
{
    return token->text && token->kind != TOKEN_NULL;
}

bool token_is(const struct token *token, const char *text)
{
    return token->text && token->kind == TOKEN_STRING && token->size == strlen(text) &&
           memcmp(token->text, text, token->size) == 0;
}

static bool member_find(const struct token *object, const char *name, size_t size,
                        struct token *out)
{
    if (!object->text || object->kind != TOKEN_OBJECT) {
        return false;
    }
    struct cursor cursor = {.at = object->text, .end = object->text + object->size};
    bool first = true;
    bool ok = cursor_open(&cursor, '{');
    bool found = false;
    while (ok && cursor_more(&cursor, '}', &first, &ok)) {
        struct token key;
        struct token value;
        ok = cursor_name(&cursor, &key) && cursor_value(&cursor, &value);
        if (ok && key.size == size && memcmp(key.text, name, size) == 0) {
            *out = value; /* of a name given twice the last counts */
            found = true;
        }
    }
    return found;
}

bool token_at(const struct token *object, const char *path, struct token *out)
{
    struct token here = *object;
    for (;;) {
        size_t size = strcspn(path, ".");
        if (!member_find(&here, path, size, &here)) {
            return false;
        }
        if (!path[size]) {
            break;
        }
        path += size + 1;
    }
    *out = here;
    return here.kind != TOKEN_NULL;
}

void mapping_release(struct mapping *mapping)
{
    buf_release(&mapping->scratch);
    buf_release(&mapping->path);
    free(mapping->pairs.items);
    free(mapping->pairs.slots);
    free(mapping->others);
}

bool token_true(const struct token *token)
{
    return token->kind == TOKEN_TRUE || token_is(token, "true") || token_is(token, "True") ||
           token_is(token, "TRUE");
}
