/* session_state - the inside of a session, shared by the files of this folder only. */
#ifndef COFFERDAM_CASE_SESSION_STATE_H
#define COFFERDAM_CASE_SESSION_STATE_H

#include "base/buf.h"
#include "case/session.h"

#include <stdatomic.h>

/* record.c */
struct record {
    struct buf waiting; /* cells until there is something to record, each a line of JSON */
    size_t waiting_cells;
    int64_t forgotten;    /* cells beyond the limits */
    char *trouble;        /* not told yet; or NULL */
    bool failing;         /* the last entry could not be written */
    struct whole *wholes; /* results whose whole hash is still to be made */
};

struct commons;

struct session {
    struct commons *commons;
    struct cancel *cancel; /* borrowed; NULL: nothing stops it */
    struct session *next;  /* of its members, under its lock */
    char *subshell;        /* its id; NULL: the main prompt's */
    int sharer;            /* of the engine: 0 is the main one */
    int64_t serial;        /* of the commons as they were copied */
    struct arena *arena;   /* of settings' texts and small lists: as old as the session */
    struct settings settings;
    bool settings_changed; /* ... since they were shared */
    /* copies of the commons' */
    json_t *parameters;  /* name -> value */
    json_t *lakes;       /* paths in the order they were opened */
    json_t *athena;      /* tables that Athena has */
    json_t *registered;  /* key -> {folders, setup}: what the engine may read and runs at open */
    struct local *local; /* its part of the engine; guarded by the commons' door */
    atomic_bool inside;  /* its cell has used that */
    bool new_results;    /* the file of results was made by opening it */
    char *last;          /* of a subshell: what its _ is; NULL: nothing yet */
    int64_t catalog_seen;
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
    bool dirty;    /* differs from session.json */
};

/* settings.c */
struct settings settings_default(void);
/* Texts are copied into the arena. */
void settings_copy(struct settings *to, const struct settings *from, struct arena *arena);

/* commons.c */
void commons_join(struct commons *commons, struct session *session);
void commons_leave(struct session *session);
void commons_follow(struct session *session); /* copies what others have changed */
/* A client of AWS; those of one profile and region have their credentials in common. */
struct aws *commons_client(const struct session *session);
void commons_forget_client(struct session *session); /* the next one finds credentials anew */
int64_t commons_shown_since(struct commons *commons, int64_t now);
/* commons_engine.c: open, and with what this session has registered. */
bool commons_is_open(const struct session *session);
/* What was registered and did not come into the engine is forgotten. */
void commons_take_back(struct session *session);

/* results_kept.c: what a subshell's _ is from now on; NULL: the main prompt's. Uses session->local
   as it is. */
void results_set_last(struct session *session, const char *kept);
/* "_0" by a session's own name. */
const char *results_scratch(const struct session *session, struct arena *arena);

void session_aws_changed(struct session *session);

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
