#include "complete.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "magic.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define MATCH_LIMIT 500

struct completing {
    const char *text;    /* of the cell */
    size_t size, cursor; /* bytes */
    const struct catalog *catalog;
    struct arena *arena;
    const char *word; /* what stands between start and the cursor */
    size_t word_size, start;
    struct completion out;
};

static bool begins(const struct completing *c, const char *text)
{
    return strncasecmp(text, c->word, c->word_size) == 0 && strlen(text) >= c->word_size;
}

static void add(struct completing *c, const char *text, const char *type, const char *signature)
{
    for (size_t i = 0; i < c->out.count; i++)
        if (strcmp(c->out.matches[i].text, text) == 0)
            return;
    if (c->out.count < MATCH_LIMIT)
        c->out.matches[c->out.count++] =
            (struct match){.text = text, .type = type, .signature = signature ? signature : ""};
}

static bool is_word(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || (unsigned char)ch >= 0x80;
}

/* Sets the word that ends at the cursor, of characters that `part` allows besides letters and
 * digits. */
static void take_word(struct completing *c, const char *parts)
{
    size_t start = c->cursor;
    while (start > 0 && c->text[start - 1] != '\0' &&
           (is_word(c->text[start - 1]) || strchr(parts, c->text[start - 1])))
        start--;
    c->start = start;
    c->word = c->text + start;
    c->word_size = c->cursor - start;
}

static void add_kind(struct completing *c, enum name_kind kind)
{
    size_t count, first = catalog_prefix(c->catalog, kind, c->word, c->word_size, &count);
    for (size_t i = first; i < first + count && c->out.count < MATCH_LIMIT; i++) {
        const struct name *name = catalog_at(c->catalog, i);
        add(c, name->text, name_kind_name(kind), name->type);
    }
}

static void add_magics(struct completing *c, const char *percents)
{
    for (size_t i = 0; magics[i]; i++)
        if (begins(c, magics[i]->name))
            add(c, arena_printf(c->arena, "%s%s", percents, magics[i]->name), "magic",
                magics[i]->summary);
}

/* ---- files ---- */

static void add_files(struct completing *c, bool folders_only)
{
    take_word(c, "/.~-+=@,:");
    const char *typed = arena_strndup(c->arena, c->word, c->word_size);
    const char *slash = strrchr(typed, '/');
    const char *folder = slash ? arena_strndup(c->arena, typed, (size_t)(slash - typed) + 1) : "";
    const char *prefix = slash ? slash + 1 : typed;
    size_t count;
    char **names = file_list(c->arena, *folder ? file_expand(c->arena, folder) : ".", &count);
    for (size_t i = 0; names && i < count; i++) {
        bool is_folder = names[i][0] && names[i][strlen(names[i]) - 1] == '/';
        if (strncmp(names[i], prefix, strlen(prefix)) != 0 ||
            (names[i][0] == '.' && *prefix != '.') || (folders_only && !is_folder))
            continue;
        const char *full = arena_printf(c->arena, "%s%s", folder, names[i]);
        add(c, strchr(full, ' ') ? arena_printf(c->arena, "\"%s\"", full) : full,
            is_folder ? "folder" : "file", "");
    }
}

/* ---- a magic's line ---- */

static void add_texts(struct completing *c, const char *const *texts, const char *type)
{
    for (size_t i = 0; texts && texts[i]; i++)
        if (begins(c, texts[i]))
            add(c, texts[i], type, "");
}

static void add_results(struct completing *c)
{
    size_t count, first = catalog_prefix(c->catalog, NAME_TABLE, c->word, c->word_size, &count);
    for (size_t i = first; i < first + count; i++) {
        const struct name *name = catalog_at(c->catalog, i);
        if (!name->type || strcmp(name->type, "VIEW") != 0)
            add(c, name->text, "result", "");
    }
    if (begins(c, "_"))
        add(c, "_", "result", "the last result");
}

