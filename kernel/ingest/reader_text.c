/* reader_text - the true bytes of JSON strings and the compact form of JSON values. */
#include "base/json_walk.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of \uXXXX at `text` (which begins with the u), or -1. */
static int hex_four(const char *text, size_t size)
{
    if (size < 5) {
        return -1;
    }
    int value = 0;
    for (int i = 1; i <= 4; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

static void utf8_add(struct buf *out, int point)
{
    if (point < 0x80) {
        buf_addc(out, (char)point);
        return;
    }
    char bytes[4];
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    bytes[0] = (char)(lead[size] | point);
    buf_add(out, bytes, size);
}

#define REPLACEMENT 0xfffd

/* Reads the escape behind a backslash; *used gets its bytes without the backslash. */
static int escape_read(const char *text, size_t size, size_t *used)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    *used = 0;
    if (!size || (unsigned char)*text >= 0x80) { /* a character of several bytes stays whole */
        return REPLACEMENT;
    }
    *used = 1;
    const char *letter = *text ? strchr(letters, *text) : NULL;
    if (letter) {
        return meant[letter - letters];
    }
    int high = *text == 'u' ? hex_four(text, size) : -1;
    if (high < 0) {
        return REPLACEMENT;
    }
    *used = 5;
    if (high < 0xd800 || high > 0xdfff) {
        return high ? high : REPLACEMENT;
    }
    int low = high < 0xdc00 && size >= 11 && text[5] == '\\' && text[6] == 'u'
                  ? hex_four(text + 6, size - 6)
                  : -1;
    if (low < 0xdc00 || low > 0xdfff) {
        return REPLACEMENT;
    }
    *used = 11;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

void token_unescape(struct buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        const char *slash = memchr(text + i, '\\', size - i);
        size_t plain = slash ? (size_t)(slash - text) - i : size - i;
        for (size_t k = 0; k < plain; k++) { /* NUL bytes are not text for anyone downstream */
            if (text[i + k]) {
                buf_addc(out, text[i + k]);
            } else {
                utf8_add(out, REPLACEMENT);
            }
        }
        i += plain;
        if (slash) {
            size_t used = 0;
            utf8_add(out, escape_read(text + i + 1, size - i - 1, &used));
            i += 1 + used;
        }
    }
}

/* One string of a value, from behind its opening quote; returns the bytes passed, closing quote
 * included. */
static size_t compact_string(struct buf *out, const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && text[i] != '"') {
        unsigned char c = (unsigned char)text[i];
        if (c == '\\') {
            size_t used = 0;
            int point = escape_read(text + i + 1, size - i - 1, &used);
            if (point == REPLACEMENT) {
                buf_adds(out, "\\ufffd");
            } else {
                buf_add(out, text + i, 1 + used);
            }
            i += 1 + used;
        } else {
            if (!c) {
                buf_adds(out, "\\ufffd");
            } else if (c < 0x20) {
                buf_addf(out, "\\u%04x", c);
            } else {
                buf_addc(out, (char)c);
            }
            i++;
        }
    }
    buf_addc(out, '"');
    return i < size ? i + 1 : size;
}

void token_compact(struct buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        char c = text[i++];
        if (c == '"') {
            buf_addc(out, c);
            i += compact_string(out, text + i, size - i);
        } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            buf_addc(out, c);
        }
    }
}
