#include "engine/athena_columns.h"

#include "base/sql.h"
#include "engine/athena_reading.h"

#include <string.h>

#define COLUMNS_MOST 2000

struct checking {
    const struct engine_request *request;
    const char *names[COLUMNS_MOST];
    size_t count;
    struct error *err;
};

static bool is_any(const struct athena_word *word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (athena_word_is(word, list[i]))
            return true;
    return false;
}

/* What a bare word at the end of an expression is, if no name. */
static bool can_name(const struct athena_word *word)
{
    static const char *const values[] = {"null", "true", "false", "end"};
    return athena_is_name(word) && !is_any(word, values, COUNT(values));
}

/* Behind these an expression goes on. */
static bool ends_value(const struct athena_word *word)
{
    static const char *const operators[] = {"and", "or",   "not",  "is",
                                            "in",  "like", "from", "between"};
    return (word->kind != TOKEN_SYMBOL || athena_word_is(word, ")") || athena_word_is(word, "]")) &&
           !is_any(word, operators, COUNT(operators));
}

/* a, t.a, "t"."a" */
static bool is_path(const struct athena_word *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (i % 2 ? !athena_word_is(&words[i], ".") : !can_name(&words[i]))
            return false;
    return count % 2 == 1;
}

/* NULL: it has none. */
static const char *name_of(const struct athena_word *words, size_t count)
{
    const struct athena_word *last = &words[count - 1];
    bool named =
        is_path(words, count) ||
        (count > 1 && can_name(last) && (athena_word_is(last - 1, "as") || ends_value(last - 1)));
    return named ? last->text : NULL;
}

static bool wrong(struct checking *checking, const struct athena_word *word, const char *hint)
{
    sql_position(checking->request->sql, checking->request->size, word->offset,
                 &checking->err->line, &checking->err->column);
    return error_hint(checking->err, "%s", hint);
}

static bool check_item(struct checking *checking, const struct athena_word *words, size_t count)
{
    const char *name = count ? name_of(words, count) : NULL;
    bool star = count && athena_word_is(&words[count - 1], "*");
    if (star || !count || checking->count == COLUMNS_MOST)
        return true;
    checking->names[checking->count++] = name;
    if (!name)
        return error_set(checking->err, ERROR_USAGE,
                         "a column has no name, and UNLOAD needs one") ||
               wrong(checking, words, "Give it one: ... AS name.");
    for (size_t i = 0; i + 1 < checking->count; i++)
        if (strcmp(checking->names[i], name) == 0)
            return error_set(checking->err, ERROR_USAGE,
                             "two columns are called %s, and UNLOAD keeps no such files", name) ||
                   wrong(checking, words, "Rename one: ... AS another_name.");
    return true;
}

/* The list ends here, outside of brackets. */
static bool ends_list(const struct athena_word *word)
{
    static const char *const ends[] = {"from",  "where", "union",     "order",
                                       "limit", "fetch", "intersect", "except"};
    return word->kind == TOKEN_END ||
           (is_any(word, ends, COUNT(ends)) && !athena_word_is(word - 1, "distinct"));
}

static int deeper(const struct athena_word *word)
{
    bool opens = athena_word_is(word, "(") || athena_word_is(word, "[");
    bool closes = athena_word_is(word, ")") || athena_word_is(word, "]");
    return opens - closes;
}

bool athena_check_columns(struct arena *arena, const struct engine_request *request,
                          struct error *err)
{
    struct athena_words words;
    const char *why = NULL;
    struct checking *checking = arena_alloc(arena, sizeof *checking);
    checking->request = request;
    checking->err = err;
    if (!athena_read_words(arena, request, &words, &why))
        return true; /* Athena will say */
    const struct athena_word *at = words.at;
    int depth = 0;
    for (; at->kind != TOKEN_END && (depth || !athena_word_is(at, "select")); at++)
        depth += deeper(at);
    at += at->kind != TOKEN_END;
    at += athena_word_is(at, "distinct") || athena_word_is(at, "all");
    for (const struct athena_word *item = at;; at++) {
        bool over = depth == 0 && ends_list(at);
        if (over || (depth == 0 && athena_word_is(at, ","))) {
            if (!check_item(checking, item, (size_t)(at - item)))
                return false;
            item = at + 1;
        }
        if (over || at->kind == TOKEN_END)
            return true;
        depth += deeper(at);
    }
}
