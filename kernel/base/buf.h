/* buf - a growing byte buffer with a stated limit.
 *
 * `data` is always NUL-terminated (the NUL is not counted in `size`) and may hold any byte. Over
 * the limit nothing more is added and `full` is set: check it once at the end. Embedded: buf_init
 * ... buf_release. Not thread-safe.
 */
#ifndef COFFERDAM_BASE_BUF_H
#define COFFERDAM_BASE_BUF_H

#include "base/base.h"

#include <stdarg.h>

struct arena;

struct buf {
    char *data;
    size_t size;     /* bytes used */
    size_t capacity; /* bytes allocated */
    size_t limit;    /* most bytes it may hold */
    bool full;       /* something did not fit and was left out whole */
    bool secret;     /* wiped when it grows and when it ends */
};

void buf_init(struct buf *buf, size_t limit);
/* For what may hold a key, a token or a password. */
void buf_init_secret(struct buf *buf, size_t limit);
void buf_release(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory */

void buf_add(struct buf *buf, const void *bytes, size_t size);
void buf_adds(struct buf *buf, const char *text);
void buf_addc(struct buf *buf, char byte);
void buf_addf(struct buf *buf, const char *format, ...) ATTR_PRINTF(2, 3);
void buf_vaddf(struct buf *buf, const char *format, va_list args) ATTR_PRINTF(2, 0);
void buf_fill(struct buf *buf, char byte, size_t count);

/* Room for `size` more bytes, or NULL over the limit; after writing n of them, buf_grew(buf, n). */
char *buf_room(struct buf *buf, size_t size);
void buf_grew(struct buf *buf, size_t size);

/* The content as arena memory (the buf stays as it is), or as heap memory that the caller frees
 * (the buf is empty then). */
char *buf_to_arena(const struct buf *buf, struct arena *arena);
char *buf_take(struct buf *buf);

#endif
