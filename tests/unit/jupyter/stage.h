/* stage - a front over real ipc sockets, between a small front end and a worker and an aide that do
 * as their cells say. */
#ifndef COFFERDAM_TESTS_STAGE_H
#define COFFERDAM_TESTS_STAGE_H

#include "jupyter/front.h"

#include "base/file.h"
#include "base/time.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define KEY "secret"
#define PATIENCE_MS 10000

/* A kernel whose actors are ours, and one front end of it. */
struct stage {
    struct arena *arena;
    const char *folder;
    struct connection connection;
    struct sockets sockets;
    struct front_config config;
    pthread_t front, worker, aide;
    bool orderly;
    void *context, *shell, *control, *input, *iopub;
    struct wire *wire; /* the front end's */
    int sent;
    atomic_bool released; /* a stubborn cell may end */
    atomic_bool lingers;  /* a cell waits for that */
};

static inline bool blank(const char *code, size_t size)
{
    (void)code;
    return size == 0;
}

static inline void reply(const struct stage *stage, struct request *request, const char *type,
                         const char *content)
{
    struct packet *packet = packet_new(PACKET_REPLY, request);
    packet->type = type;
    packet->failed = strstr(content, "\"error\"") != NULL;
    packet->content = xstrdup(content);
    packet->content_size = strlen(content);
    pipe_push(strcmp(type, "complete_reply") == 0 ? stage->config.replies : stage->config.inbox,
              packet);
}

/* More messages than the queues of both sides hold. */
#define FLOOD 120000

static inline void publish(const struct stage *stage, struct request *request, const char *content)
{
    struct packet *packet = packet_new(PACKET_PUBLISH, request);
    packet->type = "stream";
    packet->content = xstrdup(content);
    packet->content_size = strlen(content);
    pipe_push(stage->config.inbox, packet);
}

static inline void ask(const struct stage *stage, struct request *request)
{
    struct packet *packet = packet_new(PACKET_ASK, request);
    packet->type = "input_request";
    packet->content = xstrdup("{\"prompt\":\"?\",\"password\":false}");
    packet->content_size = strlen(packet->content);
    pipe_push(stage->config.inbox, packet);
    packet = pipe_take(stage->config.main.answers, PATIENCE_MS);
    if (packet)
        publish(stage, request, json_get_string(packet->request->content, "value", "{}"));
    packet_free(packet);
}

/* Its last output is out, its reply is not: the moment between. */
static inline void linger(struct stage *stage)
{
    stage->lingers = true;
    while (!stage->released)
        (void)poll(NULL, 0, 1);
    stage->released = false;
}

/* "fail" fails, "flood" prints a lot, "wait" waits for an interrupt, "stubborn" hears none, "ask"
 * asks and prints the answer, "print" prints; "linger" and "late" print and wait for the test, the
 * one while it counts as running still, the other when it does no more. */
static inline void run_cell(struct stage *stage, const struct packet *cell)
{
    const char *code = json_get_string(cell->request->content, "code", "");
    (void)cancel_begin(stage->config.main.cancel);
    bool failed = strcmp(code, "fail") == 0;
    if (strcmp(code, "wait") == 0) {
        publish(stage, cell->request, "{\"name\":\"stdout\",\"text\":\"waiting\"}");
        while (!cancel_raised(stage->config.main.cancel))
            (void)poll(NULL, 0, 1);
        failed = true;
    }
    while (strcmp(code, "stubborn") == 0 && !stage->released)
        (void)poll(NULL, 0, 1);
    if (strcmp(code, "ask") == 0)
        ask(stage, cell->request);
    for (int i = 0; strcmp(code, "flood") == 0 && i < FLOOD; i++)
        publish(stage, cell->request, "{\"name\":\"stdout\",\"text\":\"flood\"}");
    bool late = strcmp(code, "late") == 0, lingers = strcmp(code, "linger") == 0;
    if (strcmp(code, "print") == 0 || late || lingers)
        publish(stage, cell->request, "{\"name\":\"stdout\",\"text\":\"printed\"}");
    char content[128];
    (void)snprintf(content, sizeof content, "{\"status\":\"%s\",\"execution_count\":%d}",
                   failed ? "error" : "ok", (int)cell->count);
    if (lingers)
        linger(stage);
    cancel_end(stage->config.main.cancel);
    if (late)
        linger(stage);
    reply(stage, cell->request, "execute_reply", content);
}

