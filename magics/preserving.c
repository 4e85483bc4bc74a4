#include "magics/preserving.h"

#include "job/job.h"
#include "response/follow.h"

#include <string.h>

/* The step of an instance that takes its snapshots, if they are there; NULL: they are not. */
static const struct step *taken(const struct plan *plan, const struct suspect *suspect,
                                struct arena *arena)
{
    const struct step *step =
        plan_find(plan, arena_printf(arena, "%zu.snapshots", suspect->number));
    bool there = step && (step->held || step->outcome == OUTCOME_SENT ||
                          step->outcome == OUTCOME_DONE || step->outcome == OUTCOME_HELD);
    return there ? step : NULL;
}

static bool follow(struct magic_call *call, const struct suspect *suspect, const struct step *step,
                   const struct job_as *as, struct error *err)
{
    int64_t number;
    bool hash = json_get_bool(suspect->wishes, "hash", false);
    json_t *order = json_own(
        call->arena,
        json_pack("{s:s, s:s, s:s, s:b}", "instance", suspect->name, "account", suspect->account,
                  "set", reply_text(step->check.params, "Filter.0.Value.0"), "hash", hash));
    struct job_order job = {.kind = &follow_kind,
                            .title = arena_printf(call->arena, "%s%s", suspect->name,
                                                  hash ? ", with the hashes of its blocks" : ""),
                            .order = order,
                            .region = suspect->region,
                            .as = *as};
    return call->jobs->begin(call->jobs->state, &job, &number, err);
}

bool preserving_follow(struct magic_call *call, const struct response *response,
                       const struct plan *plan, struct error *err)
{
    const char *home = response_account(response);
    bool ok = true;
    for (const struct suspect *one = plan->suspects; ok && one; one = one->next) {
        const struct step *step = taken(plan, one, call->arena);
        bool other = !home || strcmp(home, one->account) != 0;
        struct job_as as = {.account = one->account};
        bool reached = !other || response_as(response, one->account, &as);
        if (!step || plan->kind != PLAN_CONTAIN)
            continue;
        if (!call->jobs || !reached)
            outputs_printf(call->outputs,
                           "snapshots of %s are accepted; nothing follows them here\n", one->name);
        else
            ok = follow(call, one, step, &as, err);
    }
    return ok;
}
