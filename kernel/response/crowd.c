/* Many targets side by side: hundreds of users that an attacker made cost no more rounds of reading
 * than one. */
#include "response/account.h"
#include "response/fence.h"
#include "response/tag.h"
#include "response/whole.h"

#include <string.h>

#define DEPTH 6 /* reads that depend on earlier ones */

static void walk(struct response *response, struct plan *plan, struct error *err)
{
    plan->steps = plan->last_step = NULL;
    plan->notes = plan->last_note = NULL;
    plan->step_count = 0;
    json_object_clear(plan->calls);
    for (struct suspect *one = plan->suspects; one && !(err->kind && !response->wanted);
         one = one->next) {
        struct planning planning;
        struct error unread = {0};
        bool ok =
            one->gone || (planning_of(response, plan, one, &planning, &unread) &&
                          one->action->plan(&planning, &unread) && tag_suspect(&planning, &unread));
        one->missed = !ok && plan->running && unread.kind == ERROR_NOT_FOUND;
        if (!ok && !one->missed && !response->wanted)
            *err = unread;
    }
}

/* Goes through everything as often as its reads depend on each other, each time asking at once for
 * what was still lacking anywhere. `go` must be harmless when its reads fail. */
static bool side_by_side(struct response *response, void (*go)(struct response *, void *),
                         void *state, struct error *err)
{
    bool any = true, ok = true;
    response->wanted = wanted_new(response->arena);
    for (int depth = 0; ok && any && depth < DEPTH; depth++) {
        go(response, state);
        ok = wanted_read(response->wanted, response->with.aws, response->state,
                         response->with.cancel, &any, err);
    }
    response->wanted = NULL;
    return ok;
}

static void foresee_steps(struct response *response, void *state)
{
    struct error none = {0};
    walk(response, state, &none);
}

/* Whoever acts while it is contained may give things away in more ways than are looked at. */
static void say_unseen_shares(struct plan *plan)
{
    const struct suspect *one = plan->suspects;
    while (one && one->action->regional)
        one = one->next;
    if (one && plan->kind == PLAN_CONTAIN && !plan->running)
        plan_say(plan, NULL, NOTE_NOT_COVERED,
                 "what is given to outsiders meanwhile is looked for in rights, trusts, EBS "
                 "snapshots and images; not in snapshots of databases (RDS, Redshift) and backups, "
                 "ECR, SSM documents, policies of queues, topics, functions and KMS keys, or RAM");
}

bool make_steps(struct response *response, struct plan *plan, struct error *err)
{
    if (!side_by_side(response, foresee_steps, plan, err))
        return false;
    walk(response, plan, err);
    say_unseen_shares(plan);
    return !err->kind && (plan->kind != PLAN_CONTAIN || fence_plan(response, plan, err)) &&
           make_checks(response, plan, err);
}

static void foresee_suspects(struct response *response, void *state)
{
    struct plan *plan = state;
    for (const struct suspect *one = plan->suspects; one; one = one->next) {
        struct suspect suspect = *one;
        bool found;
        struct error none = {0};
        make_find(response, plan, &suspect, &found, &none);
    }
}

/* The name that a user of this id has now; NULL: there is none. */
static const char *name_of(const json_t *picture, const char *id)
{
    const char *name;
    json_t *one;
    json_object_foreach(json_object_get((json_t *)(uintptr_t)picture, "users"), name, one)
    {
        if (id && strcmp(json_get_string(one, "id", ""), id) == 0)
            return name;
    }
    return NULL;
}

static void follow(struct plan *plan, struct suspect *suspect, const char *name)
{
    if (strcmp(name, suspect->name) == 0)
        return;
    plan_say(plan, suspect, NOTE_NEXT, "user %s is called %s now", suspect->name, name);
    plan_rename(plan, suspect, "UserName", name);
}

static bool look_for(struct response *response, struct plan *plan, struct suspect *missing,
                     struct error *err)
{
    const struct access *access;
    json_t *picture;
    if (!access_find(response, missing->account, &access, err) ||
        !account_read(response, access, 0, &picture, err))
        return false;
    const char *name = name_of(picture, missing->unique_id);
    missing->gone = !name;
    if (name)
        follow(plan, missing, name);
    return true;
}

bool make_present(struct response *response, struct plan *plan, struct error *err)
{
    if (!whole_read(response, plan, NULL, err) ||
        !side_by_side(response, foresee_suspects, plan, err))
        return false;
    for (struct suspect *one = plan->suspects; one; one = one->next) {
        struct suspect suspect = *one;
        struct error problem = {0};
        bool found;
        if (!make_find(response, plan, &suspect, &found, &problem)) {
            if (problem.kind == ERROR_INTERRUPTED) {
                *err = problem;
                return false;
            }
            continue; /* making the steps says what it is */
        }
        one->gone = false;
        if (!found && !look_for(response, plan, one, err))
            return false;
        if (found && suspect.unique_id && one->unique_id && one->name && suspect.name &&
            strcmp(suspect.unique_id, one->unique_id) == 0)
            follow(plan, one, suspect.name); /* a key knows whose it is */
    }
    return true;
}

/* What is found by these texts; belongs to nobody. */
struct foreseen {
    struct plan *plan;
    const struct response_found *list;
    size_t count;
};

static void foresee_found(struct response *response, void *state)
{
    const struct foreseen *foreseen = state;
    for (size_t i = 0; i < foreseen->count; i++)
        for (size_t j = 0; actions[j]; j++) {
            struct suspect suspect = {.given = foreseen->list[i].text,
                                      .account = foreseen->list[i].account,
                                      .action = actions[j]};
            bool found;
            struct error none = {0};
            if (actions[j]->destroys ||
                actions[j]->claims(suspect.given, response->arena, &suspect) != CLAIM_YES)
                continue;
            make_find(response, foreseen->plan, &suspect, &found, &none);
            break;
        }
}

bool make_ready(struct response *response, struct plan *plan, const struct response_found *list,
                size_t count, struct error *err)
{
    struct foreseen foreseen = {plan, list, count};
    struct whole_found found = {list, count};
    return whole_read(response, plan, &found, err) &&
           side_by_side(response, foresee_found, &foreseen, err);
}
