/* The live state during a watch: every check of what the containment put in place is read again,
 * and what would undo it from the side: keys that are active. */
#include "response/watch_state.h"

#include "response/check.h"

#include <string.h>

#define SECOND INT64_C(1000000)
#define ROUND (30 * SECOND)
#define ROUND_LEAST (SECOND / 5)
#define UNDER_WAY 4
#define PAGES 20
#define NONE SIZE_MAX

struct one {
    const char *op, *region;
    json_t *params; /* borrowed */
    json_t *page;   /* the parameters of the page that is asked for */
    struct aws_call *call;
    json_t *said; /* as check.h reads it; NULL: not asked in this round */
    int pages;
    bool over;
};

struct live_reading {
    struct one *list;
    size_t count, room;
    size_t *of_steps;               /* by step of the plan: its reading, NONE: it is not read */
    size_t *principals, *key_lists; /* by target */
    int64_t begun;                  /* of the round under way, AWS's time; 0: none is */
};

/* ---- what is read -------------------------------------------------------------------------------
 */

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static size_t add(struct watch *watch, const char *op, json_t *params, const char *region)
{
    struct live_reading *live = watch->live;
    for (size_t i = 0; i < live->count; i++)
        if (strcmp(live->list[i].op, op) == 0 && same(live->list[i].region, region) &&
            json_equal(live->list[i].params, params))
            return i;
    live->list[live->count] = (struct one){.op = op, .region = region, .params = params};
    return live->count++;
}

/* A value of an answer that never came stands in it. */
static bool is_open(const json_t *value)
{
    const char *name;
    json_t *member;
    bool open = json_object_get(value, "$of") != NULL;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        open = open || is_open(member);
    }
    for (size_t i = 0; i < json_array_size(value); i++)
        open = open || is_open(json_array_get(value, i));
    return open;
}

static bool is_read(const struct step *step)
{
    return step->check.op && step->check.params && aws_op(step->check.op) &&
           aws_op(step->check.op)->reads_only && !(step->flags & STEP_PASSAGE) &&
           !is_open(step->check.params) && !is_open(step->check.want);
}

static void add_principal(struct watch *watch, size_t index)
{
    static const struct {
        const char *part, *op, *owner;
    } kinds[] = {{":user/", "iam:GetUser", "UserName"}, {":role/", "iam:GetRole", "RoleName"}};
    const struct suspect *suspect = watch->targets[index].suspect;
    struct arena *arena = watch->job->arena;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (!suspect->arn || !strstr(suspect->arn, kinds[i].part))
            continue;
        json_t *params = plan_pack(arena, "{s:s}", kinds[i].owner, suspect->name);
        watch->live->principals[index] = add(watch, kinds[i].op, params, suspect->region);
        if (watch->targets[index].who.user)
            watch->live->key_lists[index] =
                add(watch, "iam:ListAccessKeys", params, suspect->region);
    }
}

void live_begin(struct watch *watch)
{
    struct arena *arena = watch->job->arena;
    struct live_reading *live = arena_alloc(arena, sizeof *live);
    size_t step_count = watch->plan->step_count, at = 0;
    watch->live = live;
    live->list =
        arena_alloc(arena, (step_count + 2 * watch->target_count + 1) * sizeof *live->list);
    live->of_steps = arena_alloc(arena, (step_count + 1) * sizeof *live->of_steps);
    live->principals = arena_alloc(arena, (watch->target_count + 1) * sizeof(size_t));
    live->key_lists = arena_alloc(arena, (watch->target_count + 1) * sizeof(size_t));
    for (const struct step *step = watch->plan->steps; step; step = step->next, at++)
        live->of_steps[at] =
            is_read(step) ? add(watch, step->check.op, step->check.params, step->region) : NONE;
    for (size_t i = 0; i < watch->target_count; i++) {
        live->principals[i] = live->key_lists[i] = NONE;
        add_principal(watch, i);
    }
}

