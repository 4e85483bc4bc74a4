#include "options.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORD_LIMIT 1024          /* words of one line */
#define LINE_LIMIT (1024 * 1024) /* bytes of one line */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Reads one word with its quotes and backslashes undone; *at moves behind it. */
static bool read_word(const char *line, size_t size, size_t *at, struct buf *out, struct error *err)
{
    size_t begin = *at;
    char quote = 0;
    for (; *at < size && (quote || !is_blank(line[*at])); ++*at) {
        char c = line[*at];
        if (quote && c == quote)
            quote = 0;
        else if (!quote && (c == '"' || c == '\''))
            quote = c;
        else if (c == '\\' && quote != '\'' && *at + 1 < size)
            buf_addc(out, line[++*at]);
        else
            buf_addc(out, c);
    }
    if (!quote)
        return true;
    (void)error_set(err, ERROR_USAGE, "a quote %c is not closed", quote);
    err->column = (int)text_points(line, begin) + 1;
    return error_hint(err, "Close it, or write \\%c for the character itself.", quote);
}

bool options_words(const char *line, size_t size, struct arena *arena, struct option_words *out,
                   struct error *err)
{
    *out = (struct option_words){0};
    if (size > LINE_LIMIT)
        return error_set(err, ERROR_LIMIT, "the line is longer than 1 MiB");
    out->items = arena_alloc(arena, (WORD_LIMIT + 1) * sizeof *out->items);
    out->offsets = arena_alloc(arena, (WORD_LIMIT + 1) * sizeof *out->offsets);
    struct buf word;
    buf_init(&word, LINE_LIMIT);
    bool ok = true;
    for (size_t at = 0; ok;) {
        while (at < size && is_blank(line[at]))
            at++;
        if (at == size)
            break;
        if (out->count == WORD_LIMIT) {
            ok = error_set(err, ERROR_LIMIT, "the line has more than %d words", WORD_LIMIT);
            break;
        }
        out->offsets[out->count] = at;
        buf_clear(&word);
        ok = read_word(line, size, &at, &word, err);
        out->items[out->count++] = buf_to_arena(&word, arena);
    }
    buf_release(&word);
    return ok;
}

struct parsing {
    const struct option_table *table;
    const struct options_input *input;
    struct arena *arena;
    struct option_words words;
    char *out;
    bool *given;
    struct error *err;
};

static bool fail_at(struct parsing *parsing, size_t word)
{
    size_t offset =
        word < parsing->words.count ? parsing->words.offsets[word] : parsing->input->size;
    parsing->err->column = (int)text_points(parsing->input->line, offset) + 1;
    return false;
}

static bool put_choice(struct parsing *parsing, const struct option *option, const char *value)
{
    if (!option->choices)
        return true;
    size_t count = 0;
    struct buf all;
    buf_init(&all, 4096);
    for (; option->choices[count]; count++) {
        if (strcmp(option->choices[count], value) == 0) {
            buf_release(&all);
            return true;
        }
        buf_addf(&all, "%s%s", count ? ", " : "", option->choices[count]);
    }
    const char *near = text_nearest(value, option->choices, count);
    (void)error_set(parsing->err, ERROR_USAGE, "%s cannot be \"%s\"", option->name, value);
    if (near)
        (void)error_hint(parsing->err, "Did you mean %s? It can be: %s.", near, all.data);
    else
        (void)error_hint(parsing->err, "It can be: %s.", all.data);
    buf_release(&all);
    return false;
}

static bool put_int(struct parsing *parsing, const struct option *option, const char *value)
{
    char *end;
    errno = 0;
    intmax_t number = strtoimax(value, &end, 10);
    if (errno || end == value || *end) {
        (void)error_set(parsing->err, ERROR_USAGE, "%s takes a number, not \"%s\"", option->name,
                        value);
        return error_hint(parsing->err, "For example: %s 100", option->name);
    }
    if ((option->min || option->max) && (number < option->min || number > option->max)) {
        (void)error_set(parsing->err, ERROR_USAGE,
                        "%s must lie between %" PRId64 " and %" PRId64 ", not %s", option->name,
                        option->min, option->max, value);
        return false;
    }
    int64_t result = (int64_t)number;
    memcpy(parsing->out + option->offset, &result, sizeof result);
    return true;
}

