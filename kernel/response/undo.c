/* Taking back: the steps that were done, last first, each with its inverse. It is a plan like any
 * other, so that a notebook which is run again takes nothing back by itself. */
#include "response/history.h"

#include "response/check.h"

#include <string.h>

static bool is_named(const struct undo_request *request, const struct suspect *suspect,
                     const struct step *step)
{
    const char *names[] = {step->credential, suspect->name, suspect->part, suspect->arn,
                           suspect->given};
    for (size_t i = 0; i < request->restore_count; i++)
        for (size_t j = 0; j < COUNT(names); j++)
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
        .wave = done->undo.late ? WAVE_REST : (enum wave)(WAVES - 1 - done->wave),
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

static const struct suspect *suspect_of(const struct plan *plan, size_t number)
{
    const struct suspect *one = plan->suspects;
    while (one && one->number != number)
        one = one->next;
    return one;
}

static void take_back(struct plan *plan, const struct undo_request *request,
                      const struct step *done)
{
    const struct suspect *suspect = suspect_of(plan, done->suspect);
    if (!done->undo.op) {
        plan_say(plan, suspect, NOTE_NOT_UNDONE, "%s: %s", done->words,
                 done->why ? done->why : "it has no inverse");
    } else if ((done->flags & STEP_ACCESS) && !is_named(request, suspect, done)) {
        plan_say(plan, suspect, NOTE_NOT_COVERED,
                 "%s: stays, for taking it back gives access to %s again; --restore-access %s does",
                 done->words, done->credential, done->credential);
    } else {
        struct step step = inverse(done, plan->arena);
        plan_step(plan, suspect, &step);
    }
}

/* Steps last first. */
static void take_all_back(struct plan *plan, const struct undo_request *request,
                          const struct plan *done)
{
    size_t count = 0;
    const struct step **list =
        arena_alloc(plan->arena, (done->step_count + 1) * sizeof(const struct step *));
    for (const struct step *step = done->steps; step; step = step->next)
        if (was_done(step))
            list[count++] = step;
    while (count--)
        take_back(plan, request, list[count]);
}

/* Whether what the step made is there no more and the saved state is not either: somebody else was
 * at it. */
static bool changed_since(struct response *response, struct plan *plan, const struct step *step,
                          const char **how, struct error *err)
{
    struct planning planning;
    struct reading read = {.op = step->undo.check.op, .params = step->undo.check.params};
    *how = NULL;
    if (step->held || !read.op)
        return true;
    if (!planning_at(response, plan, step->account, step->region, &planning, err) ||
        !response_read(&planning, &read, 1, err))
        return false;
    const json_t *said = state_said(&planning, &step->undo.check);
    if (check_holds(&step->undo.check, said) != HELD_YES)
        *how = check_shows(&step->undo.check, said, response->arena);
    return true;
}

/* Takes the steps out that would go over somebody's later change, unless that is wanted. */
static bool ask_about_changes(struct response *response, const struct undo_request *request,
                              struct plan *plan, struct error *err)
{
    struct step **link = &plan->steps;
    plan->last_step = NULL;
    while (*link) {
        struct step *step = *link;
        const char *how;
        if (!changed_since(response, plan, step, &how, err))
            return false;
        bool keep = !how || request->changed;
        if (how)
            plan_say(plan, suspect_of(plan, step->suspect), NOTE_BREAKS,
                     "changed by somebody since: %s%s", how,
                     keep ? "; the saved state is put back all the same"
                          : "; left as it is, --changed puts the saved state back");
        if (keep) {
            plan->last_step = step;
            link = &step->next;
        } else {
            *link = step->next;
            plan->step_count--;
        }
    }
    return true;
}

bool response_undo(struct response *response, const struct undo_request *request, struct plan **out,
                   struct error *err)
{
    struct begun begun;
    if (!history_find(response, request->action, &begun, err))
        return false;
    struct plan *plan = plan_new(response->arena, PLAN_UNDO);
    response->state = json_own(response->arena, json_object());
    response->answers = json_own(response->arena, json_object());
    plan->of = begun.plan->id;
    plan->cut_off = begun.plan->cut_off;
    plan->lawful = json_own(response->arena, json_array());
    for (const struct suspect *one = begun.plan->suspects; one; one = one->next)
        plan_suspect(plan, one);
    take_all_back(plan, request, begun.plan);
    *out = plan;
    return make_checks(response, plan, err) && ask_about_changes(response, request, plan, err);
}

bool undo_again(struct response *response, const struct plan *approved, struct plan **out,
                struct error *err)
{
    json_t *written = plan_json(approved);
    struct plan *plan = plan_read(written, response->arena, err);
    json_decref(written);
    if (!plan)
        return false;
    plan->entry = approved->entry;
    plan->callers = json_own(response->arena, json_object());
    for (struct step *step = plan->steps; step; step = step->next) {
        step->outcome = OUTCOME_NONE;
        step->tries = 0;
    }
    *out = plan;
    return make_checks(response, plan, err);
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
