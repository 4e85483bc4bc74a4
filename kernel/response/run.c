#include "response/history.h"
#include "response/ready.h"
#include "response/resume.h"
#include "response/run.h"
#include "response/whole.h"

#include "base/time.h"

#include <string.h>

#define TRIES_MOST 4
#define VERIFY_MS 60000 /* a wave that has to be verified is read back so long */
#define VERIFY_STEP_MS 1000
#define PASS_MS 30000 /* so long a swap is asked for again before the second one follows */
#define PASS_STEP_MS 1000

bool response_stopped(const struct run *run)
{
    struct cancel *cancel = run->response->with.cancel;
    return cancel && cancel_raised(cancel);
}

/* A refusal that time may heal. */
static bool is_passing(const struct step *step)
{
    static const char *const passing[] = {"EntityTemporarilyUnmodifiable",
                                          "ConcurrentModification",
                                          "ConcurrentModificationException",
                                          "NoSuchEntity",
                                          "DependencyViolation",
                                          "IncorrectState",
                                          "InvalidGroup.NotFound",
                                          "ServiceFailure",
                                          "Throttling",
                                          "ThrottlingException",
                                          "TooManyRequestsException",
                                          "RequestLimitExceeded"};
    for (size_t i = 0; step->code && i < COUNT(passing); i++)
        if (strcmp(step->code, passing[i]) == 0)
            return step->outcome == OUTCOME_FAILED;
    return false;
}

static bool is_final(const struct step *step)
{
    if (step->outcome != OUTCOME_FAILED)
        return step->outcome != OUTCOME_NONE && ((step->flags & STEP_ONCE) || !step->check.op);
    return !is_passing(step) || step->tries >= TRIES_MOST;
}

static bool is_due(const struct step *step, enum wave wave)
{
    return step->wave == wave && !step->held && !is_final(step) &&
           (step->outcome == OUTCOME_NONE || step->tries < 32);
}

/* What it builds on may not be there, because that failed. */
static bool is_ready(const struct run *run, struct step *step)
{
    struct error unknown = {0};
    json_t *params = plan_fill(step->params, run->response->answers, &unknown);
    bool ready = params || !(step->flags & STEP_OPTIONAL);
    json_decref(params);
    if (!ready) {
        step->outcome = OUTCOME_FAILED;
        step->problem = "what it builds on is not there";
    }
    return ready;
}

static int64_t pause_of(struct step *const *steps, size_t count)
{
    int64_t ms = 0;
    for (size_t i = 0; i < count; i++)
        ms = steps[i]->after_ms > ms ? steps[i]->after_ms : ms;
    return ms;
}

static bool all_hold(const struct run *run, enum wave wave)
{
    for (const struct step *step = run->plan->steps; step; step = step->next)
        if (step->wave == wave && !step->held && !(step->flags & STEP_OPTIONAL) && step->check.op)
            return false;
    return true;
}

/* What was made is there before the next wave relies on it. */
static bool verify(struct run *run, enum wave wave, struct error *err)
{
    for (int64_t ms = 0; !all_hold(run, wave) && ms < VERIFY_MS && !response_stopped(run);
         ms += VERIFY_STEP_MS) {
        run->response->state = json_own(run->response->arena, json_object());
        if (!make_checks(run->response, run->plan, err))
            return false;
        if (!all_hold(run, wave))
            response_wait(run->response, VERIFY_STEP_MS);
    }
    if (!all_hold(run, wave))
        run->halted = true;
    return true;
}

static void judge(struct run *run, struct step *const *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((steps[i]->flags & STEP_NEEDED) && steps[i]->outcome == OUTCOME_FAILED)
            run->halted = true;
}

static bool is_joined(const struct run *run, enum wave wave)
{
    return waves[wave].joined && run->last == (int)wave - 1;
}

/* What the next wave is joined to is asked for again at once where it was refused for now: nothing
 * may come between them, and what is not passed through now is not passed through at all. */
