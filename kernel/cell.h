/* cell - a cell's text as statements: magics, parameters, help, SQL (see "Cells" in the README).
 *
 * Read from top to bottom: blank lines and comments (-- or # at a line's start); %magic lines (a
 * \ at the end continues);
 * %%magic as the first statement takes the rest; `name = literal` in Python's spelling; `%magic?`,
 * `name?`; anything else is SQL up to its `;` (or, without one, up to a line that begins with % or
 * to the end). At most 16 MiB. Any bytes.
 */
#ifndef COFFERDAM_CELL_H
#define COFFERDAM_CELL_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

enum statement_kind { STATEMENT_MAGIC, STATEMENT_PARAMETER, STATEMENT_HELP, STATEMENT_SQL };

struct statement {
    enum statement_kind kind;
    int line; /* 1-based line of the cell */
    const char
        *name; /* magic or parameter name, or what help is asked for ("%lake", "cloudtrail") */
    const char *text; /* a magic's line after its name (continuations joined), or SQL */
    size_t size;
    size_t offset;    /* of text in the cell */
    const char *body; /* of %%magic, else NULL */
    size_t body_size;
    int body_line;
    json_t *value; /* of a parameter; belongs to the arena */
};

struct cell_text {
    struct statement *statements;
    size_t count;
    bool open; /* of a text that failed: it ends within a literal, more lines may mend it */
};

bool cell_parse(const char *text, size_t size, struct arena *arena, struct cell_text *out,
                struct error *err) ATTR_USE_RESULT;

enum cell_state { CELL_COMPLETE, CELL_INCOMPLETE, CELL_INVALID };
/* For is_complete_request; *indent is "" or blanks. */
enum cell_state cell_state(const char *text, size_t size, const char **indent);

/* Parses one Python literal: str (all escapes and prefixes but f and b), int (beyond 64 bits: JSON
   text), float (also float('inf')), True, False, None, list, tuple, dict, over several lines. *used
   = bytes read. */
bool cell_literal(const char *text, size_t size, struct arena *arena, json_t **out, size_t *used,
                  struct error *err) ATTR_USE_RESULT;

/* A hint for text typed by habit from a shell or Python ("ls", "import os"), or NULL: for SQL that
 * does not parse. */
const char *cell_habit_hint(const char *text, size_t size);

#endif
