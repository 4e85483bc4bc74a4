#include "response/plan.h"

#include "base/hash.h"
#include "base/time.h"
#include "response/action.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct wave_row waves[WAVES] = {
    [WAVE_MAKE] = {"make", "make the fence"},
    [WAVE_FENCE] = {"fence", "put it around the account"},
    [WAVE_DENY] = {"deny", "deny everything, all at once"},
    [WAVE_DISABLE] = {"disable", "switch credentials off"},
    [WAVE_ROOM] = {"room", "make room"},
    [WAVE_PROTECT] = {"protect", "protect against termination and scaling"},
    [WAVE_PRESERVE] = {"preserve", "preserve before anything is cut off", .verified = true},
    [WAVE_PREPARE] = {"prepare", "prepare what follows", .verified = true},
    [WAVE_FURNISH] = {"furnish", "finish what was prepared", .verified = true},
    [WAVE_UNTRACK] = {"untrack", "swap to the group that cuts tracked connections"},
    [WAVE_ISOLATE] = {"isolate", "swap to the group without rules", .joined = true},
    [WAVE_REST] = {"rest", "the rest"},
    [WAVE_TAG] = {"tag", "tag what was made and touched"},
};

enum wave wave_back(enum wave wave)
{
    return wave == WAVE_TAG ? WAVE_TAG : (enum wave)(WAVE_REST - wave);
}

const char *const plan_kind_names[PLAN_KINDS] = {
    [PLAN_CONTAIN] = "contain", [PLAN_UNDO] = "undo", [PLAN_ERADICATE] = "eradicate"};

const char *const outcome_names[OUTCOMES] = {
    [OUTCOME_NONE] = "not begun", [OUTCOME_HELD] = "already so", [OUTCOME_SENT] = "sent",
    [OUTCOME_DONE] = "done",      [OUTCOME_FAILED] = "failed",   [OUTCOME_UNKNOWN] = "unknown"};

struct plan *plan_new(struct arena *arena, enum plan_kind kind)
{
    struct plan *plan = arena_alloc(arena, sizeof *plan);
    plan->arena = arena;
    plan->kind = kind;
    plan->made = time_now();
    plan->callers = json_own(arena, json_object());
    plan->overrides = json_own(arena, json_array());
    plan->calls = json_own(arena, json_object());
    return plan;
}

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

struct suspect *plan_suspect(struct plan *plan, const struct suspect *suspect)
{
    struct suspect *kept = arena_alloc(plan->arena, sizeof *kept);
    struct arena *arena = plan->arena;
    *kept = *suspect;
    kept->given = copy(arena, suspect->given);
    kept->level = copy(arena, suspect->level);
    kept->account = copy(arena, suspect->account);
    kept->region = copy(arena, suspect->region);
    kept->name = copy(arena, suspect->name);
    kept->part = copy(arena, suspect->part);
    kept->arn = copy(arena, suspect->arn);
    kept->unique_id = copy(arena, suspect->unique_id);
    kept->found = copy(arena, suspect->found);
    kept->contained = copy(arena, suspect->contained);
    if (kept->wishes)
        (void)json_own(plan->arena, json_incref(kept->wishes));
    kept->number = ++plan->suspect_count;
    kept->next = NULL;
    if (plan->last_suspect)
        plan->last_suspect->next = kept;
    else
        plan->suspects = kept;
    plan->last_suspect = kept;
    return kept;
}

static void own(struct arena *arena, json_t *value)
{
    if (value)
        (void)json_own(arena, json_incref(value));
}

static void own_check(struct arena *arena, struct check *check)
{
    check->id = copy(arena, check->id);
    own(arena, check->params);
    own(arena, check->want);
}

static const char *call_of(const struct plan *plan, const struct step *step)
{
    char *params = json_dumps(step->params, JSON_SORT_KEYS | JSON_COMPACT);
    const char *call =
        arena_printf(plan->arena, "%s %s %s %s", step->account ? step->account : "",
                     step->region ? step->region : "", step->op, params ? params : "{}");
    free(params);
    return call;
}

static bool is_new_call(const struct plan *plan, const struct step *step)
{
    const char *call = call_of(plan, step);
    return !json_object_get(plan->calls, call) &&
           json_object_set_new(plan->calls, call, json_texts(step->id)) == 0;
}

