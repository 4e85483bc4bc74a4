/* heartbeat - the thread that sends back what it receives, whatever the rest of the kernel does. */
#ifndef COFFERDAM_JUPYTER_HEARTBEAT_H
#define COFFERDAM_JUPYTER_HEARTBEAT_H

#include "base/error.h"

#include <pthread.h>

/* Takes a bound ROUTER socket; the thread ends, closing it, when the socket's context is shut down.
 */
bool heartbeat_start(void *socket, pthread_t *thread, struct error *err) ATTR_USE_RESULT;

#endif