static inline void *worker(void *state)
{
    struct stage *stage = state;
    for (bool going = true; going;) {
        struct packet *next;
        for (struct packet *packet = pipe_take(stage->config.main.worker, -1); packet;
             packet = next) {
            next = packet->next;
            if (packet->kind == PACKET_REQUEST)
                run_cell(stage, packet);
            going = packet->kind != PACKET_QUIT;
            packet_free(packet);
        }
    }
    pipe_push(stage->config.inbox, packet_new(PACKET_GONE, NULL));
    return NULL;
}

static inline void *aide(void *state)
{
    const struct stage *stage = state;
    for (bool going = true; going;) {
        struct packet *next;
        for (struct packet *packet = pipe_take(stage->config.aide, -1); packet; packet = next) {
            next = packet->next;
            if (packet->kind == PACKET_REQUEST)
                reply(stage, packet->request, "complete_reply", "{\"status\":\"ok\"}");
            going = packet->kind != PACKET_QUIT;
            packet_free(packet);
        }
    }
    struct packet *gone = packet_new(PACKET_GONE, NULL);
    gone->from = ACTOR_AIDE;
    pipe_push(stage->config.replies, gone);
    return NULL;
}

static inline void *front(void *state)
{
    struct stage *stage = state;
    stage->orderly = front_run(&stage->config);
    return NULL;
}

static inline void *open_socket(struct stage *stage, int kind, enum port port)
{
    char endpoint[CONNECTION_ENDPOINT_SIZE];
    struct error err = {0};
    int limit = PATIENCE_MS, zero = 0;
    void *socket = zmq_socket(stage->context, kind);
    (void)zmq_setsockopt(socket, ZMQ_RCVTIMEO, &limit, sizeof limit);
    (void)zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    if (kind == ZMQ_SUB)
        (void)zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    else
        (void)zmq_setsockopt(socket, ZMQ_IDENTITY, "front-end", 9);
    assert_true(connection_endpoint(&stage->connection, port, endpoint, &err));
    assert_int_equal(zmq_connect(socket, endpoint), 0);
    return socket;
}

/* The next message of a socket. The caller releases it. */
static inline struct request *receive(struct stage *stage, void *socket)
{
    struct frame frames[16];
    size_t count = 0;
    for (int more = 1; more && count < COUNT(frames);) {
        char bytes[4096];
        int size = zmq_recv(socket, bytes, sizeof bytes, 0);
        assert_in_range(size, 0, sizeof bytes);
        frames[count].data = arena_strndup(stage->arena, bytes, (size_t)size);
        frames[count++].size = (size_t)size;
        size_t length = sizeof more;
        (void)zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &length);
    }
    struct request *request = NULL;
    struct error err = {0};
    if (!wire_read(stage->wire, frames, count, &request, &err))
        fail_msg("%s", err.message);
    return request;
}

static inline void assert_next(struct stage *stage, void *socket, const char *type,
                               const char *member, const char *value)
{
    struct request *request = receive(stage, socket);
    if (strcmp(request->type, type) != 0 ||
        (member && strcmp(json_get_string(request->content, member, ""), value) != 0))
        fail_msg("%s came instead of %s %s", request->type, type, member ? value : "");
    request_release(request);
}

/* iopub, one after the other: "busy", "idle" and "starting" are statuses, other words message
 * types. */
static inline void assert_published(struct stage *stage, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool status = strcmp(words[i], "busy") == 0 || strcmp(words[i], "idle") == 0 ||
                      strcmp(words[i], "starting") == 0;
        assert_next(stage, stage->iopub, status ? "status" : words[i],
                    status ? "execution_state" : NULL, words[i]);
    }
}

static inline void send_raw(void *socket, const char *header, const char *content)
{
    struct frame parts[] = {
        {header, strlen(header)}, {"{}", 2}, {"{}", 2}, {content, strlen(content)}};
    char signature[WIRE_SIGNATURE_SIZE];
    struct hmac *hmac = hmac_new("hmac-sha256", KEY, strlen(KEY));
    hmac_begin(hmac);
    for (size_t i = 0; i < COUNT(parts); i++)
        hmac_add(hmac, parts[i].data, parts[i].size);
    size_t size = hmac_end_hex(hmac, signature);
    hmac_free(hmac);
    (void)zmq_send(socket, WIRE_DELIMITER, strlen(WIRE_DELIMITER), ZMQ_SNDMORE);
    (void)zmq_send(socket, signature, size, ZMQ_SNDMORE);
    for (size_t i = 0; i < COUNT(parts); i++)
        (void)zmq_send(socket, parts[i].data, parts[i].size,
                       i + 1 < COUNT(parts) ? ZMQ_SNDMORE : 0);
}

