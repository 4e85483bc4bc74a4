#include "response/rehearse.h"

#include "aws/gather.h"
#include "response/arn.h"

#include <string.h>

#define PAGES 5

const char *const verdict_names[VERDICTS] = {[VERDICT_UNTRIED] = "could not be tried",
                                             [VERDICT_ALLOWED] = "allowed",
                                             [VERDICT_DENIED] = "denied"};

struct rehearsal {
    struct response *response;
    const struct plan *plan;
    struct trial *trials;
    size_t count;
    json_t *principals; /* account -> ARN of the user or role whose policies count */
};

static void decide(struct trial *trial, const char *how, enum verdict verdict, const char *why)
{
    trial->how = how;
    trial->verdict = verdict;
    trial->why = why ? why : "";
}

/* ---- by DryRun ----------------------------------------------------------------------------------
 */

/* The call's parameters, if no earlier call has to answer first; NULL: one has. */
static json_t *trying(struct rehearsal *rehearsal, const struct step *step)
{
    struct error unknown = {0};
    json_t *params = plan_fill(step->params, rehearsal->response->answers, &unknown);
    if (!params)
        return NULL;
    json_object_set_new(params, "DryRun", json_true());
    return json_own(rehearsal->response->arena, params);
}

static void judge_dry_run(struct trial *trial, const struct aws_gathering *said)
{
    static const char how[] = "DryRun";
    bool would = said->code && strncmp(said->code, "DryRunOperation", 15) == 0;
    if (would)
        decide(trial, how, VERDICT_ALLOWED, NULL);
    else if (said->code && aws_is_denied(said->code))
        decide(trial, how, VERDICT_DENIED, said->error.message);
    else
        decide(trial, how, VERDICT_UNTRIED,
               said->ok ? "AWS answered as if it were no trial" : said->error.message);
}

static bool dry_run(struct rehearsal *rehearsal, struct error *err)
{
    struct response *response = rehearsal->response;
    size_t count = 0;
    struct aws_gathering *list =
        arena_alloc(response->arena, (rehearsal->count + 1) * sizeof *list);
    struct trial **whose_is =
        arena_alloc(response->arena, (rehearsal->count + 1) * sizeof *whose_is);
    for (size_t i = 0; i < rehearsal->count; i++) {
        const struct step *step = rehearsal->trials[i].step;
        const struct access *access;
        json_t *params = aws_op(step->op)->dry_run ? trying(rehearsal, step) : NULL;
        if (!params)
            continue;
        if (!access_find(response, step->account, &access, err))
            return false;
        whose_is[count] = &rehearsal->trials[i];
        list[count++] =
            (struct aws_gathering){.op = step->op,
                                   .params = params,
                                   .region = step->region ? step->region : response->region,
                                   .credentials = access->credentials};
    }
    if (!aws_gather(response->with.aws, list, count, response->with.cancel, response->arena, err))
        return false;
    for (size_t i = 0; i < count; i++)
        judge_dry_run(whose_is[i], &list[i]);
    return true;
}

/* ---- by simulation ------------------------------------------------------------------------------
 */

/* "iam:PutUserPolicy", as policies call it. */
static const char *permission(const struct step *step, struct arena *arena)
{
    static const struct {
        const char *op, *permission;
    } others[] = {{"s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"},
                  {"s3:DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"},
                  {"s3:DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls"}};
    for (size_t i = 0; i < COUNT(others); i++)
        if (strcmp(step->op, others[i].op) == 0)
            return others[i].permission;
    const struct aws_op *op = aws_op(step->op);
    const struct aws_service *service = aws_service_of(op);
    return arena_printf(arena, "%s:%s", service->action ? service->action : service->name,
                        op->name);
}

/* What of IAM the call is about, its path included where the target is that. */
static const char *iam_resource(const struct step *step, const struct suspect *suspect,
                                const char *partition, struct arena *arena)
{
    static const char *const members[][2] = {
        {"UserName", "user"}, {"RoleName", "role"}, {"GroupName", "group"}};
    struct arn arn;
    for (size_t i = 0; i < COUNT(members); i++) {
        const char *name = json_get_string(step->params, members[i][0], NULL);
        if (!name)
            continue;
        if (suspect->arn && arn_read(suspect->arn, arena, &arn) &&
            strcmp(arn.type, members[i][1]) == 0 && strcmp(arn.name, name) == 0)
            return suspect->arn;
        return arena_printf(arena, "arn:%s:iam::%s:%s/%s", partition, step->account, members[i][1],
                            name);
    }
    return json_get_string(step->params, "PolicyArn", "*");
}

