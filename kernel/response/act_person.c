/* A person of IAM Identity Center: R09. The deny goes into the permission sets that reach accounts,
 * for this person alone; then assignments and groups. */
#include "response/arn.h"
#include "response/check.h"
#include "response/policy.h"
#include "response/tag.h"

#include <string.h>

#define PREFIX "sso/"

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0 || !text[strlen(PREFIX)])
        return CLAIM_NO;
    out->name = arena_strdup(arena, text + strlen(PREFIX));
    return CLAIM_YES;
}

/* Where the person is. */
struct home {
    const char *instance, *store, *user;
};

static bool find_home(struct planning *planning, struct home *home, struct error *err)
{
    json_t *none = plan_pack(planning->arena, "{}");
    struct reading read = {.op = "sso-admin:ListInstances", .params = none};
    if (!response_read(planning, &read, 1, err))
        return false;
    if (state_code(planning, read.op, none))
        return response_unread(planning, read.op, none, err);
    const json_t *one = json_array_get(state_list(planning, read.op, none, "Instances"), 0);
    home->instance = reply_text(one, "InstanceArn");
    home->store = reply_text(one, "IdentityStoreId");
    if (one)
        return true;
    (void)error_set(err, ERROR_NOT_FOUND, "Identity Center is not seen from account %s in %s",
                    planning->account, planning->suspect->region);
    return error_hint(err,
                      "It is asked in its own region, in the management account or a delegated "
                      "one: --region, --account, %%set accounts.");
}

static json_t *by_name(const struct planning *planning, const struct home *home)
{
    return plan_pack(planning->arena, "{s:s, s:[{s:s, s:s}]}", "IdentityStoreId", home->store,
                     "Filters", "AttributePath", "UserName", "AttributeValue",
                     planning->suspect->name);
}

static bool find_person(struct planning *planning, struct home *home, struct error *err)
{
    if (!find_home(planning, home, err))
        return false;
    json_t *params = by_name(planning, home);
    struct reading read = {.op = "identitystore:ListUsers", .params = params};
    if (!response_read(planning, &read, 1, err))
        return false;
    if (state_code(planning, read.op, params))
        return response_unread(planning, read.op, params, err);
    const json_t *one = json_array_get(state_list(planning, read.op, params, "Users"), 0);
    home->user = reply_text(one, "UserId");
    planning->suspect->unique_id = home->user;
    return one || error_set(err, ERROR_NOT_FOUND, "Identity Center has no user %s",
                            planning->suspect->name);
}

static bool find(struct planning *planning, struct error *err)
{
    struct home home = {0};
    return find_person(planning, &home, err);
}

/* ---- the deny in a permission set ---------------------------------------------------------------
 */

static json_t *of_set(const struct planning *planning, const struct home *home, const char *set)
{
    return plan_pack(planning->arena, "{s:s, s:s}", "InstanceArn", home->instance,
                     "PermissionSetArn", set);
}

/* Accounts that have the set as it was before its last change. */
static json_t *of_stale(const struct planning *planning, const struct home *home, const char *set)
{
    return plan_pack(planning->arena, "{s:s, s:s, s:s}", "InstanceArn", home->instance,
                     "PermissionSetArn", set, "ProvisioningStatus",
                     "LATEST_PERMISSION_SET_NOT_PROVISIONED");
}

static bool is_stale(const struct planning *planning, const struct home *home, const char *set)
{
    return json_array_size(state_list(planning, "sso-admin:ListAccountsForProvisionedPermissionSet",
                                      of_stale(planning, home, set), "AccountIds")) > 0;
}

