#include "response/account.h"

#include "aws/gather.h"
#include "response/check.h"
#include "response/shares.h"

#include <stdlib.h>
#include <string.h>

#define PAGES 200
#define PAGE 1000

static json_t *document(const json_t *value, struct arena *arena)
{
    json_t *policy = value ? policy_read(value, arena) : NULL;
    return policy ? json_incref(policy) : json_null();
}

/* [{"PolicyName", "PolicyDocument"}] -> {name: document}. */
static json_t *inline_policies(const json_t *from, const char *list, struct arena *arena)
{
    json_t *made = json_object();
    for (size_t i = 0; i < reply_count(from, list); i++) {
        const json_t *one = reply_item(from, list, i);
        json_object_set_new(made, reply_text(one, "PolicyName"),
                            document(reply_at(one, "PolicyDocument"), arena));
    }
    return made;
}

/* A list's texts, or one member of its objects, as {text: true}: no order counts. */
static json_t *names(const json_t *from, const char *list, const char *member)
{
    json_t *made = json_object();
    for (size_t i = 0; i < reply_count(from, list); i++) {
        const json_t *one = reply_item(from, list, i);
        const char *name = member ? reply_text(one, member) : json_string_value(one);
        if (name && *name)
            json_object_set_new(made, name, json_true());
    }
    return made;
}

static json_t *tags(const json_t *from)
{
    json_t *made = json_object();
    for (size_t i = 0; i < reply_count(from, "Tags"); i++) {
        const json_t *one = reply_item(from, "Tags", i);
        json_object_set_new(made, reply_text(one, "Key"), json_texts(reply_text(one, "Value")));
    }
    return made;
}

static json_t *principal(const json_t *from, const char *id, const char *policies,
                         struct arena *arena)
{
    json_t *made = json_pack(
        "{s:s, s:s, s:I, s:s, s:o, s:o, s:s, s:o}", "id", reply_text(from, id), "arn",
        reply_text(from, "Arn"), "made", (json_int_t)reply_time(from, "CreateDate"), "path",
        reply_text(from, "Path"), "inline", inline_policies(from, policies, arena), "attached",
        names(from, "AttachedManagedPolicies", "PolicyArn"), "boundary",
        reply_text(from, "PermissionsBoundary.PermissionsBoundaryArn"), "tags", tags(from));
    return made ? made : json_object();
}

static void add_users(json_t *picture, const json_t *reply, struct arena *arena)
{
    for (size_t i = 0; i < reply_count(reply, "UserDetailList"); i++) {
        const json_t *one = reply_item(reply, "UserDetailList", i);
        json_t *made = principal(one, "UserId", "UserPolicyList", arena);
        json_object_set_new(made, "groups", names(one, "GroupList", NULL));
        json_object_set_new(made, "keys", json_object());
        json_object_set_new(json_object_get(picture, "users"), reply_text(one, "UserName"), made);
    }
}

static void add_roles(json_t *picture, const json_t *reply, struct arena *arena)
{
    for (size_t i = 0; i < reply_count(reply, "RoleDetailList"); i++) {
        const json_t *one = reply_item(reply, "RoleDetailList", i);
        json_t *made = principal(one, "RoleId", "RolePolicyList", arena);
        json_object_set_new(made, "trust",
                            document(reply_at(one, "AssumeRolePolicyDocument"), arena));
        json_object_set_new(json_object_get(picture, "roles"), reply_text(one, "RoleName"), made);
    }
}

static void add_rest(json_t *picture, const json_t *reply, struct arena *arena)
{
    for (size_t i = 0; i < reply_count(reply, "GroupDetailList"); i++) {
        const json_t *one = reply_item(reply, "GroupDetailList", i);
        json_object_set_new(json_object_get(picture, "groups"), reply_text(one, "GroupName"),
                            principal(one, "GroupId", "GroupPolicyList", arena));
    }
    for (size_t i = 0; i < reply_count(reply, "Policies"); i++) {
        const json_t *one = reply_item(reply, "Policies", i);
        const json_t *text = NULL;
        const char *id = reply_text(one, "DefaultVersionId");
        for (size_t j = 0; j < reply_count(one, "PolicyVersionList"); j++) {
            const json_t *version = reply_item(one, "PolicyVersionList", j);
            if (reply_bool(version, "IsDefaultVersion"))
                text = reply_at(version, "Document");
        }
        json_object_set_new(
            json_object_get(picture, "policies"), reply_text(one, "Arn"),
            json_pack("{s:o, s:s}", "document", document(text, arena), "version", id));
    }
}

void account_partial(const struct response *response, json_t *picture, const char *what,
                     const char *why)
{
    const char *before = json_get_string(picture, "partial", NULL);
    json_object_set_new(
        picture, "partial",
        json_texts(arena_printf(response->arena, "%s%s%s (%s)", before ? before : "",
                                before ? "; " : "", what, why ? why : "no answer")));
}

