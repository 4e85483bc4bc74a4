/* Any bytes as a cell: statements within the text, or an error that says why; a literal reads back
 * as itself. */
#include "cell.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_statements(const struct cell_text *cell, size_t size)
{
    int line = 1;
    for (size_t i = 0; i < cell->count; i++) {
        const struct statement *statement = &cell->statements[i];
        if (statement->line < line || statement->offset > size || statement->size > size ||
            strlen(statement->text) > statement->size)
            abort();
        if (statement->body && (i || statement->body_size > size))
            abort();
        if ((statement->kind == STATEMENT_PARAMETER) != (statement->value != NULL))
            abort();
        line = statement->line;
    }
}

/* What is valid JSON without its own words is a literal of Python with the same value. */
static void check_literal(const char *text, size_t size, struct arena *arena)
{
    struct error err = {0};
    json_t *value = NULL;
    size_t used = 0;
    bool ok = cell_literal(text, size, arena, &value, &used, &err);
    if (used > size || (ok && !value) || (!ok && !err.message[0]))
        abort();
    if (!ok)
        return;
    size_t written;
    char *copy = json_dump(arena, value, &written);
    if (!copy || strstr(copy, "true") || strstr(copy, "false") || strstr(copy, "null"))
        return;
    json_t *again = NULL;
    if (!strchr(copy, '/') && cell_literal(copy, written, arena, &again, &used, &err) &&
        !json_equal(value, again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct arena *arena = arena_new();
    struct error err = {0};
    struct cell_text cell;
    const char *indent = NULL;
    bool ok = cell_parse(text, size, arena, &cell, &err);
    if (!ok && (err.kind == ERROR_NONE || !err.message[0]))
        abort();
    if (ok)
        check_statements(&cell, size);
    enum cell_state state = cell_state(text, size, &indent);
    if (!indent || (ok && state == CELL_INVALID) || (!ok && state == CELL_COMPLETE))
        abort();
    (void)cell_habit_hint(text, size);
    check_literal(text, size, arena);
    arena_free(arena);
    return 0;
}
