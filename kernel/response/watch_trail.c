/* CloudTrail's API during a watch: every region at its own pace, round after round. A round begins
 * with the latest call of our own that is seen there, so that what comes after it was complete up
 * to there; from the first change on it reads what is new, and in the last round all of it again,
 * since events come late and not in order. */
#include "response/watch_state.h"

#include "base/text.h"
#include "lake/horizon.h"

#include <string.h>

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define PACE (SECOND * 3 / 5) /* CloudTrail takes two calls a second in a region, of everybody */
#define PACE_LEAST (SECOND / 50)
#define PAUSE (2 * SECOND) /* somebody else asks as well */
#define PAUSES_SAID 10
#define ROUND (30 * SECOND)
#define ROUND_LEAST (SECOND / 5)
#define LATE (2 * HOUR) /* so long after the asked time a region may come up with it */
#define LATE_LEAST SECOND
#define OVERLAP (60 * SECOND)
#define PAGE 50
#define PAGES_MOST 200
#define OWN_PAGE 10
#define VALUE_MOST 200 /* bytes of what is kept of an event */
#define EVENT_MOST ((size_t)1024 * 1024)
#define FEDERATED (36 * HOUR) /* the longest lives of sessions (STS) */
#define ASSUMED (12 * HOUR)

/* ---- what is looked for -------------------------------------------------------------------------
 */

static void add_lookup(struct watch *watch, const char *attribute, const char *value, int64_t back)
{
    for (size_t i = 0; i < watch->lookup_count; i++)
        if (strcmp(watch->lookups[i].attribute, attribute) == 0 &&
            strcmp(watch->lookups[i].value, value) == 0)
            return;
    if (watch->lookup_count == watch->lookup_room) {
        size_t room = watch->lookup_room ? 2 * watch->lookup_room : 32;
        struct lookup *grown = arena_alloc(watch->job->arena, room * sizeof *grown);
        if (watch->lookup_count)
            memcpy(grown, watch->lookups, watch->lookup_count * sizeof *grown);
        watch->lookups = grown;
        watch->lookup_room = room;
    }
    watch->lookups[watch->lookup_count++] =
        (struct lookup){attribute, arena_strdup(watch->job->arena, value), back};
}

static void look_for(struct watch *watch, const struct watch_who *who)
{
    const char *key;
    json_t *value;
    json_object_foreach(who->keys, key, value)
    {
        add_lookup(watch, "AccessKeyId", key, 0);
    }
    if (who->user) {
        add_lookup(watch, "Username", who->user, 0);
        add_lookup(watch, "EventName", "GetFederationToken", FEDERATED);
        add_lookup(watch, "EventName", "GetSessionToken", FEDERATED);
    }
    if (who->session)
        add_lookup(watch, "Username", who->session, 0);
    else if (who->role)
        add_lookup(watch, "ResourceName", who->arn ? who->arn : who->role, ASSUMED);
}

/* Of the ARN of who acts: the name under which CloudTrail keeps its calls. */
static const char *own_name(const struct watch *watch)
{
    const char *arn = json_get_string(watch->job->order, "caller", "");
    const char *name = strrchr(arn, '/');
    return name ? name + 1 : "root";
}

void trail_begin(struct watch *watch)
{
    const json_t *regions = json_object_get(watch->job->order, "regions");
    for (size_t i = 0; i < watch->target_count; i++)
        look_for(watch, &watch->targets[i].who);
    watch->place_count = json_array_size(regions);
    watch->places = arena_alloc(watch->job->arena, (watch->place_count + 1) * sizeof(struct place));
    for (size_t i = 0; i < watch->place_count; i++)
        watch->places[i].name = json_string_value(json_array_get(regions, i));
}

void trail_end(struct watch *watch)
{
    for (size_t i = 0; i < watch->place_count; i++) {
        aws_end(watch->places[i].call);
        json_decref(watch->places[i].params);
        watch->places[i].call = NULL;
        watch->places[i].params = NULL;
    }
}

/* ---- asking -------------------------------------------------------------------------------------
 */

static json_t *params_of(const struct watch *watch, const struct place *place)
{
    const struct lookup own = {"Username", own_name(watch), 0};
    const struct lookup *lookup = place->at ? &watch->lookups[place->at - 1] : &own;
    bool known = place->at && place->at <= place->knows && !place->whole && place->horizon;
    int64_t from = known ? place->horizon - OVERLAP : watch->since - lookup->back;
    json_t *params =
        json_pack("{s:[{s:s, s:s}], s:i}", "LookupAttributes", "AttributeKey", lookup->attribute,
                  "AttributeValue", lookup->value, "MaxResults", place->at ? PAGE : OWN_PAGE);
    if (place->at)
        json_object_set_new(params, "StartTime", json_integer(from / SECOND));
    return params;
}

