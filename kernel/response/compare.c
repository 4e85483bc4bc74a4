/* What is new in an account between two pictures of it. */
#include "response/account.h"
#include "response/policy.h"

#include <string.h>

struct comparing {
    struct arena *arena;
    struct new_thing *found;
};

static void add(struct comparing *comparing, struct new_thing thing)
{
    struct new_thing *kept = arena_alloc(comparing->arena, sizeof *kept);
    *kept = thing;
    kept->name = arena_strdup(comparing->arena, thing.name);
    kept->next = comparing->found;
    comparing->found = kept;
}

static void new_keys(struct comparing *comparing, const char *user, const json_t *before,
                     const json_t *after)
{
    const char *id;
    json_t *key, *earlier = json_object_get(before, "keys");
    json_object_foreach(json_object_get(after, "keys"), id, key)
    {
        const char *was = json_get_string(json_object_get(earlier, id), "status", NULL);
        if (was && (strcmp(was, "Active") == 0 ||
                    strcmp(json_get_string(key, "status", ""), "Active") != 0))
            continue;
        add(comparing, (struct new_thing){
                           .kind = NEW_KEY,
                           .name = id,
                           .owner = arena_strdup(comparing->arena, user),
                           .words = arena_printf(comparing->arena, "access key %s of user %s is %s",
                                                 id, user, was ? "active again" : "new"),
                           .made = was ? 0 : json_get_int(key, "made", 0)});
    }
}

/* Inline policies without those that are new and only deny: they give nothing. */
static json_t *giving(const json_t *was, json_t *is, struct arena *arena)
{
    json_t *made = json_own(arena, json_object()), *policy;
    const char *name;
    json_object_foreach(is, name, policy)
    {
        if (json_object_get(was, name) || !policy_only_denies(policy))
            json_object_set(made, name, policy);
    }
    return made;
}

static bool denies_all(const char *arn)
{
    static const char deny[] = ":policy/AWSDenyAll";
    size_t size = strlen(arn);
    return size >= sizeof deny && strcmp(arn + size - (sizeof deny - 1), deny) == 0;
}

/* Attached policies without a new AWSDenyAll. */
static json_t *allowing(const json_t *was, json_t *is, struct arena *arena)
{
    json_t *made = json_own(arena, json_object()), *there;
    const char *name;
    json_object_foreach(is, name, there)
    {
        if (json_object_get(was, name) || !denies_all(name))
            json_object_set(made, name, there);
    }
    return made;
}

static bool same_rights(const char *member, const json_t *was, json_t *is, struct arena *arena)
{
    if (strcmp(member, "inline") == 0)
        return json_equal(was, giving(was, is, arena));
    if (strcmp(member, "attached") == 0)
        return json_equal(was, allowing(was, is, arena));
    return json_equal(was, is) || (strcmp(member, "boundary") == 0 && json_is_string(is) &&
                                   denies_all(json_string_value(is)));
}

/* A member that says what somebody may do is another one. */
static void new_rights(struct comparing *comparing, const char *word, const char *name,
                       const json_t *before, const json_t *after)
{
    static const char *const members[][2] = {{"inline", "inline policies"},
                                             {"attached", "attached policies"},
                                             {"groups", "groups"},
                                             {"boundary", "boundary"},
                                             {"document", "document"}};
    for (size_t i = 0; i < COUNT(members); i++) {
        const json_t *was = json_object_get(before, members[i][0]);
        json_t *is = json_object_get(after, members[i][0]);
        if (was && is && !same_rights(members[i][0], was, is, comparing->arena))
            add(comparing, (struct new_thing){.kind = NEW_RIGHTS,
                                              .name = name,
                                              .owner = word,
                                              .is = is,
                                              .words = arena_printf(comparing->arena,
                                                                    "%s %s has other rights (%s)",
                                                                    word, name, members[i][1])});
    }
}

/* A user that had another name: as it was. NULL: there was none of this id. */
static const char *former_name(const json_t *before, const json_t *after)
{
    const char *name, *id = json_get_string(after, "id", "");
    json_t *one;
    json_object_foreach(json_object_get((json_t *)(uintptr_t)before, "users"), name, one)
    {
        if (*id && strcmp(json_get_string(one, "id", ""), id) == 0)
            return name;
    }
    return NULL;
}

