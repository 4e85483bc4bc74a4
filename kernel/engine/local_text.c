#include "engine/local_text.h"

#include "base/text.h"
#include "base/time.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 wide; /* local to this file: DuckDB's HUGEINT has no standard type */

void local_vector_of(const struct duckdb_api *api, duckdb_vector vector, duckdb_logical_type type,
                     struct local_vector *out)
{
    *out = (struct local_vector){.vector = vector, .type = type, .id = api->get_type_id(type)};
    out->data = api->vector_get_data(vector);
    out->validity = api->vector_get_validity(vector);
    if (out->id != DUCKDB_TYPE_VARCHAR)
        return;
    char *alias = api->logical_type_get_alias(type);
    out->json = alias && strcmp(alias, "JSON") == 0;
    if (alias)
        api->free(alias);
}

static bool is_null(const struct local_vector *vector, size_t row)
{
    return vector->validity && !(vector->validity[row / 64] >> (row % 64) & 1);
}

/* Digits of a magnitude with `scale` of them behind the point. */
static void add_wide(struct buf *out, wide magnitude, bool negative, unsigned scale)
{
    char digits[64];
    size_t count = 0;
    for (unsigned digit = 0; digit <= scale || magnitude; digit++, magnitude /= 10) {
        if (digit == scale && scale)
            digits[count++] = '.';
        digits[count++] = (char)('0' + (int)(magnitude % 10));
    }
    if (negative)
        buf_addc(out, '-');
    while (count)
        buf_addc(out, digits[--count]);
}

static void add_hugeint(struct buf *out, duckdb_hugeint value, unsigned scale)
{
    bool negative = value.upper < 0;
    wide bits = (wide)(uint64_t)value.upper << 64 | value.lower;
    add_wide(out, negative ? (wide)0 - bits : bits, negative, scale);
}

static void add_decimal(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                        struct buf *out)
{
    unsigned scale = api->decimal_scale(vector->type);
    duckdb_type inside = api->decimal_internal_type(vector->type);
    int64_t value = 0;
    if (inside == DUCKDB_TYPE_HUGEINT) {
        add_hugeint(out, ((duckdb_hugeint *)vector->data)[row], scale);
        return;
    }
    if (inside == DUCKDB_TYPE_SMALLINT)
        value = ((int16_t *)vector->data)[row];
    else if (inside == DUCKDB_TYPE_INTEGER)
        value = ((int32_t *)vector->data)[row];
    else
        value = ((int64_t *)vector->data)[row];
    add_wide(out, value < 0 ? (wide)0 - (wide)value : (wide)value, value < 0, scale);
}

static void add_double(struct buf *out, double value)
{
    char text[40];
    if (!isfinite(value)) {
        buf_adds(out, isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_adds(out, text);
}

static void add_blob(struct buf *out, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] >= 0x20 && bytes[i] < 0x7F && bytes[i] != '\\')
            buf_addc(out, (char)bytes[i]);
        else
            buf_addf(out, "\\x%02X", bytes[i]);
    }
}

static void add_uuid(struct buf *out, duckdb_hugeint value)
{
    uint64_t high = (uint64_t)value.upper ^ UINT64_C(1) << 63;
    buf_addf(out, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, high >> 32,
             high >> 16 & 0xFFFF, high & 0xFFFF, value.lower >> 48,
             value.lower & UINT64_C(0xFFFFFFFFFFFF));
}

static void add_clock(struct buf *out, int64_t us)
{
    buf_addf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, us / 3600000000, us / 60000000 % 60,
             us / 1000000 % 60);
    if (us % 1000000)
        buf_addf(out, ".%06" PRId64, us % 1000000);
}

/* Microseconds in the upper 40 bits, below them the distance to the eastmost zone in seconds. */
static void add_clock_zone(struct buf *out, uint64_t bits)
{
    int64_t zone = 16 * 3600 - 1 - (int64_t)(bits & 0xFFFFFF), size = zone < 0 ? -zone : zone;
    add_clock(out, (int64_t)(bits >> 24));
    buf_addf(out, "%c%02" PRId64, zone < 0 ? '-' : '+', size / 3600);
    if (size % 3600)
        buf_addf(out, ":%02" PRId64, size / 60 % 60);
}

/* The first byte says how many bits of the second are padding. */
static void add_bits(struct buf *out, const unsigned char *bytes, size_t size)
{
    for (size_t bit = size > 1 ? bytes[0] : 0; size && bit < (size - 1) * 8; bit++)
        buf_addc(out, bytes[1 + bit / 8] >> (7 - bit % 8) & 1 ? '1' : '0');
}

