/* session - what outlives a cell: the case folder, settings, parameters, opened lakes, the engine,
 * kept results.
 *
 * Owned by a worker and of its thread. The sessions of one kernel, one a prompt, share the embedded
 * engine with the kept results, parameters, lakes, names and what is spent (case/commons.h);
 * settings are each one's own. The case folder
 * (./.cofferdam unless `%set case`, mode 0700) holds results.duckdb, session.json (the lakes and
 * Athena's tables, there again after a restart; settings and parameters are not, for a notebook
 * means what its cells say), spill/ and export/.
 */
#ifndef COFFERDAM_CASE_SESSION_H
#define COFFERDAM_CASE_SESSION_H

#include "aws/aws.h"
#include "case/guard.h"
#include "case/ledger.h"
#include "data/catalog.h"
#include "data/outputs.h"
#include "engine/local.h"
#include "engine/trino.h"

struct settings {
    int64_t limit;        /* rows shown, 1 to 10,000; default 200 */
    const char *engine;   /* "local", "athena", "trino" */
    const char *account;  /* default of --account; NULL = all */
    const char *accounts; /* "111122223333=PROFILE, 444455556666=arn:...": how others are reached */
    const char *evidence; /* the bucket that evidence is kept in; NULL: none */
    const char *forensics;   /* the account that examines snapshots; NULL: none */
    const char *break_glass; /* principals that are never contained, blanks between; NULL: none */
    const char *profile;     /* of ~/.aws; NULL: as the environment says */
    const char *region;      /* where AWS is asked; NULL: as the environment and the profile say */
    const char *workgroup, *catalog, *database, *output; /* Athena's; NULL: its own defaults */
    const char *trino, *trino_user, *trino_ca; /* the cluster's address, as whom, its authority */
    const char *trino_catalog, *trino_schema, *trino_session;
    double budget;        /* USD for the kernel's Athena queries; below 0: none */
    int64_t since, until; /* default window; 0 = none */
    int64_t memory;       /* bytes, 0 = half of the machine */
    const char *case_folder;
    bool progress;
    const char *lint; /* "on": queries of other engines are looked at first; "off" */
};

/* One setting: the table behind %set, its completion and its help. */
struct session;

struct setting {
    const char *name, *value, *help; /* "limit", "N", "rows shown of a result (1 to 10000)" */
    bool (*set)(struct session *session, const struct setting *setting, const char *value,
                struct error *err);
    const char *(*get)(const struct session *session, const struct setting *setting,
                       struct arena *arena);
    size_t offset; /* of its text in struct settings, where it is one */
};
extern const struct setting settings_table[];
extern const size_t settings_count;

/* An opened lake or folder: data that lake/ wrote into the session so that it can be opened again.
 */
struct session_lake {
    const char *path; /* absolute */
    const char *name; /* short name, NULL for the first */
};

struct session;

/* Of a kernel with one prompt (else session_beside, case/commons.h). Reads nothing yet; cheap. */
struct session *session_new(const char *notebook_path, struct error *err);
void session_free(struct session *session);

/* What stops the waits of this session: the worker's, that outlives it. Without one nothing does.
 */
void session_stopped_by(struct session *session, struct cancel *cancel);
struct cancel *session_cancel(const struct session *session); /* NULL: none */

bool session_is_subshell(const struct session *session);
bool session_is_only(const struct session *session); /* the kernel has no other */
/* From here to the end of the cell this session alone does what there is one set of tables for:
   ERROR_UNAVAILABLE while another one does. `what`: "a trace". */
bool session_alone(struct session *session, const char *what, struct error *err) ATTR_USE_RESULT;
/* USD that the kernel's queries cost, as far as AWS said what was scanned. */
double session_spent(const struct session *session);
void session_spend(struct session *session, double usd);

const struct settings *session_settings(const struct session *session);
struct settings *session_settings_edit(struct session *session);

/* Parameters: name -> JSON. `value` is borrowed (a reference is taken). */
void session_set_param(struct session *session, const char *name, json_t *value);
const json_t *session_param(const struct session *session, const char *name); /* NULL: none */
void session_each_param(const struct session *session,
                        void (*visit)(void *state, const char *name, const json_t *value),
                        void *state);

