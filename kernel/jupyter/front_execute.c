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

static void execute_reply(struct front *front, const struct lane *lane,
                          const struct request *request, struct frame content, const char *status)
{
    struct buf metadata;
    reply_metadata(front, &metadata, lane->busy_since, status);
    struct message message = {.type = "execute_reply",
                              .parent = request->header,
                              .metadata = {metadata.data, metadata.size},
                              .content = content};
    front_reply(front, request, &message);
    buf_release(&metadata);
}

static void abort_one(struct front *front, struct lane *lane, const struct request *request)
{
    lane->busy_since = time_now();
    front_status(front, request, "busy", lane->busy_since);
    execute_reply(front, lane, request, (struct frame){ABORTED, strlen(ABORTED)}, "aborted");
    front_status(front, request, "idle", 0);
}

static struct packet *take_waiting(struct front *front, struct lane *lane)
{
    struct packet *packet = lane->first_waiting;
    if (!packet)
        return NULL;
    lane->first_waiting = packet->next;
    if (!lane->first_waiting)
        lane->last_waiting = NULL;
    packet->next = NULL;
    if (front->config->vitals)
        front->config->vitals->cells_waiting--;
    return packet;
}

void front_abort_waiting(struct front *front, struct lane *lane)
{
    struct packet *packet;
    while ((packet = take_waiting(front, lane))) {
        abort_one(front, lane, packet->request);
        packet_free(packet);
    }
}

/* "Run all" sends every cell at once, and a server may still be forwarding the rest when the first
   has failed. Such a cell was made before the failure was told, by the same front end; one that was
   made after it is a new wish and is run. */
static void open_window(struct lane *lane, const struct request *failed, int64_t told)
{
    struct aborting *aborting = &lane->aborting;
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

static bool in_window(const struct lane *lane, const struct request *request)
{
    const struct aborting *aborting = &lane->aborting;
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
static bool begin(struct front *front, struct lane *lane, struct packet *cell)
{
    const struct request *request = cell->request;
    const json_t *text = json_object_get(request->content, "code");
    const char *code = json_is_string(text) ? json_string_value(text) : "";
    bool silent = wants_silence(request),
         blank = front->config->blank(code, json_string_length(text));
    if (!blank && !silent && json_get_bool(request->content, "store_history", true))
        front->count++;
    cell->count = front->count;
    lane->busy_since = time_now();
    front_status(front, request, "busy", lane->busy_since);
    if (!silent)
        execute_input(front, request, code, cell->count);
    if (!blank || json_object_size(json_object_get(request->content, "user_expressions")))
        return true;
    struct buf content;
    buf_init(&content, 256);
    buf_addf(&content,
             "{\"status\":\"ok\",\"execution_count\":%lld,\"user_expressions\":{},\"payload\":[]}",
             (long long)front->count);
    execute_reply(front, lane, request, (struct frame){content.data, content.size}, "ok");
    buf_release(&content);
    front_status(front, request, "idle", 0);
    return false;
}

static void next(struct front *front, struct lane *lane)
{
    while (!lane->running) {
        struct packet *cell = take_waiting(front, lane);
        if (!cell)
            return;
        if (!begin(front, lane, cell)) {
            packet_free(cell);
            continue;
        }
        lane->running = request_hold(cell->request);
        pipe_push(lane->executor.worker, cell);
    }
}

void front_execute(struct front *front, struct lane *lane, struct request *request)
{
    if (!lane->running && (front->stop_by || in_window(lane, request))) {
        abort_one(front, lane, request);
        front_still_busy(front);
        return;
    }
    struct packet *cell = packet_new(PACKET_REQUEST, request);
    if (lane->last_waiting)
        lane->last_waiting->next = cell;
    else
        lane->first_waiting = cell;
    lane->last_waiting = cell;
    if (front->config->vitals)
        front->config->vitals->cells_waiting++;
    next(front, lane);
}

void front_interrupt(struct front *front, struct lane *lane)
{
    if (!lane->running)
        return;
    if (!lane->interrupting)
        lane->interrupted_at = time_monotonic();
    lane->interrupting = true;
    lane->cancel_at = time_monotonic() + FRONT_CANCEL_PERIOD;
    (void)cancel_raise(lane->executor.cancel);
    if (lane->held)
        front_release(front, lane);
}

/* `told` is a time before the reply went out: who reacts to the reply is later than that. */
static void cell_done(struct front *front, struct lane *lane, const struct packet *reply,
                      int64_t told)
{
    struct request *request = lane->running;
    if (lane->interrupting && front->config->vitals)
        front->config->vitals->interrupt_us = time_monotonic() - lane->interrupted_at;
    bool abort = lane->interrupting || (reply->failed && stops_others(request));
    lane->running = NULL;
    lane->interrupting = lane->asking = false;
    lane->cancel_at = 0;
    if (!front->kick_at)
        front->kick_at = time_monotonic() + KICK_AFTER;
    if (abort) {
        open_window(lane, request, told);
        front_abort_waiting(front, lane);
    }
    request_release(request);
    next(front, lane);
    if (!lane->running)
        front_still_busy(front);
}

static void finish_cell(struct front *front, struct lane *lane, const struct packet *reply)
{
    struct frame content = {reply->content, reply->content_size};
    int64_t told = time_now();
    execute_reply(front, lane, reply->request, content, reply->failed ? "error" : "ok");
    front_status(front, reply->request, "idle", 0);
    cell_done(front, lane, reply, told);
}

void front_release(struct front *front, struct lane *lane)
{
    struct packet *reply = lane->held;
    lane->held = NULL;
    lane->held_until = 0;
    finish_cell(front, lane, reply);
    packet_free(reply);
}

/* The reply to a failed cell waits a moment: what arrives until then was sent by someone who could
   not know of the failure, so it is aborted; what arrives later may be an answer to it. True if the
   packet was taken. */
static bool hold(const struct front *front, struct lane *lane, struct packet *reply)
{
    if (!reply->failed || !stops_others(reply->request) || lane->interrupting || front->stop_by)
        return false;
    lane->held = reply;
    lane->held_until = time_monotonic() + FRONT_ABORT_HOLD;
    return true;
}

void front_finish(struct front *front, struct lane *lane, struct packet *reply)
{
    front_flush(front, lane);
    if (hold(front, lane, reply))
        return;
    finish_cell(front, lane, reply);
    packet_free(reply);
}

void front_still_busy(struct front *front)
{
    const struct lane *lane = front->lanes;
    while (lane && !lane->running)
        lane = lane->next;
    if (lane)
        front_status(front, lane->running, "busy", lane->busy_since);
}

/* The worker does not come back and the process ends without it: whoever waits for the cell is
 * told, and whoever waits behind it. */
static void abandon(struct front *front, struct lane *lane)
{
    static const char error[] =
        "\"ename\":\"Interrupted\",\"evalue\":\"the kernel ended before the cell had stopped\","
        "\"traceback\":[\"Interrupted: the kernel ended before the cell had stopped\"]";
    struct request *request = lane->running;
    front_flush(front, lane);
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
    execute_reply(front, lane, request, (struct frame){content.data, content.size}, "error");
    buf_release(&content);
    front_status(front, request, "idle", 0);
    front_abort_waiting(front, lane);
}

void front_abandon(struct front *front)
{
    for (struct lane *lane = front->lanes; lane; lane = lane->next)
        abandon(front, lane);
}
