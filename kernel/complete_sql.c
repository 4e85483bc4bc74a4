/* SQL at a cursor: tables behind FROM, columns of the statement's tables, members of structs,
 * values in strings. */
#include "complete_state.h"
#include "complete_words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define WINDOW ((size_t)16 * 1024) /* of the statement before and behind the cursor */

/* ---- the statement's tables ---- */

struct named_table {
    const char *name, *alias; /* alias may be NULL */
};

struct statement_tables {
    struct named_table tables[16];
    size_t count;
};

static bool is_name_part(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || ch == '.' || ch == '"' ||
           (unsigned char)ch >= 0x80;
}

/* Reads one word of the statement into the arena; *at moves behind it. "" for anything else. */
static const char *next_word(const struct completing *c, size_t *at, size_t end)
{
    while (*at < end && isspace((unsigned char)c->text[*at]))
        ++*at;
    size_t begin = *at;
    while (*at < end && is_name_part(c->text[*at]))
        ++*at;
    return arena_strndup(c->arena, c->text + begin, *at - begin);
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (strcasecmp(word, words[i]) == 0)
            return true;
    return false;
}

/* FROM name [AS] alias, name alias ... JOIN name: good enough for what Tab needs, also in text that
 * is not finished. */
static void read_tables(const struct completing *c, size_t at, size_t end,
                        struct statement_tables *out)
{
    static const char *const begins[] = {"FROM", "JOIN", "DESCRIBE", "SUMMARIZE", NULL};
    static const char *const follows[] = {"WHERE", "GROUP", "ORDER",  "LIMIT",  "JOIN",    "LEFT",
                                          "INNER", "CROSS", "ON",     "USING",  "HAVING",  "UNION",
                                          "FULL",  "RIGHT", "SELECT", "WINDOW", "QUALIFY", NULL};
    bool table_next = false;
    while (at < end && out->count < COUNT(out->tables)) {
        const char *word = next_word(c, &at, end);
        if (!*word) {
            table_next = table_next && at < end && c->text[at] == ',';
            at++;
            continue;
        }
        if (!table_next) {
            table_next = is_one_of(word, begins);
            continue;
        }
        struct named_table *table = &out->tables[out->count++];
        *table = (struct named_table){.name = word};
        size_t behind = at;
        const char *alias = next_word(c, &behind, end);
        if (strcasecmp(alias, "AS") == 0)
            alias = next_word(c, &behind, end);
        if (*alias && !is_one_of(alias, follows) && !strchr(alias, '.')) {
            table->alias = alias;
            at = behind;
        }
        while (at < end && isspace((unsigned char)c->text[at]))
            at++;
        table_next = at < end && c->text[at] == ',';
        at += table_next;
    }
}

static void find_tables(const struct completing *c, size_t from, struct statement_tables *out)
{
    size_t begin = c->cursor > from + WINDOW ? c->cursor - WINDOW : from;
    size_t end = c->size - c->cursor > WINDOW ? c->cursor + WINDOW : c->size;
    for (size_t at = begin; at < c->cursor; at++)
        if (c->text[at] == ';')
            begin = at + 1;
    for (size_t at = c->cursor; at < end; at++)
        if (c->text[at] == ';' || (c->text[at] == '\n' && c->text[at + 1] == '%'))
            end = at;
    *out = (struct statement_tables){.count = 0};
    read_tables(c, begin, end, out);
}

/* ---- members of structs ---- */

struct field {
    const char *name, *type;
    size_t name_size, type_size;
    bool quoted;
};

/* The next member of "STRUCT(a BIGINT, "user" STRUCT(...))": *at stands behind "STRUCT(" or a
 * comma.
 */
