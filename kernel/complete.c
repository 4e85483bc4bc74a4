#include "complete.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "complete_state.h"
#include "magic.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define MATCH_LIMIT 500
#define SCAN_LIMIT ((size_t)50000) /* names looked at for one column list: a few milliseconds */

bool complete_begins(const struct completing *c, const char *text)
{
    return strncasecmp(text, c->word, c->word_size) == 0 && strlen(text) >= c->word_size;
}

void complete_add(struct completing *c, const char *text, const char *type, const char *signature)
{
    if (c->out.count == MATCH_LIMIT)
        return;
    for (size_t i = 0; i < c->out.count; i++)
        if (strcmp(c->out.matches[i].text, text) == 0)
            return;
    c->out.matches[c->out.count++] =
        (struct match){.text = text, .type = type, .signature = signature ? signature : ""};
}

static bool is_letter(char ch)
{
    return isalnum((unsigned char)ch) || ch == '_' || (unsigned char)ch >= 0x80;
}

void complete_word(struct completing *c, const char *parts)
{
    size_t start = c->cursor;
    while (start > 0 && c->text[start - 1] != '\0' &&
           (is_letter(c->text[start - 1]) || strchr(parts, c->text[start - 1])))
        start--;
    c->start = start;
    c->word = c->text + start;
    c->word_size = c->cursor - start;
}

void complete_skip(struct completing *c, size_t bytes)
{
    c->start += bytes;
    c->word += bytes;
    c->word_size -= bytes;
}

/* The first index behind `index` whose name has another text: one column of many tables is one
 * match. */
static size_t next_text(const struct catalog *catalog, size_t index, size_t end)
{
    const char *text = catalog_at(catalog, index)->text;
    size_t step = 1, low = index, high;
    while (low + step < end && strcmp(catalog_at(catalog, low + step)->text, text) == 0) {
        low += step;
        step *= 2;
    }
    high = low + step < end ? low + step : end;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(catalog_at(catalog, middle)->text, text) == 0)
            low = middle;
        else
            high = middle;
    }
    return low + 1;
}

void complete_kind(struct completing *c, enum name_kind kind)
{
    size_t count, first = catalog_prefix(c->catalog, kind, c->word, c->word_size, &count);
    size_t end = first + count;
    for (size_t i = first; i < end && c->out.count < MATCH_LIMIT;
         i = next_text(c->catalog, i, end)) {
        const struct name *name = catalog_at(c->catalog, i);
        const char *text =
            kind == NAME_FUNCTION ? arena_printf(c->arena, "%s(", name->text) : name->text;
        complete_add(c, text, name_kind_name(kind), name->type);
    }
}

static bool is_among(const struct complete_tables *tables, const char *parent)
{
    for (size_t i = 0; parent && i < tables->count; i++)
        if (strcasecmp(tables->names[i], parent) == 0)
            return true;
    return false;
}

void complete_columns(struct completing *c, const struct complete_tables *tables)
{
    size_t count, first = catalog_prefix(c->catalog, NAME_COLUMN, c->word, c->word_size, &count);
    size_t end = first + (count < SCAN_LIMIT ? count : SCAN_LIMIT);
    for (size_t i = first; tables->count && i < end && c->out.count < MATCH_LIMIT; i++) {
        const struct name *name = catalog_at(c->catalog, i);
        if (!is_among(tables, name->parent))
            continue;
        const char *text = *tables->before
                               ? arena_printf(c->arena, "%s%s", tables->before, name->text)
                               : name->text;
        complete_add(c, text, name_kind_name(NAME_COLUMN), name->type);
    }
}

static void add_magics(struct completing *c, const char *percents)
{
    for (size_t i = 0; magics[i]; i++)
        if (complete_begins(c, magics[i]->name))
            complete_add(c, arena_printf(c->arena, "%s%s", percents, magics[i]->name), "magic",
                         magics[i]->summary);
}

/* ---- a magic's line ---- */

/* As it must be typed: in quotes where it holds what a line would split or undo. A folder's quote
 * stays open, so that the next word goes on within it. */
static const char *as_typed(const struct completing *c, const char *text, bool folder)
{
    bool quoted = c->text[c->start] == '"' || c->text[c->start] == '\'';
    bool special = strpbrk(text, " \t'\"\\") != NULL || text[0] == '-';
    if (!special && (!quoted || c->start == c->cursor))
        return text;
    char quote = quoted && c->start < c->cursor && !strchr(text, c->text[c->start])
                     ? c->text[c->start]
                     : '"';
    struct buf out;
    buf_init(&out, 64 * 1024);
    buf_addc(&out, quote);
    for (const char *at = text; *at; at++) {
        if (quote == '"' && (*at == '"' || *at == '\\'))
            buf_addc(&out, '\\');
        buf_addc(&out, *at);
    }
    if (!folder)
        buf_addc(&out, quote);
    const char *typed = buf_to_arena(&out, c->arena);
    buf_release(&out);
    return typed;
}

