#include "magics/places.h"

#include "base/text.h"
#include "base/time.h"
#include "fetch/fetch.h"
#include "lake/beside.h"
#include "magics/connect.h"
#include "magics/engines.h"
#include "question/compare.h"
#include "question/target.h"

#include <string.h>

const char *const place_sources[] = {"lake", "athena", "trino", "api", "trail", "auto", NULL};

/* The questions that LookupEvents can answer by one attribute; all others need every event. */
static const struct lookup {
    enum target_kind kind;
    const char *attribute;
    const char *words; /* the same in words of meaning */
} lookups[] = {
    {TARGET_KEY, "AccessKeyId", "{by}"},
    {TARGET_USER, "Username", "{by}"},
    {TARGET_EVENT, "EventId", "{event} = {target}"},
};

static const struct lookup *lookup_of(const struct question_request *request)
{
    const struct question *question = request->question;
    for (size_t i = 0; i < COUNT(lookups); i++)
        if (question && question->pivot && request->target && question->target == lookups[i].kind)
            return &lookups[i];
    return NULL;
}

static struct fetch_request fetch_of(struct magic_call *call,
                                     const struct question_request *request)
{
    const struct settings *settings = session_settings(call->session);
    const struct lookup *lookup = lookup_of(request);
    (void)connect_aws(call);
    struct fetch_request fetch = {.session = call->session,
                                  .cancel = call->cancel,
                                  .outputs = call->outputs,
                                  .since = request->since ? request->since : settings->since,
                                  .until = request->until ? request->until : settings->until,
                                  .account =
                                      request->account ? request->account : settings->account,
                                  .region = request->region};
    if (lookup) { /* of a user's or a session's ARN the name */
        const char *slash = strrchr(request->target, '/');
        fetch.attribute = lookup->attribute;
        fetch.value = slash && lookup->kind == TARGET_USER ? slash + 1 : request->target;
    }
    return fetch;
}

/* What came, in the place of the progress, and what did not. */
static void say_fetched(struct magic_call *call, const struct fetched *fetched)
{
    char events[32], fresh[32], elapsed[TIME_TEXT_SIZE], since[TIME_TEXT_SIZE],
        until[TIME_TEXT_SIZE];
    outputs_progress_end(
        call->outputs,
        "%s, %.19s to %.19s UTC: %s events, %s of them new, from %zu region%s in %lld "
        "calls, %s",
        fetched->how, time_millis(fetched->since, since), time_millis(fetched->until, until),
        text_number(fetched->events, events), text_number(fetched->fresh, fresh), fetched->regions,
        fetched->regions == 1 ? "" : "s", (long long)fetched->calls,
        time_duration(fetched->elapsed, elapsed));
    if (fetched->gaps)
        outputs_warn(call->outputs, "not visible: %s", fetched->gaps);
}

static bool nothing_fetched(struct magic_call *call)
{
    outputs_progress_end(call->outputs, NULL);
    return false;
}

static void at_fetched(struct question_place *place, const char *name,
                       const struct fetched *fetched)
{
    *place = (struct question_place){.name = name,
                                     .schema = fetched->schema,
                                     .first = fetched->since,
                                     .last = fetched->until,
                                     .note = fetched->note};
}

/* ---- one source ---------------------------------------------------------------------------------
 */

static bool find_engine(struct magic_call *call, const char *name, struct question_request *request,
                        struct error *err)
{
    struct question_place *place = &request->place;
    const struct aws_credentials *credentials;
    struct error ignored = {0};
    *place = (struct question_place){0};
    if (!engine_source(call, name, &place->engine, &place->remote, err))
        return false;
    if (place->engine && strcmp(place->engine->ops->name, "athena") == 0 &&
        aws_find_credentials(connect_aws(call), call->cancel, &credentials, &ignored))
        place->caller = arena_strdup(call->arena, credentials->access_key_id);
    return true;
}

static bool find_api(struct magic_call *call, const char *name, struct question_request *request,
                     struct error *err)
{
    struct fetch_request fetch = fetch_of(call, request);
    struct fetched fetched;
    if (!fetch_api(&fetch, call->arena, &fetched, err))
        return nothing_fetched(call);
    say_fetched(call, &fetched);
    at_fetched(&request->place, name, &fetched);
    return true;
}

static bool find_trail(struct magic_call *call, const char *name, struct question_request *request,
                       struct error *err)
{
    struct fetch_request fetch = fetch_of(call, request);
    struct fetched fetched;
    if (!fetch_trail(&fetch, call->arena, &fetched, err))
        return nothing_fetched(call);
    say_fetched(call, &fetched);
    at_fetched(&request->place, name, &fetched);
    return true;
}

/* ---- what is there ------------------------------------------------------------------------------
 */

#define PARTS_MOST 3

/* The places that are taken together, the most complete first. */
struct parts {
    struct question_place places[PARTS_MOST];
    const char *names[PARTS_MOST];
    size_t count;
    const char *left_out; /* in words, NULL: nothing */
};

static void add_part(struct parts *parts, const struct question_place *place, const char *name)
{
    parts->places[parts->count] = *place;
    parts->names[parts->count++] = name;
}

static void leave_out(struct magic_call *call, struct parts *parts, const char *what,
                      const struct error *why)
{
    parts->left_out =
        arena_printf(call->arena, "%s%s%s (%s)", parts->left_out ? parts->left_out : "",
                     parts->left_out ? ", " : "", what, why->message);
}

