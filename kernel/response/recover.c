#include "response/recover.h"

#include "base/file.h"
#include "data/prose.h"
#include "response/check.h"
#include "response/history.h"

#include <string.h>

#define PLANS_MOST 20

/* ---- at the start: the ledger alone ---- */

void response_cut_off(struct session *session, struct buf *said)
{
    struct arena *arena = arena_new();
    struct error ignored = {0};
    struct response response = {.with = {.session = session, .arena = arena}, .arena = arena};
    const char *folder =
        file_absolute(arena, file_expand(arena, session_settings(session)->case_folder));
    const char *ids[PLANS_MOST];
    size_t count = 0;
    if (file_exists(file_join(arena, folder, LEDGER_FILE)) &&
        history_interrupted(&response, ids, PLANS_MOST, &count, &ignored) && count &&
        guard_hold(session_guard(session), "a look at what was cut off", &ignored)) {
        guard_release(session_guard(session)); /* nobody is acting: those plans have no kernel */
        for (size_t i = 0; i < count; i++)
            buf_addf(said,
                     "%splan %s was cut off in the middle: %%undo %s --print shows what was done, "
                     "%%contain or %%undo reads AWS and says how to go on",
                     said->size ? "; " : "", ids[i], ids[i]);
    }
    arena_free(arena);
}

/* ---- with AWS at hand ---- */

struct recovery {
    struct response *response;
    struct begun *begun;
    size_t done, not_done, unread;
};

static struct step *step_of(const struct recovery *recovery, const json_t *content)
{
    if (json_get_int(content, "plan", 0) != recovery->begun->plan->entry)
        return NULL;
    return plan_find(recovery->begun->plan, json_get_string(content, "step", ""));
}

static bool read_back(struct recovery *recovery, const struct step *step, enum held *held,
                      struct error *err)
{
    struct planning planning;
    *held = HELD_UNKNOWN;
    if (!step->check.op)
        return true;
    struct reading read = {.op = step->check.op, .params = step->check.params};
    if (!planning_at(recovery->response, recovery->begun->plan, step->account, step->region,
                     &planning, err) ||
        !response_read(&planning, &read, 1, err))
        return false;
    *held = check_holds(&step->check, state_said(&planning, &step->check));
    return true;
}

/* One intent that nobody knows the end of. */
static bool settle(void *state, const json_t *intent, const json_t *outcome, struct error *err)
{
    struct recovery *recovery = state;
    struct response *response = recovery->response;
    struct step *step = step_of(recovery, json_object_get(intent, "content"));
    enum held held;
    (void)outcome;
    if (!step)
        return true;
    if (!read_back(recovery, step, &held, err))
        return false;
    if (held == HELD_UNKNOWN) {
        recovery->unread++;
        return true;
    }
    bool done = held == HELD_YES;
    step->outcome = done ? OUTCOME_DONE : OUTCOME_NONE;
    recovery->done += done;
    recovery->not_done += !done;
    return guard_settle(response->guard, json_get_int(intent, "seq", 0), done ? "done" : "not done",
                        NULL, err);
}

static void say(const struct recovery *recovery, struct prose *prose)
{
    const struct plan *plan = recovery->begun->plan;
    struct arena *arena = plan->arena;
    size_t count[OUTCOMES] = {0};
    for (const struct step *step = plan->steps; step; step = step->next)
        count[step->outcome]++;
    prose_paragraph(prose, "%b %c was cut off in the middle: of %d calls", "Plan", plan->id,
                    (int64_t)plan->step_count);
    prose_add(prose, " %d were done, %d not begun, %d failed.",
              (int64_t)(count[OUTCOME_SENT] + count[OUTCOME_DONE]), (int64_t)count[OUTCOME_NONE],
              (int64_t)count[OUTCOME_FAILED]);
    if (recovery->done + recovery->not_done + recovery->unread)
        prose_add(prose,
                  " Of those on their way when the kernel ended, AWS shows %d as done, %d as not "
                  "done; %d cannot be read.",
                  (int64_t)recovery->done, (int64_t)recovery->not_done, (int64_t)recovery->unread);
    for (const struct step *step = plan->steps; step; step = step->next)
        if (step->outcome != OUTCOME_HELD)
            prose_bullet(prose, 0, "%s: %s", outcome_names[step->outcome], step->words);
    const char *kind = plan_kind_names[plan->kind];
    prose_paragraph(prose, "To go on: %c; to take back what was done: %c",
                    arena_printf(arena, "%%%s --yes %s", kind, plan->id),
                    arena_printf(arena, "%%undo %s", plan->id));
}

static bool recover(struct response *response, const char *id, struct prose *prose,
                    struct error *err)
{
    struct begun begun;
    struct recovery recovery = {.response = response, .begun = &begun};
    struct guard_unsettled each = {.visit = settle, .state = &recovery};
    if (!history_find(response, id, &begun, err))
        return false;
    response->state = json_own(response->arena, json_object());
    if (!guard_each_unsettled(response->guard, &each, err))
        return false;
    say(&recovery, prose);
    return true;
}

bool response_recover(struct response *response, struct prose *prose, bool *any, struct error *err)
{
    const char *ids[PLANS_MOST];
    struct error busy = {0};
    size_t count;
    *any = false;
    if (!history_interrupted(response, ids, PLANS_MOST, &count, err))
        return false;
    if (!count || !guard_hold(response->guard, "what was cut off is settled", &busy))
        return true;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = recover(response, ids[i], prose, err);
    guard_release(response->guard);
    *any = true;
    return ok;
}
