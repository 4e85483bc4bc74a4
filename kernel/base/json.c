#include "base/json.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_LIMIT 512

/* Deeper than the limit? Looks at brackets outside strings only, so it needs no valid JSON. */
static bool too_deep(const char *text, size_t size)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        char byte = text[i];
        if (quoted) {
            if (byte == '\\')
                i++;
            else if (byte == '"')
                quoted = false;
        } else if (byte == '"') {
            quoted = true;
        } else if (byte == '[' || byte == '{') {
            if (++depth > DEPTH_LIMIT)
                return true;
        } else if ((byte == ']' || byte == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The value of "\uXXXX" at the start of text, or -1. */
static int unicode_escape(const char *text, size_t size)
{
    if (size < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    int value = 0;
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Copies the escape at the start of text (at least 2 bytes) unless jansson would refuse it. Returns
 * the bytes read. */
static size_t repair_escape(struct buf *out, const char *text, size_t size)
{
    int value = unicode_escape(text, size);
    if (value < 0) {
        buf_add(out, text, 2);
        return 2;
    }
    if (value >= 0xd800 && value <= 0xdbff) {
        int second = unicode_escape(text + 6, size - 6);
        if (second >= 0xdc00 && second <= 0xdfff) {
            buf_add(out, text, 12);
            return 12;
        }
    }
    if (value == 0 || (value >= 0xd800 && value <= 0xdfff))
        buf_adds(out, "\\ufffd");
    else
        buf_add(out, text, 6);
    return 6;
}

static bool is_number_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == '.' ||
           byte == 'e' || byte == 'E';
}

/* Copies the number at the start of text; an integer beyond 64 bits becomes a real. Returns the
 * bytes read. */
static size_t repair_number(struct buf *out, const char *text, size_t size)
{
    size_t length = 0, digits = 0;
    while (length < size && is_number_byte(text[length])) {
        digits += text[length] >= '0' && text[length] <= '9';
        length++;
    }
    buf_add(out, text, length);
    if (digits + (text[0] == '-') == length && digits > 18) {
        errno = 0;
        (void)strtoll(text, NULL, 10);
        if (errno == ERANGE)
            buf_adds(out, ".0");
    }
    return length;
}

/* What jansson refuses but loses nothing: broken UTF-8, NUL, lone surrogates, large integers.
 * Structure stays. */
static void repair(struct buf *out, const char *text, size_t size)
{
    struct buf valid;
    buf_init(&valid, 3 * size);
    text_valid(&valid, text, size);
    bool quoted = false;
    for (size_t i = 0; i < valid.size;) {
        char byte = valid.data[i];
        if (quoted && byte == '\\' && i + 1 < valid.size && valid.data[i + 1] != '\0') {
            i += repair_escape(out, valid.data + i, valid.size - i);
            continue;
        }
        if (!quoted && is_number_byte(byte)) {
            i += repair_number(out, valid.data + i, valid.size - i);
            continue;
        }
        if (byte == '"')
            quoted = !quoted;
        if (quoted && byte == '\0')
            buf_adds(out, UTF8_REPLACEMENT);
        else
            buf_addc(out, byte);
        i++;
    }
    buf_release(&valid);
}

static json_t *parse_repaired(const char *text, size_t size, json_error_t *reason)
{
    struct buf repaired;
    buf_init(&repaired, 9 * size + 16);
    repair(&repaired, text, size);
    json_t *value = json_loadb(repaired.data, repaired.size, JSON_DECODE_ANY, reason);
    buf_release(&repaired);
    return value;
}

static void release(void *value)
{
    json_decref(value);
}

json_t *json_own(struct arena *arena, json_t *value)
{
    if (value)
        arena_defer(arena, release, value);
    return value;
}

json_t *json_parse(struct arena *arena, const char *text, size_t size, size_t limit,
                   struct error *err)
{
    if (size > limit) {
        (void)error_set(err, ERROR_LIMIT, "JSON of %zu bytes, at most %zu are read", size, limit);
        return NULL;
    }
    if (too_deep(text, size)) {
        (void)error_set(err, ERROR_LIMIT, "JSON is nested deeper than %d levels", DEPTH_LIMIT);
        return NULL;
    }
    json_error_t reason;
    json_t *value = json_loadb(text, size, JSON_DECODE_ANY, &reason);
    if (!value)
        value = parse_repaired(text, size, &reason);
    if (!value) {
        (void)error_set(err, ERROR_DATA, "broken JSON at line %d, column %d: %s", reason.line,
                        reason.column, reason.text);
        return NULL;
    }
    return json_own(arena, value);
}

json_t *json_text(const char *bytes, size_t size)
{
    json_t *value = json_stringn(bytes, size);
    if (value)
        return value;
    struct buf valid;
    buf_init(&valid, 3 * size);
    text_valid(&valid, bytes, size);
    value = json_stringn_nocheck(valid.data, valid.size);
    buf_release(&valid);
    if (!value)
        abort(); /* out of memory */
    return value;
}

json_t *json_texts(const char *text)
{
    return json_text(text, strlen(text));
}

const char *json_get_string(const json_t *object, const char *name, const char *otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

int64_t json_get_int(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool json_get_bool(const json_t *object, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static int add_piece(const char *bytes, size_t size, void *state)
{
    buf_add(state, bytes, size);
    return 0;
}

char *json_dump(struct arena *arena, const json_t *value, size_t *size)
{
    struct buf text;
    buf_init(&text, SIZE_MAX / 4);
    if (json_dump_callback(value, add_piece, &text, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        buf_clear(&text);
    char *copy = buf_to_arena(&text, arena);
    if (size)
        *size = text.size;
    buf_release(&text);
    return copy;
}
