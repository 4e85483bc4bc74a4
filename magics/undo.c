#include "magics/responding.h"

#include "data/prose.h"

#include <string.h>

struct undo_options {
    const char *action, *yes;
    struct option_list restore;
    bool changed, print;
};

static const struct option options[] = {
    {.name = "ACTION-ID",
     .help = "the plan that was carried out, by its id or number; without it the last one",
     OPT_TEXT(struct undo_options, action)},
    {.name = "--restore-access",
     .value = "NAME",
     .help =
         "give this credential or principal its access back; without it what would do that stays",
     OPT_LIST(struct undo_options, restore),
     .values = VALUES_TARGET},
    {.name = "--changed",
     .help = "put the saved state back also where somebody changed something since",
     OPT_FLAG(struct undo_options, changed)},
    {.name = "--print",
     .help = "write the commands of AWS's command line instead, for a person without this kernel",
     OPT_FLAG(struct undo_options, print)},
    {.name = "--yes",
     .value = "PLAN-ID",
     .help = "approve the plan that was shown under this id, without a question",
     OPT_TEXT(struct undo_options, yes)},
};

static bool print(struct magic_call *call, struct response *response, struct error *err)
{
    const struct undo_options *given = call->options;
    struct plan *plan;
    if (!response_done(response, given->action, &plan, err))
        return false;
    const char *commands = response_commands(plan, true, call->arena);
    struct prose *prose = prose_new(call->arena);
    prose_paragraph(prose, "Commands that take back plan %c, last change first:", plan->id);
    prose_code(prose, commands, strlen(commands));
    outputs_display(call->outputs, prose_bundle(prose));
    return true;
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct undo_options *given = call->options;
    struct response *response = responding(call, err);
    struct undo_request request = {.action = given->action,
                                   .restore = given->restore.items,
                                   .restore_count = given->restore.count,
                                   .changed = given->changed};
    struct responding_plan offered = {0};
    if (!response)
        return false;
    if (given->yes)
        return responding_kept(call, response, given->yes, &offered.plan, err) &&
               responding_yes(call, response, &offered, err);
    if (given->print)
        return print(call, response, err);
    return response_undo(response, &request, &offered.plan, err) &&
           responding_offer(call, response, &offered, err);
}

static const struct magic_example examples[] = {
    {"%undo --print", "the commands that would take the last action back"},
};

const struct magic magic_undo = {
    .name = "undo",
    .summary = "take a containment back from the saved state, last change first: a plan that needs "
               "approval like any other",
    .details = "What would give access back to a suspect credential or to an outsider stays "
               "contained unless --restore-access names it. What somebody changed since is shown "
               "and left alone unless --changed. A notebook that is run again takes nothing back.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_CHANGES_AWS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct undo_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
