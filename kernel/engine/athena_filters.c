#include "engine/athena_filters.h"

#include <string.h>

#define VALUES_MOST 64

struct matching {
    struct arena *arena;
    const struct engine_request *request;
    const struct athena_word *at;
    const char *table;
    struct athena_filter *filter;
};

/* The WHERE ends here, outside of brackets. */
static bool is_end(const struct athena_word *word)
{
    static const char *const ends[] = {"group",     "having", "order",  "limit",  "offset", "fetch",
                                       "intersect", "union",  "except", "window", ")"};
    for (size_t i = 0; i < COUNT(ends); i++)
        if (athena_word_is(word, ends[i]))
            return true;
    return word->kind == TOKEN_END;
}

/* The word behind a bracket's end. */
static const struct athena_word *skip_bracket(const struct athena_word *word)
{
    size_t depth = 0;
    do {
        depth += athena_word_is(word, "(");
        depth -= athena_word_is(word, ")");
        word++;
    } while (depth && word->kind != TOKEN_END);
    return word;
}

static const struct athena_word *next(const struct athena_word *word)
{
    return athena_word_is(word, "(") ? skip_bracket(word) : word + 1;
}

/* Whether every condition must hold: with OR or CASE it need not. */
static bool all_hold(const struct athena_word *word)
{
    for (; !is_end(word); word = next(word))
        if (athena_word_is(word, "or") || athena_word_is(word, "case"))
            return false;
    return true;
}

static bool takes(struct matching *matching, const char *text)
{
    bool is = athena_word_is(matching->at, text);
    matching->at += is;
    return is;
}

/* A text: written, or bound. NULL: none. */
static const char *value(struct matching *matching)
{
    const struct athena_word *word = matching->at;
    const struct engine_request *request = matching->request;
    const char *text = NULL;
    if (word->kind == TOKEN_STRING)
        text = word->text;
    else if (word->kind == TOKEN_PARAM && word->number && word->number <= request->param_count)
        text = json_string_value(request->params[word->number - 1].value);
    matching->at += text != NULL;
    return text;
}

static bool add_value(struct matching *matching, const char **into)
{
    const char *text = value(matching);
    if (text)
        into[matching->filter->count++] = text;
    return text != NULL;
}

static bool match_list(struct matching *matching, const char **into)
{
    if (!takes(matching, "("))
        return false;
    do {
        if (matching->filter->count == VALUES_MOST || !add_value(matching, into))
            return false;
    } while (takes(matching, ","));
    return takes(matching, ")");
}

/* > and < take their border along: too much is no harm. */
static bool match_range(struct matching *matching)
{
    struct athena_filter *filter = matching->filter;
    if (takes(matching, "between")) {
        filter->low = value(matching);
        filter->high = filter->low && takes(matching, "and") ? value(matching) : NULL;
        return filter->high != NULL;
    }
    bool below = takes(matching, "<");
    if (!below && !takes(matching, ">"))
        return false;
    (void)takes(matching, "=");
    const char *border = value(matching);
    filter->high = below ? border : NULL;
    filter->low = below ? NULL : border;
    return border != NULL;
}

/* One condition, whole. */
static bool match(struct matching *matching)
{
    const char **values = arena_alloc(matching->arena, VALUES_MOST * sizeof *values);
    const struct athena_word *column = matching->at;
    if (!athena_is_name(column))
        return false;
    matching->at++;
    if (takes(matching, ".")) {
        bool ours = strcmp(column->text, matching->table) == 0;
        column = matching->at;
        if (!ours || !athena_is_name(column))
            return false;
        matching->at++;
    }
    matching->filter->column = column->text;
    matching->filter->values = values;
    bool matched = takes(matching, "=")    ? add_value(matching, values)
                   : takes(matching, "in") ? match_list(matching, values)
                                           : match_range(matching);
    return matched && (is_end(matching->at) || athena_word_is(matching->at, "and"));
}

/* The word behind the AND that ends a condition; that of BETWEEN ends none. */
static const struct athena_word *skip(const struct athena_word *word)
{
    bool between = false;
    for (; !is_end(word); word = next(word)) {
        if (athena_word_is(word, "and") && !between)
            return word + 1;
        between = athena_word_is(word, "between") || (between && !athena_word_is(word, "and"));
    }
    return word;
}

const struct athena_filter *athena_read_filters(struct arena *arena,
                                                const struct engine_request *request,
                                                const struct athena_word *from, const char *table)
{
    const struct athena_filter *found = NULL;
    if (!all_hold(from))
        return NULL;
    for (const struct athena_word *at = from; !is_end(at); at = skip(at)) {
        struct athena_filter *filter = arena_alloc(arena, sizeof *filter);
        struct matching matching = {
            .arena = arena, .request = request, .at = at, .table = table, .filter = filter};
        if (!match(&matching))
            continue;
        filter->next = found;
        found = filter;
    }
    return found;
}
