/* A trail that was stopped or made blind writes again (R22). */
#include "response/arn.h"
#include "response/check.h"

#include <string.h>

#define PREFIX "trail/"
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

static const char *const levels[] = {"start", "selectors", NULL};

static bool is_name(const char *text)
{
    size_t size = strlen(text);
    return size >= 3 && size <= 128 && strspn(text, NAME_CHARACTERS) == size;
}

static enum claim claims(const char *text, struct arena *arena, struct suspect *out)
{
    struct arn arn;
    const char *name = strncmp(text, PREFIX, strlen(PREFIX)) == 0 ? text + strlen(PREFIX) : NULL;
    if (arn_read(text, arena, &arn) && strcmp(arn.service, "cloudtrail") == 0 &&
        strcmp(arn.type, "trail") == 0) {
        name = arn.name;
        out->account = arn.account;
        out->region = arn.region;
    }
    if (!name || !is_name(name))
        return CLAIM_NO;
    out->name = arena_strdup(arena, name);
    return CLAIM_YES;
}

static json_t *selectors_of(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:s}", "TrailName", planning->suspect->arn);
}

static json_t *named(const struct planning *planning)
{
    return plan_pack(planning->arena, "{s:s}", "Name", planning->suspect->arn);
}

/* A trail is started in its home region only. */
static bool find(struct planning *planning, struct error *err)
{
    struct suspect *suspect = planning->suspect;
    json_t *params = plan_pack(planning->arena, "{s:s}", "Name", suspect->name);
    struct reading trail = {.op = "cloudtrail:GetTrail", .params = params};
    if (!response_read(planning, &trail, 1, err))
        return false;
    const char *code = state_code(planning, trail.op, params);
    if (code && strcmp(code, "TrailNotFoundException") == 0) {
        (void)error_set(err, ERROR_NOT_FOUND, "account %s has no trail %s in %s", planning->account,
                        suspect->name, suspect->region);
        return error_hint(err, "Trails: %%doctor names them. A trail that was deleted has to be "
                               "made anew; one of another region: --region.");
    }
    const json_t *found = state_at(planning, trail.op, params, "Trail");
    if (code || !found)
        return response_unread(planning, trail.op, params, err);
    suspect->arn = reply_text(found, "TrailARN");
    suspect->unique_id = suspect->arn;
    if (*reply_text(found, "HomeRegion"))
        suspect->region = reply_text(found, "HomeRegion");
    struct reading list[] = {
        {.op = "cloudtrail:GetTrailStatus", .params = named(planning)},
        {.op = "cloudtrail:GetEventSelectors", .params = selectors_of(planning)},
    };
    return response_read(planning, list, COUNT(list), err);
}

static json_t *everything(struct arena *arena)
{
    return plan_pack(arena, "[{s:s, s:b, s:[], s:[]}]", "ReadWriteType", "All",
                     "IncludeManagementEvents", 1, "DataResources",
                     "ExcludeManagementEventSources");
}

/* All management events are written; what else was chosen before comes back with the undo. */
static void selectors_step(struct planning *planning)
{
    struct arena *arena = planning->arena;
    const json_t *before =
        state_at(planning, "cloudtrail:GetEventSelectors", selectors_of(planning), NULL);
    const json_t *old = json_object_get(before, "EventSelectors");
    const json_t *advanced = json_object_get(before, "AdvancedEventSelectors");
    json_t *back = json_own(arena, json_copy(selectors_of(planning)));
    bool plain = json_array_size(old) > 0;
    if (plain)
        json_object_set(back, "EventSelectors", (json_t *)(uintptr_t)old);
    else if (json_array_size(advanced))
        json_object_set(back, "AdvancedEventSelectors", (json_t *)(uintptr_t)advanced);
    struct check check = {.op = "cloudtrail:GetEventSelectors",
                          .params = selectors_of(planning),
                          .list = "EventSelectors"};
    struct step step = {
        .id = "selectors",
        .wave = WAVE_DENY,
        .words =
            arena_printf(arena, "trail %s writes all management events", planning->suspect->name),
        .op = "cloudtrail:PutEventSelectors",
        .params = plan_pack(arena, "{s:s, s:O}", "TrailName", planning->suspect->arn,
                            "EventSelectors", everything(arena)),
        .check = check,
        .why = "it had no selectors that could be read"};
    step.check.want = json_array_get(everything(arena), 0);
    step.check.match = CHECK_HAS;
    if (plain || json_array_size(advanced)) {
        step.undo.op = step.op;
        step.undo.params = back;
        step.undo.words = "the selectors it had before";
        step.undo.check = check;
        step.undo.check.list = plain ? "EventSelectors" : "AdvancedEventSelectors";
        step.undo.check.want = json_array_get(plain ? old : advanced, 0);
        step.undo.check.match = CHECK_HAS;
    }
    response_step(planning, &step);
}

static bool plan(struct planning *planning, struct error *err)
{
    if (!find(planning, err))
        return false;
    const json_t *status = state_at(planning, "cloudtrail:GetTrailStatus", named(planning), NULL);
    struct step step = {
        .id = "start",
        .wave = WAVE_DENY,
        .words = arena_printf(planning->arena, "trail %s writes again", planning->suspect->name),
        .op = "cloudtrail:StartLogging",
        .params = named(planning),
        .check = {.op = "cloudtrail:GetTrailStatus",
                  .params = named(planning),
                  .path = "IsLogging",
                  .want = json_own(planning->arena, json_true())},
        .why = "a trail is not stopped by taking something back: do that by hand, if it is meant"};
    response_step(planning, &step);
    if (strcmp(planning->suspect->level, "selectors") == 0)
        selectors_step(planning);
    if (*reply_text(status, "LatestDeliveryError"))
        response_say(planning, NOTE_NOT_COVERED,
                     "its last delivery failed (%s): look at the bucket's policy and key",
                     reply_text(status, "LatestDeliveryError"));
    response_say(planning, NOTE_NOT_COVERED,
                 "what happened while it stood still is not in it: LookupEvents has 90 days of "
                 "management events (--source api); which events it chooses is unchanged%s",
                 strcmp(planning->suspect->level, "selectors") == 0 ? " but for management events"
                                                                    : " (--level selectors)");
    return true;
}

const struct action action_trail = {
    .name = "trail",
    .summary = "a trail of CloudTrail (trail/NAME or its ARN) writes again; --level selectors has "
               "it write all management events",
    .undone = "the selectors; the trail itself is not stopped again",
    .not_covered = "what was not written meanwhile, a deleted trail, its bucket and key",
    .levels = levels,
    .regional = true,
    .claims = claims,
    .find = find,
    .plan = plan,
};
