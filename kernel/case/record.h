/* record - what a session writes into its ledger by itself: cells, queries and their results.
 *
 * A cell's entry is written before it runs, a query's when it has ended; both outlive the kernel at
 * once and are synced when the worker has nothing to do, or before the next thing that must be on
 * the disk (case/ledger.h). A kernel that does nothing worth recording begins no record: cells wait
 * in memory until something else is recorded, or where the case has a record already.
 *
 * What cannot be written here stops nobody's work: record_trouble says it. Worker thread.
 */
#ifndef COFFERDAM_CASE_RECORD_H
#define COFFERDAM_CASE_RECORD_H

#include "case/session.h"

/* The cell that begins. `silent`: a front end's own, not the analyst's. */
struct record_cell {
    const char *source;
    size_t size;
    bool silent;
};
void record_cell(struct session *session, const struct record_cell *cell);

/* A query that ended. */
struct record_query {
    const char *engine; /* "local" */
    const char *sql;    /* as it was asked, before values were bound */
    size_t size;
    const struct engine_param *params;
    size_t param_count;
    const struct engine_info *info;
    int64_t elapsed;
    const struct table *table;   /* the rows that are shown; NULL: none */
    const struct error *failure; /* NULL: it did not fail */
};
void record_query(struct session *session, const struct record_query *query);

/* SHA-256 of a table in its canonical form, lower-case hex: a line of JSON for the columns,
 * [["name","type"],...], then one a row, ["text",null,...]; times in UTC with microseconds, numbers
 * as C's %.17g and %d, JSON as its text. */
void record_hash(const struct table *table, char out[static HASH_HEX_SIZE]);

/* Syncs what was written, and hashes results whole that are larger than what was shown (an entry
 * "result" of their query, up to 200,000 rows), about 30 ms at a time; false where there was
 * nothing to do. */
bool record_rest(struct session *session);
/* Something waits for record_rest. */
bool record_is_restless(const struct session *session);
/* The ledger's last entry, if the session has written any: what outputs bear as their mark. */
bool record_head(const struct session *session, struct ledger_mark *mark);
/* Why entries are missing, once for each time that it begins; NULL: they are not. Belongs to the
 * arena. */
const char *record_trouble(struct session *session, struct arena *arena);

#endif
