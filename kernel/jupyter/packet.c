#include "jupyter/packet.h"

#include <stdlib.h>

struct packet *packet_new(enum packet_kind kind, struct request *request)
{
    struct packet *packet = xcalloc(1, sizeof *packet);
    packet->kind = kind;
    packet->request = request ? request_hold(request) : NULL;
    return packet;
}

void packet_free(struct packet *packet)
{
    if (!packet)
        return;
    if (packet->value && packet->value_free)
        packet->value_free(packet->value);
    request_release(packet->request);
    free(packet->content);
    free(packet->metadata);
    free(packet);
}
