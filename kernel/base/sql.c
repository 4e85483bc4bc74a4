#include "base/sql.h"

#include "base/buf.h"
#include "base/sql_lex.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DEPTH_LIMIT 1024
#define INDEX 'i' /* a bracket behind a value: a[...], unlike that of a list */

struct reader {
    struct lexer lexer;
    struct arena *arena;
    struct sql_text out;
    size_t capacity, param_capacity;
    char brackets[DEPTH_LIMIT];
    size_t depth;
    bool options; /* within the options of EXPLAIN */
};

/* A colon before a name is a parameter where a value can stand: after an operator, comma, opening
   bracket or keyword, never after a value (slices a[x:y], struct keys {k: v}, aliases x: 42, JSON
   paths). */
static bool value_expected(const struct reader *reader, const struct token *before)
{
    static const char *const values[] = {"NULL", "TRUE",         "FALSE",
                                         "END",  "CURRENT_DATE", "CURRENT_TIMESTAMP"};
    static const char *const keywords[] = {
        "SELECT",    "WHERE",   "AND",     "OR",        "NOT",       "IN",       "LIKE",
        "ILIKE",     "BETWEEN", "IS",      "CASE",      "WHEN",      "THEN",     "ELSE",
        "HAVING",    "ON",      "LIMIT",   "OFFSET",    "BY",        "DISTINCT", "FROM",
        "VALUES",    "AS",      "SIMILAR", "TO",        "ESCAPE",    "QUALIFY",  "ALL",
        "ANY",       "SOME",    "GLOB",    "INTERVAL",  "TIMESTAMP", "DATE",     "TIME",
        "RETURNING", "UNION",   "EXCEPT",  "INTERSECT", "USING",     "COLLATE",  "FILTER",
        "EXISTS",    "ZONE",    "ROWS",    "RANGE",     "GROUPS",    "FIRST",    "NEXT"};
    switch (before->kind) {
    case TOKEN_END:
        return true;
    case TOKEN_SYMBOL: {
        char c = reader->lexer.text[before->offset];
        if (before->size == 2)
            return reader->lexer.text[before->offset + 1] == '='; /* := takes a value, :: a type */
        return c != ')' && c != ']' && c != '}' && c != '?' && c != '.';
    }
    case TOKEN_WORD:
        for (size_t i = 0; i < COUNT(values); i++)
            if (strlen(values[i]) == before->size &&
                strncasecmp(values[i], reader->lexer.text + before->offset, before->size) == 0)
                return false;
        for (size_t i = 0; i < COUNT(keywords); i++)
            if (strlen(keywords[i]) == before->size &&
                strncasecmp(keywords[i], reader->lexer.text + before->offset, before->size) == 0)
                return true;
        return false;
    default:
        return false;
    }
}

static struct sql_statement *statement_begin(struct reader *reader, size_t offset)
{
    if (reader->out.count == reader->capacity) {
        reader->capacity = reader->capacity ? reader->capacity * 2 : 4;
        struct sql_statement *grown = arena_alloc(reader->arena, reader->capacity * sizeof *grown);
        if (reader->out.count)
            memcpy(grown, reader->out.statements, reader->out.count * sizeof *grown);
        reader->out.statements = grown;
    }
    struct sql_statement *statement = &reader->out.statements[reader->out.count++];
    *statement = (struct sql_statement){.offset = offset, .body = offset, .verb = ""};
    reader->param_capacity = 0;
    return statement;
}

static void add_param(struct reader *reader, struct sql_statement *statement,
                      const struct token *colon, const struct token *name)
{
    if (statement->param_count == reader->param_capacity) {
        reader->param_capacity = reader->param_capacity ? reader->param_capacity * 2 : 4;
        struct sql_param *grown =
            arena_alloc(reader->arena, reader->param_capacity * sizeof *grown);
        if (statement->param_count)
            memcpy(grown, statement->params, statement->param_count * sizeof *grown);
        statement->params = grown;
    }
    statement->params[statement->param_count++] = (struct sql_param){
        .name = arena_strndup(reader->arena, reader->lexer.text + name->offset, name->size),
        .offset = colon->offset,
        .size = name->offset + name->size - colon->offset,
    };
}

