/* The written form of a plan, and back. */
#include "response/plan.h"

#include "response/action.h"

#include <string.h>

#define VERSION 1

static const char *const note_names[NOTES] = {
    [NOTE_BREAKS] = "breaks",         [NOTE_SAVED] = "saved",
    [NOTE_NOT_UNDONE] = "not undone", [NOTE_NOT_COVERED] = "not covered",
    [NOTE_BY_HAND] = "by hand",       [NOTE_NEXT] = "next"};

static void put_text(json_t *object, const char *name, const char *text)
{
    if (text)
        json_object_set_new(object, name, json_texts(text));
}

static void put_value(json_t *object, const char *name, json_t *value)
{
    if (value)
        json_object_set(object, name, value);
}

static json_t *write_check(const struct check *check)
{
    json_t *made = json_object();
    put_text(made, "op", check->op);
    put_value(made, "params", check->params);
    put_text(made, "list", check->list);
    put_text(made, "key", check->key);
    put_text(made, "id", check->id);
    put_text(made, "path", check->path);
    put_value(made, "want", check->want);
    if (check->match)
        json_object_set_new(made, "match", json_integer(check->match));
    if (check->absent)
        json_object_set_new(made, "absent", json_true());
    return made;
}

static json_t *write_step(const struct step *step)
{
    json_t *made = json_object(), *undo = json_object();
    put_text(made, "id", step->id);
    put_text(made, "wave", waves[step->wave].name);
    put_text(made, "words", step->words);
    put_text(made, "op", step->op);
    put_value(made, "params", step->params);
    put_text(made, "account", step->account);
    put_text(made, "region", step->region);
    put_text(made, "credential", step->credential);
    put_text(made, "why", step->why);
    json_object_set_new(made, "check", write_check(&step->check));
    json_object_set_new(made, "flags", json_integer(step->flags));
    json_object_set_new(made, "after_ms", json_integer(step->after_ms));
    json_object_set_new(made, "suspect", json_integer((json_int_t)step->suspect));
    json_object_set_new(made, "held", json_boolean(step->held));
    put_text(made, "outcome", outcome_names[step->outcome]);
    put_text(made, "problem", step->problem);
    json_object_set_new(made, "tries", json_integer(step->tries));
    json_object_set_new(made, "server_time", json_integer(step->server_time));
    put_text(undo, "op", step->undo.op);
    put_value(undo, "params", step->undo.params);
    put_text(undo, "words", step->undo.words);
    json_object_set_new(undo, "late", json_boolean(step->undo.late));
    json_object_set_new(undo, "check", write_check(&step->undo.check));
    json_object_set_new(made, "undo", undo);
    return made;
}

static json_t *write_suspect(const struct suspect *suspect)
{
    json_t *made = json_object();
    put_text(made, "action", suspect->action->name);
    put_text(made, "given", suspect->given);
    put_text(made, "level", suspect->level);
    put_text(made, "account", suspect->account);
    put_text(made, "region", suspect->region);
    put_text(made, "name", suspect->name);
    put_text(made, "part", suspect->part);
    put_text(made, "arn", suspect->arn);
    put_text(made, "unique_id", suspect->unique_id);
    put_text(made, "found", suspect->found);
    put_text(made, "contained", suspect->contained);
    put_value(made, "wishes", suspect->wishes);
    return made;
}

static json_t *write_note(const struct plan_note *note)
{
    json_t *made = json_object();
    put_text(made, "kind", note_names[note->kind]);
    put_text(made, "text", note->text);
    json_object_set_new(made, "suspect", json_integer((json_int_t)note->suspect));
    return made;
}

static json_t *write_difference(const struct difference *difference)
{
    json_t *made = json_object();
    put_text(made, "step", difference->step);
    put_text(made, "words", difference->words);
    put_text(made, "saved", difference->saved);
    put_text(made, "now", difference->now);
    put_text(made, "becomes", difference->becomes);
    json_object_set_new(made, "foreign", json_boolean(difference->foreign));
    json_object_set_new(made, "suspect", json_integer((json_int_t)difference->suspect));
    return made;
}

