#include "magics/targets.h"

#include "base/buf.h"
#include "case/results.h"

#include <string.h>

#define TARGETS_MOST 200

static bool add(struct option_list *out, const char *text, struct error *err)
{
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->items[i], text) == 0)
            return true;
    if (out->count == TARGETS_MOST)
        return error_set(err, ERROR_LIMIT, "more than %d targets in one plan", TARGETS_MOST) ||
               error_hint(err, "Keep a part of them as a result of its own, and begin with that.");
    out->items[out->count++] = text;
    return true;
}

static int find_column(const struct table *table, const char *name)
{
    static const char *const usual[] = {"target", "key", "access_key", "id", "subject", "name"};
    if (name)
        return table_column(table, name);
    for (size_t i = 0; i < COUNT(usual); i++)
        if (table_column(table, usual[i]) >= 0)
            return table_column(table, usual[i]);
    return table->column_count == 1 ? 0 : -1;
}

static bool no_column(const struct table *table, const char *result, const char *column,
                      struct error *err)
{
    (void)error_set(err, ERROR_USAGE,
                    column ? "result %s has no column %s" : "which column of %s%s?", result,
                    column ? column : "");
    return error_hint(err, "@%s.COLUMN says it, for example @%s.%s.", result, result,
                      table->columns[0].name);
}

static bool add_result(struct magic_call *call, const char *text, struct option_list *out,
                       struct error *err)
{
    char *result = arena_strdup(call->arena, text), *column = strchr(result, '.');
    struct result page;
    if (column)
        *column++ = '\0';
    if (!results_page(call->session, result, 0, TARGETS_MOST + 1, call->arena, &page, err))
        return false;
    int index = find_column(page.table, column);
    if (index < 0)
        return no_column(page.table, result, column, err);
    bool ok = true;
    for (int64_t row = 0; ok && row < page.table->rows; row++) {
        struct cell cell = table_cell(page.table, row, (size_t)index);
        if (!cell.null && cell.type == TYPE_TEXT && cell.text.size)
            ok = add(out, arena_strndup(call->arena, cell.text.data, cell.text.size), err);
    }
    return ok;
}

bool targets_expand(struct magic_call *call, const struct option_list *given,
                    struct option_list *out, struct error *err)
{
    bool ok = true;
    *out = (struct option_list){.items =
                                    arena_alloc(call->arena, TARGETS_MOST * sizeof(const char *))};
    for (size_t i = 0; ok && i < given->count; i++)
        ok = given->items[i][0] == '@' ? add_result(call, given->items[i] + 1, out, err)
                                       : add(out, given->items[i], err);
    if (ok && given->count && !out->count)
        return error_set(err, ERROR_NOT_FOUND, "%s holds no target", given->items[0]);
    return ok;
}
