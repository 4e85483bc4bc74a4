#include "jupyter/front_state.h"

#include "base/text.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define ABORTED "{\"status\":\"aborted\"}"
#define METADATA_SIZE 256
#define KICK_AFTER 1000000 /* the aide writes history at most a second after the cell */

/* {"started": ..., "status": ..., "dependencies_met": true, "engine": ...}: front ends take a
 * cell's timing from it. */
static void reply_metadata(struct front *front, struct buf *out, int64_t started,
                           const char *status)
{
    char date[TIME_TEXT_SIZE];
    buf_init(out, METADATA_SIZE);
    buf_addf(out,
             "{\"started\":\"%s\",\"status\":\"%s\",\"dependencies_met\":true,\"engine\":\"%s\"}",
             time_iso(started, date), status, wire_session(front->wire));
}

static void execute_reply(struct front *front, const struct request *request, struct frame content,
                          const char *status)
{
    struct buf metadata;
    reply_metadata(front, &metadata, front->busy_since, status);
    struct message message = {.type = "execute_reply",
                              .parent = request->header,
                              .metadata = {metadata.data, metadata.size},
                              .content = content};
    front_reply(front, request, &message);
    buf_release(&metadata);
}

static void abort_one(struct front *front, const struct request *request)
{
    front->busy_since = time_now();
    front_status(front, request, "busy", front->busy_since);
    execute_reply(front, request, (struct frame){ABORTED, strlen(ABORTED)}, "aborted");
    front_status(front, request, "idle", 0);
}

static struct packet *take_waiting(struct front *front)
{
    struct packet *packet = front->first_waiting;
    if (!packet)
        return NULL;
    front->first_waiting = packet->next;
    if (!front->first_waiting)
        front->last_waiting = NULL;
    packet->next = NULL;
    if (front->config->vitals)
        front->config->vitals->cells_waiting--;
    return packet;
}

static void abort_waiting(struct front *front)
{
    for (struct packet *packet = take_waiting(front); packet; packet = take_waiting(front)) {
        abort_one(front, packet->request);
        packet_free(packet);
    }
}

/* "Run all" sends every cell at once, and a server may still be forwarding the rest when the first
   has failed. Such a cell was made before the failure was told, by the same front end; one that was
   made after it is a new wish and is run. */
static void open_window(struct front *front, const struct request *failed, int64_t told)
{
    struct aborting *aborting = &front->aborting;
    *aborting = (struct aborting){.until = time_monotonic() + FRONT_ABORT_GRACE,
                                  .replied = told,
                                  .sent = failed->sent,
                                  .clock_skew = failed->received - failed->sent};
    size_t size = strlen(failed->session);
    memcpy(aborting->session, failed->session,
           size < sizeof aborting->session ? size : sizeof aborting->session - 1);
}

#define SECOND 1000000
#define DATE_COARSENESS 2000 /* front ends write milliseconds */

/* A front end that writes whole seconds cannot tell before from after. */
static bool is_exact(int64_t sent)
{
    return sent % SECOND != 0;
}

static bool in_window(struct front *front, const struct request *request)
{
    const struct aborting *aborting = &front->aborting;
    return aborting->until && time_monotonic() < aborting->until && is_exact(aborting->sent) &&
           is_exact(request->sent) && request->sent > aborting->sent &&
           request->sent + aborting->clock_skew + DATE_COARSENESS <= aborting->replied &&
           strncmp(request->session, aborting->session, sizeof aborting->session - 1) == 0;
}

static bool wants_silence(const struct request *request)
{
    return json_get_bool(request->content, "silent", false);
}

static bool stops_others(const struct request *request)
{
    return json_get_bool(request->content, "stop_on_error", true) && !wants_silence(request);
}

static void execute_input(struct front *front, const struct request *request, const char *code,
                          int64_t count)
{
    struct buf content;
    size_t size = json_string_length(json_object_get(request->content, "code"));
    buf_init(&content, 8 * size + 128);
    buf_adds(&content, "{\"code\":");
    text_json(&content, code, size);
    buf_addf(&content, ",\"execution_count\":%lld}", (long long)count);
    struct message message = {.type = "execute_input",
                              .parent = request->header,
                              .content = {content.data, content.size}};
    front_publish(front, &message);
    buf_release(&content);
}