/* The set's policy with a deny for this person added; what was there stays. */
static json_t *with_deny(const struct planning *planning, const struct home *home,
                         const json_t *before)
{
    struct arena *arena = planning->arena;
    json_t *deny = policy_deny(
        arena, plan_pack(arena, "{s:{s:s}}", "StringEquals", "identitystore:UserId", home->user));
    const json_t *statements = json_object_get(before, "Statement");
    json_t *statement = json_array_get(json_object_get(deny, "Statement"), 0);
    json_t *all = json_own(arena, json_array());
    size_t count = json_is_array(statements) ? json_array_size(statements) : statements != NULL;
    bool ours = false;
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_is_array(statements) ? json_array_get(statements, i)
                                                : json_object_get(before, "Statement");
        ours = ours || json_equal(one, statement);
        json_array_append(all, one);
    }
    if (!ours)
        json_array_append(all, statement);
    json_t *made = before ? json_own(arena, json_copy((json_t *)(uintptr_t)before)) : deny;
    json_object_set(made, "Statement", all);
    return made;
}

static void deny_in_set(struct planning *planning, const struct home *home, const char *set)
{
    struct arena *arena = planning->arena;
    const char *name = planning->suspect->name, *short_name = strrchr(set, '/');
    short_name = short_name ? short_name + 1 : set;
    json_t *where = of_set(planning, home, set), *params = json_own(arena, json_copy(where));
    const char *text =
        reply_text(state_at(planning, "sso-admin:GetInlinePolicyForPermissionSet", where, NULL),
                   "InlinePolicy");
    json_t *before = *text ? policy_read(json_own(arena, json_texts(text)), arena) : NULL;
    json_t *after = with_deny(planning, home, before);
    bool open = !before || !json_equal(before, after) || is_stale(planning, home, set);
    json_object_set_new(params, "InlinePolicy", json_texts(policy_text(arena, after)));
    struct check check = {.op = "sso-admin:GetInlinePolicyForPermissionSet",
                          .params = where,
                          .path = "InlinePolicy",
                          .want = after};
    struct step step = {.id = arena_printf(arena, "deny-%s", short_name),
                        .wave = WAVE_DENY,
                        .words = arena_printf(arena, "deny everything to %s in permission set %s",
                                              name, short_name),
                        .op = "sso-admin:PutInlinePolicyToPermissionSet",
                        .params = params,
                        .check = check,
                        .flags = STEP_ACCESS,
                        .credential = name};
    step.undo.op = before ? step.op : "sso-admin:DeleteInlinePolicyFromPermissionSet";
    step.undo.params = where;
    if (before) {
        step.undo.params = json_own(arena, json_copy(where));
        json_object_set_new(step.undo.params, "InlinePolicy", json_texts(text));
    }
    step.undo.words = "put the permission set's own policy back";
    step.undo.check = check;
    step.undo.check.want = before;
    step.undo.check.absent = !before;
    response_step(planning, &step);
    if (!open)
        return;
    json_t *all = json_own(arena, json_copy(where));
    json_object_set_new(all, "TargetType", json_string("ALL_PROVISIONED_ACCOUNTS"));
    struct step provision = {
        .id = arena_printf(arena, "provision-%s", short_name),
        .wave = WAVE_DISABLE,
        .words = arena_printf(arena, "bring permission set %s into its accounts", short_name),
        .op = "sso-admin:ProvisionPermissionSet",
        .params = all,
        .flags = STEP_ACCESS,
        .credential = name,
        .undo = {.op = "sso-admin:ProvisionPermissionSet",
                 .params = all,
                 .words = "bring it into its accounts again",
                 .late = true}};
    response_step(planning, &provision);
}

/* ---- assignments and groups ---------------------------------------------------------------------
 */

static json_t *of_principal(const struct planning *planning, const struct home *home,
                            const char *id, const char *type)
{
    return plan_pack(planning->arena, "{s:s, s:s, s:s}", "InstanceArn", home->instance,
                     "PrincipalId", id, "PrincipalType", type);
}

static json_t *of_person(const struct planning *planning, const struct home *home)
{
    return of_principal(planning, home, home->user, "USER");
}

