/* What the actors push into the inbox, and the answers they wait for. */
#include "jupyter/front_state.h"

#include "base/time.h"

#include <string.h>

static void send_reply(struct front *front, const struct packet *packet)
{
    struct frame content = {packet->content, packet->content_size};
    struct message message = {
        .type = packet->type, .parent = packet->request->header, .content = content};
    front_reply(front, packet->request, &message);
    front_status(front, packet->request, "idle", 0);
    /* Front ends would take that idle for the kernel's: say again that the cell runs, with the date
     * they know. */
    if (front_tracks(packet->request->type))
        front_still_busy(front);
}

/* Replies to older questions find nobody who asks. */
static void ask(struct front *front, struct lane *lane, const struct packet *packet)
{
    front_take_answers(front);
    struct message message = {.type = "input_request",
                              .parent = packet->request->header,
                              .content = {packet->content, packet->content_size}};
    front_send(front, packet->request, PORT_STDIN, &message);
    lane->asking = true;
    size_t size = strlen(wire_last_id(front->wire));
    memcpy(lane->ask_id, wire_last_id(front->wire), size + 1 < sizeof lane->ask_id ? size + 1 : 0);
}

/* Who was asked is the one who sent the running cell. */
static bool is_asked(const struct lane *lane, const struct request *request)
{
    const struct request *cell = lane->running;
    if (!cell || !lane->asking || cell->identity_count != request->identity_count)
        return false;
    for (size_t i = 0; i < cell->identity_count; i++)
        if (cell->identities[i].size != request->identities[i].size ||
            memcmp(cell->identities[i].data, request->identities[i].data,
                   cell->identities[i].size) != 0)
            return false;
    return true;
}

/* A reply that names another question answers that one: it came too late. One that names none
 * answers what its subshell asks. */
static bool answers(const struct lane *lane, const struct request *request)
{
    const char *asked = json_get_string(request->parent, "msg_id", "");
    return is_asked(lane, request) &&
           strcmp(*asked ? asked : request->subshell, *asked ? lane->ask_id : lane->id) == 0;
}

void front_input_reply(struct front *front, struct request *request)
{
    struct lane *lane = front->lanes;
    while (lane && !answers(lane, request))
        lane = lane->next;
    if (!lane || strcmp(request->type, "input_reply") != 0)
        return;
    lane->asking = false;
    pipe_push(lane->executor.answers, packet_new(PACKET_REQUEST, request));
}

static void publish(struct front *front, const struct packet *packet)
{
    struct message message = {.type = packet->type,
                              .parent = packet->request->header,
                              .metadata = {packet->metadata, packet->metadata_size},
                              .content = {packet->content, packet->content_size}};
    front_output(front, &message);
}

/* True if the packet was taken. */
static bool of_cell(struct front *front, struct lane *lane, struct packet *packet)
{
    switch (packet->kind) {
    case PACKET_PRINT:
        front_print(front, lane, packet);
        return false;
    case PACKET_PUBLISH:
        front_flush(front, lane);
        publish(front, packet);
        return false;
    case PACKET_ASK:
        front_flush(front, lane);
        ask(front, lane, packet);
        return false;
    case PACKET_REPLY:
        front_finish(front, lane, packet);
        return true;
    default:
        return false; /* never of a cell */
    }
}

static struct lane *lane_of_worker(const struct front *front, const void *worker)
{
    struct lane *lane = front->lanes;
    while (worker && lane && lane->executor.worker != worker)
        lane = lane->next;
    return lane;
}

/* Of the actor itself, not of something it was asked. */
static void of_actor(struct front *front, const struct packet *packet)
{
    struct lane *lane = lane_of_worker(front, packet->worker);
    if (packet->kind == PACKET_READY && lane)
        front_lane_ready(front, lane);
    if (packet->kind != PACKET_GONE)
        return;
    if (packet->from != ACTOR_WORKER)
        front->gone[packet->from] = true;
    else if (lane)
        front_lane_gone(front, lane);
}

void front_packet(struct front *front, struct packet *packet)
{
    struct lane *lane = NULL;
    if (!packet->request)
        of_actor(front, packet);
    else if ((lane = front_lane_running(front, packet->request)) && of_cell(front, lane, packet))
        return;
    else if (!lane && packet->kind == PACKET_REPLY)
        send_reply(front, packet);
    else if (!lane && packet->kind == PACKET_PUBLISH)
        publish(front, packet); /* a job's, of a cell that is over */
    packet_free(packet);
}
