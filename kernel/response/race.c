#include "response/race.h"

#include "aws/gather.h"
#include "base/time.h"
#include "response/account.h"
#include "response/arn.h"

#include <string.h>

#define LOOKUPS_MOST 8 /* CloudTrail takes two a second */
#define EVENT_MOST ((size_t)256 * 1024)
#define SECOND INT64_C(1000000)

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
        for (size_t i = 0; i < COUNT(texts); i++)
            if (*texts[i] && ((one->part && strcmp(one->part, texts[i]) == 0) ||
                              (one->arn && strcmp(one->arn, texts[i]) == 0) ||
                              (one->name && strcmp(one->name, texts[i]) == 0)))
                return true;
    return false;
}

static bool is_making(const char *name)
{
    static const char *const starts[] = {"Create", "Update", "Put", "Attach", "Add", "Set"};
    for (size_t i = 0; i < COUNT(starts); i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

static bool ask_trail(struct run *run, const char *account, const struct new_thing *thing,
                      enum maker *maker, struct error *err)
{
    struct response *response = run->response;
    struct arena *arena = response->arena;
    const struct access *access;
    *maker = MAKER_UNKNOWN;
    if (!access_find(response, account, &access, err))
        return false;
    struct aws_gathering lookup = {
        .op = "cloudtrail:LookupEvents",
        .params = plan_pack(arena, "{s:[{s:s, s:s}], s:i}", "LookupAttributes", "AttributeKey",
                            "ResourceName", "AttributeValue", thing->name, "MaxResults", 10),
        .region = "us-east-1",
        .credentials = access->credentials};
    if (!aws_gather(response->with.aws, &lookup, 1, response->with.cancel, arena, err))
        return false;
    const json_t *reply = json_array_get(lookup.replies, 0);
    for (size_t i = 0; i < reply_count(reply, "Events") && *maker == MAKER_UNKNOWN; i++) {
        struct error ignored = {0};
        const char *text = reply_text(reply_item(reply, "Events", i), "CloudTrailEvent");
        json_t *event = json_parse(arena, text, strlen(text), EVENT_MOST, &ignored);
        if (!is_making(reply_text(event, "eventName")) || *reply_text(event, "errorCode"))
            continue;
        *maker = is_family(run->plan, json_object_get(event, "userIdentity")) ? MAKER_FAMILY
                                                                              : MAKER_OTHER;
    }
    return true;
}

/* Since the first change: not there when the run began, or made later by AWS's clock. */
static bool in_window(const struct run *run, const char *account, const struct new_thing *thing)
{
    const json_t *start = json_object_get(run->response->start, account);
    const json_t *after = json_object_get(run->after, account);
    if (thing->made)
        return run->began && thing->made >= run->began - SECOND;
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
    default:
        return NULL;
    }
}

static bool is_known(const struct run *run, const char *account, const struct new_thing *thing)
{
    const char *key = arena_printf(run->response->arena, "%s %s", account, thing->words);
    if (json_object_get(run->seen, key))
        return true;
    json_object_set_new(run->seen, key, json_true());
    for (const struct suspect *one = run->plan->suspects; one; one = one->next) {
        const char *own = thing->kind == NEW_KEY ? thing->owner : thing->name;
        bool same = strcmp(one->account, account) == 0 && one->name && strcmp(one->name, own) == 0;
        bool whole = !one->level || strcmp(one->level, "key") != 0;
        if (same && (thing->kind != NEW_KEY || whole))
            return true; /* every round looks at a suspect as a whole */
    }
    return false;
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
    if (!target || thing->kind == NEW_TRUST)
        plan_say(run->plan, NULL, NOTE_NEXT,
                 "new, %s: %s; look at it: %%cloudtrail event, then "
                 "%%contain what is not yours",
                 why, thing->words);
    else
        plan_say(run->plan, NULL, NOTE_NEXT, "new, %s: %s. %%contain %s%s%s", why, thing->words,
                 target, level ? " --level " : "", level ? level : "");
}

static bool judge(struct run *run, const char *account, const struct new_thing *thing, bool *more,
                  struct error *err)
{
    enum maker maker = MAKER_UNKNOWN;
    const char *level;
    bool window = in_window(run, account, thing);
    if (run->lookups++ < LOOKUPS_MOST && !ask_trail(run, account, thing, &maker, err))
        return false;
    bool family = maker == MAKER_FAMILY || (maker == MAKER_UNKNOWN && window);
    if (!family || !target_of(thing, run->response->arena, &level)) {
        propose(run, thing,
                maker == MAKER_OTHER ? "made by somebody else, as CloudTrail says"
                : family             ? "made by the family or while it could still act"
                                     : "and nobody knows by whom yet");
        return true;
    }
    *more = true;
    return contain(run, account, thing,
                   maker == MAKER_FAMILY ? "CloudTrail says that the family made it"
                                         : "made while the family could still act",
                   err);
}

bool race_look(struct run *run, bool *more, struct error *err)
{
    const char *account;
    json_t *before;
    bool ok = true;
    *more = false;
    json_object_foreach(run->response->before, account, before)
    {
        const struct access *access;
        json_t *after;
        if (!access_find(run->response, account, &access, err) ||
            !account_read(run->response, access, true, &after, err))
            return false;
        json_object_set(run->after, account, after);
        struct new_thing *thing = account_compare(before, after, run->response->arena);
        for (; ok && thing; thing = thing->next)
            if (!is_known(run, account, thing))
                ok = judge(run, account, thing, more, err);
        const char *partial = json_get_string(after, "partial", NULL);
        if (partial && !run->partial)
            plan_say(run->plan, NULL, NOTE_NOT_COVERED,
                     "account %s could not be compared as a whole with what it was: %s", account,
                     partial);
        run->partial = run->partial || partial;
    }
    return ok;
}
