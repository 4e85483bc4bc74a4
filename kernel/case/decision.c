#include "case/decision.h"

#include <inttypes.h>
#include <string.h>

struct search {
    int64_t number, sequence; /* sought: by one of the two, the other 0 */
    int64_t count;
    json_t *found;
    int64_t found_number;
};

static bool visit(void *state, const json_t *entry, struct error *err)
{
    struct search *search = state;
    (void)err;
    search->count++;
    if (search->count != search->number && json_get_int(entry, "seq", 0) != search->sequence)
        return true;
    json_decref(search->found);
    search->found = json_incref((json_t *)(uintptr_t)entry);
    search->found_number = search->count;
    return true;
}

static bool search_for(struct session *session, struct search *search, struct arena *arena,
                       struct error *err)
{
    struct ledger *ledger = session_ledger(session, err);
    struct ledger_visit all = {.kind = LEDGER_DECISION, .visit = visit, .state = search};
    bool ok = ledger && ledger_each(ledger, &all, err);
    if (search->found)
        (void)json_own(arena, search->found);
    return ok;
}

static json_t *content_of(const struct decision *decision)
{
    json_t *options = json_array(), *people = json_array(), *reasons = json_array();
    for (size_t i = 0; i < decision->option_count; i++) {
        const struct decision_option *option = &decision->options[i];
        json_t *one = json_object();
        (void)json_object_set_new(one, "text", json_texts(option->text));
        if (option->votes >= 0)
            (void)json_object_set_new(one, "votes", json_integer(option->votes));
        (void)json_array_append_new(options, one);
    }
    for (size_t i = 0; i < decision->people_count; i++)
        (void)json_array_append_new(people, json_texts(decision->people[i]));
    for (size_t i = 0; i < decision->reason_count; i++)
        (void)json_array_append_new(reasons, json_texts(decision->reasons[i]));
    return json_pack("{s:o, s:o, s:I, s:o, s:o}", "question", json_texts(decision->question),
                     "options", options, "chosen", (json_int_t)decision->chosen, "by", people,
                     "reasons", reasons);
}

bool decision_add(struct session *session, struct decision *decision, struct arena *arena,
                  struct error *err)
{
    struct ledger *ledger = session_ledger(session, err);
    if (!ledger ||
        !ledger_append(ledger, LEDGER_DECISION, content_of(decision), &decision->mark, err))
        return false;
    struct search search = {.sequence = decision->mark.sequence};
    if (!search_for(session, &search, arena, err))
        return false;
    decision->number = search.found_number;
    decision->time = json_get_string(search.found, "time", "");
    return true;
}

static const char *text_at(const json_t *list, size_t index)
{
    const char *text = json_string_value(json_array_get(list, index));
    return text ? text : "";
}

static const char *const *texts_of(const json_t *list, size_t count, struct arena *arena)
{
    const char **texts = arena_alloc(arena, (count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++)
        texts[i] = text_at(list, i);
    return texts;
}

static size_t at_most(size_t count, size_t most)
{
    return count < most ? count : most;
}

/* The entry may have been written by another version, or by hand: what is missing is empty. */
static void read_entry(const json_t *entry, struct arena *arena, struct decision *out)
{
    const json_t *content = json_object_get(entry, "content");
    const json_t *options = json_object_get(content, "options"), *people, *reasons;
    people = json_object_get(content, "by");
    reasons = json_object_get(content, "reasons");
    out->time = json_get_string(entry, "time", "");
    out->question = json_get_string(content, "question", "");
    out->identity = json_get_string(json_object_get(entry, "identity"), "arn", NULL);
    out->option_count = at_most(json_array_size(options), DECISION_OPTIONS);
    for (size_t i = 0; i < out->option_count; i++) {
        const json_t *one = json_array_get(options, i);
        out->options[i] = (struct decision_option){.text = json_get_string(one, "text", ""),
                                                   .votes = json_get_int(one, "votes", -1)};
    }
    int64_t chosen = json_get_int(content, "chosen", -1);
    out->decided = chosen >= 0 && (size_t)chosen < out->option_count;
    out->chosen = out->decided ? (size_t)chosen : 0;
    out->people_count = at_most(json_array_size(people), DECISION_PEOPLE);
    for (size_t i = 0; i < out->people_count; i++)
        out->people[i] = text_at(people, i);
    out->reason_count = json_array_size(reasons);
    out->reasons = texts_of(reasons, out->reason_count, arena);
    out->mark.sequence = json_get_int(entry, "seq", 0);
    const char *hash = json_get_string(entry, "hash", "");
    if (strlen(hash) == sizeof out->mark.hash - 1)
        memcpy(out->mark.hash, hash, sizeof out->mark.hash);
}

bool decision_find(struct session *session, int64_t number, struct arena *arena,
                   struct decision *out, struct error *err)
{
    *out = (struct decision){.number = number};
    struct search search = {.number = number, .sequence = -1};
    if (session_has_ledger(session) && !search_for(session, &search, arena, err))
        return false;
    if (search.found) {
        read_entry(search.found, arena, out);
        return true;
    }
    (void)error_set(err, ERROR_NOT_FOUND, "there is no decision %" PRId64, number);
    return search.count
               ? error_hint(err, "The case has decisions 1 to %" PRId64 ".", search.count)
               : error_hint(err, "Nothing was decided yet: %%decide \"question\" option...");
}
