#include "jupyter/front_state.h"

#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define SECOND 1000000
#define WORKER_LIMIT                                                                               \
    (FRONT_STOP_LIMIT * 3 / 5) /* the aide gets the rest: history must be saved                    \
                                */

/* Repeated calls change nothing. The worker ends after its cell, the jobs at once, the aide after
 * the worker (it takes its history). */
void front_stop(struct front *front)
{
    if (front->stop_by)
        return;
    front->stop_by = time_monotonic() + FRONT_STOP_LIMIT;
    for (struct lane *lane = front->lanes; lane; lane = lane->next) {
        front_interrupt(front, lane);
        (void)cancel_raise(lane->executor.cancel); /* between cells a job's result may be kept */
        pipe_push(lane->executor.worker, packet_new(PACKET_QUIT, NULL));
    }
    if (front->config->jobs)
        pipe_push(front->config->jobs, packet_new(PACKET_QUIT, NULL));
}

/* Those of subshells are taken out of the list as they end. */
static bool workers_gone(const struct front *front)
{
    const struct lane *lane = front->lanes;
    return lane && lane->gone && !lane->next;
}

static void quit_aide(struct front *front, int64_t now)
{
    if (front->aide_quit ||
        !(workers_gone(front) || now >= front->stop_by - FRONT_STOP_LIMIT + WORKER_LIMIT))
        return;
    front->aide_quit = true;
    pipe_push(front->config->aide, packet_new(PACKET_QUIT, NULL));
}

bool front_all_gone(const struct front *front)
{
    return workers_gone(front) && front->gone[ACTOR_AIDE] &&
           (front->gone[ACTOR_JOBS] || !front->config->jobs);
}

bool front_stopped(const struct front *front, int64_t now)
{
    return front->stop_by && (now >= front->stop_by || front_all_gone(front));
}

/* The parent that started us is gone: another one has adopted us, or it never was there any more.
 */
static void watch_parent(struct front *front)
{
    pid_t parent = (pid_t)front->config->parent;
    bool gone = getppid() != front->first_parent || (kill(parent, 0) < 0 && errno == ESRCH);
    if (!gone || front->stop_by)
        return;
    log_line(LOG_LEVEL_WARN, "front", "the parent process %ld is gone: the kernel ends",
             (long)parent);
    front_stop(front);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return !a || (b && b < a) ? b : a;
}

/* What is due of a lane; when to look at it next. */
static int64_t lane_timers(struct front *front, struct lane *lane, int64_t now)
{
    if (lane->cancel_at && now >= lane->cancel_at) {
        (void)cancel_raise(lane->executor.cancel);
        lane->cancel_at = now + FRONT_CANCEL_PERIOD;
    }
    if (lane->held_until && now >= lane->held_until)
        front_release(front, lane);
    if (lane->print_at && now >= lane->print_at)
        front_flush(front, lane);
    front_late_deletion(front, lane, now);
    return sooner(sooner(lane->cancel_at, lane->held_until),
                  sooner(lane->print_at, lane->delete_by));
}

int64_t front_timers(struct front *front, int64_t now)
{
    int64_t next = 0;
    for (struct lane *lane = front->lanes; lane; lane = lane->next)
        next = sooner(next, lane_timers(front, lane, now));
    if (front->kick_at && now >= front->kick_at) {
        pipe_wake(front->config->aide);
        front->kick_at = 0;
    }
    if (front->parent_at && now >= front->parent_at) {
        watch_parent(front);
        front->parent_at = now + SECOND;
    }
    if (publisher_blocked(&front->publisher))
        publisher_retry(&front->publisher, now);
    if (front->stop_by)
        quit_aide(front, now);
    next = sooner(next, sooner(front->kick_at, front->parent_at));
    int64_t ready = publisher_ready(&front->publisher);
    next = sooner(next, ready > now ? ready : 0);
    next = sooner(next, publisher_blocked(&front->publisher) ? now + PUBLISHER_RETRY : 0);
    if (front->stop_by && !front->aide_quit)
        next = sooner(next, front->stop_by - FRONT_STOP_LIMIT + WORKER_LIMIT);
    return sooner(next, front->stop_by);
}