static bool pass_through(struct run *run, struct step *const *steps, size_t count,
                         struct error *err)
{
    struct step **again = arena_alloc(run->response->arena, (count + 1) * sizeof(struct step *));
    for (int64_t ms = 0; ms < PASS_MS; ms += PASS_STEP_MS) {
        size_t left = 0;
        for (size_t i = 0; i < count; i++)
            if (is_passing(steps[i]))
                again[left++] = steps[i];
        if (!left)
            break;
        response_wait(run->response, PASS_STEP_MS);
        if (!response_calls(run, again, left, err))
            return false;
    }
    return true;
}

static bool run_wave(struct run *run, enum wave wave, struct error *err)
{
    size_t count = 0;
    struct step **due =
        arena_alloc(run->response->arena, (run->plan->step_count + 1) * sizeof(struct step *));
    for (struct step *step = run->plan->steps; step; step = step->next)
        if (is_due(step, wave) && is_ready(run, step))
            due[count++] = step;
    if (!count)
        return true;
    outputs_progress(run->response->with.outputs,
                     "%s: %zu calls; stop acts before the next wave, calls that are sent are "
                     "awaited",
                     waves[wave].words, count);
    response_wait(run->response, pause_of(due, count));
    if (response_stopped(run) && !is_joined(run, wave))
        return true;
    run->last = (int)wave;
    if (!response_calls(run, due, count, err) ||
        (wave + 1 < WAVES && waves[wave + 1].joined && !pass_through(run, due, count, err)))
        return false;
    judge(run, due, count);
    return !waves[wave].verified || verify(run, wave, err);
}

bool response_waves(struct run *run, struct error *err)
{
    bool ok = true;
    for (size_t wave = 0; ok && wave < WAVE_TAG; wave++) {
        bool stop = response_stopped(run) && !is_joined(run, (enum wave)wave);
        if (!stop && !run->halted)
            ok = run_wave(run, (enum wave)wave, err);
    }
    return ok;
}

/* The tags that are there now: those of hundreds of users in a few calls. */
static bool read_tags(struct run *run, struct error *err)
{
    struct response *response = run->response;
    struct plan *tags = plan_new(response->arena, run->plan->kind);
    response->state = json_own(response->arena, json_object());
    for (const struct suspect *one = run->plan->suspects; one; one = one->next)
        plan_suspect(tags, one);
    for (const struct step *step = run->plan->steps; step; step = step->next) {
        struct step copy = *step;
        copy.id = strchr(step->id, '.') + 1;
        if (step->wave == WAVE_TAG)
            plan_step(tags, plan_whose(tags, step->suspect), &copy);
    }
    if (!whole_read(response, tags, NULL, err) || !make_checks(response, tags, err))
        return false;
    for (const struct step *seen = tags->steps; seen; seen = seen->next) {
        struct step *step = plan_find(run->plan, seen->id);
        step->held = seen->held;
        step->problem = seen->problem;
        if (seen->held && step->tries)
            step->outcome = OUTCOME_DONE;
    }
    return true;
}

bool response_tags(struct run *run, struct error *err)
{
    struct step **due =
        arena_alloc(run->response->arena, (run->plan->step_count + 1) * sizeof(struct step *));
    bool ok = true;
    for (int tries = 0; ok && tries < TRIES_MOST && !run->halted && !response_stopped(run);
         tries++) {
        size_t count = 0;
        for (struct step *step = run->plan->steps; step; step = step->next)
            if (is_due(step, WAVE_TAG) && is_ready(run, step))
                due[count++] = step;
        if (!count)
            break;
        outputs_progress(run->response->with.outputs, "%s: %zu calls", waves[WAVE_TAG].words,
                         count);
        response_wait(run->response, tries ? VERIFY_STEP_MS : 0);
        ok = response_calls(run, due, count, err) && read_tags(run, err);
    }
    return ok;
}

/* ---- the record ---------------------------------------------------------------------------------
 */

