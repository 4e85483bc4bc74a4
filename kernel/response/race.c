#include "response/race.h"

#include "aws/gather.h"
#include "base/time.h"
#include "response/account.h"
#include "response/arn.h"
#include "response/shares.h"

#include <string.h>

#define IAM_REGION "us-east-1" /* whose CloudTrail has IAM's events */
#define LOOKUPS_MOST 8         /* CloudTrail takes two a second */
#define EVENT_MOST ((size_t)256 * 1024)
#define KEYS_EACH_ROUND 100 /* users; of more the keys are read only at the end */
#define SECOND INT64_C(1000000)
#define CLOCKS_APART (60 * SECOND) /* ours and AWS's */
#define PLAN_FRESH (60 * 60 * SECOND)

enum maker { MAKER_UNKNOWN, MAKER_FAMILY, MAKER_OTHER };

/* ---- who made it --------------------------------------------------------------------------------
 */

static bool is_family(const struct plan *plan, const json_t *identity)
{
    const char *texts[] = {reply_text(identity, "accessKeyId"), reply_text(identity, "arn"),
                           reply_text(identity, "userName"),
                           reply_text(identity, "sessionContext.sessionIssuer.userName"),
                           reply_text(identity, "sessionContext.sessionIssuer.arn")};
    for (const struct suspect *one = plan->suspects; one; one = one->next)
        for (size_t i = 0; i < COUNT(texts) && strcmp(one->action->name, "rights") != 0; i++)
            if (*texts[i] && ((one->part && strcmp(one->part, texts[i]) == 0) ||
                              (one->arn && strcmp(one->arn, texts[i]) == 0) ||
                              (one->name && strcmp(one->name, texts[i]) == 0)))
                return true;
    return false;
}

