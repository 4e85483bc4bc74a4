/* The calls of one wave: intents on the disk, then all under way side by side, to the last answer.
 */
#include "response/run.h"

#include "base/time.h"

#include <string.h>

#define RENEWALS_MOST 3
#define CALLS_AT_ONCE ((size_t)32) /* AWS throttles the account, not the call */
#define LATE_MS 15000              /* after a stop, calls that were sent are waited for so long */

struct sending {
    struct step *step;
    json_t *params;
    const struct access *access;
    struct aws_call *call;
};

static bool prepare(struct run *run, struct step *step, struct sending *out, struct error *err)
{
    struct response *response = run->response;
    json_t *params = plan_fill(step->params, response->answers, err);
    *out = (struct sending){.step = step};
    if (!params)
        return false;
    out->params = json_own(response->arena, params);
    return access_find(response, step->account, &out->access, err);
}

static const char *region_of(const struct run *run, const struct step *step)
{
    return step->region ? step->region : run->response->region;
}

static json_t *about(const struct run *run, const struct step *step)
{
    return json_pack("{s:s, s:s, s:s}", "plan_id", run->plan->id, "step", step->id, "words",
                     step->words);
}

/* All intents in one write. Parameters may be given a token by it. */
static bool intend(struct run *run, struct sending *list, size_t count, struct error *err)
{
    struct guard_intent *intents = arena_alloc(run->response->arena, (count + 1) * sizeof *intents);
    for (size_t i = 0; i < count; i++)
        intents[i] = (struct guard_intent){.op = list[i].step->op,
                                           .params = list[i].params,
                                           .region = region_of(run, list[i].step),
                                           .caller = list[i].access->caller,
                                           .about = about(run, list[i].step)};
    return guard_open(run->response->guard, &run->basis, intents, count, err);
}

static void begin(struct run *run, struct sending *sending)
{
    struct error problem = {0};
    struct aws_asking asking = {.op = sending->step->op,
                                .params = sending->params,
                                .region = region_of(run, sending->step),
                                .credentials = sending->access->credentials};
    sending->step->tries++;
    sending->call = aws_start(run->response->with.aws, &asking, &problem);
    if (!sending->call) {
        sending->step->outcome = OUTCOME_FAILED;
        sending->step->problem = arena_strdup(run->response->arena, problem.message);
    }
}

static void end(struct run *run, struct sending *sending)
{
    struct step *step = sending->step;
    struct arena *arena = run->response->arena;
    struct error problem = {0};
    json_t *reply = NULL;
    bool ok = aws_done(sending->call) && aws_reply(sending->call, &reply, &problem);
    const struct aws_facts *facts = aws_call_facts(sending->call);
    step->server_time = facts->server_time;
    if (ok) {
        step->outcome = OUTCOME_SENT;
        step->problem = NULL;
        json_object_set(run->response->answers, step->id, reply);
        plan_answer(step, run->response->answers, arena);
        run->began = run->began ? run->began : facts->server_time;
        run->ended = facts->server_time ? facts->server_time : run->ended;
    } else {
        bool unknown = !aws_done(sending->call) || facts->unknown;
        step->outcome = unknown ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
        step->problem =
            problem.kind ? arena_strdup(arena, problem.message) : "it was sent, and no answer came";
        step->code = facts->code ? arena_strdup(arena, facts->code) : NULL;
    }
    aws_end(sending->call);
    sending->call = NULL;
}

/* What was sent is awaited, also after a stop. */
static void await(struct run *run, struct sending *list, size_t count)
{
    struct response *response = run->response;
    int64_t late = 0;
    for (size_t left = count; left;) {
        left = 0;
        bool stopped = response->with.cancel && cancel_raised(response->with.cancel);
        if (stopped && !late) {
            late = time_monotonic() + LATE_MS * INT64_C(1000);
            outputs_progress(response->with.outputs,
                             "stopping: %zu calls are on their way and awaited", count);
        }
        for (size_t i = 0; i < count; i++)
            if (list[i].call && (aws_done(list[i].call) || (late && time_monotonic() > late)))
                end(run, &list[i]);
        for (size_t i = 0; i < count; i++)
            left += list[i].call != NULL;
        if (left) {
            aws_wait(response->with.aws, late ? NULL : response->with.cancel, late);
            aws_step(response->with.aws);
        }
    }
}

/* AWS refused it unseen, for the credentials are over: it may be sent again. */
static bool is_expired(const struct step *step)
{
    static const char *const codes[] = {"ExpiredToken", "ExpiredTokenException", "RequestExpired",
                                        "TokenRefreshRequired"};
    for (size_t i = 0; step->outcome == OUTCOME_FAILED && step->code && i < COUNT(codes); i++)
        if (strcmp(step->code, codes[i]) == 0)
            return true;
    return false;
}

bool response_renewed(struct run *run)
{
    struct error problem = {0};
    bool anew = false;
    if (run->renewals++ < RENEWALS_MOST && access_renew(run->response, &anew, &problem) && anew)
        return true;
    if (!run->why.kind) {
        (void)error_set(&run->why, ERROR_UNAVAILABLE, "the credentials ended in the middle%s%s",
                        problem.kind ? ": " : "", problem.kind ? problem.message : "");
        (void)error_hint(&run->why, "Get new ones, then go on or take it back.");
    }
    return false;
}

/* Once more with new credentials, where the old ones were over. */
static bool again(struct run *run, struct step *const *steps, size_t count, struct error *err)
{
    size_t left = 0;
    struct step **list = arena_alloc(run->response->arena, (count + 1) * sizeof(struct step *));
    for (size_t i = 0; i < count; i++)
        if (is_expired(steps[i]))
            list[left++] = steps[i];
    if (!left)
        return true;
    if (response_renewed(run))
        return response_calls(run, list, left, err);
    run->halted = true;
    return true;
}

static bool send(struct run *run, struct step *const *steps, size_t count, struct error *err)
{
    struct sending *list = arena_alloc(run->response->arena, (count + 1) * sizeof *list);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = prepare(run, steps[i], &list[i], err);
    if (!ok || !count || !intend(run, list, count, err))
        return ok && !count;
    for (size_t i = 0; i < count; i++)
        begin(run, &list[i]);
    await(run, list, count);
    run->changed = true;
    return again(run, steps, count, err);
}

/* Nothing comes between two waves that are joined. */
static bool may_stop(enum wave wave)
{
    return !waves[wave].joined && !(wave + 1 < WAVES && waves[wave + 1].joined);
}

bool response_calls(struct run *run, struct step *const *steps, size_t count, struct error *err)
{
    bool ok = true;
    for (size_t at = 0; ok && at < count; at += CALLS_AT_ONCE) {
        size_t left = count - at;
        if (at && (run->halted || (response_stopped(run) && may_stop(steps[at]->wave))))
            break;
        ok = send(run, steps + at, left < CALLS_AT_ONCE ? left : CALLS_AT_ONCE, err);
    }
    return ok;
}
