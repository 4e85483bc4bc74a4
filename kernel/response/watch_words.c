/* What a watch says: while it runs, at its end, and in the ledger. */
#include "response/watch_state.h"

#include "base/buf.h"
#include "base/time.h"
#include "data/prose.h"
#include "response/ready.h"

#include <string.h>

#define BUNDLE_MOST ((size_t)1024 * 1024)
#define SHOWN_MOST 8 /* denied calls */

static const char *const verdict_names[VERDICTS] = {"silent", "not proven", "denied only",
                                                    "not contained"};
static const char *const live_words[LIVES] = {
    [LIVE_UNREAD] = "not read yet", [LIVE_HOLDS] = "contained, as it was left",
    [LIVE_CHANGED] = "CHANGED",     [LIVE_GONE] = "deleted",
    [LIVE_UNSEEN] = "not visible",  [LIVE_NONE] = "nothing of it is in place"};

const char *watch_verdict_name(enum verdict verdict)
{
    return verdict_names[verdict];
}

/* ---- what is known ------------------------------------------------------------------------------
 */

int64_t watch_count(const struct watch *watch, enum watch_call call)
{
    int64_t count = 0;
    for (size_t i = 0; i < watch->target_count; i++)
        count += watch->targets[i].calls[call];
    return count;
}

static const json_t *noted(const struct watch *watch, const char *name)
{
    return json_object_get(watch->job->notes, name);
}

int64_t watch_horizon(const struct watch *watch)
{
    int64_t earliest = watch->place_count ? INT64_MAX : 0;
    for (size_t i = 0; i < watch->place_count; i++)
        if (watch->places[i].horizon < earliest)
            earliest = watch->places[i].horizon;
    return earliest;
}

static const char *why_unsettled(const struct place *place, struct arena *arena)
{
    char horizon[TIME_TEXT_SIZE];
    if (place->gap)
        return place->gap;
    if (!place->own)
        return "none of our own calls is seen there, so nothing says how late it is";
    if (!place->horizon)
        return "it was not read to its end";
    return arena_printf(arena, "its horizon stands at %.19s UTC, before the asked time",
                        time_millis(place->horizon, horizon));
}

static void add_gap(struct watch_gap *gaps, size_t *count, const char *what, const char *why)
{
    gaps[(*count)++] = (struct watch_gap){what, why};
}

static void place_gaps(const struct watch *watch, struct arena *arena, struct watch_gap *gaps,
                       size_t *count)
{
    for (size_t i = 0; i < watch->place_count; i++) {
        const struct place *place = &watch->places[i];
        const char *what = arena_printf(arena, "CloudTrail in %s", place->name);
        if (!place->settled)
            add_gap(gaps, count, what, why_unsettled(place, arena));
        if (place->more)
            add_gap(gaps, count, what, place->more);
    }
}

struct watch_gap *watch_gaps(const struct watch *watch, struct arena *arena, size_t *count)
{
    const json_t *unseen = json_object_get(watch->job->order, "unseen");
    size_t most = 2 * watch->place_count + watch->target_count + json_array_size(unseen) + 2;
    struct watch_gap *gaps = arena_alloc(arena, most * sizeof *gaps);
    const char *regions = json_get_string(watch->job->order, "region_gap", NULL);
    *count = 0;
    place_gaps(watch, arena, gaps, count);
    for (size_t i = 0; i < watch->target_count; i++)
        if (watch->targets[i].live == LIVE_UNSEEN)
            add_gap(gaps, count,
                    arena_printf(arena, "the live state of %s", watch->targets[i].words),
                    watch->targets[i].found);
    for (size_t i = 0; i < json_array_size(unseen); i++) {
        const json_t *one = json_array_get(unseen, i);
        add_gap(gaps, count, json_get_string(one, "what", ""), json_get_string(one, "why", ""));
    }
    if (regions)
        add_gap(gaps, count, "other regions", regions);
    if (watch->uncounted)
        add_gap(gaps, count, "some of the calls or sessions", "there are more than are told apart");
    return gaps;
}

