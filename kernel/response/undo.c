/* Taking back: the steps that were done, last first, each with its inverse. It is a plan like any
 * other, so that a notebook which is run again takes nothing back by itself. */
#include "response/history.h"

#include "response/check.h"
#include "response/decided.h"
#include "response/resume.h"

#include <string.h>

static bool is_named(const struct undo_request *request, const struct suspect *suspect,
                     const struct step *step)
{
    const char *names[] = {step->credential, suspect->name, suspect->part, suspect->arn,
                           suspect->given};
    /* who gets access back does not get back what an attacker gave to it as well */
    size_t count = strcmp(suspect->action->name, "rights") == 0 ? 1 : COUNT(names);
    for (size_t i = 0; i < request->restore_count; i++)
        for (size_t j = 0; j < count; j++)
            if (names[j] && strcmp(request->restore[i], names[j]) == 0)
                return true;
    return false;
}

static bool was_done(const struct step *step)
{
    return step->outcome == OUTCOME_SENT || step->outcome == OUTCOME_DONE ||
           step->outcome == OUTCOME_UNKNOWN;
}

/* The inverse of a step, whose own inverse is the step. */
static struct step inverse(const struct step *done, struct arena *arena)
{
    struct step step = {
        .id = arena_strdup(arena, strchr(done->id, '.') + 1),
        .wave = done->undo.late ? WAVE_REST : wave_back(done->wave),
        .words = arena_printf(arena, "%s (it was: %s)", done->undo.words, done->words),
        .op = done->undo.op,
        .params = done->undo.params,
        .account = done->account,
        .region = done->region,
        .check = done->undo.check,
        .undo = {
            .op = done->op, .params = done->params, .check = done->check, .words = done->words}};
    return step;
}

/* One thing that was done, and its inverse in the plan that is being made. */
struct item {
    const struct step *done;
    struct step *step; /* NULL: it stays */
    bool dropped;      /* the step goes out of the plan again */
};

static void take_back(struct plan *plan, const struct undo_request *request, struct item *item)
{
    const struct step *done = item->done;
    const struct suspect *suspect = plan_whose(plan, done->suspect);
    if (!done->undo.op) {
        plan_say(plan, suspect, NOTE_NOT_UNDONE, "%s: %s", done->words,
                 done->why ? done->why : "it has no inverse");
    } else if (done->wave == WAVE_TAG && (done->flags & STEP_ACCESS) &&
               !is_named(request, suspect, done)) {
        plan_say(plan, suspect, NOTE_NOT_COVERED,
                 "%s: stays with what it tells of; --restore-access %s takes both back",
                 done->words, done->credential);
    } else if ((done->flags & STEP_ACCESS) && !is_named(request, suspect, done)) {
        plan_say(plan, suspect, NOTE_NOT_COVERED,
                 "%s: stays, for taking it back gives access to %s again; --restore-access %s does",
                 done->words, done->credential, done->credential);
    } else {
        struct step step = inverse(done, plan->arena);
        item->step = plan_step(plan, suspect, &step);
    }
}

/* What was done, last first. */
static struct item *items_of(struct plan *plan, const struct undo_request *request,
                             const struct plan *done, size_t *count)
{
    size_t found = 0;
    struct item *list = arena_alloc(plan->arena, (done->step_count + 1) * sizeof *list);
    for (const struct step *step = done->steps; step; step = step->next)
        found += was_done(step);
    *count = found;
    for (const struct step *step = done->steps; step; step = step->next)
        if (was_done(step))
            list[--found] = (struct item){.done = step};
    for (size_t i = 0; i < *count; i++)
        take_back(plan, request, &list[i]);
    return list;
}

/* ---- the difference -----------------------------------------------------------------------------
 */

/* As it was saved, and as it was made. */
struct thing {
    const struct check *saved, *made;
};

/* The check that shows most of it: a value rather than that there is one. */
static const struct check *shown_by(const struct thing *thing)
{
    bool saved = thing->saved->op && thing->saved->want && thing->saved->match != CHECK_HAS;
    bool made = thing->made->op && (thing->made->want || !thing->saved->op);
    return !saved && made ? thing->made : thing->saved;
}

/* What is there now, in words, and whether it is what was saved. */
static bool look(struct planning *planning, const struct thing *thing, const char **now, bool *back,
                 struct error *err)
{
    const struct check *saved = thing->saved, *shown = shown_by(thing);
    struct reading list[2];
    size_t count = 0;
    const struct check *asked[] = {saved, shown};
    for (size_t i = 0; i < COUNT(asked); i++)
        if (asked[i]->op)
            list[count++] = (struct reading){.op = asked[i]->op, .params = asked[i]->params};
    if (!response_read(planning, list, count, err))
        return false;
    *back = saved->op && check_holds(saved, state_said(planning, saved)) == HELD_YES;
    *now = shown->op ? check_reads(shown, state_said(planning, shown), planning->arena)
                     : "cannot be read";
    return true;
}

