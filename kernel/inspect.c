#include "inspect.h"

#include "base/buf.h"
#include "base/text.h"
#include "complete_words.h"
#include "data/prose.h"
#include "magic.h"

#include <ctype.h>
#include <string.h>

#define COLUMNS_SHOWN 60

/* IAM's prefixes of unique ids. */
static const struct {
    const char *prefix, *what;
} ids[] = {
    {"AKIA", "a long-lived access key of a user (or of root)"},
    {"ASIA", "a temporary access key: it belongs to a session"},
    {"AIDA", "the unique id of a user: not a key"},
    {"AROA", "the unique id of a role; behind a colon stands the session's name"},
    {"AIPA", "the unique id of an instance profile"},
    {"AGPA", "the unique id of a group"},
    {"ANPA", "the unique id of a managed policy"},
};

static void say_name(struct prose *prose, const struct name *name)
{
    prose_paragraph(prose, "%b %c", name_kind_name(name->kind), name->text);
    if (name->parent)
        prose_add(prose, " of %c", name->parent);
    if (name->type)
        prose_paragraph(prose, "Type: %c", name->type);
    if (name->comment)
        prose_paragraph(prose, "%s", name->comment);
    if (name->example)
        prose_paragraph(prose, "For example: %c", name->example);
}

static void say_columns(struct prose *prose, const struct catalog *catalog, const char *table,
                        const char *view)
{
    size_t count, first = catalog_prefix(catalog, NAME_COLUMN, "", 0, &count), shown = 0;
    for (size_t i = first; i < first + count && shown < COLUMNS_SHOWN; i++) {
        const struct name *column = catalog_at(catalog, i);
        if (!column->parent ||
            (strcmp(column->parent, table) != 0 && strcmp(column->parent, view) != 0))
            continue;
        shown++;
        prose_bullet(prose, 0, "%c %s", column->text, column->type ? column->type : "");
        if (column->comment)
            prose_add(prose, " — %s", column->comment);
    }
}

static bool say_catalog(struct prose *prose, const char *text, int detail,
                        const struct catalog *catalog)
{
    static const enum name_kind kinds[] = {NAME_TABLE,   NAME_PARAMETER, NAME_FUNCTION, NAME_COLUMN,
                                           NAME_SETTING, NAME_KEY,       NAME_USER,     NAME_ROLE,
                                           NAME_ADDRESS, NAME_OPERATION, NAME_INSTANCE, NAME_BUCKET,
                                           NAME_EVENT};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const struct name *name = catalog_find(catalog, kinds[i], text);
        if (!name)
            continue;
        say_name(prose, name);
        if (kinds[i] == NAME_TABLE && detail > 0)
            say_columns(prose, catalog, name->text, name->text);
        return true;
    }
    return false;
}

/* A function of the engine itself. */
static bool say_function(struct prose *prose, const char *text)
{
    const struct sql_function *function = sql_function_find(text);
    if (!function)
        return false;
    prose_paragraph(prose, "%b %c", "function", function->signature);
    prose_paragraph(prose, "%s", function->comment);
    prose_paragraph(prose, "For example: %c", function->example);
    return true;
}

/* What a magic is for, in a paragraph and one example: the whole page is behind `%magic?`. */
static struct bundle magic_brief(const struct magic *magic, struct arena *arena)
{
    struct prose *prose = prose_new(arena);
    prose_paragraph(prose, "%c %s.", arena_printf(arena, "%%%s", magic->name), magic->summary);
    const char *usage =
        options_usage(arena_printf(arena, "%%%s", magic->name), &magic->options, arena);
    prose_code(prose, usage, strlen(usage));
    if (magic->example_count) {
        prose_paragraph(prose, "For example, %s:", magic->examples[0].says);
        prose_code(prose, magic->examples[0].code, strlen(magic->examples[0].code));
    }
    prose_paragraph(prose, "More: %c", arena_printf(arena, "%%%s?", magic->name));
    return prose_bundle(prose);
}

