/* What an earlier kernel intended and nobody knows the end of. */
#include "case/guard_state.h"

#include <string.h>

struct survey {
    json_t *intents;  /* sequence as text -> entry */
    json_t *outcomes; /* sequence of the intent -> entry */
};

static const char *key_of(int64_t sequence, char out[static 24])
{
    size_t at = 23;
    out[at] = '\0';
    do {
        out[--at] = (char)('0' + sequence % 10);
        sequence /= 10;
    } while (sequence > 0 && at > 0);
    return out + at;
}

static json_t *hold(const json_t *entry)
{
    return json_incref((json_t *)(uintptr_t)entry);
}

static bool add_intent(void *state, const json_t *entry, struct error *err)
{
    struct survey *survey = state;
    char key[24];
    (void)err;
    return json_object_set_new(survey->intents, key_of(json_get_int(entry, "seq", 0), key),
                               hold(entry)) == 0;
}

static bool add_outcome(void *state, const json_t *entry, struct error *err)
{
    struct survey *survey = state;
    const json_t *content = json_object_get(entry, "content");
    const char *result = json_get_string(content, "result", "");
    char number[24];
    const char *key = key_of(json_get_int(content, "intent", 0), number);
    (void)err;
    if (strcmp(result, "unknown") == 0)
        (void)json_object_set_new(survey->outcomes, key, hold(entry));
    else
        (void)json_object_del(survey->intents, key);
    return true;
}

static bool add_settled(void *state, const json_t *entry, struct error *err)
{
    struct survey *survey = state;
    char number[24];
    (void)err;
    (void)json_object_del(
        survey->intents,
        key_of(json_get_int(json_object_get(entry, "content"), "intent", 0), number));
    return true;
}

static bool is_own(const struct guard *guard, int64_t sequence)
{
    for (size_t i = 0; i < guard->open_count; i++)
        if (guard->open[i].sequence == sequence)
            return guard->open[i].state != INTENT_ENDED;
    return false;
}

static bool show(const struct guard *guard, const struct survey *survey,
                 const struct guard_unsettled *unsettled, struct error *err)
{
    const char *key;
    json_t *entry;
    json_object_foreach(survey->intents, key, entry)
    {
        if (!is_own(guard, json_get_int(entry, "seq", 0)) &&
            !unsettled->visit(unsettled->state, entry, json_object_get(survey->outcomes, key), err))
            return false;
    }
    return true;
}

bool guard_each_unsettled(struct guard *guard, const struct guard_unsettled *unsettled,
                          struct error *err)
{
    struct ledger *ledger = guard->ledger(guard->state, false, err);
    if (!ledger)
        return err->kind == ERROR_NONE; /* no record, nothing intended */
    struct survey survey = {.intents = json_object(), .outcomes = json_object()};
    static const struct {
        enum ledger_kind kind;
        bool (*visit)(void *state, const json_t *entry, struct error *err);
    } steps[] = {
        {LEDGER_INTENT, add_intent}, {LEDGER_OUTCOME, add_outcome}, {LEDGER_SETTLED, add_settled}};
    bool ok = true;
    for (size_t i = 0; i < COUNT(steps) && ok; i++) {
        struct ledger_visit visit = {
            .kind = steps[i].kind, .visit = steps[i].visit, .state = &survey};
        ok = ledger_each(ledger, &visit, err);
        if (!json_object_size(survey.intents))
            break;
    }
    ok = ok && show(guard, &survey, unsettled, err);
    json_decref(survey.intents);
    json_decref(survey.outcomes);
    return ok;
}

bool guard_settle(struct guard *guard, int64_t intent, const char *found, json_t *about,
                  struct error *err)
{
    struct ledger *ledger = guard_ledger(guard, err);
    json_t *content =
        json_pack("{s:I, s:s, s:o*}", "intent", (json_int_t)intent, "found", found, "about", about);
    if (ledger)
        return ledger_append(ledger, LEDGER_SETTLED, content, NULL, err);
    json_decref(content);
    return false;
}
