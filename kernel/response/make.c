/* From what was typed to a plan. */
#include "response/response_state.h"

#include "base/file.h"
#include "base/time.h"
#include "response/account.h"
#include "response/aim.h"
#include "response/check.h"
#include "response/decided.h"
#include "response/fence.h"
#include "response/ready.h"
#include "response/resume.h"
#include "response/safe.h"
#include "response/shares.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#define CASE_FOLDER ".cofferdam"
#define NAME_FROM_MOST 4096
#define TAG_VALUE_MOST 256

/* Sessions that begin while the cut-off takes effect are ended too: clocks differ, and IAM needs
 * its seconds. */
#define CUT_OFF_AHEAD (INT64_C(60) * 1000000)

/* The folder that the case is about: "case-318" of .../case-318/.cofferdam. Of what a tag may
 * not hold, a dash stands for it. */
static const char *case_name(const struct response *response)
{
    const char *folder = session_settings(response->with.session)->case_folder;
    char here[NAME_FROM_MOST] = "";
    if ((!folder || strcmp(file_name(folder), CASE_FOLDER) == 0) && getcwd(here, sizeof here))
        folder = here;
    char *name =
        arena_strdup(response->arena, folder && *file_name(folder) ? file_name(folder) : "case");
    for (char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("_.-", *at))
            *at = '-';
    return arena_strndup(response->arena, name, strnlen(name, TAG_VALUE_MOST));
}

bool planning_of(struct response *response, struct plan *plan, struct suspect *suspect,
                 struct planning *out, struct error *err)
{
    const struct access *access;
    if (!access_find(response, suspect->account, &access, err))
        return false;
    suspect->account = access->account;
    if (!suspect->region && suspect->action && suspect->action->regional)
        suspect->region = response->region;
    *out = (struct planning){.plan = plan,
                             .suspect = suspect,
                             .arena = response->arena,
                             .aws = response->with.aws,
                             .credentials = access->credentials,
                             .account = access->account,
                             .caller = access->arn,
                             .partition = access->partition,
                             .region = response->region,
                             .before = json_object_get(response->before, access->account),
                             .case_name = case_name(response),
                             .evidence = session_settings(response->with.session)->evidence,
                             .forensics = session_settings(response->with.session)->forensics,
                             .cancel = response->with.cancel,
                             .state = response->state,
                             .wanted = response->wanted};
    json_object_set_new(plan->callers, access->account, json_texts(access->arn));
    return true;
}

/* ---- targets ------------------------------------------------------------------------------------
 */

static bool take_level(const struct response_request *request, struct suspect *suspect,
                       struct error *err)
{
    const char *const *levels = suspect->action->levels;
    suspect->level = levels ? levels[0] : NULL;
    if (!request->level || (suspect->found && !levels))
        return true;
    for (size_t i = 0; levels && levels[i]; i++)
        if (strcmp(levels[i], request->level) == 0) {
            suspect->level = levels[i];
            return true;
        }
    if (suspect->found)
        return true;
    (void)error_set(err, ERROR_USAGE, "%s has no level \"%s\"", suspect->action->name,
                    request->level);
    return levels ? error_hint(err, "Its levels are: %s%s%s%s%s.", levels[0], levels[1] ? ", " : "",
                               levels[1] ? levels[1] : "", levels[1] && levels[2] ? ", " : "",
                               levels[1] && levels[2] ? levels[2] : "")
                  : error_hint(err, "It is contained in one way only: leave --level out.");
}

