/* Rights that were given, or denies that were taken away, while an account was being contained: who
 * has them gets back what was before; where they come again, its holder is contained (race.c). Only
 * a run plans this, for it alone has seen both. */
#include "response/arn.h"
#include "response/check.h"
#include "response/deny.h"

#include <string.h>

#define PREFIX "rights/"

/* What has rights: where the picture has it, how it is read. */
static const struct holder {
    const char *word;    /* "user": suspect's part */
    const char *picture; /* "users" */
    const char *get_op, *reply, *id;
    const struct principal *kind; /* of a policy NULL */
    const char *put_boundary;     /* NULL: it has none */
    const char *groups_op;
} holders[] = {
    {"user", "users", "iam:GetUser", "User", "UserId", &principal_user,
     "iam:PutUserPermissionsBoundary", "iam:ListGroupsForUser"},
    {"role", "roles", "iam:GetRole", "Role", "RoleId", &principal_role,
     "iam:PutRolePermissionsBoundary", NULL},
    {"group", "groups", "iam:GetGroup", "Group", "GroupId", &principal_group, NULL, NULL},
    {"policy", "policies", "iam:GetPolicy", "Policy", "PolicyId", NULL, NULL, NULL},
};

static const struct holder *holder_of(const struct suspect *suspect)
{
    for (size_t i = 0; suspect->part && i < COUNT(holders); i++)
        if (strcmp(suspect->part, holders[i].word) == 0)
            return &holders[i];
    return NULL;
}

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return CLAIM_NO;
    text += strlen(PREFIX);
    const char *slash = strchr(text, '/');
    if (!slash || !slash[1])
        return CLAIM_NO;
    out->part = arena_strndup(arena, text, (size_t)(slash - text));
    out->name = arena_strdup(arena, slash + 1);
    return holder_of(out) ? CLAIM_YES : CLAIM_NO;
}

static const json_t *before_of(const struct planning *planning, const struct holder *holder)
{
    return json_object_get(json_object_get(planning->before, holder->picture),
                           planning->suspect->name);
}

static json_t *params_of(const struct planning *planning, const struct holder *holder)
{
    return plan_pack(planning->arena, "{s:s}", holder->kind ? holder->kind->owner : "PolicyArn",
                     planning->suspect->name);
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static json_t *version_params(const struct planning *planning, const char *version)
{
    return plan_pack(planning->arena, "{s:s, s:s}", "PolicyArn", planning->suspect->name,
                     "VersionId", version);
}

static bool read_policy(struct planning *planning, json_t *params, struct error *err)
{
    const json_t *version = state_at(planning, "iam:GetPolicy", params, "Policy.DefaultVersionId");
    struct reading list[] = {
        {.op = "iam:ListPolicyVersions", .params = params},
        {.op = "iam:GetPolicyVersion",
         .params = version_params(planning, version ? json_string_value(version) : "v0")}};
    return response_read(planning, list, COUNT(list), err);
}

static bool find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    const struct holder *holder = holder_of(suspect);
    json_t *params = params_of(planning, holder);
    struct reading list[3] = {{.op = holder->get_op, .params = params}};
    size_t count = 1;
    if (holder->kind)
        list[count++] = (struct reading){.op = holder->kind->attached_op, .params = params};
    if (holder->groups_op)
        list[count++] = (struct reading){.op = holder->groups_op, .params = params};
    if (!response_read(planning, list, count, err) ||
        (holder->kind ? !inline_read(planning, holder->kind->inlined, err)
                      : !read_policy(planning, params, err)))
        return false;
    if (code_is_absent(state_code(planning, holder->get_op, params)))
        return response_absent(planning, holder->word, suspect->name, err);
    const json_t *found = state_at(planning, holder->get_op, params, holder->reply);
    if (!found)
        return response_unread(planning, holder->get_op, params, err);
    if (!before_of(planning, holder))
        return error_set(err, ERROR_USAGE, "the rights that %s %s had before are not known",
                         holder->word, suspect->name);
    suspect->arn = reply_text(found, "Arn");
    suspect->unique_id = reply_text(found, holder->id);
    return true;
}

/* ---- steps --------------------------------------------------------------------------------------
 */

/* A step of this action, but for its calls. */
static struct step begin(const struct planning *planning, const char *id, const char *words)
{
    const struct suspect *suspect = planning->suspect;
    return (struct step){
        .id = id,
        .wave = WAVE_DENY,
        .words = arena_printf(planning->arena, "%s of %s %s: as before", words, suspect->part,
                              suspect->name),
        .flags = STEP_ACCESS | STEP_EXTENDS,
        .credential = arena_printf(planning->arena, PREFIX "%s/%s", suspect->part, suspect->name),
        .undo = {.words = "as it was made while the account was contained"}};
}