enum verdict watch_verdict(const struct watch *watch)
{
    struct arena *arena = arena_new();
    size_t gaps;
    (void)watch_gaps(watch, arena, &gaps);
    arena_free(arena);
    if (watch_count(watch, CALL_THROUGH) || json_array_size(noted(watch, "changes")))
        return VERDICT_BROKEN;
    if (watch_count(watch, CALL_DENIED) || watch_count(watch, CALL_FREE))
        return VERDICT_ALIVE;
    return gaps || !watch->looked || !watch->over || watch->stopped ? VERDICT_UNPROVEN
                                                                    : VERDICT_SILENT;
}

/* ---- the statement ------------------------------------------------------------------------------
 */

static const char *statement(const struct watch *watch, struct arena *arena)
{
    long long through = (long long)watch_count(watch, CALL_THROUGH),
              life = (long long)(watch_count(watch, CALL_DENIED) + watch_count(watch, CALL_FREE));
    const char *head = watch->over && !watch->stopped ? "" : "so far ";
    switch (watch_verdict(watch)) {
    case VERDICT_BROKEN:
        return arena_printf(arena,
                            "%sNOT SILENT, the containment does not hold: %lld calls got through, "
                            "%zu changes of what contains",
                            head, through, json_array_size(noted(watch, "changes")));
    case VERDICT_ALIVE:
        return arena_printf(arena,
                            "%snot silent: %lld calls, none of which got anything: somebody still "
                            "tries, and the containment holds",
                            head, life);
    case VERDICT_SILENT:
        return watch_count(watch, CALL_FRESH)
                   ? "silent but for sessions that this level lets begin: no other call was seen, "
                     "and what contains them stayed in place"
                   : "silent: no call was seen, and what contains them stayed in place";
    default:
        return watch->over && !watch->stopped
                   ? "not proven: nothing was seen, but not everything could be seen"
                   : "nothing was seen so far";
    }
}

const char *watch_line(const struct watch *watch, struct arena *arena)
{
    return arena_printf(arena, "%s%s", watch->stopped ? "stopped; " : "", statement(watch, arena));
}

static void say_head(const struct watch *watch, struct prose *prose, struct arena *arena)
{
    char left[TIME_TEXT_SIZE];
    prose_paragraph(prose, "%b %d %s, from %t to %t UTC: ",
                    watch->over ? (watch->stopped ? "Watch stopped:" : "Watch ended:") : "Watch of",
                    (int64_t)watch->target_count, watch->target_count == 1 ? "target" : "targets",
                    watch->since, watch->stopped ? watch->now : watch->until);
    prose_add(prose, "%b.", statement(watch, arena));
    if (watch->over)
        return;
    if (watch->now < watch->until)
        prose_add(prose, " %s to go, then until the horizon of every region has passed the end.",
                  time_duration(watch->until - watch->now, left));
    else
        prose_add(prose, " The time is over; waiting for the horizon of every region to pass it.");
}

static void say_event(struct prose *prose, const json_t *event)
{
    prose_bullet(prose, 0, "%s %c (%s) from %s in %s, key %c, of %s",
                 reply_text(event, "eventTime"), reply_text(event, "eventName"),
                 reply_text(event, "eventSource"), reply_text(event, "sourceIPAddress"),
                 reply_text(event, "awsRegion"), reply_text(event, "key"),
                 reply_text(event, "target"));
    if (*reply_text(event, "errorCode"))
        prose_add(prose, ": %s", reply_text(event, "errorCode"));
}

