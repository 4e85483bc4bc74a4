#include "jupyter/trace.h"

#include "base/log.h"
#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_LIMIT (8 * TRACE_FRAME_LIMIT * WIRE_FRAMES)
#define CONTENT 4 /* frames from the delimiter to the content */

struct trace {
    int file;
    bool broken;
};

struct trace *trace_new(const char *path, struct error *err)
{
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        error_errno(err, errno, "cannot write the trace to \"%s\"", path);
        return NULL;
    }
    struct trace *trace = xcalloc(1, sizeof *trace);
    trace->file = file;
    return trace;
}

void trace_free(struct trace *trace)
{
    if (!trace)
        return;
    (void)close(trace->file);
    free(trace);
}

static void write_line(struct trace *trace, const struct buf *line)
{
    size_t done = 0;
    while (done < line->size) {
        ssize_t written = write(trace->file, line->data + done, line->size - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            trace->broken = true;
            log_line(LOG_LEVEL_WARN, "trace", "the trace ends: %s", strerror(errno));
            return;
        }
        done += (size_t)written;
    }
}

static bool is_delimiter(const struct frame *frame)
{
    return frame->size == strlen(WIRE_DELIMITER) &&
           memcmp(frame->data, WIRE_DELIMITER, frame->size) == 0;
}

/* On stdin what was typed, and whatever a stranger put behind it, is left out. */
static void add_frames(struct buf *line, const struct frame *frames, size_t count, bool typed)
{
    size_t mark = count;
    for (size_t i = 0; i < count; i++) {
        const struct frame *frame = &frames[i];
        if (mark == count && is_delimiter(frame))
            mark = i;
        buf_adds(line, i ? "," : "");
        bool hidden = mark < count && (i == mark + 1 || (typed && i > mark + CONTENT));
        if (hidden)
            buf_adds(line, "\"(left out)\"");
        else
            text_json(line, frame->data, text_cut(frame->data, frame->size, TRACE_FRAME_LIMIT));
    }
}

static void add(struct trace *trace, const char *way, enum port port, const struct frame *frames,
                size_t count)
{
    if (!trace || trace->broken)
        return;
    char date[TIME_TEXT_SIZE];
    struct buf line;
    buf_init(&line, LINE_LIMIT);
    buf_addf(&line, "{\"at\":\"%s\",\"way\":\"%s\",\"socket\":\"%.*s\",\"frames\":[",
             time_iso(time_now(), date), way, (int)strcspn(port_names[port], "_"),
             port_names[port]);
    add_frames(&line, frames, count, port == PORT_STDIN && strcmp(way, "in") == 0);
    buf_adds(&line, "]}\n");
    write_line(trace, &line);
    buf_release(&line);
}

void trace_in(struct trace *trace, enum port port, const struct frame *frames, size_t count)
{
    add(trace, "in", port, frames, count);
}

void trace_out(struct trace *trace, enum port port, const struct frame *frames, size_t count)
{
    add(trace, "out", port, frames, count);
}
