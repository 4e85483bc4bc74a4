#include "jupyter/registration.h"

#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

#define CONTENT_LIMIT ((size_t)64 * 1024)
#define LOOK_MS 50 /* between two looks at whether the program is to end */

/* What is sent and what must come back: frames of one message. */
enum { PART_DELIMITER, PART_SIGNATURE, PART_CONTENT, PARTS };

static void sign(const struct connection *connection, const struct frame *content,
                 char out[static WIRE_SIGNATURE_SIZE])
{
    out[0] = '\0';
    if (!*connection->key)
        return;
    struct hmac *hmac = hmac_new(connection->scheme, connection->key, strlen(connection->key));
    hmac_begin(hmac);
    hmac_add(hmac, content->data, content->size);
    (void)hmac_end_hex(hmac, out);
    hmac_free(hmac);
}

static void write_content(const struct connection *connection, struct buf *out)
{
    const char *id = connection->registrar.kernel_id;
    buf_adds(out, "{\"kernel_id\":");
    text_json(out, id, strlen(id));
    for (size_t i = 0; i < PORTS; i++)
        buf_addf(out, ",\"%s\":\"%d\"", port_names[i], connection->ports[i]);
    buf_adds(out, "}");
}

static bool send_ports(void *socket, const struct connection *connection,
                       const struct frame *content, struct error *err)
{
    char signature[WIRE_SIGNATURE_SIZE];
    sign(connection, content, signature);
    const struct frame parts[PARTS] = {[PART_DELIMITER] = {WIRE_DELIMITER, strlen(WIRE_DELIMITER)},
                                       [PART_SIGNATURE] = {signature, strlen(signature)},
                                       [PART_CONTENT] = *content};
    return sockets_send(socket, parts, PARTS) ||
           error_set(err, ERROR_IO, "cannot register the kernel: %s", zmq_strerror(errno));
}

/* Signed with the key, and not our own words come back. */
static bool is_acknowledgement(const struct connection *connection, const struct frame *frames,
                               size_t count, const struct frame *said)
{
    if (count != PARTS || frames[PART_DELIMITER].size != strlen(WIRE_DELIMITER) ||
        memcmp(frames[PART_DELIMITER].data, WIRE_DELIMITER, strlen(WIRE_DELIMITER)) != 0)
        return false;
    const struct frame *signature = &frames[PART_SIGNATURE], *content = &frames[PART_CONTENT];
    if (content->size == said->size && memcmp(content->data, said->data, said->size) == 0)
        return false;
    char expected[WIRE_SIGNATURE_SIZE];
    sign(connection, content, expected);
    return !*connection->key || (signature->size == strlen(expected) &&
                                 hash_equal(expected, signature->data, signature->size));
}

static bool wait_for_word(void *socket, const struct connection *connection,
                          const struct frame *said, struct error *err)
{
    struct arena *arena = arena_new();
    int64_t end = time_monotonic() + REGISTRATION_LIMIT;
    bool known = false;
    while (!known && time_monotonic() < end && !sockets_must_end()) {
        zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
        (void)zmq_poll(&item, 1, LOOK_MS);
        struct frame frames[WIRE_FRAMES];
        size_t count = 0;
        sockets_receive(socket, arena, frames, &count);
        known = count && is_acknowledgement(connection, frames, count, said);
        arena_reset(arena);
    }
    arena_free(arena);
    if (known)
        return true;
    error_set(err, ERROR_PROTOCOL, "the launcher did not acknowledge the kernel's registration");
    return error_hint(err,
                      "Nobody listens at the registration_port any more, or with another key.");
}

bool registration_run(const struct sockets *sockets, const struct connection *connection,
                      struct error *err)
{
    char endpoint[CONNECTION_ENDPOINT_SIZE];
    if (!connection_registrar(connection, endpoint, err))
        return false;
    void *socket = zmq_socket(sockets->context, ZMQ_DEALER);
    int linger = SOCKETS_LINGER_MS, v6 = strchr(connection->registrar.ip, ':') != NULL;
    (void)zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    (void)zmq_setsockopt(socket, ZMQ_IPV6, &v6, sizeof v6);
    struct buf content;
    buf_init(&content, CONTENT_LIMIT);
    write_content(connection, &content);
    const struct frame said = {content.data, content.size};
    bool ok = zmq_connect(socket, endpoint) == 0 ||
              error_set(err, ERROR_IO, "cannot register the kernel at %s: %s", endpoint,
                        zmq_strerror(errno));
    ok = ok && send_ports(socket, connection, &said, err) &&
         wait_for_word(socket, connection, &said, err);
    buf_release(&content);
    (void)zmq_close(socket);
    return ok;
}
