#include "question/visible.h"

#include "base/time.h"
#include "lake/horizon.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE ((int64_t)60 * 1000000)
#define DAY (24 * 60 * MINUTE)
#define REMEMBERED (5 * MINUTE)

/* Our latest call that an engine shows, by region the earliest of them. */
struct seen {
    int64_t asked; /* monotonic */
    int64_t own;   /* 0: none is seen */
    char region[64];
};

static const char *local_note(const struct expansion *expansion, const struct lake_window *window)
{
    const struct question_request *request = expansion->request;
    int64_t horizon = window->last - HORIZON_DELIVERY;
    char time[TIME_TEXT_SIZE];
    if (!window->last || (request->until && request->until <= horizon) ||
        request->since > window->last)
        return NULL;
    return arena_printf(expansion->arena,
                        "Visibility horizon, an estimate: %.19s UTC, 15 minutes before the data "
                        "ends, for events are not delivered in order.",
                        time_millis(horizon, time));
}

static void read_seen(const struct table *table, struct seen *seen)
{
    seen->own = 0;
    for (int64_t row = 0; row < table->rows; row++) {
        int64_t time = table_int(table, row, "seen");
        if (seen->own && time >= seen->own)
            continue;
        const char *region = table_text(table, row, "region");
        size_t size = strlen(region) < sizeof seen->region ? strlen(region) : 0;
        seen->own = time;
        memcpy(seen->region, region, size);
        seen->region[size] = '\0';
    }
}

/* The engine's own words on our calls of the last day. */
static bool ask(const struct expansion *expansion, struct seen *seen)
{
    static const struct question calls = {
        .id = "the horizon", .name = "horizon", .view = "cloudtrail"};
    const struct question_request *request = expansion->request;
    struct question_request own = {.question = &calls,
                                   .target = request->place.caller,
                                   .since = time_now() - DAY,
                                   .place = request->place,
                                   .line = 1};
    struct expansion second = {.session = expansion->session,
                               .request = &own,
                               .cancel = expansion->cancel,
                               .arena = expansion->arena};
    struct error ignored = {0};
    struct result result;
    const char *sql;
    if (!expand(&second,
                "SELECT {region} AS region, max({time}) AS seen FROM {from:cloudtrail} WHERE "
                "{window} AND {key} = {target} GROUP BY {region}",
                &sql, &ignored))
        return false;
    struct results_request asked = {.sql = sql,
                                    .size = strlen(sql),
                                    .line = 1,
                                    .params = second.params,
                                    .param_count = second.param_count,
                                    .engine = request->place.engine,
                                    .unkept = true};
    if (!results_run(second.session, &asked, NULL, second.cancel, second.arena, &result, &ignored))
        return false;
    read_seen(result.table, seen);
    return true;
}

static const struct seen *seen_by(const struct expansion *expansion)
{
    const char *name = arena_printf(expansion->arena, "horizon of %s",
                                    expansion->request->place.engine->ops->name);
    struct seen *known = session_kept(expansion->session, name);
    if (known && time_monotonic() - known->asked < REMEMBERED)
        return known;
    struct seen *seen = xcalloc(1, sizeof *seen);
    if (expansion->request->place.caller)
        (void)ask(expansion, seen);
    seen->asked = time_monotonic();
    session_keep(expansion->session, name, seen, free);
    return seen;
}

const char *visible_note(const struct expansion *expansion, const struct lake_window *window)
{
    const struct question_request *request = expansion->request;
    int64_t now = time_now();
    if (!request->place.engine)
        return local_note(expansion, window);
    if (request->until && request->until < now - DAY)
        return NULL;
    const struct seen *seen = seen_by(expansion);
    struct horizon horizon = {.time = horizon_of(now, seen->own)};
    horizon.own = seen->own && horizon.time == seen->own;
    horizon.place = horizon.own && *seen->region ? seen->region : NULL;
    return horizon_words(expansion->arena, &horizon);
}
