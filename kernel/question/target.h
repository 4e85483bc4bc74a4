/* target - what an identifier is, told from its form, and how it becomes a condition of a question.
 */
#ifndef COFFERDAM_QUESTION_TARGET_H
#define COFFERDAM_QUESTION_TARGET_H

#include "question/question.h"

/* ERROR_USAGE when `text` is certainly another kind: "AIDA... is a user id, not an access key". */
bool target_check(enum target_kind wanted, const char *text, const char *question,
                  struct error *err);

/* What is asked for: of a network its address without the bits of a host ("10.1.2.3/8" is
 * 10.0.0.0/8), for engines that insist; all else as it is. */
const char *target_value(struct arena *arena, const char *text);

const char *target_kind_article(enum target_kind kind); /* "an access key" */
const char *target_example(enum target_kind kind);      /* "AKIAIOSFODNN7EXAMPLE" */

/* What a condition is made for: one target, or a whole family ({family} is its kept result), or
 * nobody in particular. */
enum target_scope { SCOPE_ALL, SCOPE_TARGET, SCOPE_FAMILY };

/* The condition of a word of the questions ("by", "flow", "dns", "finding") in words of meaning, or
 * NULL if it is no such word. */
const char *target_condition(const char *word, size_t size, enum target_scope scope,
                             enum target_kind kind);

#endif