struct step *plan_step(struct plan *plan, const struct suspect *suspect, const struct step *step)
{
    struct arena *arena = plan->arena;
    struct step *kept = arena_alloc(arena, sizeof *kept);
    *kept = *step;
    kept->suspect = suspect->number;
    kept->id = arena_printf(arena, "%zu.%s", suspect->number, step->id);
    kept->words = copy(arena, step->words);
    kept->account = copy(arena, step->account ? step->account : suspect->account);
    kept->region = copy(arena, step->region ? step->region : suspect->region);
    kept->credential = copy(arena, step->credential);
    kept->why = copy(arena, step->why);
    kept->otherwise = copy(arena, step->otherwise);
    kept->undo.words = copy(arena, step->undo.words);
    own(arena, kept->params);
    own(arena, kept->undo.params);
    own_check(arena, &kept->check);
    own_check(arena, &kept->undo.check);
    kept->next = NULL;
    if (!is_new_call(plan, kept))
        return plan_find(plan,
                         json_string_value(json_object_get(plan->calls, call_of(plan, kept))));
    if (plan->last_step)
        plan->last_step->next = kept;
    else
        plan->steps = kept;
    plan->last_step = kept;
    plan->step_count++;
    return kept;
}

struct step *plan_find(const struct plan *plan, const char *id)
{
    for (struct step *step = plan->steps; step; step = step->next)
        if (strcmp(step->id, id) == 0)
            return step;
    return NULL;
}

struct suspect *plan_whose(const struct plan *plan, size_t number)
{
    struct suspect *one = plan->suspects;
    while (one && one->number != number)
        one = one->next;
    return one;
}

static void rename_in(struct arena *arena, json_t **params, const char *member, const char *was,
                      const char *is)
{
    if (!*params || strcmp(json_get_string(*params, member, ""), was) != 0)
        return;
    *params = json_own(arena, json_deep_copy(*params)); /* others may have the same object */
    json_object_set_new(*params, member, json_texts(is));
}

void plan_rename(struct plan *plan, struct suspect *suspect, const char *member, const char *name)
{
    for (struct step *step = plan->steps; step; step = step->next) {
        json_t **places[] = {&step->params, &step->undo.params, &step->check.params,
                             &step->undo.check.params};
        if (step->suspect != suspect->number)
            continue;
        for (size_t i = 0; i < COUNT(places); i++)
            rename_in(plan->arena, places[i], member, suspect->name, name);
        json_object_set_new(plan->calls, call_of(plan, step), json_texts(step->id));
        if (step->outcome == OUTCOME_FAILED && step->code &&
            strcmp(step->code, "NoSuchEntity") == 0)
            step->outcome = OUTCOME_NONE;
    }
    suspect->name = copy(plan->arena, name);
}

void plan_say(struct plan *plan, const struct suspect *suspect, enum note kind, const char *format,
              ...)
{
    struct plan_note *note = arena_alloc(plan->arena, sizeof *note);
    va_list args;
    va_start(args, format);
    *note = (struct plan_note){.kind = kind,
                               .suspect = suspect ? suspect->number : 0,
                               .text = arena_vprintf(plan->arena, format, args)};
    va_end(args);
    if (plan->last_note)
        plan->last_note->next = note;
    else
        plan->notes = note;
    plan->last_note = note;
}

void plan_differ(struct plan *plan, const struct difference *difference)
{
    struct difference *kept = arena_alloc(plan->arena, sizeof *kept);
    *kept = *difference;
    kept->step = copy(plan->arena, difference->step);
    kept->words = copy(plan->arena, difference->words);
    kept->saved = copy(plan->arena, difference->saved);
    kept->now = copy(plan->arena, difference->now);
    kept->becomes = copy(plan->arena, difference->becomes);
    kept->next = NULL;
    if (plan->last_difference)
        plan->last_difference->next = kept;
    else
        plan->differences = kept;
    plan->last_difference = kept;
}

const struct difference *plan_difference(const struct plan *plan, const char *step)
{
    const struct difference *one = plan->differences;
    while (one && strcmp(one->step, step) != 0)
        one = one->next;
    return one;
}

size_t plan_open(const struct plan *plan)
{
    size_t count = 0;
    for (const struct step *step = plan->steps; step; step = step->next)
        count += !step->held;
    return count;
}

json_t *plan_pack(struct arena *arena, const char *format, ...)
{
    json_error_t ignored;
    va_list args;
    va_start(args, format);
    json_t *packed = json_vpack_ex(&ignored, 0, format, args);
    va_end(args);
    return json_own(arena, packed ? packed : json_object());
}

/* ---- answers of earlier steps ---- */

json_t *plan_of(struct plan *plan, const struct suspect *suspect, const char *id, const char *path)
{
    return plan_pack(plan->arena, "{s:o, s:s}", "$of", json_sprintf("%zu.%s", suspect->number, id),
                     "path", path);
}

