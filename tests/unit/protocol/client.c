#include "tests/unit/protocol/client.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define KEY "a key of the client"
#define DELIMITER "<IDS|MSG>"
#define IDENTITY "scripted-client"

/* ---- the kernel ---------------------------------------------------------------------------------
 */

static int free_port(int *held)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    *held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*held, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(*held, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static void choose_ports(struct client *client)
{
    int held[PORTS];
    for (int i = 0; i < PORTS; i++)
        client->connection.ports[i] = client->way->ipc ? i + 1 : free_port(&held[i]);
    for (int i = 0; i < PORTS && !client->way->ipc; i++)
        (void)close(held[i]);
}

static json_t *file_of(const struct client *client)
{
    const struct connection *connection = &client->connection;
    json_t *file = json_pack("{s:s, s:s, s:s, s:s, s:s}", "transport", connection->transport, "ip",
                             connection->ip, "signature_scheme", "hmac-sha256", "key", KEY,
                             "kernel_name", "c");
    if (connection->curve_public) {
        (void)json_object_set_new(file, "curve_publickey", json_string(connection->curve_public));
        (void)json_object_set_new(file, "curve_secretkey", json_string(connection->curve_secret));
    }
    if (client->way->handshake) {
        const struct registrar *registrar = &connection->registrar;
        (void)json_object_set_new(file, "registration_ip", json_string(registrar->ip));
        (void)json_object_set_new(file, "registration_port", json_integer(registrar->port));
        (void)json_object_set_new(file, "kernel_id", json_string(registrar->kernel_id));
        return file;
    }
    for (int i = 0; i < PORTS; i++)
        (void)json_object_set_new(file, port_names[i], json_integer(connection->ports[i]));
    return file;
}

static void start_kernel(struct client *client)
{
    struct error err = {0};
    size_t size;
    const char *path = file_join(client->arena, client->folder, "kernel.json");
    const char *log = file_join(client->arena, client->folder, "log");
    const char *named = getenv("COFFERDAM");
    const char *program = file_absolute(client->arena, named ? named : "build/cofferdam");
    char *text = json_dump(client->arena, json_own(client->arena, file_of(client)), &size);
    assert_true(file_replace(path, text, size, 0600, &err));
    assert_int_equal(setenv("HOME", client->folder, 1), 0);
    assert_int_equal(setenv("XDG_DATA_HOME", client->folder, 1), 0);
    assert_int_equal(setenv("JUPYTER_RUNTIME_DIR", client->folder, 1), 0);
    client->kernel = fork();
    if (client->kernel == 0) {
        bool ready = chdir(client->folder) == 0 && freopen("/dev/null", "r", stdin) &&
                     freopen(log, "w", stderr) && freopen("/dev/null", "w", stdout);
        if (ready)
            (void)execl(program, program, "-f", path, (char *)NULL);
        _exit(127);
    }
    assert_true(client->kernel > 0);
}

int client_status(struct client *client)
{
    int status = -1;
    for (int i = 0; i < CLIENT_PATIENCE_MS; i++) {
        if (waitpid(client->kernel, &status, WNOHANG) == client->kernel) {
            client->kernel = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        }
        (void)zmq_poll(NULL, 0, 1);
    }
    fail_msg("the kernel does not end");
    return -1;
}

/* ---- the launcher of a kernel that finds its ports itself ---------------------------------------
 */

static void *open_launcher(struct client *client)
{
    struct registrar *registrar = &client->connection.registrar;
    char endpoint[CONNECTION_ENDPOINT_SIZE];
    struct error err = {0};
    int held;
    *registrar = (struct registrar){.ip = client->connection.ip, .port = 9, .kernel_id = "id"};
    if (!client->way->ipc) {
        registrar->port = free_port(&held);
        (void)close(held);
    }
    void *launcher = zmq_socket(client->context, ZMQ_ROUTER);
    assert_true(connection_registrar(&client->connection, endpoint, &err));
    assert_int_equal(zmq_bind(launcher, endpoint), 0);
    return launcher;
}

/* The whole next message. */
static size_t receive(struct client *client, void *socket, struct frame frames[CLIENT_FRAMES])
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    if (zmq_poll(&item, 1, CLIENT_PATIENCE_MS) != 1)
        fail_msg("nothing comes");
    size_t count = 0;
    for (int more = 1; more;) {
        zmq_msg_t message;
        (void)zmq_msg_init(&message);
        assert_true(zmq_msg_recv(&message, socket, 0) >= 0);
        assert_in_range(count, 0, CLIENT_FRAMES - 1);
        size_t size = zmq_msg_size(&message);
        frames[count++] =
            (struct frame){arena_strndup(client->arena, zmq_msg_data(&message), size), size};
        more = zmq_msg_more(&message);
        (void)zmq_msg_close(&message);
    }
    return count;
}

