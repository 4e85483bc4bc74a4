/* The least a kernel can do: every shell request gets busy, one signed reply and idle; nothing is
   parsed, nothing is run. It is what start and latency are measured against. cc -O2 floor.c -lzmq
   -lcrypto; argument: the connection file. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define FILE_LIMIT 8192
#define PARTS 4

struct floor {
    char key[128];
    void *shell, *control, *iopub;
    unsigned sent;
};

/* The value of a member of a flat JSON object, without quotes. */
static void member(const char *json, const char *name, char *out, size_t size)
{
    char pattern[64];
    (void)snprintf(pattern, sizeof pattern, "\"%s\":", name);
    const char *at = strstr(json, pattern);
    size_t length = 0;
    if (at) {
        at += strlen(pattern);
        at += strspn(at, " \"");
        length = strcspn(at, "\",}");
    }
    if (length >= size)
        length = size - 1;
    if (at)
        memcpy(out, at, length);
    out[length] = '\0';
}

static void *listen_on(void *context, int kind, const char *json, const char *port_name)
{
    char port[16], endpoint[64];
    int unlimited = 0;
    void *socket = zmq_socket(context, kind);
    member(json, port_name, port, sizeof port);
    (void)snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%s", port);
    (void)zmq_setsockopt(socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
    (void)zmq_setsockopt(socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
    if (zmq_bind(socket, endpoint) != 0)
        exit(EXIT_FAILURE);
    return socket;
}

static void sign(const struct floor *floor, const char *const *parts, const size_t *sizes,
                 char *out)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char all[16384];
    size_t used = 0;
    for (size_t i = 0; i < PARTS && used + sizes[i] <= sizeof all; i++) {
        memcpy(all + used, parts[i], sizes[i]);
        used += sizes[i];
    }
    (void)HMAC(EVP_sha256(), floor->key, (int)strlen(floor->key), (unsigned char *)all, used, mac,
               &size);
    for (unsigned i = 0; i < size; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", mac[i]);
}

static void say(struct floor *floor, void *socket, zmq_msg_t *first, zmq_msg_t *parent,
                const char *type, const char *content)
{
    char head[256], signature[2 * EVP_MAX_MD_SIZE + 1];
    (void)snprintf(head, sizeof head,
                   "{\"msg_id\":\"floor_%u\",\"session\":\"floor\",\"username\":\"floor\",\"date\":"
                   "\"2026-01-01T00:00:00.000000Z\","
                   "\"msg_type\":\"%s\",\"version\":\"5.4\"}",
                   floor->sent++, type);
    const char *parts[PARTS] = {head, zmq_msg_data(parent), "{}", content};
    size_t sizes[PARTS] = {strlen(head), zmq_msg_size(parent), 2, strlen(content)};
    sign(floor, parts, sizes, signature);
    if (first)
        (void)zmq_send(socket, zmq_msg_data(first), zmq_msg_size(first), ZMQ_SNDMORE);
    else
        (void)zmq_send(socket, type, strlen(type), ZMQ_SNDMORE);
    (void)zmq_send(socket, "<IDS|MSG>", 9, ZMQ_SNDMORE);
    (void)zmq_send(socket, signature, strlen(signature), ZMQ_SNDMORE);
    for (size_t i = 0; i < PARTS; i++)
        (void)zmq_send(socket, parts[i], sizes[i], i + 1 < PARTS ? ZMQ_SNDMORE : 0);
}

/* Identity, delimiter, signature, header, and the rest unread. */
static void answer(struct floor *floor)
{
    zmq_msg_t frames[4], rest;
    for (size_t i = 0; i < 4; i++) {
        (void)zmq_msg_init(&frames[i]);
        (void)zmq_msg_recv(&frames[i], floor->shell, 0);
    }
    for (int more = zmq_msg_more(&frames[3]); more;) {
        (void)zmq_msg_init(&rest);
        (void)zmq_msg_recv(&rest, floor->shell, 0);
        more = zmq_msg_more(&rest);
        (void)zmq_msg_close(&rest);
    }
    say(floor, floor->iopub, NULL, &frames[3], "status", "{\"execution_state\":\"busy\"}");
    say(floor, floor->shell, &frames[0], &frames[3], "execute_reply",
        "{\"status\":\"ok\",\"execution_count\":1,\"user_expressions\":{},\"payload\":[]}");
    say(floor, floor->iopub, NULL, &frames[3], "status", "{\"execution_state\":\"idle\"}");
    for (size_t i = 0; i < 4; i++)
        (void)zmq_msg_close(&frames[i]);
}

int main(int argc, char **argv)
{
    char json[FILE_LIMIT] = "";
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (!file || !fread(json, 1, sizeof json - 1, file))
        return EXIT_FAILURE;
    (void)fclose(file);
    struct floor floor = {.sent = 0};
    void *context = zmq_ctx_new();
    member(json, "key", floor.key, sizeof floor.key);
    floor.shell = listen_on(context, ZMQ_ROUTER, json, "shell_port");
    floor.control = listen_on(context, ZMQ_ROUTER, json, "control_port");
    floor.iopub = listen_on(context, ZMQ_PUB, json, "iopub_port");
    zmq_pollitem_t items[] = {{floor.shell, 0, ZMQ_POLLIN, 0}, {floor.control, 0, ZMQ_POLLIN, 0}};
    for (;;) {
        (void)zmq_poll(items, 2, -1);
        if (items[1].revents)
            return EXIT_SUCCESS; /* whatever is said on control ends it */
        answer(&floor);
    }
}
