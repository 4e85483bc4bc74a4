/* A plan and what became of it, in words. */
#include "response/response.h"

#include "base/time.h"
#include "data/prose.h"

#include <string.h>

#define SHORT 40 /* bytes */

static const char *const headings[NOTES] = {
    [NOTE_BREAKS] = "What stops working",       [NOTE_SAVED] = "Saved before anything is changed",
    [NOTE_NOT_UNDONE] = "Cannot be taken back", [NOTE_NOT_COVERED] = "Not covered",
    [NOTE_BY_HAND] = "For a person to do",      [NOTE_NEXT] = "Next",
};

static void say_suspects(const struct plan *plan, struct prose *prose)
{
    for (const struct suspect *one = plan->suspects; one; one = one->next) {
        prose_bullet(prose, 0, "%s %c", one->action->name, one->part ? one->part : one->name);
        if (one->part)
            prose_add(prose, " of %s", one->name);
        if (one->level)
            prose_add(prose, ", level %s", one->level);
        prose_add(prose, ", account %s", one->account);
        if (one->unique_id)
            prose_add(prose, ", id %s", one->unique_id);
        if (one->found)
            prose_add(prose, " — %s", one->found);
    }
}

static void say_lawful(const struct plan *plan, struct prose *prose)
{
    if (!plan->lawful) {
        prose_bullet(prose, 0, "Who uses it lawfully is not known: %s.",
                     plan->unknown ? plan->unknown : "no lake is open");
        return;
    }
    if (!json_array_size(plan->lawful))
        prose_bullet(prose, 0,
                     "As far as the lake reaches, nobody used what was named before it made "
                     "something.");
    else
        prose_bullet(prose, 0,
                     "Used lawfully, most probably (in the last 90 days, or when the lake saw it "
                     "last):");
    for (size_t i = 0; i < json_array_size(plan->lawful); i++)
        prose_bullet(prose, 1, "%s", json_get_string(json_array_get(plan->lawful, i), "words", ""));
}

static void say_notes(const struct plan *plan, enum note kind, struct prose *prose)
{
    bool headed = false;
    for (const struct plan_note *note = plan->notes; note; note = note->next) {
        if (note->kind != kind)
            continue;
        if (!headed && kind != NOTE_BREAKS)
            prose_paragraph(prose, "%b",
                            plan->kind == PLAN_UNDO && kind == NOTE_NOT_COVERED ? "Not taken back"
                                                                                : headings[kind]);
        headed = true;
        prose_bullet(prose, 0, "%s", note->text);
    }
}

static void say_step(const struct step *step, struct prose *prose)
{
    prose_bullet(prose, 1, "%s (%c)", step->words, step->op);
    if (step->held)
        prose_add(prose, " — already so");
    else if (step->undo.op)
        prose_add(prose, " — undo: %s%s", step->undo.words,
                  step->flags & STEP_ACCESS && step->flags & STEP_EXTENDS
                      ? ", only when --restore-access names it"
                      : "");
    else
        prose_add(prose, " — cannot be undone: %s", step->why ? step->why : "it has no inverse");
}

static void say_steps(const struct plan *plan, struct prose *prose)
{
    for (size_t wave = 0; wave < WAVES; wave++) {
        bool headed = false;
        for (const struct step *step = plan->steps; step; step = step->next) {
            if (step->wave != (enum wave)wave)
                continue;
            if (!headed && plan->kind == PLAN_UNDO)
                prose_bullet(prose, 0, "%b: %s", "back", waves[wave_back((enum wave)wave)].words);
            else if (!headed)
                prose_bullet(prose, 0, "%b", waves[wave].words);
            headed = true;
            say_step(step, prose);
        }
    }
}

/* Beside each other where all of it is short. */
static bool is_short(const struct difference *one)
{
    return strlen(one->now) <= SHORT && (!one->saved || strlen(one->saved) <= SHORT);
}

