/* CloudTrail's own API: all regions side by side, each at its own pace. */
#include "fetch/regions.h"
#include "fetch/store.h"

#include "aws/reply.h"
#include "base/text.h"
#include "base/time.h"
#include "lake/horizon.h"

#include <string.h>

#define SECOND ((int64_t)1000000)
#define DAY (86400 * SECOND)
#define DAYS_MOST 90
#define WINDOW_ALL DAY /* of every event, where nothing is said */
#define PACE (SECOND / 2)
#define TWO_CALLS (SECOND + SECOND / 50) /* from the answer of one to the second after it */
#define PAUSE (2 * SECOND)               /* somebody else asks as well */
#define PAUSES_MOST 30                   /* a minute */
#define PAGE 50
#define PAGES_MOST 2000 /* of a region: 17 minutes */
#define EVENT_LIMIT ((size_t)1024 * 1024)
#define TICK (SECOND / 5)

struct looking;

/* One region: first the latest call of our own, then the events, newest first. */
struct region {
    struct looking *looking;
    const char *name;
    struct aws_call *call;
    int64_t due;      /* monotonic: when the next call may be sent */
    int64_t answered; /* ... and when the last answer came */
    json_t *params;
    int pages, pauses;
    int64_t reached; /* time of the oldest event so far */
    int64_t own;     /* of our latest call seen; 0: none */
    bool own_asked, done;
    const char *gap;
};

struct looking {
    const struct fetch_request *request;
    struct fetched *out;
    struct arena *arena;
    struct store store;
    struct region *regions;
    size_t count;
    const char *key; /* our own */
    int64_t begun;   /* monotonic */
    int64_t unreadable;
};

/* ---- what is asked ------------------------------------------------------------------------------
 */

static json_t *attribute(const char *key, const char *value)
{
    return json_pack("{s:[{s:s, s:s}]}", "LookupAttributes", "AttributeKey", key, "AttributeValue",
                     value);
}

static json_t *own_params(const struct looking *looking)
{
    json_t *params = attribute("AccessKeyId", looking->key);
    (void)json_object_set_new(params, "MaxResults", json_integer(1));
    return params;
}

static json_t *event_params(const struct looking *looking)
{
    const struct fetch_request *request = looking->request;
    json_t *params =
        request->attribute ? attribute(request->attribute, request->value) : json_object();
    (void)json_object_set_new(params, "MaxResults", json_integer(PAGE));
    (void)json_object_set_new(params, "StartTime", json_integer(looking->out->since / SECOND));
    if (request->until) /* whole seconds; the question cuts exactly */
        (void)json_object_set_new(params, "EndTime",
                                  json_integer((request->until + SECOND - 1) / SECOND));
    return params;
}

static void give_up(struct region *region, const char *reason)
{
    region->gap = reason;
    region->done = true;
}

static void start(struct region *region)
{
    struct looking *looking = region->looking;
    struct error err = {0};
    struct aws_asking asking = {.op = "cloudtrail:LookupEvents",
                                .params = region->params,
                                .region = region->name,
                                .cancel = looking->request->cancel};
    region->due = time_monotonic() + PACE;
    if (region->answered && region->answered + TWO_CALLS > region->due)
        region->due = region->answered + TWO_CALLS;
    looking->out->calls++;
    region->call = aws_start(session_aws(looking->request->session), &asking, &err);
    if (!region->call)
        give_up(region, arena_strdup(looking->arena, err.message));
}

/* ---- what came ----------------------------------------------------------------------------------
 */

static void next_params(struct region *region, json_t *params)
{
    json_decref(region->params);
    region->params = params;
}

static void take_own(struct region *region, const json_t *reply)
{
    const json_t *latest = reply_item(reply, "Events", 0);
    region->own = latest ? reply_time(latest, "EventTime") : 0;
    region->own_asked = true;
    next_params(region, event_params(region->looking));
}

/* The record is JSON in a text: looked at once before it is kept, on one line. */
static bool take_event(struct region *region, const json_t *event, struct arena *arena,
                       struct error *err)
{
    struct looking *looking = region->looking;
    const char *text = reply_text(event, "CloudTrailEvent");
    struct error ignored = {0};
    json_t *record = json_parse(arena, text, strlen(text), EVENT_LIMIT, &ignored);
    int64_t time = reply_time(event, "EventTime");
    if (time && (!region->reached || time < region->reached))
        region->reached = time;
    if (!json_is_object(record)) {
        looking->unreadable++;
        return true;
    }
    size_t size;
    const char *line = json_dump(arena, record, &size);
    looking->out->events++;
    return store_add(&looking->store, line, size, err);
}

