#include "magics/responding.h"

struct contain_options {
    struct option_list targets;
    const char *level, *yes, *account, *region;
    struct option_list override;
    int64_t decision;
    bool dry_run, no_image;
};

static const struct option options[] = {
    {.name = "TARGET",
     .value = "TARGET",
     .help = "access key, user, role, session, group, instance, bucket..., by name or ARN; @RESULT "
             "for a column of a kept result",
     OPT_LIST(struct contain_options, targets),
     .values = VALUES_TARGET},
    {.name = "--level",
     .value = "LEVEL",
     .help = "how far, where an action knows several ways",
     OPT_TEXT(struct contain_options, level)},
    {.name = "--dry-run",
     .help = "look whether the calls would be permitted; nothing is asked and nothing changed",
     OPT_FLAG(struct contain_options, dry_run)},
    {.name = "--yes",
     .value = "PLAN-ID",
     .help = "approve the plan that was shown under this id, without a question",
     OPT_TEXT(struct contain_options, yes)},
    {.name = "--decision",
     .value = "N",
     .help = "the decision (%decide) that this carries out",
     OPT_INT(struct contain_options, decision),
     .min = 1,
     .max = 1000000},
    {.name = "--account",
     .value = "ID",
     .help = "account of targets that do not say it (%set accounts leads there)",
     OPT_TEXT(struct contain_options, account)},
    {.name = "--region",
     .value = "NAME",
     .help = "region of instances, groups and functions",
     OPT_TEXT(struct contain_options, region)},
    {.name = "--no-image",
     .help = "an instance is cut off without snapshots: what is on its disks is not preserved",
     OPT_FLAG(struct contain_options, no_image)},
    {.name = "--override",
     .value = "ARN",
     .help = "contain this principal although it is protected; its ARN in full",
     OPT_LIST(struct contain_options, override)},
};

static bool run(struct magic_call *call, struct error *err)
{
    const struct contain_options *given = call->options;
    struct response *response = responding(call, err);
    struct response_request request = {.targets = given->targets.items,
                                       .target_count = given->targets.count,
                                       .level = given->level,
                                       .account = given->account,
                                       .region = given->region,
                                       .overrides = given->override.items,
                                       .override_count = given->override.count,
                                       .decision = given->decision};
    if (given->no_image)
        request.wishes = json_own(call->arena, json_pack("{s:b}", "no_image", 1));
    struct responding_plan offered = {.only_show = given->dry_run};
    if (!response)
        return false;
    if (given->yes)
        return responding_yes(call, response, given->yes, err);
    if (!given->targets.count)
        return error_set(err, ERROR_USAGE, "nothing to contain is named") ||
               error_hint(err, "%%contain TARGET shows a plan; %%contain --yes PLAN-ID carries out "
                               "one that was shown.");
    return response_plan(response, &request, &offered.plan, err) &&
           responding_offer(call, response, &offered, err);
}

static const struct magic_example examples[] = {
    {"%contain AKIAIOSFODNN7EXAMPLE --dry-run", "what containing a key would do"},
};

const struct magic magic_contain = {
    .name = "contain",
    .summary = "contain a credential, a principal or a machine: plan, approval, saved state, "
               "action, read back",
    .details = "The plan is the default: nothing is changed before it is approved, by typing the "
               "target or by --yes with the plan's id.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_CHANGES_AWS,
    .options = {.options = options,
                .count = COUNT(options),
                .size = sizeof(struct contain_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