static bool say_id(struct prose *prose, const char *text)
{
    for (size_t i = 0; i < COUNT(ids); i++)
        if (strncmp(text, ids[i].prefix, 4) == 0 && strlen(text) >= 16) {
            prose_paragraph(prose, "%c is %s.", text, ids[i].what);
            return true;
        }
    return false;
}

static bool say_word(const char *text, int detail, const struct catalog *catalog,
                     struct arena *arena, struct bundle *out)
{
    struct prose *prose = prose_new(arena);
    bool known = say_catalog(prose, text, detail, catalog);
    known = known || say_function(prose, text);
    known = say_id(prose, text) || known;
    const char *dot = strchr(text, '.');
    if (!known && dot) /* actor.user.name: the column says its whole type */
        known =
            say_catalog(prose, arena_strndup(arena, text, (size_t)(dot - text)), detail, catalog) ||
            say_catalog(prose, strrchr(text, '.') + 1, detail, catalog);
    if (known)
        *out = prose_bundle(prose);
    return known;
}

bool inspect_name(const char *name, const struct catalog *catalog, struct arena *arena,
                  struct bundle *out)
{
    const char *word = name + strspn(name, "%");
    const struct magic *magic = word > name || !catalog_find(catalog, NAME_TABLE, name)
                                    ? magic_find(word, strlen(word))
                                    : NULL;
    if (magic) {
        *out = magic_help(magic, arena);
        return true;
    }
    return say_word(word, 1, catalog, arena, out);
}

static bool is_part(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-' || c == '%' ||
           (unsigned char)c >= 0x80;
}

/* An option under the cursor is explained by its magic's line. */
static bool say_option(const char *line, const char *word, struct arena *arena, struct bundle *out)
{
    const char *name = line + strspn(line, " \t%");
    const struct magic *magic =
        line[strspn(line, " \t")] == '%' ? magic_find(name, strcspn(name, " \t\n")) : NULL;
    for (size_t i = 0; magic && i < magic->options.count; i++) {
        const struct option *option = &magic->options.options[i];
        if (strcmp(option->name, word) != 0)
            continue;
        struct prose *prose = prose_new(arena);
        prose_paragraph(prose, "%c", option->name);
        if (option->value)
            prose_add(prose, " %c", option->value);
        prose_add(prose, " — %s", option->help);
        for (size_t j = 0; option->choices && option->choices[j]; j++)
            prose_add(prose, "%s%c", j ? ", " : ": ", option->choices[j]);
        if (option->min || option->max)
            prose_add(prose, " (%d to %d)", option->min, option->max);
        if (option->type == OPTION_TIME)
            prose_add(prose, ". Times are UTC: %c, %c, or back from now: %c, %c", "2026-03-04",
                      "2026-03-04T10:00:00Z", "24h", "7d");
        *out = prose_bundle(prose);
        return true;
    }
    return false;
}

bool inspect(const struct inspection *place, const struct catalog *catalog, struct arena *arena,
             struct bundle *out)
{
    char *copy = arena_strndup(arena, place->text, place->size);
    size_t at = text_offset(place->text, place->size, place->cursor);
    if (at > 0 && (at == place->size || !is_part(copy[at])) && copy[at - 1] == '(')
        at--; /* count(| asks about count */
    size_t begin = at, end = at;
    while (begin > 0 && is_part(copy[begin - 1]))
        begin--;
    while (end < place->size && is_part(copy[end]))
        end++;
    if (begin == end)
        return false;
    size_t line = begin;
    while (line > 0 && copy[line - 1] != '\n')
        line--;
    const char *word = arena_strndup(arena, copy + begin, end - begin);
    if (strncmp(word, "--", 2) == 0)
        return say_option(copy + line, word, arena, out);
    if (word[0] == '%') {
        const char *name = word + strspn(word, "%");
        const struct magic *magic = magic_find(name, strlen(name));
        if (magic)
            *out = place->detail_level > 0 ? magic_help(magic, arena) : magic_brief(magic, arena);
        return magic != NULL;
    }
    return say_word(word, place->detail_level, catalog, arena, out);
}
