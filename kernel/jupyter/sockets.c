#include "jupyter/sockets.h"

#include "jupyter/heartbeat.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define MESSAGE_LIMIT ((int64_t)256 * 1024 * 1024)

static const int kinds[PORTS] = {
    [PORT_SHELL] = ZMQ_ROUTER,   [PORT_IOPUB] = ZMQ_XPUB,       [PORT_STDIN] = ZMQ_ROUTER,
    [PORT_CONTROL] = ZMQ_ROUTER, [PORT_HEARTBEAT] = ZMQ_ROUTER,
};

static void set_int(void *socket, int option, int value)
{
    (void)zmq_setsockopt(socket, option, &value, sizeof value);
}

static void set_options(void *socket, enum port port, bool v6)
{
    int64_t limit = MESSAGE_LIMIT;
    (void)zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &limit, sizeof limit);
    set_int(socket, ZMQ_LINGER, port == PORT_HEARTBEAT ? 0 : SOCKETS_LINGER_MS);
    set_int(socket, ZMQ_SNDHWM, port == PORT_IOPUB ? SOCKETS_PUBLISH_QUEUE : 0);
    set_int(socket, ZMQ_RCVHWM, 0);
    if (v6)
        set_int(socket, ZMQ_IPV6, 1);
    if (port == PORT_IOPUB) {
        set_int(socket, ZMQ_XPUB_VERBOSE, 1);
        set_int(socket, ZMQ_XPUB_NODROP, 1);
    } else {
        set_int(socket, ZMQ_ROUTER_HANDOVER, 1);
    }
}

/* Whether this libzmq can obey the connection's keys: one built without CURVE has the options, but
 * would bind in clear text. A pair that does not belong together would lock everybody out. */
static bool check_curve(const struct connection *connection, struct error *err)
{
    char derived[CONNECTION_CURVE_KEY_SIZE + 1];
    if (!connection->curve_secret)
        return true;
    if (!zmq_has("curve")) {
        error_set(err, ERROR_UNAVAILABLE,
                  "the connection file asks for CURVE encryption, which this libzmq lacks");
        return error_hint(err, "Install a libzmq that was built with libsodium, or set "
                               "KernelManager.transport_encryption to \"disabled\".");
    }
    bool ok = zmq_curve_public(derived, connection->curve_secret) == 0 &&
              strcmp(derived, connection->curve_public) == 0;
    return ok || error_set(err, ERROR_PROTOCOL,
                           "curve_publickey and curve_secretkey are not a pair of CURVE keys");
}

static bool set_curve(void *socket, const struct connection *connection, struct error *err)
{
    const size_t size = CONNECTION_CURVE_KEY_SIZE + 1;
    const int server = 1;
    if (!connection->curve_secret)
        return true;
    bool ok = zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &server, sizeof server) == 0 &&
              zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, connection->curve_public, size) == 0 &&
              zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, connection->curve_secret, size) == 0;
    return ok || error_set(err, ERROR_IO, "cannot encrypt a socket: %s", zmq_strerror(errno));
}

/* The port that "tcp://127.0.0.1:*" became. */
static int bound_port(void *socket)
{
    char endpoint[CONNECTION_ENDPOINT_SIZE] = "";
    size_t size = sizeof endpoint;
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size) < 0)
        return 0;
    const char *colon = strrchr(endpoint, ':');
    return colon ? (int)strtol(colon + 1, NULL, 10) : 0;
}

bool sockets_must_end(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1;
}

static bool bind_one(void *socket, struct connection *connection, enum port port, struct error *err)
{
    char endpoint[CONNECTION_ENDPOINT_SIZE];
    if (!connection_endpoint(connection, port, endpoint, err))
        return false;
    for (int try = 0; zmq_bind(socket, endpoint) < 0; try++) {
        int number = errno;
        if (number != EADDRINUSE || try >= SOCKETS_BIND_TRIES || sockets_must_end()) {
            error_set(err, ERROR_IO, "cannot listen on %s (%s): %s", endpoint, port_names[port],
                      zmq_strerror(number));
            if (number == EADDRINUSE)
                error_hint(
                    err, "Another program holds the port; start the kernel again to get new ones.");
            return false;
        }
        (void)poll(NULL, 0, SOCKETS_BIND_PAUSE_MS);
    }
    if (!connection->ports[port])
        connection->ports[port] = bound_port(socket);
    return true;
}

bool sockets_open(struct sockets *sockets, struct connection *connection, struct error *err)
{
    if (!check_curve(connection, err))
        return false;
    *sockets = (struct sockets){.context = zmq_ctx_new()};
    bool v6 = strchr(connection->ip, ':') != NULL, ok = sockets->context != NULL;
    for (int port = 0; ok && port < PORTS; port++) {
        void *socket = sockets->sockets[port] = zmq_socket(sockets->context, kinds[port]);
        ok = socket != NULL;
        if (!ok)
            break;
        set_options(socket, (enum port)port, v6);
        ok = set_curve(socket, connection, err) &&
             bind_one(socket, connection, (enum port)port, err);
    }
    if (ok && heartbeat_start(sockets->sockets[PORT_HEARTBEAT], &sockets->heartbeat, err))
        return true;
    error_set(err, ERROR_IO, "cannot open the kernel's sockets: %s", zmq_strerror(errno));
    for (size_t i = 0; i < PORTS; i++)
        if (sockets->sockets[i])
            (void)zmq_close(sockets->sockets[i]);
    if (sockets->context)
        (void)zmq_ctx_term(sockets->context);
    return false;
}

void sockets_close(struct sockets *sockets)
{
    for (int port = 0; port < PORTS; port++)
        if (port != PORT_HEARTBEAT)
            (void)zmq_close(sockets->sockets[port]);
    (void)zmq_ctx_shutdown(sockets->context);
    (void)pthread_join(sockets->heartbeat, NULL);
    while (zmq_ctx_term(sockets->context) < 0 && errno == EINTR)
        ;
}

void sockets_receive(void *socket, struct arena *arena, struct frame frames[static WIRE_FRAMES],
                     size_t *count)
{
    *count = 0;
    for (bool more = true; more;) {
        zmq_msg_t message;
        (void)zmq_msg_init(&message);
        if (zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0) {
            (void)zmq_msg_close(&message);
            return;
        }
        more = zmq_msg_more(&message);
        if (*count < WIRE_FRAMES) {
            size_t size = zmq_msg_size(&message);
            frames[(*count)++] =
                (struct frame){arena_strndup(arena, zmq_msg_data(&message), size), size};
        }
        (void)zmq_msg_close(&message);
    }
}

/* A queue is full at the first frame or not at all: libzmq counts whole messages. */
bool sockets_send(void *socket, const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
        if (zmq_send(socket, frames[i].data, frames[i].size, flags) < 0)
            return false;
    }
    return true;
}

void sockets_allow_loss(struct sockets *sockets, bool allow)
{
    set_int(sockets->sockets[PORT_IOPUB], ZMQ_XPUB_NODROP, !allow);
}

void sockets_describe(const struct connection *connection, struct vitals *vitals)
{
    int major, minor, patch;
    zmq_version(&major, &minor, &patch);
    (void)snprintf(vitals->library, sizeof vitals->library, "libzmq %d.%d.%d", major, minor, patch);
    vitals->transport = connection->transport;
    vitals->can_encrypt = zmq_has("curve");
    vitals->encrypted = connection->curve_secret != NULL;
}
