#include "response/whole.h"

#include "aws/gather.h"
#include "response/check.h"
#include "response/policy.h"

#include <string.h>

#define PAGES 200
#define PAGE 1000

/* A kind of principal: how an ARN and a found text name it, and where its details stand. */
static const struct whole_kind {
    const char *part, *word; /* ":user/", "user/" */
    const char *details, *name, *policies;
    const char *get_op, *reply; /* NULL: the details do not say what it says */
    const char *owner, *attached_op;
    const struct inline_place *inlined;
} kinds[] = {
    {":user/", "user/", "UserDetailList", "UserName", "UserPolicyList", "iam:GetUser", "User",
     "UserName", "iam:ListAttachedUserPolicies", &inline_of_user},
    {":role/", "role/", "RoleDetailList", "RoleName", "RolePolicyList", NULL, NULL, "RoleName",
     "iam:ListAttachedRolePolicies", &inline_of_role},
    {":group/", "group/", "GroupDetailList", "GroupName", "GroupPolicyList", NULL, NULL,
     "GroupName", "iam:ListAttachedGroupPolicies", &inline_of_group},
};

/* ---- of whom ------------------------------------------------------------------------------------
 */

/* account -> "user/alice" -> true */
static void want(json_t *wanted, const char *account, const char *word, const char *name,
                 struct arena *arena)
{
    if (!account || !name)
        return;
    if (!json_object_get(wanted, account))
        json_object_set_new(wanted, account, json_object());
    json_object_set_new(json_object_get(wanted, account), arena_printf(arena, "%s%s", word, name),
                        json_true());
}

static void want_suspect(json_t *wanted, const struct suspect *one, struct arena *arena)
{
    for (size_t i = 0; one->arn && !one->gone && i < COUNT(kinds); i++)
        if (strstr(one->arn, kinds[i].part))
            want(wanted, one->account, kinds[i].word, one->name, arena);
}

/* "user/alice", "trust/ops", "rights/role/ops" */
static void want_found(json_t *wanted, const struct response_found *one, struct arena *arena)
{
    static const char *const before[] = {"rights/", "trust/"};
    const char *text = one->text;
    if (strncmp(text, before[1], strlen(before[1])) == 0)
        want(wanted, one->account, kinds[1].word, text + strlen(before[1]), arena);
    if (strncmp(text, before[0], strlen(before[0])) == 0)
        text += strlen(before[0]);
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strncmp(text, kinds[i].word, strlen(kinds[i].word)) == 0)
            want(wanted, one->account, "", text, arena);
}

static json_t *wanted_of(const struct plan *plan, const struct whole_found *found,
                         struct arena *arena)
{
    json_t *wanted = json_own(arena, json_object());
    for (const struct suspect *one = plan->suspects; one; one = one->next)
        want_suspect(wanted, one, arena);
    for (size_t i = 0; found && i < found->count; i++)
        want_found(wanted, &found->list[i], arena);
    return wanted;
}

/* ---- what is said of each -----------------------------------------------------------------------
 */

/* What a list of names holds, each as {MEMBER: NAME}. */
static json_t *named(const json_t *detail, const char *list, const char *member)
{
    json_t *made = json_array();
    for (size_t i = 0; i < reply_count(detail, list); i++)
        json_array_append_new(
            made, json_pack("{s:O}", member, (json_t *)(uintptr_t)reply_item(detail, list, i)));
    return made;
}

static void put_policies(struct planning *planning, const struct whole_kind *kind,
                         const json_t *detail, json_t *params)
{
    json_t *names = json_array();
    for (size_t i = 0; i < reply_count(detail, kind->policies); i++) {
        const json_t *one = reply_item(detail, kind->policies, i);
        const char *name = reply_text(one, "PolicyName");
        json_t *where = json_own(planning->arena, json_copy(params));
        json_array_append_new(names, json_texts(name));
        json_object_set_new(where, "PolicyName", json_texts(name));
        state_put(planning, kind->inlined->get_op, where, json_deep_copy(one));
    }
    state_put(planning, kind->inlined->list_op, params, json_pack("{s:o}", "PolicyNames", names));
}