static void add_span(struct buf *out, int64_t count, const char *unit)
{
    if (count)
        buf_addf(out, "%s%" PRId64 " %s%s", out->size ? " " : "", count, unit,
                 count == 1 || count == -1 ? "" : "s");
}

/* "1 year 2 months 3 days -04:05:06", as DuckDB writes it. */
static void add_interval(struct buf *out, const duckdb_interval *value)
{
    struct buf text;
    buf_init(&text, 256);
    add_span(&text, value->months / 12, "year");
    add_span(&text, value->months % 12, "month");
    add_span(&text, value->days, "day");
    if (value->micros || !text.size) {
        buf_adds(&text, text.size ? " " : "");
        buf_adds(&text, value->micros < 0 ? "-" : "");
        add_clock(&text, value->micros < 0 ? -value->micros : value->micros);
    }
    buf_add(out, text.data, text.size);
    buf_release(&text);
}

static void add_enum(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                     struct buf *out)
{
    duckdb_type inside = api->enum_internal_type(vector->type);
    uint32_t index = inside == DUCKDB_TYPE_UTINYINT    ? ((uint8_t *)vector->data)[row]
                     : inside == DUCKDB_TYPE_USMALLINT ? ((uint16_t *)vector->data)[row]
                                                       : ((uint32_t *)vector->data)[row];
    char *word = api->enum_dictionary_value(vector->type, index);
    buf_adds(out, word);
    api->free(word);
}

static void add_time(const struct local_vector *vector, size_t row, struct buf *out)
{
    char text[TIME_TEXT_SIZE];
    int64_t value = ((int64_t *)vector->data)[row];
    if (vector->id == DUCKDB_TYPE_TIMESTAMP_S)
        value *= 1000000;
    else if (vector->id == DUCKDB_TYPE_TIMESTAMP_MS)
        value *= 1000;
    else if (vector->id == DUCKDB_TYPE_TIMESTAMP_NS)
        value /= 1000;
    buf_adds(out, time_millis(value, text));
}

static void add_integer(const struct local_vector *vector, size_t row, struct buf *out)
{
    switch (vector->id) {
    case DUCKDB_TYPE_TINYINT:
        buf_addf(out, "%d", ((int8_t *)vector->data)[row]);
        break;
    case DUCKDB_TYPE_SMALLINT:
        buf_addf(out, "%d", ((int16_t *)vector->data)[row]);
        break;
    case DUCKDB_TYPE_INTEGER:
        buf_addf(out, "%" PRId32, ((int32_t *)vector->data)[row]);
        break;
    case DUCKDB_TYPE_UTINYINT:
        buf_addf(out, "%d", ((uint8_t *)vector->data)[row]);
        break;
    case DUCKDB_TYPE_USMALLINT:
        buf_addf(out, "%d", ((uint16_t *)vector->data)[row]);
        break;
    case DUCKDB_TYPE_UINTEGER:
        buf_addf(out, "%" PRIu32, ((uint32_t *)vector->data)[row]);
        break;
    case DUCKDB_TYPE_UBIGINT:
        buf_addf(out, "%" PRIu64, ((uint64_t *)vector->data)[row]);
        break;
    default:
        buf_addf(out, "%" PRId64, ((int64_t *)vector->data)[row]);
    }
}

/* Scalars whose JSON form needs no quotes. */
static bool add_number(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                       struct buf *out)
{
    switch (vector->id) {
    case DUCKDB_TYPE_BOOLEAN:
        buf_adds(out, ((bool *)vector->data)[row] ? "true" : "false");
        return true;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
        add_integer(vector, row, out);
        return true;
    case DUCKDB_TYPE_HUGEINT:
        add_hugeint(out, ((duckdb_hugeint *)vector->data)[row], 0);
        return true;
    case DUCKDB_TYPE_UHUGEINT: {
        duckdb_uhugeint value = ((duckdb_uhugeint *)vector->data)[row];
        add_wide(out, (wide)value.upper << 64 | value.lower, false, 0);
        return true;
    }
    case DUCKDB_TYPE_DECIMAL:
        add_decimal(api, vector, row, out);
        return true;
    default:
        return false;
    }
}

