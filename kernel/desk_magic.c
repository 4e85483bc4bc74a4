/* What magics have of the desk: jobs listed, stopped, shown, awaited. */
#include "desk_state.h"

#include "base/time.h"
#include "jobs.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static size_t list(void *state, const struct job_view **views)
{
    struct desk *desk = ((struct running *)state)->desk;
    size_t count = 0;
    desk_catch_up(state);
    free(desk->views);
    desk->views = xcalloc(desk->count + 1, sizeof *desk->views);
    for (const struct known *known = desk->first; known; known = known->next)
        desk->views[count++] = known->view;
    *views = desk->views;
    return count;
}

static struct known *find_for(const struct desk *desk, int64_t number, struct error *err)
{
    struct known *known = desk_find(desk, number);
    if (known)
        return known;
    (void)error_set(err, ERROR_NOT_FOUND, "there is no job %lld", (long long)number);
    (void)error_hint(err, "%%jobs lists them.");
    return NULL;
}

static bool stop(void *state, int64_t number, struct error *err)
{
    struct running *running = state;
    desk_catch_up(running);
    struct known *known = find_for(running->desk, number, err);
    if (!known)
        return false;
    if (desk_is_over(known))
        return error_set(err, ERROR_USAGE, "job %lld is over: %s", (long long)number,
                         job_state_name(known->view.state));
    known->view.state = JOB_STOPPING;
    struct letter letter = {.kind = LETTER_STOP, .number = number};
    letter_send(running->worker->jobs, NULL, &letter);
    return true;
}

static bool show(void *state, int64_t number, struct error *err)
{
    struct running *running = state;
    struct arena *arena = arena_new();
    desk_catch_up(running);
    struct known *known = find_for(running->desk, number, err);
    struct error ignored = {0};
    json_t *display = known && known->shown ? json_parse(arena, known->shown, strlen(known->shown),
                                                         (size_t)16 << 20, &ignored)
                                            : NULL;
    if (display)
        desk_show_in(running, known,
                     (struct bundle){json_object_get(display, "data"),
                                     json_object_get(display, "metadata")});
    arena_free(arena);
    return known != NULL;
}

static bool wait_for(void *state, int64_t number, int64_t until, struct error *err)
{
    struct running *running = state;
    struct cancel *cancel = running->worker->cancel;
    if (number && !find_for(running->desk, number, err))
        return false;
    for (desk_catch_up(running); !desk_all_over(running->desk, number); desk_catch_up(running)) {
        int64_t left = until ? until - time_monotonic() : 0;
        struct pollfd fds[] = {{.fd = pipe_fd(running->worker->news), .events = POLLIN},
                               {.fd = cancel_fd(cancel), .events = POLLIN}};
        if (cancel_raised(cancel))
            return error_set(err, ERROR_INTERRUPTED, "interrupted; the jobs go on");
        if (until && left <= 0)
            return error_set(err, ERROR_LIMIT, "the time is over, and the jobs go on");
        (void)poll(fds, COUNT(fds), until ? (int)((left + 999) / 1000) : -1);
    }
    return true;
}

struct job_desk desk_of(struct running *running)
{
    return (struct job_desk){.begin = desk_begin,
                             .list = list,
                             .stop = stop,
                             .show = show,
                             .wait = wait_for,
                             .state = running};
}
