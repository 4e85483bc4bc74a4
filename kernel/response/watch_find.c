/* What is watched: what the ledger says is contained, and what somebody named. Worker thread. */
#include "response/watch.h"

#include "base/time.h"
#include "response/history.h"
#include "response/response_state.h"

#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000)
#define GRACE (60 * SECOND) /* until a change of IAM has taken effect everywhere, most probably */
#define ORDER_MOST ((size_t)700 * 1024)

/* What a request has found so far. */
struct finding {
    struct response *response;
    const struct watch_request *request;
    struct watching *out;
    json_t *checks; /* that are read already: a later plan's say how it has to be */
    const char *home;
};

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

/* ---- a target -----------------------------------------------------------------------------------
 */

static const char *words_of(const struct suspect *suspect, struct arena *arena)
{
    const char *action = suspect->action->name;
    if (suspect->part)
        return arena_printf(arena, "%s %s of %s", action, suspect->part, suspect->name);
    return arena_printf(arena, "%s %s%s%s", action, suspect->name, suspect->level ? ", level " : "",
                        suspect->level ? suspect->level : "");
}

static json_t *target_at(const struct finding *finding, const struct suspect *suspect)
{
    return json_array_get(finding->out->targets, suspect->number - 1);
}

static struct suspect *known(const struct finding *finding, const struct suspect *suspect)
{
    struct suspect *one = finding->out->plan->suspects;
    while (one && !(one->action == suspect->action && same(one->account, suspect->account) &&
                    same(one->region, suspect->region) && same(one->name, suspect->name) &&
                    same(one->part, suspect->part)))
        one = one->next;
    return one;
}

static void leave_out(json_t *list, const char *what, const char *why)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (same(json_get_string(json_array_get(list, i), "what", ""), what))
            return;
    json_array_append_new(
        list, json_pack("{s:o, s:o}", "what", json_texts(what), "why", json_texts(why)));
}

/* ---- of the ledger ------------------------------------------------------------------------------
 */

/* First change and last, by AWS's clock; the plan's own time where everything was so already. */
static void times_of(const struct plan *plan, const struct suspect *suspect, int64_t *first,
                     int64_t *last)
{
    *first = *last = 0;
    for (const struct step *step = plan->steps; step; step = step->next) {
        if (step->suspect != suspect->number || !step->server_time || step->wave == WAVE_TAG)
            continue;
        *first = !*first || step->server_time < *first ? step->server_time : *first;
        *last = step->server_time > *last ? step->server_time : *last;
    }
    *first = *first ? *first : plan->made;
    *last = *last ? *last : plan->made;
}

static void add_times(json_t *target, const struct plan *plan, const struct suspect *suspect)
{
    int64_t first, last, grace = GRACE / response_rate();
    times_of(plan, suspect, &first, &last);
    int64_t since = json_get_int(target, "since", INT64_MAX),
            after = json_get_int(target, "after", 0);
    json_object_set_new(target, "since", json_integer(first < since ? first : since));
    json_object_set_new(target, "after", json_integer(last + grace > after ? last + grace : after));
}

/* Tags keep nobody out. */
static bool is_in_place(const struct step *step)
{
    return step->check.op && !(step->flags & STEP_PASSAGE) && step->wave != WAVE_TAG &&
           (step->held || step->outcome == OUTCOME_SENT || step->outcome == OUTCOME_DONE ||
            step->outcome == OUTCOME_HELD);
}

/* Not all of it was taken back. */
static bool is_contained(const struct plan *plan, const struct suspect *suspect)
{
    const struct step *step = plan->steps;
    while (step && !(step->suspect == suspect->number && is_in_place(step)))
        step = step->next;
    return step && !suspect->contained && !suspect->action->destroys;
}

static bool is_checked(const struct finding *finding, const struct step *step)
{
    const struct check *check = &step->check;
    char *params = json_dumps(check->params, JSON_SORT_KEYS | JSON_COMPACT);
    const char *key = arena_printf(
        finding->response->arena, "%s %s %s %s %s", step->region ? step->region : "", check->op,
        params ? params : "", check->id ? check->id : "", check->path ? check->path : "");
    free(params);
    bool before = json_object_get(finding->checks, key) != NULL;
    json_object_set_new(finding->checks, key, json_true());
    return before;
}

static void add_steps(const struct finding *finding, const struct plan *plan,
                      const struct suspect *from, const struct suspect *to)
{
    for (const struct step *step = plan->steps; step; step = step->next) {
        if (step->suspect != from->number || !is_in_place(step))
            continue;
        if (step->account && !same(step->account, finding->home)) {
            leave_out(finding->out->beside, step->words,
                      "it is in another account; what denies in this one is read");
            continue;
        }
        if (is_checked(finding, step))
            continue;
        struct step kept = *step;
        kept.id = strchr(step->id, '.') + 1;
        kept.undo.op = NULL;
        kept.undo.params = NULL;
        kept.undo.check = (struct check){0};
        plan_step(finding->out->plan, to, &kept);
    }
}

