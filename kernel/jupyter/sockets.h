/* sockets - the kernel's five ZeroMQ sockets, opened, set up and bound; sending and receiving whole
 * messages.
 *
 * ROUTER_HANDOVER: a front end that comes back with its old identity gets its replies. iopub is
 * XPUB with VERBOSE (every subscriber gets a welcome) and NODROP (a full queue is told, publisher.h
 * does the rest). With the connection's CURVE keys all five are encrypted, or none is opened. One
 * thread, but the heartbeat's.
 */
#ifndef COFFERDAM_JUPYTER_SOCKETS_H
#define COFFERDAM_JUPYTER_SOCKETS_H

#include "base/vitals.h"
#include "jupyter/connection.h"
#include "jupyter/wire.h"

#include <pthread.h>

#define SOCKETS_BIND_TRIES 60    /* a restart reuses ports that the old kernel may still hold: */
#define SOCKETS_BIND_PAUSE_MS 50 /* three seconds in all */
#define SOCKETS_LINGER_MS 300
#define SOCKETS_PUBLISH_QUEUE 256 /* messages of a reader's queue, see publisher.h */

struct sockets {
    void *context;
    void *sockets[PORTS]; /* the heartbeat's belongs to its thread */
    pthread_t heartbeat;
};

/* Binds all five and starts the heartbeat. Ports of 0 are replaced by those found. On failure
 * nothing stays open. */
bool sockets_open(struct sockets *sockets, struct connection *connection,
                  struct error *err) ATTR_USE_RESULT;
void sockets_close(struct sockets *sockets);

/* Transport, library and encryption, for the vitals. */
void sockets_describe(const struct connection *connection, struct vitals *vitals);

/* SIGTERM is pending: signals are blocked and read by the front, which does not run yet. */
bool sockets_must_end(void);

/* Receives one message without waiting: its frames are copies in the arena. *count = 0: there is
   none. A message of more than WIRE_FRAMES frames is read to its end and given as the first of
   them. */
void sockets_receive(void *socket, struct arena *arena, struct frame frames[static WIRE_FRAMES],
                     size_t *count);

/* Sends all frames without waiting, or none: false if the peer's queue is full (errno EAGAIN) or
 * the socket is closed. */
bool sockets_send(void *socket, const struct frame *frames, size_t count) ATTR_USE_RESULT;

/* iopub: lets messages to a subscriber whose queue is full be dropped, or not. */
void sockets_allow_loss(struct sockets *sockets, bool allow);

#endif