static void add_values(struct completing *c, const struct magic *magic, const struct option *option)
{
    static const char *const times[] = {"1h", "24h", "7d", "30d", "now", "today", NULL};
    static const enum name_kind targets[] = {NAME_KEY,      NAME_USER,   NAME_ROLE, NAME_ADDRESS,
                                             NAME_INSTANCE, NAME_BUCKET, NAME_EVENT};
    if (option->values == VALUES_FILE || option->values == VALUES_FOLDER) {
        add_files(c, option->values == VALUES_FOLDER);
        return;
    }
    if (c->word_size && c->word[0] == ':')
        return;
    add_texts(c, option->choices, "value");
    add_texts(c, magic->values ? magic->values(option) : NULL, "value");
    switch (option->values) {
    case VALUES_TARGET:
        for (size_t i = 0; i < COUNT(targets); i++)
            add_kind(c, targets[i]);
        break;
    case VALUES_RESULT:
        add_results(c);
        break;
    case VALUES_TABLE:
        add_kind(c, NAME_TABLE);
        break;
    case VALUES_COLUMN:
        add_kind(c, NAME_COLUMN);
        break;
    case VALUES_TIME:
        add_texts(c, times, "time");
        break;
    case VALUES_SETTING:
        add_kind(c, NAME_SETTING);
        break;
    case VALUES_PARAMETER:
        add_kind(c, NAME_PARAMETER);
        break;
    case VALUES_MAGIC:
        add_magics(c, "");
        break;
    case VALUES_NONE:
    case VALUES_FILE:
    case VALUES_FOLDER:
        break;
    }
}

static const struct option *find_option(const struct magic *magic, const char *name)
{
    for (size_t i = 0; i < magic->options.count; i++)
        if (strcmp(magic->options.options[i].name, name) == 0)
            return &magic->options.options[i];
    return NULL;
}

/* Which positional the word is: the n-th one that is no option nor an option's value. */
static const struct option *positional(const struct magic *magic, const struct option_words *words,
                                       size_t before)
{
    size_t index = 0;
    for (size_t i = 0; i < before; i++) {
        const struct option *option =
            words->items[i][0] == '-' ? find_option(magic, words->items[i]) : NULL;
        if (option && option->type != OPTION_FLAG)
            i++;
        else if (!option)
            index++;
    }
    for (size_t i = 0, seen = 0; i < magic->options.count; i++) {
        const struct option *option = &magic->options.options[i];
        if (option->name[0] == '-')
            continue;
        if (seen++ == index || option->type == OPTION_LIST)
            return option;
    }
    return NULL;
}

static void add_options(struct completing *c, const struct magic *magic)
{
    for (size_t i = 0; i < magic->options.count; i++) {
        const struct option *option = &magic->options.options[i];
        if (option->name[0] == '-' && begins(c, option->name))
            add(c, option->name, "option", option->help);
    }
}

static void complete_line(struct completing *c, const struct magic *magic, size_t line)
{
    struct option_words words = {0};
    struct error ignored = {0};
    take_word(c, "-:./~+=@,");
    if (!options_words(c->text + line, c->start - line, c->arena, &words, &ignored))
        return;
    const struct option *option = words.count && words.items[words.count - 1][0] == '-'
                                      ? find_option(magic, words.items[words.count - 1])
                                      : NULL;
    if (c->word_size && c->word[0] == ':') {
        c->word++;
        c->word_size--;
        c->start++;
        add_kind(c, NAME_PARAMETER);
        return;
    }
    if (option && option->type != OPTION_FLAG) {
        add_values(c, magic, option);
        return;
    }
    option = positional(magic, &words, words.count);
    if (option && !(c->word_size && c->word[0] == '-'))
        add_values(c, magic, option);
    if (!c->word_size || c->word[0] == '-')
        add_options(c, magic);
}

/* ---- SQL ---- */

