/* request - one verified message of a front end: who sent it, its header as it came, its content
 * parsed.
 *
 * Immutable after wire_read made it, shared between threads by reference count. Everything in it
 * lives in its own arena. The header is kept byte for byte, because it goes back as the
 * parent_header of every answer.
 */
#ifndef COFFERDAM_JUPYTER_REQUEST_H
#define COFFERDAM_JUPYTER_REQUEST_H

#include "base/arena.h"
#include "base/json.h"

#define REQUEST_IDENTITIES 8

enum channel { CHANNEL_SHELL, CHANNEL_CONTROL, CHANNEL_STDIN };

/* One frame of a message. Not NUL-terminated. */
struct frame {
    const void *data;
    size_t size;
};

struct request {
    struct arena *arena; /* owned */
    enum channel channel;
    struct frame identities[REQUEST_IDENTITIES]; /* go in front of the reply */
    size_t identity_count;
    struct frame header;    /* valid UTF-8 JSON */
    const char *type;       /* msg_type */
    const char *id;         /* msg_id */
    const char *session;    /* the front end's session, "" if it sent none */
    const char *subshell;   /* subshell_id, "" for the main one (JEP 91) */
    int64_t sent;           /* header's date, 0 if it has none that can be read */
    int64_t received;       /* by our clock */
    const json_t *parent;   /* an object: parent_header (of input_reply: our input_request) */
    const json_t *metadata; /* an object: a front end may say here which cell it runs (cellId) */
    const json_t *content;  /* an object */
    unsigned references;    /* private: request_hold, request_release */
};

struct request *request_new(void); /* one reference */
struct request *request_hold(struct request *request);
void request_release(struct request *request); /* NULL is allowed; any thread */

#endif