static void put_detail(struct planning *planning, const struct whole_kind *kind,
                       const json_t *detail)
{
    json_t *params =
        plan_pack(planning->arena, "{s:s}", kind->owner, reply_text(detail, kind->name));
    const json_t *attached = reply_at(detail, "AttachedManagedPolicies");
    put_policies(planning, kind, detail, params);
    state_put(
        planning, kind->attached_op, params,
        json_pack("{s:o}", "AttachedPolicies", attached ? json_deep_copy(attached) : json_array()));
    if (!kind->get_op)
        return;
    json_t *own = json_deep_copy(detail);
    json_object_del(own, kind->policies);
    state_put(planning, kind->get_op, params, json_pack("{s:o}", kind->reply, own));
    state_put(planning, "iam:ListGroupsForUser", params,
              json_pack("{s:o}", "Groups", named(detail, "GroupList", "GroupName")));
}

static void put_page(struct planning *planning, const json_t *names, const json_t *reply)
{
    for (size_t kind = 0; kind < COUNT(kinds); kind++)
        for (size_t i = 0; i < reply_count(reply, kinds[kind].details); i++) {
            const json_t *one = reply_item(reply, kinds[kind].details, i);
            const char *key = arena_printf(planning->arena, "%s%s", kinds[kind].word,
                                           reply_text(one, kinds[kind].name));
            if (json_object_get(names, key))
                put_detail(planning, &kinds[kind], one);
        }
}

static bool read_account(struct response *response, struct plan *plan, const char *account,
                         const json_t *names, struct error *err)
{
    struct planning planning;
    struct error none = {0};
    if (!planning_at(response, plan, account, NULL, &planning, &none))
        return true; /* whoever is asked of each says so */
    struct aws_gathering all = {.op = "iam:GetAccountAuthorizationDetails",
                                .params = plan_pack(response->arena, "{s:i, s:[s,s,s]}", "MaxItems",
                                                    PAGE, "Filter", "User", "Role", "Group"),
                                .credentials = planning.credentials,
                                .pages = PAGES};
    if (!aws_gather(response->with.aws, &all, 1, response->with.cancel, response->arena, err))
        return false;
    for (size_t i = 0; i < json_array_size(all.replies); i++)
        put_page(&planning, names, json_array_get(all.replies, i));
    return true;
}

bool whole_read(struct response *response, struct plan *plan, const struct whole_found *found,
                struct error *err)
{
    const char *account;
    json_t *names, *wanted = wanted_of(plan, found, response->arena);
    bool ok = true;
    json_object_foreach(wanted, account, names)
    {
        if (json_object_size(names) > WHOLE_FROM)
            ok = ok && read_account(response, plan, account, names, err);
    }
    return ok;
}

/* ---- from round to round ------------------------------------------------------------------------
 */

static const struct {
    const char *op, *list; /* NULL: no step is about it */
} carried[] = {
    {" iam:GetLoginProfile ", NULL},
    {" iam:ListMFADevices ", NULL},
    {" iam:ListSSHPublicKeys ", "SSHPublicKeys"},
    {" iam:ListSigningCertificates ", "Certificates"},
    {" iam:ListServiceSpecificCredentials ", "ServiceSpecificCredentials"},
};

static bool is_carried(const char *key, const json_t *answer, bool last)
{
    const char *code = json_get_string(answer, "code", NULL);
    const json_t *reply = json_array_get(json_object_get(answer, "replies"), 0);
    for (size_t i = 0; i < COUNT(carried) && (!code || code_is_absent(code)); i++)
        if (strstr(key, carried[i].op))
            return !carried[i].list || (!last && !reply_count(reply, carried[i].list));
    return false;
}

void whole_carry(struct response *response, const struct plan *plan, const json_t *earlier,
                 bool last)
{
    const char *key;
    json_t *answer;
    if (plan->suspect_count <= WHOLE_FROM)
        return;
    json_object_foreach((json_t *)(uintptr_t)earlier, key, answer)
    {
        if (is_carried(key, answer, last))
            json_object_set(response->state, key, answer);
    }
}