static void say_broken(const struct watch *watch, struct prose *prose)
{
    const json_t *changes = noted(watch, "changes");
    if (json_array_size(watch->through))
        prose_paragraph(prose, "%b", "Got through after the containment took effect");
    for (size_t i = 0; i < json_array_size(watch->through); i++)
        say_event(prose, json_array_get(watch->through, i));
    if (json_array_size(changes))
        prose_paragraph(prose, "%b", "Changed since");
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *one = json_array_get(changes, i);
        prose_bullet(prose, 0, "%t UTC %s: %s", json_get_int(one, "time", 0),
                     json_get_string(one, "target", ""), json_get_string(one, "what", ""));
    }
}

static void say_denied(const struct watch *watch, struct prose *prose)
{
    size_t count = json_array_size(watch->denied);
    if (!count)
        return;
    prose_paragraph(prose, "%b (%d denied, %d that need no permission; the last of them)",
                    "Signs of life", watch_count(watch, CALL_DENIED),
                    watch_count(watch, CALL_FREE));
    for (size_t i = count > SHOWN_MOST ? count - SHOWN_MOST : 0; i < count; i++)
        say_event(prose, json_array_get(watch->denied, i));
}

/* ---- the coverage -------------------------------------------------------------------------------
 */

#define CLASSES                                                                                    \
    "data events (objects in buckets, invocations of functions, items of tables), calls that "     \
    "fail "                                                                                        \
    "before authentication, among them every call with a key that is inactive or deleted, and "    \
    "what an instance does on the network"

#define NO_LAKE "no lake was read"

static void say_gaps(const struct watch *watch, struct prose *prose, struct arena *arena)
{
    size_t count;
    const struct watch_gap *gaps = watch_gaps(watch, arena, &count);
    const json_t *alone = noted(watch, "gaps");
    const json_t *beside = json_object_get(watch->job->order, "beside");
    for (size_t i = 0; i < count; i++)
        prose_bullet(prose, 0, "not visible: %s: %s", gaps[i].what, gaps[i].why);
    for (size_t i = 0; i < json_array_size(beside); i++)
        prose_bullet(prose, 0, "not looked at: %s: %s",
                     json_get_string(json_array_get(beside, i), "what", ""),
                     json_get_string(json_array_get(beside, i), "why", ""));
    for (size_t i = 0; i < json_array_size(alone); i++)
        prose_bullet(prose, 0,
                     "no kernel looked at the live state from %t to %t UTC; CloudTrail was read "
                     "for that time as well",
                     json_get_int(json_array_get(alone, i), "from", 0),
                     json_get_int(json_array_get(alone, i), "to", 0));
}

static void say_targets(const struct watch *watch, struct prose *prose)
{
    for (size_t i = 0; i < watch->target_count; i++) {
        const struct watch_target *one = &watch->targets[i];
        const struct watch_who *who = &one->who;
        if (!one->plan)
            prose_bullet(prose, 0, "%s was not contained in this case", one->words);
        if (!who->user && !who->role && !who->session && !json_object_size(who->keys))
            prose_bullet(prose, 0, "%s makes no calls of its own: its state alone was read",
                         one->words);
        if (one->calls[CALL_EARLY])
            prose_bullet(prose, 0, "%s: %d calls while the containment took effect, up to %t UTC",
                         one->words, one->calls[CALL_EARLY], one->times.after);
        if (one->calls[CALL_FRESH])
            prose_bullet(prose, 0,
                         "%s: %d calls of sessions begun after the cut-off, which this level lets",
                         one->words, one->calls[CALL_FRESH]);
    }
}

static void say_coverage(const struct watch *watch, struct prose *prose, struct arena *arena)
{
    int64_t horizon = watch_horizon(watch);
    prose_paragraph(prose, "%b", "Coverage");
    prose_bullet(prose, 0, "CloudTrail's API, management events, in %d regions",
                 (int64_t)watch->place_count);
    if (horizon)
        prose_add(prose, ", up to %t UTC (the earliest horizon, an estimate)", horizon);
    prose_add(prose, "; %d sessions were followed", (int64_t)watch->sessions);
    prose_bullet(prose, 0, "the live state of what was put in place: read %d times",
                 watch->live_reads);
    prose_bullet(prose, 0, "%s", watch->lake ? watch->lake : NO_LAKE);
    prose_bullet(prose, 0, "cannot be seen: %s", CLASSES);
    say_targets(watch, prose);
    say_gaps(watch, prose, arena);
}

