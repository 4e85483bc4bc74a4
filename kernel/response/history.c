#include "response/history.h"

#include "base/time.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What the ledger says of plans: sequence of the plan's entry, as text -> its later entries. */
struct story {
    struct response *response;
    json_t *plans;   /* sequence -> {"id", "saved": [contents], "action": content or none} */
    json_t *steps;   /* "SEQUENCE STEP" -> outcome's content */
    json_t *intents; /* intent's sequence -> "SEQUENCE STEP" */
    json_t *undone;  /* ids of plans that were taken back */
    json_t *back;    /* ids of plans of which nothing is left that could be taken back */
    json_t *of;      /* id of an undo -> id of what it took back */
    json_t *kinds;   /* sequence of a plan's entry -> its kind */
    json_t *begun;   /* keys of plans as they were begun */
};

static const char *number(const struct story *story, int64_t value)
{
    return arena_printf(story->response->arena, "%" PRId64, value);
}

static json_t *plan_entry(struct story *story, const json_t *content, const char **key)
{
    *key = number(story, json_get_int(content, "plan", 0));
    json_t *plan = json_object_get(story->plans, *key);
    if (!plan) {
        plan = json_pack("{s:s, s:[]}", "id", json_get_string(content, "id", ""), "saved");
        json_object_set_new(story->plans, *key, plan);
    }
    return plan;
}

/* `server`: AWS's clock when it was intended, as far as it was known. */
static void add_step(struct story *story, const json_t *content, int64_t sequence,
                     const char *server)
{
    const char *key =
        arena_printf(story->response->arena, "%" PRId64 " %s", json_get_int(content, "plan", 0),
                     json_get_string(content, "step", ""));
    json_object_set_new(story->intents, number(story, sequence), json_texts(key));
    json_object_set_new(story->steps, key,
                        json_pack("{s:s, s:s}", "result", "unknown", "server", server));
}

static void add_outcome(struct story *story, const json_t *content)
{
    const char *intent = number(story, json_get_int(content, "intent", 0));
    const char *step = json_get_string(story->intents, intent, NULL);
    if (step)
        json_object_update(json_object_get(story->steps, step), (json_t *)(uintptr_t)content);
}

static void add_begin(struct story *story, const json_t *content)
{
    const char *key, *id = json_get_string(content, "id", "");
    json_t *plan = plan_entry(story, content, &key);
    json_array_append_new(json_object_get(plan, "saved"), json_deep_copy(content));
    json_object_del(plan, "action");
    json_object_del(story->undone, id);
    json_object_del(story->back, id);
    json_array_append_new(story->begun, json_texts(key));
}

/* An undo that is taken back leaves in place what it took back, and so on. */
static void turn_back(struct story *story, const char *id)
{
    for (bool back = true; id; back = !back) {
        if (back)
            json_object_set_new(story->back, id, json_true());
        else
            json_object_del(story->back, id);
        id = json_get_string(story->of, id, NULL);
    }
}

static void add_end(struct story *story, const json_t *content)
{
    const char *key, *of = json_get_string(content, "of", NULL);
    json_object_set_new(plan_entry(story, content, &key), "action", json_deep_copy(content));
    if (!of)
        return;
    json_object_set_new(story->undone, of, json_true());
    if (!json_object_get(story->of, json_get_string(content, "id", "")))
        json_object_set_new(story->of, json_get_string(content, "id", ""), json_texts(of));
    if (!json_get_int(content, "left", 0))
        turn_back(story, of);
}

static bool visit(void *state, const json_t *entry, struct error *err)
{
    struct story *story = state;
    const char *kind = json_get_string(entry, "kind", "");
    const json_t *content = json_object_get(entry, "content");
    (void)err;
    if (strcmp(kind, ledger_kind_name(LEDGER_PLAN)) == 0) {
        json_object_set_new(story->kinds, number(story, json_get_int(entry, "seq", 0)),
                            json_texts(json_get_string(content, "kind", "")));
    } else if (strcmp(kind, ledger_kind_name(LEDGER_SAVED)) == 0) {
        add_begin(story, content);
    } else if (strcmp(kind, ledger_kind_name(LEDGER_ACTION)) == 0) {
        add_end(story, content);
    } else if (strcmp(kind, ledger_kind_name(LEDGER_INTENT)) == 0) {
        add_step(story, content, json_get_int(entry, "seq", 0),
                 json_get_string(entry, "server", ""));
    } else if (strcmp(kind, ledger_kind_name(LEDGER_OUTCOME)) == 0 ||
               strcmp(kind, ledger_kind_name(LEDGER_SETTLED)) == 0) {
        add_outcome(story, content);
    }
    return true;
}

