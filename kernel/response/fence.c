#include "response/fence.h"

#include "base/hash.h"
#include "response/policy.h"
#include "response/safe.h"
#include "response/tag.h"

#include <string.h>

#define HOME "us-east-1"
#define ATTACHED_MOST 5
#define SIZE_MOST 5120
#define KIND "SERVICE_CONTROL_POLICY"

struct fence {
    struct response *response;
    struct plan *plan;
    struct suspect *suspect; /* the account's first that is fenced */
    const char *account, *manager;
    json_t *policy;
    const char *text, *name;
    struct planning member, management;
};

/* A principal as a whole: not one session, not only what is older, not a key alone. */
static bool is_fenced(const struct suspect *suspect)
{
    static const char *const whole[] = {"deny", "boundary", "full", "user"};
    for (size_t i = 0; suspect->level && suspect->arn && i < COUNT(whole); i++)
        if (strcmp(suspect->level, whole[i]) == 0)
            return true;
    return false;
}

/* Who is contained although this kernel acts as it (an override) can be let in again from within
 * the account; behind an SCP nobody there could, and the way to the management account may be gone.
 */
static bool is_left_out(const struct fence *fence, const struct suspect *suspect)
{
    if (!safe_is_own(fence->response, fence->plan, suspect))
        return false;
    plan_say(fence->plan, suspect, NOTE_NOT_COVERED,
             "the SCP on account %s leaves %s out: this kernel acts as it, or through it",
             fence->account, suspect->arn);
    return true;
}

/* False: there is nobody to deny anything. */
static bool write_policy(struct fence *fence)
{
    struct arena *arena = fence->response->arena;
    char hash[HASH_HEX_SIZE];
    unsigned char digest[HASH_SIZE];
    json_t *arns = json_own(arena, json_array());
    for (const struct suspect *one = fence->plan->suspects; one; one = one->next)
        if (is_fenced(one) && strcmp(one->account, fence->account) == 0 && !is_left_out(fence, one))
            json_array_append_new(arns, json_texts(one->arn));
    fence->policy =
        policy_deny(arena, plan_pack(arena, "{s:{s:O}}", "ArnEquals", "aws:PrincipalArn", arns));
    fence->text = policy_text(arena, fence->policy);
    hash_sha256(fence->text, strlen(fence->text), digest);
    hash_hex(digest, sizeof digest, hash);
    fence->name = arena_printf(arena, "%s-%.12s", QUARANTINE, hash);
    return json_array_size(arns) > 0;
}

static void by_hand(struct fence *fence, const char *why)
{
    plan_say(
        fence->plan, fence->suspect, NOTE_BY_HAND,
        "an SCP on account %s would deny this where nobody in the account can take it back; it "
        "is not applied: %s. The management account (%s) can, with this policy: %s",
        fence->account, why, fence->manager ? fence->manager : "of its organization", fence->text);
}

/* In the member account: whose organization it is. */
static bool find_manager(struct fence *fence, struct error *err)
{
    json_t *none = plan_pack(fence->response->arena, "{}");
    struct reading read = {.op = "organizations:DescribeOrganization", .params = none};
    if (!planning_at(fence->response, fence->plan, fence->account, HOME, &fence->member, err) ||
        !response_read(&fence->member, &read, 1, err))
        return false;
    const char *manager =
        reply_text(state_at(&fence->member, read.op, none, "Organization"), "MasterAccountId");
    fence->manager = *manager ? manager : NULL;
    return true;
}

static json_t *of_kind(const struct fence *fence)
{
    return plan_pack(fence->response->arena, "{s:s}", "Filter", KIND);
}

static json_t *of_target(const struct fence *fence)
{
    return plan_pack(fence->response->arena, "{s:s, s:s}", "TargetId", fence->account, "Filter",
                     KIND);
}

static const char *id_of_policy(const struct fence *fence)
{
    json_t *list =
        state_list(&fence->management, "organizations:ListPolicies", of_kind(fence), "Policies");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(reply_text(json_array_get(list, i), "Name"), fence->name) == 0)
            return reply_text(json_array_get(list, i), "Id");
    return NULL;
}