static void add_scalar(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                       struct buf *out)
{
    duckdb_string_t *string = (duckdb_string_t *)vector->data + row;
    char text[TIME_TEXT_SIZE];
    switch (vector->id) {
    case DUCKDB_TYPE_FLOAT:
        add_double(out, (double)((float *)vector->data)[row]);
        return;
    case DUCKDB_TYPE_DOUBLE:
        add_double(out, ((double *)vector->data)[row]);
        return;
    case DUCKDB_TYPE_DATE:
        buf_adds(out,
                 time_day((int64_t)((int32_t *)vector->data)[row] * INT64_C(86400000000), text));
        return;
    case DUCKDB_TYPE_TIME:
        add_clock(out, ((int64_t *)vector->data)[row]);
        return;
    case DUCKDB_TYPE_TIME_TZ:
        add_clock_zone(out, ((uint64_t *)vector->data)[row]);
        return;
    case DUCKDB_TYPE_INTERVAL:
        add_interval(out, &((duckdb_interval *)vector->data)[row]);
        return;
    case DUCKDB_TYPE_UUID:
        add_uuid(out, ((duckdb_hugeint *)vector->data)[row]);
        return;
    case DUCKDB_TYPE_ENUM:
        add_enum(api, vector, row, out);
        return;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_BIT: {
        size_t size = string->value.inlined.length;
        const char *bytes = size <= 12 ? string->value.inlined.inlined : string->value.pointer.ptr;
        if (vector->id == DUCKDB_TYPE_VARCHAR)
            buf_add(out, bytes, size);
        else if (vector->id == DUCKDB_TYPE_BIT)
            add_bits(out, (const unsigned char *)bytes, size);
        else
            add_blob(out, (const unsigned char *)bytes, size);
        return;
    }
    default:
        if (strncmp(local_type_name(vector->id), "TIMESTAMP", 9) == 0)
            add_time(vector, row, out);
        else
            buf_addf(out, "(%s)", local_type_name(vector->id));
    }
}

static void add_child(const struct duckdb_api *api, duckdb_vector vector, duckdb_logical_type type,
                      size_t row, struct buf *out)
{
    struct local_vector child;
    local_vector_of(api, vector, type, &child);
    local_text(api, &child, row, true, out);
}

static void add_list(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                     struct buf *out)
{
    bool array = vector->id == DUCKDB_TYPE_ARRAY;
    duckdb_logical_type type =
        array ? api->array_type_child_type(vector->type) : api->list_type_child_type(vector->type);
    duckdb_vector items = array ? api->array_vector_get_child(vector->vector)
                                : api->list_vector_get_child(vector->vector);
    size_t size = array ? (size_t)api->array_type_array_size(vector->type) : 0;
    duckdb_list_entry entry = {.offset = row * size, .length = size};
    if (!array)
        entry = ((duckdb_list_entry *)vector->data)[row];
    struct local_vector item;
    local_vector_of(api, items, type, &item);
    buf_addc(out, '[');
    for (size_t i = 0; i < entry.length; i++) {
        buf_adds(out, i ? ", " : "");
        local_text(api, &item, entry.offset + i, true, out);
    }
    buf_addc(out, ']');
    api->destroy_logical_type(&type);
}

/* A struct without names, as row(1, 'a') and zip make, is shown as a list. */
static void add_struct(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                       struct buf *out)
{
    size_t count = (size_t)api->struct_type_child_count(vector->type);
    bool named = true;
    for (size_t i = 0; i < count; i++) {
        char *name = api->struct_type_child_name(vector->type, i);
        named = i ? named : *name != '\0';
        buf_adds(out, i ? ", " : named ? "{" : "[");
        if (named) {
            text_json(out, name, strlen(name));
            buf_adds(out, ": ");
        }
        api->free(name);
        duckdb_logical_type type = api->struct_type_child_type(vector->type, i);
        add_child(api, api->struct_vector_get_child(vector->vector, i), type, row, out);
        api->destroy_logical_type(&type);
    }
    buf_addc(out, named ? '}' : ']');
}

/* A map is a list of {key, value}: shown as an object, keys as text. */
static void add_map(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                    struct buf *out)
{
    duckdb_list_entry entry = ((duckdb_list_entry *)vector->data)[row];
    duckdb_vector pairs = api->list_vector_get_child(vector->vector);
    duckdb_logical_type key_type = api->map_type_key_type(vector->type);
    duckdb_logical_type value_type = api->map_type_value_type(vector->type);
    struct local_vector keys;
    local_vector_of(api, api->struct_vector_get_child(pairs, 0), key_type, &keys);
    struct buf key;
    buf_init(&key, (size_t)64 * 1024 * 1024);
    buf_addc(out, '{');
    for (size_t i = 0; i < entry.length; i++) {
        buf_clear(&key);
        local_text(api, &keys, entry.offset + i, false, &key);
        buf_adds(out, i ? ", " : "");
        text_json(out, key.data, key.size);
        buf_adds(out, ": ");
        add_child(api, api->struct_vector_get_child(pairs, 1), value_type, entry.offset + i, out);
    }
    buf_addc(out, '}');
    buf_release(&key);
    api->destroy_logical_type(&key_type);
    api->destroy_logical_type(&value_type);
}

