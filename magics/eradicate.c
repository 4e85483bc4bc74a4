#include "magics/responding.h"
#include "magics/targets.h"

#include <string.h>

struct eradicate_options {
    struct option_list targets, override;
    const char *yes, *account;
    int64_t decision;
    bool dry_run, actions;
};

static const struct option options[] = {
    {.name = "TARGET",
     .value = "TARGET",
     .help = "access key, user, role/NAME, mfa/USER, or @RESULT: contained and watched already",
     OPT_LIST(struct eradicate_options, targets),
     .values = VALUES_TARGET},
    {.name = "--decision",
     .value = "N",
     .help = "the decision (%decide) that this carries out; without one nothing is destroyed",
     OPT_INT(struct eradicate_options, decision),
     .min = 1,
     .max = 1000000},
    {.name = "--dry-run",
     .help = "show what would be done and try the permissions; nothing is asked and nothing "
             "changed",
     OPT_FLAG(struct eradicate_options, dry_run)},
    {.name = "--actions",
     .help = "list what can be destroyed: how, and what is not covered",
     OPT_FLAG(struct eradicate_options, actions)},
    {.name = "--yes",
     .value = "PLAN-ID",
     .help = "approve the plan that was shown under this id, without a question",
     OPT_TEXT(struct eradicate_options, yes)},
    {.name = "--account",
     .value = "ID",
     .help = "account of targets that do not say it (%set accounts leads there)",
     OPT_TEXT(struct eradicate_options, account)},
    {.name = "--override",
     .value = "ARN",
     .help = "destroy this principal although it is protected; its ARN in full",
     OPT_LIST(struct eradicate_options, override)},
};

static bool offer(struct magic_call *call, struct response *response, struct error *err)
{
    const struct eradicate_options *given = call->options;
    struct option_list targets;
    struct response_request request = {.account = given->account,
                                       .overrides = given->override.items,
                                       .override_count = given->override.count,
                                       .decision = given->decision,
                                       .destroys = true};
    struct responding_plan offered = {.only_show = given->dry_run};
    if (!targets_expand(call, &given->targets, &targets, err))
        return false;
    request.targets = targets.items;
    request.target_count = targets.count;
    if (!targets.count)
        return error_set(err, ERROR_USAGE, "nothing to eradicate is named") ||
               error_hint(err, "%%eradicate TARGET --decision N, after %%contain and %%watch.");
    return response_plan(response, &request, &offered.plan, err) &&
           responding_offer(call, response, &offered, err);
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct eradicate_options *given = call->options;
    if (given->actions)
        return responding_actions(call, true);
    struct response *response = responding(call, err);
    struct responding_approved by = {given->yes, given->decision};
    struct responding_plan approved = {0};
    if (!response)
        return false;
    if (given->yes)
        return responding_kept(call, response, &by, &approved.plan, err) &&
               responding_yes(call, response, &approved, err);
    return offer(call, response, err);
}

static const struct magic_example examples[] = {
    {"%eradicate AKIAIOSFODNN7EXAMPLE --decision 2",
     "deleting a key that was contained and watched"},
};

const struct magic magic_eradicate = {
    .name = "eradicate",
    .summary = "delete what an attacker made: keys, users, roles, MFA devices; only by a recorded "
               "decision, only after containment was watched",
    .details = "Nothing of it can be taken back, so it is no containment: the target has to be "
               "contained, a %watch of it has to have ended in silence, and a decision has to be "
               "named. What is deleted is in the saved state.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_CHANGES_AWS,
    .options = {.options = options,
                .count = COUNT(options),
                .size = sizeof(struct eradicate_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