static void add_files(struct completing *c, bool folders_only)
{
    const char *typed = arena_strndup(c->arena, c->word, c->word_size);
    const char *slash = strrchr(typed, '/');
    const char *folder = slash ? arena_strndup(c->arena, typed, (size_t)(slash - typed) + 1) : "";
    const char *prefix = slash ? slash + 1 : typed;
    size_t count;
    char **names = file_list(c->arena, *folder ? file_expand(c->arena, folder) : ".", &count);
    for (size_t i = 0; names && i < count && c->out.count < MATCH_LIMIT; i++) {
        size_t length = strlen(names[i]);
        bool is_folder = length && names[i][length - 1] == '/';
        if (strncmp(names[i], prefix, strlen(prefix)) != 0 ||
            (names[i][0] == '.' && *prefix != '.') || (folders_only && !is_folder))
            continue;
        if (!text_is_valid(names[i], length) || strpbrk(names[i], "\n\r"))
            continue; /* cannot be typed into a cell */
        const char *full = arena_printf(c->arena, "%s%s", folder, names[i]);
        complete_add(c, as_typed(c, full, is_folder), is_folder ? "folder" : "file", "");
    }
}

static void add_texts(struct completing *c, const char *const *texts, const char *type)
{
    for (size_t i = 0; texts && texts[i]; i++)
        if (complete_begins(c, texts[i]))
            complete_add(c, texts[i], type, "");
}

static void add_results(struct completing *c)
{
    size_t count, first = catalog_prefix(c->catalog, NAME_TABLE, c->word, c->word_size, &count);
    for (size_t i = first; i < first + count && c->out.count < MATCH_LIMIT; i++) {
        const struct name *name = catalog_at(c->catalog, i);
        if (!name->type || strcmp(name->type, "VIEW") != 0)
            complete_add(c, name->text, "result", name->comment);
    }
    if (complete_begins(c, "_"))
        complete_add(c, "_", "result", "the last result");
}

static const char *const times[] = {"1h", "24h", "7d", "30d", "now", "today", NULL};

/* Columns of the results that the line names come first. */
static void add_columns(struct completing *c, const struct option_words *words)
{
    struct complete_tables named = {.before = ""};
    for (size_t i = 0; i < words->count && named.count < COUNT(named.names); i++)
        named.names[named.count++] = words->items[i];
    complete_columns(c, &named);
    complete_kind(c, NAME_COLUMN);
}

static void add_values(struct completing *c, const struct magic *magic, const struct option *option,
                       const struct option_words *words)
{
    static const enum name_kind targets[] = {NAME_KEY,      NAME_USER,   NAME_ROLE, NAME_ADDRESS,
                                             NAME_INSTANCE, NAME_BUCKET, NAME_EVENT};
    static const enum name_kind kinds[] = {[VALUES_TABLE] = NAME_TABLE,
                                           [VALUES_SETTING] = NAME_SETTING,
                                           [VALUES_PARAMETER] = NAME_PARAMETER};
    add_texts(c, option->choices, "value");
    add_texts(c, magic->values ? magic->values(option) : NULL, "value");
    switch (option->values) {
    case VALUES_FILE:
    case VALUES_FOLDER:
        add_files(c, option->values == VALUES_FOLDER);
        break;
    case VALUES_TARGET:
        for (size_t i = 0; i < COUNT(targets); i++)
            complete_kind(c, targets[i]);
        break;
    case VALUES_RESULT:
        add_results(c);
        break;
    case VALUES_COLUMN:
        add_columns(c, words);
        break;
    case VALUES_TIME:
        add_texts(c, times, "time");
        break;
    case VALUES_TABLE:
    case VALUES_SETTING:
    case VALUES_PARAMETER:
        complete_kind(c, kinds[option->values]);
        break;
    case VALUES_MAGIC:
        add_magics(c, "");
        break;
    case VALUES_NONE:
        break;
    }
}

/* The value of a setting, from what the setting says it takes: "on|off", "T", "FOLDER". */
static void add_setting_values(struct completing *c, const char *setting)
{
    const struct name *name = catalog_find(c->catalog, NAME_SETTING, setting);
    const char *takes = name && name->type ? name->type : "";
    if (strcmp(takes, "T") == 0)
        add_texts(c, times, "time");
    if (strcmp(takes, "FOLDER") == 0)
        add_files(c, true);
    for (const char *at = takes; strchr(takes, '|') && *at;
         at += strcspn(at, "|"), at += *at == '|') {
        const char *word = arena_strndup(c->arena, at, strcspn(at, "|"));
        if (complete_begins(c, word))
            complete_add(c, word, "value", "");
    }
}

static const struct option *find_option(const struct magic *magic, const char *name, size_t size)
{
    for (size_t i = 0; i < magic->options.count; i++)
        if (strlen(magic->options.options[i].name) == size &&
            memcmp(magic->options.options[i].name, name, size) == 0)
            return &magic->options.options[i];
    return NULL;
}

/* Which positional the word is: the n-th one that is no option nor an option's value. *before is
 * the word in front of it among the positionals, or NULL. */
