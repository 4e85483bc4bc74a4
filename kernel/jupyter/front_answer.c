#include "jupyter/front_state.h"

#include "base/log.h"
#include "jupyter/info.h"

#include <string.h>

static void kernel_info(struct front *front, struct request *request)
{
    struct buf content;
    buf_init(&content, INFO_LIMIT);
    info_kernel(&content);
    front_reply_text(front, request, "kernel_info_reply", content.data);
    buf_release(&content);
}

static void connect(struct front *front, struct request *request)
{
    struct buf content;
    buf_init(&content, INFO_LIMIT);
    buf_adds(&content, "{\"status\":\"ok\"");
    for (size_t i = 0; i < PORTS; i++)
        buf_addf(&content, ",\"%s\":%d", port_names[i], front->config->connection->ports[i]);
    buf_adds(&content, "}");
    front_reply_text(front, request, "connect_reply", content.data);
    buf_release(&content);
}

static void comm_info(struct front *front, struct request *request)
{
    front_reply_text(front, request, "comm_info_reply", "{\"status\":\"ok\",\"comms\":{}}");
}

/* No target is known here, so every comm is closed at once, and nothing is ever sent on one. */
static void comm_open(struct front *front, struct request *request)
{
    json_t *content = json_own(request->arena, json_object());
    (void)json_object_set_new(content, "comm_id",
                              json_texts(json_get_string(request->content, "comm_id", "")));
    (void)json_object_set_new(content, "data", json_object());
    front_publish_text(front, request, "comm_close", json_dump(request->arena, content, NULL));
}

static void nothing(struct front *front, struct request *request)
{
    (void)front;
    (void)request;
}

static void interrupt(struct front *front, struct request *request)
{
    front_reply_text(front, request, "interrupt_reply", "{\"status\":\"ok\"}");
    if (*request->subshell)
        front_interrupt(front, front_lane(front, request->subshell));
    else
        front_interrupt_all(front);
}

static void usage(struct front *front, struct request *request)
{
    struct buf content;
    buf_init(&content, INFO_LIMIT);
    info_usage(&content);
    front_reply_text(front, request, "usage_reply", content.data);
    buf_release(&content);
}

/* Told to the one who asked, and on iopub to the others. */
static void shutdown(struct front *front, struct request *request)
{
    const char *content = json_get_bool(request->content, "restart", false)
                              ? "{\"status\":\"ok\",\"restart\":true}"
                              : "{\"status\":\"ok\",\"restart\":false}";
    front_reply_text(front, request, "shutdown_reply", content);
    front_publish_text(front, request, "shutdown_reply", content);
    front_stop(front);
}

/* How a message is answered: at once by `answer`, or by the aide, or (neither) as a cell by the
   worker of its subshell; `later`: idle is said with the reply. `untracked`: front ends do not take
   its status for the kernel's (JupyterLab's untracked_message_types). */
static const struct handler {
    const char *type;
    void (*answer)(struct front *front, struct request *request);
    bool aide, untracked, later;
} handlers[] = {
    {.type = "execute_request"},
    {.type = "complete_request", .aide = true},
    {.type = "inspect_request", .aide = true},
    {.type = "is_complete_request", .aide = true},
    {.type = "history_request", .aide = true},
    {.type = "kernel_info_request", .answer = kernel_info, .untracked = true},
    {.type = "comm_info_request", .answer = comm_info, .untracked = true},
    {.type = "comm_open", .answer = comm_open},
    {.type = "comm_msg", .answer = nothing},
    {.type = "comm_close", .answer = nothing},
    {.type = "connect_request", .answer = connect},
    {.type = "interrupt_request", .answer = interrupt, .untracked = true},
    {.type = "shutdown_request", .answer = shutdown, .untracked = true},
    {.type = "usage_request", .answer = usage, .untracked = true},
    {.type = "create_subshell_request", .answer = front_create_subshell, .later = true},
    {.type = "delete_subshell_request", .answer = front_delete_subshell, .later = true},
    {.type = "list_subshell_request", .answer = front_list_subshells},
};

static const struct handler *find(const char *type)
{
    static const struct handler unknown = {.type = "", .answer = nothing};
    for (size_t i = 0; i < COUNT(handlers); i++)
        if (strcmp(handlers[i].type, type) == 0)
            return &handlers[i];
    return &unknown;
}

bool front_tracks(const char *type)
{
    return !find(type)->untracked;
}

void front_dispatch(struct front *front, struct request *request)
{
    const struct handler *handler = find(request->type);
    struct lane *lane = front_lane(front, request->subshell);
    if (lane && !handler->answer && !handler->aide) {
        front_execute(front, lane, request);
        return;
    }
    front_status(front, request, "busy", 0);
    if (lane && handler->aide) {
        pipe_push(front->config->aide, packet_new(PACKET_REQUEST, request));
        return; /* idle follows its reply */
    }
    if (!*handler->type)
        log_line(LOG_LEVEL_INFO, "front",
                 "a message of a type this kernel does not know was ignored");
    if (lane)
        handler->answer(front, request);
    else
        front_no_subshell(front, request);
    if (lane && handler->later)
        return;
    front_status(front, request, "idle", 0);
    if (!handler->untracked)
        front_still_busy(front);
}
