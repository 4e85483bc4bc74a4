/* athena - Amazon Athena: a query is started, asked about, and its result becomes a kept table.
 *
 * The rows come as the CSV that Athena wrote to S3 (or as pages where there is none), go into a
 * file of the case and from there, typed by the result's own description, through the embedded
 * engine, which keeps them: what was paid for once can be joined and shown again. Parameters are
 * Athena's own execution parameters, never pasted text. Only what reads is sent: SELECT, WITH,
 * VALUES, TABLE, SHOW, DESCRIBE, EXPLAIN. Worker thread.
 */
#ifndef COFFERDAM_ENGINE_ATHENA_H
#define COFFERDAM_ENGINE_ATHENA_H

#include "aws/aws.h"
#include "engine/local.h"

/* Borrowed as long as the engine lives. */
struct athena_place {
    struct aws *aws;
    struct local *local; /* keeps the rows; NULL: they are handed over (athena_arrived) */
    const char *folder;  /* where a result lies while it is loaded; `local` may read it */
    const char *region;  /* NULL: the client's */
    const char *workgroup, *catalog, *database, *output; /* NULL: Athena's own defaults */
    const char *resume; /* the id of an execution: its result is fetched, nothing is started */
    bool ours;          /* the one resumed was begun from here: a stop ends it */
    bool start_only; /* the query ends when Athena has taken it: facts have its id, no rows come */
    bool unload;     /* the rows come as Parquet files, which stay in the bucket */
    int reuse_minutes; /* how old an equal query's result may be; 0: never taken */
    /* Asked before a query is started, may wait; false keeps it from being sent. NULL: nobody */
    bool (*before)(void *state, const struct engine_request *request, struct arena *arena,
                   struct error *err);
    /* Hears of each execution that was begun, as soon as it has an id. NULL: nobody */
    void (*begun)(void *state, const struct engine_request *request, const char *id);
    void *state;
};

/* The last query, for captions. Texts belong to the engine's arena; "" unknown. */
struct athena_facts {
    const char *id, *state, *workgroup, *output;
    const char *region;        /* NULL: the client's */
    int64_t queued_ms, run_ms; /* -1 unknown */
    int64_t scanned;           /* bytes; -1 unknown */
    bool reused;
    const char *unloaded;      /* s3://bucket/prefix/ of files; NULL: no UNLOAD */
    int64_t files, file_bytes; /* -1 unknown */
};

/* Belongs to the arena. */
struct engine *athena_engine(struct arena *arena, const struct athena_place *place);
const struct athena_facts *athena_facts(const struct engine *engine);

/* After ENGINE_END without an embedded engine: where the rows lie. The files are the caller's then.
 */
struct arrived;
void athena_arrived(struct query *query, struct arrived *out);

#endif
