/* sql - a lexer that cuts SQL text into statements and finds :parameters; it knows tokens, not
 * grammar.
 *
 * It knows '..' and E'..' strings, "names", $tag$ quotes, -- and nested block comments, brackets
 * and numbers. `:name` is a parameter only where a value can stand: not in slices a[1:n], struct
 * literals {k: v}, casts x::t, `x: 42` aliases. Pure function, any bytes, no limit of its own.
 * Offsets are bytes.
 */
#ifndef COFFERDAM_BASE_SQL_H
#define COFFERDAM_BASE_SQL_H

#include "base/arena.h"
#include "base/error.h"

struct sql_param {
    const char *name; /* without the colon, arena */
    size_t offset;    /* of the colon within the whole text */
    size_t size;      /* with the colon */
};

struct sql_statement {
    size_t offset, size; /* within the text, without leading blanks/comments and the `;` */
    const char
        *verb; /* first word in upper case: "SELECT", "WITH", "COPY"; "(" or "" if no word; arena */
    bool explain; /* EXPLAIN ...: verb is that of the inner statement */
    size_t body;  /* where that inner statement begins; else the offset */
    struct sql_param *params;
    size_t param_count;
    bool open; /* ends inside a string, quote, comment or bracket: the cell is incomplete */
};

struct sql_text {
    struct sql_statement *statements; /* without empty ones */
    size_t count;
    bool open;       /* the last statement is open */
    bool terminated; /* the last statement ended with ; */
};

struct sql_text sql_parse(struct arena *arena, const char *text, size_t size);

/* The statement with each :name replaced by a positional parameter: `$1`.. (same name, same
   number), and the names in order. map[i] gives, for a byte of the new text, the byte of the old
   one (so that an engine's error position finds its cell). */
struct sql_place {
    size_t offset, size; /* of `$1` in the new text */
    size_t number;       /* 1 and up */
};
struct sql_bound {
    char *text;
    size_t size;
    const char **names; /* $1 is names[0] */
    size_t name_count;
    struct sql_place *places; /* in the order of the text */
    size_t place_count;
    size_t *map;
};
struct sql_bound sql_bind(struct arena *arena, const char *text,
                          const struct sql_statement *statement);

/* Offset of the first line that is no more of this SQL, or size: `ends` is asked at each line whose
   first token lies outside strings, comments and brackets; `between` says that no statement is open
   there. Never asked at offset 0. */
struct sql_lines {
    bool (*ends)(const void *state, size_t offset, bool between);
    const void *state;
};
size_t sql_until(const char *text, size_t size, const struct sql_lines *lines);

/* Line and column (1-based, code points) of a byte offset in a text. */
void sql_position(const char *text, size_t size, size_t offset, int *line, int *column);

#endif
