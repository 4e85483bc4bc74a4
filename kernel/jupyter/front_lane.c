/* Lanes: the main shell and its subshells (JEP 91), made and ended on the control channel. */
#include "jupyter/front_state.h"

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define REPLY_SIZE ((size_t)16 * 1024)

struct lane *front_add_lane(struct front *front, const struct executor *executor)
{
    struct lane *lane = xcalloc(1, sizeof *lane), **link = &front->lanes;
    lane->executor = *executor;
    while (*link)
        link = &(*link)->next;
    *link = lane;
    return lane;
}

struct lane *front_lane(const struct front *front, const char *id)
{
    struct lane *lane = front->lanes;
    while (lane && (lane->deleting || strcmp(lane->id, id) != 0))
        lane = lane->next;
    return lane;
}

struct lane *front_lane_running(const struct front *front, const struct request *request)
{
    struct lane *lane = front->lanes;
    while (lane && lane->running != request)
        lane = lane->next;
    return lane;
}

void front_interrupt_all(struct front *front)
{
    bool main_runs = front->lanes->running != NULL;
    for (struct lane *lane = front->lanes; lane; lane = lane->next)
        if (!main_runs || lane == front->lanes)
            front_interrupt(front, lane);
}

/* ---- replies ------------------------------------------------------------------------------------
 */

/* "ename", "evalue" and "traceback". */
static const char *members_of(const struct error *err, struct arena *arena)
{
    struct buf members, line;
    const char *name = error_kind_name(err->kind);
    buf_init(&members, REPLY_SIZE);
    buf_init(&line, REPLY_SIZE);
    buf_addf(&line, "%s: %s", name, err->message);
    buf_addf(&members, "\"ename\":\"%s\",\"evalue\":", name);
    text_json(&members, err->message, strlen(err->message));
    buf_adds(&members, ",\"traceback\":[");
    text_json(&members, line.data, line.size);
    if (err->hint[0]) {
        buf_addc(&members, ',');
        text_json(&members, err->hint, strlen(err->hint));
    }
    buf_adds(&members, "]");
    const char *text = buf_to_arena(&members, arena);
    buf_release(&line);
    buf_release(&members);
    return text;
}

static void reply_error(struct front *front, struct request *request, const char *type,
                        const struct error *err)
{
    const char *members = members_of(err, request->arena);
    front_reply_text(front, request, type,
                     arena_printf(request->arena, "{\"status\":\"error\",%s}", members));
}

/* The reply of what is answered later is its end. */
static void end(struct front *front, struct request *request)
{
    front_status(front, request, "idle", 0);
    front_still_busy(front);
}

static void no_such(struct error *err, const char *id)
{
    (void)error_set(err, ERROR_NOT_FOUND, "there is no subshell %.*s",
                    (int)text_cut(id, strlen(id), 100), id);
    (void)error_hint(err,
                     "It was closed, or the kernel was restarted: open a new subshell console.");
}

/* "execute_request" becomes "execute_reply"; messages without an answer get none. */
void front_no_subshell(struct front *front, struct request *request)
{
    static const char suffix[] = "_request";
    struct error err = {0};
    size_t size = strlen(request->type), end = strlen(suffix);
    no_such(&err, request->subshell);
    if (size <= end || size > 100 || strcmp(request->type + size - end, suffix) != 0)
        return;
    const char *type = arena_printf(request->arena, "%.*s_reply", (int)(size - end), request->type);
    if (strcmp(request->type, "execute_request") == 0 &&
        !json_get_bool(request->content, "silent", false))
        front_publish_text(front, request, "error",
                           arena_printf(request->arena, "{%s}", members_of(&err, request->arena)));
    reply_error(front, request, type, &err);
}

/* ---- made and ended -----------------------------------------------------------------------------
 */

static bool may_add(const struct front *front, struct error *err)
{
    int count = -1;
    for (const struct lane *lane = front->lanes; lane; lane = lane->next)
        count++;
    if (!front->config->open || front->stop_by)
        return error_set(err, ERROR_UNAVAILABLE, "no subshell can be made now");
    return count < FRONT_SUBSHELLS ||
           error_set(err, ERROR_LIMIT, "there are %d subshells, which is the most: close one first",
                     count);
}