static bool append(struct run *run, enum ledger_kind kind, json_t *content, int64_t *sequence,
                   struct error *err)
{
    struct ledger *ledger = session_ledger(run->response->with.session, err);
    struct ledger_mark mark = {0};
    if (!ledger) {
        json_decref(content);
        return false;
    }
    if (!ledger_append(ledger, kind, content, &mark, err))
        return false;
    *sequence = mark.sequence;
    return true;
}

static bool keep_json(struct run *run, const char *name, const json_t *value, json_t **reference,
                      struct error *err)
{
    struct ledger *ledger = session_ledger(run->response->with.session, err);
    struct ledger_evidence evidence = {.name = name};
    evidence.data = json_dump(run->response->arena, value, &evidence.size);
    return ledger && ledger_keep(ledger, &evidence, reference, err);
}

bool response_saved(struct run *run, struct error *err)
{
    struct arena *arena = run->response->arena;
    json_t *saved = NULL, *begun = NULL, *written = plan_json(run->plan);
    bool ok = keep_json(run, arena_printf(arena, "state-before-%s.json", run->plan->id),
                        run->response->state, &saved, err) &&
              keep_json(run, arena_printf(arena, "plan-begun-%s.json", run->plan->id), written,
                        &begun, err);
    json_decref(written);
    if (!ok) {
        json_decref(saved);
        return false;
    }
    return append(run, LEDGER_SAVED,
                  json_pack("{s:I, s:s, s:o, s:o}", "plan", (json_int_t)run->plan->entry, "id",
                            run->plan->id, "state", saved, "begun", begun),
                  &run->basis.saved, err);
}

/* Approval and the state before: on the disk before anything else. */
static bool record_begin(struct run *run, const struct approval *approval, struct error *err)
{
    run->basis.plan = run->plan->entry;
    return append(run, LEDGER_APPROVAL,
                  json_pack("{s:I, s:s, s:s, s:s, s:I}", "plan", (json_int_t)run->plan->entry, "id",
                            run->plan->id, "how", approval->how, "words", approval->words,
                            "decision", (json_int_t)run->plan->decision),
                  &run->basis.approval, err) &&
           response_saved(run, err);
}

/* What is kept byte for byte; it is read for itself and is no part of the saved state. */
static bool keep_evidence(struct run *run, struct error *err)
{
    struct response *response = run->response;
    struct keeping keeping = {.ledger = session_ledger(response->with.session, err),
                              .outputs = response->with.outputs,
                              .plan = run->plan->entry};
    bool ok = keeping.ledger != NULL;
    for (struct suspect *one = run->plan->suspects; ok && one; one = one->next) {
        struct planning planning;
        if (!one->action->keep || run->plan->kind != PLAN_CONTAIN)
            continue;
        ok = planning_of(response, run->plan, one, &planning, err);
        planning.state = json_own(response->arena, json_object());
        ok = ok && one->action->keep(&planning, &keeping, err);
    }
    return ok;
}

/* What an undo did not bring back, and could. */
static size_t left_of(const struct plan *plan)
{
    size_t left = plan->stays;
    for (const struct step *step = plan->steps; step; step = step->next)
        left += step->outcome != OUTCOME_HELD && step->outcome != OUTCOME_DONE &&
                !(step->outcome == OUTCOME_SENT && !step->check.op);
    return left;
}

static bool record_end(struct run *run, struct run_report *report, struct error *err)
{
    json_t *written = plan_json(run->plan), *reference = NULL;
    const char *name = arena_printf(run->response->arena, "action-%s.json", run->plan->id);
    bool ok = keep_json(run, name, written, &reference, err);
    json_decref(written);
    return ok &&
           append(run, LEDGER_ACTION,
                  json_pack("{s:I, s:s, s:s, s:s*, s:o, s:o, s:b, s:b, s:s*, s:I, s:I, s:I, s:I}",
                            "plan", (json_int_t)run->plan->entry, "id", run->plan->id, "kind",
                            plan_kind_names[run->plan->kind], "of", run->plan->of, "targets",
                            ready_names(run->plan), "steps", reference, "stopped", report->stopped,
                            "unstable", report->unstable, "why",
                            report->why.kind ? report->why.message : NULL, "left",
                            (json_int_t)left_of(run->plan), "failed", (json_int_t)report->failed,
                            "unknown", (json_int_t)report->unknown, "stable_ms",
                            (json_int_t)report->stable_ms),
                  &report->action, err);
}

