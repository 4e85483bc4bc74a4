#include "response/ready.h"

#include <string.h>

struct search {
    const struct suspect *suspect;
    bool watched; /* after it was last contained */
};

static size_t names_of(const struct suspect *suspect, const char *out[4])
{
    const char *all[] = {suspect->given, suspect->part, suspect->arn, suspect->name};
    size_t count = 0;
    for (size_t i = 0; i < COUNT(all); i++)
        if (all[i])
            out[count++] = all[i];
    return count;
}

static bool speaks_of(const json_t *content, const struct suspect *suspect)
{
    const json_t *targets = json_object_get(content, "targets");
    const char *names[4];
    size_t count = names_of(suspect, names);
    for (size_t i = 0; i < json_array_size(targets); i++) {
        const char *target = json_string_value(json_array_get(targets, i));
        for (size_t j = 0; target && j < count; j++)
            if (strcmp(target, names[j]) == 0)
                return true;
    }
    return false;
}

static bool visit(void *state, const json_t *entry, struct error *err)
{
    struct search *search = state;
    const char *kind = json_get_string(entry, "kind", "");
    const json_t *content = json_object_get(entry, "content");
    (void)err;
    if (strcmp(kind, ledger_kind_name(LEDGER_ACTION)) == 0) {
        if (strcmp(json_get_string(content, "kind", ""), plan_kind_names[PLAN_ERADICATE]) != 0 &&
            speaks_of(content, search->suspect))
            search->watched = false;
    } else if (strcmp(kind, ledger_kind_name(LEDGER_WATCH)) == 0) {
        if (strcmp(json_get_string(content, "state", ""), "ended") == 0 &&
            json_get_bool(content, "silent", false) && speaks_of(content, search->suspect))
            search->watched = true;
    }
    return true;
}

bool ready_check(struct response *response, const struct plan *plan, struct error *err)
{
    struct ledger *ledger = session_ledger(response->with.session, err);
    if (!ledger)
        return false;
    if (!plan->decision) {
        (void)error_set(err, ERROR_REFUSED,
                        "no decision is named: what is destroyed cannot be taken back");
        return error_hint(err, "%%decide \"delete it?\" yes no records one; then --decision N.");
    }
    for (const struct suspect *one = plan->suspects; one; one = one->next) {
        struct search search = {.suspect = one};
        struct ledger_visit each = {.kind = LEDGER_KINDS, .visit = visit, .state = &search};
        if (!ledger_each(ledger, &each, err))
            return false;
        if (!search.watched) {
            (void)error_set(err, ERROR_REFUSED,
                            "%s was not watched in silence since it was contained", one->given);
            return error_hint(err, "%%watch %s --for 30m, and let it end.", one->given);
        }
    }
    return true;
}

json_t *ready_names(const struct plan *plan)
{
    json_t *names = json_array();
    for (const struct suspect *one = plan->suspects; one; one = one->next) {
        const char *list[4];
        size_t count = names_of(one, list);
        for (size_t i = 0; i < count; i++)
            json_array_append_new(names, json_texts(list[i]));
    }
    return names;
}