json_t *plan_of_item(struct plan *plan, const struct suspect *suspect, const struct plan_item *item)
{
    json_t *made = plan_of(plan, suspect, item->step, item->path);
    json_object_set_new(made, "list", json_texts(item->list));
    json_object_set_new(made, "key", json_texts(item->key));
    json_object_set_new(made, "id", json_texts(item->id));
    return made;
}

/* The item of an answer that a place is about; the answer itself where it names no list. */
static const json_t *place_of(const json_t *value, const json_t *reply)
{
    const char *list = json_get_string(value, "list", NULL);
    const char *key = json_get_string(value, "key", ""), *id = json_get_string(value, "id", "");
    if (!list)
        return reply;
    for (size_t i = 0; i < reply_count(reply, list); i++)
        if (strcmp(reply_text(reply_item(reply, list, i), key), id) == 0)
            return reply_item(reply, list, i);
    return NULL;
}

static json_t *filled(const json_t *value, const char *id, const json_t *answers, struct error *err)
{
    const json_t *reply = json_object_get(answers, id);
    const char *path = json_get_string(value, "path", "");
    const json_t *place = reply ? place_of(value, reply) : NULL;
    const json_t *found = place ? reply_at(place, path) : NULL;
    const char *last = strrchr(path, '.');
    if (place && !found && last) /* what was found in a list stands for the whole answer */
        found = reply_at(place, last + 1);
    if (!found)
        error_set(err, ERROR_INTERNAL, "step %s has no answer with %s", id, path);
    return found ? json_deep_copy(found) : NULL;
}

static json_t *fill_list(json_t *value, const json_t *answers, struct error *err)
{
    json_t *made = json_array();
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *item = plan_fill(json_array_get(value, i), answers, err);
        if (!item || json_array_append_new(made, item) != 0) {
            json_decref(made);
            return NULL;
        }
    }
    return made;
}

json_t *plan_fill(json_t *value, const json_t *answers, struct error *err)
{
    const char *of = json_get_string(value, "$of", NULL);
    if (of)
        return filled(value, of, answers, err);
    if (json_is_array(value))
        return fill_list(value, answers, err);
    if (!json_is_object(value))
        return json_deep_copy(value);
    json_t *made = json_object(), *member;
    const char *name;
    json_object_foreach(value, name, member)
    {
        json_t *filled_in = plan_fill(member, answers, err);
        if (!filled_in || json_object_set_new(made, name, filled_in) != 0) {
            json_decref(made);
            return NULL;
        }
    }
    return made;
}

void plan_answer(struct step *step, const json_t *answers, struct arena *arena)
{
    json_t **places[] = {&step->undo.params, &step->undo.check.params, &step->undo.check.want,
                         &step->check.params, &step->check.want};
    for (size_t i = 0; i < COUNT(places); i++) {
        struct error ignored = {0};
        json_t *filled_in = *places[i] ? plan_fill(*places[i], answers, &ignored) : NULL;
        if (filled_in)
            *places[i] = json_own(arena, filled_in);
    }
}

/* ---- what is approved ---- */

/* When our own deny of older sessions was begun, also one that is there already. */
static void blank_cut_off(char *text)
{
    static const char mark[] = "aws:TokenIssueTime\\\":\\\"";
    char *at = strstr(text, "CofferdamQuarantine") ? strstr(text, mark) : NULL;
    for (at = at ? at + sizeof mark - 1 : NULL; at && *at && *at != '\\'; at++)
        *at = '#';
}

/* One line of text for a value; the cut-off is no difference. New memory. */
static char *flat(const struct plan *plan, const json_t *value)
{
    char *text = json_dumps(value, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
    size_t size = plan->cut_off ? strlen(plan->cut_off) : 0;
    if (text && size)
        for (char *at = strstr(text, plan->cut_off); at; at = strstr(at, plan->cut_off))
            memset(at, '#', size);
    if (text)
        blank_cut_off(text);
    return text ? text : xstrdup("");
}

static void hash_texts(struct hash *hash, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = texts[i] ? texts[i] : "";
        hash_add(hash, text, strlen(text) + 1);
    }
}

/* {caller: true}: how often each called is no difference. New reference. */
static json_t *lawful_callers(const json_t *lawful)
{
    json_t *made = json_object();
    for (size_t i = 0; i < json_array_size(lawful); i++)
        json_object_set_new(made, json_get_string(json_array_get(lawful, i), "who", ""),
                            json_true());
    return made;
}

static void hash_value(struct hash *hash, const struct plan *plan, const json_t *value)
{
    char *text = flat(plan, value);
    hash_add(hash, text, strlen(text) + 1);
    free(text);
}

