/* compare - what one place has of the same events and another lacks.
 */
#ifndef COFFERDAM_QUESTION_COMPARE_H
#define COFFERDAM_QUESTION_COMPARE_H

#include "question/question.h"

struct comparison {
    const struct question_request *request; /* its window and target */
    const char *words; /* which events, in words of meaning: "{key} = {target}" */
    const struct question_place *places;
    const char *const *names; /* "the open lake", "the API" */
    size_t count;             /* at most 8 */
};

/* "412 events are in both; 17 only in the API, the newest of 14:02:11": by event id, over the
 * cloudtrail tables. */
bool question_compare(struct session *session, const struct comparison *comparison,
                      struct cancel *cancel, struct arena *arena, const char **out,
                      struct error *err) ATTR_USE_RESULT;

#endif
