#include "response/resume.h"

#include "response/history.h"
#include "response/whole.h"

#include <string.h>

bool resume_was_done(const struct step *step)
{
    return step->outcome == OUTCOME_SENT || step->outcome == OUTCOME_DONE ||
           step->outcome == OUTCOME_UNKNOWN;
}

static void put_back(struct plan *now, const struct step *then)
{
    struct suspect *suspect = plan_whose(now, then->suspect);
    struct step step = *then;
    step.id = strchr(then->id, '.') + 1;
    step.outcome = OUTCOME_NONE;
    step.tries = 0;
    step.held = false;
    if (suspect)
        plan_step(now, suspect, &step);
}

bool resume_steps(struct response *response, const struct plan *approved, struct plan *now,
                  struct error *err)
{
    struct begun begun;
    struct error none = {0};
    size_t count = now->step_count;
    if (!history_find(response, approved->id, &begun, &none) || begun.ended)
        return true; /* whoever adopts what was done says what is wrong */
    for (const struct step *step = begun.plan->steps; step; step = step->next)
        if ((resume_was_done(step) || step->wave == WAVE_TAG) && !plan_find(now, step->id) &&
            plan_find(approved, step->id))
            put_back(now, step);
    return now->step_count == count || make_checks(response, now, err);
}

bool resume_is_cut_off(struct response *response, const char *id)
{
    struct begun begun;
    struct error none = {0};
    return history_find(response, id, &begun, &none) && !begun.ended;
}

bool resume_written(struct response *response, const struct plan *approved, struct plan **out,
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
    return whole_read(response, plan, NULL, err) && make_checks(response, plan, err);
}

bool resume_destroying(struct response *response, const struct plan *approved, struct plan **out,
                       struct error *err)
{
    if (!resume_written(response, approved, out, err))
        return false;
    for (struct suspect *one = (*out)->suspects; one; one = one->next) {
        struct suspect now = *one;
        struct error gone = {0};
        bool found;
        if (!make_find(response, *out, &now, &found, &gone)) {
            *err = gone;
            return false;
        }
        one->unique_id = found ? now.unique_id : one->unique_id;
    }
    return plan_still(approved, *out, err);
}
