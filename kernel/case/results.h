/* results - the analyst's SQL: guarded, bound, run, kept, shown, saved.
 *
 * A SELECT is kept whole as a table of the results database: `_` is the last, `_12` that of cell 12
 * (its last query; earlier ones of the same cell only under --into names). EXPLAIN, DESCRIBE, SHOW
 * run directly. Everything that writes or reaches out (COPY, ATTACH, INSTALL, SET, CREATE...) is
 * ERROR_REFUSED with what to use instead.
 */
#ifndef COFFERDAM_CASE_RESULTS_H
#define COFFERDAM_CASE_RESULTS_H

#include "base/sql.h"
#include "case/session.h"

#define RESULTS_PAGE 10000 /* most rows shown at once */

struct results_request {
    const char *sql; /* any number of statements; each is run, the last table is the result */
    size_t size;
    int line;         /* of the cell on which `sql` begins (1-based): for error positions */
    const char *into; /* --into NAME, a plain identifier, or NULL */
    const char *save; /* --save FILE, or NULL */
    int64_t limit; /* rows shown; 0 = setting; beyond RESULTS_PAGE the last ones and a file too */
    const struct engine_param *params; /* besides the session's parameters; these win */
    size_t param_count;
    const char *title;  /* caption, or NULL */
    const char *source; /* or NULL: "local: " + tables named */
    const char *hint;   /* a sentence below the table, or NULL */
    int64_t since, until;
    struct engine *engine; /* that answers; NULL: the local one */
    bool behind;         /* shown before it lies in the case's file, if another engine sent it: for
                            what nobody keeps once more under its name */
    bool unkept;         /* rows only: neither _ nor _N is touched */
    const char *name;    /* what the result is kept as in place of the cell's _N; _ stays then */
    const char *keep_as; /* with `unkept`: the kernel's own table in the results' database, which
                            its user drops; NULL: none */
};

/* What came out of one statement. Belongs to the arena. */
struct result {
    struct table *table; /* the first `limit` rows */
    struct caption caption;
    struct engine_info info;
};

/* Runs all statements, showing each result through `outputs` (NULL: shows nothing); *last is the
 * last statement's. */
bool results_run(struct session *session, const struct results_request *request,
                 struct outputs *outputs, struct cancel *cancel, struct arena *arena,
                 struct result *last, struct error *err) ATTR_USE_RESULT;

/* Whether names and files of a request can be had, before it is run. */
bool results_check(struct session *session, const struct results_request *request,
                   struct error *err) ATTR_USE_RESULT;

/* One value of a kept result, whole. row is 1-based as shown. */
bool results_value(struct session *session, const char *name, int64_t row, const char *column,
                   struct arena *arena, struct cell *out, struct error *err) ATTR_USE_RESULT;
/* Pages of a kept result: rows offset+1 .. offset+limit. */
bool results_page(struct session *session, const char *name, int64_t offset, int64_t limit,
                  struct arena *arena, struct result *out, struct error *err) ATTR_USE_RESULT;
/* Writes a kept result to FILE.csv, .parquet or .json (lines): beside the file, then renamed, so
 * that it is whole or not there. Stopped by `cancel`, also where DuckDB writes. */
struct results_saving {
    const char *name, *path;
    struct cancel *cancel; /* may be NULL */
    int64_t rows;          /* written */
    bool done;             /* the last page was read */
};
bool results_save(struct session *session, struct results_saving *saving,
                  struct error *err) ATTR_USE_RESULT;

#endif
