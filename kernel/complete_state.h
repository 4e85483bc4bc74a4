/* complete_state - one completion on its way, shared by the files of complete only. */
#ifndef COFFERDAM_COMPLETE_STATE_H
#define COFFERDAM_COMPLETE_STATE_H

#include "complete.h"

struct completing {
    const char *text;    /* of the cell, NUL behind it */
    size_t size, cursor; /* bytes */
    const struct catalog *catalog;
    struct arena *arena;
    const char *word; /* what is typed so far, quotes undone */
    size_t word_size;
    size_t start; /* byte from which the matches replace */
    struct completion out;
};

/* The word that ends at the cursor: letters, digits, _ and the bytes of `parts`. */
void complete_word(struct completing *c, const char *parts);
/* Drops the first bytes of the word: they stay in the cell as they are. */
void complete_skip(struct completing *c, size_t bytes);
/* Whether a text begins with the word, case ignored. */
bool complete_begins(const struct completing *c, const char *text);
/* Adds a match once; nothing beyond the limit. `signature` may be NULL. */
void complete_add(struct completing *c, const char *text, const char *type, const char *signature);
void complete_kind(struct completing *c, enum name_kind kind);
/* Columns whose table is among `tables` (case ignored), each behind `before`. */
struct complete_tables {
    const char *names[16];
    size_t count;
    const char *before;
};
void complete_columns(struct completing *c, const struct complete_tables *tables);

/* SQL around the cursor; the statement does not begin before `from`. */
void complete_sql(struct completing *c, size_t from);

#endif