/* NULL with the error set. */
static struct lane *add_subshell(struct front *front, struct error *err)
{
    struct executor executor = {NULL, NULL, NULL, NULL};
    char id[UUID_TEXT_SIZE];
    uuid_text(id);
    if (!may_add(front, err) || !front->config->open(front->config->state, id, &executor, err))
        return NULL;
    struct lane *lane = front_add_lane(front, &executor);
    memcpy(lane->id, id, sizeof id);
    return lane;
}

/* The reply comes when its worker has begun: the settings are copied then. */
void front_create_subshell(struct front *front, struct request *request)
{
    struct error err = {0};
    struct lane *lane = add_subshell(front, &err);
    if (lane) {
        lane->creation = request_hold(request);
        return;
    }
    reply_error(front, request, "create_subshell_reply", &err);
    end(front, request);
}

void front_lane_ready(struct front *front, struct lane *lane)
{
    struct request *request = lane->creation;
    if (!request)
        return;
    lane->creation = NULL;
    front_reply_text(
        front, request, "create_subshell_reply",
        arena_printf(request->arena, "{\"status\":\"ok\",\"subshell_id\":\"%s\"}", lane->id));
    end(front, request);
    request_release(request);
}

void front_list_subshells(struct front *front, struct request *request)
{
    struct buf content;
    buf_init(&content, REPLY_SIZE);
    buf_adds(&content, "{\"status\":\"ok\",\"subshell_id\":[");
    const char *comma = "";
    for (const struct lane *lane = front->lanes->next; lane; lane = lane->next) {
        if (lane->deleting || lane->creation)
            continue;
        buf_addf(&content, "%s\"%s\"", comma, lane->id);
        comma = ",";
    }
    buf_adds(&content, "]}");
    front_reply_text(front, request, "list_subshell_reply", content.data);
    buf_release(&content);
}

/* The reply comes when its worker has ended: its cell is stopped, what waits behind is aborted. */
void front_delete_subshell(struct front *front, struct request *request)
{
    const char *id = json_get_string(request->content, "subshell_id", "");
    struct lane *lane = *id ? front_lane(front, id) : NULL;
    struct error err = {0};
    if (!lane) {
        no_such(&err, id);
        reply_error(front, request, "delete_subshell_reply", &err);
        end(front, request);
        return;
    }
    lane->deleting = true;
    lane->deletion = request_hold(request);
    lane->delete_by = time_monotonic() + FRONT_DELETE_LIMIT;
    front_abort_waiting(front, lane);
    front_interrupt(front, lane);
    pipe_push(lane->executor.worker, packet_new(PACKET_QUIT, NULL));
}

static void answer_deletion(struct front *front, struct lane *lane, const struct error *err)
{
    struct request *request = lane->deletion;
    lane->deletion = NULL;
    lane->delete_by = 0;
    if (!request)
        return;
    if (err)
        reply_error(front, request, "delete_subshell_reply", err);
    else
        front_reply_text(front, request, "delete_subshell_reply", "{\"status\":\"ok\"}");
    end(front, request);
    request_release(request);
}

void front_late_deletion(struct front *front, struct lane *lane, int64_t now)
{
    struct error err = {0};
    if (!lane->delete_by || now < lane->delete_by)
        return;
    (void)error_set(&err, ERROR_UNAVAILABLE,
                    "the subshell's cell has not stopped yet; it ends with it");
    answer_deletion(front, lane, &err);
}

static void free_lane(struct lane *lane)
{
    struct packet *next;
    for (struct packet *packet = lane->first_waiting; packet; packet = next) {
        next = packet->next;
        packet_free(packet);
    }
    packet_free(lane->held);
    request_release(lane->running);
    request_release(lane->creation);
    request_release(lane->deletion);
    request_release(lane->printing);
    buf_release(&lane->text);
    free(lane);
}

/* The main one stays in its place. */
void front_lane_gone(struct front *front, struct lane *lane)
{
    struct lane **link = &front->lanes;
    lane->gone = true;
    if (lane == front->lanes)
        return;
    while (*link != lane)
        link = &(*link)->next;
    *link = lane->next;
    answer_deletion(front, lane, NULL);
    front->config->close(front->config->state, &lane->executor);
    free_lane(lane);
}

void front_free_lanes(struct front *front)
{
    while (front->lanes) {
        struct lane *lane = front->lanes;
        front->lanes = lane->next;
        free_lane(lane);
    }
}