static bool next_field(const char **at, struct field *field)
{
    const char *text = *at + strspn(*at, " ");
    if (!*text || *text == ')')
        return false;
    field->quoted = *text == '"';
    field->name = text + field->quoted;
    field->name_size = strcspn(field->name, field->quoted ? "\"" : " ,)");
    text = field->name + field->name_size;
    text += field->quoted && *text;
    field->type = text + strspn(text, " ");
    int depth = 0;
    for (text = field->type; *text; text++) {
        if (depth == 0 && (*text == ',' || *text == ')'))
            break;
        depth += *text == '(' ? 1 : *text == ')' ? -1 : 0;
    }
    field->type_size = (size_t)(text - field->type);
    *at = text + (*text == ',');
    return true;
}

static const char *members_of(const char *type)
{
    return strncmp(type, "STRUCT(", 7) == 0 ? type + 7 : NULL;
}

static const char *member_type(const char *type, const char *name, size_t size)
{
    const char *at = members_of(type);
    struct field field;
    while (at && next_field(&at, &field))
        if (field.name_size == size && strncasecmp(field.name, name, size) == 0)
            return field.type;
    return NULL;
}

static void add_members(struct completing *c, const char *type, const char *path, const char *last)
{
    const char *at = members_of(type);
    struct field field;
    size_t size = strlen(last);
    while (at && next_field(&at, &field)) {
        if (field.name_size < size || strncasecmp(field.name, last, size) != 0)
            continue;
        const char *name = arena_strndup(c->arena, field.name, field.name_size);
        size_t shown = strcspn(field.type, "(,)");
        complete_add(
            c, arena_printf(c->arena, field.quoted ? "%s\"%s\"" : "%s%s", path, name), "field",
            arena_strndup(c->arena, field.type, shown < field.type_size ? shown : field.type_size));
    }
}

/* actor.user.na| : walks the types of the path and offers the members of its last STRUCT. `before`
 * is what stands in front of the path: an alias with its dot, or "". */
static bool add_path(struct completing *c, const char *path, const char *before)
{
    char *walk = arena_strdup(c->arena, path);
    char *dot = strrchr(walk, '.');
    if (!dot)
        return false;
    const char *last = dot + 1;
    const char *shown = arena_printf(c->arena, "%s%.*s", before, (int)(last - walk), path);
    *dot = '\0';
    char *next = strchr(walk, '.');
    if (next)
        *next++ = '\0';
    const struct name *column = catalog_find(c->catalog, NAME_COLUMN, walk);
    const char *type = column ? column->type : NULL;
    while (type && next) {
        char *name = next + strspn(next, "\"");
        next = strchr(next, '.');
        if (next)
            *next++ = '\0';
        type = member_type(type, name, strcspn(name, "\""));
    }
    if (type)
        add_members(c, type, shown, last + strspn(last, "\""));
    return type != NULL;
}

/* alias.col| and table.col| */
static bool add_qualified(struct completing *c, const struct statement_tables *named)
{
    const char *dot = memchr(c->word, '.', c->word_size);
    size_t size = dot ? (size_t)(dot - c->word) : 0;
    for (size_t i = 0; dot && i < named->count; i++) {
        const struct named_table *table = &named->tables[i];
        const char *called = table->alias ? table->alias : table->name;
        if (strlen(called) != size || strncasecmp(called, c->word, size) != 0)
            continue;
        const char *before = arena_strndup(c->arena, c->word, size + 1);
        const char *rest = arena_strndup(c->arena, dot + 1, c->word_size - size - 1);
        if (strchr(rest, '.'))
            return add_path(c, rest, before);
        struct complete_tables tables = {.names = {table->name}, .count = 1, .before = before};
        c->word += size + 1; /* the prefix is the column's; the match holds the alias too */
        c->word_size -= size + 1;
        complete_columns(c, &tables);
        return true;
    }
    return false;
}

/* ---- what stands at the cursor ---- */

static void add_words(struct completing *c, const char *const *words, const char *type)
{
    bool small = c->word_size && islower((unsigned char)c->word[0]);
    for (size_t i = 0; words[i]; i++) {
        if (!complete_begins(c, words[i]))
            continue;
        char *text = arena_strdup(c->arena, words[i]);
        for (char *at = text; small && *at; at++)
            *at = (char)tolower((unsigned char)*at);
        complete_add(c, text, type, "");
    }
}

