/* results_name - names of kept results and files they are saved to; for the files of this folder.
 */
#ifndef COFFERDAM_CASE_RESULTS_NAME_H
#define COFFERDAM_CASE_RESULTS_NAME_H

#include "case/session.h"

/* A plain identifier that hides no table of a lake. */
bool results_name_check(const char *name, struct error *err);
/* Ends with .csv, .parquet, .json or .jsonl. */
bool results_format_check(const char *path, struct error *err);
/* Makes `alias` a second name of the kept table `kept`. */
bool results_alias(struct session *session, const char *alias, const char *kept, struct error *err);

/* Drops the VIEW or TABLE of that name in the kept results, if it is one. */
void results_clear(struct session *session, const char *kind, const char *name);

#endif