void plan_hash(const struct plan *plan, char *out)
{
    unsigned char bytes[HASH_SIZE];
    struct hash *hash = hash_new();
    const char *head[] = {"plan 1", plan_kind_names[plan->kind], plan->of, plan->decided};
    hash_texts(hash, head, COUNT(head));
    hash_value(hash, plan, plan->callers);
    hash_value(hash, plan, plan->overrides);
    for (const struct suspect *one = plan->suspects; one; one = one->next) {
        const char *texts[] = {one->action->name, one->level,     one->account,
                               one->arn,          one->unique_id, one->contained};
        hash_texts(hash, texts, COUNT(texts));
    }
    for (const struct step *step = plan->steps; step; step = step->next) {
        const char *texts[] = {step->id, step->op, step->account, step->region};
        hash_texts(hash, texts, COUNT(texts));
        hash_value(hash, plan, step->params);
    }
    json_t *lawful = lawful_callers(plan->lawful);
    hash_value(hash, plan, lawful);
    json_decref(lawful);
    hash_end(hash, bytes);
    hash_hex(bytes, sizeof bytes, out);
}

void plan_name(struct plan *plan, int64_t number)
{
    char hash[HASH_HEX_SIZE];
    plan_hash(plan, hash);
    plan->number = number;
    plan->id = arena_printf(plan->arena, "%lld-%.12s", (long long)number, hash);
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static const struct suspect *same_suspect(const struct plan *plan, const struct suspect *wanted)
{
    for (const struct suspect *one = plan->suspects; one; one = one->next)
        if (one->action == wanted->action && same_text(one->account, wanted->account) &&
            same_text(one->name, wanted->name) && same_text(one->part, wanted->part))
            return one;
    return NULL;
}

static bool has_step(const struct plan *plan, const struct plan *other, const struct step *wanted)
{
    char *text = flat(other, wanted->params);
    bool found = false;
    for (const struct step *step = plan->steps; step && !found; step = step->next) {
        if (strcmp(step->op, wanted->op) != 0 || !same_text(step->account, wanted->account) ||
            !same_text(step->region, wanted->region))
            continue;
        char *mine = flat(plan, step->params);
        found = strcmp(mine, text) == 0;
        free(mine);
    }
    free(text);
    return found;
}

static bool same_suspects(const struct plan *then, const struct plan *now, struct error *err)
{
    for (const struct suspect *one = then->suspects; one; one = one->next) {
        const struct suspect *same = same_suspect(now, one);
        if (!same && !one->found)
            return error_set(err, ERROR_REFUSED, "%s is no longer in the plan", one->given);
        if (same && !same_text(same->unique_id, one->unique_id))
            return error_set(err, ERROR_REFUSED, "%s is another one now: its id was %s and is %s",
                             one->given, one->unique_id ? one->unique_id : "unknown",
                             same->unique_id ? same->unique_id : "unknown");
        if (same && !same_text(same->level, one->level))
            return error_set(err, ERROR_REFUSED, "the level of %s is %s now, not %s", one->given,
                             same->level, one->level);
    }
    for (const struct suspect *one = now->suspects; one; one = one->next)
        if (!same_suspect(then, one) && !one->found)
            return error_set(err, ERROR_REFUSED, "%s was not in the plan", one->given);
    return true;
}

bool plan_still(const struct plan *then, const struct plan *now, struct error *err)
{
    bool same = true;
    const char *account;
    json_t *caller;
    json_object_foreach(then->callers, account, caller)
    {
        const char *is = json_get_string(now->callers, account, "nobody");
        if (same && strcmp(is, json_string_value(caller)) != 0)
            same = error_set(err, ERROR_REFUSED, "in account %s the caller was %s and is %s",
                             account, json_string_value(caller), is);
    }
    same = same && same_suspects(then, now, err);
    for (const struct step *step = then->steps; same && step; step = step->next)
        if (!(step->flags & STEP_EXTENDS) && !has_step(now, then, step))
            same = error_set(err, ERROR_REFUSED, "no longer planned: %s", step->words);
    for (const struct step *step = now->steps; same && step; step = step->next) {
        const struct suspect *whose = plan_whose(now, step->suspect);
        bool extends = (step->flags & STEP_EXTENDS) || (whose && !same_suspect(then, whose));
        if (!extends && !has_step(then, now, step))
            same = error_set(err, ERROR_REFUSED, "planned now as well: %s", step->words);
    }
    json_t *lawful = lawful_callers(then->lawful), *is = lawful_callers(now->lawful);
    if (same && then->lawful && now->lawful && !json_equal(lawful, is))
        same = error_set(err, ERROR_REFUSED, "who uses the target lawfully is different now");
    json_decref(lawful);
    json_decref(is);
    return same || error_hint(err, "Make the plan again and look at it: what was approved does not "
                                   "hold any more.");
}
