#include "base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct buf *out, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i += 3) {
        unsigned value = 0;
        size_t left = size - i < 3 ? size - i : 3;
        for (size_t j = 0; j < 3; j++)
            value = value << 8 | (j < left ? at[i + j] : 0u);
        for (size_t j = 0; j < 4; j++)
            buf_addc(out, j <= left ? digits[value >> (18 - 6 * j) & 63] : '=');
    }
}

bool base64_read(struct buf *out, const char *text, size_t size)
{
    size_t before = out->size, count = 0;
    unsigned value = 0;
    bool padded = false, ok = true;
    for (size_t i = 0; i < size && ok; i++) {
        const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
        if (text[i] && strchr(" \t\r\n", text[i]))
            continue;
        if (text[i] == '=') {
            padded = true;
            continue;
        }
        ok = digit && !padded;
        value = value << 6 | (unsigned)(ok ? digit - digits : 0);
        if (count++ %
            4) /* 2, 3 and 4 digits of a group: 12, 18 and 24 bits; all but 4, 2, 0 known */
            buf_addc(out, (char)(value >> (count % 4 ? 8 - 2 * (count % 4) : 0)));
    }
    ok = ok && count % 4 != 1;
    if (!ok && out->data) {
        out->size = before;
        out->data[before] = '\0';
    }
    return ok;
}
