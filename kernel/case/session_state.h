/* session_state - the inside of a session, shared by the files of this folder only. */
#ifndef COFFERDAM_CASE_SESSION_STATE_H
#define COFFERDAM_CASE_SESSION_STATE_H

#include "case/session.h"

struct session {
    struct arena *arena; /* of settings' texts and small lists: as old as the session */
    struct settings settings;
    json_t *parameters; /* name -> value */
    json_t *lakes;      /* paths in the order they were opened */
    json_t *registered; /* key -> {folders, setup}: what the engine may read and runs at open */
    json_t *names;      /* [kind, text, parent, type, comment]: names that stay */
    json_t *seen;       /* kind letter + value -> true: values that results showed */
    struct local *local;
    bool local_stale; /* what it may read has changed: opened anew at next use */
    char *notebook, *folder;
    int64_t cell, cell_query; /* execution count; queries of that cell so far */
    bool changed;             /* names differ from the last snapshot */
    bool dirty;               /* differs from session.json */
};

/* The engine must be opened anew (memory limit, case folder). */
void session_local_changed(struct session *session);

#endif
