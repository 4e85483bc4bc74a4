#include "magics/family.h"
#include "magics/places.h"
#include "magics/targets.h"

#include <string.h>

#define LAWFUL_TARGETS 20

struct contain_options {
    struct option_list targets;
    const char *level, *yes, *account, *region, *source;
    struct option_list override;
    int64_t decision;
    bool dry_run, no_image, alone, actions;
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
     .help = "show what would be done and try the permissions; nothing is asked and nothing "
             "changed",
     OPT_FLAG(struct contain_options, dry_run)},
    {.name = "--actions",
     .help = "list what can be contained: how, how it is taken back, what is not covered",
     OPT_FLAG(struct contain_options, actions)},
    {.name = "--alone",
     .help = "only what is named: the lake is asked neither for its family nor for lawful use",
     OPT_FLAG(struct contain_options, alone)},
    {.name = "--source",
     .value = PLACE_SOURCES,
     .help = "who is asked for family and lawful use; without it the engine of the settings",
     OPT_TEXT(struct contain_options, source),
     .choices = place_sources},
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

/* What the lake knows a caller by: a key's id, the ARN of who acts; NULL: it calls nothing. */
static const char *caller_of(const struct suspect *suspect)
{
    static const char *const acting[] = {":user/", ":role/", ":instance/", ":assumed-role/"};
    if (suspect->part && strncmp(suspect->part, "AKIA", 4) == 0)
        return suspect->part;
    for (size_t i = 0; suspect->arn && i < COUNT(acting); i++)
        if (strstr(suspect->arn, acting[i]))
            return suspect->arn;
    return NULL;
}

/* Who uses what was named. */
static bool ask_lawful(struct magic_call *call, struct family *family, struct plan *plan,
                       struct error *err)
{
    size_t asked = 0;
    for (const struct suspect *one = plan->suspects; one; one = one->next) {
        const char *target = caller_of(one);
        if (one->found || !target)
            continue;
        if (asked++ == LAWFUL_TARGETS) {
            plan_say(plan, NULL, NOTE_BREAKS,
                     "who uses the targets after the first %d was not asked", LAWFUL_TARGETS);
            break;
        }
        if (!family_lawful(call, family, target, err))
            return false;
    }
    plan->lawful = family->lawful;
    plan->unknown = family->unknown;
    return true;
}

/* The plan of what is named and its family; the other keys of its users have families too. */
static bool make(struct magic_call *call, struct response *response,
                 struct response_request *request, struct family *family, struct plan **plan,
                 struct error *err)
{
    for (size_t i = 0; i < request->target_count; i++)
        if (!family_trace(call, family, request->targets[i], err))
            return false;
    size_t planned;
    do {
        planned = family->count;
        request->found = family->found;
        request->found_count = family->count;
        if (!response_plan(response, request, plan, err))
            return false;
        for (const struct step *step = (*plan)->steps; step; step = step->next)
            if ((step->flags & STEP_EXTENDS) && step->credential && step->wave != WAVE_TAG &&
                !family_trace(call, family, step->credential, err))
                return false;
    } while (family->count > planned);
    if (family->over)
        plan_say(*plan, NULL, NOTE_SAVED,
                 "%zu sessions of roles that the family began are over by themselves",
                 family->over);
    if (family->rest)
        plan_say(*plan, NULL, NOTE_NEXT,
                 "the family made as well: %s. Contain them by plans of "
                 "their own: %%contain NAME",
                 family->rest);
    return true;
}

static bool offer(struct magic_call *call, struct response *response, struct error *err)
{
    const struct contain_options *given = call->options;
    struct option_list targets;
    struct family family = {0};
    struct response_request request = {.level = given->level,
                                       .account = given->account,
                                       .region = given->region,
                                       .overrides = given->override.items,
                                       .override_count = given->override.count,
                                       .decision = given->decision};
    if (given->no_image)
        request.wishes = json_own(call->arena, json_pack("{s:b}", "no_image", 1));
    struct responding_plan offered = {.only_show = given->dry_run};
    if (!targets_expand(call, &given->targets, &targets, err))
        return false;
    request.targets = targets.items;
    request.target_count = targets.count;
    if (!targets.count)
        return error_set(err, ERROR_USAGE, "nothing to contain is named") ||
               error_hint(err, "%%contain TARGET shows a plan; %%contain --yes PLAN-ID carries out "
                               "one that was shown.");
    if (given->alone)
        family.unknown = "it was not asked for (--alone)";
    else if (!family_begin(call, given->source, &family, err))
        return false;
    if (!make(call, response, &request, &family, &offered.plan, err) ||
        !ask_lawful(call, &family, offered.plan, err))
        return false;
    offered.lawful = offered.plan->lawful;
    return responding_offer(call, response, &offered, err);
}

/* What was approved holds only while the same people use the targets: the lake is asked again. */
static bool approve(struct magic_call *call, struct response *response, struct error *err)
{
    const struct contain_options *given = call->options;
    struct responding_approved by = {given->yes, given->decision};
    struct responding_plan approved = {0};
    struct family family = {0};
    if (!responding_kept(call, response, &by, &approved.plan, err))
        return false;
    json_t *then = approved.plan->lawful;
    if (then && (!family_begin(call, given->source, &family, err) ||
                 !ask_lawful(call, &family, approved.plan, err)))
        return false;
    approved.lawful = family.lawful;
    approved.plan->lawful = then;
    return responding_yes(call, response, &approved, err);
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct contain_options *given = call->options;
    if (given->actions)
        return responding_actions(call, false);
    struct response *response = responding(call, err);
    if (!response)
        return false;
    return given->yes ? approve(call, response, err) : offer(call, response, err);
}

static const struct magic_example examples[] = {
    {"%contain AKIAIOSFODNN7EXAMPLE --dry-run", "what containing a key would do"},
    {"%contain --actions", "every action with its undo and what it does not cover"},
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
