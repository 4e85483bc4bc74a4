/* process - a child program with a time limit: rsvg-convert, dot. No shell; its own process group;
 * killed as a whole. */
#ifndef COFFERDAM_BASE_PROCESS_H
#define COFFERDAM_BASE_PROCESS_H

#include "base/buf.h"
#include "base/cancel.h"
#include "base/error.h"

struct process {
    const char *const *argv; /* argv[0] is looked up in PATH; NULL-terminated */
    const void *input;       /* given on stdin */
    size_t input_size;
    int64_t limit_ms;      /* killed after that */
    struct cancel *cancel; /* may be NULL */
};

/* Runs it to its end; `out` gets stdout (its limit holds), stderr's first line goes into the error.
   A missing program is ERROR_UNAVAILABLE. */
bool process_run(const struct process *process, struct buf *out, struct error *err) ATTR_USE_RESULT;

#endif