static const char *becomes(const struct difference *one)
{
    if (strcmp(one->becomes, one->now) == 0)
        return one->foreign ? "left as it is: --changed puts the saved state back"
                            : "stays as it is";
    return one->saved && strcmp(one->becomes, one->saved) == 0 ? "becomes as it was" : one->becomes;
}

static void say_differences(const struct plan *plan, struct prose *prose)
{
    if (plan->differences)
        prose_paragraph(prose, "%b", "As it was saved, as it is, as it will be");
    for (const struct difference *one = plan->differences; one; one = one->next) {
        const char *saved = one->saved ? one->saved : "not known";
        prose_bullet(prose, 0, "%s", one->words);
        if (one->foreign)
            prose_add(prose, " — %b", "changed by somebody since");
        if (is_short(one)) {
            prose_add(prose, ": saved %c, now %c, %s", saved, one->now, becomes(one));
            continue;
        }
        prose_bullet(prose, 1, "saved: %c", saved);
        prose_bullet(prose, 1, "now: %c", one->now);
        prose_bullet(prose, 1, "%s", becomes(one));
    }
}

void response_say_plan(const struct plan *plan, struct prose *prose)
{
    size_t open = plan_open(plan);
    prose_paragraph(prose, "%b %c", "Plan", plan->id ? plan->id : "");
    prose_add(prose, ": %d calls", (int64_t)open);
    if (open < plan->step_count)
        prose_add(prose, ", %d already in place", (int64_t)(plan->step_count - open));
    prose_add(prose, ". Nothing is changed yet.");
    const char *account;
    json_t *caller;
    json_object_foreach(plan->callers, account, caller)
    {
        prose_add(prose, " In account %s it acts as %c.", account, json_string_value(caller));
    }
    if (plan->decided)
        prose_paragraph(prose, "By %b: %s.",
                        arena_printf(plan->arena, "decision %lld", (long long)plan->decision),
                        plan->decided);
    say_suspects(plan, prose);
    prose_paragraph(prose, "%b", "In this order");
    say_steps(plan, prose);
    say_differences(plan, prose);
    if (plan->kind != PLAN_UNDO) {
        prose_paragraph(prose, "%b", headings[NOTE_BREAKS]);
        say_lawful(plan, prose);
    }
    for (size_t kind = 0; kind < NOTES; kind++)
        say_notes(plan, (enum note)kind, prose);
}

/* ---- what became of it --------------------------------------------------------------------------
 */

static bool went_wrong(const struct step *step)
{
    return step->outcome == OUTCOME_FAILED || step->outcome == OUTCOME_UNKNOWN ||
           (step->outcome == OUTCOME_SENT && step->check.op && !step->held);
}

static void say_failure(const struct step *step, bool cut, struct prose *prose)
{
    bool tags = step->wave == WAVE_TAG && (step->flags & STEP_OPTIONAL); /* an undo is not */
    const char *what = tags ? "not tagged" : outcome_names[step->outcome];
    prose_bullet(prose, 0, "%b: %s (%c): ", what, step->words, step->op);
    if (step->outcome == OUTCOME_SENT && cut)
        prose_add(prose, "AWS took it, and it was not read back any more");
    else if (step->outcome == OUTCOME_SENT)
        prose_add(prose, "it does not read back%s", step->problem ? ": " : "");
    prose_add(prose, "%s", step->problem ? step->problem : "");
    if (step->otherwise)
        prose_add(prose, "; %s", step->otherwise);
}

static void say_failures(const struct plan *plan, bool cut, struct prose *prose)
{
    for (const struct step *step = plan->steps; step; step = step->next)
        if (went_wrong(step))
            say_failure(step, cut, prose);
    for (const struct step *step = plan->steps; step; step = step->next)
        if (step->outcome == OUTCOME_NONE)
            prose_bullet(prose, 0, "%b: %s (%c)", outcome_names[OUTCOME_NONE], step->words,
                         step->op);
}

static size_t count_wrong(const struct plan *plan)
{
    size_t count = 0;
    for (const struct step *step = plan->steps; step; step = step->next)
        count += went_wrong(step);
    return count;
}