static json_t *named(const json_t *params, const char *member, const char *value,
                     struct arena *arena)
{
    json_t *made = json_own(arena, json_deep_copy(params));
    json_object_set_new(made, member, json_texts(value));
    return made;
}

/* One inline policy: `was` and `is` may be NULL, not both. */
static void inline_back(struct planning *planning, const struct holder *holder, const char *name,
                        json_t *was, json_t *is)
{
    struct arena *arena = planning->arena;
    const struct inline_place *place = holder->kind->inlined;
    json_t *where = named(params_of(planning, holder), "PolicyName", name, arena);
    struct step step = begin(planning, arena_printf(arena, "inline-%s", name),
                             arena_printf(arena, "inline policy %s", name));
    struct check check = {.op = place->get_op, .params = where, .path = "PolicyDocument"};
    step.op = was ? place->put_op : place->delete_op;
    step.params = was ? named(where, "PolicyDocument", policy_text(arena, was), arena) : where;
    step.check = step.undo.check = check;
    step.check.want = was;
    step.check.absent = !was;
    step.undo.op = is ? place->put_op : place->delete_op;
    step.undo.params = is ? named(where, "PolicyDocument", policy_text(arena, is), arena) : where;
    step.undo.check.want = is;
    step.undo.check.absent = !is;
    response_step(planning, &step);
}

static json_t *document_now(const struct planning *planning, const struct holder *holder,
                            const char *name)
{
    json_t *params = named(params_of(planning, holder), "PolicyName", name, planning->arena);
    const json_t *text =
        state_at(planning, holder->kind->inlined->get_op, params, "PolicyDocument");
    return text ? policy_read(text, planning->arena) : NULL;
}

static void all_inline_back(struct planning *planning, const struct holder *holder)
{
    json_t *before = json_object_get(before_of(planning, holder), "inline"), *was;
    json_t *names = state_list(planning, holder->kind->inlined->list_op,
                               params_of(planning, holder), "PolicyNames");
    const char *name;
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *one = json_string_value(json_array_get(names, i));
        json_t *is = one ? document_now(planning, holder, one) : NULL;
        if (is && !json_object_get(before, one) && !policy_only_denies(is))
            inline_back(planning, holder, one, NULL, is);
    }
    json_object_foreach(before, name, was)
    {
        json_t *is = document_now(planning, holder, name);
        if (json_is_object(was) && !(is && json_equal(is, was)))
            inline_back(planning, holder, name, json_own(planning->arena, json_deep_copy(was)), is);
    }
}

/* Something that is in a list or not: an attached policy, a group. */
struct listed {
    const char *list_op, *list, *key; /* where it is listed, by which member */
    const char *in_op, *out_op, *as;  /* the calls, and its name there */
    const char *picture, *words;
};

static void listed_back(struct planning *planning, const struct holder *holder,
                        const struct listed *row, const char *id, bool was)
{
    struct arena *arena = planning->arena;
    json_t *params = params_of(planning, holder);
    struct step step = begin(planning, arena_printf(arena, "%s-%s", row->picture, id),
                             arena_printf(arena, "%s %s", row->words, id));
    struct check check = {.op = row->list_op,
                          .params = params,
                          .list = row->list,
                          .key = row->key,
                          .id = arena_strdup(arena, id)};
    step.op = was ? row->in_op : row->out_op;
    step.undo.op = was ? row->out_op : row->in_op;
    step.params = step.undo.params = named(params, row->as, id, arena);
    step.check = step.undo.check = check;
    step.check.absent = !was;
    step.undo.check.absent = was;
    response_step(planning, &step);
}

static bool has_item(const json_t *items, const char *key, const char *id)
{
    for (size_t i = 0; i < json_array_size(items); i++)
        if (strcmp(reply_text(json_array_get(items, i), key), id) == 0)
            return true;
    return false;
}

static void all_listed_back(struct planning *planning, const struct holder *holder,
                            const struct listed *row)
{
    json_t *before = json_object_get(before_of(planning, holder), row->picture), *was;
    json_t *now = state_list(planning, row->list_op, params_of(planning, holder), row->list);
    const char *id;
    for (size_t i = 0; i < json_array_size(now); i++) {
        const char *one = reply_text(json_array_get(now, i), row->key);
        if (!json_object_get(before, one) && strcmp(one, policy_deny_all(planning)) != 0)
            listed_back(planning, holder, row, one, false);
    }
    if (state_code(planning, row->list_op, params_of(planning, holder)))
        return; /* what is not read is not missing */
    json_object_foreach(before, id, was)
    {
        if (!has_item(now, row->key, id))
            listed_back(planning, holder, row, id, true);
    }
}