bool make_find(struct response *response, struct plan *plan, struct suspect *suspect, bool *found,
               struct error *err)
{
    struct planning planning;
    struct error problem = {0};
    if (!planning_of(response, plan, suspect, &planning, err))
        return false;
    *found = suspect->action->find(&planning, &problem);
    if (*found || problem.kind == ERROR_NOT_FOUND) {
        if (!*found && !err->kind)
            *err = problem;
        return true;
    }
    *err = problem;
    return false;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* The user of this key, session or name is contained with all that it has. */
static bool is_whole_user(const struct suspect *one)
{
    const char *action = one->action->name;
    return strcmp(action, "user") == 0 ||
           (strcmp(action, "key") == 0 && !same_text(one->level, "key")) ||
           (strcmp(action, "session") == 0 && one->arn && strstr(one->arn, ":user/"));
}

/* A key of such a user, or it itself by another name. */
static bool is_within(const struct suspect *suspect, const struct suspect *one)
{
    const char *action = suspect->action->name;
    return (strcmp(action, "key") == 0 || strcmp(action, "user") == 0) && is_whole_user(one) &&
           same_text(one->account, suspect->account) && one->unique_id &&
           same_text(one->unique_id, suspect->unique_id);
}

static bool is_planned(const struct plan *plan, const struct suspect *suspect)
{
    for (const struct suspect *one = plan->suspects; one; one = one->next)
        if (suspect->found && is_within(suspect, one))
            return true;
    for (const struct suspect *one = plan->suspects; one; one = one->next)
        if (one->action == suspect->action && same_text(one->account, suspect->account) &&
            same_text(one->region, suspect->region) && same_text(one->part, suspect->part) &&
            (same_text(one->name, suspect->name) ||
             (one->unique_id && same_text(one->unique_id, suspect->unique_id))))
            return true;
    return false;
}

static bool resolve(struct response *response, struct plan *plan, struct suspect given,
                    const struct response_request *request, struct error *err)
{
    bool found = false, claimed = false;
    struct error missing = {0};
    if (!aim_check(given.given, err))
        return false;
    for (size_t i = 0; actions[i] && !found; i++) {
        struct suspect suspect = given;
        if (actions[i]->destroys != request->destroys)
            continue;
        enum claim claim = actions[i]->claims(given.given, response->arena, &suspect);
        if (claim == CLAIM_NO)
            continue;
        claimed = true;
        suspect.action = actions[i];
        if (!take_level(request, &suspect, err) ||
            !make_find(response, plan, &suspect, &found, &missing)) {
            *err = err->kind ? *err : missing;
            return false;
        }
        if (found && !is_planned(plan, &suspect)) {
            if (suspect.found && !safe_found(response, plan, &suspect, err))
                return false;
            plan_suspect(plan, &suspect);
        }
        if (claim == CLAIM_YES)
            break;
    }
    if (!claimed)
        return aim_unknown(given.given, err);
    if (!found)
        *err = missing;
    return found;
}

bool make_found(struct response *response, struct plan *plan, const struct response_found *found,
                struct suspect **added, struct error *err)
{
    struct error problem = {0};
    struct response_request request = {.level = found->level};
    struct suspect suspect = {.given = found->text,
                              .account = found->account,
                              .region = found->region,
                              .found = found->why};
    size_t count = plan->suspect_count;
    bool ok = resolve(response, plan, suspect, &request, &problem);
    if (added)
        *added = plan->suspect_count > count ? plan->last_suspect : NULL;
    if (ok)
        return true;
    if (problem.kind == ERROR_INTERRUPTED) {
        *err = problem;
        return false;
    }
    plan_say(plan, NULL, NOTE_NOT_COVERED, "%s (%s) is not contained: %s", found->text, found->why,
             problem.message);
    return true;
}

bool make_target(struct response *response, struct plan *plan, const char *text,
                 const struct response_request *request, struct error *err)
{
    struct suspect suspect = {
        .given = text, .account = request->account, .region = request->region};
    if (!response->state)
        response->state = json_own(response->arena, json_object());
    return resolve(response, plan, suspect, request, err);
}

/* ---- steps --------------------------------------------------------------------------------------
 */

/* The check with what earlier steps answered; false: that is not known yet. */
static bool fill_check(struct response *response, const struct check *check, struct check *out)
{
    struct error unknown = {0};
    struct arena *arena = response->arena;
    *out = *check;
    json_t *params = plan_fill(check->params, response->answers, &unknown);
    json_t *want = check->want ? plan_fill(check->want, response->answers, &unknown) : NULL;
    out->params = params ? json_own(arena, params) : NULL;
    out->want = want ? json_own(arena, want) : NULL;
    return check->op && params && !unknown.kind;
}

/* What is there already stands for the answer of the call that would make it: later steps name it.
 */
static void stand_in(struct response *response, const struct step *step, const struct check *check,
                     const json_t *said)
{
    const json_t *found = check_item(check, said);
    if ((step->flags & STEP_ONCE) && found && !json_object_get(response->answers, step->id))
        json_object_set(response->answers, step->id, (json_t *)(uintptr_t)found);
}

bool planning_at(struct response *response, struct plan *plan, const char *account,
                 const char *region, struct planning *out, struct error *err)
{
    struct suspect *place = arena_alloc(response->arena, sizeof *place);
    *place = (struct suspect){.given = account, .account = account, .region = region};
    return planning_of(response, plan, place, out, err);
}

static bool same_place(const struct step *a, const struct step *b)
{
    return same_text(a->account, b->account) && same_text(a->region, b->region);
}

/* All steps that are asked in the place of this one, which is the first there. */
static bool check_place(struct response *response, struct plan *plan, const struct step *first,
                        struct error *err)
{
    struct planning planning;
    struct check check;
    size_t count = 0;
    struct reading *list = arena_alloc(response->arena, (plan->step_count + 1) * sizeof *list);
    for (const struct step *step = first; step; step = step->next)
        if (same_place(step, first) && fill_check(response, &step->check, &check))
            list[count++] = (struct reading){.op = check.op, .params = check.params};
    if (!planning_at(response, plan, first->account, first->region, &planning, err) ||
        !response_read(&planning, list, count, err))
        return false;
    for (struct step *step = plan->steps; step; step = step->next) {
        if (!same_place(step, first))
            continue;
        step->held = fill_check(response, &step->check, &check) &&
                     check_holds(&check, state_said(&planning, &check)) == HELD_YES;
        if (step->held)
            stand_in(response, step, &check, state_said(&planning, &check));
        else if (step->outcome == OUTCOME_SENT && step->check.op)
            step->problem = check_shows(&check, state_said(&planning, &check), response->arena);
    }
    return true;
}

static bool is_first(const struct plan *plan, const struct step *step)
{
    const struct step *one = plan->steps;
    while (!same_place(one, step))
        one = one->next;
    return one == step;
}

bool make_checks(struct response *response, struct plan *plan, struct error *err)
{
    bool ok = true;
    for (const struct step *step = plan->steps; ok && step; step = step->next) {
        size_t known = json_object_size(response->answers) + 1;
        while (ok && is_first(plan, step) && json_object_size(response->answers) != known) {
            /* what was found there answers for checks of what came later */
            known = json_object_size(response->answers);
            ok = check_place(response, plan, step, err);
        }
    }
    return ok;
}

/* Pictures of the accounts as they are now, for safety and for what is new later. */
static bool picture(struct response *response, const struct plan *plan, json_t *into, size_t keys,
                    struct error *err)
{
    const char *account;
    json_t *caller;
    bool ok = true;
    json_object_foreach(plan->callers, account, caller)
    {
        const struct access *access;
        json_t *made;
        ok = ok && access_find(response, account, &access, err) &&
             account_read(response, access, keys, &made, err);
        if (ok)
            json_object_set(into, account, made);
    }
    return ok;
}

static const char *cut_off(const struct response *response)
{
    char text[TIME_TEXT_SIZE];
    int64_t server = time_now() + aws_clock_skew(response->with.aws) + CUT_OFF_AHEAD;
    return arena_printf(response->arena, "%.19sZ", time_iso(server, text));
}

static struct plan *begin(struct response *response, enum plan_kind kind)
{
    struct plan *plan = plan_new(response->arena, kind);
    response->state = json_own(response->arena, json_object());
    response->answers = json_own(response->arena, json_object());
    plan->cut_off = cut_off(response);
    return plan;
}

bool response_plan(struct response *response, const struct response_request *request,
                   struct plan **out, struct error *err)
{
    struct plan *plan = begin(response, request->destroys ? PLAN_ERADICATE : PLAN_CONTAIN);
    bool ok = true;
    plan->decision = request->decision;
    if (!decided_by(response, plan, err))
        return false;
    for (size_t i = 0; i < request->override_count; i++)
        json_array_append_new(plan->overrides, json_texts(request->overrides[i]));
    for (size_t i = 0; ok && i < request->target_count; i++) {
        struct suspect suspect = {.given = request->targets[i],
                                  .account = request->account,
                                  .region = request->region,
                                  .wishes = request->wishes};
        ok = resolve(response, plan, suspect, request, err);
    }
    for (size_t i = 0; ok && i < request->found_count; i++)
        ok = make_found(response, plan, &request->found[i], NULL, err);
    *out = plan;
    response->before = json_own(response->arena, json_object());
    return ok && (!request->destroys || ready_check(response, plan, err)) &&
           picture(response, plan, response->before, ACCOUNT_KEYS, err) &&
           make_steps(response, plan, err) && safe_check(response, plan, err);
}

/* Looked for anew: the name may be another one's by now. What is gone is left out. */
static bool find_again(struct response *response, struct plan *plan, const struct suspect *one,
                       struct error *err)
{
    struct suspect suspect = *one;
    bool found = false;
    struct error missing = {0};
    if (!make_find(response, plan, &suspect, &found, &missing) || (!found && !one->found)) {
        *err = missing;
        return false;
    }
    if (found)
        plan_suspect(plan, &suspect);
    return true;
}

/* The approved plan as it is now. */
static bool remake(struct response *response, const struct plan *approved, struct plan *plan,
                   struct error *err)
{
    bool ok = decided_by(response, plan, err);
    plan->overrides = approved->overrides;
    for (const struct suspect *one = approved->suspects; ok && one; one = one->next)
        ok = find_again(response, plan, one, err);
    ok = ok && (plan->kind != PLAN_ERADICATE || ready_check(response, plan, err));
    response->start = json_own(response->arena, json_object());
    ok = ok && picture(response, plan, response->start, 0, err);
    if (ok && !response->before)
        response->before = response->start; /* the plan's own is not known any more */
    return ok && make_steps(response, plan, err) && resume_steps(response, approved, plan, err) &&
           safe_check(response, plan, err) && plan_still(approved, plan, err);
}

bool make_again(struct response *response, const struct plan *approved, json_t *lawful,
                struct plan **out, struct error *err)
{
    struct plan *plan = begin(response, approved->kind);
    struct glance *glance = NULL;
    bool ok;
    if (approved->kind == PLAN_UNDO)
        return resume_written(response, approved, out, err) &&
               undo_still(response, approved, *out, err) && plan_still(approved, *out, err);
    if (approved->kind == PLAN_ERADICATE && resume_is_cut_off(response, approved->id))
        return resume_destroying(response, approved, out, err);
    plan->number = approved->number;
    plan->id = approved->id;
    plan->entry = approved->entry;
    plan->made = approved->made;
    plan->lawful = lawful;
    plan->unknown = approved->unknown;
    plan->decision = approved->decision;
    *out = plan;
    if (plan->kind == PLAN_CONTAIN)
        glance = shares_glance(response);
    ok = remake(response, approved, plan, err);
    return (!glance || shares_glanced(glance, ok ? response->start : NULL, err)) && ok;
}