static void register_kernel(struct client *client, void *launcher)
{
    struct frame frames[CLIENT_FRAMES];
    char signature[65];
    assert_int_equal(receive(client, launcher, frames), 4);
    client_sign(client, frames + 3, 1, signature);
    assert_int_equal(frames[2].size, 64);
    assert_memory_equal(frames[2].data, signature, 64);
    const json_t *said =
        json_own(client->arena, json_loadb(frames[3].data, frames[3].size, 0, NULL));
    for (int i = 0; i < PORTS; i++)
        client->connection.ports[i] =
            (int)strtol(json_get_string(said, port_names[i], "0"), NULL, 10);
    const struct frame word = {"ACK", 3};
    client_sign(client, &word, 1, signature);
    const struct frame answer[] = {frames[0], frames[1], {signature, 64}, word};
    client_send_frames(launcher, answer, COUNT(answer));
}

void client_start(struct client *client, const struct way *way)
{
    *client = (struct client){.arena = arena_new(), .way = way, .context = zmq_ctx_new()};
    struct connection *connection = &client->connection;
    (void)snprintf(client->folder, sizeof client->folder, "/tmp/cofferdam-client-XXXXXX");
    assert_non_null(mkdtemp(client->folder));
    connection->transport = way->ipc ? "ipc" : "tcp";
    connection->ip = way->ipc ? file_join(client->arena, client->folder, "k") : "127.0.0.1";
    char public[CONNECTION_CURVE_KEY_SIZE + 1], secret[CONNECTION_CURVE_KEY_SIZE + 1];
    if (way->curve) {
        assert_int_equal(zmq_curve_keypair(public, secret), 0);
        connection->curve_public = arena_strdup(client->arena, public);
        connection->curve_secret = arena_strdup(client->arena, secret);
    }
    void *launcher = NULL;
    if (way->handshake)
        launcher = open_launcher(client);
    else
        choose_ports(client);
    start_kernel(client);
    if (launcher)
        register_kernel(client, launcher);
    if (launcher)
        (void)zmq_close(launcher);
    client_connect(client);
    struct heard first = client_receive(client, client->sockets[PORT_IOPUB]);
    assert_string_equal(json_get_string(first.content, "execution_state", ""), "starting");
}

void client_end(struct client *client)
{
    struct error err = {0};
    if (client->kernel > 0) {
        (void)kill(client->kernel, SIGKILL);
        (void)waitpid(client->kernel, NULL, 0);
    }
    for (int i = 0; i < PORTS; i++)
        if (client->sockets[i])
            (void)zmq_close(client->sockets[i]);
    (void)zmq_ctx_term(client->context);
    if (!file_remove_all(client->folder, &err))
        print_error("%s\n", err.message);
    arena_free(client->arena);
    *client = (struct client){0};
}

/* ---- sockets ------------------------------------------------------------------------------------
 */

void *client_socket(struct client *client, int kind, enum port port, const char *prefix)
{
    char endpoint[CONNECTION_ENDPOINT_SIZE];
    struct error err = {0};
    int zero = 0, soon = 5;
    const struct connection *connection = &client->connection;
    void *socket = zmq_socket(client->context, kind);
    (void)zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    (void)zmq_setsockopt(socket, ZMQ_RCVHWM, &zero, sizeof zero);
    (void)zmq_setsockopt(socket, ZMQ_RECONNECT_IVL, &soon, sizeof soon);
    if (connection->curve_public) {
        size_t size = CONNECTION_CURVE_KEY_SIZE + 1;
        (void)zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, connection->curve_public, size);
        (void)zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, connection->curve_public, size);
        (void)zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, connection->curve_secret, size);
    }
    if (kind == ZMQ_SUB)
        (void)zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, strlen(prefix));
    else
        (void)zmq_setsockopt(socket, ZMQ_IDENTITY, IDENTITY, strlen(IDENTITY));
    assert_true(connection_endpoint(connection, port, endpoint, &err));
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    return socket;
}

void client_connect(struct client *client)
{
    for (int i = 0; i < PORTS; i++) {
        if (client->sockets[i])
            (void)zmq_close(client->sockets[i]);
        client->sockets[i] =
            client_socket(client, i == PORT_IOPUB ? ZMQ_SUB : ZMQ_DEALER, (enum port)i, "");
    }
    while (strcmp(client_receive(client, client->sockets[PORT_IOPUB]).type, "iopub_welcome") != 0)
        continue;
}

