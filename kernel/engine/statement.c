#include "engine/statement.h"

#include "base/buf.h"
#include "base/text.h"

#include <string.h>

const char *engine_literal(struct arena *arena, const json_t *value, size_t limit)
{
    struct buf out;
    buf_init(&out, limit);
    if (json_is_string(value))
        text_sql_string(&out, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value) || json_is_real(value))
        buf_adds(&out, json_dump(arena, value, NULL));
    else if (json_is_boolean(value))
        buf_adds(&out, json_is_true(value) ? "true" : "false");
    else if (json_is_null(value))
        buf_adds(&out, "NULL");
    const char *text = out.size && !out.full ? buf_to_arena(&out, arena) : NULL;
    buf_release(&out);
    return text;
}