static void add_functions(struct completing *c)
{
    complete_kind(c, NAME_FUNCTION);
    for (size_t i = 0; i < sql_functions_count; i++)
        if (complete_begins(c, sql_functions[i].name))
            complete_add(c, arena_printf(c->arena, "%s(", sql_functions[i].name), "function",
                         sql_functions[i].signature);
}

/* The word before the one at the cursor, or "". A comma of FROM's list counts as FROM. */
static const char *word_before(const struct completing *c, size_t from)
{
    size_t end = c->start;
    while (end > from && isspace((unsigned char)c->text[end - 1]))
        end--;
    size_t begin = end;
    while (begin > from &&
           (isalpha((unsigned char)c->text[begin - 1]) || c->text[begin - 1] == '_'))
        begin--;
    return arena_strndup(c->arena, c->text + begin, end - begin);
}

static void add_columns(struct completing *c, const struct statement_tables *named)
{
    struct complete_tables tables = {.before = ""};
    for (size_t i = 0; i < named->count; i++)
        tables.names[tables.count++] = named->tables[i].name;
    complete_columns(c, &tables);
    if (!named->count)
        complete_kind(c, NAME_COLUMN);
}

static void add_strings(struct completing *c)
{
    static const enum name_kind kinds[] = {NAME_KEY,      NAME_USER,   NAME_ADDRESS, NAME_OPERATION,
                                           NAME_INSTANCE, NAME_BUCKET, NAME_ROLE,    NAME_EVENT};
    complete_word(c, "-:./@+=,");
    for (size_t i = 0; i < COUNT(kinds); i++)
        complete_kind(c, kinds[i]);
}

static bool in_string(const struct completing *c, size_t from)
{
    bool open = false;
    for (size_t i = from; i < c->cursor; i++) {
        if (c->text[i] == '\n')
            open = false; /* a string over several lines is rare, a lone ' in a comment is not */
        open ^= c->text[i] == '\'';
    }
    return open;
}

/* :name and ::type; false if no colon stands before the cursor's word. */
static bool add_colon(struct completing *c)
{
    complete_word(c, ":");
    const char *colon = c->word_size ? memchr(c->word, ':', c->word_size) : NULL;
    if (!colon)
        return false;
    size_t before = (size_t)(colon - c->word), size = c->word_size - before;
    bool cast = size > 1 && colon[1] == ':';
    complete_skip(c, before + (cast ? 2 : 1));
    if (cast)
        add_words(c, sql_types, "type");
    else
        complete_kind(c, NAME_PARAMETER);
    return true;
}

void complete_sql(struct completing *c, size_t from)
{
    static const char *const tables[] = {"FROM", "JOIN", "DESCRIBE", "SUMMARIZE", "TABLE", NULL};
    size_t begin = c->cursor > from + WINDOW ? c->cursor - WINDOW : from;
    if (in_string(c, begin)) {
        add_strings(c);
        return;
    }
    if (add_colon(c))
        return;
    complete_word(c, ".\"");
    if (is_one_of(word_before(c, begin), tables)) {
        complete_kind(c, NAME_TABLE);
        if (complete_begins(c, "_"))
            complete_add(c, "_", "table", "the last result");
        return;
    }
    struct statement_tables named;
    find_tables(c, from, &named);
    if (add_qualified(c, &named) || add_path(c, arena_strndup(c->arena, c->word, c->word_size), ""))
        return;
    add_columns(c, &named);
    bool own = c->out.count > 0;
    complete_kind(c, NAME_TABLE);
    add_functions(c);
    add_words(c, sql_keywords, "keyword");
    if (!own)
        complete_kind(c, NAME_COLUMN); /* the statement's tables may be ones nobody knows more of */
}