static bool tell(struct response *response, struct story *story, struct error *err)
{
    struct arena *arena = response->arena;
    struct ledger *ledger = session_ledger(response->with.session, err);
    struct ledger_visit each = {.kind = LEDGER_KINDS, .visit = visit, .state = story};
    *story = (struct story){.response = response,
                            .plans = json_own(arena, json_object()),
                            .steps = json_own(arena, json_object()),
                            .intents = json_own(arena, json_object()),
                            .undone = json_own(arena, json_object()),
                            .back = json_own(arena, json_object()),
                            .of = json_own(arena, json_object()),
                            .kinds = json_own(arena, json_object()),
                            .begun = json_own(arena, json_array())};
    return ledger && ledger_each(ledger, &each, err);
}

/* The last that is in force: no undo, and not taken back. */
static const char *last_key(const struct story *story)
{
    for (size_t i = json_array_size(story->begun); i--;) {
        const char *key = json_string_value(json_array_get(story->begun, i));
        const char *id = json_get_string(json_object_get(story->plans, key), "id", "");
        const char *kind = json_get_string(story->kinds, key, "");
        if (strcmp(kind, plan_kind_names[PLAN_UNDO]) != 0 && !json_object_get(story->back, id))
            return key;
    }
    return NULL;
}

static const char *find_key(const struct story *story, const char *id)
{
    const char *key, *found = NULL;
    json_t *plan;
    size_t size = id ? strlen(id) : 0;
    json_object_foreach(story->plans, key, plan)
    {
        const char *its = json_get_string(plan, "id", "");
        if (id && strncmp(its, id, size) == 0 && (!its[size] || its[size] == '-'))
            found = key;
    }
    return id ? found : last_key(story);
}

/* "done", "refused"... of an outcome, "not done" of what was settled. */
static enum outcome outcome_of(const json_t *said)
{
    static const struct {
        const char *word;
        enum outcome outcome;
    } words[] = {{"done", OUTCOME_SENT},
                 {"refused", OUTCOME_FAILED},
                 {"not sent", OUTCOME_NONE},
                 {"not done", OUTCOME_NONE}};
    const char *result = json_get_string(said, "result", json_get_string(said, "found", ""));
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(result, words[i].word) == 0)
            return words[i].outcome;
    return OUTCOME_UNKNOWN;
}

/* A crash left no account of the steps: the outcomes of their intents are one. */
static void overlay(const struct story *story, const char *key, struct plan *plan)
{
    struct arena *arena = plan->arena;
    json_t *answers = json_own(arena, json_object());
    for (struct step *step = plan->steps; step; step = step->next) {
        const json_t *said =
            json_object_get(story->steps, arena_printf(arena, "%s %s", key, step->id));
        step->outcome = said ? outcome_of(said) : step->held ? OUTCOME_HELD : OUTCOME_NONE;
        const char *server = json_get_string(said, "server", "");
        if (!time_parse(server, strlen(server), &step->server_time))
            step->server_time = 0;
        json_t *reply = json_object_get(said, "reply");
        if (reply)
            json_object_set(answers, step->id, reply);
    }
    for (struct step *step = plan->steps; step; step = step->next)
        plan_answer(step, answers, arena);
}

static bool load(struct response *response, const struct story *story, const char *key,
                 struct begun *out, struct error *err)
{
    const json_t *plan = json_object_get(story->plans, key);
    const json_t *saved = json_object_get(plan, "saved"), *action = json_object_get(plan, "action");
    const json_t *first = json_array_get(saved, 0);
    const json_t *last = json_array_get(saved, json_array_size(saved) - 1);
    json_t *written;
    out->ended = action != NULL;
    if (!kept_read(response, json_object_get(first, "state"), &out->state, err) ||
        !kept_read(response, json_object_get(action ? action : last, action ? "steps" : "begun"),
                   &written, err))
        return false;
    out->plan = plan_read(written, response->arena, err);
    if (!out->plan)
        return false;
    out->plan->entry = strtoll(key, NULL, 10);
    if (!action)
        overlay(story, key, out->plan);
    return true;
}

