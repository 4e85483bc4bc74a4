/* client - the scripted front end: a kernel process of its own, reached in one of the ways that
 * there are, five sockets, signed frames.
 *
 * It shares no code with the kernel's wire: frames are built, signed, cut and compared here. Every
 * wait has a limit; what does not come fails the test that waits.
 */
#ifndef COFFERDAM_TESTS_PROTOCOL_CLIENT_H
#define COFFERDAM_TESTS_PROTOCOL_CLIENT_H

#include "jupyter/connection.h"
#include "jupyter/request.h"

#include <sys/types.h>

#define CLIENT_FRAMES 128
#define CLIENT_PATIENCE_MS 20000

/* How a kernel is reached. */
struct way {
    const char *name;
    bool ipc, curve, handshake;
};

struct client {
    struct arena *arena;
    const struct way *way;
    char folder[64]; /* the kernel's, gone at the end */
    struct connection connection;
    pid_t kernel; /* 0: none runs */
    void *context;
    void *sockets[PORTS]; /* DEALERs; iopub's is a SUB of everything, welcomed */
    unsigned sent;
    char made[64]; /* the subshell that was made last */
};

/* A message on its way out: JSON texts, frames[0] is the header. */
struct letter {
    struct frame parts[4];
    char signature[65];
};

/* A message that came: everything lives in the client's arena. */
struct heard {
    struct frame identity; /* of iopub: the topic */
    struct frame parent;   /* as it came */
    const char *type;
    const json_t *header, *content;
};

/* Starts a kernel and connects; fails the test if that cannot be. */
void client_start(struct client *client, const struct way *way);
void client_connect(struct client *client); /* anew, if it was connected */
void *client_socket(struct client *client, int kind, enum port port, const char *prefix);
void client_end(struct client *client);   /* kills what still runs; removes the folder */
int client_status(struct client *client); /* waits for the kernel's end: its exit status */

/* Header of a new request, "more" are members that begin with a comma; signed. */
void client_write(struct client *client, struct letter *letter, const char *const text[static 3]);
void client_sign(const struct client *client, const struct frame *parts, size_t count,
                 char out[static 65]);
void client_send_frames(void *socket, const struct frame *frames, size_t count);
/* The delimiter, the signature, the parts, and so many buffers. */
void client_send(void *socket, const struct letter *letter, size_t buffers);

/* The next message of a socket: its signature is checked. */
struct heard client_receive(struct client *client, void *socket);
bool client_is_silent(void *socket, int milliseconds);
/* What iopub says of a request until its idle: statuses by their state, text of streams with $ for
   the ends of lines, else types; blanks between. */
const char *client_published(struct client *client, const struct frame *header);

#endif
