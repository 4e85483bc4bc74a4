/* trino_query - what the files of the Trino engine share. */
#ifndef COFFERDAM_ENGINE_TRINO_QUERY_H
#define COFFERDAM_ENGINE_TRINO_QUERY_H

#include "base/json_walk.h"
#include "engine/rows.h"
#include "engine/trino.h"
#include "net/http.h"

enum trino_state {
    TRINO_ASKING,   /* POST, then GET of page after page */
    TRINO_WAITING,  /* the server was busy: until the next try */
    TRINO_LOADING,  /* into a kept table: the embedded engine's query */
    TRINO_ARRIVED,  /* the rows lie in their file */
    TRINO_STOPPING, /* DELETE */
};

struct trino_link {
    struct http *http;    /* NULL: not yet */
    struct arena *secret; /* the two texts */
    const char *user;     /* whose credentials these are; NULL: none */
    const char *header;   /* "Authorization: ..." */
};

struct trino {
    struct engine engine;
    struct arena *arena;
    struct trino_place place;
    struct trino_facts facts;
};

struct trino_query {
    struct query query;
    struct trino *trino;
    struct trino_facts *facts;
    struct arena *arena;
    struct engine_request request;
    enum trino_state state;
    struct http_transfer *transfer; /* under way, or NULL */
    const char *next;               /* address of the next page, or NULL */
    struct buf pages[2];            /* bodies: one comes while the other is read */
    size_t coming;                  /* which */
    const char *body;               /* of the POST */
    size_t body_size;
    int64_t begun, retry; /* monotonic */
    int tries;            /* of this page */
    bool stopping;
    const char *stopped; /* a sentence, once a stop was sent */
    double fraction;
    json_t *types; /* typeSignature of each column; the arena's */
    struct rows rows;
    struct query *load;
};

#define TRINO_PAGE_MOST ((size_t)256 << 20)

/* An answer, its rows left as text. */
struct trino_page {
    struct arena *arena;
    const json_t *answer; /* without `data` */
    struct token rows;    /* JSON text, within the body or the arena; no text: none */
};

/* trino_page.c: false if it is no JSON object. `text` stays as long as the page. */
bool trino_read_page(const char *text, size_t size, struct trino_page *page);

/* The columns of the answer: their names and DuckDB's types. */
bool trino_take_columns(struct trino_query *query, const json_t *columns, struct error *err);
/* The rows of a page, as JSON text, go into the file: no tree is built of them. */
bool trino_take_rows(struct trino_query *query, const struct token *data, struct error *err);

#endif
