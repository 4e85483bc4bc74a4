/* Reading back until nothing differs: what somebody undid is done again, what came new to a target
 * is contained with it. Each round makes the plan anew from what is there. */
#include "response/race.h"
#include "response/resume.h"
#include "response/whole.h"

#include <string.h>

#define POLL_MS 3000
#define POLLS 5 /* in a row without a difference */
#define ROUNDS 100

/* A plan of the same suspects, made from what is there now. `last`: the look that ends it. */
static struct plan *look(struct run *run, bool last, struct error *err)
{
    struct response *response = run->response;
    struct plan *fresh;
    const json_t *earlier = response->state;
    response->state = json_own(response->arena, json_object());
    if (run->plan->kind != PLAN_CONTAIN)
        return resume_written(response, run->plan, &fresh, err) ? fresh : NULL;
    whole_carry(response, run->plan, earlier, last);
    if (!make_present(response, run->plan, err))
        return NULL;
    fresh = plan_new(response->arena, run->plan->kind);
    fresh->cut_off = run->plan->cut_off;
    fresh->made = run->plan->made;
    fresh->running = true;
    for (const struct suspect *one = run->plan->suspects; one; one = one->next)
        plan_suspect(fresh, one);
    return make_steps(response, fresh, err) ? fresh : NULL;
}

static bool has_done(const struct plan *plan, const struct suspect *suspect)
{
    for (const struct step *step = plan->steps; step; step = step->next)
        if (step->suspect == suspect->number && step->outcome == OUTCOME_DONE)
            return true;
    return false;
}

static bool is_missed(const struct plan *fresh)
{
    for (const struct suspect *one = fresh->suspects; one; one = one->next)
        if (one->missed)
            return true;
    return false;
}

/* Of what was touched: tagged although nothing is left to be done to it. */
static bool is_tag(const struct step *step, const struct suspect *suspect)
{
    return step->wave == WAVE_TAG && suspect && !suspect->gone;
}

/* What is no longer planned: its key was deleted, or another way was found where this one failed.
 */
static void leave(struct run *run, const struct plan *fresh)
{
    for (struct step *step = run->plan->steps; step; step = step->next) {
        const struct suspect *suspect = plan_whose(fresh, step->suspect);
        if (plan_find(fresh, step->id) || (suspect && suspect->missed) || is_tag(step, suspect))
            continue;
        step->held = true;
        step->flags |= STEP_OPTIONAL;
        if (step->outcome == OUTCOME_SENT || step->outcome == OUTCOME_UNKNOWN)
            step->outcome = OUTCOME_DONE;
    }
}

/* It held, or was done twice as AWS said, and does not hold. */
static bool is_undone(const struct step *step)
{
    return (step->outcome == OUTCOME_DONE && step->held) ||
           (step->outcome == OUTCOME_SENT && step->tries > 1);
}

/* What a round shows of the steps that are known, and steps that are new. */
static bool merge(struct run *run, const struct plan *fresh)
{
    bool more = false;
    leave(run, fresh);
    for (const struct step *seen = fresh->steps; seen; seen = seen->next) {
        struct step *step = plan_find(run->plan, seen->id);
        if (!step) {
            struct suspect *suspect = plan_whose(run->plan, seen->suspect);
            struct step added = *seen;
            added.id = strchr(seen->id, '.') + 1;
            suspect->returns |= has_done(run->plan, suspect);
            step = plan_step(run->plan, suspect, &added);
            more = true;
        }
        plan_whose(run->plan, step->suspect)->returns |= !seen->held && is_undone(step);
        step->held = seen->held;
        bool passed = step->outcome != OUTCOME_FAILED || !(step->flags & STEP_PASSAGE);
        bool ours = step->outcome != OUTCOME_NONE || step->tries;
        if (step->held && passed && ours && step->outcome != OUTCOME_HELD)
            step->outcome = OUTCOME_DONE;
    }
    return more;
}

static bool differs(const struct run *run)
{
    for (const struct step *step = run->plan->steps; step; step = step->next)
        if (!step->held && step->check.op && step->outcome != OUTCOME_FAILED &&
            step->wave != WAVE_TAG)
            return true;
    return false;
}

/* One look: what differs is done (again). */
static bool look_and_act(struct run *run, int *quiet, struct error *err)
{
    bool last = *quiet + 1 >= POLLS;
    struct plan *fresh = look(run, last, err);
    if (!fresh && !response_stopped(run) && strstr(err->message, "Expired") &&
        response_renewed(run)) {
        error_clear(err);
        fresh = look(run, last, err);
    }
    if (!fresh)
        return false;
    bool more = merge(run, fresh);
    if (!differs(run)) {
        *quiet = is_missed(fresh) ? 0 : *quiet + 1;
        return true;
    }
    *quiet = 0;
    return (!more || response_saved(run, err)) && response_waves(run, err);
}

/* What else is new in the accounts? */
static bool look_around(struct run *run, bool whole, bool *more, struct error *err)
{
    *more = false;
    return run->plan->kind != PLAN_CONTAIN || run->halted || race_look(run, whole, more, err);
}

bool response_settle(struct run *run, struct error *err)
{
    int quiet = 0;
    bool ok = true, more = false;
    for (int round = 0; ok && round < ROUNDS && quiet < POLLS && !run->halted; round++) {
        if (round && !more)
            response_wait(run->response, POLL_MS);
        ok = !response_stopped(run) && look_and_act(run, &quiet, err) &&
             look_around(run, quiet >= POLLS, &more, err);
        quiet = more ? 0 : quiet;
        run->stable_ms = quiet ? (quiet - 1) * INT64_C(3000) : 0;
        outputs_progress(run->response->with.outputs,
                         "reading back: unchanged for %lld s; stop leaves everything as it is now",
                         (long long)(run->stable_ms / 1000));
    }
    run->unstable = ok && quiet < POLLS && !run->halted;
    if (!ok && response_stopped(run))
        error_clear(err); /* the report says so */
    return ok || response_stopped(run);
}
