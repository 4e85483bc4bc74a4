/* What an action reads: side by side, kept as the saved state, asked once. */
#include "response/action.h"

#include "aws/gather.h"

#include <stdlib.h>
#include <string.h>

#define PAGES 20

/* "123456789012 us-east-1 iam:GetUser {"UserName":"alice"}": belongs to the arena. */
static const char *key_of(const struct planning *planning, const char *op, const json_t *params)
{
    const char *region = planning->suspect->region;
    char *text = json_dumps(params, JSON_SORT_KEYS | JSON_COMPACT);
    const char *key = arena_printf(planning->arena, "%s %s %s %s", planning->account,
                                   region ? region : "-", op, text ? text : "{}");
    free(text);
    return key;
}

static const json_t *said(const struct planning *planning, const char *op, const json_t *params)
{
    return json_object_get(planning->state, key_of(planning, op, params));
}

static json_t *answer_of(const struct aws_gathering *gathering)
{
    json_t *answer = json_object();
    json_object_set(answer, "replies", gathering->replies);
    if (!gathering->ok) {
        json_object_set_new(answer, "code", json_texts(gathering->code ? gathering->code : "none"));
        json_object_set_new(answer, "message", json_texts(gathering->error.message));
    }
    if (gathering->more)
        json_object_set_new(answer, "more", json_true());
    if (gathering->body)
        json_object_set_new(answer, "body", json_text(gathering->body, gathering->size));
    return answer;
}

static struct aws_gathering gathering_of(const struct planning *planning,
                                         const struct reading *reading)
{
    return (struct aws_gathering){.op = reading->op,
                                  .params = reading->params,
                                  .region = planning->suspect->region,
                                  .credentials = planning->credentials,
                                  .pages = reading->pages ? reading->pages : PAGES};
}

/* ---- side by side -------------------------------------------------------------------------------
 */

struct wanted {
    struct arena *arena;
    json_t *keys; /* key -> true */
    struct want {
        const char *key;
        struct aws_gathering gathering;
        struct want *next;
    } * first;
    size_t count;
};

struct wanted *wanted_new(struct arena *arena)
{
    struct wanted *wanted = arena_alloc(arena, sizeof *wanted);
    *wanted = (struct wanted){.arena = arena, .keys = json_own(arena, json_object())};
    return wanted;
}

/* False: something is not read yet, and is noted. */
static bool note(struct planning *planning, const struct reading *list, size_t count)
{
    struct wanted *wanted = planning->wanted;
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        const char *key = key_of(planning, list[i].op, list[i].params);
        if (json_object_get(planning->state, key))
            continue;
        all = false;
        if (json_object_get(wanted->keys, key))
            continue;
        struct want *want = arena_alloc(wanted->arena, sizeof *want);
        *want = (struct want){key, gathering_of(planning, &list[i]), wanted->first};
        wanted->first = want;
        wanted->count++;
        json_object_set_new(wanted->keys, key, json_true());
    }
    return all;
}

bool wanted_read(struct wanted *wanted, struct aws *aws, json_t *state, struct cancel *cancel,
                 bool *any, struct error *err)
{
    size_t count = 0;
    struct aws_gathering *list = arena_alloc(wanted->arena, (wanted->count + 1) * sizeof *list);
    for (const struct want *want = wanted->first; want; want = want->next)
        list[count++] = want->gathering;
    *any = count > 0;
    if (!aws_gather(aws, list, count, cancel, wanted->arena, err))
        return false;
    count = 0;
    for (const struct want *want = wanted->first; want; want = want->next)
        json_object_set_new(state, want->key, answer_of(&list[count++]));
    wanted->first = NULL;
    wanted->count = 0;
    return true;
}

/* ---- at once ---- */

/* Answered already; where the answer is needed and is an error, it is asked again to be told. */
static bool is_read(const struct planning *planning, const struct reading *reading)
{
    const json_t *answer = said(planning, reading->op, reading->params);
    return answer && !(reading->needed && json_object_get(answer, "code"));
}

bool response_read(struct planning *planning, const struct reading *list, size_t count,
                   struct error *err)
{
    struct arena *arena = planning->arena;
    if (planning->wanted)
        return note(planning, list, count) || error_set(err, ERROR_UNAVAILABLE, "not read yet");
    struct aws_gathering *asked = arena_alloc(arena, (count + 1) * sizeof *asked);
    for (size_t i = 0; i < count; i++)
        if (!is_read(planning, &list[i]))
            asked[i] = gathering_of(planning, &list[i]);
    if (!aws_gather(planning->aws, asked, count, planning->cancel, arena, err))
        return false;
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        if (asked[i].op)
            json_object_set_new(planning->state, key_of(planning, list[i].op, list[i].params),
                                answer_of(&asked[i]));
        if (ok && list[i].needed && asked[i].op && !asked[i].ok) {
            *err = asked[i].error;
            ok = false;
        }
    }
    return ok;
}

const json_t *state_at(const struct planning *planning, const char *op, const json_t *params,
                       const char *path)
{
    const json_t *answer = said(planning, op, params);
    const json_t *reply = json_array_get(json_object_get(answer, "replies"), 0);
    return reply && path ? reply_at(reply, path) : reply;
}

const char *state_code(const struct planning *planning, const char *op, const json_t *params)
{
    const json_t *answer = said(planning, op, params);
    return answer ? json_get_string(answer, "code", NULL) : "none";
}

const char *state_body(const struct planning *planning, const char *op, const json_t *params)
{
    return json_get_string(said(planning, op, params), "body", NULL);
}

const char *state_message(const struct planning *planning, const char *op, const json_t *params)
{
    return json_get_string(said(planning, op, params), "message", NULL);
}

json_t *state_list(const struct planning *planning, const char *op, const json_t *params,
                   const char *path)
{
    json_t *items = json_own(planning->arena, json_array());
    const json_t *replies = json_object_get(said(planning, op, params), "replies");
    for (size_t page = 0; page < json_array_size(replies); page++) {
        const json_t *reply = json_array_get(replies, page);
        for (size_t i = 0; i < reply_count(reply, path); i++)
            json_array_append(items, (json_t *)(uintptr_t)reply_item(reply, path, i));
    }
    return items;
}

void state_put(struct planning *planning, const char *op, const json_t *params, json_t *reply)
{
    const char *key = key_of(planning, op, params);
    if (json_object_get(planning->state, key))
        json_decref(reply);
    else
        json_object_set_new(planning->state, key, json_pack("{s:[o]}", "replies", reply));
}

const json_t *state_said(const struct planning *planning, const struct check *check)
{
    return check->op ? said(planning, check->op, check->params) : NULL;
}

struct step *response_step(struct planning *planning, const struct step *step)
{
    return plan_step(planning->plan, planning->suspect, step);
}

void response_say(struct planning *planning, enum note kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    plan_say(planning->plan, planning->suspect, kind, "%s",
             arena_vprintf(planning->arena, format, args));
    va_end(args);
}