/* Somebody's later change is gone over only where that is wanted. */
static bool ask_over(const struct undo_request *request, struct item *item,
                     const struct difference *difference, struct error *err)
{
    bool over = request->changed;
    if (!over && request->over && !request->over(request->state, difference, &over, err))
        return false;
    item->dropped = !over;
    return true;
}

static bool weigh(struct response *response, const struct undo_request *request, struct item *item,
                  struct plan *plan, struct error *err)
{
    const struct step *done = item->done;
    struct difference difference = {
        .suspect = done->suspect, .step = done->id, .words = done->words};
    struct thing thing = {&done->undo.check, &done->check};
    struct planning planning;
    bool back;
    if (!planning_at(response, plan, done->account, done->region, &planning, err) ||
        !look(&planning, &thing, &difference.now, &back, err))
        return false;
    if (done->undo.op && done->undo.check.op)
        difference.saved = check_wants(&done->undo.check, response->arena);
    difference.foreign = done->undo.op && done->check.op && !back && !done->held;
    if (item->step && difference.foreign && !ask_over(request, item, &difference, err))
        return false;
    bool goes = item->step && !item->dropped;
    difference.becomes = back || !goes      ? difference.now
                         : difference.saved ? difference.saved
                                            : "what it was, which cannot be read";
    plan->stays += done->undo.op && !back && !goes;
    plan_differ(plan, &difference);
    return true;
}

static void drop(struct plan *plan, const struct item *list, size_t count)
{
    struct step **link = &plan->steps;
    plan->last_step = NULL;
    while (*link) {
        bool dropped = false;
        for (size_t i = 0; i < count; i++)
            dropped = dropped || (list[i].dropped && list[i].step == *link);
        if (dropped) {
            *link = (*link)->next;
            plan->step_count--;
        } else {
            plan->last_step = *link;
            link = &(*link)->next;
        }
    }
}

bool response_undo(struct response *response, const struct undo_request *request, struct plan **out,
                   struct error *err)
{
    struct begun begun;
    size_t count;
    if (!history_find(response, request->action, &begun, err))
        return false;
    struct plan *plan = plan_new(response->arena, PLAN_UNDO);
    response->state = json_own(response->arena, json_object());
    response->answers = json_own(response->arena, json_object());
    plan->decision = request->decision;
    if (!decided_by(response, plan, err))
        return false;
    plan->of = begun.plan->id;
    plan->cut_off = begun.plan->cut_off;
    plan->lawful = json_own(response->arena, json_array());
    for (const struct suspect *one = begun.plan->suspects; one; one = one->next)
        plan_suspect(plan, one);
    if (!make_checks(response, begun.plan, err))
        return false;
    for (struct step *step = begun.plan->steps; step; step = step->next)
        plan_answer(step, response->answers, response->arena); /* what nobody heard is read */
    struct item *list = items_of(plan, request, begun.plan, &count);
    *out = plan;
    bool ok = make_checks(response, plan, err);
    for (size_t i = 0; ok && i < count; i++)
        ok = weigh(response, request, &list[i], plan, err);
    drop(plan, list, count);
    return ok;
}

bool undo_still(struct response *response, const struct plan *approved, struct plan *now,
                struct error *err)
{
    for (const struct step *step = now->steps; step; step = step->next) {
        const struct difference *shown = plan_difference(approved, step->id);
        struct thing thing = {&step->check, &step->undo.check};
        struct planning planning;
        const char *is;
        bool back;
        if (step->held || !shown)
            continue;
        if (!planning_at(response, now, step->account, step->region, &planning, err) ||
            !look(&planning, &thing, &is, &back, err))
            return false;
        if (strcmp(shown->now, is) != 0) {
            (void)error_set(err, ERROR_REFUSED,
                            "somebody changed this since the plan was shown: %.150s: it was %.100s "
                            "and is %.100s",
                            shown->words, shown->now, is);
            return error_hint(err, "Make the plan again and look at it.");
        }
    }
    return true;
}

bool response_done(struct response *response, const char *action, struct plan **out,
                   struct error *err)
{
    struct begun begun;
    if (!history_find(response, action, &begun, err))
        return false;
    *out = begun.plan;
    return true;
}