/* "*": the thing has no ARN that is known here. */
static const char *resource(const struct step *step, const struct suspect *suspect,
                            const char *partition, struct arena *arena)
{
    const struct aws_service *service = aws_service_of(aws_op(step->op));
    const char *name = service->action ? service->action : service->name;
    const char *bucket = json_get_string(step->params, "Bucket", NULL);
    struct arn arn;
    if (strcmp(name, "iam") == 0)
        return iam_resource(step, suspect, partition, arena);
    if (strcmp(name, "s3") == 0 && bucket)
        return arena_printf(arena, "arn:%s:s3:::%s", partition, bucket);
    if (suspect->arn && arn_read(suspect->arn, arena, &arn) && strcmp(arn.service, name) == 0)
        return suspect->arn;
    return "*";
}

/* Of a session its role, whose path only IAM knows. NULL: *why says it. */
static bool find_principal(struct rehearsal *rehearsal, const struct access *access,
                           const char **principal, const char **why, struct error *err)
{
    struct response *response = rehearsal->response;
    struct arena *arena = response->arena;
    struct arn arn;
    *principal = json_get_string(rehearsal->principals, access->account, NULL);
    if (*principal || !arn_read(access->arn, arena, &arn)) {
        *why = "who asks cannot be told";
        return true;
    }
    if (strcmp(arn.type, "user") == 0)
        *principal = access->arn;
    *why = "policies of a root user or a federated one are not simulated";
    if (strcmp(arn.type, "assumed-role") == 0) {
        const char *role = arena_strndup(arena, arn.resource, strcspn(arn.resource, "/"));
        struct aws_gathering get = {.op = "iam:GetRole",
                                    .params = plan_pack(arena, "{s:s}", "RoleName", role),
                                    .credentials = access->credentials};
        if (!aws_gather(response->with.aws, &get, 1, response->with.cancel, arena, err))
            return false;
        const json_t *found = aws_gathered(&get, "Role.Arn");
        *principal = found ? json_string_value(found) : NULL;
        *why = arena_printf(arena, "the caller's role cannot be read: %s", get.error.message);
    }
    if (*principal)
        json_object_set_new(rehearsal->principals, access->account, json_texts(*principal));
    return true;
}

static const json_t *result_of(const struct aws_gathering *said, const char *action)
{
    for (size_t page = 0; page < json_array_size(said->replies); page++) {
        const json_t *reply = json_array_get(said->replies, page);
        for (size_t i = 0; i < reply_count(reply, "EvaluationResults"); i++) {
            const json_t *one = reply_item(reply, "EvaluationResults", i);
            if (strcmp(reply_text(one, "EvalActionName"), action) == 0)
                return one;
        }
    }
    return NULL;
}

static void judge_simulation(struct trial *trial, const struct aws_gathering *said,
                             const char *action, const char *on, struct arena *arena)
{
    static const char how[] = "simulation";
    const json_t *result = result_of(said, action);
    const char *decision = result ? reply_text(result, "EvalDecision") : "";
    if (strcmp(decision, "allowed") == 0)
        decide(trial, how, VERDICT_ALLOWED, NULL);
    else if (!result)
        decide(trial, how, VERDICT_UNTRIED, said->ok ? "IAM said nothing" : said->error.message);
    else if (reply_count(result, "MissingContextValues"))
        decide(trial, how, VERDICT_UNTRIED,
               arena_printf(arena, "a policy's condition asks for %s, which only the call shows",
                            json_string_value(reply_item(result, "MissingContextValues", 0))));
    else if (strcmp(on, "*") == 0 && strcmp(decision, "implicitDeny") == 0)
        decide(trial, how, VERDICT_UNTRIED,
               arena_printf(arena, "%s is not allowed on everything; on this alone it may be",
                            action));
    else
        decide(trial, how, VERDICT_DENIED,
               arena_printf(arena, "%s on %s: %s", action, on,
                            strcmp(decision, "explicitDeny") == 0 ? "a policy denies it"
                                                                  : "no policy allows it"));
}

