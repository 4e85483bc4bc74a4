#include "cell.h"

#include "base/buf.h"
#include "base/sql.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define CELL_LIMIT ((size_t)16 * 1024 * 1024)

struct parser {
    const char *text;
    size_t size, at;
    int line; /* of `at` */
    struct arena *arena;
    struct cell_text *out;
    size_t capacity;
    struct error *err;
};

static bool is_name(char c, bool first)
{
    return isalpha((unsigned char)c) || c == '_' || (!first && isdigit((unsigned char)c));
}

static size_t line_end(const struct parser *parser, size_t at)
{
    const char *end = at < parser->size ? memchr(parser->text + at, '\n', parser->size - at) : NULL;
    return end ? (size_t)(end - parser->text) : parser->size;
}

static void move_to(struct parser *parser, size_t to)
{
    for (size_t i = parser->at; i < to && i < parser->size; i++)
        parser->line += parser->text[i] == '\n';
    parser->at = to;
}

static struct statement *add(struct parser *parser, enum statement_kind kind)
{
    struct cell_text *out = parser->out;
    if (out->count == parser->capacity) {
        parser->capacity = parser->capacity ? parser->capacity * 2 : 8;
        struct statement *grown = arena_alloc(parser->arena, parser->capacity * sizeof *grown);
        if (out->count)
            memcpy(grown, out->statements, out->count * sizeof *grown);
        out->statements = grown;
    }
    struct statement *statement = &out->statements[out->count++];
    *statement = (struct statement){.kind = kind, .line = parser->line, .text = "", .name = ""};
    return statement;
}

static bool skip_comment(struct parser *parser)
{
    size_t at = parser->at;
    while (at < parser->size &&
           (parser->text[at] == ' ' || parser->text[at] == '\t' || parser->text[at] == '\r'))
        at++;
    char c = at < parser->size ? parser->text[at] : '\n';
    bool comment = c == '#' || (c == '-' && at + 1 < parser->size && parser->text[at + 1] == '-');
    if (c != '\n' && !comment)
        return false;
    size_t end = line_end(parser, at);
    move_to(parser, end < parser->size ? end + 1 : end);
    return true;
}

/* The backslash that continues a line which ends at `end`, or `end` itself. */
static size_t continued_at(const struct parser *parser, size_t from, size_t end)
{
    size_t at = end > from && parser->text[end - 1] == '\r' ? end - 1 : end;
    return end < parser->size && at > from && parser->text[at - 1] == '\\' ? at - 1 : end;
}

/* A magic's line with `\` at its end continued: joined by as many blanks as are left out, so that
 * offsets stay true. */
static void read_line(struct parser *parser, struct statement *statement, size_t from)
{
    struct buf joined;
    buf_init(&joined, CELL_LIMIT);
    size_t end = line_end(parser, from), cut;
    while ((cut = continued_at(parser, from, end)) < end) {
        buf_add(&joined, parser->text + from, cut - from);
        buf_fill(&joined, ' ', end + 1 - cut);
        from = end + 1;
        end = line_end(parser, from);
    }
    buf_add(&joined, parser->text + from, end > from ? end - from : 0);
    while (joined.size && isspace((unsigned char)joined.data[joined.size - 1]))
        joined.data[--joined.size] = '\0';
    statement->text = buf_to_arena(&joined, parser->arena);
    statement->size = joined.size;
    buf_release(&joined);
    move_to(parser, end < parser->size ? end + 1 : end);
}

static void read_body(struct parser *parser, struct statement *statement)
{
    statement->body =
        arena_strndup(parser->arena, parser->text + parser->at, parser->size - parser->at);
    statement->body_size = parser->size - parser->at;
    statement->body_line = parser->line;
    parser->at = parser->size;
}

static bool read_magic(struct parser *parser)
{
    size_t percents = parser->at + 1 < parser->size && parser->text[parser->at + 1] == '%' ? 2 : 1;
    size_t name = parser->at + percents, end = name;
    while (end < parser->size &&
           (is_name(parser->text[end], end == name) || parser->text[end] == '-'))
        end++;
    if (end == name) {
        (void)error_set(parser->err, ERROR_USAGE, "a %% without the name of a magic");
        parser->err->line = parser->line;
        return error_hint(parser->err, "%%help lists the magics.");
    }
    if (percents == 2 && parser->out->count) {
        (void)error_set(parser->err, ERROR_USAGE,
                        "%%%%%.*s must be the first statement of its cell", (int)(end - name),
                        parser->text + name);
        parser->err->line = parser->line;
        return error_hint(parser->err, "Put it into a cell of its own.");
    }
    bool help = end < parser->size && parser->text[end] == '?';
    struct statement *statement = add(parser, help ? STATEMENT_HELP : STATEMENT_MAGIC);
    statement->name = arena_printf(parser->arena, "%s%.*s", help ? "%" : "", (int)(end - name),
                                   parser->text + name);
    size_t blank = end + help;
    while (blank < parser->size && (parser->text[blank] == ' ' || parser->text[blank] == '\t'))
        blank++;
    statement->offset = blank;
    read_line(parser, statement, blank);
    if (percents == 2 && !help)
        read_body(parser, statement);
    return true;
}

