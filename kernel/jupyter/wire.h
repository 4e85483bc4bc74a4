/* wire - the Jupyter message format: frames, signatures, headers; it knows no socket.
 *
 * Incoming: the signature is checked (its length first, then in constant time) before a byte is
 * parsed, and a signature seen before (the last 65,536 at least) is a replay. The four frames
 * header, parent_header, metadata, content are signed, buffers are not. Outgoing: a message is a
 * head made here and a content that is JSON text already. One thread. Source: jupyter_client
 * docs/messaging.rst, "The Wire Protocol".
 */
#ifndef COFFERDAM_JUPYTER_WIRE_H
#define COFFERDAM_JUPYTER_WIRE_H

#include "base/hash.h"
#include "jupyter/request.h"

#define WIRE_PROTOCOL "5.6.0"
#define WIRE_DELIMITER "<IDS|MSG>"
#define WIRE_HEADER_LIMIT ((size_t)64 * 1024)
#define WIRE_CONTENT_LIMIT ((size_t)128 * 1024 * 1024)
#define WIRE_FRAMES 64 /* most frames of one message, buffers included */
#define WIRE_SIGNATURE_SIZE 129
#define WIRE_HEAD_SIZE 512
#define WIRE_REMEMBERED 65536

struct wire;

/* A key of 0 bytes turns signing off. An unknown scheme is an error. */
struct wire *wire_new(const char *scheme, const void *key, size_t size, struct error *err);
void wire_free(struct wire *wire); /* wipes the key */

/* The kernel's session id, also the `engine` of reply metadata and part of iopub topics. */
const char *wire_session(const struct wire *wire);

/* Verifies and reads one message. The caller releases *out. */
bool wire_read(struct wire *wire, const struct frame *frames, size_t count, struct request **out,
               struct error *err) ATTR_USE_RESULT;

/* A message to be sent: everything after the identities or the topic. */
struct message {
    const char *type;
    struct frame parent;   /* size 0: {} */
    struct frame metadata; /* size 0: {} */
    struct frame content;
    int64_t date; /* UTC microseconds; 0 = now */
};

/* The frames of it: delimiter, signature, header, parent_header, metadata, content. `frames` point
 * into `message` and this. */
struct wire_frames {
    struct frame frames[6];
    char signature[WIRE_SIGNATURE_SIZE];
    char head[WIRE_HEAD_SIZE];
};
void wire_write(struct wire *wire, const struct message *message, struct wire_frames *out);

/* The msg_id of the message written last. */
const char *wire_last_id(const struct wire *wire);

#endif
