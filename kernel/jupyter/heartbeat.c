#include "jupyter/heartbeat.h"

#include <errno.h>
#include <zmq.h>

/* One frame back to its sender: a ROUTER gets the sender's identity first, so an echo finds its
 * way. */
static bool echo(void *socket)
{
    zmq_msg_t frame;
    (void)zmq_msg_init(&frame);
    if (zmq_msg_recv(&frame, socket, 0) < 0) {
        bool again = errno == EINTR;
        (void)zmq_msg_close(&frame);
        return again;
    }
    if (zmq_msg_send(&frame, socket, zmq_msg_more(&frame) ? ZMQ_SNDMORE : 0) < 0)
        (void)zmq_msg_close(&frame);
    return true;
}

static void *run(void *socket)
{
    while (echo(socket))
        ;
    (void)zmq_close(socket);
    return NULL;
}

bool heartbeat_start(void *socket, pthread_t *thread, struct error *err)
{
    int failed = pthread_create(thread, NULL, run, socket);
    return !failed || error_errno(err, failed, "cannot start the heartbeat thread");
}
