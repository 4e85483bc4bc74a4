/* history - the code of all kernels' cells in one SQLite file, for history_request: tail, range,
 * search.
 *
 * $XDG_DATA_HOME/cofferdam/history.sqlite, or ~/.local/share/cofferdam/history.sqlite (folder 0700,
 * file 0600). libsqlite3 is loaded at first use. Lines are collected by history_add and written in
 * groups. A file that cannot be used is told once in the log, and history lives in memory then: a
 * cell never fails for it. A kernel without a cell leaves no trace. One thread: the aide's.
 */
#ifndef COFFERDAM_HISTORY_H
#define COFFERDAM_HISTORY_H

#include "base/json.h"

#define HISTORY_ROWS 10000 /* most rows of one answer */
#define HISTORY_OUTPUT_LIMIT                                                                       \
    ((size_t)4096)                            /* of a cell's text/plain result; cut at a character \
                                               */
#define HISTORY_INPUT_LIMIT ((size_t)1 << 20) /* a longer cell is left out */

struct history;

struct history *history_new(void);
void history_free(struct history *history); /* writes what is left; NULL is allowed */

/* One cell. Texts are copied; output may be NULL. */
struct history_line {
    int64_t count; /* execution count */
    const char *input;
    size_t input_size;
    const char *output;
    size_t output_size;
};
void history_add(struct history *history, const struct history_line *line);
void history_write(struct history *history);
size_t history_pending(
    const struct history *history); /* lines to be written; 0 after a write that failed */

enum history_access { HISTORY_TAIL, HISTORY_RANGE, HISTORY_SEARCH };

struct history_query {
    enum history_access access;
    int64_t session;     /* range: 0 this kernel's, -1 the one before...; above: by number */
    int64_t start, stop; /* range: lines start <= n < stop; stop 0 = to the end */
    int64_t n;           /* tail, search: the last n rows; 0 = all (tail: 10) */
    const char *pattern; /* search: glob, "*" and "?" and "[..]" */
    bool unique;         /* search: each code once, at its last place */
    bool output; /* rows are [session, line, [input, output]] instead of [session, line, input] */
};

/* Rows of the Jupyter reply, oldest first; the array belongs to the arena. Writes what is collected
 * first. */
json_t *history_ask(struct history *history, const struct history_query *query,
                    struct arena *arena);

#endif