/* What an undo has besides. */
static void write_undo(json_t *made, const struct plan *plan)
{
    json_t *differences = json_array();
    for (const struct difference *one = plan->differences; one; one = one->next)
        json_array_append_new(differences, write_difference(one));
    json_object_set_new(made, "differences", differences);
    json_object_set_new(made, "stays", json_integer((json_int_t)plan->stays));
}

json_t *plan_json(const struct plan *plan)
{
    json_t *made = json_object();
    json_t *suspects = json_array(), *steps = json_array(), *notes = json_array();
    json_object_set_new(made, "version", json_integer(VERSION));
    put_text(made, "kind", plan_kind_names[plan->kind]);
    json_object_set_new(made, "number", json_integer(plan->number));
    put_text(made, "id", plan->id);
    json_object_set_new(made, "made", json_integer(plan->made));
    put_text(made, "cut_off", plan->cut_off);
    put_text(made, "of", plan->of);
    put_text(made, "unknown", plan->unknown);
    json_object_set_new(made, "decision", json_integer(plan->decision));
    put_text(made, "decided", plan->decided);
    put_value(made, "callers", plan->callers);
    put_value(made, "lawful", plan->lawful);
    put_value(made, "overrides", plan->overrides);
    for (const struct suspect *one = plan->suspects; one; one = one->next)
        json_array_append_new(suspects, write_suspect(one));
    for (const struct step *one = plan->steps; one; one = one->next)
        json_array_append_new(steps, write_step(one));
    for (const struct plan_note *one = plan->notes; one; one = one->next)
        json_array_append_new(notes, write_note(one));
    json_object_set_new(made, "suspects", suspects);
    json_object_set_new(made, "steps", steps);
    json_object_set_new(made, "notes", notes);
    if (plan->kind == PLAN_UNDO)
        write_undo(made, plan);
    return made;
}

/* ---- back ---- */

static const char *text_of(const json_t *object, const char *name)
{
    return json_get_string(object, name, NULL);
}

static struct check read_check(const json_t *written)
{
    return (struct check){.op = text_of(written, "op"),
                          .params = json_object_get(written, "params"),
                          .list = text_of(written, "list"),
                          .key = text_of(written, "key"),
                          .id = text_of(written, "id"),
                          .path = text_of(written, "path"),
                          .want = json_object_get(written, "want"),
                          .match = (enum match)json_get_int(written, "match", CHECK_SAME),
                          .absent = json_get_bool(written, "absent", false)};
}

static size_t index_of(const char *name, const char *(*at)(size_t index), size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (name && strcmp(at(i), name) == 0)
            return i;
    return count;
}

static const char *wave_at(size_t index)
{
    return waves[index].name;
}

static const char *kind_at(size_t index)
{
    return plan_kind_names[index];
}

static const char *outcome_at(size_t index)
{
    return outcome_names[index];
}

static const char *note_at(size_t index)
{
    return note_names[index];
}

static bool read_suspect(struct plan *plan, const json_t *written)
{
    const char *action = text_of(written, "action");
    struct suspect suspect = {.action = action ? action_find(action) : NULL,
                              .given = text_of(written, "given"),
                              .level = text_of(written, "level"),
                              .account = text_of(written, "account"),
                              .region = text_of(written, "region"),
                              .name = text_of(written, "name"),
                              .part = text_of(written, "part"),
                              .arn = text_of(written, "arn"),
                              .unique_id = text_of(written, "unique_id"),
                              .found = text_of(written, "found"),
                              .contained = text_of(written, "contained"),
                              .wishes = json_object_get(written, "wishes")};
    return suspect.action && suspect.given && plan_suspect(plan, &suspect);
}