static bool put_time(struct parsing *parsing, const struct option *option, const char *value)
{
    int64_t time;
    if (!time_parse_relative(value, parsing->input->now, &time)) {
        (void)error_set(parsing->err, ERROR_USAGE, "%s takes a time, not \"%s\"", option->name,
                        value);
        return error_hint(
            parsing->err,
            "Times are UTC: 2026-03-04, 2026-03-04T10:00:00Z, or back from now: 24h, 7d.");
    }
    memcpy(parsing->out + option->offset, &time, sizeof time);
    return true;
}

static void put_list(struct parsing *parsing, const struct option *option, const char *value)
{
    struct option_list list;
    memcpy(&list, parsing->out + option->offset, sizeof list);
    if (!list.items)
        list.items = arena_alloc(parsing->arena, WORD_LIMIT * sizeof *list.items);
    list.items[list.count++] = value;
    memcpy(parsing->out + option->offset, &list, sizeof list);
}

static bool is_parameter(const char *word)
{
    if (word[0] != ':' || !(isalpha((unsigned char)word[1]) || word[1] == '_'))
        return false;
    for (const char *c = word + 1; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_')
            return false;
    return true;
}

/* `:name` becomes the parameter's value; *absent when that is None. */
static bool resolve(struct parsing *parsing, const char **value, bool *absent)
{
    if (!parsing->input->parameter || !is_parameter(*value))
        return true;
    bool known = false;
    const char *text =
        parsing->input->parameter(parsing->input->state, *value + 1, parsing->arena, &known);
    if (!known) {
        (void)error_set(parsing->err, ERROR_USAGE, "no parameter %s", *value);
        return error_hint(parsing->err, "Set it in a cell before: %s = \"...\"", *value + 1);
    }
    *absent = !text;
    *value = text;
    return true;
}

static bool put_value(struct parsing *parsing, size_t index, const char *value)
{
    const struct option *option = &parsing->table->options[index];
    bool absent = false;
    if (!resolve(parsing, &value, &absent))
        return false;
    if (absent)
        return true;
    if (parsing->given[index] && option->type != OPTION_LIST && option->name[0] == '-') {
        (void)error_set(parsing->err, ERROR_USAGE, "%s is given twice", option->name);
        return false;
    }
    parsing->given[index] = true;
    bool flag = true;
    switch (option->type) {
    case OPTION_FLAG:
        memcpy(parsing->out + option->offset, &flag, sizeof flag);
        return true;
    case OPTION_INT:
        return put_int(parsing, option, value);
    case OPTION_TIME:
        return put_time(parsing, option, value);
    case OPTION_LIST:
        put_list(parsing, option, value);
        return true;
    default:
        memcpy(parsing->out + option->offset, &value, sizeof value);
        return put_choice(parsing, option, value);
    }
}

static bool unknown_option(struct parsing *parsing, const char *name)
{
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < parsing->table->count && count < COUNT(names); i++)
        if (parsing->table->options[i].name[0] == '-')
            names[count++] = parsing->table->options[i].name;
    const char *near = text_nearest(name, names, count);
    (void)error_set(parsing->err, ERROR_USAGE, "unknown option %s", name);
    if (near)
        return error_hint(parsing->err, "Did you mean %s?", near);
    return error_hint(parsing->err, "A ? behind the magic's name shows its options.");
}

static const struct option *find_option(const struct option_table *table, const char *name,
                                        size_t size)
{
    for (size_t i = 0; i < table->count; i++)
        if (strlen(table->options[i].name) == size &&
            memcmp(table->options[i].name, name, size) == 0)
            return &table->options[i];
    return NULL;
}