static void turn_page(struct region *region, const json_t *reply)
{
    struct looking *looking = region->looking;
    if (!aws_turn(aws_op("cloudtrail:LookupEvents"), reply, region->params)) {
        region->done = true;
        return;
    }
    if (++region->pages < PAGES_MOST)
        return;
    char reached[TIME_TEXT_SIZE];
    give_up(region, arena_printf(looking->arena,
                                 "cut after %d events, nothing before %.19s UTC was read; "
                                 "--since, --until and a target narrow it",
                                 PAGES_MOST * PAGE, time_millis(region->reached, reached)));
}

static bool take_events(struct region *region, const json_t *reply, struct error *err)
{
    struct arena *page = arena_new();
    bool ok = true;
    for (size_t i = 0; i < reply_count(reply, "Events") && ok; i++)
        ok = take_event(region, reply_item(reply, "Events", i), page, err);
    arena_free(page);
    if (ok)
        turn_page(region, reply);
    return ok;
}

/* Others of the account look too: wait, for a minute, then say so. */
static bool may_wait(struct region *region, const char *code)
{
    if (!code || !strstr(code, "Throttl") || ++region->pauses > PAUSES_MOST)
        return false;
    region->due = time_monotonic() + PAUSE;
    return true;
}

static bool take(struct region *region, struct error *err)
{
    struct error why = {0};
    json_t *reply = NULL;
    bool ok = true;
    if (aws_reply(region->call, &reply, &why)) {
        if (region->own_asked)
            ok = take_events(region, reply, err);
        else
            take_own(region, reply);
    } else if (!may_wait(region, aws_call_facts(region->call)->code)) {
        give_up(region, arena_printf(region->looking->arena, "%s", why.message));
    }
    aws_end(region->call);
    region->call = NULL;
    region->answered = time_monotonic();
    return ok;
}

/* ---- the loop -----------------------------------------------------------------------------------
 */

/* The region that is furthest from its end, and when that will be reached, if it goes on like this.
 */
static void show_progress(const struct looking *looking)
{
    const struct region *slowest = NULL;
    char events[32], reached[TIME_TEXT_SIZE], left_text[TIME_TEXT_SIZE];
    if (!looking->request->outputs)
        return;
    for (size_t i = 0; i < looking->count; i++) {
        const struct region *region = &looking->regions[i];
        if (!region->done && region->reached && (!slowest || region->reached > slowest->reached))
            slowest = region;
    }
    text_number(looking->out->events, events);
    if (!slowest) {
        outputs_progress(looking->request->outputs, "CloudTrail's API: %zu regions, %s events",
                         looking->count, events);
        return;
    }
    double done = (double)(looking->out->until - slowest->reached),
           all = (double)(looking->out->until - looking->out->since);
    double spent = (double)(time_monotonic() - looking->begun);
    int64_t left = done > 0 ? (int64_t)(spent * (all - done) / done) : 0;
    outputs_progress(looking->request->outputs,
                     "CloudTrail's API: %s events; %s is back at %.19s UTC, about %s to go", events,
                     slowest->name, time_millis(slowest->reached, reached),
                     time_duration(left, left_text));
}

/* False when none is left. */
static bool step(struct looking *looking, int64_t *due, bool *ok, struct error *err)
{
    int64_t now = time_monotonic();
    bool any = false;
    *due = now + TICK;
    for (size_t i = 0; i < looking->count && *ok; i++) {
        struct region *region = &looking->regions[i];
        if (region->call && aws_done(region->call))
            *ok = take(region, err);
        if (!region->done && !region->call && region->due <= now)
            start(region);
        if (!region->done && !region->call && region->due < *due)
            *due = region->due;
        any = any || !region->done;
    }
    return any && *ok;
}

static bool look(struct looking *looking, struct error *err)
{
    struct aws *aws = session_aws(looking->request->session);
    struct cancel *cancel = looking->request->cancel;
    int64_t due;
    bool ok = true;
    while (step(looking, &due, &ok, err)) {
        aws_wait(aws, cancel, due);
        if (cancel && cancel_raised(cancel)) {
            (void)error_set(err, ERROR_INTERRUPTED, "interrupted after %lld events",
                            (long long)looking->out->events);
            return error_hint(err, "They are kept, and are there at the next question of the API.");
        }
        aws_step(aws);
        show_progress(looking);
    }
    return ok;
}