static void later(const struct watch *watch, struct place *place, int64_t pause, int64_t least)
{
    place->due = watch_clock(watch) + watch_scaled(pause, least);
}

/* The round is given up; the next one begins anew. */
static void fail(const struct watch *watch, struct place *place, const char *why, bool lasting)
{
    if (!place->gap || strcmp(place->gap, why) != 0)
        place->gap = arena_strdup(watch->job->arena, why);
    place->lasting = lasting;
    place->at = 0;
    json_decref(place->params);
    place->params = NULL;
    later(watch, place, ROUND, ROUND_LEAST);
}

/* The same call once more: what was read of the round stays read. */
static void pause_place(const struct watch *watch, struct place *place, const char *why)
{
    if (++place->pauses == PAUSES_SAID)
        place->gap = arena_printf(watch->job->arena, "others ask it as well: %s", why);
    place->lasting = false;
    later(watch, place, PAUSE, PACE_LEAST);
}

static void start(struct watch *watch, struct place *place)
{
    struct error err = {0};
    if (!place->at && !place->params) {
        place->begun = watch_now(watch);
        place->whole = false;
    }
    if (!place->params)
        place->params = params_of(watch, place);
    struct aws_asking asking = {
        .op = "cloudtrail:LookupEvents", .params = place->params, .region = place->name};
    place->call = aws_start(watch->job->aws, &asking, &err);
    if (!place->call)
        fail(watch, place, err.message, true);
}

/* ---- what came ----------------------------------------------------------------------------------
 */

static json_t *record_of(const json_t *event, struct arena *arena)
{
    const char *text = reply_text(event, "CloudTrailEvent");
    struct error ignored = {0};
    return json_parse(arena, text, strlen(text), EVENT_MOST, &ignored);
}

static void take_own(const struct watch *watch, struct place *place, const json_t *reply)
{
    struct arena *arena = arena_new();
    const char *caller = json_get_string(watch->job->order, "caller", "");
    int64_t delivery = watch_scaled(HORIZON_DELIVERY, 0);
    for (size_t i = 0; i < reply_count(reply, "Events"); i++) {
        const json_t *event = reply_item(reply, "Events", i);
        int64_t time = reply_time(event, "EventTime");
        if (time > place->own &&
            strcmp(reply_text(record_of(event, arena), "userIdentity.arn"), caller) == 0)
            place->own = time;
    }
    arena_free(arena);
    place->reaches = place->own ? horizon_within(place->begun, place->own, delivery) : 0;
    place->whole = place->reaches >= watch->until;
}

static json_t *short_text(const char *text)
{
    return json_text(text, text_cut(text, strlen(text), VALUE_MOST));
}

static void keep(json_t *list, const struct watch_target *target, const json_t *record, bool last)
{
    if (json_array_size(list) == WATCH_EVENTS_MOST && !last)
        return;
    if (json_array_size(list) == WATCH_EVENTS_MOST)
        json_array_remove(list, 0);
    json_t *made = json_object();
    static const char *const members[] = {"eventTime",       "eventName", "eventSource",
                                          "sourceIPAddress", "awsRegion", "userAgent",
                                          "errorCode",       "eventID"};
    for (size_t i = 0; i < COUNT(members); i++)
        if (*reply_text(record, members[i]))
            json_object_set_new(made, members[i], short_text(reply_text(record, members[i])));
    json_object_set_new(made, "key", short_text(reply_text(record, "userIdentity.accessKeyId")));
    json_object_set_new(made, "target", json_texts(target->words));
    json_array_append_new(list, made);
}

static void count(struct watch *watch, struct watch_target *target, const json_t *record)
{
    enum watch_call call = watch_judge(&target->times, record);
    int64_t time = reply_time(record, "eventTime");
    target->calls[call]++;
    if (call > CALL_EARLY && time > target->last)
        target->last = time;
    if (call == CALL_THROUGH)
        keep(watch->through, target, record, false);
    if (call == CALL_DENIED || call == CALL_FREE)
        keep(watch->denied, target, record, true);
}