/* The options of EXPLAIN (ANALYZE, FORMAT JSON), unlike the bracket of EXPLAIN (SELECT 1). */
static bool begins_options(const struct reader *reader)
{
    static const char *const options[] = {"ANALYZE", "FORMAT", "VERBOSE", "COSTS", "TIMING"};
    struct lexer ahead = reader->lexer;
    struct token token = sql_next(&ahead);
    for (size_t i = 0; i < COUNT(options); i++)
        if (token.size == strlen(options[i]) &&
            strncasecmp(options[i], ahead.text + token.offset, token.size) == 0)
            return true;
    return false;
}

static char *upper(struct arena *arena, const char *text, size_t size)
{
    char *copy = arena_strndup(arena, text, size);
    for (char *c = copy; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return copy;
}

/* The first words: EXPLAIN [ANALYZE] [(options)] and then those of the inner statement. False when
 * the verb is known. */
static bool read_verb(struct reader *reader, struct sql_statement *statement,
                      const struct token *token)
{
    const char *text = reader->lexer.text + token->offset;
    bool bracket = token->kind == TOKEN_SYMBOL && *text == '(';
    if (reader->options) {
        reader->options = reader->depth > 0;
        if (reader->options || *text == ')')
            return true;
    }
    if (bracket && statement->explain && begins_options(reader))
        return reader->options = true;
    if (token->kind == TOKEN_WORD)
        statement->verb = upper(reader->arena, text, token->size);
    else if (bracket)
        statement->verb = "(";
    statement->body = token->offset;
    if (strcmp(statement->verb, "EXPLAIN") == 0)
        return statement->explain = true;
    return statement->explain &&
           (strcmp(statement->verb, "ANALYZE") == 0 || strcmp(statement->verb, "VERBOSE") == 0);
}

static void track_bracket(struct reader *reader, char c, const struct token *before)
{
    if ((c == '(' || c == '[' || c == '{') && reader->depth < DEPTH_LIMIT)
        reader->brackets[reader->depth++] = c == '[' && !value_expected(reader, before) ? INDEX : c;
    else if ((c == ')' || c == ']' || c == '}') && reader->depth)
        reader->depth--;
}

/* A colon that is followed at once by a name, where a value can stand. */
static bool read_param(struct reader *reader, struct sql_statement *statement,
                       const struct token *colon, const struct token *before)
{
    size_t offset = colon->offset + 1;
    if (colon->size != 1 || !sql_is_word(sql_at(&reader->lexer, offset), true))
        return false;
    if (!value_expected(reader, before))
        return false;
    if (before->kind == TOKEN_SYMBOL && reader->lexer.text[before->offset] == '[' &&
        reader->depth && reader->brackets[reader->depth - 1] == INDEX)
        return false; /* a[:n] is a slice whose first bound is left out, [:n] a list */
    struct token name = {.kind = TOKEN_WORD, .offset = offset};
    while (reader->lexer.at < reader->lexer.size &&
           sql_is_word(reader->lexer.text[reader->lexer.at], false))
        reader->lexer.at++;
    name.size = reader->lexer.at - offset;
    add_param(reader, statement, colon, &name);
    return true;
}

/* Reads one statement; false at the end of the text. */
static bool read_statement(struct reader *reader)
{
    struct token before = {.kind = TOKEN_END};
    struct token token = sql_next(&reader->lexer);
    while (token.kind == TOKEN_SYMBOL && reader->lexer.text[token.offset] == ';')
        token = sql_next(&reader->lexer);
    if (token.kind == TOKEN_END)
        return false;
    struct sql_statement *statement = statement_begin(reader, token.offset);
    reader->depth = 0;
    reader->options = false;
    reader->out.terminated = false;
    bool verb_wanted = true;
    size_t end = token.offset;
    for (; token.kind != TOKEN_END; token = sql_next(&reader->lexer)) {
        char c = reader->lexer.text[token.offset];
        bool symbol = token.kind == TOKEN_SYMBOL;
        if (symbol && c == ';' && !reader->depth) {
            reader->out.terminated = true;
            break;
        }
        verb_wanted = verb_wanted && read_verb(reader, statement, &token);
        if (symbol && c == ':' && read_param(reader, statement, &token, &before))
            token = (struct token){.kind = TOKEN_PARAM,
                                   .offset = token.offset,
                                   .size = reader->lexer.at - token.offset};
        else if (symbol)
            track_bracket(reader, c, &before);
        end = token.offset + token.size;
        statement->open = token.open;
        before = token;
    }
    statement->size = end - statement->offset;
    statement->open = statement->open || reader->depth > 0 || reader->lexer.open_comment;
    return true;
}

struct sql_text sql_parse(struct arena *arena, const char *text, size_t size)
{
    struct reader *reader = arena_alloc(arena, sizeof *reader);
    reader->lexer = (struct lexer){.text = text, .size = size};
    reader->arena = arena;
    while (read_statement(reader))
        ;
    reader->out.open = reader->lexer.open_comment;
    if (reader->out.count && !reader->out.terminated)
        reader->out.open = reader->out.open || reader->out.statements[reader->out.count - 1].open;
    return reader->out;
}

static bool begins_line(const char *text, size_t offset)
{
    while (offset > 0 && (text[offset - 1] == ' ' || text[offset - 1] == '\t'))
        offset--;
    return offset > 0 && text[offset - 1] == '\n';
}

size_t sql_until(const char *text, size_t size, const struct sql_lines *lines)
{
    struct lexer lexer = {.text = text, .size = size};
    size_t depth = 0;
    bool between = true;
    for (;;) {
        struct token token = sql_next(&lexer);
        if (token.kind == TOKEN_END)
            return size;
        if (!depth && begins_line(text, token.offset) &&
            lines->ends(lines->state, token.offset, between))
            return token.offset;
        char c = token.kind == TOKEN_SYMBOL ? text[token.offset] : '\0';
        if (c == '(' || c == '[' || c == '{')
            depth++;
        else if ((c == ')' || c == ']' || c == '}') && depth)
            depth--;
        between = c == ';' && !depth;
    }
}

static size_t number_of(struct sql_bound *bound, const char *name)
{
    for (size_t i = 0; i < bound->name_count; i++)
        if (strcmp(bound->names[i], name) == 0)
            return i + 1;
    bound->names[bound->name_count++] = name;
    return bound->name_count;
}

struct sql_bound sql_bind(struct arena *arena, const char *text,
                          const struct sql_statement *statement)
{
    struct sql_bound bound = {
        .names = arena_alloc(arena, (statement->param_count + 1) * sizeof(char *)),
        .places = arena_alloc(arena, (statement->param_count + 1) * sizeof(struct sql_place)),
        .place_count = statement->param_count};
    struct buf out;
    buf_init(&out, statement->size * 2 + statement->param_count * 24 + 64);
    size_t *map =
        arena_alloc(arena, (statement->size + statement->param_count * 24 + 2) * sizeof *map);
    size_t from = statement->offset, end = statement->offset + statement->size;
    for (size_t i = 0; i <= statement->param_count; i++) {
        size_t to = i < statement->param_count ? statement->params[i].offset : end;
        for (size_t byte = from; byte < to; byte++)
            map[out.size + byte - from] = byte;
        buf_add(&out, text + from, to - from);
        if (i == statement->param_count)
            break;
        size_t before = out.size;
        size_t number = number_of(&bound, statement->params[i].name);
        buf_addf(&out, "$%zu", number);
        bound.places[i] = (struct sql_place){before, out.size - before, number};
        for (size_t byte = before; byte < out.size; byte++)
            map[byte] = to;
        from = to + statement->params[i].size;
    }
    map[out.size] = end;
    bound.text = buf_to_arena(&out, arena);
    bound.size = out.size;
    bound.map = map;
    buf_release(&out);
    return bound;
}

void sql_position(const char *text, size_t size, size_t offset, int *line, int *column)
{
    offset = offset < size ? offset : size;
    size_t begin = 0;
    *line = 1;
    for (size_t i = 0; i < offset; i++)
        if (text[i] == '\n') {
            ++*line;
            begin = i + 1;
        }
    *column = (int)text_points(text + begin, offset - begin) + 1;
}
