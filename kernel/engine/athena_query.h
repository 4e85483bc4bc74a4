/* athena_query - what the files of the Athena engine share. */
#ifndef COFFERDAM_ENGINE_ATHENA_QUERY_H
#define COFFERDAM_ENGINE_ATHENA_QUERY_H

#include "base/buf.h"
#include "engine/arrived.h"
#include "engine/athena.h"
#include "engine/rows.h"

enum athena_state {
    ATHENA_PLACING,  /* GetWorkGroup: where files go */
    ATHENA_STARTING, /* StartQueryExecution */
    ATHENA_WAITING,  /* until the next look */
    ATHENA_LOOKING,  /* GetQueryExecution */
    ATHENA_PAGING,   /* GetQueryResults: the description, and the rows where there is no CSV */
    ATHENA_FETCHING, /* the CSV from S3 */
    ATHENA_LISTING,  /* ListObjectsV2: the files of UNLOAD */
    ATHENA_GETTING,  /* these files */
    ATHENA_LOADING,  /* into a kept table: the embedded engine's query */
    ATHENA_ARRIVED,  /* nothing more is to be done here */
    ATHENA_STOPPING, /* StopQueryExecution */
};

struct unload; /* athena_unload.c */

struct athena {
    struct engine engine;
    struct arena *arena;
    struct athena_place place;
    struct athena_facts facts;
};

struct athena_query {
    struct query query;
    struct athena *athena;
    struct athena_facts *facts;
    struct arena *arena;
    struct engine_request request; /* the analyst's */
    enum athena_state state;
    struct aws_call *call; /* under way, or NULL */
    int64_t begun, next;   /* monotonic */
    int missed;            /* looks in a row that failed for a passing reason */
    bool started;          /* there is something to stop */
    bool stopping;
    const char *stopped; /* a sentence, once a stop was sent */
    bool has_csv;
    struct rows rows;
    struct unload *unload; /* NULL: rows come as CSV or pages */
    struct query *load;    /* of the embedded engine: keeps the rows as they come */
};

/* Begins a call of the query; the one before is gone. */
bool athena_ask(struct athena_query *query, const char *op, json_t *params, struct error *err);

/* athena_result.c: from the end of the execution to the rows */

/* Begins to fetch the result. */
bool athena_fetch(struct athena_query *query, struct error *err);
/* A page is there. */
bool athena_take_page(struct athena_query *query, const json_t *reply, struct error *err);
/* All rows are there. */
bool athena_load(struct athena_query *query, struct error *err);

/* athena_unload.c: files in place of rows */

/* Looks at the query, and asks where files go if that is not told: else `*placed`. */
bool athena_unload_begin(struct athena_query *query, bool *placed, struct error *err);
/* The workgroup is there. */
bool athena_unload_place(struct athena_query *query, const json_t *reply, struct error *err);
/* What stands around the query. */
void athena_unload_wrap(const struct athena_query *query, struct buf *sql, bool end);
/* An execution that is fetched again: if it was UNLOAD, its files are the result. */
void athena_unload_resume(struct athena_query *query, const json_t *reply);
/* Begins to list the files. */
bool athena_unload_list(struct athena_query *query, struct error *err);
/* The list is there. */
bool athena_unload_get(struct athena_query *query, const json_t *reply, struct error *err);
/* Goes on with the files; loads them when all are there. */
bool athena_unload_step(struct athena_query *query, struct error *err);
void athena_unload_take(struct athena_query *query, struct arrived *out); /* the files go with it */
void athena_unload_forget(struct athena_query *query); /* files and calls; may be repeated */

#endif