static const struct option *positional(const struct magic *magic, const struct option_words *words,
                                       const char **before)
{
    size_t index = 0;
    *before = NULL;
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->items[i];
        const struct option *option =
            word[0] == '-' ? find_option(magic, word, strcspn(word, "=")) : NULL;
        if (option && option->type != OPTION_FLAG && !strchr(word, '='))
            i++;
        else if (!option) {
            index++;
            *before = word;
        }
    }
    for (size_t i = 0, seen = 0; i < magic->options.count; i++) {
        const struct option *option = &magic->options.options[i];
        if (option->name[0] == '-')
            continue;
        if (seen++ == index || option->type == OPTION_LIST || option->type == OPTION_REST)
            return option;
    }
    return NULL;
}

static void add_options(struct completing *c, const struct magic *magic)
{
    for (size_t i = 0; i < magic->options.count; i++) {
        const struct option *option = &magic->options.options[i];
        if (option->name[0] == '-' && complete_begins(c, option->name))
            complete_add(c, option->name, "option", option->help);
    }
}

/* The word at the cursor as a line splits it: quotes undone, also one that is still open. */
static void take_argument(struct completing *c, size_t line)
{
    struct buf word;
    buf_init(&word, 64 * 1024);
    char quote = 0;
    c->start = line;
    for (size_t at = line; at < c->cursor; at++) {
        char ch = c->text[at];
        if (!quote && isspace((unsigned char)ch)) {
            buf_clear(&word);
            c->start = at + 1;
        } else if (quote ? ch == quote : ch == '"' || ch == '\'') {
            quote = quote ? 0 : ch;
        } else {
            at += ch == '\\' && quote != '\'' && at + 1 < c->cursor;
            buf_addc(&word, c->text[at]);
        }
    }
    c->word_size = word.size;
    c->word = buf_to_arena(&word, c->arena);
    buf_release(&word);
}

static void complete_positional(struct completing *c, const struct magic *magic,
                                const struct option_words *words, size_t line)
{
    const char *before;
    const struct option *option = positional(magic, words, &before);
    bool dash = c->word_size && c->word[0] == '-';
    if (option && !dash) {
        bool value = before && option > magic->options.options &&
                     option[-1].values == VALUES_SETTING && option[-1].name[0] != '-';
        if (value)
            add_setting_values(c, before);
        else if (option->type == OPTION_REST && magic->body_name &&
                 strcmp(magic->body_name, "SQL") == 0)
            complete_sql(c, line);
        else
            add_values(c, magic, option, words);
    }
    if (!c->word_size || dash)
        add_options(c, magic);
}

static void complete_line(struct completing *c, const struct magic *magic, size_t line)
{
    struct option_words words = {0};
    struct error ignored = {0};
    take_argument(c, line);
    if (!options_words(c->text + line, c->start - line, c->arena, &words, &ignored))
        return;
    if (c->word_size && c->word[0] == ':' && c->start < c->cursor && c->text[c->start] == ':') {
        complete_skip(c, 1);
        complete_kind(c, NAME_PARAMETER);
        return;
    }
    const char *last = words.count ? words.items[words.count - 1] : "";
    const struct option *option = last[0] == '-' ? find_option(magic, last, strlen(last)) : NULL;
    const char *equals = c->word_size ? memchr(c->word, '=', c->word_size) : NULL;
    size_t head = equals ? (size_t)(equals - c->word) : 0;
    if (head && c->word[0] == '-' && memcmp(c->text + c->start, c->word, head + 1) == 0) {
        option = find_option(magic, c->word, head); /* --name=value */
        complete_skip(c, head + 1);
        if (!option)
            return;
    }
    if (option && option->type != OPTION_FLAG)
        add_values(c, magic, option, &words);
    else
        complete_positional(c, magic, &words, line);
}

/* ---- the cell ---- */

/* Where the line of the cursor begins: the first of lines that a backslash continues. */
static size_t line_begin(const struct completing *c)
{
    size_t line = c->cursor;
    while (line > 0 && (c->text[line - 1] != '\n' || (line > 1 && c->text[line - 2] == '\\')))
        line--;
    return line;
}

static void complete_cell(struct completing *c)
{
    size_t line = line_begin(c);
    size_t begin = line + strspn(c->text + line, " \t");
    if (begin >= c->cursor || c->text[begin] != '%') {
        complete_sql(c, 0);
        return;
    }
    size_t name = begin + strspn(c->text + begin, "%");
    size_t end = name;
    while (end < c->cursor && (is_letter(c->text[end]) || c->text[end] == '-'))
        end++;
    if (end >= c->cursor) { /* the magic's own name */
        c->start = begin;
        c->word = c->text + (name < c->cursor ? name : c->cursor);
        c->word_size = c->cursor > name ? c->cursor - name : 0;
        add_magics(c, name - begin > 1 ? "%%" : "%");
        return;
    }
    const struct magic *magic = magic_find(c->text + name, end - name);
    if (!magic)
        return;
    char *joined = arena_strndup(c->arena, c->text, c->size); /* continued lines as one */
    for (size_t i = end; i + 1 < c->cursor; i++)
        if (joined[i] == '\\' && joined[i + 1] == '\n')
            joined[i] = joined[i + 1] = ' ';
    c->text = joined;
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
