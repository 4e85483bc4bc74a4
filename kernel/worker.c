#include "worker.h"

#include "aide.h"
#include "base/buf.h"
#include "base/log.h"
#include "case/commons.h"
#include "case/record.h"
#include "desk.h"
#include "lake/lake.h"
#include "response/recover.h"
#include "worker_cell.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REST_MS 100 /* without a cell: then the disk has time */

/* What the thread owns. */
struct bench {
    const struct worker *worker;
    struct session *session;
    bool opened;                   /* the case, by a cell */
    struct desk *desk;             /* NULL: of a subshell */
    const struct catalog *catalog; /* also sent to the aide */
    bool save_failed;              /* told once */
};

/* For all sessions of the kernel, as the last one of this case left it. What could not be opened
 * again is said in the first cell. */
static bool restore(struct session *session, struct outputs *outputs)
{
    struct buf lost;
    struct error trouble = {0};
    buf_init(&lost, 4096);
    bool restored = session_restore(session, lake_reopen, &lost, &trouble);
    bool stopped = !restored && trouble.kind == ERROR_INTERRUPTED;
    if (!restored && !stopped)
        outputs_warn(outputs, "the case could not be opened again: %s", trouble.message);
    if (!stopped)
        response_cut_off(session, &lost);
    if (lost.size && !stopped)
        outputs_warn(outputs, "%s", lost.data);
    buf_release(&lost);
    return !stopped;
}

static void open_case(struct bench *bench, struct running *running)
{
    struct commons *commons = bench->worker->commons;
    bool ours = false;
    if (bench->opened)
        return;
    bool done = commons_restore(commons, bench->worker->cancel, &ours);
    if (ours) {
        done = restore(bench->session, running->outputs);
        commons_restored(commons, done);
    }
    bench->opened = done; /* else this cell was stopped, and the next one does it */
    if (done && bench->desk)
        desk_take_up(bench->desk, running);
}

static void save_session(struct bench *bench)
{
    struct error err = {0};
    if (session_save(bench->session, &err) || bench->save_failed)
        return;
    bench->save_failed = true;
    log_error("worker", &err);
}

/* Sends the names to the aide if the cell has changed them. */
static void share_names(struct bench *bench)
{
    const struct catalog *catalog = session_snapshot(bench->session);
    if (!catalog)
        return;
    catalog_release(bench->catalog);
    bench->catalog = catalog;
    aide_tell_catalog(bench->worker->aide, catalog_hold(catalog),
                      session_snapshot_serial(bench->session));
}

static json_t *expressions(struct running *running)
{
    json_t *replies = json_object();
    const json_t *asked = json_object_get(running->request->content, "user_expressions");
    const char *name;
    json_t *expression;
    void *iterator = json_object_iter(
        (json_t *)(uintptr_t)asked); /* jansson's iterators are not const, but only read */
    for (; iterator; iterator = json_object_iter_next((json_t *)(uintptr_t)asked, iterator)) {
        name = json_object_iter_key(iterator);
        expression = json_object_iter_value(iterator);
        const char *text = json_is_string(expression) ? json_string_value(expression) : "";
        (void)json_object_set_new(replies, name, running_expression(running, text));
    }
    return replies;
}

/* The plain reply of most cells, without building an object. */
static char *plain_reply(const struct running *running)
{
    char text[128];
    (void)snprintf(
        text, sizeof text,
        "{\"status\":\"ok\",\"execution_count\":%lld,\"user_expressions\":{},\"payload\":[]}",
        (long long)running->count);
    return xstrdup(text);
}

static char *ok_reply(struct running *running)
{
    bool asked =
        json_object_size(json_object_get(running->request->content, "user_expressions")) > 0;
    if (!asked && !json_array_size(running->payload))
        return plain_reply(running);
    json_t *content = json_object();
    (void)json_object_set_new(content, "status", json_texts("ok"));
    (void)json_object_set_new(content, "execution_count", json_integer(running->count));
    (void)json_object_set_new(content, "user_expressions", expressions(running));
    (void)json_object_set(content, "payload", running->payload);
    char *text = json_dumps(content, JSON_COMPACT);
    json_decref(content);
    return text;
}

/* The error is shown once, and stands in the reply in the same words. */
static char *error_reply(struct running *running, const struct error *err)
{
    json_t *content = json_object();
    running_error(content, err, running);
    if (!running->silent)
        running_publish(running, "error", json_dumps(content, JSON_COMPACT));
    (void)json_object_set_new(content, "status", json_texts("error"));
    (void)json_object_set_new(content, "execution_count", json_integer(running->count));
    (void)json_object_set_new(content, "user_expressions", json_object());
    (void)json_object_set_new(content, "payload", json_array());
    char *text = json_dumps(content, JSON_COMPACT);
    json_decref(content);
    return text;
}

static void tell_history(const struct running *running)
{
    if (running->silent || !json_get_bool(running->request->content, "store_history", true))
        return;
    struct history_line line = {.count = running->count,
                                .input = running->code,
                                .input_size = running->size,
                                .output = running->result,
                                .output_size = running->result_size};
    aide_tell_line(running->worker->aide, &line);
}