/* A union is a struct whose first child is the tag. */
static void add_union(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                      struct buf *out)
{
    const uint8_t *tags = api->vector_get_data(api->struct_vector_get_child(vector->vector, 0));
    duckdb_logical_type type = api->union_type_member_type(vector->type, tags[row]);
    add_child(api, api->struct_vector_get_child(vector->vector, (idx_t)tags[row] + 1), type, row,
              out);
    api->destroy_logical_type(&type);
}

static bool add_nested(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                       struct buf *out)
{
    static const struct {
        duckdb_type id;
        void (*add)(const struct duckdb_api *, const struct local_vector *, size_t, struct buf *);
    } nested[] = {{DUCKDB_TYPE_LIST, add_list},
                  {DUCKDB_TYPE_ARRAY, add_list},
                  {DUCKDB_TYPE_STRUCT, add_struct},
                  {DUCKDB_TYPE_MAP, add_map},
                  {DUCKDB_TYPE_UNION, add_union}};
    for (size_t i = 0; i < COUNT(nested); i++)
        if (nested[i].id == vector->id) {
            nested[i].add(api, vector, row, out);
            return true;
        }
    return false;
}

void local_text(const struct duckdb_api *api, const struct local_vector *vector, size_t row,
                bool json, struct buf *out)
{
    if (is_null(vector, row)) {
        buf_adds(out, json ? "null" : "");
        return;
    }
    if (add_nested(api, vector, row, out) || add_number(api, vector, row, out))
        return;
    if (!json || vector->json) {
        add_scalar(api, vector, row, out);
        return;
    }
    struct buf text;
    buf_init(&text, (size_t)64 * 1024 * 1024);
    add_scalar(api, vector, row, &text);
    bool real = (vector->id == DUCKDB_TYPE_DOUBLE || vector->id == DUCKDB_TYPE_FLOAT) &&
                strpbrk(text.data, "NI") == NULL;
    if (real)
        buf_add(out, text.data, text.size);
    else
        text_json(out, text.data, text.size);
    buf_release(&text);
}

const char *local_type_name(duckdb_type id)
{
    static const char *const names[] = {
        [DUCKDB_TYPE_BOOLEAN] = "BOOLEAN",
        [DUCKDB_TYPE_TINYINT] = "TINYINT",
        [DUCKDB_TYPE_SMALLINT] = "SMALLINT",
        [DUCKDB_TYPE_INTEGER] = "INTEGER",
        [DUCKDB_TYPE_BIGINT] = "BIGINT",
        [DUCKDB_TYPE_UTINYINT] = "UTINYINT",
        [DUCKDB_TYPE_USMALLINT] = "USMALLINT",
        [DUCKDB_TYPE_UINTEGER] = "UINTEGER",
        [DUCKDB_TYPE_UBIGINT] = "UBIGINT",
        [DUCKDB_TYPE_FLOAT] = "FLOAT",
        [DUCKDB_TYPE_DOUBLE] = "DOUBLE",
        [DUCKDB_TYPE_TIMESTAMP] = "TIMESTAMP",
        [DUCKDB_TYPE_DATE] = "DATE",
        [DUCKDB_TYPE_TIME] = "TIME",
        [DUCKDB_TYPE_TIME_TZ] = "TIME WITH TIME ZONE",
        [DUCKDB_TYPE_INTERVAL] = "INTERVAL",
        [DUCKDB_TYPE_HUGEINT] = "HUGEINT",
        [DUCKDB_TYPE_UHUGEINT] = "UHUGEINT",
        [DUCKDB_TYPE_VARCHAR] = "VARCHAR",
        [DUCKDB_TYPE_BLOB] = "BLOB",
        [DUCKDB_TYPE_DECIMAL] = "DECIMAL",
        [DUCKDB_TYPE_TIMESTAMP_S] = "TIMESTAMP_S",
        [DUCKDB_TYPE_TIMESTAMP_MS] = "TIMESTAMP_MS",
        [DUCKDB_TYPE_TIMESTAMP_NS] = "TIMESTAMP_NS",
        [DUCKDB_TYPE_ENUM] = "ENUM",
        [DUCKDB_TYPE_LIST] = "LIST",
        [DUCKDB_TYPE_STRUCT] = "STRUCT",
        [DUCKDB_TYPE_MAP] = "MAP",
        [DUCKDB_TYPE_ARRAY] = "ARRAY",
        [DUCKDB_TYPE_UUID] = "UUID",
        [DUCKDB_TYPE_UNION] = "UNION",
        [DUCKDB_TYPE_BIT] = "BIT",
        [DUCKDB_TYPE_TIMESTAMP_TZ] = "TIMESTAMP WITH TIME ZONE",
    };
    return (size_t)id < COUNT(names) && names[id] ? names[id] : "UNKNOWN";
}
