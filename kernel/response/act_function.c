/* A Lambda function is no longer run: its reserved concurrency becomes 0 (R20). */
#include "response/arn.h"
#include "response/check.h"

#include <string.h>

#define PREFIX "function/"
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static bool is_name(const char *text)
{
    size_t size = strlen(text);
    return size >= 1 && size <= 64 && strspn(text, NAME_CHARACTERS) == size;
}

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    struct arn arn;
    const char *name = strncmp(text, PREFIX, strlen(PREFIX)) == 0 ? text + strlen(PREFIX) : NULL;
    if (arn_read(text, arena, &arn) && strcmp(arn.service, "lambda") == 0 &&
        strncmp(arn.name, "function:", 9) == 0) {
        name = arena_strndup(arena, arn.name + 9, strcspn(arn.name + 9, ":"));
        out->account = arn.account;
        out->region = arn.region;
    }
    if (!name || !is_name(name))
        return CLAIM_NO;
    out->name = arena_strdup(arena, name);
    return CLAIM_YES;
}

static json_t *named(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:s}", "FunctionName", planning->suspect->name);
}

static bool find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *params = named(planning);
    struct reading list[] = {
        {.op = "lambda:GetFunction", .params = params},
        {.op = "lambda:GetFunctionConcurrency", .params = params},
        {.op = "lambda:GetPolicy", .params = params},
    };
    if (!response_read(planning, list, COUNT(list), err))
        return false;
    const char *code = state_code(planning, list[0].op, params);
    if (code_is_absent(code))
        return response_absent_here(planning, "function", suspect->name, err);
    if (code || state_code(planning, list[1].op, params))
        return response_unread(planning, code ? list[0].op : list[1].op, params, err);
    const json_t *configuration = state_at(planning, list[0].op, params, "Configuration");
    suspect->arn = reply_text(configuration, "FunctionArn");
    suspect->unique_id = suspect->arn;
    return true;
}

static void concurrency_step(struct planning *planning)
{
    struct arena *arena = planning->arena;
    const char *name = planning->suspect->name;
    json_t *params = named(planning);
    const json_t *before =
        state_at(planning, "lambda:GetFunctionConcurrency", params, "ReservedConcurrentExecutions");
    int64_t reserved = json_is_integer(before) ? json_integer_value(before) : -1;
    struct check check = {.op = "lambda:GetFunctionConcurrency",
                          .params = params,
                          .path = "ReservedConcurrentExecutions"};
    struct step step = {
        .id = "concurrency",
        .wave = WAVE_DISABLE,
        .words = arena_printf(arena, "function %s is run no more (reserved concurrency 0)", name),
        .op = "lambda:PutFunctionConcurrency",
        .params =
            plan_pack(arena, "{s:s, s:i}", "FunctionName", name, "ReservedConcurrentExecutions", 0),
        .check = check,
        .flags = STEP_ACCESS,
        .credential = name,
        .why = "it was so before"};
    step.check.want = json_own(arena, json_integer(0));
    if (reserved != 0) {
        step.undo.op = reserved < 0 ? "lambda:DeleteFunctionConcurrency" : step.op;
        step.undo.params = reserved < 0
                               ? params
                               : plan_pack(arena, "{s:s, s:I}", "FunctionName", name,
                                           "ReservedConcurrentExecutions", (json_int_t)reserved);
        step.undo.words = reserved < 0
                              ? "no concurrency is reserved for it, as before"
                              : arena_printf(arena, "its reserved concurrency is %lld again",
                                             (long long)reserved);
        step.undo.check = check;
        step.undo.check.want = reserved < 0 ? NULL : json_own(arena, json_integer(reserved));
        step.undo.check.absent = reserved < 0;
    }
    response_step(planning, &step);
}

static bool plan(struct planning *planning, struct error *err)
{
    if (!find(planning, err))
        return false;
    const json_t *configuration =
        state_at(planning, "lambda:GetFunction", named(planning), "Configuration");
    const char *role = reply_text(configuration, "Role");
    concurrency_step(planning);
    response_say(planning, NOTE_BREAKS, "who calls function %s is refused with a throttle",
                 planning->suspect->name);
    response_say(planning, NOTE_NOT_COVERED,
                 "runs that are under way go on to their end (at most %lld s); the function's code "
                 "stays as it is (SHA-256 %s) and is not copied; events that wait for it may be "
                 "lost after 6 hours",
                 (long long)reply_int(configuration, "Timeout", 900),
                 reply_text(configuration, "CodeSha256"));
    response_say(planning, NOTE_NOT_COVERED,
                 "credentials of its role %s that a run has already, work until they end", role);
    response_say(planning, NOTE_SAVED,
                 "the function's configuration with its environment, its policy and its "
                 "concurrency");
    return true;
}

const struct action action_function = {
    .name = "function",
    .summary = "a Lambda function (function/NAME or its ARN): it is run no more",
    .undone = "the reserved concurrency it had, or none; with --restore-access naming it",
    .not_covered = "runs under way, its role's credentials, its code and triggers",
    .regional = true,
    .claims = claims,
    .find = find,
    .plan = plan,
};