/* A word that is an option of the magic is not taken as the value of the one before it. */
static bool is_option_name(const struct parsing *parsing, size_t word)
{
    const char *text = parsing->words.items[word];
    return text[0] == '-' && text[1] == '-' &&
           find_option(parsing->table, text, strcspn(text, "="));
}

/* `--name value` or `--name=value`; *word moves to the last word used. */
static bool read_option(struct parsing *parsing, size_t *word)
{
    const char *text = parsing->words.items[*word];
    size_t length = strcspn(text, "=");
    const struct option *option = find_option(parsing->table, text, length);
    if (!option)
        return unknown_option(parsing, arena_strndup(parsing->arena, text, length));
    size_t index = (size_t)(option - parsing->table->options);
    if (option->type == OPTION_FLAG && text[length])
        return error_set(parsing->err, ERROR_USAGE, "%s takes no value", option->name);
    if (option->type == OPTION_FLAG)
        return put_value(parsing, index, "");
    if (text[length])
        return put_value(parsing, index, text + length + 1);
    if (*word + 1 < parsing->words.count && !is_option_name(parsing, *word + 1))
        return put_value(parsing, index, parsing->words.items[++*word]);
    (void)error_set(parsing->err, ERROR_USAGE, "%s needs a value", option->name);
    return error_hint(parsing->err, "Write: %s %s", option->name,
                      option->value ? option->value : "VALUE");
}

static bool read_positional(struct parsing *parsing, size_t *word)
{
    for (size_t i = 0; i < parsing->table->count; i++) {
        const struct option *option = &parsing->table->options[i];
        if (option->name[0] == '-' || (parsing->given[i] && option->type != OPTION_LIST))
            continue;
        return put_value(parsing, i, parsing->words.items[*word]);
    }
    (void)error_set(parsing->err, ERROR_USAGE, "\"%s\" is one word too many",
                    parsing->words.items[*word]);
    return error_hint(parsing->err, "Put quotes around a value with blanks.");
}

static bool read_all(struct parsing *parsing)
{
    bool options_ended = false;
    for (size_t word = 0; word < parsing->words.count; word++) {
        const char *text = parsing->words.items[word];
        size_t began = word;
        bool is_option = !options_ended && text[0] == '-' && text[1] == '-';
        if (is_option && !text[2]) {
            options_ended = true;
            continue;
        }
        if (is_option ? !read_option(parsing, &word) : !read_positional(parsing, &word))
            return fail_at(parsing, began);
    }
    for (size_t i = 0; i < parsing->table->count; i++) {
        const struct option *option = &parsing->table->options[i];
        if (option->required && !parsing->given[i]) {
            (void)error_set(parsing->err, ERROR_USAGE, "%s is missing: %s", option->name,
                            option->help);
            return fail_at(parsing, parsing->words.count);
        }
    }
    return true;
}

/* Moves over one word, and over the value of an option; false where the rest of the line begins. */
static bool skip_head(struct parsing *parsing, size_t *at, struct buf *scratch)
{
    const char *line = parsing->input->line;
    size_t size = parsing->input->size, length = 0;
    struct error ignored = {0};
    if (size - *at < 3 || line[*at] != '-' || line[*at + 1] != '-' || is_blank(line[*at + 2]))
        return false;
    while (*at + length < size && !is_blank(line[*at + length]) && line[*at + length] != '=')
        length++;
    const struct option *option = find_option(parsing->table, line + *at, length);
    bool joined = *at + length < size && line[*at + length] == '=';
    bool value = option && option->type != OPTION_FLAG && !joined;
    buf_clear(scratch);
    bool ok = read_word(line, size, at, scratch, &ignored);
    while (ok && value && *at < size && is_blank(line[*at]))
        ++*at;
    return ok && (!value || read_word(line, size, at, scratch, &ignored));
}

/* Where an option of this magic follows the verbatim text that begins at `from`, or the line's end.
 * Within quotes none does. */