static void compare_user(struct comparing *comparing, const char *name, const json_t *picture,
                         const json_t *after)
{
    const json_t *before = json_object_get(json_object_get(picture, "users"), name);
    bool same =
        before && strcmp(json_get_string(before, "id", ""), json_get_string(after, "id", "")) == 0;
    const char *former = same ? NULL : former_name(picture, after);
    if (former)
        add(comparing,
            (struct new_thing){
                .kind = NEW_USER,
                .name = name,
                .words = arena_printf(comparing->arena, "user %s is called %s now", former, name)});
    else if (!same)
        add(comparing,
            (struct new_thing){.kind = NEW_USER,
                               .name = name,
                               .words = arena_printf(comparing->arena, "user %s is new", name),
                               .made = json_get_int(after, "made", 0)});
    if (!same)
        return;
    new_keys(comparing, name, before, after);
    new_rights(comparing, "user", name, before, after);
}

/* Only AWS changes these: a service, Identity Center as its permission sets say. */
static bool is_aws_own(const json_t *role)
{
    static const char *const paths[] = {"/aws-service-role/", "/aws-reserved/"};
    const char *path = json_get_string(role, "path", "");
    for (size_t i = 0; i < COUNT(paths); i++)
        if (strncmp(path, paths[i], strlen(paths[i])) == 0)
            return true;
    return false;
}

static void compare_role(struct comparing *comparing, const char *name, const json_t *before,
                         const json_t *after)
{
    bool same =
        before && strcmp(json_get_string(before, "id", ""), json_get_string(after, "id", "")) == 0;
    if (!same)
        add(comparing,
            (struct new_thing){.kind = NEW_ROLE,
                               .name = name,
                               .words = arena_printf(comparing->arena, "role %s is new", name),
                               .made = json_get_int(after, "made", 0)});
    if (!same || is_aws_own(after))
        return;
    if (!json_equal(json_object_get(before, "trust"), json_object_get(after, "trust")))
        add(comparing,
            (struct new_thing){
                .kind = NEW_TRUST,
                .name = name,
                .words = arena_printf(comparing->arena, "role %s has another trust", name)});
    new_rights(comparing, "role", name, before, after);
}

static void compare_others(struct comparing *comparing, const json_t *before, const json_t *after,
                           const char *list, const char *word)
{
    const char *name;
    json_t *one, *earlier = json_object_get(before, list);
    json_object_foreach(json_object_get(after, list), name, one)
    {
        if (json_object_get(earlier, name))
            new_rights(comparing, word, name, json_object_get(earlier, name), one);
    }
}

/* Everybody that may use it now and could not before; NULL: nobody. Belongs to the arena. */
static const char *new_grantees(const json_t *was, json_t *is, struct arena *arena)
{
    const char *who, *list = NULL;
    json_t *granted;
    json_object_foreach(is, who, granted)
    {
        const char *word = strcmp(who, "all") == 0 ? "everybody" : who;
        if (!json_object_get(was, who))
            list = arena_printf(arena, "%s%s%s", list ? list : "", list ? ", " : "", word);
    }
    return list;
}

static void compare_region(struct comparing *comparing, const char *region, const json_t *before,
                           json_t *after)
{
    struct arena *arena = comparing->arena;
    const char *id;
    json_t *one;
    json_object_foreach(after, id, one)
    {
        const json_t *earlier = json_object_get(before, id), *was = json_object_get(earlier, "to");
        json_t *is = json_object_get(one, "to");
        bool unknown = !is || (earlier && !was);
        const char *who = unknown ? NULL : new_grantees(was, is, arena);
        if (who)
            add(comparing,
                (struct new_thing){
                    .kind = NEW_SHARE,
                    .name = id,
                    .owner = arena_strdup(arena, region),
                    .is = is,
                    .words = arena_printf(arena, "%s in %s may be used by %s", id, region, who)});
    }
}

/* Only where both looked. */
static void compare_shares(struct comparing *comparing, const json_t *before, const json_t *after)
{
    const char *region;
    json_t *items, *earlier = json_object_get(before, "shares");
    json_object_foreach(json_object_get(after, "shares"), region, items)
    {
        if (json_object_get(earlier, region))
            compare_region(comparing, region, json_object_get(earlier, region), items);
    }
}

struct new_thing *account_compare(const json_t *before, const json_t *after, struct arena *arena)
{
    struct comparing comparing = {.arena = arena};
    const char *name;
    json_t *one;
    json_object_foreach(json_object_get(after, "users"), name, one)
    {
        compare_user(&comparing, name, before, one);
    }
    json_object_foreach(json_object_get(after, "roles"), name, one)
    {
        compare_role(&comparing, name, json_object_get(json_object_get(before, "roles"), name),
                     one);
    }
    compare_others(&comparing, before, after, "groups", "group");
    compare_others(&comparing, before, after, "policies", "policy");
    compare_shares(&comparing, before, after);
    return comparing.found;
}