/* ---- messages -----------------------------------------------------------------------------------
 */

void client_sign(const struct client *client, const struct frame *parts, size_t count,
                 char out[static 65])
{
    (void)client;
    struct hmac *hmac = hmac_new("hmac-sha256", KEY, strlen(KEY));
    hmac_begin(hmac);
    for (size_t i = 0; i < count; i++)
        hmac_add(hmac, parts[i].data, parts[i].size);
    assert_int_equal(hmac_end_hex(hmac, out), 64);
    hmac_free(hmac);
}

/* text: the type, more members of the header, the content. */
void client_write(struct client *client, struct letter *letter, const char *const text[static 3])
{
    const char *header = arena_printf(
        client->arena,
        "{\"msg_id\": \"m%u\", \"msg_type\": \"%s\", \"session\":\"s\", \"username\":\"u\", "
        "\"version\":\"5.4\"%s}",
        client->sent++, text[0], text[1] ? text[1] : "");
    const char *const texts[] = {header, "{}", "{}", text[2] ? text[2] : "{}"};
    for (size_t i = 0; i < COUNT(texts); i++)
        letter->parts[i] = (struct frame){texts[i], strlen(texts[i])};
    client_sign(client, letter->parts, COUNT(letter->parts), letter->signature);
}

void client_send_frames(void *socket, const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            zmq_send(socket, frames[i].data, frames[i].size, i + 1 < count ? ZMQ_SNDMORE : 0),
            frames[i].size);
}

void client_send(void *socket, const struct letter *letter, size_t buffers)
{
    struct frame frames[16] = {{DELIMITER, strlen(DELIMITER)}, {letter->signature, 64}};
    memcpy(frames + 2, letter->parts, sizeof letter->parts);
    for (size_t i = 0; i < buffers; i++)
        frames[6 + i] = (struct frame){"\0\xff", 2};
    client_send_frames(socket, frames, 6 + buffers);
}

struct heard client_receive(struct client *client, void *socket)
{
    struct frame frames[CLIENT_FRAMES];
    char signature[65];
    size_t count = receive(client, socket, frames), at = 0;
    while (at < count && (frames[at].size != strlen(DELIMITER) ||
                          memcmp(frames[at].data, DELIMITER, frames[at].size) != 0))
        at++;
    assert_in_range(at + 6, 6, count); /* signature, header, parent, metadata, content */
    client_sign(client, frames + at + 2, 4, signature);
    assert_int_equal(frames[at + 1].size, 64);
    assert_memory_equal(frames[at + 1].data, signature, 64);
    struct heard heard = {.identity = frames[0], .parent = frames[at + 3]};
    heard.header =
        json_own(client->arena, json_loadb(frames[at + 2].data, frames[at + 2].size, 0, NULL));
    heard.content =
        json_own(client->arena, json_loadb(frames[at + 5].data, frames[at + 5].size, 0, NULL));
    heard.type = json_get_string(heard.header, "msg_type", "");
    assert_true(json_is_object(heard.content));
    return heard;
}

bool client_is_silent(void *socket, int milliseconds)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    return zmq_poll(&item, 1, milliseconds) == 0;
}

static void add_word(struct buf *words, const struct heard *heard)
{
    const char *state = json_get_string(heard->content, "execution_state", NULL);
    const char *text =
        strcmp(heard->type, "stream") == 0 ? json_get_string(heard->content, "text", "") : NULL;
    buf_adds(words, words->size ? " " : "");
    for (const char *c = text; c && *c; c++)
        buf_addc(words, *c == '\n' ? '$' : *c);
    if (!text)
        buf_adds(words, strcmp(heard->type, "status") == 0 && state ? state : heard->type);
}

const char *client_published(struct client *client, const struct frame *header)
{
    struct buf words;
    buf_init(&words, 65536);
    for (bool idle = false; !idle;) {
        struct heard heard = client_receive(client, client->sockets[PORT_IOPUB]);
        if (heard.parent.size != header->size ||
            memcmp(heard.parent.data, header->data, header->size) != 0)
            fail_msg("on iopub a %s of something else: %.*s", heard.type, (int)heard.parent.size,
                     (const char *)heard.parent.data);
        add_word(&words, &heard);
        idle = strcmp(json_get_string(heard.content, "execution_state", ""), "idle") == 0;
    }
    const char *found = buf_to_arena(&words, client->arena);
    buf_release(&words);
    return found;
}