static struct step made(const struct fence *fence)
{
    struct arena *arena = fence->response->arena;
    struct step step = {
        .id = "fence",
        .wave = WAVE_MAKE,
        .words = arena_printf(arena, "make the SCP %s that denies it everything", fence->name),
        .op = "organizations:CreatePolicy",
        .params =
            plan_pack(arena, "{s:s, s:s, s:s, s:s}", "Name", fence->name, "Description",
                      "Quarantine by an incident response", "Type", KIND, "Content", fence->text),
        .account = fence->manager,
        .region = HOME,
        .check = {.op = "organizations:ListPolicies",
                  .params = of_kind(fence),
                  .list = "Policies",
                  .key = "Name",
                  .id = fence->name},
        .flags = STEP_OPTIONAL | STEP_ONCE};
    step.undo.op = "organizations:DeletePolicy";
    step.undo.params =
        plan_pack(arena, "{s:O}", "PolicyId",
                  plan_of(fence->plan, fence->suspect, "fence", "Policy.PolicySummary.Id"));
    step.undo.words = "delete the SCP";
    step.undo.check = step.check;
    step.undo.check.absent = true;
    return step;
}

static struct step attached(const struct fence *fence)
{
    struct arena *arena = fence->response->arena;
    struct step step = {.id = "fence-attach",
                        .wave = WAVE_FENCE,
                        .words = arena_printf(arena, "attach the SCP %s to account %s", fence->name,
                                              fence->account),
                        .op = "organizations:AttachPolicy",
                        .params = plan_pack(arena, "{s:O, s:s}", "PolicyId",
                                            plan_of(fence->plan, fence->suspect, "fence",
                                                    "Policy.PolicySummary.Id"),
                                            "TargetId", fence->account),
                        .account = fence->manager,
                        .region = HOME,
                        .check = {.op = "organizations:ListPoliciesForTarget",
                                  .params = of_target(fence),
                                  .list = "Policies",
                                  .key = "Name",
                                  .id = fence->name},
                        .flags = STEP_OPTIONAL | STEP_ACCESS,
                        .credential = fence->suspect->name};
    step.undo.op = "organizations:DetachPolicy";
    step.undo.params = step.params;
    step.undo.words = "detach the SCP";
    step.undo.check = step.check;
    step.undo.check.absent = true;
    return step;
}

static bool plan_in_management(struct fence *fence, struct error *err)
{
    struct reading list[] = {
        {.op = "organizations:ListPolicies", .params = of_kind(fence)},
        {.op = "organizations:ListPoliciesForTarget", .params = of_target(fence)}};
    if (!planning_at(fence->response, fence->plan, fence->manager, HOME, &fence->management, err) ||
        !response_read(&fence->management, list, COUNT(list), err))
        return false;
    for (size_t i = 0; i < COUNT(list); i++)
        if (state_code(&fence->management, list[i].op, list[i].params)) {
            by_hand(fence, state_code(&fence->management, list[i].op, list[i].params));
            return true;
        }
    json_t *others = state_list(&fence->management, list[1].op, list[1].params, "Policies");
    if (json_array_size(others) >= ATTACHED_MOST && !id_of_policy(fence)) {
        by_hand(fence, "five SCPs are attached already");
        return true;
    }
    struct step make = made(fence), attach = attached(fence);
    plan_step(fence->plan, fence->suspect, &make);
    plan_step(fence->plan, fence->suspect, &attach);
    fence->management.suspect = fence->suspect;
    tag_policy(&fence->management,
               plan_of(fence->plan, fence->suspect, "fence", "Policy.PolicySummary.Id"), &attach);
    return true;
}

static bool plan_account(struct fence *fence, struct error *err)
{
    const struct access *access;
    struct error problem = {0};
    if (!find_manager(fence, err))
        return false;
    if (!fence->manager || strcmp(fence->manager, fence->account) == 0)
        return true; /* no organization, or its management account, which no SCP binds */
    bool reached = access_find(fence->response, fence->manager, &access, &problem);
    if (problem.kind == ERROR_INTERRUPTED) {
        *err = problem;
        return false;
    }
    if (!write_policy(fence)) /* what leads to the management account is ours as well */
        return true;
    if (policy_size(fence->text) > SIZE_MOST)
        by_hand(fence, "it is too long for one policy");
    else if (reached)
        return plan_in_management(fence, err);
    else
        by_hand(fence, problem.message);
    return true;
}

bool fence_plan(struct response *response, struct plan *plan, struct error *err)
{
    json_t *done = json_own(response->arena, json_object());
    bool ok = true;
    for (struct suspect *one = plan->suspects; ok && one; one = one->next) {
        if (!is_fenced(one) || json_object_get(done, one->account))
            continue;
        json_object_set_new(done, one->account, json_true());
        struct fence fence = {
            .response = response, .plan = plan, .suspect = one, .account = one->account};
        ok = plan_account(&fence, err);
    }
    return ok;
}
