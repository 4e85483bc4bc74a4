#include "jupyter/front_state.h"

#include "base/time.h"

#include <string.h>

void front_flush(struct front *front)
{
    if (!front->printing)
        return;
    buf_adds(&front->text, "\"}");
    struct message message = {.type = "stream",
                              .parent = front->printing->header,
                              .content = {front->text.data, front->text.size}};
    front_output(front, &message);
    request_release(front->printing);
    front->printing = NULL;
    front->print_at = 0;
    buf_release(&front->text);
}

static void begin(struct front *front, const struct packet *packet)
{
    front->printing = request_hold(packet->request);
    front->stream = packet->type;
    front->print_at = time_monotonic() + FRONT_GATHER;
    buf_init(&front->text, packet->content_size + 2 * FRONT_STREAM_SIZE);
    buf_addf(&front->text, "{\"name\":\"%s\",\"text\":\"", packet->type);
}

/* Escaped text may be put together as it is. */
void front_print(struct front *front, const struct packet *packet)
{
    if (front->printing &&
        (front->printing != packet->request || strcmp(front->stream, packet->type) != 0 ||
         front->text.size + packet->content_size > FRONT_STREAM_SIZE))
        front_flush(front);
    if (!front->printing)
        begin(front, packet);
    buf_add(&front->text, packet->content, packet->content_size);
    if (front->text.size >= FRONT_STREAM_SIZE)
        front_flush(front);
}
