#include "jupyter/front_state.h"

#include "base/time.h"

#include <string.h>

void front_flush(struct front *front, struct lane *lane)
{
    if (!lane->printing)
        return;
    buf_adds(&lane->text, "\"}");
    struct message message = {.type = "stream",
                              .parent = lane->printing->header,
                              .content = {lane->text.data, lane->text.size}};
    front_output(front, &message);
    request_release(lane->printing);
    lane->printing = NULL;
    lane->print_at = 0;
    buf_release(&lane->text);
}

static void begin(struct lane *lane, const struct packet *packet)
{
    lane->printing = request_hold(packet->request);
    lane->stream = packet->type;
    lane->print_at = time_monotonic() + FRONT_GATHER;
    buf_init(&lane->text, packet->content_size + 2 * FRONT_STREAM_SIZE);
    buf_addf(&lane->text, "{\"name\":\"%s\",\"text\":\"", packet->type);
}

/* Escaped text may be put together as it is. */
void front_print(struct front *front, struct lane *lane, const struct packet *packet)
{
    if (lane->printing &&
        (lane->printing != packet->request || strcmp(lane->stream, packet->type) != 0 ||
         lane->text.size + packet->content_size > FRONT_STREAM_SIZE))
        front_flush(front, lane);
    if (!lane->printing)
        begin(lane, packet);
    buf_add(&lane->text, packet->content, packet->content_size);
    if (lane->text.size >= FRONT_STREAM_SIZE)
        front_flush(front, lane);
}
