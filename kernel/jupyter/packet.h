/* packet - what the front and the actors hand each other through pipes: a message to run, to send,
 * to ask, or news.
 *
 * One struct, owned by whoever holds it. Content and metadata are JSON text (heap), so that the
 * front only frames, signs and sends.
 */
#ifndef COFFERDAM_JUPYTER_PACKET_H
#define COFFERDAM_JUPYTER_PACKET_H

#include "jupyter/request.h"

enum packet_kind {
    /* from the front */
    PACKET_REQUEST, /* run this cell; answer this question */
    PACKET_QUIT,    /* save what must be saved, answer PACKET_GONE, end */
    /* from an actor */
    PACKET_PUBLISH, /* on iopub, with the request as parent */
    PACKET_PRINT,   /* text of a stream, gathered by the front; type: "stdout" or "stderr" */
    PACKET_REPLY,   /* to the request's sender; idle follows */
    PACKET_ASK,     /* input_request to the request's sender */
    PACKET_READY,   /* a subshell's worker has begun */
    PACKET_GONE,    /* the actor ends */
    /* between actors, and whatever tests need */
    PACKET_NEWS /* value */
};

enum actor { ACTOR_WORKER, ACTOR_AIDE, ACTOR_JOBS, ACTORS };

struct packet {
    struct packet *next; /* of the pipe */
    enum packet_kind kind;
    struct request *request; /* a reference of its own; may be NULL */
    int64_t count;           /* PACKET_REQUEST of a cell: its execution count */
    const char *type;        /* msg_type of what is sent; a constant */
    char *content;           /* heap, JSON text; of PACKET_PRINT the inside of a JSON string */
    size_t content_size;
    char *metadata; /* heap, JSON text, or NULL */
    size_t metadata_size;
    bool failed;        /* PACKET_REPLY: status error */
    enum actor from;    /* PACKET_GONE: who goes */
    const void *worker; /* ... or is ready: which worker, by its pipe; NULL: the main one */
    void *value;        /* PACKET_NEWS */
    void (*value_free)(void *value); /* may be NULL */
};

/* Takes a new reference of the request. */
struct packet *packet_new(enum packet_kind kind, struct request *request);
void packet_free(struct packet *packet); /* with all it owns; NULL is allowed */

#endif
