/* The front over real sockets, between a small front end and a worker and an aide that do as their
 * cells say. */
#include "jupyter/front.h"

#include "base/file.h"
#include "base/time.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
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
};

static bool blank(const char *code, size_t size)
{
    (void)code;
    return size == 0;
}

static void reply(const struct stage *stage, struct request *request, const char *type,
                  const char *content)
{
    struct packet *packet = packet_new(PACKET_REPLY, request);
    packet->type = type;
    packet->failed = strstr(content, "\"error\"") != NULL;
    packet->content = xstrdup(content);
    packet->content_size = strlen(content);
    pipe_push(stage->config.inbox, packet);
}

static void publish(const struct stage *stage, struct request *request, const char *content)
{
    struct packet *packet = packet_new(PACKET_PUBLISH, request);
    packet->type = "stream";
    packet->content = xstrdup(content);
    packet->content_size = strlen(content);
    pipe_push(stage->config.inbox, packet);
}

static void ask(const struct stage *stage, struct request *request)
{
    struct packet *packet = packet_new(PACKET_ASK, request);
    packet->type = "input_request";
    packet->content = xstrdup("{\"prompt\":\"?\",\"password\":false}");
    packet->content_size = strlen(packet->content);
    pipe_push(stage->config.inbox, packet);
    packet = pipe_take(stage->config.answers, PATIENCE_MS);
    if (packet)
        publish(stage, request, json_get_string(packet->request->content, "value", "{}"));
    packet_free(packet);
}

/* "fail" fails, "wait" waits for an interrupt, "ask" asks and prints the answer, "print" prints. */
static void run_cell(const struct stage *stage, const struct packet *cell)
{
    const char *code = json_get_string(cell->request->content, "code", "");
    (void)cancel_begin(stage->config.cancel);
    bool failed = strcmp(code, "fail") == 0;
    if (strcmp(code, "wait") == 0) {
        publish(stage, cell->request, "{\"name\":\"stdout\",\"text\":\"waiting\"}");
        while (!cancel_raised(stage->config.cancel))
            (void)poll(NULL, 0, 1);
        failed = true;
    }
    if (strcmp(code, "ask") == 0)
        ask(stage, cell->request);
    if (strcmp(code, "print") == 0)
        publish(stage, cell->request, "{\"name\":\"stdout\",\"text\":\"printed\"}");
    char content[128];
    (void)snprintf(content, sizeof content, "{\"status\":\"%s\",\"execution_count\":%d}",
                   failed ? "error" : "ok", (int)cell->count);
    cancel_end(stage->config.cancel);
    reply(stage, cell->request, "execute_reply", content);
}

