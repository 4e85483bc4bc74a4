#include "tests/unit/response/quoted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

json_t *quoted_json(struct arena *arena, const char *text)
{
    char *made = arena_strdup(arena, text);
    struct error err = {0};
    for (char *at = made; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_t *value = json_parse(arena, made, strlen(made), 4096, &err);
    assert_non_null(value);
    return value;
}
