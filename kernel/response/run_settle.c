/* Reading back until nothing differs: what somebody undid is done again, what came new to a target
 * is contained with it. Each round makes the plan anew from what is there. */
#include "response/race.h"

#include <string.h>

#define POLL_MS 3000
#define POLLS 5 /* in a row without a difference */
#define ROUNDS 60

/* A plan of the same suspects, made from what is there now. */
static struct plan *look(struct run *run, struct error *err)
{
    struct response *response = run->response;
    struct plan *fresh;
    response->state = json_own(response->arena, json_object());
    if (run->plan->kind != PLAN_CONTAIN)
        return undo_again(response, run->plan, &fresh, err) ? fresh : NULL;
    fresh = plan_new(response->arena, run->plan->kind);
    fresh->cut_off = run->plan->cut_off;
    for (const struct suspect *one = run->plan->suspects; one; one = one->next)
        plan_suspect(fresh, one);
    return make_steps(response, fresh, err) ? fresh : NULL;
}

/* What is no longer planned: its key was deleted, or another way was found where this one failed.
 */
static void leave(struct run *run, const struct plan *fresh)
{
    for (struct step *step = run->plan->steps; step; step = step->next) {
        if (plan_find(fresh, step->id))
            continue;
        step->held = true;
        step->flags |= STEP_OPTIONAL;
        if (step->outcome == OUTCOME_SENT || step->outcome == OUTCOME_UNKNOWN)
            step->outcome = OUTCOME_DONE;
    }
}

/* What a round shows of the steps that are known, and steps that are new. */
static bool merge(struct run *run, const struct plan *fresh)
{
    bool more = false;
    leave(run, fresh);
    for (const struct step *seen = fresh->steps; seen; seen = seen->next) {
        struct step *step = plan_find(run->plan, seen->id);
        if (!step) {
            const struct suspect *whose = run->plan->suspects;
            while (whose->number != seen->suspect)
                whose = whose->next;
            struct step added = *seen;
            added.id = strchr(seen->id, '.') + 1;
            step = plan_step(run->plan, whose, &added);
            more = true;
        }
        step->held = seen->held;
        bool passed = step->outcome != OUTCOME_FAILED || !(step->flags & STEP_PASSAGE);
        if (step->held && passed && step->outcome != OUTCOME_NONE && step->outcome != OUTCOME_HELD)
            step->outcome = OUTCOME_DONE;
    }
    return more;
}

static bool differs(const struct run *run)
{
    for (const struct step *step = run->plan->steps; step; step = step->next)
        if (!step->held && step->check.op && step->outcome != OUTCOME_FAILED)
            return true;
    return false;
}

/* One look: what differs is done (again). */
static bool look_and_act(struct run *run, int *quiet, struct error *err)
{
    struct plan *fresh = look(run, err);
    if (!fresh)
        return false;
    bool more = merge(run, fresh);
    if (!differs(run)) {
        ++*quiet;
        return true;
    }
    *quiet = 0;
    return (!more || response_saved(run, err)) && response_waves(run, err);
}

/* Nothing differs for a while: what else is new in the accounts? */
static bool look_around(struct run *run, int *quiet, struct error *err)
{
    bool more = false;
    if (run->plan->kind != PLAN_CONTAIN || run->halted)
        return true;
    if (!race_look(run, &more, err))
        return false;
    if (more)
        *quiet = 0;
    return true;
}

bool response_settle(struct run *run, struct error *err)
{
    int quiet = 0;
    bool ok = true;
    for (int round = 0; ok && round < ROUNDS && quiet < POLLS && !run->halted; round++) {
        if (round)
            response_wait(run->response, POLL_MS);
        ok = !response_stopped(run) && look_and_act(run, &quiet, err) &&
             (quiet < POLLS || look_around(run, &quiet, err));
        run->stable_ms = quiet ? (quiet - 1) * INT64_C(3000) : 0;
        outputs_progress(run->response->with.outputs,
                         "reading back: unchanged for %lld s; stop leaves everything as it is now",
                         (long long)(run->stable_ms / 1000));
    }
    if (!ok && response_stopped(run))
        error_clear(err); /* the report says so */
    return ok || response_stopped(run);
}
