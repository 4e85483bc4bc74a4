#include "question/compare.h"

#include "base/text.h"
#include "base/time.h"
#include "question/expand.h"

#include <string.h>

struct comparing {
    struct session *session;
    const struct comparison *comparison;
    struct cancel *cancel;
    struct arena *arena;
};

static const char *table_of(struct arena *arena, size_t place)
{
    return arena_printf(arena, "compare_%zu", place);
}

/* The ids and times of one place become a table of the embedded engine. */
static bool gather(const struct comparing *comparing, size_t place, struct error *err)
{
    static const struct question calls = {
        .id = "the comparison", .name = "compare", .view = "cloudtrail"};
    const struct comparison *comparison = comparing->comparison;
    struct question_request request = *comparison->request;
    request.question = &calls;
    request.family = NULL;
    request.place = comparison->places[place];
    struct expansion expansion = {.session = comparing->session,
                                  .request = &request,
                                  .cancel = comparing->cancel,
                                  .arena = comparing->arena};
    const char *sql;
    if (!expand(&expansion,
                arena_printf(comparing->arena,
                             "SELECT {event} AS event_id, max({time}) AS time FROM "
                             "{from:cloudtrail} WHERE {window} AND %s GROUP BY {event}",
                             comparison->words),
                &sql, err))
        return false;
    struct results_request asked = {.sql = sql,
                                    .size = strlen(sql),
                                    .line = 1,
                                    .limit = 1,
                                    .params = expansion.params,
                                    .param_count = expansion.param_count,
                                    .engine = request.place.engine,
                                    .unkept = true,
                                    .keep_as = table_of(comparing->arena, place)};
    struct result ignored;
    return results_run(comparing->session, &asked, NULL, comparing->cancel, comparing->arena,
                       &ignored, err);
}

/* Per set of places that have an event: how many, and the newest. */
static bool count(const struct comparing *comparing, struct table **out, struct error *err)
{
    struct local *local = session_local(comparing->session, err);
    struct buf sql;
    buf_init(&sql, 16 * 1024);
    buf_adds(&sql, "SELECT places, count(*) AS events, max(time) AS newest FROM (SELECT event_id, "
                   "CAST(sum(place) AS BIGINT) AS places, max(time) AS time FROM (");
    for (size_t i = 0; i < comparing->comparison->count; i++)
        buf_addf(&sql,
                 "%sSELECT event_id, CAST(time AS TIMESTAMP) AS time, %d AS place FROM "
                 "results.main.%s",
                 i ? " UNION ALL " : "", 1 << i, table_of(comparing->arena, i));
    buf_adds(&sql, ") GROUP BY event_id) GROUP BY places ORDER BY bit_count(places) DESC, places");
    struct local_statement statement = {.sql = sql.data, .cancel = comparing->cancel};
    bool counted = local && local_run(local, &statement, comparing->arena, out, err);
    buf_release(&sql);
    return counted;
}

static void drop(const struct comparing *comparing)
{
    struct error ignored = {0};
    struct local *local = session_local(comparing->session, &ignored);
    for (size_t i = 0; local && i < comparing->comparison->count; i++) {
        struct local_statement statement = {
            .sql = arena_printf(comparing->arena, "DROP TABLE IF EXISTS results.main.%s",
                                table_of(comparing->arena, i))};
        if (!local_run(local, &statement, comparing->arena, NULL, &ignored))
            return; /* the engine is gone, and with it what it held */
    }
}

static void write_places(struct buf *text, const struct comparison *comparison, int64_t places)
{
    const char *comma = "";
    for (size_t i = 0; i < comparison->count; i++)
        if (places & (1 << i)) {
            buf_addf(text, "%s%s", comma, comparison->names[i]);
            comma = " and ";
        }
}

static const char *words_of(const struct comparing *comparing, const struct table *table)
{
    const struct comparison *comparison = comparing->comparison;
    int64_t all = (1 << comparison->count) - 1;
    struct buf text;
    buf_init(&text, 4096);
    for (int64_t row = 0; row < table->rows; row++) {
        char events[32], newest[TIME_TEXT_SIZE];
        int64_t places = table_int(table, row, "places");
        bool alone = (places & (places - 1)) == 0;
        buf_addf(&text, "%s%s %s", row ? "; " : "",
                 text_number(table_int(table, row, "events"), events), alone ? "only in " : "in ");
        write_places(&text, comparison, places);
        if (places != all)
            buf_addf(&text, ", the newest of %.19s UTC",
                     time_millis(table_int(table, row, "newest"), newest));
    }
    const char *found =
        text.size ? buf_to_arena(&text, comparing->arena) : "none of them has such an event";
    buf_release(&text);
    return found;
}

bool question_compare(struct session *session, const struct comparison *comparison,
                      struct cancel *cancel, struct arena *arena, const char **out,
                      struct error *err)
{
    struct comparing comparing = {session, comparison, cancel, arena};
    struct table *table = NULL;
    if (!session_alone(session, "a trace or a comparison", err))
        return false;
    bool ok = true;
    for (size_t i = 0; i < comparison->count && ok; i++)
        ok = gather(&comparing, i, err);
    ok = ok && count(&comparing, &table, err);
    drop(&comparing);
    if (!ok)
        return error_wrap(err, "comparing what the sources have");
    *out = words_of(&comparing, table);
    return true;
}
