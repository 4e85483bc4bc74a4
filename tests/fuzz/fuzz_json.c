/* Any bytes as JSON: an error that says why, or a value whose own text reads back as the same
 * value. */
#include "base/json.h"

#include <stdlib.h>

#define LIMIT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct error err = {0};
    const char *text = (const char *)data;
    json_t *value = json_parse(arena, text, size, LIMIT, &err);
    if (!value && (err.kind == ERROR_NONE || !err.message[0]))
        abort();
    json_t *strict = json_loadb(text, size, JSON_DECODE_ANY, NULL);
    if (strict && err.kind == ERROR_DATA) /* never stricter than jansson but for the limits */
        abort();
    json_decref(strict);
    if (value) {
        size_t written;
        char *copy = json_dump(arena, value, &written);
        json_t *again = json_parse(arena, copy, written, 8 * LIMIT, &err);
        if (!again || !json_equal(again, value))
            abort();
    }
    arena_free(arena);
    return 0;
}