static void begin_cell(const struct running *running)
{
    struct record_cell cell = {
        .source = running->code, .size = running->size, .silent = running->silent};
    session_begin_cell(running->session, running->count,
                       json_get_string(running->request->metadata, "cellId", NULL));
    record_cell(running->session, &cell);
}

static void tell_trouble(const struct running *running)
{
    const char *trouble = record_trouble(running->session, running->arena);
    if (trouble)
        outputs_warn(running->outputs, "what is done here is not recorded: %s", trouble);
}

/* Statements, outputs, names, history, reply: in this order, so that whoever has the reply finds
 * all the rest. */
static struct packet *run_cell(struct bench *bench, struct running *running)
{
    struct error err = {0};
    struct output_sink sink = {.emit = running_emit, .state = running, .gathers = true};
    running->outputs = outputs_new(&sink);
    open_case(bench, running);
    begin_cell(running);
    bool ok = running_run(running, &err);
    tell_trouble(running);
    outputs_finish(running->outputs);
    outputs_free(running->outputs);
    running_end_surplus(running);
    struct packet *reply = packet_new(PACKET_REPLY, running->request);
    reply->type = "execute_reply";
    reply->failed = !ok;
    reply->content = ok ? ok_reply(running) : error_reply(running, &err);
    reply->content_size = reply->content ? strlen(reply->content) : 0;
    running_keep_shown(running);
    share_names(bench);
    if (bench->desk)
        desk_share_keys(bench->desk, bench->session);
    tell_history(running);
    return reply;
}

static void work(struct bench *bench, const struct packet *packet)
{
    const json_t *code = json_object_get(packet->request->content, "code");
    struct arena *arena = arena_new();
    struct running running = {
        .worker = bench->worker,
        .session = bench->session,
        .desk = bench->desk,
        .request = packet->request,
        .catalog = bench->catalog,
        .arena = arena,
        .code = json_is_string(code) ? json_string_value(code) : "",
        .size = json_string_length(code),
        .count = packet->count,
        .silent = json_get_bool(packet->request->content, "silent", false),
        .payload = json_own(arena, json_array()),
    };
    (void)cancel_begin(bench->worker->cancel);
    struct packet *reply = run_cell(bench, &running);
    cancel_end(bench->worker->cancel);
    session_end_cell(bench->session);
    save_session(bench); /* before the reply: a kernel killed after it has lost no lake */
    pipe_push(bench->worker->front, reply);
    arena_free(arena);
}

/* What jobs brought is kept between cells: a stop of the next cell ends it, and it is tried again
 * after that. */
static void take_news(struct bench *bench)
{
    struct cancel *cancel = bench->worker->cancel;
    (void)cancel_begin(cancel);
    bool changed = desk_news(bench->desk, bench->opened ? bench->session : NULL);
    cancel_end(cancel);
    session_end_cell(bench->session);
    if (!changed)
        return;
    share_names(bench);
    save_session(bench);
}

static bool take_packets(struct bench *bench)
{
    bool going = true;
    struct packet *next;
    for (struct packet *packet = pipe_take(bench->worker->pipe, 0); packet; packet = next) {
        next = packet->next;
        packet->next = NULL;
        if (packet->kind == PACKET_REQUEST)
            work(bench, packet);
        going = going && packet->kind != PACKET_QUIT;
        packet_free(packet);
    }
    return going;
}

/* Until there is something to do. What was recorded is synced when no cell comes at once. */
static void wait_for_work(struct bench *bench)
{
    const struct worker *worker = bench->worker;
    struct pollfd fds[] = {{.fd = pipe_fd(worker->pipe), .events = POLLIN},
                           {.fd = worker->news ? pipe_fd(worker->news) : -1, .events = POLLIN}};
    bool again = bench->desk && desk_pending(bench->desk);
    int patience = again ? 0 : record_is_restless(bench->session) ? REST_MS : -1;
    if (!poll(fds, COUNT(fds), patience) && !again) {
        (void)record_rest(bench->session);
        session_end_cell(bench->session);
    }
    if (bench->desk && (fds[1].revents || again))
        take_news(bench);
}

static void tell(const struct worker *worker, struct pipe *front, enum packet_kind kind)
{
    struct packet *packet = packet_new(kind, NULL);
    packet->worker = worker->subshell ? worker->pipe : NULL;
    pipe_push(front, packet);
}

void *worker_run(void *state)
{
    const struct worker *worker = state;
    struct bench bench = {.worker = worker, .catalog = catalog_share(catalog_new())};
    bench.session = session_beside(worker->commons, worker->notebook, worker->subshell);
    session_stopped_by(bench.session, worker->cancel);
    bench.desk = worker->jobs ? desk_new(worker) : NULL;
    tell(worker, worker->ready, PACKET_READY);
    do
        wait_for_work(&bench);
    while (take_packets(&bench));
    save_session(&bench);
    desk_free(bench.desk);
    session_free(bench.session);
    catalog_release(bench.catalog);
    tell(worker, worker->front, PACKET_GONE);
    return NULL;
}