static const char *const keywords[] = {
    "SELECT",      "FROM",     "WHERE",        "GROUP BY", "ORDER BY", "HAVING",   "LIMIT",
    "OFFSET",      "JOIN",     "LEFT JOIN",    "ON",       "USING",    "WITH",     "AS",
    "AND",         "OR",       "NOT",          "IN",       "LIKE",     "BETWEEN",  "IS NULL",
    "IS NOT NULL", "DISTINCT", "UNION ALL",    "CASE",     "WHEN",     "THEN",     "ELSE",
    "END",         "CAST",     "COUNT(*)",     "DESC",     "EXPLAIN",  "DESCRIBE", "SUMMARIZE",
    "QUALIFY",     "OVER",     "PARTITION BY", "UNNEST",   "EXISTS",   "INTERVAL", NULL};
static const char *const functions[] = {"count(",
                                        "count_if(",
                                        "min(",
                                        "max(",
                                        "sum(",
                                        "avg(",
                                        "any_value(",
                                        "array_agg(",
                                        "string_agg(",
                                        "coalesce(",
                                        "date_trunc(",
                                        "date_diff(",
                                        "try_cast(",
                                        "lower(",
                                        "upper(",
                                        "length(",
                                        "contains(",
                                        "starts_with(",
                                        "ends_with(",
                                        "regexp_matches(",
                                        "strftime(",
                                        "to_json(",
                                        "json_extract_string(",
                                        "list_contains(",
                                        "unnest(",
                                        "round(",
                                        "row_number(",
                                        "lag(",
                                        "lead(",
                                        "first(",
                                        "last(",
                                        "epoch_ms(",
                                        "cardinality(",
                                        NULL};

/* The word before the one at the cursor, in upper case, at most 31 bytes. */
static void word_before(const struct completing *c, char out[32])
{
    size_t end = c->start, size = 0;
    while (end > 0 && isspace((unsigned char)c->text[end - 1]))
        end--;
    size_t begin = end;
    while (begin > 0 && is_word(c->text[begin - 1]) && end - begin < 31)
        begin--;
    for (; begin < end; begin++)
        out[size++] = (char)toupper((unsigned char)c->text[begin]);
    out[size] = '\0';
}

/* Members of a STRUCT(...) type, one level: "user STRUCT(...)", "invoked_by VARCHAR". */
static const char *struct_member(const char *type, const char *name, size_t size)
{
    const char *at = strstr(type, "STRUCT(");
    if (!at || at != type)
        return NULL;
    int depth = 0;
    bool begin = true;
    for (at += strlen("STRUCT("); *at && depth >= 0; at++) {
        if (begin && depth == 0) {
            const char *word = at + strspn(at, " \"");
            size_t length = strcspn(word, " \"");
            if (length == size && strncasecmp(word, name, size) == 0)
                return word + length + strspn(word + length, " \"");
        }
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        begin = *at == ',' && depth == 0;
    }
    return NULL;
}

static void add_members(struct completing *c, const char *type, const char *path, const char *last,
                        size_t last_size)
{
    int depth = 0;
    bool begin = true;
    if (strncmp(type, "STRUCT(", 7) != 0)
        return;
    for (const char *at = type + 7; *at && depth >= 0; at++) {
        if (begin && depth == 0) {
            const char *word = at + strspn(at, " \"");
            size_t length = strcspn(word, " \"");
            bool quoted = word > at && word[-1] == '"';
            if (length >= last_size && strncasecmp(word, last, last_size) == 0) {
                const char *rest = word + length + strspn(word + length, " \"");
                const char *name = arena_strndup(c->arena, word, length);
                add(c, arena_printf(c->arena, quoted ? "%s\"%s\"" : "%s%s", path, name), "field",
                    arena_strndup(c->arena, rest, strcspn(rest, "(,)")));
            }
        }
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        begin = *at == ',' && depth == 0;
    }
}