/* What nobody named. */
static void say_found(const struct plan *plan, struct prose *prose)
{
    bool headed = plan->kind != PLAN_CONTAIN;
    for (const struct suspect *one = plan->suspects; one; one = one->next) {
        if (!one->found)
            continue;
        if (!headed)
            prose_paragraph(prose, "%b", "Contained without being named");
        headed = true;
        prose_bullet(prose, 0, "%s %c — %s", one->action->name, one->part ? one->part : one->name,
                     one->found);
        if (one->part)
            prose_add(prose, " (of %s)", one->name);
    }
}

static void say_outcome(const struct run_report *report, struct prose *prose)
{
    const struct plan *plan = report->plan;
    size_t count[OUTCOMES] = {0};
    for (const struct step *step = plan->steps; step; step = step->next)
        count[step->outcome]++;
    if (report->unstable)
        prose_paragraph(prose,
                        "%b: as long as it was read back, something was changed or made anew. "
                        "Somebody still acts in the account. Run the same cell again, and look "
                        "for what is not contained yet: %c",
                        "NOT stable", "%cloudtrail");
    bool cut = report->why.kind != ERROR_NONE;
    if (cut) {
        prose_paragraph(prose, "%b: %s.", "Partly done", report->why.message);
        if (*report->why.hint)
            prose_add(prose, " %s", report->why.hint);
    }
    if (cut || report->failed || report->unknown || count[OUTCOME_NONE]) {
        prose_paragraph(prose, "%b",
                        cut || report->stopped ? "Stopped in between" : "Partly failed");
        prose_add(prose, ": %d of %d calls are not in place.",
                  (int64_t)(report->failed + report->unknown + count[OUTCOME_NONE]),
                  (int64_t)plan->step_count);
        say_failures(plan, cut, prose);
        prose_paragraph(prose,
                        "To go on, run the same cell again: it plans what is missing. To take back "
                        "what was done: %c",
                        arena_printf(plan->arena, "%%undo %s", plan->id));
    } else if (count_wrong(plan)) {
        prose_paragraph(prose, "%b", "In place, but for what the rest does not need:");
        say_failures(plan, false, prose);
    }
    if (!report->stable_ms || report->unstable || cut)
        return;
    prose_paragraph(prose, "%b: ", plan_kind_names[plan->kind]);
    prose_add(prose,
              "configured, read back stable for %d s; enforcement is not proven until %c passes.",
              report->stable_ms / 1000, "%watch");
}

void response_say_report(const struct run_report *report, struct prose *prose)
{
    const struct plan *plan = report->plan;
    if (!plan_open(plan) && !report->action) {
        prose_paragraph(prose, "%b: %s.", "No change",
                        plan->step_count ? "all of it is in place already"
                                         : "there is nothing to be done");
        say_differences(plan, prose);
        for (size_t kind = 0; kind < NOTES; kind++)
            if (kind != NOTE_SAVED)
                say_notes(plan, (enum note)kind, prose);
        return;
    }
    say_outcome(report, prose);
    if (report->began)
        prose_paragraph(prose, "First change %t, last %t (AWS's clock).", report->began,
                        report->ended);
    for (const struct step *step = plan->steps; step; step = step->next)
        if (!went_wrong(step) && step->outcome != OUTCOME_NONE) {
            prose_bullet(prose, 0, "%s: %s", outcome_names[step->outcome], step->words);
            if (step->tries > 1)
                prose_add(prose, " — %d times: somebody undid it, or it failed before",
                          step->tries);
        }
    say_found(plan, prose);
    say_notes(plan, NOTE_NOT_COVERED, prose);
    say_notes(plan, NOTE_NEXT, prose);
    if (plan->kind == PLAN_ERADICATE)
        prose_paragraph(prose, "What is deleted stays deleted; the saved state says what it was.");
    else
        prose_paragraph(prose, "Back: %c", arena_printf(plan->arena, "%%undo %s", plan->id));
}
