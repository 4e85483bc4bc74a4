/* target - what an identifier is, told from its form, and how it becomes a condition of a question. */
#ifndef COFFERDAM_LAKE_TARGET_H
#define COFFERDAM_LAKE_TARGET_H

#include "lake/question.h"

/* ERROR_USAGE when `text` is certainly another kind: "AIDA... is a user id, not an access key". */
bool target_check(enum target_kind wanted, const char *text, const char *question, struct error *err);

const char *target_kind_article(enum target_kind kind); /* "an access key" */
const char *target_example(enum target_kind kind);      /* "AKIAIOSFODNN7EXAMPLE" */

/* Conditions in words of meaning: who called; which flow; which DNS client. TRUE for TARGET_NONE. */
const char *target_caller(enum target_kind kind);
const char *target_flow(enum target_kind kind);
const char *target_dns(enum target_kind kind);
const char *target_absent(enum target_kind kind); /* TRUE without a target, else FALSE */

#endif