/* actor.user.na| : walks the types of the path and offers the members of its last STRUCT. */
static bool complete_path(struct completing *c)
{
    char *path = arena_strndup(c->arena, c->word, c->word_size);
    char *dot = strrchr(path, '.');
    if (!dot)
        return false;
    const char *last = dot + 1, *shown = arena_strndup(c->arena, path, (size_t)(last - path));
    char *part = path;
    *dot = '\0';
    char *next = strchr(part, '.');
    if (next)
        *next++ = '\0';
    const struct name *column = catalog_find(c->catalog, NAME_COLUMN, part);
    const char *type = column ? column->type : NULL;
    while (type && next) {
        part = next;
        next = strchr(part, '.');
        if (next)
            *next++ = '\0';
        char *name = part + strspn(part, "\"");
        type = struct_member(type, name, strcspn(name, "\""));
    }
    if (type)
        add_members(c, type, shown, last + strspn(last, "\""), strlen(last + strspn(last, "\"")));
    return type != NULL;
}

static void complete_sql(struct completing *c)
{
    take_word(c, ".\":");
    if (c->word_size && c->word[0] == ':' && !(c->start && c->text[c->start - 1] == ':')) {
        c->start++;
        c->word++;
        c->word_size--;
        add_kind(c, NAME_PARAMETER);
        return;
    }
    take_word(c, ".\"");
    char before[32];
    word_before(c, before);
    if (strcmp(before, "FROM") == 0 || strcmp(before, "JOIN") == 0 ||
        strcmp(before, "DESCRIBE") == 0 || strcmp(before, "SUMMARIZE") == 0) {
        add_kind(c, NAME_TABLE);
        return;
    }
    if (complete_path(c))
        return;
    add_kind(c, NAME_COLUMN);
    add_kind(c, NAME_TABLE);
    add_kind(c, NAME_FUNCTION);
    add_texts(c, functions, "function");
    add_texts(c, keywords, "keyword");
}

static void complete_string(struct completing *c)
{
    static const enum name_kind kinds[] = {NAME_KEY,      NAME_USER,   NAME_ADDRESS, NAME_OPERATION,
                                           NAME_INSTANCE, NAME_BUCKET, NAME_ROLE,    NAME_EVENT};
    take_word(c, "-:./@");
    for (size_t i = 0; i < COUNT(kinds); i++)
        add_kind(c, kinds[i]);
}

static bool in_string(const struct completing *c, size_t line)
{
    bool open = false;
    for (size_t i = line; i < c->cursor; i++)
        open ^= c->text[i] == '\'';
    return open;
}

static void complete_cell(struct completing *c)
{
    size_t line = c->cursor;
    while (line > 0 && c->text[line - 1] != '\n')
        line--;
    size_t begin = line + strspn(c->text + line, " \t");
    if (begin >= c->cursor || c->text[begin] != '%') {
        if (in_string(c, line))
            complete_string(c);
        else
            complete_sql(c);
        return;
    }
    size_t name = begin + strspn(c->text + begin, "%");
    size_t end = name;
    while (end < c->cursor && (is_word(c->text[end]) || c->text[end] == '-'))
        end++;
    if (end >= c->cursor) { /* the magic's own name */
        c->start = begin;
        c->word = c->text + (name < c->cursor ? name : c->cursor);
        c->word_size = c->cursor > name ? c->cursor - name : 0;
        add_magics(c, name - begin > 1 ? "%%" : "%");
        return;
    }
    const struct magic *magic = magic_find(c->text + name, end - name);
    if (magic)
        complete_line(c, magic, end);
}

struct completion complete(const char *text, size_t size, size_t cursor,
                           const struct catalog *catalog, struct arena *arena)
{
    struct completing c = {
        .text = arena_strndup(arena, text, size), .size = size, .catalog = catalog, .arena = arena};
    c.cursor = text_offset(text, size, cursor);
    c.start = c.cursor;
    c.word = c.text + c.cursor;
    c.out.matches = arena_alloc(arena, MATCH_LIMIT * sizeof *c.out.matches);
    complete_cell(&c);
    c.out.start = text_points(text, c.start);
    c.out.end = text_points(text, c.cursor);
    return c.out;
}