static void drop_assignment(struct planning *planning, const struct home *home,
                            const json_t *assignment)
{
    struct arena *arena = planning->arena;
    const char *set = reply_text(assignment, "PermissionSetArn");
    const char *account = reply_text(assignment, "AccountId"), *last = strrchr(set, '/');
    json_t *params =
        plan_pack(arena, "{s:s, s:s, s:s, s:s, s:s, s:s}", "InstanceArn", home->instance,
                  "TargetId", account, "TargetType", "AWS_ACCOUNT", "PermissionSetArn", set,
                  "PrincipalType", "USER", "PrincipalId", home->user);
    struct check check = {.op = "sso-admin:ListAccountAssignments",
                          .params =
                              plan_pack(arena, "{s:s, s:s, s:s}", "InstanceArn", home->instance,
                                        "AccountId", account, "PermissionSetArn", set),
                          .list = "AccountAssignments",
                          .key = "PrincipalId",
                          .id = home->user,
                          .absent = true};
    struct step step = {.id =
                            arena_printf(arena, "assignment-%s-%s", account, last ? last + 1 : set),
                        .wave = WAVE_DISABLE,
                        .words = arena_printf(arena, "take %s's assignment to account %s away",
                                              planning->suspect->name, account),
                        .op = "sso-admin:DeleteAccountAssignment",
                        .params = params,
                        .check = check,
                        .flags = STEP_ACCESS,
                        .credential = planning->suspect->name,
                        .undo = {.op = "sso-admin:CreateAccountAssignment",
                                 .params = params,
                                 .words = "give the assignment back",
                                 .check = check}};
    step.undo.check.absent = false;
    response_step(planning, &step);
}

static json_t *memberships(const struct planning *planning, const struct home *home)
{
    return plan_pack(planning->arena, "{s:s, s:{s:s}}", "IdentityStoreId", home->store, "MemberId",
                     "UserId", home->user);
}

static void leave_group(struct planning *planning, const struct home *home,
                        const json_t *membership)
{
    struct arena *arena = planning->arena;
    const char *group = reply_text(membership, "GroupId");
    struct check check = {.op = "identitystore:ListGroupMembershipsForMember",
                          .params = memberships(planning, home),
                          .list = "GroupMemberships",
                          .key = "GroupId",
                          .id = group,
                          .absent = true};
    struct step step = {
        .id = arena_printf(arena, "group-%s", group),
        .wave = WAVE_DISABLE,
        .words = arena_printf(arena, "take %s out of group %s", planning->suspect->name, group),
        .op = "identitystore:DeleteGroupMembership",
        .params = plan_pack(arena, "{s:s, s:s}", "IdentityStoreId", home->store, "MembershipId",
                            reply_text(membership, "MembershipId")),
        .check = check,
        .flags = STEP_ACCESS,
        .credential = planning->suspect->name,
        .undo = {.op = "identitystore:CreateGroupMembership",
                 .params = plan_pack(arena, "{s:s, s:s, s:{s:s}}", "IdentityStoreId", home->store,
                                     "GroupId", group, "MemberId", "UserId", home->user),
                 .words = "put the person into the group again",
                 .check = check}};
    step.undo.check.absent = false;
    response_step(planning, &step);
}

static void add_sets(const struct planning *planning, json_t *params, json_t *sets)
{
    json_t *assigned = state_list(planning, "sso-admin:ListAccountAssignmentsForPrincipal", params,
                                  "AccountAssignments");
    for (size_t i = 0; i < json_array_size(assigned); i++)
        json_object_set_new(sets, reply_text(json_array_get(assigned, i), "PermissionSetArn"),
                            json_true());
}

