#include "base/text.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

/* What may follow each lead byte: length and range of the second byte, which rules out overlong
   forms, surrogates and points above U+10FFFF (Unicode Standard, table 3-7). */
struct lead {
    unsigned char first, last, length, low, high;
};

static const struct lead leads[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
    {0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *lead_find(unsigned char byte)
{
    for (size_t i = 0; i < COUNT(leads); i++)
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    return NULL;
}

size_t utf8_read(const char *bytes, size_t size, uint32_t *point)
{
    const unsigned char *in = (const unsigned char *)bytes;
    *point = in[0];
    if (in[0] < 0x80)
        return 1;
    *point = UTF8_BROKEN;
    const struct lead *lead = lead_find(in[0]);
    if (!lead || size < 2 || in[1] < lead->low || in[1] > lead->high)
        return 1;
    uint32_t value = in[0] & (0x7fU >> lead->length);
    value = value << 6 | (in[1] & 0x3fU);
    for (size_t i = 2; i < lead->length; i++) {
        if (i >= size || (in[i] & 0xc0) != 0x80)
            return i;
        value = value << 6 | (in[i] & 0x3fU);
    }
    *point = value;
    return lead->length;
}

size_t utf8_ascii(const char *bytes, size_t size)
{
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        if (word & 0x8080808080808080ULL)
            break;
    }
    while (i < size && (unsigned char)bytes[i] < 0x80)
        i++;
    return i;
}

/* Default_Ignorable_Code_Point, Bidi_Control, line separators, blanks without ink, and specials;
   sorted. Noncharacters at the end of each plane are tested apart. */
static const uint32_t unseen[][2] = {
    {0x0080, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x061c, 0x061c},
    {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},
    {0x2028, 0x202e},   {0x2060, 0x206f},   {0x2800, 0x2800},   {0x3164, 0x3164},
    {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},   {0x13430, 0x1345f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

bool utf8_is_unseen(uint32_t point)
{
    if ((point & 0xfffe) == 0xfffe)
        return true;
    size_t low = 0, high = COUNT(unseen);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (point > unseen[middle][1])
            low = middle + 1;
        else if (point < unseen[middle][0])
            high = middle;
        else
            return true;
    }
    return false;
}

/* Length of the longest valid prefix. */
static size_t valid_prefix(const char *bytes, size_t size)
{
    size_t i = 0;
    while (i < size) {
        i += utf8_ascii(bytes + i, size - i);
        if (i == size)
            break;
        uint32_t point;
        size_t length = utf8_read(bytes + i, size - i, &point);
        if (point == UTF8_BROKEN)
            break;
        i += length;
    }
    return i;
}

bool text_is_valid(const char *bytes, size_t size)
{
    return valid_prefix(bytes, size) == size;
}

void text_valid(struct buf *out, const char *bytes, size_t size)
{
    while (size) {
        size_t good = valid_prefix(bytes, size);
        buf_add(out, bytes, good);
        bytes += good;
        size -= good;
        if (!size)
            return;
        uint32_t point;
        size_t length = utf8_read(bytes, size, &point);
        buf_add(out, UTF8_REPLACEMENT, UTF8_REPLACEMENT_SIZE);
        bytes += length;
        size -= length;
    }
}

size_t text_points(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

size_t text_offset(const char *text, size_t size, size_t index)
{
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80 && index-- == 0)
            return i;
    return size;
}

size_t text_width(const char *text, size_t size)
{
    size_t width = 0;
    for (size_t i = 0; i < size;) {
        size_t ascii = utf8_ascii(text + i, size - i);
        width += ascii;
        i += ascii;
        if (i == size)
            break;
        uint32_t point;
        i += utf8_read(text + i, size - i, &point);
        int columns = point == UTF8_BROKEN ? 1 : utf8proc_charwidth((utf8proc_int32_t)point);
        width += columns > 0 ? (size_t)columns : 0;
    }
    return width;
}

size_t text_cut(const char *text, size_t size, size_t limit)
{
    if (size <= limit)
        return size;
    size_t cut = limit;
    while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
        cut--;
    return cut;
}

const char *text_number(int64_t number, char out[static 32])
{
    char digits[24];
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)left);
    size_t at = 0;
    if (number < 0)
        out[at++] = '-';
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *text_bytes(int64_t bytes, char out[static 32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes > -1000 && bytes < 1000) {
        (void)snprintf(out, 32, "%lld B", (long long)bytes);
        return out;
    }
    double value = (double)bytes;
    size_t unit = 0;
    /* 999.95 and more would print as 1000.0 */
    while ((value >= 999.95 || value <= -999.95) && unit + 1 < COUNT(units)) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(out, 32, "%.1f %s", value, units[unit]);
    return out;
}
