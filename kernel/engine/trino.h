/* trino - any Trino cluster by its client protocol: a statement is posted, its pages are followed,
 * the rows become a kept table.
 *
 * Parameters are bound by EXECUTE IMMEDIATE ... USING, as literals of the one encoder. Only what
 * reads is sent. Addresses that the server names are followed on its own origin only, since
 * credentials go with them. Worker thread. Source: Trino's client protocol, run against Trino 476.
 */
#ifndef COFFERDAM_ENGINE_TRINO_H
#define COFFERDAM_ENGINE_TRINO_H

#include "engine/local.h"

/* What outlives a query: the connections and the credentials, in wiped memory. One a session. */
struct trino_link;
struct trino_link *trino_link_new(void);
void trino_link_free(struct trino_link *link); /* NULL is allowed */
void trino_link_password(struct trino_link *link, const char *user, const char *password);
void trino_link_token(struct trino_link *link, const char *user, const char *token); /* a JWT */
/* The same credentials over connections of its own, for another thread. */
struct trino_link *trino_link_copy(const struct trino_link *link);
bool trino_link_knows(const struct trino_link *link, const char *user);

/* Borrowed as long as the engine lives. */
struct trino_place {
    struct trino_link *link;
    struct local *local; /* keeps the rows; NULL: they are handed over (trino_arrived) */
    const char *folder;  /* where a result lies while it is loaded; `local` may read it */
    const char *server;  /* "https://trino.example:8443" */
    const char *user;
    const char *catalog, *schema; /* NULL: none; names are whole then */
    const char *session;          /* "name=value,name=value" or NULL */
    const char *ca_file;          /* PEM; NULL: the system's */
};

/* The last query, for captions. Texts belong to the engine's arena; "" unknown. */
struct trino_facts {
    const char *id, *state;
    int64_t queued_ms, run_ms; /* -1 unknown */
    int64_t splits, splits_done;
    int64_t rows, bytes; /* read */
};

/* Belongs to the arena. ERROR_USAGE for a server that is no http or https address, or credentials
 * over plain http to another machine. */
bool trino_engine(struct arena *arena, const struct trino_place *place, struct engine **out,
                  struct error *err);
const struct trino_facts *trino_facts(const struct engine *engine);

const struct trino_place *trino_place(const struct engine *engine);
int trino_fd(const struct engine *engine); /* readable: there is something to step */

/* After ENGINE_END without an embedded engine: where the rows lie. The file is the caller's then.
 */
struct arrived;
void trino_arrived(struct query *query, struct arrived *out);

#endif
