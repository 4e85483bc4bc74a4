/* vitals - what the kernel knows of its own traffic, for %doctor kernel: written by the thread that
 * owns the thing, read by any.
 *
 * The front writes what it sends and holds back, the worker what it put into files instead. What is
 * not atomic is set before the threads begin.
 */
#ifndef COFFERDAM_BASE_VITALS_H
#define COFFERDAM_BASE_VITALS_H

#include "base/base.h"

#include <stdatomic.h>

struct vitals {
    const char *transport; /* "tcp" or "ipc" */
    char library[32];      /* of the sockets: "libzmq 4.3.4" */
    bool can_encrypt, encrypted;

    _Atomic int64_t cells_waiting;
    _Atomic int64_t backlog_messages, backlog_bytes; /* a reader's queue is full: they wait */
    _Atomic int64_t dropped;      /* sent while a reader did not read: it may have missed them */
    _Atomic int64_t stuck;        /* times that a reader was given up */
    _Atomic int64_t interrupt_us; /* of the last interrupt, until the cell was back; 0: none yet */
    _Atomic int64_t bad_messages; /* not signed, not readable */
    _Atomic int64_t spilled_bytes;
};

#endif