bool history_find(struct response *response, const char *id, struct begun *out, struct error *err)
{
    struct story story;
    if (!tell(response, &story, err))
        return false;
    const char *key = find_key(&story, id);
    if (key)
        return load(response, &story, key, out, err);
    if (id)
        (void)error_set(err, ERROR_NOT_FOUND, "no plan %s was carried out in this case", id);
    else
        (void)error_set(err, ERROR_NOT_FOUND,
                        json_array_size(story.begun)
                            ? "all that was carried out is taken back already"
                            : "nothing was carried out yet");
    return error_hint(err, "The id stands in the output of the cell that carried it out.");
}

bool history_interrupted(struct response *response, const char **ids, size_t most, size_t *count,
                         struct error *err)
{
    struct story story;
    const char *key;
    json_t *plan;
    *count = 0;
    if (!tell(response, &story, err))
        return false;
    json_object_foreach(story.plans, key, plan)
    {
        bool open = json_array_size(json_object_get(plan, "saved")) &&
                    !json_object_get(plan, "action") &&
                    !json_object_get(story.undone, json_get_string(plan, "id", ""));
        if (open && *count < most)
            ids[(*count)++] = json_get_string(plan, "id", "");
    }
    return true;
}

/* ---- what is in place ---------------------------------------------------------------------------
 */

#define UNDOS_MOST 20 /* of one another */

static bool was_done(const struct step *step)
{
    return step->outcome == OUTCOME_SENT || step->outcome == OUTCOME_DONE;
}

static bool leave_standing(struct response *response, const struct story *story, struct plan *plan,
                           int depth, struct error *err);

/* Of the plan's steps those that this undo took back, and nobody put in place again. */
static bool take_off(struct response *response, const struct story *story, const char *undo,
                     struct plan *plan, int depth, struct error *err)
{
    struct begun begun;
    const char *key = find_key(story, undo);
    const json_t *entry = key ? json_object_get(story->plans, key) : NULL;
    if (!json_array_size(json_object_get(entry, "saved")) || depth == UNDOS_MOST)
        return true;
    if (!load(response, story, key, &begun, err) ||
        !leave_standing(response, story, begun.plan, depth + 1, err))
        return error_wrap(err, "plan %s", undo);
    for (const struct step *back = begun.plan->steps; back; back = back->next) {
        struct step *step = was_done(back) ? plan_find(plan, back->id) : NULL;
        if (step) {
            step->outcome = OUTCOME_NONE;
            step->held = false;
        }
    }
    return true;
}

/* A plan that was begun again after an undo is in place as a whole. */
static bool leave_standing(struct response *response, const struct story *story, struct plan *plan,
                           int depth, struct error *err)
{
    const char *undo;
    json_t *of;
    bool ok = true;
    if (!plan->id || !json_object_get(story->undone, plan->id))
        return true;
    json_object_foreach(story->of, undo, of)
    {
        if (ok && strcmp(json_string_value(of), plan->id) == 0)
            ok = take_off(response, story, undo, plan, depth, err);
    }
    return ok;
}

/* What contains and was begun; NULL: it is no such plan. */
static bool load_contained(struct response *response, const struct story *story, const char *key,
                           struct plan **out, struct error *err)
{
    struct begun begun;
    const json_t *plan = json_object_get(story->plans, key);
    *out = NULL;
    if (!json_array_size(json_object_get(plan, "saved")))
        return true;
    if (!load(response, story, key, &begun, err) ||
        !leave_standing(response, story, begun.plan, 0, err))
        return error_wrap(err, "plan %s", json_get_string(plan, "id", ""));
    *out = begun.plan->kind == PLAN_CONTAIN ? begun.plan : NULL;
    return true;
}

bool history_contained(struct response *response, struct plan ***plans, size_t *count,
                       struct error *err)
{
    struct story story;
    const char *key;
    json_t *plan;
    *count = 0;
    if (!tell(response, &story, err))
        return false;
    size_t most = json_object_size(story.plans);
    struct plan **list = arena_alloc(response->arena, (most + 1) * sizeof(struct plan *));
    json_object_foreach(story.plans, key, plan)
    {
        struct plan *found;
        if (!load_contained(response, &story, key, &found, err))
            return false;
        if (found)
            list[(*count)++] = found;
    }
    for (size_t i = 0; i < *count / 2; i++) {
        struct plan *first = list[i];
        list[i] = list[*count - 1 - i];
        list[*count - 1 - i] = first;
    }
    *plans = list;
    return true;
}
