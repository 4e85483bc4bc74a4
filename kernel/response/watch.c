#include "response/watch_state.h"

#include "base/time.h"
#include "case/ledger.h"
#include "case/session.h"

#include <string.h>

#define SECOND INT64_C(1000000)
#define DRAW (10 * SECOND)
#define DRAW_LEAST (SECOND / 4)
#define OFFSET_LEAST (2 * SECOND) /* an answer's date has whole seconds */

struct watch *watch_of(const struct job *job)
{
    return job->state;
}

int64_t watch_now(const struct watch *watch)
{
    const struct job_clock *clock = watch->job->clock;
    int64_t now = clock->now(clock->state), offset = 0;
    bool off = aws_server_offset(watch->job->aws, &offset) &&
               (offset > OFFSET_LEAST || offset < -OFFSET_LEAST);
    return off ? now + offset : now;
}

int64_t watch_clock(const struct watch *watch)
{
    const struct job_clock *clock = watch->job->clock;
    return clock->monotonic(clock->state);
}

int64_t watch_scaled(int64_t microseconds, int64_t least)
{
    int64_t scaled = microseconds / response_rate();
    return scaled > least ? scaled : least;
}

/* ---- beginning ----------------------------------------------------------------------------------
 */

static void take_target(struct watch *watch, struct watch_target *target, const json_t *given)
{
    const char *cut_off = json_get_string(given, "cut_off", "");
    target->words = json_get_string(given, "words", target->suspect->given);
    target->plan = json_get_string(given, "plan", NULL);
    target->times.since = json_get_int(given, "since", 0);
    target->times.after = json_get_int(given, "after", 0);
    if (!time_parse(cut_off, strlen(cut_off), &target->times.cut_off))
        target->times.cut_off = 0;
    if (target->times.since < watch->since)
        watch->since = target->times.since;
    watch_who_of(target->suspect, watch->job->arena, &target->who);
}

static void release_drawn(void *state)
{
    arena_free(((struct watch *)state)->drawn);
}

bool watch_begin(struct job *job, struct error *err)
{
    struct watch *watch = arena_alloc(job->arena, sizeof *watch);
    const json_t *targets = json_object_get(job->order, "targets");
    size_t at = 0;
    watch->job = job;
    watch->plan = plan_read(json_object_get(job->order, "plan"), job->arena, err);
    if (!watch->plan)
        return false;
    job->state = watch;
    arena_defer(job->arena, release_drawn, watch);
    watch->begun = watch->since = json_get_int(job->order, "begun", 0);
    watch->until = json_get_int(job->order, "until", 0);
    watch->seen = json_own(job->arena, json_object());
    watch->through = json_own(job->arena, json_array());
    watch->denied = json_own(job->arena, json_array());
    watch->target_count = watch->plan->suspect_count;
    watch->targets = arena_alloc(job->arena, (watch->target_count + 1) * sizeof *watch->targets);
    for (const struct suspect *one = watch->plan->suspects; one; one = one->next, at++) {
        watch->targets[at].suspect = one;
        take_target(watch, &watch->targets[at], json_array_get(targets, at));
    }
    trail_begin(watch);
    live_begin(watch);
    live_note_gap(watch);
    return true;
}

/* ---- steps --------------------------------------------------------------------------------------
 */

/* What is said at once. */
static size_t news_of(const struct watch *watch)
{
    return (size_t)watch_count(watch, CALL_THROUGH) +
           (size_t)(watch_count(watch, CALL_DENIED) > 0) +
           json_array_size(json_object_get(watch->job->notes, "changes"));
}

static void draw(struct watch *watch)
{
    int64_t now = watch_clock(watch);
    int64_t due = watch->drawn_at + watch_scaled(DRAW, DRAW_LEAST);
    struct job *job = watch->job;
    if (watch->drawn && !watch->over && now < due && news_of(watch) == watch->drawn_news) {
        job->due = job->due && job->due < due ? job->due : due;
        return;
    }
    struct arena *before = watch->drawn, *arena = arena_new();
    job_show(job, watch_bundle(watch, arena));
    job_say(job, "%s", watch_line(watch, arena));
    watch->drawn = arena;
    watch->drawn_at = now;
    watch->drawn_news = news_of(watch);
    arena_free(before);
}

enum job_step watch_step(struct job *job, struct error *err)
{
    struct watch *watch = watch_of(job);
    (void)err;
    watch->now = watch_now(watch);
    bool asking = trail_step(watch), looking = live_step(watch);
    watch->over = watch->stopped || (!asking && !looking);
    draw(watch);
    return watch->over ? JOB_DONE : JOB_WAITS;
}

/* The statement up to here is kept as well. */
void watch_stop(struct job *job)
{
    if (watch_of(job))
        watch_of(job)->stopped = true;
}

void watch_end(struct job *job)
{
    if (!watch_of(job))
        return;
    trail_end(watch_of(job));
    live_end(watch_of(job));
}

bool watch_commit(struct job *job, struct job_commit *commit, struct error *err)
{
    struct ledger *ledger = session_ledger(commit->session, err);
    commit->shown = watch_bundle(watch_of(job), commit->arena);
    commit->stopped = watch_of(job)->stopped;
    job_say(job, "%s", watch_line(watch_of(job), commit->arena));
    return ledger && ledger_append(ledger, LEDGER_WATCH, watch_entry(watch_of(job)), NULL, err);
}

/* ---- a lake, at the end -------------------------------------------------------------------------
 */

static void add_subject(struct watch_subject *list, size_t *count, struct watch_subject subject)
{
    list[(*count)++] = subject;
}

size_t watch_subjects(const struct job *job, struct arena *arena, struct watch_subject **out)
{
    const struct watch *watch = watch_of(job);
    size_t most = 2 * watch->target_count + 1, count = 0;
    for (size_t i = 0; i < watch->target_count; i++)
        most += json_object_size(watch->targets[i].who.keys);
    struct watch_subject *list = arena_alloc(arena, most * sizeof *list);
    for (size_t i = 0; i < watch->target_count; i++) {
        const struct watch_target *target = &watch->targets[i];
        const char *key;
        json_t *value;
        if (target->times.cut_off)
            continue; /* a lake's row does not say when a session was begun */
        json_object_foreach(target->who.keys, key, value)
        {
            add_subject(list, &count, (struct watch_subject){SUBJECT_KEY, key, i});
        }
        if (target->who.user)
            add_subject(list, &count, (struct watch_subject){SUBJECT_USER, target->who.user, i});
        if (target->who.role && target->who.arn && !target->who.session)
            add_subject(list, &count, (struct watch_subject){SUBJECT_ROLE, target->who.arn, i});
    }
    *out = list;
    return count;
}

void watch_window(const struct job *job, int64_t *since, int64_t *until, const char **account)
{
    const struct watch *watch = watch_of(job);
    *since = watch->since;
    *until = watch->now;
    *account = json_get_string(job->order, "account", NULL);
}

void watch_add(struct job *job, const struct watch_subject *subject, const json_t *record)
{
    struct watch *watch = watch_of(job);
    trail_count(watch, &watch->targets[subject->target], record);
}

void watch_read_lake(struct job *job, const char *words)
{
    watch_of(job)->lake = arena_strdup(job->arena, words);
}