/* The engine of the settings, else the open lakes. */
static bool add_data(struct magic_call *call, struct question_request *request, struct parts *parts,
                     struct error *err)
{
    struct error why = {0};
    const char *const *paths;
    size_t lakes;
    session_lakes(call->session, &paths, &lakes);
    if (!find_engine(call, NULL, request, &why)) {
        if (why.kind == ERROR_INTERRUPTED) {
            *err = why;
            return false;
        }
        leave_out(call, parts, session_settings(call->session)->engine, &why);
        request->place = (struct question_place){0};
    }
    if (request->place.engine)
        add_part(parts, &request->place, request->place.engine->ops->name);
    else if (lakes)
        add_part(parts, &request->place, "the open lake");
    return true;
}

static bool add_fetched(struct magic_call *call, struct question_request *request,
                        struct parts *parts, struct error *err)
{
    struct fetch_request fetch = fetch_of(call, request);
    struct question_place earlier = {.name = "trail"};
    struct error why = {0};
    if (!fetch_earlier(&fetch, "trail", call->arena, &earlier.schema, err))
        return false;
    if (earlier.schema)
        add_part(parts, &earlier, "the trail");
    if (find_api(call, "api", request, &why))
        add_part(parts, &request->place, "the API");
    else if (why.kind == ERROR_INTERRUPTED) {
        *err = why;
        return false;
    } else
        leave_out(call, parts, "the API", &why);
    return true;
}

/* All that the embedded engine holds becomes one schema; an engine elsewhere stays beside it. */
static bool unite(struct magic_call *call, struct question_request *request,
                  const struct parts *parts, struct error *err)
{
    const char *schemas[PARTS_MOST], *note = NULL;
    size_t count = 0;
    struct question_place *place = &request->place;
    struct buf name;
    *place = parts->places[0];
    buf_init(&name, 200);
    for (size_t i = 0; i < parts->count; i++) {
        const struct question_place *part = &parts->places[i];
        buf_addf(&name, "%s%s", i ? " + " : "", place_name(part));
        note = part->note ? part->note : note;
        if (!part->engine)
            schemas[count++] = part->schema ? part->schema : "main";
    }
    place->name = buf_to_arena(&name, call->arena);
    place->note = note;
    buf_release(&name);
    if (parts->count > 1) {
        place->schema = place->engine && count == 1 ? schemas[0] : LAKE_UNITED;
        place->first = place->last = 0;
    }
    return parts->count == 1 || (place->engine && count == 1) ||
           lake_unite(call->session, schemas, count, call->cancel, call->arena, err);
}

static bool say_parts(struct magic_call *call, const struct question_request *request,
                      const struct parts *parts, struct error *err)
{
    const struct lookup *lookup = lookup_of(request);
    struct question_request window = *request;
    struct comparison comparison = {.request = &window,
                                    .words = lookup ? lookup->words : "TRUE",
                                    .places = parts->places,
                                    .names = parts->names,
                                    .count = parts->count};
    const char *words = NULL;
    const struct settings *settings = session_settings(call->session);
    window.since = window.since ? window.since : settings->since;
    window.until = window.until ? window.until : settings->until;
    if (!lookup && !window.since && parts->places[parts->count - 1].first)
        window.since = parts->places[parts->count - 1].first; /* the API was asked from here */
    if (parts->count > 1 &&
        !question_compare(call->session, &comparison, call->cancel, call->arena, &words, err))
        return false;
    outputs_printf(call->outputs, "auto: ");
    for (size_t i = 0; i < parts->count; i++)
        outputs_printf(call->outputs, "%s%s", i ? " + " : "", parts->names[i]);
    if (words)
        outputs_printf(call->outputs, ", united by event id: %s", words);
    outputs_printf(call->outputs, "%s%s\n", parts->left_out ? "; left out: " : "",
                   parts->left_out ? parts->left_out : "");
    return true;
}

/* The API first: what it registers opens the embedded engine anew, which others hold. */
static bool find_auto(struct magic_call *call, const char *name, struct question_request *request,
                      struct error *err)
{
    struct parts fetched = {0}, parts = {0};
    (void)name;
    if (!add_fetched(call, request, &fetched, err) || !add_data(call, request, &parts, err))
        return false;
    for (size_t i = 0; i < fetched.count; i++)
        add_part(&parts, &fetched.places[i], fetched.names[i]);
    if (fetched.left_out)
        parts.left_out = parts.left_out
                             ? arena_printf(call->arena, "%s, %s", parts.left_out, fetched.left_out)
                             : fetched.left_out;
    if (!parts.count) {
        (void)error_set(err, ERROR_NOT_FOUND, "nothing can be asked: no lake is open; %s",
                        parts.left_out ? parts.left_out : "");
        return error_hint(err, "%%lake open opens a lake; %%whoami tells which credentials there "
                               "are.");
    }
    return unite(call, request, &parts, err) && say_parts(call, request, &parts, err);
}

static const struct {
    const char *name;
    bool (*find)(struct magic_call *call, const char *name, struct question_request *request,
                 struct error *err);
} sources[] = {
    {"lake", find_engine}, {"athena", find_engine}, {"trino", find_engine},
    {"api", find_api},     {"trail", find_trail},   {"auto", find_auto},
};

bool place_find(struct magic_call *call, const char *source, struct question_request *request,
                struct error *err)
{
    for (size_t i = 0; source && i < COUNT(sources); i++)
        if (strcmp(sources[i].name, source) == 0)
            return sources[i].find(call, source, request, err);
    return find_engine(call, source, request, err);
}
