#include "engine/engine.h"

#include "base/time.h"

#include <poll.h>

#define STOP_LIMIT                                                                                 \
    60000 /* microseconds that an engine has to stop after a cancel; the cell ends 20 ms later at  \
             most */
#define STOP_REPEAT 5000 /* a stop that came before the engine began is lost: asked again */
#define PROGRESS_INTERVAL 200000

struct reader {
    struct query *query;
    struct engine_reading *reading;
    int64_t begun, last_progress, stopped; /* monotonic; 0 = not yet */
};

static int64_t earliest(int64_t a, int64_t b)
{
    if (!a || !b)
        return a ? a : b;
    return a < b ? a : b;
}

/* Until the query's descriptor, its deadline, a cancel, or the next thing to do. */
static void wait_for(struct reader *reader, const struct engine_wait *wait)
{
    struct pollfd fds[2];
    nfds_t count = 0;
    int64_t now = time_monotonic();
    int64_t until = wait->deadline;
    if (wait->fd >= 0)
        fds[count++] = (struct pollfd){.fd = wait->fd, .events = wait->events};
    if (reader->stopped)
        until = earliest(until, now + STOP_REPEAT);
    else if (reader->reading->cancel)
        fds[count++] = (struct pollfd){.fd = cancel_fd(reader->reading->cancel), .events = POLLIN};
    if (reader->reading->progress)
        until = earliest(until, reader->last_progress + PROGRESS_INTERVAL);
    (void)poll(fds, count, time_poll(until));
}

static void report(struct reader *reader)
{
    struct engine_reading *reading = reader->reading;
    int64_t now = time_monotonic();
    if (!reading->progress || now - reader->last_progress < PROGRESS_INTERVAL)
        return;
    reader->last_progress = now;
    struct engine_info info = {.fraction = -1, .rows = -1};
    reader->query->engine->ops->describe(reader->query, &info);
    reading->progress(reading->state, &info, now - reader->begun);
}

/* True when the engine has had its time to stop. */
static bool watch_cancel(struct reader *reader)
{
    if (!reader->reading->cancel || !cancel_raised(reader->reading->cancel))
        return false;
    int64_t now = time_monotonic();
    if (!reader->stopped)
        reader->stopped = now;
    reader->query->engine->ops->stop(reader->query);
    int64_t limit = reader->query->engine->ops->stop_limit;
    return now - reader->stopped > (limit ? limit : STOP_LIMIT);
}

static bool interrupted(const struct reader *reader, struct error *err)
{
    char duration[TIME_TEXT_SIZE];
    struct engine_info info = {.fraction = -1, .rows = -1};
    reader->query->engine->ops->describe(reader->query, &info);
    *err = (struct error){0};
    (void)error_set(err, ERROR_INTERRUPTED, "interrupted after %s; nothing of this result is kept",
                    time_duration(time_monotonic() - reader->begun, duration));
    return info.stopped && error_hint(err, "%s", info.stopped);
}

static bool read_all(struct reader *reader, struct table **out, struct error *err)
{
    const struct engine_ops *ops = reader->query->engine->ops;
    for (;;) {
        if (watch_cancel(reader))
            return interrupted(reader, err);
        struct engine_wait wait = {.fd = -1};
        switch (ops->step(reader->query, &wait, out, err)) {
        case ENGINE_ERROR:
            return reader->stopped ? interrupted(reader, err) : false;
        case ENGINE_END:
            return true;
        case ENGINE_WAIT:
            wait_for(reader, &wait);
            report(reader);
            break;
        case ENGINE_BATCH:
            break;
        }
    }
}

bool engine_read(struct engine *engine, const struct engine_request *request, struct arena *arena,
                 struct engine_reading *reading, struct table **out, struct error *err)
{
    struct reader reader = {.reading = reading, .begun = time_monotonic()};
    reader.last_progress = reader.begun;
    *out = NULL;
    if (reading->cancel && cancel_raised(reading->cancel))
        return error_set(err, ERROR_INTERRUPTED, "interrupted before the query began");
    if (!engine->ops->open(engine, request, arena, &reader.query, err))
        return false;
    bool read = read_all(&reader, out, err);
    reading->info = (struct engine_info){.fraction = -1, .rows = -1};
    reader.query->engine->ops->describe(reader.query, &reading->info);
    reading->elapsed = time_monotonic() - reader.begun;
    reader.query->engine->ops->close(reader.query);
    return read;
}