static void *worker(void *state)
{
    const struct stage *stage = state;
    for (bool going = true; going;) {
        struct packet *next;
        for (struct packet *packet = pipe_take(stage->config.worker, -1); packet; packet = next) {
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

static void *aide(void *state)
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
    gone->from_aide = true;
    pipe_push(stage->config.inbox, gone);
    return NULL;
}

static void *front(void *state)
{
    struct stage *stage = state;
    stage->orderly = front_run(&stage->config);
    return NULL;
}

static void *open_socket(struct stage *stage, int kind, enum port port)
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
static struct request *receive(struct stage *stage, void *socket)
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

static void assert_next(struct stage *stage, void *socket, const char *type, const char *member,
                        const char *value)
{
    struct request *request = receive(stage, socket);
    if (strcmp(request->type, type) != 0 ||
        (member && strcmp(json_get_string(request->content, member, ""), value) != 0))
        fail_msg("%s came instead of %s %s", request->type, type, member ? value : "");
    request_release(request);
}

/* iopub, one after the other: "busy", "idle" and "starting" are statuses, other words message
 * types. */
static void assert_published(struct stage *stage, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool status = strcmp(words[i], "busy") == 0 || strcmp(words[i], "idle") == 0 ||
                      strcmp(words[i], "starting") == 0;
        assert_next(stage, stage->iopub, status ? "status" : words[i],
                    status ? "execution_state" : NULL, words[i]);
    }
}

static void send_raw(void *socket, const char *header, const char *content)
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
static void send_made(struct stage *stage, void *socket, const char *type, const char *content,
                      int64_t made)
{
    char date[TIME_TEXT_SIZE];
    const char *header = arena_printf(
        stage->arena, "{\"msg_id\":\"m%d\",\"session\":\"s\",\"date\":\"%s\",\"msg_type\":\"%s\"}",
        stage->sent++, time_iso(made, date), type);
    send_raw(socket, header, content);
}

static void send_now(struct stage *stage, void *socket, const char *type, const char *content)
{
    send_made(stage, socket, type, content, time_now());
}

static int set_up(void **state)
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
    stage.config = (struct front_config){.sockets = &stage.sockets,
                                         .connection = &stage.connection,
                                         .wire = wire_new("hmac-sha256", KEY, strlen(KEY), &err),
                                         .cancel = cancel_new(),
                                         .worker = pipe_new(),
                                         .aide = pipe_new(),
                                         .answers = pipe_new(),
                                         .inbox = pipe_new(),
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

static int tear_down(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->control, "shutdown_request", "{\"restart\":true}");
    struct request *request = receive(stage, stage->control);
    bool ok = strcmp(request->type, "shutdown_reply") == 0 &&
              json_get_bool(request->content, "restart", false);
    request_release(request);
    (void)pthread_join(stage->front, NULL);
    (void)pthread_join(stage->worker, NULL);
    (void)pthread_join(stage->aide, NULL);
    sockets_close(&stage->sockets);
    void *const sockets[] = {stage->shell, stage->control, stage->input, stage->iopub};
    for (size_t i = 0; i < COUNT(sockets); i++)
        (void)zmq_close(sockets[i]);
    (void)zmq_ctx_term(stage->context);
    struct pipe *const pipes[] = {stage->config.worker, stage->config.aide, stage->config.answers,
                                  stage->config.inbox};
    for (size_t i = 0; i < COUNT(pipes); i++)
        pipe_free(pipes[i]);
    cancel_free(stage->config.cancel);
    wire_free(stage->config.wire);
    wire_free(stage->wire);
    struct error err = {0};
    ok = file_remove_all(stage->folder, &err) && ok && stage->orderly;
    arena_free(stage->arena);
    return ok ? 0 : -1;
}

static void a_cell_is_told_from_busy_to_idle(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    static const char *const words[] = {"busy", "execute_input", "stream", "idle"};
    assert_published(stage, words, COUNT(words));
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

static void cells_behind_a_failed_one_are_aborted_and_questions_are_not(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"fail\"}");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    send_now(stage, stage->shell, "kernel_info_request", "{}");
    (void)poll(NULL, 0, 10); /* arrives while the reply is held back */
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    assert_next(stage, stage->shell, "kernel_info_reply", "status", "ok");
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    assert_next(stage, stage->shell, "execute_reply", "status", "aborted");
    assert_next(stage, stage->shell, "execute_reply", "status", "aborted");
    send_now(stage, stage->shell, "execute_request",
             "{\"code\":\"print\"}"); /* by someone who knows of the failure */
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
    static const char *const words[] = {"busy",          "execute_input", "busy", "idle", "idle",
                                        "busy",          "idle",          "busy", "idle", "busy",
                                        "execute_input", "stream",        "idle"};
    assert_published(stage, words, COUNT(words));
}

static void a_cell_made_before_the_failure_was_told_is_aborted_when_it_comes_late(void **state)
{
    struct stage *stage = *state;
    int64_t made = time_now();
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"fail\"}", made);
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"print\"}", made + 1);
    assert_next(stage, stage->shell, "execute_reply", "status", "aborted");
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"print\"}",
              time_now() + 60000000);
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

static void stop_on_error_false_lets_the_rest_run(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"fail\",\"stop_on_error\":false}");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

static void an_interrupt_ends_the_cell_and_those_behind_it(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"wait\",\"stop_on_error\":false}");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    static const char *const started[] = {"busy", "execute_input", "stream"};
    assert_published(stage, started, COUNT(started));
    send_now(stage, stage->control, "interrupt_request", "{}");
    assert_next(stage, stage->control, "interrupt_reply", "status", "ok");
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    assert_next(stage, stage->shell, "execute_reply", "status", "aborted");
    send_now(stage, stage->control, "interrupt_request", "{}"); /* nothing runs: nothing happens */
    assert_next(stage, stage->control, "interrupt_reply", "status", "ok");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

static void after_a_question_during_a_cell_the_kernel_says_again_that_it_is_busy(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"wait\"}");
    struct request *busy = receive(stage, stage->iopub);
    static const char *const started[] = {"execute_input", "stream"};
    assert_published(stage, started, COUNT(started));
    send_now(stage, stage->shell, "complete_request", "{\"code\":\"\"}");
    assert_next(stage, stage->shell, "complete_reply", "status", "ok");
    static const char *const answered[] = {"busy", "idle"};
    assert_published(stage, answered, COUNT(answered));
    struct request *again = receive(stage, stage->iopub);
    assert_string_equal(json_get_string(again->content, "execution_state", ""), "busy");
    assert_string_equal(json_get_string(again->parent, "msg_id", ""),
                        json_get_string(busy->parent, "msg_id", "x"));
    assert_int_equal(again->sent, busy->sent); /* with the date of the first */
    request_release(again);
    request_release(busy);
    send_now(stage, stage->control, "kernel_info_request", "{}");
    assert_next(stage, stage->control, "kernel_info_reply", "status", "ok");
    send_now(stage, stage->control, "interrupt_request", "{}");
    static const char *const rest[] = {"busy", "idle", "busy", "idle",
                                       "idle"}; /* untracked: no third busy */
    assert_published(stage, rest, COUNT(rest));
    assert_next(stage, stage->control, "interrupt_reply", "status", "ok");
}