/* `made`: the header's date. */
static inline void send_made(struct stage *stage, void *socket, const char *type,
                             const char *content, int64_t made)
{
    char date[TIME_TEXT_SIZE];
    const char *header = arena_printf(
        stage->arena, "{\"msg_id\":\"m%d\",\"session\":\"s\",\"date\":\"%s\",\"msg_type\":\"%s\"}",
        stage->sent++, time_iso(made, date), type);
    send_raw(socket, header, content);
}

static inline void send_now(struct stage *stage, void *socket, const char *type,
                            const char *content)
{
    send_made(stage, socket, type, content, time_now());
}

static inline int set_up_with(void **state, int64_t patience)
{
    static struct stage stage;
    struct error err = {0};
    stage = (struct stage){.arena = arena_new()};
    stage.folder = arena_printf(stage.arena, "/tmp/front-test-%ld", (long)getpid());
    if (!file_make_folder(stage.folder, 0700, &err))
        return -1;
    stage.connection = (struct connection){.transport = "ipc",
                                           .ip = file_join(stage.arena, stage.folder, "k"),
                                           .ports = {1, 2, 3, 4, 5},
                                           .scheme = "hmac-sha256",
                                           .key = KEY};
    stage.wire = wire_new("hmac-sha256", KEY, strlen(KEY), &err);
    if (!sockets_open(&stage.sockets, &stage.connection, &err))
        return -1;
    stage.config = (struct front_config){
        .sockets = &stage.sockets,
        .connection = &stage.connection,
        .wire = wire_new("hmac-sha256", KEY, strlen(KEY), &err),
        .main = {.cancel = cancel_new(), .worker = pipe_new(), .answers = pipe_new()},
        .aide = pipe_new(),
        .inbox = pipe_new(),
        .replies = pipe_new(),
        .patience = patience,
        .window = 1, /* a flood may be one here */
        .blank = blank};
    stage.context = zmq_ctx_new();
    stage.shell = open_socket(&stage, ZMQ_DEALER, PORT_SHELL);
    stage.control = open_socket(&stage, ZMQ_DEALER, PORT_CONTROL);
    stage.input = open_socket(&stage, ZMQ_DEALER, PORT_STDIN);
    stage.iopub = open_socket(&stage, ZMQ_SUB, PORT_IOPUB);
    *state = &stage;
    bool ok = pthread_create(&stage.worker, NULL, worker, &stage) == 0 &&
              pthread_create(&stage.aide, NULL, aide, &stage) == 0 &&
              pthread_create(&stage.front, NULL, front, &stage) == 0;
    static const char *const first[] = {"iopub_welcome", "starting"};
    assert_published(&stage, first, COUNT(first));
    return ok ? 0 : -1;
}

static inline int set_up(void **state)
{
    return set_up_with(state, 0);
}

static inline int set_up_patient(void **state)
{
    return set_up_with(state, 60000000);
}

static inline int set_up_impatient(void **state)
{
    return set_up_with(state, 100000);
}

/* When the front has ended. */
static inline int strike(struct stage *stage)
{
    stage->released = true;
    (void)pthread_join(stage->worker, NULL);
    (void)pthread_join(stage->aide, NULL);
    sockets_close(&stage->sockets);
    void *const sockets[] = {stage->shell, stage->control, stage->input, stage->iopub};
    for (size_t i = 0; i < COUNT(sockets); i++)
        (void)zmq_close(sockets[i]);
    (void)zmq_ctx_term(stage->context);
    struct pipe *const pipes[] = {stage->config.main.worker, stage->config.aide,
                                  stage->config.main.answers, stage->config.inbox,
                                  stage->config.replies};
    for (size_t i = 0; i < COUNT(pipes); i++)
        pipe_free(pipes[i]);
    cancel_free(stage->config.main.cancel);
    wire_free(stage->config.wire);
    wire_free(stage->wire);
    struct error err = {0};
    bool ok = file_remove_all(stage->folder, &err);
    arena_free(stage->arena);
    return ok ? 0 : -1;
}

static inline int tear_down(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->control, "shutdown_request", "{\"restart\":true}");
    struct request *request = receive(stage, stage->control);
    bool ok = strcmp(request->type, "shutdown_reply") == 0 &&
              json_get_bool(request->content, "restart", false);
    request_release(request);
    (void)pthread_join(stage->front, NULL);
    ok = ok && stage->orderly;
    return strike(stage) == 0 && ok ? 0 : -1;
}

/* The test has ended the front itself. */
static inline int tear_down_ended(void **state)
{
    return strike(*state);
}

/* Signals go nowhere, as in the kernel. */
static inline void block_signals(void)
{
    sigset_t set;
    (void)sigfillset(&set);
    (void)sigdelset(&set, SIGABRT);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

#endif