/* What a line asks help for: `name?`, `schema.name?`, `%magic?`, `?name`, the question mark also
 * doubled. Its bytes are from..*to; false if the line is none of these. */
static bool help_name(const struct parser *parser, size_t begin, size_t *from, size_t *to)
{
    const char *text = parser->text;
    size_t end = line_end(parser, begin);
    while (end > begin && isspace((unsigned char)text[end - 1]))
        end--;
    *from = begin;
    *to = end;
    while (*from < end && *from < begin + 2 && text[*from] == '?')
        ++*from;
    while (*to > *from && *to > end - 2 && text[*to - 1] == '?')
        --*to;
    if ((*from > begin) == (*to < end) || *from == *to)
        return false;
    for (size_t i = *from; i < *to; i++)
        if (!is_name(text[i], false) && !(text[i] && strchr(".\"%-$", text[i])))
            return false;
    return true;
}

static bool read_help(struct parser *parser)
{
    size_t from, to;
    if (!help_name(parser, parser->at, &from, &to))
        return false;
    struct statement *statement = add(parser, STATEMENT_HELP);
    statement->name = arena_strndup(parser->arena, parser->text + from, to - from);
    statement->offset = from;
    size_t next = line_end(parser, parser->at);
    move_to(parser, next < parser->size ? next + 1 : next);
    return true;
}

/* Where the literal of `name = literal` begins, or 0 if the text at `at` is none. */
static size_t parameter_value(const struct parser *parser, size_t at, size_t *name_end)
{
    if (!is_name(parser->text[at], true))
        return 0;
    while (at < parser->size && is_name(parser->text[at], false))
        at++;
    *name_end = at;
    while (at < parser->size && (parser->text[at] == ' ' || parser->text[at] == '\t'))
        at++;
    if (at >= parser->size || parser->text[at] != '=' ||
        (at + 1 < parser->size && parser->text[at + 1] == '='))
        return 0;
    return at + 1;
}

/* A query where a literal belongs: said in so many words, for it is written often. */
static bool refuse_query(struct parser *parser, size_t name_end, size_t value)
{
    static const char *const verbs[] = {"SELECT", "WITH", "FROM", "(SELECT"};
    while (value < parser->size && isspace((unsigned char)parser->text[value]))
        value++;
    for (size_t i = 0; i < COUNT(verbs); i++) {
        size_t size = strlen(verbs[i]), left = parser->size - value;
        if (left <= size || strncasecmp(parser->text + value, verbs[i], size) != 0 ||
            !isspace((unsigned char)parser->text[value + size]))
            continue;
        (void)error_set(parser->err, ERROR_USAGE, "parameter %.*s holds a literal, not a query",
                        (int)(name_end - parser->at), parser->text + parser->at);
        (void)error_hint(parser->err, "To keep a result under a name: %%%%sql --into %.*s",
                         (int)(name_end - parser->at), parser->text + parser->at);
        sql_position(parser->text, parser->size, value, &parser->err->line, &parser->err->column);
        return false;
    }
    return true;
}

/* Behind the literal only `;` and a comment may stand; *at moves to them. */
static bool literal_ends(struct parser *parser, size_t *at, size_t end)
{
    while (*at < end && isspace((unsigned char)parser->text[*at]))
        ++*at;
    if (*at < end && parser->text[*at] == ';')
        ++*at;
    while (*at < end && isspace((unsigned char)parser->text[*at]))
        ++*at;
    return *at >= end || parser->text[*at] == '#' ||
           (parser->text[*at] == '-' && *at + 1 < end && parser->text[*at + 1] == '-');
}

