/* connection - the connection file: where the kernel listens and with which keys; and the file that
 * a kernel writes which found its ports itself.
 *
 * A file that cannot be obeyed whole is refused: a front end that wants encryption must not get
 * clear text. Source of the fields: jupyter_client docs/kernels.rst; CURVE keys are Z85, the pair
 * is the server's and the clients' at once.
 */
#ifndef COFFERDAM_JUPYTER_CONNECTION_H
#define COFFERDAM_JUPYTER_CONNECTION_H

#include "base/arena.h"
#include "base/error.h"

enum port { PORT_SHELL, PORT_IOPUB, PORT_STDIN, PORT_CONTROL, PORT_HEARTBEAT, PORTS };

#define CONNECTION_FILE_LIMIT ((size_t)64 * 1024)
#define CONNECTION_ENDPOINT_SIZE 256
#define CONNECTION_CURVE_KEY_SIZE 40

/* Where a launcher waits for the kernel's ports. */
struct registrar {
    const char *ip; /* as connection's */
    int port;       /* 0: nobody waits */
    const char *kernel_id;
};

struct connection {
    const char *transport;                   /* "tcp" or "ipc" */
    const char *ip;                          /* an address, or the path's beginning for ipc */
    int ports[PORTS];                        /* 0: any free one */
    const char *scheme;                      /* "hmac-sha256" */
    const char *key;                         /* "" = no signatures */
    const char *curve_public, *curve_secret; /* CURVE: both or none (NULL) */
    struct registrar registrar;
};

extern const char *const port_names[PORTS]; /* "shell_port" ... */

/* All texts belong to the arena. */
bool connection_read(struct connection *connection, const char *path, struct arena *arena,
                     struct error *err) ATTR_USE_RESULT;
/* A kernel without a file: loopback, free ports, a random key. */
void connection_make(struct connection *connection, struct arena *arena);
/* Writes it (0600) as kernel-PID.json into Jupyter's runtime folder; *path is arena memory. */
bool connection_write(const struct connection *connection, struct arena *arena, const char **path,
                      struct error *err) ATTR_USE_RESULT;

/* True if what is sent may leave this machine and can be read on its way. */
bool connection_is_exposed(const struct connection *connection);

/* "tcp://127.0.0.1:50000", "tcp://[::1]:50000", "ipc:///run/x-1", "tcp://127.0.0.1:*" for port 0.
 * False if too long. */
bool connection_endpoint(const struct connection *connection, enum port port,
                         char out[static CONNECTION_ENDPOINT_SIZE],
                         struct error *err) ATTR_USE_RESULT;
/* The same of the registrar. */
bool connection_registrar(const struct connection *connection,
                          char out[static CONNECTION_ENDPOINT_SIZE],
                          struct error *err) ATTR_USE_RESULT;

#endif
