#include "jupyter/connection.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IPC_PATH_LIMIT 107 /* sun_path without its NUL */
#define TCP_PORT_LIMIT 65535

const char *const port_names[PORTS] = {
    [PORT_SHELL] = "shell_port",     [PORT_IOPUB] = "iopub_port",  [PORT_STDIN] = "stdin_port",
    [PORT_CONTROL] = "control_port", [PORT_HEARTBEAT] = "hb_port",
};

/* Half a pair is a wish for encryption that cannot be met. */
static bool read_curve(struct connection *connection, const json_t *file, struct arena *arena,
                       struct error *err)
{
    static const char *const names[] = {"curve_publickey", "curve_secretkey"};
    const char **const keys[] = {&connection->curve_public, &connection->curve_secret};
    for (size_t i = 0; i < COUNT(names); i++) {
        const json_t *key = json_object_get(file, names[i]);
        if (!key || json_is_null(key))
            continue;
        const char *text = json_is_string(key) ? json_string_value(key) : "";
        if (strlen(text) != CONNECTION_CURVE_KEY_SIZE)
            return error_set(err, ERROR_PROTOCOL, "%s is not a key of %d characters (Z85)",
                             names[i], CONNECTION_CURVE_KEY_SIZE);
        *keys[i] = arena_strdup(arena, text);
    }
    if (!connection->curve_public == !connection->curve_secret)
        return true;
    return error_set(err, ERROR_PROTOCOL, "CURVE needs both keys, %s is missing",
                     names[connection->curve_public ? 1 : 0]);
}

/* As jupyter_core finds it: JUPYTER_RUNTIME_DIR, else runtime/ in JUPYTER_DATA_DIR or the user's
 * data folder. */
static const char *runtime_folder(struct arena *arena)
{
    const char *runtime = getenv("JUPYTER_RUNTIME_DIR");
    if (runtime && *runtime)
        return runtime;
    const char *data = getenv("JUPYTER_DATA_DIR"), *xdg = getenv("XDG_DATA_HOME");
    if (data && *data)
        return file_join(arena, data, "runtime");
    return file_join(arena, xdg && *xdg ? xdg : file_expand(arena, "~/.local/share"),
                     "jupyter/runtime");
}

/* Registration files of some launchers write their ports as text. */
static int64_t port_of(const json_t *file, const char *name)
{
    const json_t *value = json_object_get(file, name);
    if (!json_is_string(value))
        return json_get_int(file, name, -1);
    const char *text = json_string_value(value);
    size_t digits = strspn(text, "0123456789");
    return digits && digits < 10 && !text[digits] ? strtoll(text, NULL, 10) : -1;
}

static bool read_port(const struct connection *connection, const json_t *file, const char *name,
                      int *out, struct error *err)
{
    int most = strcmp(connection->transport, "ipc") == 0 ? INT32_MAX : TCP_PORT_LIMIT;
    int64_t port = port_of(file, name);
    if (port < 0 || port > most)
        return error_set(err, ERROR_PROTOCOL, "%s is missing or not a port number", name);
    *out = (int)port;
    return true;
}

static bool read_ports(struct connection *connection, const json_t *file, struct error *err)
{
    for (size_t i = 0; i < PORTS; i++)
        if (!read_port(connection, file, port_names[i], &connection->ports[i], err))
            return false;
    return true;
}

/* Names that no other living kernel of this machine has: where a dead one left its socket, libzmq
 * takes its place. */
static bool choose_names(struct connection *connection, const json_t *file, struct arena *arena,
                         struct error *err)
{
    if (!json_object_get(file, "ip")) {
        connection->ip = file_join(arena, runtime_folder(arena), "kernel-ipc");
        if (!file_make_folder(runtime_folder(arena), 0700, err))
            return false;
    }
    for (int i = 0; i < PORTS; i++)
        connection->ports[i] = (int)getpid() * PORTS + i;
    return true;
}

static bool read_registrar(struct connection *connection, const json_t *file, struct arena *arena,
                           struct error *err)
{
    struct registrar *registrar = &connection->registrar;
    if (!read_port(connection, file, "registration_port", &registrar->port, err))
        return false;
    if (!registrar->port)
        return error_set(err, ERROR_PROTOCOL, "registration_port is 0: nobody can wait there");
    registrar->ip = arena_strdup(arena, json_get_string(file, "registration_ip", connection->ip));
    registrar->kernel_id = arena_strdup(arena, json_get_string(file, "kernel_id", ""));
    return strcmp(connection->transport, "ipc") != 0 || choose_names(connection, file, arena, err);
}

