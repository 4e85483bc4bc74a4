/* visible - up to when a time-bounded answer can be trusted (lake/horizon.h), said with it.
 */
#ifndef COFFERDAM_QUESTION_VISIBLE_H
#define COFFERDAM_QUESTION_VISIBLE_H

#include "question/expand.h"

/* A sentence, or NULL where the window ends well before. Another engine is asked for our own latest
 * call, at most every five minutes; the open lakes hold what was delivered when they were made. */
const char *visible_note(const struct expansion *expansion, const struct lake_window *window);

#endif
