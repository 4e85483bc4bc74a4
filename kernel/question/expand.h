/* expand - a question's SQL in words of meaning becomes that of an engine, its values bound.
 */
#ifndef COFFERDAM_QUESTION_EXPAND_H
#define COFFERDAM_QUESTION_EXPAND_H

#include "base/buf.h"
#include "question/question.h"

/* Members of a family that another engine is asked about at once: each is a value of its own. */
#define EXPAND_MEMBERS_MOST 500

struct expansion {
    struct session *session;
    const struct question_request *request;
    struct cancel *cancel;
    struct arena *arena;
    struct engine_param *params; /* what the SQL binds as :name */
    size_t param_count, param_capacity;
};

/* The SQL of a template; belongs to the arena. */
bool expand(struct expansion *expansion, const char *words, const char **sql,
            struct error *err) ATTR_USE_RESULT;

/* Whether rows may carry version 1's flattened members. */
bool expand_flattens(const struct question_request *request);

#endif
