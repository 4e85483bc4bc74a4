/* json_walk - walks JSON text byte by byte without building anything: the cutter of log records and
 * of another engine's rows.
 *
 * A cursor moves over bytes in memory; every function returns false when the text is not JSON or
 * ends too early, with the cursor at the place that was not understood (at == end: the text is
 * cut). Strings are found with vector instructions where there are some. Forgiving where logs are:
 * raw control characters in strings and any UTF-8 are let through and marked, so that who copies
 * the text can put it right. Nesting is limited to JSON_WALK_DEPTH. Pure functions, any bytes.
 */
#ifndef COFFERDAM_BASE_JSON_WALK_H
#define COFFERDAM_BASE_JSON_WALK_H

#include "base/buf.h"

#define JSON_WALK_DEPTH 512

struct cursor {
    const char *at, *end;
};

/* What lies at a place of the text. */
enum token_kind {
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_NULL,
    TOKEN_OBJECT,
    TOKEN_ARRAY
};

/* A value passed over: for a string the bytes between the quotes, else the whole text of the value.
 */
struct token {
    enum token_kind kind;
    bool dirty; /* string: has escapes or control characters; others: blanks outside or \u or
                   control characters in strings */
    const char *text;
    size_t size;
};

void cursor_space(struct cursor *cursor);
/* The kind of the value at the cursor (blanks are passed first); false at the end or at a byte that
 * begins no value. */
bool cursor_peek(struct cursor *cursor, enum token_kind *kind);
/* Passes over a whole value of any kind. */
bool cursor_value(struct cursor *cursor, struct token *out);
/* Opens `{` or `[`; then before each member or element cursor_more: true = there is one, false =
   closed or broken (*ok tells; `first` is true on the first call). Trailing commas are forgiven. */
bool cursor_open(struct cursor *cursor, char bracket);
bool cursor_more(struct cursor *cursor, char close, bool *first, bool *ok);
/* A member's name and the colon after it; the cursor stands at the value. */
bool cursor_name(struct cursor *cursor, struct token *name);

/* Appends a string's true bytes: escapes resolved; \u0000 and lone surrogates become U+FFFD. */
void token_unescape(struct buf *out, const char *text, size_t size);
/* Appends a value as compact JSON that every parser takes: no blanks, control characters escaped,
 * broken escapes U+FFFD. */
void token_compact(struct buf *out, const char *text, size_t size);

/* True if all bytes are below 128. */
bool bytes_are_ascii(const char *bytes, size_t size);

#endif
