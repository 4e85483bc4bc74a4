#include "cell.h"

#include "base/buf.h"
#include "base/sql.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

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
    while (at < parser->size && (parser->text[at] == ' ' || parser->text[at] == '\t' || parser->text[at] == '\r'))
        at++;
    char c = at < parser->size ? parser->text[at] : '\n';
    bool comment = c == '#' || (c == '-' && at + 1 < parser->size && parser->text[at + 1] == '-');
    if (c != '\n' && !comment)
        return false;
    size_t end = line_end(parser, at);
    move_to(parser, end < parser->size ? end + 1 : end);
    return true;
}

/* A magic's line with `\` at its end continued: joined by a blank, so that offsets within the first line stay true. */
static void read_line(struct parser *parser, struct statement *statement, size_t from)
{
    struct buf joined;
    buf_init(&joined, CELL_LIMIT);
    size_t end = line_end(parser, from);
    while (end < parser->size && end > from && parser->text[end - 1] == '\\') {
        buf_add(&joined, parser->text + from, end - from - 1);
        buf_addc(&joined, ' ');
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
    statement->body = arena_strndup(parser->arena, parser->text + parser->at, parser->size - parser->at);
    statement->body_size = parser->size - parser->at;
    statement->body_line = parser->line;
    parser->at = parser->size;
}

static bool read_magic(struct parser *parser)
{
    size_t percents = parser->at + 1 < parser->size && parser->text[parser->at + 1] == '%' ? 2 : 1;
    size_t name = parser->at + percents, end = name;
    while (end < parser->size && (is_name(parser->text[end], end == name) || parser->text[end] == '-'))
        end++;
    if (end == name) {
        (void)error_set(parser->err, ERROR_USAGE, "a %% without the name of a magic");
        parser->err->line = parser->line;
        return error_hint(parser->err, "%%help lists the magics.");
    }
    if (percents == 2 && parser->out->count) {
        (void)error_set(parser->err, ERROR_USAGE, "%%%%%.*s must be the first statement of its cell", (int)(end - name), parser->text + name);
        parser->err->line = parser->line;
        return error_hint(parser->err, "Put it into a cell of its own.");
    }
    bool help = end < parser->size && parser->text[end] == '?';
    struct statement *statement = add(parser, help ? STATEMENT_HELP : STATEMENT_MAGIC);
    statement->name = arena_printf(parser->arena, "%s%.*s", help ? "%" : "", (int)(end - name), parser->text + name);
    size_t blank = end + help;
    while (blank < parser->size && (parser->text[blank] == ' ' || parser->text[blank] == '\t'))
        blank++;
    statement->offset = blank;
    read_line(parser, statement, blank);
    if (percents == 2 && !help)
        read_body(parser, statement);
    return true;
}

/* `name?`, `schema.name?`, `%magic?` and `?name`. */
static bool read_help(struct parser *parser)
{
    size_t begin = parser->at, end = line_end(parser, begin);
    while (end > begin && isspace((unsigned char)parser->text[end - 1]))
        end--;
    bool before = parser->text[begin] == '?', after = end > begin && parser->text[end - 1] == '?';
    if (before == after)
        return false;
    size_t from = begin + before, to = end - after;
    for (size_t i = from; i < to; i++) {
        char c = parser->text[i];
        if (!is_name(c, false) && c != '.' && c != '"' && c != '%' && c != '-' && c != '$')
            return false;
    }
    if (from == to)
        return false;
    struct statement *statement = add(parser, STATEMENT_HELP);
    statement->name = arena_strndup(parser->arena, parser->text + from, to - from);
    statement->offset = from;
    size_t next = line_end(parser, begin);
    move_to(parser, next < parser->size ? next + 1 : next);
    return true;
}

/* Where the literal of `name = literal` begins, or 0 if the line is none. */
static size_t parameter_value(const struct parser *parser, size_t *name_end)
{
    size_t at = parser->at;
    if (!is_name(parser->text[at], true))
        return 0;
    while (at < parser->size && is_name(parser->text[at], false))
        at++;
    *name_end = at;
    while (at < parser->size && (parser->text[at] == ' ' || parser->text[at] == '\t'))
        at++;
    if (at >= parser->size || parser->text[at] != '=' || (at + 1 < parser->size && parser->text[at + 1] == '='))
        return 0;
    return at + 1;
}

static bool read_parameter(struct parser *parser, size_t name_end, size_t value)
{
    json_t *literal = NULL;
    size_t used = 0;
    bool ok = cell_literal(parser->text + value, parser->size - value, parser->arena, &literal, &used, parser->err);
    size_t at = value + used, end = line_end(parser, at);
    while (ok && at < end && isspace((unsigned char)parser->text[at]))
        at++;
    if (ok && at < end && parser->text[at] == ';')
        at++;
    while (ok && at < end && isspace((unsigned char)parser->text[at]))
        at++;
    if (ok && at < end && parser->text[at] != '#') {
        ok = error_set(parser->err, ERROR_USAGE, "something follows the literal of parameter %.*s", (int)(name_end - parser->at),
                       parser->text + parser->at);
        (void)error_hint(parser->err, "A parameter is one literal a line; for a query write SELECT ... or %%sql --into NAME.");
    }
    if (!ok) {
        sql_position(parser->text, parser->size, at, &parser->err->line, &parser->err->column);
        return false;
    }
    struct statement *statement = add(parser, STATEMENT_PARAMETER);
    statement->name = arena_strndup(parser->arena, parser->text + parser->at, name_end - parser->at);
    statement->value = literal;
    statement->offset = value;
    move_to(parser, end < parser->size ? end + 1 : end);
    return true;
}

/* SQL ends before a line that begins with % (outside strings and comments this cannot be SQL). */
static size_t sql_stop(const struct parser *parser)
{
    size_t at = parser->at;
    for (;;) {
        size_t end = line_end(parser, at);
        if (end >= parser->size)
            return parser->size;
        at = end + 1;
        if (at < parser->size && parser->text[at] == '%' && at + 1 < parser->size && is_name(parser->text[at + 1], true)) {
            struct sql_text before = sql_parse(parser->arena, parser->text + parser->at, at - parser->at);
            if (!before.open)
                return at;
        }
    }
}

static void read_sql(struct parser *parser)
{
    size_t stop = sql_stop(parser);
    struct statement *statement = add(parser, STATEMENT_SQL);
    statement->text = arena_strndup(parser->arena, parser->text + parser->at, stop - parser->at);
    statement->size = stop - parser->at;
    statement->offset = parser->at;
    move_to(parser, stop);
}

static bool parse_statement(struct parser *parser)
{
    size_t name_end = 0, value;
    if (read_help(parser))
        return true;
    if (parser->text[parser->at] == '%')
        return read_magic(parser);
    value = parameter_value(parser, &name_end);
    if (value)
        return read_parameter(parser, name_end, value);
    read_sql(parser);
    return true;
}

bool cell_parse(const char *text, size_t size, struct arena *arena, struct cell_text *out, struct error *err)
{
    *out = (struct cell_text){0};
    if (size > CELL_LIMIT)
        return error_set(err, ERROR_LIMIT, "the cell is larger than 16 MiB");
    struct parser parser = {.text = text, .size = size, .line = 1, .arena = arena, .out = out, .err = err};
    while (parser.at < size) {
        if (skip_comment(&parser))
            continue;
        while (parser.text[parser.at] == ' ' || parser.text[parser.at] == '\t' || parser.text[parser.at] == '\r')
            parser.at++;
        if (!parse_statement(&parser))
            return false;
    }
    return true;
}

static bool only_open(const struct error *err)
{
    return strstr(err->message, "not closed") != NULL;
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
        state = only_open(&err) ? CELL_INCOMPLETE : CELL_INVALID;
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