static size_t rest_end(const struct parsing *parsing, size_t from)
{
    const char *line = parsing->input->line;
    char quote = 0;
    for (size_t at = from; at < parsing->input->size; at++) {
        size_t left = parsing->input->size - at, length = 0;
        if (quote || line[at] == '"' || line[at] == '\'') {
            quote = !quote ? line[at] : quote == line[at] ? 0 : quote;
            continue;
        }
        if (line[at] != '-' || left < 3 || line[at + 1] != '-' || !is_blank(line[at - 1]))
            continue;
        while (length < left && !is_blank(line[at + length]) && line[at + length] != '=')
            length++;
        if (find_option(parsing->table, line + at, length))
            return at;
    }
    return parsing->input->size;
}

/* A positional of type OPTION_REST begins at the first word that is no option and is taken as it is
 * written, quotes and all; options of the magic may stand before it and behind it. */
static bool split_rest(struct parsing *parsing, const struct option *option)
{
    const char *line = parsing->input->line;
    size_t size = parsing->input->size, begin = 0;
    struct option_words tail;
    struct buf scratch;
    if (size > LINE_LIMIT)
        return error_set(parsing->err, ERROR_LIMIT, "the line is longer than 1 MiB");
    buf_init(&scratch, LINE_LIMIT);
    do
        while (begin < size && is_blank(line[begin]))
            begin++;
    while (parsing->table->count > 1 && begin < size && skip_head(parsing, &begin, &scratch));
    buf_release(&scratch);
    bool ended =
        size - begin > 2 && memcmp(line + begin, "--", 2) == 0 && parsing->table->count > 1;
    size_t head = begin; /* `--` ends the options: what follows is the rest, whatever it says */
    for (begin += ended ? 2 : 0; ended && begin < size && is_blank(line[begin]);)
        begin++;
    size_t end = begin < size && !ended ? rest_end(parsing, begin + 1) : size, to = end;
    while (to > begin && is_blank(line[to - 1]))
        to--;
    const char *text = arena_strndup(parsing->arena, line + begin, to - begin);
    if (to > begin) {
        memcpy(parsing->out + option->offset, &text, sizeof text);
        parsing->given[option - parsing->table->options] = true;
    }
    if (!options_words(line, head, parsing->arena, &parsing->words, parsing->err) ||
        !options_words(line + end, size - end, parsing->arena, &tail, parsing->err))
        return false;
    for (size_t i = 0; i < tail.count && parsing->words.count < WORD_LIMIT; i++) {
        parsing->words.items[parsing->words.count] = tail.items[i];
        parsing->words.offsets[parsing->words.count++] = tail.offsets[i] + end;
    }
    return true;
}

bool options_parse(const struct option_table *table, const struct options_input *input,
                   struct arena *arena, void **out, struct error *err)
{
    struct parsing parsing = {.table = table, .input = input, .arena = arena, .err = err};
    parsing.out = arena_alloc(arena, table->size ? table->size : 1);
    parsing.given = arena_alloc(arena, table->count + 1);
    *out = parsing.out;
    for (size_t i = 0; i < table->count; i++)
        if (table->options[i].type == OPTION_REST)
            return split_rest(&parsing, &table->options[i]) && read_all(&parsing);
    return options_words(input->line, input->size, arena, &parsing.words, err) &&
           read_all(&parsing);
}

const char *options_usage(const char *name, const struct option_table *table, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 8192);
    buf_adds(&out, name);
    for (size_t i = 0; i < table->count; i++) {
        const struct option *option = &table->options[i];
        buf_adds(&out, option->required ? " " : " [");
        buf_adds(&out, option->name);
        if (option->name[0] == '-' && option->value)
            buf_addf(&out, " %s", option->value);
        buf_addf(&out, "%s%s", option->type == OPTION_LIST ? "..." : "",
                 option->required ? "" : "]");
    }
    const char *text = buf_to_arena(&out, arena);
    buf_release(&out);
    return text;
}