void live_end(struct watch *watch)
{
    for (size_t i = 0; watch->live && i < watch->live->count; i++) {
        struct one *one = &watch->live->list[i];
        aws_end(one->call);
        json_decref(one->page);
        json_decref(one->said);
        one->call = NULL;
        one->page = one->said = NULL;
    }
}

/* ---- asking -------------------------------------------------------------------------------------
 */

static void fail(struct one *one, const char *code)
{
    json_object_set_new(one->said, "code", json_texts(code ? code : "no answer"));
    one->over = true;
}

static void start(struct watch *watch, struct one *one)
{
    struct error err = {0};
    if (!one->said)
        one->said = json_pack("{s:[]}", "replies");
    if (!one->page)
        one->page = json_copy(one->params);
    struct aws_asking asking = {.op = one->op, .params = one->page, .region = one->region};
    one->call = aws_start(watch->job->aws, &asking, &err);
    if (!one->call)
        fail(one, err.message);
}

static void take(struct one *one)
{
    struct error why = {0};
    json_t *reply = NULL;
    const struct aws_facts *facts = aws_call_facts(one->call);
    if (aws_reply(one->call, &reply, &why)) {
        json_array_append_new(json_object_get(one->said, "replies"), json_deep_copy(reply));
        if (!json_object_size(reply) && facts->body)
            json_object_set_new(one->said, "body", json_text(facts->body, facts->size));
        one->over = !aws_turn(aws_op(one->op), reply, one->page) || ++one->pages == PAGES;
    } else {
        fail(one, facts->code);
    }
    aws_end(one->call);
    one->call = NULL;
}

/* True when all of the round is there. */
static bool advance(struct watch *watch)
{
    struct live_reading *live = watch->live;
    size_t under_way = 0, left = 0;
    for (size_t i = 0; i < live->count; i++) {
        struct one *one = &live->list[i];
        if (one->call && aws_done(one->call))
            take(one);
        if (!one->call && !one->over && under_way < UNDER_WAY)
            start(watch, one);
        under_way += one->call != NULL;
        left += !one->over;
    }
    return !left;
}

static void begin_round(struct watch *watch)
{
    struct live_reading *live = watch->live;
    live->begun = watch_now(watch);
    for (size_t i = 0; i < live->count; i++) {
        struct one *one = &live->list[i];
        json_decref(one->page);
        json_decref(one->said);
        one->page = one->said = NULL;
        one->pages = 0;
        one->over = false;
    }
}

/* ---- what it shows ------------------------------------------------------------------------------
 */

static const json_t *said_of(const struct watch *watch, size_t index)
{
    return index == NONE ? NULL : watch->live->list[index].said;
}

/* A credential that is no longer there does nothing either. */
static bool is_deleted(const struct step *step, const json_t *said)
{
    return step->wave == WAVE_DISABLE && step->check.list && step->check.id &&
           !step->check.absent && !json_object_get(said, "code") && !check_item(&step->check, said);
}

static void judge_step(const struct watch *watch, struct watch_target *target,
                       const struct step *step, const json_t *said)
{
    struct arena *arena = watch->job->arena;
    enum held held = check_holds(&step->check, said);
    if (target->live == LIVE_CHANGED || held == HELD_YES || is_deleted(step, said)) {
        target->live = target->live == LIVE_UNREAD ? LIVE_HOLDS : target->live;
        return;
    }
    target->live = held == HELD_NO ? LIVE_CHANGED : LIVE_UNSEEN;
    const char *found =
        arena_printf(arena, held == HELD_NO ? "taken back: %s (%s)" : "not visible: %s (%s)",
                     step->words, check_shows(&step->check, said, arena));
    target->found = found;
}

