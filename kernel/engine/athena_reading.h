/* athena_reading - the words of a query, for the files that look for its tables and its columns. */
#ifndef COFFERDAM_ENGINE_ATHENA_READING_H
#define COFFERDAM_ENGINE_ATHENA_READING_H

#include "base/sql_lex.h"
#include "engine/engine.h"

struct athena_word {
    enum token_kind kind;
    const char *text; /* a word or name in lower case without quotes, a string's value, a symbol */
    size_t offset, size;
    size_t number; /* of a parameter, 1 and up */
};

struct athena_words {
    struct athena_word *at; /* ends with TOKEN_END */
    size_t count;
};

/* False with `*why` for what Athena may read otherwise than we do (comments within comments, $$
 * quotes), and for more than 50,000 words. */
bool athena_read_words(struct arena *arena, const struct engine_request *request,
                       struct athena_words *out, const char **why);

bool athena_word_is(const struct athena_word *word, const char *text); /* a bare word or a symbol */
bool athena_is_name(const struct athena_word *word);                   /* bare or quoted */

#endif