static bool read_file(struct connection *connection, const char *path, struct arena *arena,
                      struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    if (!file_read(arena, path, CONNECTION_FILE_LIMIT, &text, &size, err))
        return false;
    const json_t *file = json_parse(arena, text, size, CONNECTION_FILE_LIMIT, err);
    wipe(text, size); /* it holds the keys */
    if (!file)
        return false;
    if (!json_is_object(file))
        return error_set(err, ERROR_PROTOCOL, "it is not a JSON object");
    connection->transport = arena_strdup(arena, json_get_string(file, "transport", "tcp"));
    connection->ip = arena_strdup(arena, json_get_string(file, "ip", "127.0.0.1"));
    connection->scheme =
        arena_strdup(arena, json_get_string(file, "signature_scheme", "hmac-sha256"));
    connection->key = arena_strdup(arena, json_get_string(file, "key", ""));
    if (strcmp(connection->transport, "tcp") != 0 && strcmp(connection->transport, "ipc") != 0)
        return error_set(err, ERROR_PROTOCOL, "transport \"%s\" is neither tcp nor ipc",
                         connection->transport);
    if (!read_curve(connection, file, arena, err))
        return false;
    return json_object_get(file, "registration_port") ? read_registrar(connection, file, arena, err)
                                                      : read_ports(connection, file, err);
}

bool connection_read(struct connection *connection, const char *path, struct arena *arena,
                     struct error *err)
{
    return read_file(connection, path, arena, err) || error_wrap(err, "connection file %s", path);
}

void connection_make(struct connection *connection, struct arena *arena)
{
    char key[UUID_TEXT_SIZE];
    uuid_text(key);
    *connection = (struct connection){.transport = "tcp",
                                      .ip = "127.0.0.1",
                                      .scheme = "hmac-sha256",
                                      .key = arena_strdup(arena, key)};
}

bool connection_write(const struct connection *connection, struct arena *arena, const char **path,
                      struct error *err)
{
    const char *folder = runtime_folder(arena);
    if (!file_make_folder(folder, 0700, err))
        return false;
    json_t *file = json_own(arena, json_object());
    (void)json_object_set_new(file, "transport", json_texts(connection->transport));
    (void)json_object_set_new(file, "ip", json_texts(connection->ip));
    (void)json_object_set_new(file, "signature_scheme", json_texts(connection->scheme));
    (void)json_object_set_new(file, "key", json_texts(connection->key));
    (void)json_object_set_new(file, "kernel_name", json_texts("cofferdam"));
    if (connection->curve_public) {
        (void)json_object_set_new(file, "curve_publickey", json_texts(connection->curve_public));
        (void)json_object_set_new(file, "curve_secretkey", json_texts(connection->curve_secret));
    }
    for (size_t i = 0; i < PORTS; i++)
        (void)json_object_set_new(file, port_names[i], json_integer(connection->ports[i]));
    size_t size = 0;
    char *text = json_dump(arena, file, &size);
    *path = file_join(arena, folder, arena_printf(arena, "kernel-%ld.json", (long)getpid()));
    return file_replace(*path, text, size, 0600, err);
}

bool connection_is_exposed(const struct connection *connection)
{
    const char *ip = connection->ip;
    bool loopback =
        strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0 || strcmp(ip, "localhost") == 0;
    return strcmp(connection->transport, "tcp") == 0 && !loopback && !connection->curve_public;
}

static bool endpoint(const char *transport, const char *ip, int port,
                     char out[static CONNECTION_ENDPOINT_SIZE], struct error *err)
{
    int length;
    if (strcmp(transport, "ipc") == 0) {
        length = snprintf(out, CONNECTION_ENDPOINT_SIZE, "ipc://%s-%d", ip, port);
        if (length > (int)strlen("ipc://") + IPC_PATH_LIMIT)
            return error_set(err, ERROR_PROTOCOL,
                             "the path %s-%d is longer than the %d bytes of a socket's name", ip,
                             port, IPC_PATH_LIMIT);
        return true;
    }
    bool v6 = strchr(ip, ':') != NULL;
    length =
        snprintf(out, CONNECTION_ENDPOINT_SIZE, "tcp://%s%s%s:", v6 ? "[" : "", ip, v6 ? "]" : "");
    if (length < 0 || length > CONNECTION_ENDPOINT_SIZE - 8)
        return error_set(err, ERROR_PROTOCOL, "the ip of the connection file is too long");
    (void)snprintf(out + length, (size_t)(CONNECTION_ENDPOINT_SIZE - length), port ? "%d" : "*",
                   port);
    return true;
}

bool connection_endpoint(const struct connection *connection, enum port port,
                         char out[static CONNECTION_ENDPOINT_SIZE], struct error *err)
{
    return endpoint(connection->transport, connection->ip, connection->ports[port], out, err);
}

bool connection_registrar(const struct connection *connection,
                          char out[static CONNECTION_ENDPOINT_SIZE], struct error *err)
{
    return endpoint(connection->transport, connection->registrar.ip, connection->registrar.port,
                    out, err);
}