/* What the person's groups are assigned reaches the person too. */
static bool read_groups(struct planning *planning, const struct home *home, json_t *sets,
                        struct error *err)
{
    json_t *groups = state_list(planning, "identitystore:ListGroupMembershipsForMember",
                                memberships(planning, home), "GroupMemberships");
    size_t count = json_array_size(groups);
    struct reading *list = arena_alloc(planning->arena, (count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct reading){
            .op = "sso-admin:ListAccountAssignmentsForPrincipal",
            .params = of_principal(planning, home, reply_text(json_array_get(groups, i), "GroupId"),
                                   "GROUP"),
            .needed = true};
    if (!response_read(planning, list, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        add_sets(planning, list[i].params, sets);
    return true;
}

static bool read_inlines(struct planning *planning, const struct home *home, json_t *sets,
                         struct error *err)
{
    struct reading *list =
        arena_alloc(planning->arena, (2 * json_object_size(sets) + 1) * sizeof *list);
    size_t count = 0;
    const char *set;
    json_t *ignored;
    json_object_foreach(sets, set, ignored)
    {
        list[count++] = (struct reading){.op = "sso-admin:GetInlinePolicyForPermissionSet",
                                         .params = of_set(planning, home, set),
                                         .needed = true};
        list[count++] = (struct reading){.op = "sso-admin:ListAccountsForProvisionedPermissionSet",
                                         .params = of_stale(planning, home, set)};
    }
    return response_read(planning, list, count, err);
}

static bool read_person(struct planning *planning, const struct home *home, json_t **sets,
                        struct error *err)
{
    struct reading list[] = {{.op = "sso-admin:ListAccountAssignmentsForPrincipal",
                              .params = of_person(planning, home),
                              .needed = true},
                             {.op = "identitystore:ListGroupMembershipsForMember",
                              .params = memberships(planning, home),
                              .needed = true}};
    *sets = json_own(planning->arena, json_object());
    if (!response_read(planning, list, COUNT(list), err))
        return false;
    add_sets(planning, list[0].params, *sets);
    return read_groups(planning, home, *sets, err) && read_inlines(planning, home, *sets, err);
}

static bool plan(struct planning *planning, struct error *err)
{
    struct home home = {0};
    json_t *sets, *ignored;
    const char *set, *name = planning->suspect->name;
    if (!find_person(planning, &home, err) || !read_person(planning, &home, &sets, err))
        return false;
    json_object_foreach(sets, set, ignored)
    {
        deny_in_set(planning, &home, set);
    }
    json_t *assigned = state_list(planning, "sso-admin:ListAccountAssignmentsForPrincipal",
                                  of_person(planning, &home), "AccountAssignments");
    for (size_t i = 0; i < json_array_size(assigned); i++)
        if (strcmp(reply_text(json_array_get(assigned, i), "PrincipalType"), "GROUP") != 0)
            drop_assignment(planning, &home, json_array_get(assigned, i));
    json_t *groups = state_list(planning, "identitystore:ListGroupMembershipsForMember",
                                memberships(planning, &home), "GroupMemberships");
    for (size_t i = 0; i < json_array_size(groups); i++)
        leave_group(planning, &home, json_array_get(groups, i));
    json_object_foreach(sets, set, ignored)
    {
        if (!tag_permission_set(planning, home.instance, set, err))
            return false;
    }
    response_say(
        planning, NOTE_NOT_COVERED,
        "%s's sessions have no call that deletes them: one that is signed in stays so, and is "
        "denied everything in the accounts; where people come from another directory, that "
        "one may put groups back",
        name);
    response_say(planning, NOTE_SAVED,
                 "%s's assignments and groups, and the inline policies of %zu permission sets",
                 name, json_object_size(sets));
    return true;
}

const struct action action_person = {
    .name = "person",
    .summary =
        "sso/NAME, a person of IAM Identity Center: denied everything in the permission sets "
        "that reach accounts, then without assignments and groups",
    .undone = "the permission sets' own policies, assignments and groups, when --restore-access "
              "names the person",
    .not_covered = "sessions have no delete call: they live on, and are denied; another directory "
                   "may put groups back",
    .regional = true,
    .claims = claims,
    .find = find,
    .plan = plan,
};
