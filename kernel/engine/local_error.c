/* DuckDB's words as an error: "Parser Error: syntax error at ...\n\nLINE 1: SELEC 1\n        ^". */
#include "engine/local_state.h"

#include "base/buf.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *prefix;
    enum error_kind kind;
    const char *hint;
} kinds[] = {
    {"INTERRUPT Error: ", ERROR_INTERRUPTED, NULL},
    {"Parser Error: ", ERROR_SQL, NULL},
    {"Binder Error: ", ERROR_SQL, NULL},
    {"Catalog Error: ", ERROR_SQL, "%lake tables lists the tables, Tab completes names."},
    {"Conversion Error: ", ERROR_SQL,
     "try_cast(value AS type) gives null where a value does not fit."},
    {"Out of Memory Error: ", ERROR_LIMIT, "Narrow the query, or raise the limit: %set memory 8GB"},
    {"IO Error: ", ERROR_IO, NULL},
    {"HTTP Error: ", ERROR_REFUSED, "The embedded engine reads local files only."},
    {"Permission Error: ", ERROR_REFUSED,
     "SQL reads only the lakes and folders that were opened: %lake open FOLDER"},
    {"Missing Extension Error: ", ERROR_REFUSED,
     "Extensions are not loaded: the embedded engine reads local Parquet, CSV and JSON."},
    {"Invalid Input Error: ", ERROR_SQL, NULL},
    {"Not implemented Error: ", ERROR_SQL, NULL},
    {"Constraint Error: ", ERROR_SQL, NULL},
    {"TransactionContext Error: ", ERROR_UNAVAILABLE,
     "An interrupted query still works on this name: wait a moment, or keep under another."},
};

/* DuckDB's caret counts columns of a terminal, where wide characters take two; errors count code
 * points. */
static size_t points_of_width(const char *text, size_t size, size_t width)
{
    size_t points = 0, limit = text_points(text, size);
    while (points < limit && text_width(text, text_offset(text, size, points)) < width)
        points++;
    return points;
}

/* "LINE 2: text\n      ^": the place of the caret, and the two lines as they are. */
static void place(struct error *err, const char *words)
{
    const char *line = strstr(words, "\nLINE ");
    if (!line)
        return;
    line++;
    char *end;
    intmax_t number = strtoimax(line + strlen("LINE "), &end, 10);
    const char *text = end + strspn(end, ":");
    text += *text == ' '; /* what follows is the line, its own blanks included */
    const char *line_end = strchr(line, '\n');
    if (!line_end || number <= 0)
        return;
    const char *caret = strchr(line_end + 1, '^');
    if (!caret)
        return;
    size_t before = (size_t)(caret - line_end - 1), prefix = (size_t)(text - line);
    err->line = (int)number;
    if (before >= prefix &&
        strncmp(text, "...", 3) != 0) /* a long line is shown cut: its column is not known */
        err->column = (int)points_of_width(text, (size_t)(line_end - text), before - prefix) + 1;
    (void)error_detail(err, "%.*s\n%.*s^", (int)(line_end - text), text,
                       (int)(before >= prefix ? before - prefix : 0),
                       "                                                                           "
                       "                         "
                       "                                                                           "
                       "                         ");
}

static void hint(struct error *err, const char *words, const char *otherwise)
{
    static const char *const marks[] = {"Did you mean ",
                                        "Candidate bindings: ", "Candidate functions:"};
    if (strstr(words, "No space left") || strstr(words, "failed to offload")) {
        err->kind = ERROR_IO;
        (void)error_hint(
            err, "The disk is full: free space or choose another folder; nothing was lost.");
        return;
    }
    for (size_t i = 0; i < COUNT(marks); i++) {
        const char *found = strstr(words, marks[i]);
        if (!found)
            continue;
        const char *end = strstr(found, "\n\nLINE ");
        (void)error_hint(err, "%.*s", (int)(end ? end - found : (ptrdiff_t)strlen(found)), found);
        return;
    }
    if (otherwise)
        (void)error_hint(err, "%s", otherwise);
}

bool local_fail(struct error *err, const char *words, bool interrupted)
{
    words = words ? words : "failed without a reason";
    enum error_kind kind = ERROR_SQL;
    const char *otherwise = NULL, *message = words;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strncmp(words, kinds[i].prefix, strlen(kinds[i].prefix)) == 0) {
            kind = kinds[i].kind;
            otherwise = kinds[i].hint;
            message = words + strlen(kinds[i].prefix);
        }
    if (interrupted)
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    if (kind == ERROR_INTERRUPTED)
        return error_set(
            err, ERROR_SQL,
            "the query failed for a cause that the engine does not name; run it again");
    size_t length = strcspn(message, "\n");
    (void)error_set(err, kind, "%.*s", (int)text_cut(message, length, 1000), message);
    hint(err, words, otherwise);
    place(err, words);
    return false;
}