static bool read_parameter(struct parser *parser, size_t name_end, size_t value)
{
    json_t *literal = NULL;
    size_t used = 0;
    if (!refuse_query(parser, name_end, value))
        return false;
    bool ok = cell_literal(parser->text + value, parser->size - value, parser->arena, &literal,
                           &used, parser->err);
    size_t at = value + used, end = line_end(parser, at);
    parser->out->open = !ok && at >= parser->size;
    if (ok && !literal_ends(parser, &at, end)) {
        ok = error_set(parser->err, ERROR_USAGE, "something follows the literal of parameter %.*s",
                       (int)(name_end - parser->at), parser->text + parser->at);
        (void)error_hint(parser->err, "A parameter is one literal a line; for a query write SELECT "
                                      "... or %%sql --into NAME.");
    }
    if (!ok) {
        sql_position(parser->text, parser->size, at, &parser->err->line, &parser->err->column);
        return false;
    }
    struct statement *statement = add(parser, STATEMENT_PARAMETER);
    statement->name =
        arena_strndup(parser->arena, parser->text + parser->at, name_end - parser->at);
    statement->value = literal;
    statement->offset = value;
    move_to(parser, end < parser->size ? end + 1 : end);
    return true;
}

/* SQL ends at a line that begins with %magic, and behind a `;` at a parameter, a question or a
 * comment with #. `offset` counts from the SQL's begin. */
static bool sql_ends(const void *state, size_t offset, bool between)
{
    const struct parser *parser = state;
    size_t at = parser->at + offset, from, to;
    char c = parser->text[at];
    if (c == '%' && (between || parser->text[at - 1] == '\n')) {
        size_t name = at + (at + 1 < parser->size && parser->text[at + 1] == '%' ? 2 : 1);
        return name < parser->size && is_name(parser->text[name], true);
    }
    return between &&
           (c == '#' || help_name(parser, at, &from, &to) || parameter_value(parser, at, &to));
}

static void read_sql(struct parser *parser)
{
    const struct sql_lines lines = {.ends = sql_ends, .state = parser};
    size_t size = sql_until(parser->text + parser->at, parser->size - parser->at, &lines);
    struct statement *statement = add(parser, STATEMENT_SQL);
    statement->text = arena_strndup(parser->arena, parser->text + parser->at, size);
    statement->size = size;
    statement->offset = parser->at;
    move_to(parser, parser->at + size);
}

static bool parse_statement(struct parser *parser)
{
    size_t name_end = 0, value;
    if (read_help(parser))
        return true;
    if (parser->text[parser->at] == '%')
        return read_magic(parser);
    value = parameter_value(parser, parser->at, &name_end);
    if (value)
        return read_parameter(parser, name_end, value);
    read_sql(parser);
    return true;
}

bool cell_parse(const char *text, size_t size, struct arena *arena, struct cell_text *out,
                struct error *err)
{
    *out = (struct cell_text){0};
    if (size > CELL_LIMIT)
        return error_set(err, ERROR_LIMIT, "the cell is larger than 16 MiB");
    struct parser parser = {
        .text = text, .size = size, .line = 1, .arena = arena, .out = out, .err = err};
    while (parser.at < size) {
        if (skip_comment(&parser))
            continue;
        while (parser.text[parser.at] == ' ' || parser.text[parser.at] == '\t' ||
               parser.text[parser.at] == '\r')
            parser.at++;
        if (!parse_statement(&parser))
            return false;
    }
    return true;
}

static bool ends_with_backslash(const char *text, size_t size)
{
    while (size && (text[size - 1] == ' ' || text[size - 1] == '\n'))
        size--;
    return size && text[size - 1] == '\\';
}

enum cell_state cell_state(const char *text, size_t size, const char **indent)
{
    *indent = "";
    struct arena *arena = arena_new();
    struct error err = {0};
    struct cell_text cell;
    enum cell_state state = CELL_COMPLETE;
    if (!cell_parse(text, size, arena, &cell, &err)) {
        state = cell.open ? CELL_INCOMPLETE : CELL_INVALID;
    } else if (ends_with_backslash(text, size)) {
        state = CELL_INCOMPLETE;
    } else if (cell.count) {
        const struct statement *last = &cell.statements[cell.count - 1];
        if (last->kind == STATEMENT_SQL)
            state = sql_parse(arena, last->text, last->size).open ? CELL_INCOMPLETE : CELL_COMPLETE;
        else if (last->body && !(last->body_size && last->body[last->body_size - 1] == '\n'))
            state = CELL_INCOMPLETE;
    }
    if (state == CELL_INCOMPLETE)
        *indent = "    ";
    arena_free(arena);
    return state;
}