static void release(struct looking *looking)
{
    for (size_t i = 0; i < looking->count; i++) {
        aws_end(looking->regions[i].call);
        json_decref(looking->regions[i].params);
    }
    store_close(&looking->store);
}

/* ---- the answer ---------------------------------------------------------------------------------
 */

static bool any_seen(const struct looking *looking, struct error *err)
{
    for (size_t i = 0; i < looking->count; i++)
        if (!looking->regions[i].gap || looking->regions[i].pages)
            return true;
    (void)error_set(err, ERROR_UNAVAILABLE, "CloudTrail's API answers in no region: %s",
                    looking->regions[0].gap);
    return error_hint(err, "%%doctor tells what is missing; cloudtrail:LookupEvents is needed.");
}

static const char *gaps_of(const struct looking *looking, const char *first)
{
    struct region_gap *gaps = arena_alloc(looking->arena, looking->count * sizeof *gaps);
    for (size_t i = 0; i < looking->count; i++)
        gaps[i] = (struct region_gap){looking->regions[i].name, looking->regions[i].gap};
    if (looking->unreadable)
        first = arena_printf(looking->arena, "%s%s%lld events are no JSON and were left out",
                             first ? first : "", first ? "; " : "", (long long)looking->unreadable);
    return regions_gaps(looking->arena, gaps, looking->count, first);
}

static const char *note_of(const struct looking *looking, int64_t now)
{
    struct horizon horizon = {.time = INT64_MAX};
    for (size_t i = 0; i < looking->count; i++) {
        const struct region *region = &looking->regions[i];
        int64_t time = horizon_of(now, region->own);
        if (region->gap || time >= horizon.time)
            continue;
        horizon = (struct horizon){time, region->name, region->own && region->own == time};
    }
    if (horizon.time == INT64_MAX)
        return NULL;
    if (!horizon.own)
        horizon.place = NULL;
    return horizon_words(looking->arena, &horizon);
}

static void set_window(struct looking *looking, int64_t now)
{
    const struct fetch_request *request = looking->request;
    struct fetched *out = looking->out;
    int64_t oldest = now - DAYS_MOST * DAY;
    out->until = request->until && request->until < now ? request->until : now;
    out->since = request->since       ? request->since
                 : request->attribute ? oldest
                                      : out->until - WINDOW_ALL;
    if (out->since < oldest)
        out->since = oldest;
}

static bool begin(struct looking *looking, const struct regions *regions, struct error *err)
{
    const struct aws_credentials *credentials;
    if (!aws_find_credentials(session_aws(looking->request->session), looking->request->cancel,
                              &credentials, err))
        return false;
    looking->key = arena_strdup(looking->arena, credentials->access_key_id);
    looking->count = regions->count;
    looking->regions = arena_alloc(looking->arena, regions->count * sizeof *looking->regions);
    looking->begun = time_monotonic();
    for (size_t i = 0; i < regions->count; i++)
        looking->regions[i] = (struct region){
            .looking = looking, .name = regions->names[i], .params = own_params(looking)};
    return true;
}

static bool too_old(const struct fetched *out, struct error *err)
{
    if (out->since < out->until)
        return false;
    (void)error_set(err, ERROR_USAGE, "CloudTrail's API keeps %d days: all of the window is older",
                    DAYS_MOST);
    return !error_hint(err, "Older events are in the trail's bucket: --source trail.");
}

bool fetch_api(const struct fetch_request *request, struct arena *arena, struct fetched *out,
               struct error *err)
{
    struct looking looking = {.request = request, .arena = arena, .out = out};
    struct regions regions;
    int64_t now = time_now();
    *out = (struct fetched){0};
    set_window(&looking, now);
    if (too_old(out, err) || !regions_find(request, arena, &regions, err) ||
        !begin(&looking, &regions, err) || !store_open(&looking.store, request, "api", arena, err))
        return false;
    bool ok =
        look(&looking, err) && any_seen(&looking, err) && store_take(&looking.store, out, err);
    release(&looking);
    if (!ok)
        return false;
    out->regions = looking.count;
    out->elapsed = time_monotonic() - looking.begun;
    out->how = request->attribute ? arena_printf(arena, "LookupEvents by %s", request->attribute)
                                  : "LookupEvents, every management event";
    out->gaps = gaps_of(&looking, regions.gap);
    out->note = note_of(&looking, now);
    return true;
}