/* The case folder, made at first use. */
const char *session_folder(struct session *session, struct error *err);

/* A folder of the case that the local engine may read: for what is on its way in or out; NULL with
 * the error set. */
const char *session_exports(struct session *session, struct error *err);

/* The local engine, opened at first use with the lakes opened so far. When the set of readable
   folders or views changed, it is opened anew; kept results stay. Until session_end_cell no other
   session opens it anew; while another one's cell uses it, this one does not: ERROR_UNAVAILABLE,
   and what was registered since is taken back, as where it cannot be opened. Waits while another
   session opens it; an interrupt ends that wait, and an opening. */
struct local *session_local(struct session *session, struct error *err);

/* The record of the case; it makes the case folder. NULL with the error set. */
struct ledger *session_ledger(struct session *session, struct error *err);
/* Whether the case has one; makes nothing. For whoever only looks. */
bool session_has_ledger(struct session *session);
/* What permits changes in AWS; session_aws's client has it. Every further client that is made for
 * the session is given it: guard_watch(session_guard(session), aws). */
struct guard *session_guard(struct session *session);

/* The client of AWS for the profile and region set, made at first use; it has asked nothing yet. */
struct aws *session_aws(struct session *session);

/* The credentials that it asks with; NULL: it was not made yet. Borrowed until the profile changes.
 */
struct aws_keyring *session_keyring(const struct session *session);

/* The connections to Trino, and as whom, kept from query to query. */
struct trino_link *session_trino(struct session *session);

/* What a floor above keeps from cell to cell under a name of its own (a list of tables found
 * elsewhere): the session takes it and releases it at its end or when it is replaced. */
void session_keep(struct session *session, const char *name, void *object,
                  void (*release)(void *object));
void *session_kept(const struct session *session, const char *name); /* NULL: none; borrowed */

/* What lake/ registers: folders that SQL may read and statements (views) to run at open. A key
 * replaces an older entry. It counts when session_local has opened the engine with it. */
void session_register(struct session *session, const char *key, const char *const *folders,
                      const char *const *setup);
void session_unregister(struct session *session, const char *key);
/* lakes to be opened again: paths in the order they were opened */
void session_lakes(const struct session *session, const char *const **paths, size_t *count);
void session_add_lake(struct session *session, const char *path);

/* Tables that Athena has, as lake/glue.h found them and reads them: a list of objects. Borrowed; a
 * reference is taken. */
const json_t *session_athena_tables(const struct session *session);
void session_set_athena_tables(struct session *session, json_t *tables);

/* Restores what the last kernel of this case had: looks at the kept results, calls reopen for each
   lake (lake/ does it), fills `lost` with one line on what could not be opened again ("" if
   nothing). ERROR_INTERRUPTED: to be done again from its beginning. */
bool session_restore(struct session *session,
                     bool (*reopen)(struct session *, const char *path, struct error *err),
                     struct buf *lost, struct error *err);
/* Between cells: what the sessions of the kernel have opened, if this one has changed it. */
bool session_save(struct session *session, struct error *err);

/* The names for completion: built when something changed since the last call, else NULL. */
struct catalog;
void session_names_changed(struct session *session);
/* Adds names that stay (lake/ adds tables and columns with comments under a key, the results add
 * values they have seen). */
void session_add_name(struct session *session, const struct name *name);
/* Adds a value that a result showed (a key, an address...), once; at most 20,000. */
void session_add_seen(struct session *session, enum name_kind kind, const char *text, size_t size);
const struct catalog *session_snapshot(struct session *session);

/* Of the snapshot that was given last: a later one has a higher number, whoever got it. */
int64_t session_snapshot_serial(const struct session *session);

int64_t session_cell(const struct session *session); /* execution count of the running cell */
/* What other sessions have changed is seen from here on. `id` is the front end's own name of the
 * cell; NULL: it sent none. */
void session_begin_cell(struct session *session, int64_t count, const char *id);
/* Nothing of the engine is used from here on: after a cell, and after what is done between cells.
 */
void session_end_cell(struct session *session);
/* Subshells that begin from now on have the settings as they are (only of the main session). */
void session_share_settings(struct session *session);

#endif