static void say_next(const struct watch *watch, struct prose *prose, struct arena *arena)
{
    enum verdict verdict = watch_verdict(watch);
    for (size_t i = 0; verdict == VERDICT_BROKEN && i < watch->target_count; i++) {
        const struct watch_target *one = &watch->targets[i];
        if (one->calls[CALL_THROUGH] || one->live == LIVE_CHANGED)
            prose_bullet(prose, 0, "next: %c",
                         arena_printf(arena, "%%contain %s", one->suspect->given));
    }
    const json_t *first = json_array_get(watch->through, 0);
    if (first && *reply_text(first, "key"))
        prose_bullet(prose, 0, "and what it did: %c",
                     arena_printf(arena, "%%cloudtrail key %s", reply_text(first, "key")));
    if (verdict == VERDICT_ALIVE && watch->over)
        prose_bullet(prose, 0,
                     "sessions end by themselves, 36 hours after they began at the latest; then "
                     "watch again: %c",
                     "%watch");
    if (verdict == VERDICT_UNPROVEN && watch->over)
        prose_bullet(prose, 0, "watch again when that can be seen: %c", "%watch");
}

/* ---- the table ----------------------------------------------------------------------------------
 */

static void add_targets(const struct watch *watch, struct table *table, struct arena *arena)
{
    for (size_t i = 0; i < watch->target_count; i++) {
        const struct watch_target *one = &watch->targets[i];
        table_add_row(table);
        table_put_string(table, 0, one->words);
        table_put_string(table, 1,
                         one->found
                             ? arena_printf(arena, "%s: %s", live_words[one->live], one->found)
                             : live_words[one->live]);
        table_put_int(table, 2, one->calls[CALL_DENIED] + one->calls[CALL_FREE]);
        table_put_int(table, 3, one->calls[CALL_THROUGH]);
        if (one->last)
            table_put_int(table, 4, one->last);
    }
}

static void add_places(const struct watch *watch, struct table *table, struct arena *arena)
{
    for (size_t i = 0; i < watch->place_count; i++) {
        const struct place *place = &watch->places[i];
        table_add_row(table);
        table_put_string(table, 0, arena_printf(arena, "CloudTrail, %s", place->name));
        table_put_string(table, 1,
                         place->gap       ? arena_printf(arena, "not visible: %s", place->gap)
                         : place->settled ? "read to the end"
                         : place->horizon ? "read"
                                          : "being read");
        if (place->horizon)
            table_put_int(table, 5, place->horizon);
    }
}

static struct bundle table_of(const struct watch *watch, struct arena *arena)
{
    static const struct column columns[] = {
        {.name = "watched", .type = TYPE_TEXT},   {.name = "state", .type = TYPE_TEXT},
        {.name = "denied", .type = TYPE_INT64},   {.name = "got_through", .type = TYPE_INT64},
        {.name = "last_call", .type = TYPE_TIME}, {.name = "horizon_estimate", .type = TYPE_TIME}};
    struct table *table = table_new(arena, columns, COUNT(columns));
    add_targets(watch, table, arena);
    add_places(watch, table, arena);
    struct caption caption = {.title = "Calls seen after the containment, state, and horizons",
                              .source = "cloudtrail:LookupEvents and the live state",
                              .total_rows = table->rows};
    return render_table(arena, table, &caption);
}

