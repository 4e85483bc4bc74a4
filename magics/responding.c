#include "magics/responding.h"

#include "data/prose.h"
#include "magics/connect.h"
#include "magics/preserving.h"
#include "response/recover.h"
#include "response/rehearse.h"

#include <inttypes.h>
#include <string.h>

/* What an earlier kernel left in the middle is said before anything else. */
static bool say_cut_off(struct magic_call *call, struct response *response, struct error *err)
{
    struct prose *prose = prose_new(call->arena);
    bool any;
    if (!response_recover(response, prose, &any, err))
        return false;
    if (any)
        outputs_display(call->outputs, prose_bundle(prose));
    return true;
}

struct response *responding(struct magic_call *call, struct error *err)
{
    struct response_with with = {.session = call->session,
                                 .aws = connect_aws(call),
                                 .outputs = call->outputs,
                                 .cancel = call->cancel,
                                 .arena = call->arena};
    struct response *response = response_new(&with, err);
    return response && say_cut_off(call, response, err) ? response : NULL;
}

/* What the analyst has to repeat. */
static const char *target_words(const struct plan *plan, struct arena *arena)
{
    const struct suspect *first = plan->suspects;
    return first->next ? arena_printf(arena, "%zu targets", plan->suspect_count) : first->given;
}

/* False without an error: nobody can be asked. */
static bool ask(struct magic_call *call, const struct plan *plan, struct approval *approval,
                struct error *err)
{
    const char *words = target_words(plan, call->arena), *answer = NULL;
    struct error problem = {0};
    struct magic_prompt prompt = {.text =
                                      arena_printf(call->arena, "To %s by plan %s, type  %s : ",
                                                   plan_kind_names[plan->kind], plan->id, words)};
    if (!call->ask)
        return false;
    if (!call->ask(call->ask_state, &prompt, call->arena, &answer, &problem)) {
        if (problem.kind != ERROR_UNAVAILABLE)
            *err = problem;
        return false;
    }
    if (strcmp(answer, words) != 0) {
        (void)error_set(err, ERROR_REFUSED, "not approved: the answer was \"%s\", not \"%s\"",
                        answer, words);
        return error_hint(err, "Nothing was changed.");
    }
    *approval = (struct approval){"typed", answer};
    return true;
}

static bool carry_out(struct magic_call *call, struct response *response,
                      const struct run_request *run, struct error *err)
{
    struct run_report report;
    if (!response_run(response, run, &report, err))
        return false;
    struct prose *prose = prose_new(call->arena);
    response_say_report(&report, prose);
    outputs_display(call->outputs, prose_bundle(prose));
    return preserving_follow(call, response, report.plan, err);
}

/* The magic by which a plan is approved: several may make plans of one kind. */
static bool approves(const struct magic_call *call, const struct plan *plan)
{
    const char *name = call->magic->name, *kind = plan_kind_names[plan->kind];
    return strcmp(name, kind) == 0 ||
           (plan->kind == PLAN_CONTAIN && strcmp(name, "ami-snapshot") == 0);
}

static bool show(struct magic_call *call, struct response *response, struct plan *plan,
                 struct error *err)
{
    struct prose *prose = prose_new(call->arena);
    if (!plan_open(plan)) {
        struct run_report report = {.plan = plan};
        response_say_report(&report, prose);
    } else {
        if (!response_keep(response, plan, err))
            return false;
        response_say_plan(plan, prose);
        prose_paragraph(prose, "Approve it here, or where nobody can be asked: %c",
                        arena_printf(call->arena, "%%%s --yes %s", call->magic->name, plan->id));
    }
    outputs_display(call->outputs, prose_bundle(prose));
    return true;
}

/* Whether it would be permitted, call by call. */
static bool rehearse(struct magic_call *call, struct response *response, const struct plan *plan,
                     struct error *err)
{
    static const struct column columns[] = {{.name = "call", .type = TYPE_TEXT},
                                            {.name = "permission", .type = TYPE_TEXT},
                                            {.name = "tried by", .type = TYPE_TEXT},
                                            {.name = "operation", .type = TYPE_TEXT},
                                            {.name = "why", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    struct trial *trials;
    size_t count, found[VERDICTS] = {0};
    if (!response_rehearse(response, plan, &trials, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        found[trials[i].verdict]++;
        table_add_row(table);
        table_put_string(table, 0, trials[i].step->words);
        table_put_string(table, 1, verdict_names[trials[i].verdict]);
        table_put_string(table, 2, trials[i].how);
        table_put_string(table, 3, trials[i].step->op);
        table_put_string(table, 4, trials[i].why);
    }
    struct prose *prose = prose_new(call->arena);
    prose_paragraph(prose,
                    "Permissions, tried without a change: %d calls allowed, %d denied, %d could "
                    "not be tried. A simulation knows the caller's own policies, not those of a "
                    "resource or a session.",
                    (int64_t)found[VERDICT_ALLOWED], (int64_t)found[VERDICT_DENIED],
                    (int64_t)found[VERDICT_UNTRIED]);
    outputs_display(call->outputs, prose_bundle(prose));
    struct caption caption = {.title = "Permissions", .total_rows = table->rows};
    outputs_display(call->outputs, render_table(call->arena, table, &caption));
    return true;
}

bool responding_offer(struct magic_call *call, struct response *response,
                      const struct responding_plan *offered, struct error *err)
{
    struct run_request run = {.approved = offered->plan, .lawful = offered->lawful};
    if (!show(call, response, offered->plan, err))
        return false;
    if (!plan_open(offered->plan))
        return true;
    if (offered->only_show)
        return rehearse(call, response, offered->plan, err);
    if (!ask(call, offered->plan, &run.approval, err))
        return err->kind == ERROR_NONE;
    return carry_out(call, response, &run, err);
}

bool responding_kept(struct magic_call *call, struct response *response,
                     const struct responding_approved *approved, struct plan **out,
                     struct error *err)
{
    const char *id = approved->id;
    if (!response_kept(response, id, out, err))
        return false;
    const char *kind = plan_kind_names[(*out)->kind];
    if (!approves(call, *out))
        return error_set(err, ERROR_USAGE, "plan %s is one to %s: %%%s --yes %s", id, kind, kind,
                         id);
    if (!approved->decision || approved->decision == (*out)->decision)
        return true;
    (void)error_set(err, ERROR_REFUSED, "plan %s does not carry out decision %" PRId64, id,
                    approved->decision);
    return error_hint(err, "Make the plan with --decision %" PRId64 ".", approved->decision);
}

bool responding_yes(struct magic_call *call, struct response *response,
                    const struct responding_plan *approved, struct error *err)
{
    struct run_request run = {.approved = approved->plan,
                              .lawful = approved->lawful,
                              .approval = {"--yes", approved->plan->id}};
    return carry_out(call, response, &run, err);
}

bool responding_actions(struct magic_call *call, bool destroys)
{
    static const struct column columns[] = {{.name = "action", .type = TYPE_TEXT},
                                            {.name = "does", .type = TYPE_TEXT},
                                            {.name = "undo", .type = TYPE_TEXT},
                                            {.name = "not covered", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    for (size_t i = 0; actions[i]; i++) {
        if (actions[i]->destroys != destroys)
            continue;
        table_add_row(table);
        table_put_string(table, 0, actions[i]->name);
        table_put_string(table, 1, actions[i]->summary);
        table_put_string(table, 2, actions[i]->undone);
        table_put_string(table, 3, actions[i]->not_covered);
    }
    struct caption caption = {.title = destroys ? "What can be destroyed" : "What can be contained",
                              .total_rows = table->rows};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
    return true;
}
