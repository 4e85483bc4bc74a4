/* gzip - whole gzip files in memory through libdeflate; the only home of libdeflate. One thread per
 * object. */
#ifndef COFFERDAM_BASE_GZIP_H
#define COFFERDAM_BASE_GZIP_H

#include "base/buf.h"
#include "base/error.h"

struct gzip;

struct gzip *gzip_new(void);
void gzip_free(struct gzip *gzip);

bool gzip_is(const void *data, size_t size); /* the two magic bytes */

/* Appends what all members of `data` hold to `out` (its limit holds). On a cut or broken file:
   false, with the whole members before the broken one already in `out`; for a single broken member
   what could be decoded is lost. */
bool gzip_expand(struct gzip *gzip, const void *data, size_t size, struct buf *out,
                 struct error *err) ATTR_USE_RESULT;

/* Expands a raw deflate stream (a member of a zip file) into exactly `expanded` bytes; false if it
 * is not that. */
bool gzip_inflate(struct gzip *gzip, const void *data, size_t size, void *out,
                  size_t expanded) ATTR_USE_RESULT;

/* Appends one member with no name and time 0, so that equal input gives equal bytes. Level 1 to 12.
 */
void gzip_pack(const void *data, size_t size, int level, struct buf *out);

uint32_t gzip_crc32(const void *data, size_t size); /* gzip's own, which S3 takes too */

#endif