static bool is_making(const char *name)
{
    static const char *const starts[] = {"Create", "Update", "Put",   "Attach",
                                         "Add",    "Set",    "Modify"};
    for (size_t i = 0; i < COUNT(starts); i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* What happened before the first picture made nothing that is new since. */
static bool time_before(const json_t *event, int64_t picture)
{
    const char *text = reply_text(event, "eventTime");
    int64_t at;
    return time_parse(text, strlen(text), &at) && at < picture - CLOCKS_APART;
}

/* Something new that is to be judged. */
struct judged {
    const struct new_thing *thing;
    enum maker maker;
};

static enum maker maker_of(const struct run *run, const json_t *reply)
{
    struct arena *arena = run->response->arena;
    for (size_t i = 0; i < reply_count(reply, "Events"); i++) {
        struct error ignored = {0};
        const char *text = reply_text(reply_item(reply, "Events", i), "CloudTrailEvent");
        json_t *event = json_parse(arena, text, strlen(text), EVENT_MOST, &ignored);
        if (is_making(reply_text(event, "eventName")) && !*reply_text(event, "errorCode") &&
            !time_before(event, run->plan->made))
            return is_family(run->plan, json_object_get(event, "userIdentity")) ? MAKER_FAMILY
                                                                                : MAKER_OTHER;
    }
    return MAKER_UNKNOWN;
}

/* The first few of them. */
static bool ask_trail(struct run *run, const struct access *access, struct judged *list,
                      size_t count, struct error *err)
{
    struct response *response = run->response;
    struct aws_gathering *asked = arena_alloc(response->arena, (count + 1) * sizeof *asked);
    size_t most = 0;
    for (; most < count && run->lookups < LOOKUPS_MOST; most++, run->lookups++)
        asked[most] = (struct aws_gathering){
            .op = "cloudtrail:LookupEvents",
            .params = plan_pack(response->arena, "{s:[{s:s, s:s}], s:i}", "LookupAttributes",
                                "AttributeKey", "ResourceName", "AttributeValue",
                                list[most].thing->name, "MaxResults", 10),
            .region = list[most].thing->kind == NEW_SHARE ? list[most].thing->owner : IAM_REGION,
            .credentials = access->credentials};
    if (!aws_gather(response->with.aws, asked, most, response->with.cancel, response->arena, err))
        return false;
    for (size_t i = 0; i < most; i++)
        list[i].maker = maker_of(run, json_array_get(asked[i].replies, 0));
    return true;
}

/* Since the first change: not there when the run began, or made later by AWS's clock. Of what is
 * shared and could not be looked at in time then, it counts since the plan, if that is not old;
 * what CloudTrail does not name by then is minutes old. So does all else where an earlier kernel
 * began. */
static bool in_window(const struct run *run, const char *account, const struct new_thing *thing)
{
    bool fresh = run->began && run->began - run->plan->made < PLAN_FRESH;
    const json_t *start = json_object_get(
        run->resumed && fresh ? run->response->before : run->response->start, account);
    const json_t *after = json_object_get(run->after, account);
    if (thing->made)
        return run->began && thing->made >= run->began - SECOND;
    if (thing->kind == NEW_SHARE) {
        enum shared when = shares_since(start, thing, run->response->arena);
        return run->began && (when == SHARED_SINCE || (when == SHARED_UNKNOWN && fresh));
    }
    for (const struct new_thing *one = account_compare(start, after, run->response->arena); one;
         one = one->next)
        if (one->kind == thing->kind && strcmp(one->name, thing->name) == 0)
            return true;
    return false;
}

/* ---- what follows -------------------------------------------------------------------------------
 */

static const char *target_of(const struct new_thing *thing, struct arena *arena, const char **level)
{
    *level = thing->kind == NEW_KEY ? "key" : thing->kind == NEW_ROLE ? "full" : NULL;
    switch (thing->kind) {
    case NEW_KEY:
        return thing->name;
    case NEW_USER:
        return arena_printf(arena, "user/%s", thing->name);
    case NEW_ROLE:
        return arena_printf(arena, "role/%s", thing->name);
    case NEW_TRUST:
        return arena_printf(arena, "trust/%s", thing->name);
    case NEW_RIGHTS:
        return arena_printf(arena, "rights/%s/%s", thing->owner, thing->name);
    case NEW_SHARE:
        return arena_printf(arena, "%s/%s", thing->owner, thing->name);
    default:
        return NULL;
    }
}

static bool is_one_of(const char *text, const char *const *list)
{
    for (; text && *list; list++)
        if (strcmp(text, *list) == 0)
            return true;
    return false;
}

/* Whether every round looks at this as a part of that suspect. */
static bool covers(const struct suspect *one, const struct new_thing *thing)
{
    static const char *const user[] = {"deny", "boundary", NULL};
    static const char *const role[] = {"full", "boundary", NULL};
    static const char *const trust[] = {"new", "full", "boundary", NULL};
    const char *action = one->action->name;
    bool as_user = strcmp(action, "user") == 0 && is_one_of(one->level, user);
    bool as_key = (strcmp(action, "key") == 0 && !(one->level && strcmp(one->level, "key") == 0)) ||
                  (strcmp(action, "session") == 0 && one->arn && strstr(one->arn, ":user/"));
    bool as_role = strcmp(action, "role") == 0;
    if (strcmp(action, "rights") == 0)
        return thing->kind == NEW_RIGHTS && strcmp(one->part, thing->owner) == 0;
    if (strcmp(action, "share") == 0)
        return thing->kind == NEW_SHARE && strcmp(one->region, thing->owner) == 0;
    switch (thing->kind) {
    case NEW_USER:
    case NEW_KEY:
        return as_user || as_key;
    case NEW_ROLE:
        return as_role && is_one_of(one->level, role);
    case NEW_TRUST:
        return strcmp(action, "trust") == 0 || (as_role && is_one_of(one->level, trust));
    case NEW_RIGHTS:
        return strcmp(thing->owner, "user") == 0   ? as_user || as_key
               : strcmp(thing->owner, "role") == 0 ? as_role && is_one_of(one->level, role)
                                                   : strcmp(action, thing->owner) == 0;
    default:
        return false;
    }
}

static bool is_known(const struct run *run, const char *account, const struct new_thing *thing)
{
    struct arena *arena = run->response->arena;
    const char *is = thing->is ? json_dump(arena, thing->is, NULL) : "";
    const char *key = arena_printf(arena, "%s %s %s", account, thing->words, is);
    if (json_object_get(run->seen, key))
        return true;
    json_object_set_new(run->seen, key, json_true());
    const char *own = thing->kind == NEW_KEY ? thing->owner : thing->name;
    for (const struct suspect *one = run->plan->suspects; one; one = one->next)
        if (strcmp(one->account, account) == 0 && one->name && strcmp(one->name, own) == 0 &&
            covers(one, thing))
            return true;
    return false;
}

/* Shared with those only that examine it. */
static bool is_ours(const struct run *run, const struct new_thing *thing)
{
    const char *who, *forensics = session_settings(run->response->with.session)->forensics;
    json_t *granted;
    bool ours = thing->kind == NEW_SHARE;
    json_object_foreach((json_t *)(uintptr_t)thing->is, who, granted)
    {
        ours = ours && share_is_meant(run->plan, forensics, who);
    }
    return ours;
}

static bool contain(struct run *run, const char *account, const struct new_thing *thing,
                    const char *why, struct error *err)
{
    struct arena *arena = run->response->arena;
    struct response_found found = {.account = account};
    found.text = target_of(thing, arena, &found.level);
    found.why = arena_printf(arena, "%s: %s", thing->words, why);
    return make_found(run->response, run->plan, &found, NULL, err);
}

static void propose(struct run *run, const struct new_thing *thing, const char *why)
{
    const char *level, *target = target_of(thing, run->response->arena, &level);
    if (!target || thing->kind == NEW_TRUST || thing->kind == NEW_RIGHTS)
        plan_say(run->plan, NULL, NOTE_NEXT,
                 "new, %s: %s; look at it: %%cloudtrail event, then "
                 "%%contain what is not yours",
                 why, thing->words);
    else
        plan_say(run->plan, NULL, NOTE_NEXT, "new, %s: %s. %%contain %s%s%s", why, thing->words,
                 target, level ? " --level " : "", level ? level : "");
}

static bool is_family_made(const struct run *run, const char *account, const struct judged *one)
{
    return one->maker == MAKER_FAMILY ||
           (one->maker == MAKER_UNKNOWN && in_window(run, account, one->thing));
}

/* Of one that is contained for what was given since, what was given before the first change stays,
 * as it would alone; where an earlier kernel began, nobody looked at what was then. */
static void leave_earlier(struct run *run, const char *account, const struct new_thing *thing)
{
    json_t *start = json_object_get(run->response->start, account), *granted, *to = NULL;
    json_t *shares = json_object_get(json_object_get(run->response->before, account), "shares");
    const char *const way[] = {"shares", thing->owner, thing->name, "to"};
    const char *who;
    for (size_t i = 0; i < COUNT(way); i++)
        start = json_object_get(start, way[i]);
    json_t *items = json_object_get(shares, thing->owner);
    if (!json_object_size(start) || !items)
        return;
    if (!json_object_get(items, thing->name))
        json_object_set_new(items, thing->name, json_pack("{s:{}}", "to"));
    to = json_object_get(json_object_get(items, thing->name), "to");
    bool more = false;
    json_object_foreach(start, who, granted)
    {
        more = more || !json_object_get(to, who);
        json_object_set(to, who, granted);
    }
    if (more)
        plan_say(run->plan, NULL, NOTE_NEXT,
                 "%s in %s was shared with others before the first change as well, and nobody "
                 "knows by whom yet. %%contain %s/%s",
                 thing->name, thing->owner, thing->owner, thing->name);
}

static bool judge(struct run *run, const char *account, const struct judged *one, bool *more,
                  struct error *err)
{
    const char *level;
    bool family = is_family_made(run, account, one);
    if (!family || !target_of(one->thing, run->response->arena, &level)) {
        propose(run, one->thing,
                one->maker == MAKER_OTHER ? "made by somebody else, as CloudTrail says"
                : family                  ? "made by the family or while it could still act"
                                          : "and nobody knows by whom yet");
        return true;
    }
    *more = true;
    if (one->thing->kind == NEW_SHARE && one->maker == MAKER_UNKNOWN && !run->resumed)
        leave_earlier(run, account, one->thing);
    return contain(run, account, one->thing,
                   one->maker == MAKER_FAMILY ? "CloudTrail says that the family made it"
                                              : "made while the family could still act",
                   err);
}

/* What finding them needs is read side by side: there may be hundreds. */
static bool judge_all(struct run *run, const struct access *access, struct judged *list,
                      size_t count, bool *more, struct error *err)
{
    struct response *response = run->response;
    struct arena *arena = response->arena;
    struct response_found *found = arena_alloc(arena, (count + 1) * sizeof *found);
    size_t ready = 0;
    const char *level;
    if (!ask_trail(run, access, list, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *target = target_of(list[i].thing, arena, &level);
        if (target && is_family_made(run, access->account, &list[i]))
            found[ready++] = (struct response_found){.text = target, .account = access->account};
    }
    bool ok = make_ready(response, run->plan, found, ready, err);
    for (size_t i = 0; ok && i < count; i++)
        ok = judge(run, access->account, &list[i], more, err);
    return ok;
}

/* ---- what comes again ---------------------------------------------------------------------------
 */

/* A holder whose rights come again acts itself, or somebody does who cannot be told: it is
 * contained as a whole. */
static bool contain_holder(struct run *run, const char *account, const char *kind, const char *name,
                           struct error *err)
{
    struct arena *arena = run->response->arena;
    struct response_found found = {
        .text = arena_printf(arena, "%s/%s", kind, name),
        .account = account,
        .level = strcmp(kind, "role") == 0 ? "full" : NULL,
        .why = "rights that were taken back came again, perhaps by its own hand"};
    return make_found(run->response, run->plan, &found, NULL, err);
}

/* Everybody that a policy is attached to. */
static bool contain_holders(struct run *run, const char *account, const char *policy,
                            struct error *err)
{
    static const char *const kinds[][2] = {
        {"users", "user"}, {"roles", "role"}, {"groups", "group"}};
    const json_t *after = json_object_get(run->after, account);
    bool ok = true;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const char *name;
        json_t *one;
        json_object_foreach(json_object_get(after, kinds[i][0]), name, one)
        {
            if (json_object_get(json_object_get(one, "attached"), policy))
                ok = ok && contain_holder(run, account, kinds[i][1], name, err);
        }
    }
    return ok;
}

static bool contain_returning(struct run *run, const char *account, bool *more, struct error *err)
{
    bool ok = true;
    for (const struct suspect *one = run->plan->suspects; ok && one; one = one->next) {
        const char *key = arena_printf(run->response->arena, "again %zu", one->number);
        if (!one->returns || strcmp(one->action->name, "rights") != 0 ||
            strcmp(one->account, account) != 0 || json_object_get(run->seen, key))
            continue;
        json_object_set_new(run->seen, key, json_true());
        *more = true;
        ok = strcmp(one->part, "policy") == 0
                 ? contain_holders(run, account, one->name, err)
                 : contain_holder(run, account, one->part, one->name, err);
    }
    return ok;
}

static bool look_at(struct run *run, const char *account, const json_t *before, bool whole,
                    bool *more, struct error *err)
{
    struct arena *arena = run->response->arena;
    const struct access *access;
    json_t *after;
    size_t count = 0, size = 1;
    if (!access_find(run->response, account, &access, err) ||
        !account_read(run->response, access, whole ? ACCOUNT_KEYS : KEYS_EACH_ROUND, &after, err))
        return false;
    json_object_set(run->after, account, after);
    struct new_thing *first = account_compare(before, after, arena);
    for (const struct new_thing *thing = first; thing; thing = thing->next)
        size++;
    struct judged *list = arena_alloc(arena, size * sizeof *list);
    for (const struct new_thing *thing = first; thing; thing = thing->next)
        if (!is_known(run, account, thing) && !is_ours(run, thing))
            list[count++] = (struct judged){.thing = thing};
    const char *partial = json_get_string(after, "partial", NULL);
    partial = partial ? partial : json_get_string(before, "partial", NULL);
    if (partial && !run->partial)
        plan_say(run->plan, NULL, NOTE_NOT_COVERED,
                 "account %s could not be compared as a whole with what it was: %s", account,
                 partial);
    run->partial = run->partial || partial;
    return judge_all(run, access, list, count, more, err) &&
           contain_returning(run, account, more, err);
}

bool race_look(struct run *run, bool whole, bool *more, struct error *err)
{
    const char *account;
    json_t *before;
    bool ok = true;
    *more = false;
    json_object_foreach(run->response->before, account, before)
    {
        ok = ok && look_at(run, account, before, whole, more, err);
    }
    return ok;
}
