/* options - one table per magic: parsing, usage, help, completion and inspection all come from it.
 *
 * Values land in a typed struct by checked offset: a row whose field has another type does not
 * compile. Words are split as a shell splits them ("..", '..', \), without any expansion. Options
 * may stand anywhere; `--` ends them. Names are long
 * (`--since 24h`, `--since=24h`); positionals are rows whose name has no dashes, in order.
 */
#ifndef COFFERDAM_OPTIONS_H
#define COFFERDAM_OPTIONS_H

#include "base/arena.h"
#include "base/error.h"
#include "data/catalog.h"

enum option_type {
    OPTION_FLAG, /* bool */
    OPTION_TEXT, /* const char * */
    OPTION_INT,  /* int64_t, within min..max */
    OPTION_TIME, /* int64_t: ISO or a span back from now, UTC microseconds */
    OPTION_LIST, /* struct option_list: may be given several times, or the rest of the positionals
                  */
    OPTION_REST  /* const char *: the rest of the line, verbatim */
};

struct option_list {
    const char **items;
    size_t count;
};

/* What completion offers for a value, besides choices. */
enum option_values {
    VALUES_NONE,
    VALUES_FILE,
    VALUES_FOLDER,
    VALUES_TABLE,
    VALUES_RESULT,
    VALUES_COLUMN,
    VALUES_TIME,
    VALUES_TARGET /* keys, users, addresses... seen so far */,
    VALUES_MAGIC,
    VALUES_SETTING,
    VALUES_PARAMETER
};

struct option {
    const char *name;  /* "--since", or "TARGET" for a positional */
    const char *value; /* placeholder in usage: "T", "FILE"; NULL for flags */
    const char *help;  /* half a sentence: "only events at or after T (ISO time or 24h, 7d)" */
    enum option_type type;
    size_t offset;
    bool required;
    int64_t min, max;           /* OPTION_INT; both 0 = any */
    const char *const *choices; /* NULL-terminated, or NULL: anything goes */
    enum option_values values;
};

#define OPT_CHECKED(struct_type, member, field_type)                                               \
    (offsetof(struct_type, member) +                                                               \
     0 * sizeof(_Generic(&((struct_type *)0)->member, field_type * : 1)))
#define OPT_FLAG(struct_type, member)                                                              \
    .type = OPTION_FLAG, .offset = OPT_CHECKED(struct_type, member, bool)
#define OPT_TEXT(struct_type, member)                                                              \
    .type = OPTION_TEXT, .offset = OPT_CHECKED(struct_type, member, const char *)
#define OPT_INT(struct_type, member)                                                               \
    .type = OPTION_INT, .offset = OPT_CHECKED(struct_type, member, int64_t)
#define OPT_TIME(struct_type, member)                                                              \
    .type = OPTION_TIME, .offset = OPT_CHECKED(struct_type, member, int64_t)
#define OPT_LIST(struct_type, member)                                                              \
    .type = OPTION_LIST, .offset = OPT_CHECKED(struct_type, member, struct option_list)
#define OPT_REST(struct_type, member)                                                              \
    .type = OPTION_REST, .offset = OPT_CHECKED(struct_type, member, const char *)

struct option_table {
    const struct option *options;
    size_t count;
    size_t size; /* of the typed struct */
};

struct options_input {
    const char *line;
    size_t size;
    int64_t now; /* for relative times */
    /* The value of a parameter for a word `:name`: its text; *known false if there is none of that
       name; NULL for None, which takes the word (and its option) away. May be NULL: then `:name`
       stays as it is. */
    const char *(*parameter)(void *state, const char *name, struct arena *arena, bool *known);
    void *state;
};

/* Parses a line into a zeroed struct of table->size in the arena. Unknown options, values and
   missing ones are ERROR_USAGE with what was meant and where (err->column). */
bool options_parse(const struct option_table *table, const struct options_input *input,
                   struct arena *arena, void **out, struct error *err) ATTR_USE_RESULT;

struct option_words {
    const char **items;
    size_t *offsets; /* where word i begins in the line */
    size_t count;
};

/* Splits a line into words. */
bool options_words(const char *line, size_t size, struct arena *arena, struct option_words *out,
                   struct error *err) ATTR_USE_RESULT;

/* "%cloudtrail [QUESTION] [TARGET] [--since T] ..." */
const char *options_usage(const char *name, const struct option_table *table, struct arena *arena);

#endif