static void count(const struct run *run, struct run_report *report)
{
    for (struct step *step = run->plan->steps; step; step = step->next) {
        if (step->outcome == OUTCOME_NONE && step->held)
            step->outcome = OUTCOME_HELD;
        bool open =
            step->outcome == OUTCOME_FAILED ||
            (step->outcome == OUTCOME_SENT && step->check.op && !step->held && !run->why.kind);
        report->failed += open && !(step->flags & STEP_OPTIONAL);
        report->unknown += step->outcome == OUTCOME_UNKNOWN;
    }
    report->plan = run->plan;
    report->began = run->began;
    report->ended = run->ended;
    report->stable_ms = run->stable_ms;
    report->stopped = response_stopped(run);
    report->unstable = run->unstable;
    report->why = run->why;
}

static bool carry_out(struct run *run, const struct approval *approval, struct run_report *report,
                      struct error *err)
{
    if (!record_begin(run, approval, err) || !keep_evidence(run, err))
        return false;
    bool ok = response_waves(run, err) && response_settle(run, err) && response_tags(run, err);
    if (!ok && run->changed) { /* partly done: that is what has to be said, and the reason */
        run->why = run->why.kind ? run->why : *err;
        error_clear(err);
        ok = true;
    }
    outputs_progress_end(run->response->with.outputs, NULL);
    count(run, report);
    struct error unwritten = {0};
    if (!record_end(run, report, &unwritten) && ok) {
        *err = unwritten;
        ok = false;
    }
    return ok;
}

/* ---- the way ------------------------------------------------------------------------------------
 */

/* A plan that was cut off and goes on: what was done then is its own, with the inverse from then.
 */
static bool adopt(struct run *run, const struct plan *approved, struct error *err)
{
    struct response *response = run->response;
    struct plan *now = run->plan;
    struct begun begun;
    struct error none = {0};
    bool more = false;
    for (const struct step *step = now->steps; step && !more; step = step->next) {
        const struct step *then = plan_find(approved, step->id);
        more = step->held && !(then && then->held);
    }
    if (!more || !history_find(response, approved->id, &begun, &none)) {
        *err = none.kind == ERROR_NOT_FOUND ? *err : none;
        return !more || none.kind == ERROR_NOT_FOUND;
    }
    for (struct step *step = now->steps; step; step = step->next) {
        const struct step *then = plan_find(begun.plan, step->id);
        if (!then || !step->held || !resume_was_done(then))
            continue;
        step->outcome = OUTCOME_DONE;
        step->undo = then->undo;
        plan_answer(step, response->answers, response->arena); /* what nobody heard is read */
        step->why = then->why;
        step->tries = then->tries;
        step->server_time = then->server_time;
        if (!begun.ended && then->server_time && (!run->began || then->server_time < run->began))
            run->began = then->server_time;
    }
    run->resumed = run->began != 0;
    return true;
}

bool response_run(struct response *response, const struct run_request *given,
                  struct run_report *report, struct error *err)
{
    struct run run = {.response = response,
                      .last = -1,
                      .after = json_own(response->arena, json_object()),
                      .seen = json_own(response->arena, json_object())};
    *report = (struct run_report){0};
    if (!make_again(response, given->approved, given->lawful, &run.plan, err) ||
        !adopt(&run, given->approved, err))
        return false;
    /* where nothing is left to be done, a plan that was cut off needs its end in the ledger */
    if (!plan_open(run.plan) && !resume_is_cut_off(response, run.plan->id)) {
        count(&run, report);
        return true;
    }
    const char *what = arena_printf(response->arena, "plan %s", run.plan->id);
    if (!guard_hold(response->guard, what, err))
        return false;
    bool ok = carry_out(&run, &given->approval, report, err);
    guard_release(response->guard);
    return ok;
}