static void boundary_back(struct planning *planning, const struct holder *holder)
{
    struct arena *arena = planning->arena;
    const struct principal *kind = holder->kind;
    json_t *params = params_of(planning, holder);
    const char *was = json_get_string(before_of(planning, holder), "boundary", "");
    const char *is = reply_text(state_at(planning, kind->get_op, params, NULL), kind->boundary);
    if (strcmp(was, is) == 0 || strcmp(is, policy_deny_all(planning)) == 0)
        return;
    struct step step = begin(planning, "boundary", "the boundary");
    struct check check = {.op = kind->get_op, .params = params, .path = kind->boundary};
    step.op = *was ? kind->put_boundary_op : kind->delete_boundary_op;
    step.params = *was ? named(params, "PermissionsBoundary", was, arena) : params;
    step.undo.op = *is ? kind->put_boundary_op : kind->delete_boundary_op;
    step.undo.params = *is ? named(params, "PermissionsBoundary", is, arena) : params;
    step.check = step.undo.check = check;
    step.check.want = *was ? json_own(arena, json_texts(was)) : NULL;
    step.check.absent = !*was;
    step.undo.check.want = *is ? json_own(arena, json_texts(is)) : NULL;
    step.undo.check.absent = !*is;
    response_step(planning, &step);
}

/* ---- a policy's text ---- */

/* The version from before is the default again; where it was deleted, its text is a new version. */
static void text_back(struct planning *planning, const struct holder *holder)
{
    struct arena *arena = planning->arena;
    const json_t *before = before_of(planning, holder);
    json_t *was = json_object_get(before, "document"), *params = params_of(planning, holder);
    const char *version = json_get_string(before, "version", "");
    const char *now =
        reply_text(state_at(planning, holder->get_op, params, "Policy"), "DefaultVersionId");
    const json_t *text = state_at(planning, "iam:GetPolicyVersion", version_params(planning, now),
                                  "PolicyVersion.Document");
    json_t *is = text ? policy_read(text, arena) : NULL;
    json_t *versions = state_list(planning, "iam:ListPolicyVersions", params, "Versions");
    if (!json_is_object(was) || !is || json_equal(was, is))
        return;
    bool kept = has_item(versions, "VersionId", version);
    struct step step = begin(planning, arena_printf(arena, "text-%s", now), "the text");
    step.op = kept ? "iam:SetDefaultPolicyVersion" : "iam:CreatePolicyVersion";
    step.params = kept ? version_params(planning, version)
                       : plan_pack(arena, "{s:s, s:s, s:b}", "PolicyArn", planning->suspect->name,
                                   "PolicyDocument", policy_text(arena, was), "SetAsDefault", 1);
    step.check = (struct check){.op = "iam:GetPolicyVersion",
                                .params = version_params(planning, kept ? version : now),
                                .path = "PolicyVersion.IsDefaultVersion",
                                .want = json_own(arena, json_texts(kept ? "true" : "false"))};
    step.undo.op = "iam:SetDefaultPolicyVersion";
    step.undo.params = version_params(planning, now);
    step.undo.check = step.check;
    step.undo.check.params = version_params(planning, now);
    step.undo.check.want = json_own(arena, json_texts("true"));
    response_step(planning, &step);
}

static const struct listed groups = {
    "iam:ListGroupsForUser",   "Groups",    "GroupName", "iam:AddUserToGroup",
    "iam:RemoveUserFromGroup", "GroupName", "groups",    "membership in group"};

static bool plan(struct planning *planning, struct error *err)
{
    const struct holder *holder = holder_of(planning->suspect);
    if (!find(planning, err))
        return false;
    if (!holder->kind) {
        text_back(planning, holder);
        return true;
    }
    struct listed attached = {
        holder->kind->attached_op, "AttachedPolicies", "PolicyArn", holder->kind->attach_op,
        holder->kind->detach_op,   "PolicyArn",        "attached",  "attached policy"};
    all_inline_back(planning, holder);
    all_listed_back(planning, holder, &attached);
    if (holder->groups_op)
        all_listed_back(planning, holder, &groups);
    if (holder->put_boundary)
        boundary_back(planning, holder);
    return true;
}

const struct action action_rights = {
    .name = "rights",
    .summary = "rights/user/NAME, role, group or policy: rights that were given during a run, put "
               "back as they were before",
    .undone = "the changed rights, when --restore-access names their holder",
    .not_covered = "what was done with them meanwhile",
    .claims = claims,
    .find = find,
    .plan = plan,
};
