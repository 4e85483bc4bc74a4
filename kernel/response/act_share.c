/* A snapshot or an image that others may use. A run takes back what was given while the account was
 * being contained; typed by an analyst, all that is given is taken back. Copies that somebody made
 * of it by then are theirs. */
#include "response/arn.h"
#include "response/check.h"
#include "response/shares.h"

#include <string.h>

#define HEX "0123456789abcdef"

static bool is_share(const char *text)
{
    const struct share_kind *kind = share_kind_of(text);
    const char *rest = kind ? text + strlen(kind->prefix) : "";
    return *rest && strspn(rest, HEX) == strlen(rest);
}

/* "snap-0123", "us-east-1/snap-0123". */
static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    const char *slash = strchr(text, '/'), *id = slash ? slash + 1 : text;
    if (!is_share(id))
        return CLAIM_NO;
    out->name = arena_strdup(arena, id);
    if (slash)
        out->region = arena_strndup(arena, text, (size_t)(slash - text));
    return CLAIM_YES;
}

static const struct share_kind *kind_of(const struct planning *planning)
{
    return share_kind_of(planning->suspect->name);
}

static bool find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    const struct share_kind *kind = kind_of(planning);
    json_t *params = share_params(kind, suspect->name, planning->arena);
    struct reading read = {.op = kind->get_op, .params = params};
    if (!response_read(planning, &read, 1, err))
        return false;
    if (code_is_absent(state_code(planning, kind->get_op, params)))
        return response_absent_here(planning, kind->word, suspect->name, err);
    if (!state_at(planning, kind->get_op, params, NULL))
        return response_unread(planning, kind->get_op, params, err);
    suspect->arn = arena_printf(planning->arena, "arn:%s:ec2:%s::%s/%s", planning->partition,
                                suspect->region, kind->word, suspect->name);
    suspect->unique_id = suspect->name;
    return true;
}

static json_t *change(const struct planning *planning, const char *way, const char *who)
{
    const struct share_kind *kind = kind_of(planning);
    return plan_pack(planning->arena, "{s:s, s:s, s:s, s:[s]}", kind->parameter,
                     planning->suspect->name, "Attribute", kind->attribute, "OperationType", way,
                     share_grantee_of(who)->call, who);
}

static void take_back(struct planning *planning, const char *who)
{
    struct arena *arena = planning->arena;
    const struct share_kind *kind = kind_of(planning);
    const char *name = planning->suspect->name, *them = strcmp(who, "all") == 0 ? "everybody" : who;
    struct check check = {.op = kind->get_op,
                          .params = share_params(kind, name, arena),
                          .list = kind->granted,
                          .key = share_grantee_of(who)->reply,
                          .id = arena_strdup(arena, who)};
    struct step step = {.id = arena_printf(arena, "share-%s", who),
                        .wave = WAVE_DISABLE,
                        .words =
                            arena_printf(arena, "%s %s: no longer for %s", kind->word, name, them),
                        .op = kind->set_op,
                        .params = change(planning, "remove", who),
                        .check = check,
                        .flags = STEP_ACCESS | STEP_EXTENDS,
                        .credential = name,
                        .undo = {.op = kind->set_op,
                                 .params = change(planning, "add", who),
                                 .words = arena_printf(arena, "%s may use it again", them),
                                 .check = check}};
    step.check.absent = true;
    response_step(planning, &step);
}

/* Who could use it before the account was contained; typed: nobody counts. */
static const json_t *before_of(const struct planning *planning)
{
    const struct suspect *suspect = planning->suspect;
    const json_t *shares = json_object_get(planning->before, "shares");
    const json_t *item = json_object_get(json_object_get(shares, suspect->region), suspect->name);
    return suspect->found ? json_object_get(item, "to") : NULL;
}

static bool plan(struct planning *planning, struct error *err)
{
    const struct share_kind *kind = kind_of(planning);
    const char *name = planning->suspect->name, *who;
    json_t *granted;
    if (!find(planning, err))
        return false;
    json_t *params = share_params(kind, name, planning->arena);
    json_t *now = json_own(planning->arena,
                           share_grants(kind, state_at(planning, kind->get_op, params, NULL)));
    json_object_foreach(now, who, granted)
    {
        if (!json_object_get(before_of(planning), who) &&
            !share_is_meant(planning->plan, planning->forensics, who))
            take_back(planning, who);
    }
    response_say(planning, NOTE_NOT_COVERED,
                 "copies that others made of %s %s, or began to make, while they could", kind->word,
                 name);
    return true;
}

const struct action action_share = {
    .name = "share",
    .summary = "a snapshot or an image (snap-..., ami-..., REGION/snap-...): everybody else that "
               "may use it may no longer, but for the account that examines it",
    .undone = "who may use it as before, when --restore-access names the snapshot",
    .not_covered = "copies that others made or began to make; snapshots of databases, backups and "
                   "all else that can be shared (ECR, SSM documents, RAM...)",
    .regional = true,
    .claims = claims,
    .find = find,
    .plan = plan,
};