static bool read_step(struct plan *plan, const json_t *written)
{
    const json_t *undo = json_object_get(written, "undo");
    size_t wave = index_of(text_of(written, "wave"), wave_at, WAVES);
    const struct suspect *suspect = plan_whose(plan, (size_t)json_get_int(written, "suspect", 0));
    struct step step = {.id = text_of(written, "id"),
                        .wave = (enum wave)wave,
                        .words = text_of(written, "words"),
                        .op = text_of(written, "op"),
                        .params = json_object_get(written, "params"),
                        .account = text_of(written, "account"),
                        .region = text_of(written, "region"),
                        .check = read_check(json_object_get(written, "check")),
                        .flags = (unsigned)json_get_int(written, "flags", 0),
                        .after_ms = json_get_int(written, "after_ms", 0),
                        .credential = text_of(written, "credential"),
                        .undo = {.op = text_of(undo, "op"),
                                 .params = json_object_get(undo, "params"),
                                 .check = read_check(json_object_get(undo, "check")),
                                 .words = text_of(undo, "words"),
                                 .late = json_get_bool(undo, "late", false)},
                        .why = text_of(written, "why"),
                        .held = json_get_bool(written, "held", false),
                        .problem = text_of(written, "problem"),
                        .tries = json_get_int(written, "tries", 0),
                        .server_time = json_get_int(written, "server_time", 0)};
    size_t outcome = index_of(text_of(written, "outcome"), outcome_at, OUTCOMES);
    step.outcome = outcome < OUTCOMES ? (enum outcome)outcome : OUTCOME_NONE;
    const char *dot = step.id ? strchr(step.id, '.') : NULL;
    if (wave == WAVES || !suspect || !dot || !step.words || !step.op || !aws_op(step.op))
        return false;
    step.id = dot + 1;
    plan_step(plan, suspect, &step);
    return true;
}

static bool read_note(struct plan *plan, const json_t *written)
{
    size_t kind = index_of(text_of(written, "kind"), note_at, NOTES);
    if (kind == NOTES)
        return false;
    plan_say(plan, plan_whose(plan, (size_t)json_get_int(written, "suspect", 0)), (enum note)kind,
             "%s", json_get_string(written, "text", ""));
    return true;
}

static bool read_difference(struct plan *plan, const json_t *written)
{
    struct difference difference = {.suspect = (size_t)json_get_int(written, "suspect", 0),
                                    .step = text_of(written, "step"),
                                    .words = text_of(written, "words"),
                                    .saved = text_of(written, "saved"),
                                    .now = text_of(written, "now"),
                                    .becomes = text_of(written, "becomes"),
                                    .foreign = json_get_bool(written, "foreign", false)};
    if (!difference.step || !difference.words || !difference.now)
        return false;
    plan_differ(plan, &difference);
    return true;
}

static bool each(struct plan *plan, const json_t *list, bool (*read)(struct plan *, const json_t *))
{
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(list); i++)
        ok = read(plan, json_array_get(list, i));
    return ok;
}

struct plan *plan_read(const json_t *written, struct arena *arena, struct error *err)
{
    size_t kind = index_of(text_of(written, "kind"), kind_at, PLAN_KINDS);
    json_t *copy = json_own(arena, json_deep_copy(written));
    struct plan *plan = plan_new(arena, kind < PLAN_KINDS ? (enum plan_kind)kind : PLAN_CONTAIN);
    plan->number = json_get_int(copy, "number", 0);
    plan->id = text_of(copy, "id");
    plan->made = json_get_int(copy, "made", 0);
    plan->cut_off = text_of(copy, "cut_off");
    plan->of = text_of(copy, "of");
    plan->stays = (size_t)json_get_int(copy, "stays", 0);
    plan->unknown = text_of(copy, "unknown");
    plan->decision = json_get_int(copy, "decision", 0);
    plan->decided = text_of(copy, "decided");
    plan->callers = json_object_get(copy, "callers");
    plan->lawful = json_object_get(copy, "lawful");
    plan->overrides = json_object_get(copy, "overrides");
    bool ok = kind < PLAN_KINDS && json_get_int(copy, "version", 0) == VERSION &&
              json_is_object(plan->callers) &&
              each(plan, json_object_get(copy, "suspects"), read_suspect) &&
              each(plan, json_object_get(copy, "steps"), read_step) &&
              each(plan, json_object_get(copy, "notes"), read_note) &&
              each(plan, json_object_get(copy, "differences"), read_difference);
    if (!ok)
        (void)error_set(err, ERROR_DATA,
                        "the plan cannot be read: it was made by another version "
                        "or changed");
    return ok ? plan : NULL;
}
