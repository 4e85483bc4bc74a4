#include "magics/responding.h"

#include "base/text.h"
#include "data/prose.h"

#include <string.h>

#define VALUE_MOST 1000 /* bytes of a value in a question */

struct undo_options {
    const char *action, *yes;
    struct option_list restore;
    int64_t decision;
    bool changed, print;
};

static const struct option options[] = {
    {.name = "ACTION-ID",
     .help =
         "the plan that was carried out, by its id or number; without it the last one that is not "
         "taken back yet",
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
    {.name = "--decision",
     .value = "N",
     .help = "the decision (%decide) that this carries out",
     OPT_INT(struct undo_options, decision),
     .min = 1,
     .max = 1000000},
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

/* Values come from AWS, where an attacker may have written them. */
static const char *visible(const char *text, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 16 * (size_t)VALUE_MOST);
    text_plain(&out, text, text_cut(text, strlen(text), VALUE_MOST));
    const char *made = buf_to_arena(&out, arena);
    buf_release(&out);
    return made;
}

/* Where nobody can be asked, it stays. */
static bool ask_over(void *state, const struct difference *difference, bool *put_back,
                     struct error *err)
{
    struct magic_call *call = state;
    const char *answer = "";
    struct error problem = {0};
    struct magic_prompt prompt = {
        .text =
            arena_printf(call->arena,
                         "Changed by somebody since: %s\n  saved: %s\n  now: %s\nTo put the "
                         "saved state back over it, type  saved : ",
                         visible(difference->words, call->arena),
                         visible(difference->saved ? difference->saved : "not known", call->arena),
                         visible(difference->now, call->arena))};
    if (call->ask && !call->ask(call->ask_state, &prompt, call->arena, &answer, &problem) &&
        problem.kind != ERROR_UNAVAILABLE) {
        *err = problem;
        return false;
    }
    *put_back = strcmp(answer, "saved") == 0;
    return true;
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct undo_options *given = call->options;
    struct response *response = responding(call, err);
    struct undo_request request = {.action = given->action,
                                   .restore = given->restore.items,
                                   .restore_count = given->restore.count,
                                   .changed = given->changed,
                                   .decision = given->decision,
                                   .over = ask_over,
                                   .state = call};
    struct responding_approved by = {given->yes, given->decision};
    struct responding_plan offered = {0};
    if (!response)
        return false;
    if (given->yes)
        return responding_kept(call, response, &by, &offered.plan, err) &&
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
               "contained unless --restore-access names it. Each thing is shown as it was saved, "
               "as it is and as it will be; what somebody changed since is asked about, and left "
               "alone where nobody can be asked, unless --changed. A notebook that is run again "
               "takes nothing back.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_CHANGES_AWS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct undo_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
