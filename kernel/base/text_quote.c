#include "base/text.h"

#include "base/utf8.h"

#include <string.h>

static const char *const json_short[128] = {
    ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n",    ['\r'] = "\\r", ['\t'] = "\\t",
    ['\b'] = "\\b", ['\f'] = "\\f",  ['<'] = "\\u003c", /* no </script> where a page holds the JSON
                                                         */
};

static void json_ascii(struct buf *out, unsigned char byte)
{
    if (json_short[byte])
        buf_adds(out, json_short[byte]);
    else
        buf_addf(out, "\\u%04x", byte);
}

static size_t json_wide(struct buf *out, const char *bytes, size_t size)
{
    uint32_t point;
    size_t length = utf8_read(bytes, size, &point);
    if (point == UTF8_BROKEN)
        buf_add(out, UTF8_REPLACEMENT, UTF8_REPLACEMENT_SIZE);
    else if (point == 0x2028 || point == 0x2029) /* line ends to JavaScript */
        buf_addf(out, "\\u%04x", (unsigned)point);
    else
        buf_add(out, bytes, length);
    return length;
}

void text_json(struct buf *out, const char *bytes, size_t size)
{
    buf_addc(out, '"');
    for (size_t i = 0; i < size;) {
        size_t start = i;
        while (i < size && (unsigned char)bytes[i] >= 0x20 && (unsigned char)bytes[i] < 0x7f &&
               !json_short[(unsigned char)bytes[i]])
            i++;
        buf_add(out, bytes + start, i - start);
        if (i == size)
            break;
        unsigned char byte = (unsigned char)bytes[i];
        if (byte >= 0x80) {
            i += json_wide(out, bytes + i, size - i);
            continue;
        }
        json_ascii(out, byte);
        i++;
    }
    buf_addc(out, '"');
}

/* Valid UTF-8 between two quotes, which are doubled inside. NUL cannot be written in SQL text and
 * would end it. */
static void sql_quoted(struct buf *out, const char *bytes, size_t size, char quote)
{
    buf_addc(out, quote);
    for (size_t i = 0; i < size;) {
        size_t start = i;
        while (i < size && bytes[i] != quote && bytes[i] != '\0')
            i++;
        text_valid(out, bytes + start, i - start);
        if (i == size)
            break;
        if (bytes[i] == quote)
            buf_fill(out, quote, 2);
        else
            buf_add(out, UTF8_REPLACEMENT, UTF8_REPLACEMENT_SIZE);
        i++;
    }
    buf_addc(out, quote);
}

void text_sql_string(struct buf *out, const char *bytes, size_t size)
{
    sql_quoted(out, bytes, size, '\'');
}

void text_sql_name(struct buf *out, const char *bytes, size_t size)
{
    sql_quoted(out, bytes, size, '"');
}
