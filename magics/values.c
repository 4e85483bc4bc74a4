#include "magics/values.h"

#include "base/text.h"
#include "case/results.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LIMIT 200

static bool add_result(struct magic_call *call, const char *name, struct buf *out,
                       struct error *err)
{
    char *copy = arena_strdup(call->arena, name);
    char *row = strchr(copy, '.');
    *row++ = '\0';
    char *column = strchr(row, '.');
    if (!column)
        return error_set(err, ERROR_USAGE, "{%s} needs a row and a column: {%s.1.column}", name,
                         copy);
    *column++ = '\0';
    struct cell cell;
    if (!results_value(call->session, copy, strtoimax(row, NULL, 10), column, call->arena, &cell,
                       err))
        return false;
    render_cell_text(out, &cell);
    return true;
}

static bool add_value(struct magic_call *call, const char *name, struct buf *out, struct error *err)
{
    const json_t *value = session_param(call->session, name);
    if (value && json_is_string(value))
        buf_add(out, json_string_value(value), json_string_length(value));
    else if (value)
        buf_adds(out, json_is_null(value) ? "None" : json_dump(call->arena, value, NULL));
    if (value)
        return true;
    if (strchr(name, '.'))
        return add_result(call, name, out, err);
    for (size_t i = 0; i < settings_count; i++)
        if (strcmp(settings_table[i].name, name) == 0) {
            const char *text =
                settings_table[i].get(call->session, &settings_table[i], call->arena);
            buf_adds(out, text ? text : "");
            return true;
        }
    (void)error_set(err, ERROR_NOT_FOUND, "no parameter {%s}", name);
    return error_hint(
        err,
        "Set it with: %s = \"...\"; {_12.1.column} is a value of a kept result; {{ is a brace.",
        name);
}

/* The brace behind a name that begins at `text`; NULL where it is none, for braces also stand in
 * code and formulas. */
static const char *name_end(const char *text, size_t size)
{
    size_t length = 0;
    if (!size || !(isalpha((unsigned char)text[0]) || text[0] == '_'))
        return NULL;
    while (length < size && length < NAME_LIMIT &&
           (isalnum((unsigned char)text[length]) || text[length] == '_' || text[length] == '.' ||
            (unsigned char)text[length] >= 0x80))
        length++;
    return length < size && text[length] == '}' ? text + length : NULL;
}

bool values_fill(struct magic_call *call, const char *text, size_t size,
                 void (*escape)(struct buf *, const char *, size_t), struct buf *out,
                 struct error *err)
{
    struct buf value;
    buf_init(&value, 1024 * 1024);
    bool ok = true;
    for (size_t i = 0; i < size && ok; i++) {
        bool doubled = i + 1 < size && text[i + 1] == text[i];
        if ((text[i] == '{' || text[i] == '}') && doubled) {
            buf_addc(out, text[i++]);
            continue;
        }
        const char *close = text[i] == '{' ? name_end(text + i + 1, size - i - 1) : NULL;
        if (!close) {
            buf_addc(out, text[i]);
            continue;
        }
        const char *name = arena_strndup(call->arena, text + i + 1, (size_t)(close - text) - i - 1);
        buf_clear(&value);
        ok = add_value(call, name, &value, err);
        if (ok)
            escape(out, value.data, value.size);
        if (ok && (value.full || out->full))
            ok = error_set(err, ERROR_LIMIT, "{%s} is too long to stand in a text", name);
        i = (size_t)(close - text);
    }
    buf_release(&value);
    return ok;
}