/* One below the other, in the formats that both have. */
static struct bundle joined(struct arena *arena, struct bundle above, struct bundle below)
{
    static const char *const types[] = {"text/plain", "text/markdown", "text/html"};
    struct bundle made = {.data = json_own(arena, json_object())};
    for (size_t i = 0; i < COUNT(types); i++) {
        struct buf text;
        buf_init(&text, BUNDLE_MOST);
        buf_addf(&text, "%s\n%s", json_get_string(above.data, types[i], ""),
                 json_get_string(below.data, types[i], ""));
        json_object_set_new(made.data, types[i], json_text(text.data, text.size));
        buf_release(&text);
    }
    return made;
}

struct bundle watch_bundle(const struct watch *watch, struct arena *arena)
{
    struct prose *prose = prose_new(arena);
    say_head(watch, prose, arena);
    say_broken(watch, prose);
    say_denied(watch, prose);
    say_next(watch, prose, arena);
    if (watch->over)
        say_coverage(watch, prose, arena);
    return joined(arena, prose_bundle(prose), table_of(watch, arena));
}

/* ---- the record ---------------------------------------------------------------------------------
 */

static json_t *entry_targets(const struct watch *watch)
{
    json_t *list = json_array();
    for (size_t i = 0; i < watch->target_count; i++) {
        const struct watch_target *one = &watch->targets[i];
        json_array_append_new(list, json_pack("{s:o, s:s?, s:s, s:I, s:I, s:I, s:I, s:I}", "target",
                                              json_texts(one->words), "plan", one->plan, "state",
                                              live_words[one->live], "denied",
                                              (json_int_t)one->calls[CALL_DENIED], "free",
                                              (json_int_t)one->calls[CALL_FREE], "through",
                                              (json_int_t)one->calls[CALL_THROUGH], "early",
                                              (json_int_t)one->calls[CALL_EARLY], "fresh",
                                              (json_int_t)one->calls[CALL_FRESH]));
    }
    return list;
}

static json_t *entry_places(const struct watch *watch)
{
    json_t *list = json_array();
    char horizon[TIME_TEXT_SIZE];
    for (size_t i = 0; i < watch->place_count; i++) {
        const struct place *place = &watch->places[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s?, s:b}", "source", "cloudtrail", "region", place->name,
                            "horizon", place->horizon ? time_iso(place->horizon, horizon) : NULL,
                            "settled", place->settled));
    }
    return list;
}

static json_t *entry_gaps(const struct watch *watch)
{
    struct arena *arena = arena_new();
    size_t count;
    const struct watch_gap *gaps = watch_gaps(watch, arena, &count);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "what", json_texts(gaps[i].what), "why",
                                              json_texts(gaps[i].why ? gaps[i].why : "")));
    arena_free(arena);
    return list;
}

json_t *watch_entry(const struct watch *watch)
{
    char since[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    enum verdict verdict = watch_verdict(watch);
    json_t *made = json_pack(
        "{s:I, s:s, s:s, s:b, s:s, s:s, s:o}", "job", (json_int_t)watch->job->number, "state",
        watch->stopped ? "stopped" : "ended", "verdict", watch_verdict_name(verdict), "silent",
        verdict == VERDICT_SILENT, "since", time_iso(watch->since, since), "until",
        time_iso(watch->stopped ? watch->now : watch->until, until), "targets",
        ready_names(watch->plan));
    json_object_set_new(made, "watched", entry_targets(watch));
    json_object_set_new(made, "sources", entry_places(watch));
    json_object_set_new(made, "lake", json_texts(watch->lake ? watch->lake : NO_LAKE));
    json_object_set_new(made, "live_reads", json_integer(watch->live_reads));
    json_object_set_new(made, "not_visible", entry_gaps(watch));
    json_object_set_new(made, "never_visible", json_texts(CLASSES));
    json_object_set(made, "through", watch->through);
    json_object_set(made, "denied", watch->denied);
    if (noted(watch, "changes"))
        json_object_set_new(made, "changes", json_deep_copy(noted(watch, "changes")));
    if (noted(watch, "gaps"))
        json_object_set_new(made, "unwatched", json_deep_copy(noted(watch, "gaps")));
    return made;
}