static bool read_keys(struct response *response, const struct access *access, json_t *picture,
                      struct error *err)
{
    struct arena *arena = response->arena;
    json_t *users = json_object_get(picture, "users"), *user;
    size_t count = 0, most = json_object_size(users);
    struct aws_gathering *list = arena_alloc(arena, (most + 1) * sizeof *list);
    const char *name;
    json_object_foreach(users, name, user)
    {
        if (count < ACCOUNT_KEYS)
            list[count++] =
                (struct aws_gathering){.op = "iam:ListAccessKeys",
                                       .params = plan_pack(arena, "{s:s}", "UserName", name),
                                       .credentials = access->credentials,
                                       .pages = 2};
    }
    if (most > ACCOUNT_KEYS)
        account_partial(response, picture, "keys of all users", "there are too many users");
    if (!aws_gather(response->with.aws, list, count, response->with.cancel, arena, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        user = json_object_get(users, json_get_string(list[i].params, "UserName", ""));
        const json_t *reply = json_array_get(list[i].replies, 0);
        if (!list[i].ok && !code_is_absent(list[i].code))
            account_partial(response, picture, "the keys of a user", list[i].code);
        for (size_t j = 0; j < reply_count(reply, "AccessKeyMetadata"); j++) {
            const json_t *key = reply_item(reply, "AccessKeyMetadata", j);
            json_object_set_new(json_object_get(user, "keys"), reply_text(key, "AccessKeyId"),
                                json_pack("{s:s, s:I}", "status", reply_text(key, "Status"), "made",
                                          (json_int_t)reply_time(key, "CreateDate")));
        }
    }
    return true;
}

bool account_read(struct response *response, const struct access *access, size_t keys, json_t **out,
                  struct error *err)
{
    struct arena *arena = response->arena;
    struct aws_gathering all = {.op = "iam:GetAccountAuthorizationDetails",
                                .params = plan_pack(arena, "{s:i, s:[s,s,s,s]}", "MaxItems", PAGE,
                                                    "Filter", "User", "Role", "Group",
                                                    "LocalManagedPolicy"),
                                .credentials = access->credentials,
                                .pages = PAGES};
    json_t *picture =
        plan_pack(arena, "{s:{}, s:{}, s:{}, s:{}}", "users", "roles", "groups", "policies");
    *out = picture;
    if (!aws_gather(response->with.aws, &all, 1, response->with.cancel, arena, err))
        return false;
    for (size_t i = 0; i < json_array_size(all.replies); i++) {
        const json_t *reply = json_array_get(all.replies, i);
        add_users(picture, reply, arena);
        add_roles(picture, reply, arena);
        add_rest(picture, reply, arena);
    }
    if (!all.ok || all.more)
        account_partial(response, picture, "the account as a whole",
                        all.more ? "it is too large" : all.code);
    bool few = json_object_size(json_object_get(picture, "users")) <= keys;
    bool whole = keys == ACCOUNT_KEYS;
    const json_t *earlier = json_object_get(response->before, access->account);
    return (!(few || whole) || read_keys(response, access, picture, err)) &&
           (!whole || shares_read(response, access, earlier, picture, err));
}

/* ---- who may do everything ---- */

static bool is_star(const json_t *value)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (is_star(json_array_get(value, i)))
                return true;
        return false;
    }
    const char *text = json_string_value(value);
    return text && (strcmp(text, "*") == 0 || strcmp(text, "*:*") == 0);
}

static bool says_all(const json_t *policy, const char *effect)
{
    const json_t *statements = json_object_get(policy, "Statement");
    size_t count = json_is_array(statements) ? json_array_size(statements) : statements != NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_is_array(statements) ? json_array_get(statements, i) : statements;
        if (strcmp(json_get_string(one, "Effect", ""), effect) == 0 &&
            is_star(json_object_get(one, "Action")) && is_star(json_object_get(one, "Resource")) &&
            !json_object_get(one, "Condition"))
            return true;
    }
    return false;
}

static bool ends_in(const char *text, const char *end)
{
    size_t size = strlen(text), length = strlen(end);
    return size >= length && strcmp(text + size - length, end) == 0;
}

/* Whether any policy of it says this of everything. */
static bool has_effect(const json_t *picture, const json_t *who, const char *effect)
{
    const char *name, *known = strcmp(effect, "Allow") == 0 ? ":policy/AdministratorAccess"
                                                            : ":policy/AWSDenyAll";
    json_t *value;
    json_object_foreach(json_object_get(who, "inline"), name, value)
    {
        if (says_all(value, effect))
            return true;
    }
    json_object_foreach(json_object_get(who, "attached"), name, value)
    {
        const json_t *own = json_object_get(json_object_get(picture, "policies"), name);
        if (ends_in(name, known) || says_all(json_object_get(own, "document"), effect))
            return true;
    }
    return false;
}

bool account_is_admin(const json_t *picture, const json_t *who)
{
    bool allowed = has_effect(picture, who, "Allow"), denied = has_effect(picture, who, "Deny");
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(who, "groups"), name, value)
    {
        const json_t *group = json_object_get(json_object_get(picture, "groups"), name);
        allowed = allowed || has_effect(picture, group, "Allow");
        denied = denied || has_effect(picture, group, "Deny");
    }
    return allowed && !denied && !ends_in(json_get_string(who, "boundary", ""), "/AWSDenyAll");
}
