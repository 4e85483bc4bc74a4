/* trace - the wire traffic as lines of JSON in a file (cofferdam --trace FILE), for a report of
 * what went wrong: {"at", "way": "in" or "out", "socket", "frames"}.
 *
 * Frames stand as they came, bytes that are no text as U+FFFD, each at most TRACE_FRAME_LIMIT
 * bytes. What would let the reader of a trace act or know a secret is left out: signatures, and
 * what was typed as an answer (stdin). The cells and their outputs are in it. One thread.
 */
#ifndef COFFERDAM_JUPYTER_TRACE_H
#define COFFERDAM_JUPYTER_TRACE_H

#include "jupyter/connection.h"
#include "jupyter/wire.h"

#define TRACE_FRAME_LIMIT ((size_t)64 * 1024)

struct trace;

/* Appends to the file, made with mode 0600. */
struct trace *trace_new(const char *path, struct error *err);
void trace_free(struct trace *trace); /* NULL is allowed */

/* NULL: nothing is traced. A full disk ends the trace, not the kernel. */
void trace_in(struct trace *trace, enum port port, const struct frame *frames, size_t count);
void trace_out(struct trace *trace, enum port port, const struct frame *frames, size_t count);

#endif