/* It is watched by a job of its own, or said to be left out by another one. */
static bool has_own_watch(const struct finding *finding, const char *account)
{
    const struct response *response = finding->response;
    struct job_as as;
    return !finding->request->first || same(account, response->home->account) ||
           response_as(response, account, &as);
}

static void add_contained(const struct finding *finding, const struct plan *plan,
                          const struct suspect *suspect)
{
    struct arena *arena = finding->response->arena;
    const char *words = words_of(suspect, arena);
    if (!same(suspect->account, finding->home)) {
        if (has_own_watch(finding, suspect->account))
            return;
        leave_out(finding->out->unseen,
                  arena_printf(arena, "%s in account %s", words, suspect->account),
                  arena_printf(arena,
                               "nothing leads there (%%set accounts %s=PROFILE or a role): %%watch "
                               "--account %s leaves it out",
                               suspect->account, finding->home));
        return;
    }
    struct suspect *kept = known(finding, suspect);
    if (!kept) {
        kept = plan_suspect(finding->out->plan, suspect);
        json_array_append_new(
            finding->out->targets,
            json_pack("{s:o, s:s}", "words", json_texts(words), "plan", plan->id));
    }
    json_t *target = target_at(finding, kept);
    if (same(suspect->level, "sessions") && !json_object_get(target, "cut_off"))
        json_object_set_new(target, "cut_off", json_texts(plan->cut_off));
    add_times(target, plan, suspect);
    add_steps(finding, plan, suspect, kept);
}

/* As it was typed, its key, its name or its ARN. */
static bool is_named(const struct suspect *suspect, const char *text, struct arena *arena)
{
    const char *kind = suspect->action->name;
    const char *names[] = {suspect->given, suspect->part, suspect->arn, suspect->name,
                           arena_printf(arena, "%s/%s", kind, suspect->name)};
    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i] && strcmp(names[i], text) == 0)
            return true;
    return false;
}

/* All that is contained, or what this text names of it. */
static bool take_contained(const struct finding *finding, struct plan *const *plans, size_t count,
                           const char *text)
{
    bool any = false;
    const char *account = finding->request->account;
    for (size_t i = 0; i < count; i++) {
        for (const struct suspect *one = plans[i]->suspects; one; one = one->next) {
            if (!is_contained(plans[i], one) ||
                (text && !is_named(one, text, finding->response->arena)) ||
                (account && !same(account, one->account)))
                continue;
            add_contained(finding, plans[i], one);
            any = true;
        }
    }
    return any;
}

/* ---- of AWS -------------------------------------------------------------------------------------
 */

static int64_t aws_time(const struct response *response)
{
    int64_t offset = 0;
    bool off = aws_server_offset(response->with.aws, &offset) &&
               (offset > 2 * SECOND || offset < -2 * SECOND);
    return time_now() + (off ? offset : 0);
}

/* Never contained here: it is watched all the same. */
static bool take_other(const struct finding *finding, const char *text, struct error *err)
{
    struct response_request request = {.account = finding->request->account,
                                       .region = finding->request->region};
    struct response *response = finding->response;
    struct plan *plan = finding->out->plan;
    size_t count = plan->suspect_count;
    int64_t now = aws_time(response);
    if (!make_target(response, plan, text, &request, err))
        return false;
    if (plan->suspect_count == count)
        return true; /* it is watched under another name already */
    if (!same(plan->last_suspect->account, finding->home)) {
        (void)error_set(err, ERROR_REFUSED,
                        "%s is in account %s and was not contained here: a watch of it asks as "
                        "somebody of that account",
                        text, plan->last_suspect->account);
        return error_hint(err, "%%set profile leads there, then %%watch %s.", text);
    }
    json_array_append_new(finding->out->targets,
                          json_pack("{s:o, s:I, s:I}", "words",
                                    json_texts(words_of(plan->last_suspect, response->arena)),
                                    "since", (json_int_t)now, "after", (json_int_t)(now - SECOND)));
    return true;
}

static bool nothing(const struct finding *finding, struct error *err)
{
    const char *account = finding->request->account;
    if (json_array_size(finding->out->unseen)) {
        (void)error_set(err, ERROR_REFUSED, "all that is contained is in other accounts than %s",
                        finding->home);
        return error_hint(err, "%%set accounts ID=PROFILE, or =ROLE-ARN, for each, then %%watch.");
    }
    (void)error_set(err, ERROR_NOT_FOUND, "this case has contained nothing%s%s",
                    account ? " in account " : "", account ? account : "");
    return error_hint(err, "%%contain TARGET first; or name what is to be watched all the same.");
}