/* Tells that the cell begins. False if there is nothing in it: then it has been answered. */
static bool begin(struct front *front, struct packet *cell)
{
    const struct request *request = cell->request;
    const json_t *text = json_object_get(request->content, "code");
    const char *code = json_is_string(text) ? json_string_value(text) : "";
    bool silent = wants_silence(request),
         blank = front->config->blank(code, json_string_length(text));
    if (!blank && !silent && json_get_bool(request->content, "store_history", true))
        front->count++;
    cell->count = front->count;
    front->busy_since = time_now();
    front_status(front, request, "busy", front->busy_since);
    if (!silent)
        execute_input(front, request, code, cell->count);
    if (!blank || json_object_size(json_object_get(request->content, "user_expressions")))
        return true;
    struct buf content;
    buf_init(&content, 256);
    buf_addf(&content,
             "{\"status\":\"ok\",\"execution_count\":%lld,\"user_expressions\":{},\"payload\":[]}",
             (long long)front->count);
    execute_reply(front, request, (struct frame){content.data, content.size}, "ok");
    buf_release(&content);
    front_status(front, request, "idle", 0);
    return false;
}

void front_next(struct front *front)
{
    while (!front->running) {
        struct packet *cell = take_waiting(front);
        if (!cell)
            return;
        if (!begin(front, cell)) {
            packet_free(cell);
            continue;
        }
        front->running = request_hold(cell->request);
        pipe_push(front->config->worker, cell);
    }
}

void front_execute(struct front *front, struct request *request)
{
    if (!front->running && (front->stop_by || in_window(front, request))) {
        abort_one(front, request);
        return;
    }
    struct packet *cell = packet_new(PACKET_REQUEST, request);
    if (front->last_waiting)
        front->last_waiting->next = cell;
    else
        front->first_waiting = cell;
    front->last_waiting = cell;
    if (front->config->vitals)
        front->config->vitals->cells_waiting++;
    front_next(front);
}

void front_interrupt(struct front *front)
{
    if (!front->running)
        return;
    if (!front->interrupting)
        front->interrupted_at = time_monotonic();
    front->interrupting = true;
    front->cancel_at = time_monotonic() + FRONT_CANCEL_PERIOD;
    (void)cancel_raise(front->config->cancel);
    if (front->held)
        front_release(front);
}

/* `told` is a time before the reply went out: who reacts to the reply is later than that. */
static void cell_done(struct front *front, const struct packet *reply, int64_t told)
{
    struct request *request = front->running;
    if (front->interrupting && front->config->vitals)
        front->config->vitals->interrupt_us = time_monotonic() - front->interrupted_at;
    bool abort = front->interrupting || (reply->failed && stops_others(request));
    front->running = NULL;
    front->interrupting = front->asking = false;
    front->cancel_at = 0;
    if (!front->kick_at)
        front->kick_at = time_monotonic() + KICK_AFTER;
    if (abort) {
        open_window(front, request, told);
        abort_waiting(front);
    }
    request_release(request);
    front_next(front);
}

static void finish_cell(struct front *front, const struct packet *reply)
{
    struct frame content = {reply->content, reply->content_size};
    int64_t told = time_now();
    execute_reply(front, reply->request, content, reply->failed ? "error" : "ok");
    front_status(front, reply->request, "idle", 0);
    cell_done(front, reply, told);
}

void front_release(struct front *front)
{
    struct packet *reply = front->held;
    front->held = NULL;
    front->held_until = 0;
    finish_cell(front, reply);
    packet_free(reply);
}

/* The reply to a failed cell waits a moment: what arrives until then was sent by someone who could
   not know of the failure, so it is aborted; what arrives later may be an answer to it. True if the
   packet was taken. */
static bool hold(struct front *front, struct packet *reply)
{
    if (!reply->failed || !stops_others(reply->request) || front->interrupting || front->stop_by)
        return false;
    front->held = reply;
    front->held_until = time_monotonic() + FRONT_ABORT_HOLD;
    return true;
}

static void send_reply(struct front *front, const struct packet *packet)
{
    struct frame content = {packet->content, packet->content_size};
    struct message message = {
        .type = packet->type, .parent = packet->request->header, .content = content};
    front_reply(front, packet->request, &message);
    front_status(front, packet->request, "idle", 0);
    /* Front ends would take that idle for the kernel's: say again that the cell runs, with the date
     * they know. */
    if (front->running && front_tracks(packet->request->type))
        front_status(front, front->running, "busy", front->busy_since);
}

