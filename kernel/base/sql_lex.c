#include "base/sql_lex.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool sql_is_word(char c, bool first)
{
    return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80 ||
           (!first && (isdigit((unsigned char)c) || c == '$'));
}

char sql_at(const struct lexer *lexer, size_t offset)
{
    return offset < lexer->size ? lexer->text[offset] : '\0';
}

/* Block comments nest, as in PostgreSQL and DuckDB. */
static void skip_block(struct lexer *lexer)
{
    int depth = 0;
    while (lexer->at < lexer->size) {
        if (sql_at(lexer, lexer->at) == '/' && sql_at(lexer, lexer->at + 1) == '*') {
            depth++;
            lexer->at += 2;
        } else if (sql_at(lexer, lexer->at) == '*' && sql_at(lexer, lexer->at + 1) == '/') {
            lexer->at += 2;
            if (--depth == 0)
                return;
        } else {
            lexer->at++;
        }
    }
    lexer->open_comment = true;
}

static void skip_blanks(struct lexer *lexer)
{
    while (lexer->at < lexer->size) {
        char c = lexer->text[lexer->at], next = sql_at(lexer, lexer->at + 1);
        if (isspace((unsigned char)c) || c == '\0') {
            lexer->at++;
        } else if (c == '-' && next == '-') {
            while (lexer->at < lexer->size && !strchr("\r\n", lexer->text[lexer->at]))
                lexer->at++;
        } else if (c == '/' && next == '*') {
            skip_block(lexer);
        } else {
            return;
        }
    }
}

/* A quoted token; the quote doubled stands for itself, and in E'' strings a backslash protects the
 * next byte. */
static bool skip_quoted(struct lexer *lexer, char quote, bool backslash)
{
    for (lexer->at++; lexer->at < lexer->size; lexer->at++) {
        char c = lexer->text[lexer->at];
        if (backslash && c == '\\') {
            lexer->at++;
        } else if (c == quote) {
            if (sql_at(lexer, lexer->at + 1) != quote) {
                lexer->at++;
                return true;
            }
            lexer->at++;
        }
    }
    lexer->at = lexer->size;
    return false;
}

/* $tag$ ... $tag$; false if this dollar begins no such quote. */
static bool skip_dollar(struct lexer *lexer, bool *closed)
{
    size_t end = lexer->at + 1;
    while (sql_is_word(sql_at(lexer, end), end == lexer->at + 1) && sql_at(lexer, end) != '$')
        end++;
    if (sql_at(lexer, end) != '$')
        return false;
    const char *tag = lexer->text + lexer->at;
    size_t size = end + 1 - lexer->at;
    for (size_t i = end + 1; i + size <= lexer->size; i++) {
        const char *found = memchr(lexer->text + i, '$', lexer->size - i);
        if (!found || (size_t)(found - lexer->text) + size > lexer->size)
            break;
        i = (size_t)(found - lexer->text);
        if (memcmp(found, tag, size) == 0) {
            lexer->at = i + size;
            return *closed = true;
        }
    }
    lexer->at = lexer->size;
    *closed = false;
    return true;
}

static struct token lex_word(struct lexer *lexer)
{
    struct token token = {.kind = TOKEN_WORD, .offset = lexer->at};
    bool escape = (lexer->text[lexer->at] == 'e' || lexer->text[lexer->at] == 'E') &&
                  sql_at(lexer, lexer->at + 1) == '\'';
    if (escape) {
        lexer->at++;
        token.kind = TOKEN_STRING;
        token.open = !skip_quoted(lexer, '\'', true);
    } else {
        while (sql_is_word(sql_at(lexer, lexer->at), false) && lexer->at < lexer->size)
            lexer->at++;
    }
    token.size = lexer->at - token.offset;
    return token;
}

static struct token lex_quoted(struct lexer *lexer)
{
    char quote = lexer->text[lexer->at];
    struct token token = {.kind = quote == '\'' ? TOKEN_STRING : TOKEN_NAME, .offset = lexer->at};
    token.open = !skip_quoted(lexer, quote, false);
    token.size = lexer->at - token.offset;
    return token;
}

/* 12, 1_000, 1.5, 2e-3, 0xFF; "1e'x'" is a number and an escape string, so e counts only before an
 * exponent. */
static struct token lex_number(struct lexer *lexer)
{
    struct token token = {.kind = TOKEN_NUMBER, .offset = lexer->at};
    for (; lexer->at < lexer->size; lexer->at++) {
        char c = lexer->text[lexer->at];
        if ((c == 'e' || c == 'E') && sql_at(lexer, lexer->at + 1) == '\'')
            break;
        if (!isalnum((unsigned char)c) && c != '.' && c != '_')
            break;
    }
    token.size = lexer->at - token.offset;
    return token;
}

struct token sql_next(struct lexer *lexer)
{
    skip_blanks(lexer);
    struct token token = {.kind = TOKEN_END, .offset = lexer->at};
    if (lexer->at >= lexer->size)
        return token;
    char c = lexer->text[lexer->at];
    bool closed = true;
    if (sql_is_word(c, true))
        return lex_word(lexer);
    if (c == '\'' || c == '"')
        return lex_quoted(lexer);
    if (isdigit((unsigned char)c) ||
        (c == '.' && isdigit((unsigned char)sql_at(lexer, lexer->at + 1))))
        return lex_number(lexer);
    if (c == '$' && skip_dollar(lexer, &closed)) {
        token.kind = TOKEN_STRING;
        token.open = !closed;
    } else {
        token.kind = TOKEN_SYMBOL;
        bool two = (c == ':' &&
                    (sql_at(lexer, lexer->at + 1) == ':' || sql_at(lexer, lexer->at + 1) == '='));
        lexer->at += two ? 2 : 1;
    }
    token.size = lexer->at - token.offset;
    return token;
}

/* ---- statements ---- */
