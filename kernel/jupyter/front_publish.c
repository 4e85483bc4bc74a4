#include "jupyter/front_state.h"

#include "base/log.h"
#include "base/text.h"
#include "base/time.h"

#include <string.h>

#define MESSAGE_FRAMES (REQUEST_IDENTITIES + 6)
#define TOPIC_SIZE 128

/* While a reader's queue is full, and where a Jupyter server would drop more. */
bool front_paused(const struct front *front, int64_t now)
{
    return publisher_blocked(&front->publisher) || publisher_ready(&front->publisher) > now;
}

static void publish_to(struct front *front, struct frame topic, const struct message *message)
{
    struct wire_frames out;
    wire_write(front->wire, message, &out);
    struct frame frames[1 + COUNT(out.frames)] = {topic};
    memcpy(frames + 1, out.frames, sizeof out.frames);
    trace_out(front->config->trace, PORT_IOPUB, frames, COUNT(frames));
    publisher_send(&front->publisher, frames, COUNT(frames));
}

void front_publish(struct front *front, const struct message *message)
{
    char topic[TOPIC_SIZE];
    size_t size = 0;
    const char *const parts[] = {"kernel.", wire_session(front->wire), ".", message->type};
    for (size_t i = 0; i < COUNT(parts); i++) {
        size_t length = strlen(parts[i]);
        if (size + length > sizeof topic)
            break;
        memcpy(topic + size, parts[i], length);
        size += length;
    }
    publish_to(front, (struct frame){topic, size}, message);
}

/* What a Jupyter server counts. */
void front_output(struct front *front, const struct message *message)
{
    front_publish(front, message);
    publisher_count(&front->publisher, time_monotonic());
}

void front_publish_text(struct front *front, const struct request *parent, const char *type,
                        const char *content)
{
    struct message message = {.type = type, .content = {content, strlen(content)}};
    if (parent)
        message.parent = parent->header;
    front_publish(front, &message);
}

void front_status(struct front *front, const struct request *parent, const char *state,
                  int64_t date)
{
    struct buf content;
    buf_init(&content, 64);
    buf_addf(&content, "{\"execution_state\":\"%s\"}", state);
    struct message message = {
        .type = "status", .content = {content.data, content.size}, .date = date};
    if (parent)
        message.parent = parent->header;
    front_publish(front, &message);
    buf_release(&content);
    if (strcmp(state, "idle") == 0)
        publisher_idle(&front->publisher);
}

static void welcome(struct front *front, const char *prefix, size_t size)
{
    if (!text_is_valid(prefix, size))
        return;
    struct buf content;
    buf_init(&content, 8 * size + 64);
    buf_adds(&content, "{\"subscription\":");
    text_json(&content, prefix, size);
    buf_adds(&content, "}");
    struct message message = {.type = "iopub_welcome", .content = {content.data, content.size}};
    publish_to(front, (struct frame){prefix, size}, &message);
    buf_release(&content);
    if (!front->greeted)
        front_status(front, NULL, "starting", 0);
    front->greeted = true;
}

/* What subscribers send to an XPUB: 1 and a prefix to join, 0 and a prefix to leave. */
void front_subscriptions(struct front *front)
{
    for (;;) {
        struct frame frames[WIRE_FRAMES];
        size_t count;
        sockets_receive(front->sockets->sockets[PORT_IOPUB], front->scratch, frames, &count);
        if (!count)
            return;
        const char *bytes = frames[0].data;
        if (frames[0].size >= 1 && bytes[0] == 1)
            welcome(front, bytes + 1, frames[0].size - 1);
        arena_reset(front->scratch);
    }
}

/* A reply whose front end is gone is dropped by the ROUTER: nobody waits for it. */
void front_send(struct front *front, const struct request *request, enum port port,
                const struct message *message)
{
    struct wire_frames out;
    wire_write(front->wire, message, &out);
    struct frame frames[MESSAGE_FRAMES];
    memcpy(frames, request->identities, request->identity_count * sizeof *frames);
    memcpy(frames + request->identity_count, out.frames, sizeof out.frames);
    trace_out(front->config->trace, port, frames, request->identity_count + COUNT(out.frames));
    if (!sockets_send(front->sockets->sockets[port], frames,
                      request->identity_count + COUNT(out.frames)))
        log_line(LOG_LEVEL_WARN, "front", "a %s could not be sent", message->type);
}

void front_reply(struct front *front, const struct request *request, const struct message *message)
{
    front_send(front, request, request->channel == CHANNEL_CONTROL ? PORT_CONTROL : PORT_SHELL,
               message);
}

void front_reply_text(struct front *front, const struct request *request, const char *type,
                      const char *content)
{
    struct message message = {
        .type = type, .parent = request->header, .content = {content, strlen(content)}};
    front_reply(front, request, &message);
}