/* Replies to older questions are thrown away before a new one is asked. */
static void ask(struct front *front, const struct packet *packet)
{
    size_t count = 0;
    do {
        struct frame frames[WIRE_FRAMES];
        sockets_receive(front->sockets->sockets[PORT_STDIN], front->scratch, frames, &count);
        arena_reset(front->scratch);
    } while (count);
    struct message message = {.type = "input_request",
                              .parent = packet->request->header,
                              .content = {packet->content, packet->content_size}};
    front_send(front, packet->request, PORT_STDIN, &message);
    front->asking = true;
    size_t size = strlen(wire_last_id(front->wire));
    memcpy(front->ask_id, wire_last_id(front->wire),
           size + 1 < sizeof front->ask_id ? size + 1 : 0);
}

/* Who was asked is the one who sent the running cell. */
static bool is_asked(const struct front *front, const struct request *request)
{
    const struct request *cell = front->running;
    if (!cell || cell->identity_count != request->identity_count)
        return false;
    for (size_t i = 0; i < cell->identity_count; i++)
        if (cell->identities[i].size != request->identities[i].size ||
            memcmp(cell->identities[i].data, request->identities[i].data,
                   cell->identities[i].size) != 0)
            return false;
    return true;
}

/* A reply that names another question answers that one: it came too late. One that names none is
 * taken. */
void front_input_reply(struct front *front, struct request *request)
{
    const char *asked = json_get_string(request->parent, "msg_id", "");
    if (!front->asking || strcmp(request->type, "input_reply") != 0 || !is_asked(front, request) ||
        (*asked && strcmp(asked, front->ask_id) != 0))
        return;
    front->asking = false;
    pipe_push(front->config->answers, packet_new(PACKET_REQUEST, request));
}

/* The worker does not come back and the process ends without it: whoever waits for the cell is
 * told, and whoever waits behind it. */
void front_abandon(struct front *front)
{
    static const char error[] =
        "\"ename\":\"Interrupted\",\"evalue\":\"the kernel ended before the cell had stopped\","
        "\"traceback\":[\"Interrupted: the kernel ended before the cell had stopped\"]";
    struct request *request = front->running;
    front_flush(front);
    if (!request)
        return;
    struct buf content;
    buf_init(&content, 1024);
    buf_addf(&content, "{%s}", error);
    if (!wants_silence(request))
        front_publish_text(front, request, "error", content.data);
    buf_clear(&content);
    buf_addf(&content, "{\"status\":\"error\",\"execution_count\":%lld,%s}",
             (long long)front->count, error);
    execute_reply(front, request, (struct frame){content.data, content.size}, "error");
    buf_release(&content);
    front_status(front, request, "idle", 0);
    abort_waiting(front);
}

static void drop_chain(struct packet *packet)
{
    while (packet) {
        struct packet *next = packet->next;
        packet_free(packet);
        packet = next;
    }
}

void front_drop_packets(struct front *front)
{
    drop_chain(front->first_waiting);
    drop_chain(front->taken);
    packet_free(front->held);
}

void front_packet(struct front *front, struct packet *packet)
{
    struct message message = {.type = packet->type,
                              .content = {packet->content, packet->content_size}};
    switch (packet->kind) {
    case PACKET_PRINT:
        front_print(front, packet);
        break;
    case PACKET_PUBLISH:
        front_flush(front);
        message.parent = packet->request->header;
        message.metadata = (struct frame){packet->metadata, packet->metadata_size};
        front_output(front, &message);
        break;
    case PACKET_REPLY:
        if (packet->request != front->running) {
            send_reply(front, packet);
            break;
        }
        front_flush(front);
        if (hold(front, packet))
            return;
        finish_cell(front, packet);
        break;
    case PACKET_ASK:
        front_flush(front);
        ask(front, packet);
        break;
    case PACKET_GONE:
        front->gone[packet->from] = true;
        break;
    case PACKET_REQUEST:
    case PACKET_QUIT:
    case PACKET_NEWS:
        break; /* never sent to the front */
    }
    packet_free(packet);
}
