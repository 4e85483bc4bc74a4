#include "response/decided.h"

#include "case/decision.h"

#include <inttypes.h>

static const char *people(const struct decision *decision, struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < decision->people_count; i++)
        text = arena_printf(arena, "%s%s%s", text, i ? ", " : "", decision->people[i]);
    return *text ? text : "nobody by name";
}

bool decided_by(struct response *response, struct plan *plan, struct error *err)
{
    struct decision decision;
    if (!plan->decision)
        return true;
    if (!decision_find(response->with.session, plan->decision, plan->arena, &decision, err))
        return false;
    if (!decision.decided) {
        (void)error_set(err, ERROR_REFUSED,
                        "nothing was chosen in decision %" PRId64 ": \"%.200s\" is open",
                        plan->decision, decision.question);
        return error_hint(err, "%%decide asks it again with --choose; then --decision with the new "
                               "number.");
    }
    plan->decided = arena_printf(plan->arena, "\"%s\": %s, by %s, %s", decision.question,
                                 decision.options[decision.chosen].text,
                                 people(&decision, plan->arena), decision.time);
    return true;
}
