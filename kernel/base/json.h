/* json - jansson with limits, with forgiveness for what log files and front ends really send, and
 * getters that do not fail.
 *
 * json_t values are reference counted by jansson: functions here that return a json_t say who owns
 * it. Not thread-safe.
 */
#ifndef COFFERDAM_BASE_JSON_H
#define COFFERDAM_BASE_JSON_H

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>

/* Parses one JSON value. NUL bytes (\u0000), lone surrogates and invalid UTF-8 are accepted and
   become U+FFFD (a first strict try pays nothing for it). Depth at most 512, size at most `limit`
   bytes. The value belongs to the arena (arena_defer). */
json_t *json_parse(struct arena *arena, const char *text, size_t size, size_t limit,
                   struct error *err);

/* A string value of any bytes: invalid UTF-8 becomes U+FFFD, so it is never NULL. New reference for
 * the caller. */
json_t *json_text(const char *bytes, size_t size);
json_t *json_texts(const char *text); /* of a C string */

/* Members of an object with a default where the member is missing or of another type; borrowed. */
const char *json_get_string(const json_t *object, const char *name, const char *otherwise);
int64_t json_get_int(const json_t *object, const char *name, int64_t otherwise);
bool json_get_bool(const json_t *object, const char *name, bool otherwise);

/* Compact UTF-8 text of a value in arena memory; *size may be NULL. */
char *json_dump(struct arena *arena, const json_t *value, size_t *size);

/* Ties a new reference to the arena and returns it. */
json_t *json_own(struct arena *arena, json_t *value);

#endif
