/* summary - a pivot's answer in words: who, from where, when first and last, how many calls, how
 * many failed, what was changed. */
#ifndef COFFERDAM_QUESTION_SUMMARY_H
#define COFFERDAM_QUESTION_SUMMARY_H

#include "question/question.h"

/* Reads the kept result of a pivot (all its rows, not only those shown) and shows the prose. */
bool summary_show(struct session *session, const struct question_request *request,
                  const struct result *result, struct outputs *outputs, struct cancel *cancel,
                  struct arena *arena, struct error *err) ATTR_USE_RESULT;

#endif
