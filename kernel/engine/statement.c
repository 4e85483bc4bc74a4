#include "engine/statement.h"

#include "base/buf.h"
#include "base/sql.h"
#include "base/text.h"

#include <string.h>

bool engine_check_reads(const struct engine_request *request, struct arena *arena, const char *whom,
                        struct error *err)
{
    static const char *const verbs[] = {"SELECT", "WITH",     "VALUES", "TABLE",  "(",
                                        "SHOW",   "DESCRIBE", "DESC",   "EXPLAIN"};
    struct sql_text text = sql_parse(arena, request->sql, request->size);
    const char *verb = text.count ? text.statements[0].verb : "";
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (strcmp(verbs[i], verb) == 0)
            return true;
    return error_set(err, ERROR_REFUSED, "%s is not sent to %s: a query only reads", verb, whom) ||
           error_hint(err, "--into NAME keeps a result, --save FILE writes it.");
}

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
