/* results_name - kept results by their names, and the files they are saved to; for the files of
 * this folder. */
#ifndef COFFERDAM_CASE_RESULTS_NAME_H
#define COFFERDAM_CASE_RESULTS_NAME_H

#include "case/session.h"

/* A plain identifier that hides no table of a lake. */
bool results_name_check(struct session *session, const char *name, struct error *err);
/* Ends with .csv, .parquet, .json or .jsonl. */
bool results_format_check(const char *path, struct error *err);

/* What a name stands for in this session: a subshell's _ is its own last result. */
const char *results_named(const struct session *session, const char *name);

/* There is a kept result of that name; else ERROR_NOT_FOUND with the nearest. */
bool results_exists(struct session *session, const char *name, struct error *err);

/* Rows offset+1 .. offset+limit of a kept result, in the order they were kept. */
struct results_rows {
    const char *name;
    int64_t offset, limit;
    struct cancel *cancel; /* may be NULL */
};
bool results_read(struct session *session, const struct results_rows *rows, struct arena *arena,
                  struct table **out, struct error *err);

/* Makes `alias` a second name of the kept table `kept`. */
bool results_alias(struct session *session, const char *alias, const char *kept, struct error *err);

/* The table `kept` becomes `name`, and `kept` its second name. An older table of that name becomes
   the table of the cell that made it again. */
bool results_rename(struct session *session, const char *kept, const char *name, struct error *err);

/* Drops the VIEW or TABLE of that name in the kept results, if it is one. */
void results_clear(struct session *session, const char *kind, const char *name);

#endif