static void set_since(const struct finding *finding)
{
    for (size_t i = 0; finding->request->since && i < json_array_size(finding->out->targets); i++) {
        json_t *target = json_array_get(finding->out->targets, i);
        json_object_set_new(target, "since", json_integer(finding->request->since));
        if (!json_object_get(target, "plan"))
            json_object_set_new(target, "after", json_integer(finding->request->since - SECOND));
    }
}

bool watch_find(struct response *response, const struct watch_request *request,
                struct watching *out, struct error *err)
{
    const struct access *access;
    struct plan **plans;
    size_t count;
    if (!access_find(response, request->home, &access, err) ||
        !history_contained(response, &plans, &count, err))
        return false;
    *out = (struct watching){.access = access,
                             .plan = plan_new(response->arena, PLAN_CONTAIN),
                             .targets = json_own(response->arena, json_array()),
                             .unseen = json_own(response->arena, json_array()),
                             .beside = json_own(response->arena, json_array())};
    struct finding finding = {.response = response,
                              .request = request,
                              .out = out,
                              .checks = json_own(response->arena, json_object()),
                              .home = access->account};
    bool ok = true;
    if (!request->target_count)
        (void)take_contained(&finding, plans, count, NULL);
    for (size_t i = 0; ok && i < request->target_count; i++)
        ok = take_contained(&finding, plans, count, request->targets[i]) || request->home ||
             take_other(&finding, request->targets[i], err);
    set_since(&finding);
    return ok && (out->plan->suspect_count || request->others || nothing(&finding, err));
}

/* ---- several accounts ---------------------------------------------------------------------------
 */

static bool is_listed(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (same(list[i], text))
            return true;
    return false;
}

bool watch_accounts(struct response *response, const struct watch_request *request,
                    const char ***out, size_t *count, struct error *err)
{
    const struct access *access;
    struct plan **plans;
    size_t plan_count, room = 1;
    struct job_as as;
    if (!access_find(response, NULL, &access, err) ||
        !history_contained(response, &plans, &plan_count, err))
        return false;
    for (size_t i = 0; i < plan_count; i++)
        room += plans[i]->suspect_count;
    const char **list = arena_alloc(response->arena, room * sizeof *list);
    *out = list;
    list[0] = access->account;
    *count = 1;
    for (size_t i = 0; i < plan_count; i++)
        for (const struct suspect *one = plans[i]->suspects; one; one = one->next)
            if (is_contained(plans[i], one) && one->account &&
                (!request->account || same(request->account, one->account)) &&
                !is_listed(list, *count, one->account) && response_as(response, one->account, &as))
                list[(*count)++] = one->account;
    return true;
}

bool watch_regions(struct response *response, const struct watching *watching,
                   struct watch_span *out, struct error *err)
{
    struct aws_asking asking = {.op = "ec2:DescribeRegions",
                                .credentials = watching->access->credentials,
                                .cancel = response->with.cancel};
    json_t *reply;
    if (!aws_call(response->with.aws, &asking, response->arena, &reply, err))
        return error_wrap(err, "account %s", watching->access->account);
    size_t most = reply_count(reply, "regionInfo");
    const char **names = arena_alloc(response->arena, (most + 1) * sizeof *names);
    out->regions = names;
    out->region_count = 0;
    for (size_t i = 0; i < most; i++) {
        const json_t *one = reply_item(reply, "regionInfo", i);
        if (strcmp(reply_text(one, "optInStatus"), "not-opted-in") != 0)
            names[out->region_count++] = reply_text(one, "regionName");
    }
    return true;
}

/* ---- the order ----------------------------------------------------------------------------------
 */

bool watch_order(struct response *response, const struct watching *watching,
                 const struct watch_span *span, json_t **out, struct error *err)
{
    int64_t now = aws_time(response);
    json_t *regions = json_array();
    size_t size;
    for (size_t i = 0; i < span->region_count; i++)
        json_array_append_new(regions, json_texts(span->regions[i]));
    json_t *made = json_pack(
        "{s:s, s:s, s:o, s:I, s:I, s:o, s:O, s:O, s:O}", "caller", watching->access->arn, "account",
        watching->access->account, "regions", regions, "begun", (json_int_t)now, "until",
        (json_int_t)(now + span->asked / response_rate()), "plan", plan_json(watching->plan),
        "targets", watching->targets, "unseen", watching->unseen, "beside", watching->beside);
    if (span->gap)
        json_object_set_new(made, "region_gap", json_texts(span->gap));
    *out = json_own(response->arena, made);
    (void)json_dump(response->arena, made, &size);
    if (size <= ORDER_MOST)
        return true;
    (void)error_set(err, ERROR_LIMIT, "%zu targets are too many for one watch",
                    watching->plan->suspect_count);
    return error_hint(err, "Name a part of them, and the rest in a second %%watch.");
}
