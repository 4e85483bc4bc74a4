/* DuckDB's words as an error: "Parser Error: syntax error at ...\n\nLINE 1: SELEC 1\n        ^". */
#include "engine/local_state.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/sql.h"
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

#define VIEW 60 /* bytes of a long line that are shown on each side of the caret */

/* Line, column and a picture of both: the line, or what of it is near, and a caret below. */
static void place(struct error *err, const char *sql, size_t position)
{
    size_t size = strlen(sql);
    position = position < size ? position : size;
    size_t begin = position, end = position + strcspn(sql + position, "\n");
    while (begin > 0 && sql[begin - 1] != '\n')
        begin--;
    sql_position(sql, size, position, &err->line, &err->column);
    bool cut = position - begin > 2 * VIEW;
    size_t from =
        cut ? begin + text_cut(sql + begin, position - begin, position - begin - VIEW) : begin;
    size_t to = position + text_cut(sql + position, end - position, 2 * VIEW);
    struct buf picture;
    buf_init(&picture, sizeof err->detail - 1);
    buf_adds(&picture, cut ? "..." : "");
    buf_add(&picture, sql + from, to - from);
    buf_adds(&picture, to < end ? "...\n" : "\n");
    buf_fill(&picture, ' ', (cut ? 3 : 0) + text_width(sql + from, position - from));
    buf_addc(&picture, '^');
    if (!picture.full)
        (void)error_detail(err, "%s", picture.data);
    buf_release(&picture);
}

/* With errors_as_json the words are an object, behind "Parser Error: " where a result holds them.
   As plain words again, and the place as a byte of the statement. */
static const char *read_words(struct arena *arena, const char *words, int64_t *position)
{
    const char *object = strchr(words, '{');
    struct error ignored = {0};
    if (!object || (object > words && !strstr(words, "Error: {")))
        return words;
    json_t *value = json_parse(arena, object, strlen(object), (size_t)16 * 1024 * 1024, &ignored);
    const char *type = value ? json_get_string(value, "exception_type", NULL) : NULL;
    const char *message = value ? json_get_string(value, "exception_message", NULL) : NULL;
    if (!type || !message)
        return words;
    const char *place = json_get_string(value, "position", NULL);
    *position = place ? (int64_t)strtoimax(place, NULL, 10) : -1;
    return arena_printf(arena, "%s Error: %s", type, message);
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
        (void)error_hint(err, "%s", found);
        return;
    }
    if (otherwise)
        (void)error_hint(err, "%s", otherwise);
}

/* "X Error: " of a kind that is not in the table says nothing to an analyst either. */
static const char *behind_prefix(const char *words)
{
    size_t line = strcspn(words, "\n");
    const char *mark = strstr(words, " Error: ");
    return mark && (size_t)(mark - words) < line && mark - words < 32 ? mark + strlen(" Error: ")
                                                                      : words;
}

static bool fail_plain(struct error *err, const char *words, bool interrupted)
{
    enum error_kind kind = ERROR_SQL;
    const char *otherwise = NULL, *message = behind_prefix(words);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strncmp(words, kinds[i].prefix, strlen(kinds[i].prefix)) == 0) {
            kind = kinds[i].kind;
            otherwise = kinds[i].hint;
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
    return false;
}

bool local_fail_in(struct error *err, const char *words, const char *sql, bool interrupted)
{
    if (err->kind)
        return false;
    struct arena *arena = arena_new();
    int64_t position = -1;
    const char *plain = read_words(arena, words ? words : "failed without a reason", &position);
    (void)fail_plain(err, plain, interrupted);
    if (sql && position >= 0 && err->kind != ERROR_INTERRUPTED)
        place(err, sql, (size_t)position);
    arena_free(arena);
    return false;
}

bool local_fail(struct error *err, const char *words, bool interrupted)
{
    return local_fail_in(err, words, NULL, interrupted);
}