/* What is asked: of each thing all actions at once. */
struct asking {
    struct aws_gathering *calls;
    size_t count;
    struct {
        struct trial *trial;
        const char *action, *on;
        const struct aws_gathering *call;
    } * asked;
    size_t asked_count;
};

static struct aws_gathering *call_about(struct asking *asking, const char *principal,
                                        const char *on, const struct access *access,
                                        struct arena *arena)
{
    for (size_t i = 0; i < asking->count; i++) {
        const json_t *params = asking->calls[i].params;
        if (strcmp(reply_text(params, "PolicySourceArn"), principal) == 0 &&
            strcmp(reply_text(params, "ResourceArns.0"), on) == 0)
            return &asking->calls[i];
    }
    struct aws_gathering *call = &asking->calls[asking->count++];
    *call =
        (struct aws_gathering){.op = "iam:SimulatePrincipalPolicy",
                               .params = plan_pack(arena, "{s:s, s:[], s:[s]}", "PolicySourceArn",
                                                   principal, "ActionNames", "ResourceArns", on),
                               .credentials = access->credentials,
                               .pages = PAGES};
    return call;
}

static bool ask(struct rehearsal *rehearsal, struct trial *trial, struct asking *asking,
                struct error *err)
{
    struct response *response = rehearsal->response;
    struct arena *arena = response->arena;
    const struct step *step = trial->step;
    const struct access *access;
    const char *principal, *why = "";
    if (!access_find(response, step->account, &access, err) ||
        !find_principal(rehearsal, access, &principal, &why, err))
        return false;
    if (!principal) {
        decide(trial, "", VERDICT_UNTRIED, why);
        return true;
    }
    const char *action = permission(step, arena);
    const char *on =
        resource(step, plan_whose(rehearsal->plan, step->suspect), access->partition, arena);
    struct aws_gathering *call = call_about(asking, principal, on, access, arena);
    json_t *names = json_object_get(call->params, "ActionNames");
    size_t i = 0;
    while (i < json_array_size(names) &&
           strcmp(json_string_value(json_array_get(names, i)), action) != 0)
        i++;
    if (i == json_array_size(names))
        json_array_append_new(names, json_texts(action));
    asking->asked[asking->asked_count].trial = trial;
    asking->asked[asking->asked_count].action = action;
    asking->asked[asking->asked_count].on = on;
    asking->asked[asking->asked_count++].call = call;
    return true;
}

static bool simulate(struct rehearsal *rehearsal, struct error *err)
{
    struct response *response = rehearsal->response;
    struct asking asking = {0};
    asking.calls = arena_alloc(response->arena, (rehearsal->count + 1) * sizeof *asking.calls);
    asking.asked = arena_alloc(response->arena, (rehearsal->count + 1) * sizeof *asking.asked);
    for (size_t i = 0; i < rehearsal->count; i++)
        if (!rehearsal->trials[i].how && !ask(rehearsal, &rehearsal->trials[i], &asking, err))
            return false;
    if (!aws_gather(response->with.aws, asking.calls, asking.count, response->with.cancel,
                    response->arena, err))
        return false;
    for (size_t i = 0; i < asking.asked_count; i++)
        judge_simulation(asking.asked[i].trial, asking.asked[i].call, asking.asked[i].action,
                         asking.asked[i].on, response->arena);
    return true;
}

bool response_rehearse(struct response *response, const struct plan *plan, struct trial **out,
                       size_t *count, struct error *err)
{
    struct rehearsal rehearsal = {
        .response = response, .plan = plan, .principals = json_own(response->arena, json_object())};
    rehearsal.trials =
        arena_alloc(response->arena, (plan->step_count + 1) * sizeof *rehearsal.trials);
    for (size_t wave = 0; wave < WAVES; wave++)
        for (const struct step *step = plan->steps; step; step = step->next)
            if (!step->held && step->wave == (enum wave)wave)
                rehearsal.trials[rehearsal.count++] = (struct trial){.step = step};
    *out = rehearsal.trials;
    *count = rehearsal.count;
    return dry_run(&rehearsal, err) && simulate(&rehearsal, err);
}
