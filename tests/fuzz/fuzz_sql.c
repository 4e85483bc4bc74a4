/* Any bytes as SQL: statements lie in order within the text, parameters within their statements,
   and what binding does not replace stays. */
#include "base/sql.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_bound(struct arena *arena, const char *text,
                        const struct sql_statement *statement)
{
    struct sql_bound bound = sql_bind(arena, text, statement);
    must(bound.name_count <= statement->param_count);
    must(bound.map[bound.size] == statement->offset + statement->size);
    size_t at = 0;
    for (size_t i = 0, next = 0; i < bound.size; i++) {
        must(bound.map[i] >= at && bound.map[i] < statement->offset + statement->size);
        at = bound.map[i];
        while (next < statement->param_count &&
               statement->params[next].offset + statement->params[next].size <= at)
            next++;
        bool replaced = next < statement->param_count && at >= statement->params[next].offset;
        must(replaced || bound.text[i] == text[at]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const char *text = (const char *)data;
    struct sql_text parsed = sql_parse(arena, text, size);
    size_t end = 0;
    for (size_t i = 0; i < parsed.count; i++) {
        const struct sql_statement *statement = &parsed.statements[i];
        must(statement->offset >= end && statement->size > 0 &&
             statement->size <= size - statement->offset);
        must(statement->body >= statement->offset &&
             statement->body <= statement->offset + statement->size);
        end = statement->offset;
        for (size_t j = 0; j < statement->param_count; j++) {
            const struct sql_param *param = &statement->params[j];
            must(param->offset >= end && text[param->offset] == ':');
            must(param->size == strlen(param->name) + 1);
            end = param->offset + param->size;
        }
        must(end <= statement->offset + statement->size);
        end = statement->offset + statement->size;
        check_bound(arena, text, statement);
    }
    arena_free(arena);
    return 0;
}
