#include "base/gzip.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

/* Deflate cannot grow data by more than this factor, so a larger promise in the trailer is a lie.
 */
#define RATIO_LIMIT 1032
#define MEMBER_MIN                                                                                 \
    18 /* bytes of the smallest member: header 10, an empty block is longer than 0, trailer 8 */
#define FIRST_GUESS_MAX ((size_t)256 << 20)

struct gzip {
    struct libdeflate_decompressor *decompressor;
};

struct gzip *gzip_new(void)
{
    struct gzip *gzip = xcalloc(1, sizeof *gzip);
    gzip->decompressor = libdeflate_alloc_decompressor();
    if (!gzip->decompressor)
        abort(); /* out of memory */
    return gzip;
}

void gzip_free(struct gzip *gzip)
{
    if (!gzip)
        return;
    libdeflate_free_decompressor(gzip->decompressor);
    free(gzip);
}

bool gzip_is(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* The size that the last four bytes promise (right for one member below 4 GiB), within reason. */
static size_t first_guess(const unsigned char *data, size_t size)
{
    if (size < MEMBER_MIN)
        return 4096;
    const unsigned char *end = data + size - 4;
    size_t promised =
        (size_t)end[0] | (size_t)end[1] << 8 | (size_t)end[2] << 16 | (size_t)end[3] << 24;
    size_t most = size > FIRST_GUESS_MAX / RATIO_LIMIT ? FIRST_GUESS_MAX : size * RATIO_LIMIT;
    size_t guess = promised < most ? promised : most;
    return guess > 64 ? guess : 64;
}

/* Expands the member at the start of data into out; *used gets the bytes it takes. */
static bool expand_member(struct gzip *gzip, const unsigned char *data, size_t size,
                          struct buf *out, size_t *used)
{
    size_t guess = first_guess(data, size);
    for (;;) {
        size_t left = out->limit - out->size;
        size_t asked = guess < left ? guess : left;
        char *room = buf_room(out, asked);
        if (!room)
            return false;
        size_t got = 0;
        enum libdeflate_result result =
            libdeflate_gzip_decompress_ex(gzip->decompressor, data, size, room, asked, used, &got);
        if (result == LIBDEFLATE_SUCCESS) {
            buf_grew(out, got);
            return true;
        }
        buf_grew(out, 0);
        if (result != LIBDEFLATE_INSUFFICIENT_SPACE)
            return false;
        if (asked == left) {
            out->full = true;
            return false;
        }
        guess = asked * 4;
    }
}

static bool all_zero(const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i])
            return false;
    return true;
}

bool gzip_expand(struct gzip *gzip, const void *data, size_t size, struct buf *out,
                 struct error *err)
{
    const unsigned char *bytes = data;
    size_t at = 0;
    do {
        size_t used = 0;
        if (!gzip_is(bytes + at, size - at))
            return error_set(err, ERROR_DATA, "no gzip member at byte %zu", at);
        if (!expand_member(gzip, bytes + at, size - at, out, &used)) {
            if (out->full)
                return error_set(err, ERROR_LIMIT, "gzip data expands to more than %zu bytes",
                                 out->limit);
            return error_set(err, ERROR_DATA, "the gzip member at byte %zu is cut or damaged", at);
        }
        at += used;
    } while (at < size && !all_zero(bytes + at, size - at));
    return true;
}

bool gzip_inflate(struct gzip *gzip, const void *data, size_t size, void *out, size_t expanded)
{
    return libdeflate_deflate_decompress(gzip->decompressor, data, size, out, expanded, NULL) ==
           LIBDEFLATE_SUCCESS;
}

void gzip_pack(const void *data, size_t size, int level, struct buf *out)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level < 1    ? 1
                                                                           : level > 12 ? 12
                                                                                        : level);
    if (!compressor)
        abort(); /* out of memory */
    size_t bound = libdeflate_gzip_compress_bound(compressor, size);
    char *room = xmalloc(bound);
    size_t packed = libdeflate_gzip_compress(compressor, data, size, room, bound);
    buf_add(out, room, packed);
    free(room);
    libdeflate_free_compressor(compressor);
}

uint32_t gzip_crc32(const void *data, size_t size)
{
    return libdeflate_crc32(0, data, size);
}
