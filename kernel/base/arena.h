/* arena - memory of one request, released all at once, together with the foreign handles tied to
 * it.
 *
 * Not thread-safe: one owner at a time. Nothing allocated here may be freed alone. What outlives
 * the request is an opaque object with _new/_free instead.
 */
#ifndef COFFERDAM_BASE_ARENA_H
#define COFFERDAM_BASE_ARENA_H

#include "base/base.h"

#include <stdarg.h>

struct arena;

struct arena *arena_new(void);
/* One that is wiped when it ends: for what may hold a key, a token or a password. */
struct arena *arena_new_secret(void);
bool arena_is_secret(const struct arena *arena);
void arena_free(struct arena *arena); /* NULL is allowed; runs the deferred calls, last first */
void arena_reset(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size) ATTR_MALLOC; /* zeroed, aligned for any type */
char *arena_strdup(struct arena *arena, const char *text) ATTR_MALLOC;
char *arena_strndup(struct arena *arena, const char *text, size_t size) ATTR_MALLOC; /* NUL added */
char *arena_printf(struct arena *arena, const char *format, ...) ATTR_PRINTF(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args) ATTR_PRINTF(2, 0);

/* Calls release(handle) when the arena ends: written on the line that obtains a json_t, FILE,
 * result... */
void arena_defer(struct arena *arena, void (*release)(void *handle), void *handle);

#endif
