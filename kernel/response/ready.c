#include "response/ready.h"

#include "response/watch.h"

#include <string.h>

struct search {
    struct response *response;
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

/* A long list is a file of the evidence. */
static bool targets_of(const struct search *search, const json_t *content, const json_t **out,
                       struct error *err)
{
    const json_t *targets = json_object_get(content, "targets");
    json_t *kept = NULL;
    if (json_is_object(targets) && !kept_read(search->response, targets, &kept, err))
        return false;
    *out = kept ? kept : targets;
    return true;
}

/* A user and a role may have one name: where there is an ARN or a key, only these count. */
static bool is_meant(const struct suspect *suspect, const char *text)
{
    const char *names[4];
    size_t count = names_of(suspect, names);
    bool plain = !suspect->arn;
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0 &&
            (plain || names[i] == suspect->arn || names[i] == suspect->part))
            return true;
    return false;
}

static bool speaks_of(const struct search *search, const json_t *content, bool *speaks,
                      struct error *err)
{
    const json_t *targets = NULL;
    *speaks = false;
    if (!targets_of(search, content, &targets, err))
        return false;
    for (size_t i = 0; i < json_array_size(targets); i++) {
        const char *target = json_string_value(json_array_get(targets, i));
        *speaks = *speaks || (target && is_meant(search->suspect, target));
    }
    return true;
}

/* What a watch says: silent, or signs of somebody; one that was stopped or could not see all says
 * nothing. */
static void take_watch(struct search *search, const json_t *content)
{
    bool ended = strcmp(json_get_string(content, "state", ""), "ended") == 0;
    const char *verdict = json_get_string(content, "verdict", "");
    if (ended && json_get_bool(content, "silent", false))
        search->watched = true;
    else if (strcmp(verdict, watch_verdict_name(VERDICT_UNPROVEN)) != 0)
        search->watched = false;
}

static bool visit(void *state, const json_t *entry, struct error *err)
{
    struct search *search = state;
    const char *kind = json_get_string(entry, "kind", "");
    const json_t *content = json_object_get(entry, "content");
    bool watch = strcmp(kind, ledger_kind_name(LEDGER_WATCH)) == 0, speaks;
    bool action =
        strcmp(kind, ledger_kind_name(LEDGER_ACTION)) == 0 &&
        strcmp(json_get_string(content, "kind", ""), plan_kind_names[PLAN_ERADICATE]) != 0;
    if (!watch && !action)
        return true;
    if (!speaks_of(search, content, &speaks, err))
        return false;
    if (speaks && watch)
        take_watch(search, content);
    else if (speaks)
        search->watched = false;
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
        struct search search = {.response = response, .suspect = one};
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
