/* sql_lex - the tokens of SQL text, for what knows more of it than statements.
 *
 * Any bytes, no limit of its own; comments and blanks are passed over. Offsets are bytes. Pure.
 */
#ifndef COFFERDAM_BASE_SQL_LEX_H
#define COFFERDAM_BASE_SQL_LEX_H

#include "base/base.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_NAME,
    TOKEN_SYMBOL,
    TOKEN_PARAM
};

struct token {
    enum token_kind kind;
    size_t offset, size;
    bool open; /* a string, quoted name or comment that never ends */
};

struct lexer {
    const char *text;
    size_t size, at;
    bool open_comment;
};

/* The next token; TOKEN_END again and again at the end. `at` is where to go on. */
struct token sql_next(struct lexer *lexer);

bool sql_is_word(char c, bool first);                  /* may it stand in a bare word? */
char sql_at(const struct lexer *lexer, size_t offset); /* the byte there; NUL behind the end */

#endif
