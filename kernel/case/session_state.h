/* session_state - the inside of a session, shared by the files of this folder only. */
#ifndef COFFERDAM_CASE_SESSION_STATE_H
#define COFFERDAM_CASE_SESSION_STATE_H

#include "case/session.h"

/* record.c */
struct record {
    json_t *waiting; /* cells until there is something to record; NULL: none */
    size_t waiting_bytes;
    int64_t forgotten;    /* cells beyond the limits */
    char *trouble;        /* not told yet; or NULL */
    bool failing;         /* the last entry could not be written */
    struct whole *wholes; /* results whose whole hash is still to be made */
};

struct session {
    struct arena *arena; /* of settings' texts and small lists: as old as the session */
    struct settings settings;
    json_t *parameters; /* name -> value */
    json_t *lakes;      /* paths in the order they were opened */
    json_t *athena;     /* tables that Athena has */
    json_t *registered; /* key -> {folders, setup}: what the engine may read and runs at open */
    json_t *names;      /* [kind, text, parent, type, comment]: names that stay */
    json_t *kept;       /* results: name -> [[column, type]...] */
    json_t *seen;       /* kind letter + value -> true: values that results showed */
    struct local *local;
    struct aws *aws;       /* NULL: not yet */
    struct ledger *ledger; /* NULL: not yet */
    struct guard *guard;   /* NULL: not yet */
    struct record record;
    struct trino_link *trino;     /* NULL: not yet */
    struct session_thing *things; /* of floors above, by name */
    bool local_stale;             /* what it may read has changed: opened anew at next use */
    char *notebook, *folder;
    int64_t cell;  /* execution count */
    char *cell_id; /* the front end's, or NULL */
    int64_t queries;
    bool functions_known; /* DuckDB's own functions are among the names */
    bool changed;         /* names differ from the last snapshot */
    bool dirty;           /* differs from session.json */
};

/* The engine must be opened anew (memory limit, case folder). */
void session_local_changed(struct session *session);
void session_aws_changed(struct session *session);

/* A folder of the case that the engine may write to, for files on their way out. In the session's
 * arena; made when the engine is opened. */

/* record.c: the cells that wait, into the session's ledger. */
bool record_write_waiting(struct session *session, struct error *err);
/* One entry; trouble is noted. Returns its number, 0: it could not be written. */
int64_t record_write(struct session *session, enum ledger_kind kind, json_t *content);
/* Rows of a table in their canonical form, with the line of columns in front where it is `first`.
 */
void record_hash_add(struct hash *hash, const struct table *table, bool first);

/* record_whole.c: the result of that query is to be hashed as a whole (its entry has that
   number); one step of it; what is replaced is forgotten (NULL: all). */
struct record_query;
void record_whole_add(struct session *session, const struct record_query *query, int64_t number);
void record_whole_step(struct session *session);
void record_whole_forget(struct session *session, const char *name);

/* names.c: what the results of an earlier kernel are called, a result kept now, and (from the
   second query on, for it takes 20 ms) the functions of DuckDB. */
void names_of_kept(struct session *session);
void names_add_kept(struct session *session, const char *name, const struct table *table);
void names_after_query(struct session *session);

/* session_saved.c: looks at the kept results before anybody needs them; what will not be there is
 * said in `lost`. */
void session_check_results(struct session *session, struct buf *lost);

#endif