/* A key of a contained user that nobody switched off. */
static void judge_keys(const struct watch *watch, struct watch_target *target, const json_t *said)
{
    const json_t *replies = json_object_get(said, "replies");
    for (size_t page = 0; page < json_array_size(replies); page++) {
        const json_t *reply = json_array_get(replies, page);
        for (size_t i = 0; i < reply_count(reply, "AccessKeyMetadata"); i++) {
            const json_t *key = reply_item(reply, "AccessKeyMetadata", i);
            if (strcmp(reply_text(key, "Status"), "Active") != 0 || target->live == LIVE_CHANGED)
                continue;
            target->live = LIVE_CHANGED;
            target->found = arena_printf(watch->job->arena, "access key %s is active",
                                         reply_text(key, "AccessKeyId"));
        }
    }
}

static void judge(struct watch *watch, size_t index)
{
    struct watch_target *target = &watch->targets[index];
    const json_t *principal = said_of(watch, watch->live->principals[index]);
    const struct step *step = watch->plan->steps;
    target->live = LIVE_UNREAD;
    target->found = NULL;
    if (principal && code_is_absent(json_get_string(principal, "code", NULL))) {
        target->live = LIVE_GONE;
        return;
    }
    for (size_t at = 0; step; step = step->next, at++)
        if (step->suspect == target->suspect->number && watch->live->of_steps[at] != NONE)
            judge_step(watch, target, step, said_of(watch, watch->live->of_steps[at]));
    if (target->plan)
        judge_keys(watch, target, said_of(watch, watch->live->key_lists[index]));
    if (target->live == LIVE_UNREAD)
        target->live = LIVE_NONE;
}

/* ---- what is kept of it -------------------------------------------------------------------------
 */

static json_t *noted(const struct watch *watch, const char *name)
{
    json_t *list = json_object_get(watch->job->notes, name);
    return list ? json_deep_copy(list) : json_array();
}

static void note(struct watch *watch, const char *name, json_t *value)
{
    struct error unwritten = {0}; /* a later kernel looks at all of it again */
    (void)job_note(watch->job, name, value, &unwritten);
}

static void note_change(struct watch *watch, const struct watch_target *target)
{
    json_t *list = noted(watch, "changes");
    const json_t *last = json_array_get(list, json_array_size(list) - 1);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_get_string(json_array_get(list, i), "target", ""), target->words) == 0)
            last = json_array_get(list, i);
    if (json_array_size(list) < WATCH_EVENTS_MOST &&
        (strcmp(json_get_string(last, "target", ""), target->words) != 0 ||
         strcmp(json_get_string(last, "what", ""), target->found) != 0))
        json_array_append_new(
            list, json_pack("{s:I, s:o, s:o}", "time", (json_int_t)watch->live->begun, "target",
                            json_texts(target->words), "what", json_texts(target->found)));
    note(watch, "changes", list);
}

/* Between two kernels nobody looked. */
void live_note_gap(struct watch *watch)
{
    int64_t looked = json_get_int(watch->job->notes, "looked", 0), now = watch_now(watch);
    if (!looked || now - looked < 2 * watch_scaled(ROUND, ROUND_LEAST))
        return;
    json_t *list = noted(watch, "gaps");
    json_array_append_new(
        list, json_pack("{s:I, s:I}", "from", (json_int_t)looked, "to", (json_int_t)now));
    note(watch, "gaps", list);
}

bool live_step(struct watch *watch)
{
    struct live_reading *live = watch->live;
    int64_t now = watch_clock(watch);
    if (!live->begun && watch->live_due <= now)
        begin_round(watch);
    if (live->begun && advance(watch)) {
        for (size_t i = 0; i < watch->target_count; i++) {
            judge(watch, i);
            if (watch->targets[i].live == LIVE_CHANGED)
                note_change(watch, &watch->targets[i]);
        }
        watch->live_reads++;
        watch->looked = live->begun;
        note(watch, "looked", json_integer(live->begun));
        live->begun = 0;
        watch->live_due = now + watch_scaled(ROUND, ROUND_LEAST);
    }
    if (!live->begun && (!watch->job->due || watch->live_due < watch->job->due))
        watch->job->due = watch->live_due;
    return watch->looked < watch->until;
}