static void follow_session(struct watch *watch, struct watch_target *target, const json_t *record)
{
    const char *key = watch_given(&target->who, record);
    int64_t ends = reply_time(record, "responseElements.credentials.expiration");
    if (!key || (ends && ends < watch->since))
        return;
    if (watch->sessions == WATCH_SESSIONS_MOST) {
        watch->uncounted = true;
        return;
    }
    watch->sessions++;
    json_object_set_new(target->who.keys, key, json_true());
    add_lookup(watch, "AccessKeyId", key, 0);
}

static bool is_known(struct watch *watch, const json_t *record)
{
    return json_object_get(watch->seen, reply_text(record, "eventID")) != NULL;
}

static void know(struct watch *watch, const json_t *record)
{
    const char *id = reply_text(record, "eventID");
    if (json_object_size(watch->seen) >= WATCH_SEEN_MOST)
        watch->uncounted = true;
    else if (*id)
        json_object_set_new(watch->seen, id, json_true());
}

void trail_count(struct watch *watch, struct watch_target *target, const json_t *record)
{
    if (is_known(watch, record))
        return;
    count(watch, target, record);
    know(watch, record);
}

static void take_event(struct watch *watch, const json_t *record)
{
    bool known = is_known(watch, record), counted = false;
    for (size_t i = 0; i < watch->target_count; i++) {
        struct watch_target *target = &watch->targets[i];
        follow_session(watch, target, record);
        if (known || !watch_is_of(&target->who, record))
            continue;
        count(watch, target, record);
        counted = true;
    }
    if (counted)
        know(watch, record);
}

static void take_events(struct watch *watch, struct place *place, const json_t *reply)
{
    struct arena *arena = arena_new();
    for (size_t i = 0; i < reply_count(reply, "Events"); i++) {
        json_t *record = record_of(reply_item(reply, "Events", i), arena);
        if (json_is_object(record))
            take_event(watch, record);
        else
            place->more = "events there are no JSON";
    }
    arena_free(arena);
}

/* The next page, lookup or round. */
static void go_on(const struct watch *watch, struct place *place, const json_t *reply)
{
    bool turned = place->at && aws_turn(aws_op("cloudtrail:LookupEvents"), reply, place->params);
    later(watch, place, PACE, PACE_LEAST);
    if (turned && ++place->pages < PAGES_MOST)
        return;
    if (turned)
        place->more = "there are more events than are read";
    place->pages = 0;
    json_decref(place->params);
    place->params = NULL;
    if (++place->at <= watch->lookup_count)
        return;
    place->at = 0;
    place->gap = NULL;
    place->knows = watch->lookup_count;
    place->horizon = place->reaches > place->horizon ? place->reaches : place->horizon;
    place->settled = place->whole;
    later(watch, place, ROUND, ROUND_LEAST);
}

static void take(struct watch *watch, struct place *place)
{
    struct error why = {0};
    json_t *reply = NULL;
    bool ok = aws_reply(place->call, &reply, &why);
    const struct aws_facts *facts = aws_call_facts(place->call);
    bool throttled = facts->code && strstr(facts->code, "Throttl");
    if (ok) {
        place->pauses = 0;
        if (place->at)
            take_events(watch, place, reply);
        else
            take_own(watch, place, reply);
        go_on(watch, place, reply);
    } else if (throttled) {
        pause_place(watch, place, why.message);
    } else {
        fail(watch, place, why.message, !facts->passing);
    }
    aws_end(place->call);
    place->call = NULL;
}

/* ---- the end ------------------------------------------------------------------------------------
 */

/* It will not come up with the asked time any more. */
static bool is_given_up(const struct watch *watch, const struct place *place)
{
    int64_t late = place->gap && place->lasting ? HORIZON_DELIVERY : LATE;
    return watch_now(watch) >= watch->until + watch_scaled(late, LATE_LEAST) && !place->call;
}

bool trail_step(struct watch *watch)
{
    int64_t now = watch_clock(watch);
    bool any = false;
    for (size_t i = 0; i < watch->place_count; i++) {
        struct place *place = &watch->places[i];
        if (place->call && aws_done(place->call))
            take(watch, place);
        if (place->settled && place->knows < watch->lookup_count)
            place->settled = false; /* somebody else is looked for since */
        if (place->settled || is_given_up(watch, place))
            continue;
        any = true;
        if (!place->call && place->due <= now)
            start(watch, place);
        if (!place->call && (!watch->job->due || place->due < watch->job->due))
            watch->job->due = place->due;
    }
    return any;
}