static void an_answer_goes_to_the_cell_that_asked_and_stale_ones_to_nobody(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->input, "input_reply", "{\"value\":\"{\\\"text\\\":\\\"stale\\\"}\"}");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"ask\"}");
    assert_next(stage, stage->input, "input_request", "prompt", "?");
    send_raw(stage->input, "{\"msg_id\":\"w\",\"msg_type\":\"wrong\"}",
             "{\"value\":\"{\\\"text\\\":\\\"no\\\"}\"}");
    send_now(stage, stage->input, "input_reply", "{\"value\":\"{\\\"text\\\":\\\"yes\\\"}\"}");
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
    static const char *const words[] = {"busy", "execute_input"};
    assert_published(stage, words, COUNT(words));
    assert_next(stage, stage->iopub, "stream", "text", "yes");
}

static void a_silent_or_empty_cell_says_nothing(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"x\",\"silent\":true}");
    static const char *const silent[] = {"busy", "idle"};
    assert_published(stage, silent, COUNT(silent));
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"\"}");
    static const char *const empty[] = {"busy", "execute_input", "idle"};
    assert_published(stage, empty, COUNT(empty));
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"x\"}");
    for (int expected = 0; expected < 3; expected++) {
        struct request *request = receive(stage, stage->shell);
        assert_int_equal(json_get_int(request->content, "execution_count", -1), expected == 2);
        request_release(request);
    }
}

static void unknown_messages_and_comms_are_borne(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "debug_request", "{}");
    static const char *const unknown[] = {"busy", "idle"};
    assert_published(stage, unknown, COUNT(unknown));
    send_now(stage, stage->shell, "comm_open",
             "{\"comm_id\":\"c1\",\"target_name\":\"t\",\"data\":{}}");
    assert_next(stage, stage->iopub, "status", "execution_state", "busy");
    assert_next(stage, stage->iopub, "comm_close", "comm_id", "c1");
    assert_next(stage, stage->iopub, "status", "execution_state", "idle");
    send_now(stage, stage->shell, "comm_msg", "{\"comm_id\":\"c1\",\"data\":{}}");
    assert_published(stage, unknown, COUNT(unknown));
}

static void broken_messages_are_dropped_and_the_next_is_served(void **state)
{
    struct stage *stage = *state;
    void *const sockets[] = {stage->shell, stage->control, stage->input};
    for (size_t i = 0; i < COUNT(sockets); i++) {
        (void)zmq_send(sockets[i], "junk", 4, 0);
        (void)zmq_send(sockets[i], WIRE_DELIMITER, strlen(WIRE_DELIMITER), ZMQ_SNDMORE);
        for (int frame = 0; frame < 200; frame++)
            (void)zmq_send(sockets[i], "", 0, frame < 199 ? ZMQ_SNDMORE : 0);
        send_raw(sockets[i], arena_printf(stage->arena, "{\"msg_id\":%zu", i), "{}");
        send_raw(sockets[i], arena_printf(stage->arena, "{\"x\":%zu}", i), "{}");
    }
    send_now(stage, stage->shell, "kernel_info_request", "{}");
    assert_next(stage, stage->shell, "kernel_info_reply", "status", "ok");
    send_now(stage, stage->control, "kernel_info_request", "{}");
    assert_next(stage, stage->control, "kernel_info_reply", "status", "ok");
    static const char *const words[] = {"busy", "idle", "busy",
                                        "idle"}; /* and nothing of the broken ones */
    assert_published(stage, words, COUNT(words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cell_is_told_from_busy_to_idle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cells_behind_a_failed_one_are_aborted_and_questions_are_not,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_cell_made_before_the_failure_was_told_is_aborted_when_it_comes_late, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(stop_on_error_false_lets_the_rest_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupt_ends_the_cell_and_those_behind_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            after_a_question_during_a_cell_the_kernel_says_again_that_it_is_busy, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            an_answer_goes_to_the_cell_that_asked_and_stale_ones_to_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_or_empty_cell_says_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_messages_and_comms_are_borne, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken_messages_are_dropped_and_the_next_is_served, set_up,
                                        tear_down),
    };
    sigset_t set;
    (void)sigfillset(&set);
    (void)sigdelset(&set, SIGABRT);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
