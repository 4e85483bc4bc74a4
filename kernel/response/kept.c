/* Plans in the ledger: kept before they are shown, found again by their id. */
#include "response/response_state.h"

#include "base/file.h"

#include <inttypes.h>
#include <string.h>

#define PLAN_MOST ((size_t)256 * 1024 * 1024)

struct search {
    const char *id;
    struct arena *arena;
    json_t *found; /* the entry */
    int64_t count;
};

static bool visit(void *state, const json_t *entry, struct error *err)
{
    struct search *search = state;
    const json_t *content = json_object_get(entry, "content");
    (void)err;
    search->count++;
    if (search->id && strcmp(json_get_string(content, "id", ""), search->id) == 0)
        search->found = json_own(search->arena, json_deep_copy(entry));
    return true;
}

static bool look(struct response *response, struct search *search, struct ledger **ledger,
                 struct error *err)
{
    struct ledger_visit each = {.kind = LEDGER_PLAN, .visit = visit, .state = search};
    search->arena = response->arena;
    *ledger = session_ledger(response->with.session, err);
    return *ledger && ledger_each(*ledger, &each, err);
}

static bool keep(struct response *response, struct ledger *ledger, const char *name,
                 const json_t *value, json_t **reference, struct error *err)
{
    struct ledger_evidence evidence = {.name = name};
    evidence.data = json_dump(response->arena, value, &evidence.size);
    return ledger_keep(ledger, &evidence, reference, err);
}

bool response_keep(struct response *response, struct plan *plan, struct error *err)
{
    struct search search = {0};
    struct ledger *ledger;
    struct ledger_mark mark;
    if (!look(response, &search, &ledger, err))
        return false;
    plan_name(plan, search.count + 1);
    json_t *written = plan_json(plan), *file = NULL, *account = NULL;
    bool ok = keep(response, ledger, arena_printf(response->arena, "plan-%s.json", plan->id),
                   written, &file, err) &&
              (!response->before ||
               keep(response, ledger, arena_printf(response->arena, "account-%s.json", plan->id),
                    response->before, &account, err));
    json_decref(written);
    if (!ok) {
        json_decref(file);
        return false;
    }
    if (!ledger_append(ledger, LEDGER_PLAN,
                       json_pack("{s:s, s:s, s:I, s:o, s:o*}", "id", plan->id, "kind",
                                 plan_kind_names[plan->kind], "steps", (json_int_t)plan->step_count,
                                 "file", file, "account", account),
                       &mark, err))
        return false;
    plan->entry = mark.sequence;
    return true;
}

/* A file of the evidence as the ledger speaks of it: its bytes are those that were kept. */
bool kept_read(struct response *response, const json_t *reference, json_t **out, struct error *err)
{
    struct arena *arena = response->arena;
    struct ledger *ledger = session_ledger(response->with.session, err);
    char *data, hash[HASH_HEX_SIZE];
    unsigned char digest[HASH_SIZE];
    size_t size;
    if (!ledger)
        return false;
    const char *path = file_join(arena, file_join(arena, ledger_folder(ledger), "evidence"),
                                 file_name(json_get_string(reference, "file", "")));
    if (!file_read(arena, path, PLAN_MOST, &data, &size, err))
        return false;
    hash_sha256(data, size, digest);
    hash_hex(digest, sizeof digest, hash);
    if (strcmp(hash, json_get_string(reference, "sha256", "")) != 0) {
        (void)error_set(err, ERROR_DATA, "\"%s\" was changed since it was written", path);
        return error_hint(err, "Make the plan again.");
    }
    *out = json_parse(arena, data, size, PLAN_MOST, err);
    return *out != NULL;
}

bool response_kept(struct response *response, const char *id, struct plan **out, struct error *err)
{
    struct search search = {.id = id};
    struct ledger *ledger;
    json_t *written = NULL;
    if (!look(response, &search, &ledger, err))
        return false;
    if (!search.found) {
        (void)error_set(err, ERROR_NOT_FOUND, "this case has no plan %s", id);
        return error_hint(err, "A plan's id is its number and a hash, such as 3-9f2c41d07a3b: run "
                               "the cell without --yes and copy it from there.");
    }
    const json_t *content = json_object_get(search.found, "content");
    if (!kept_read(response, json_object_get(content, "file"), &written, err))
        return false;
    const json_t *account = json_object_get(content, "account");
    if (account && !kept_read(response, account, &response->before, err))
        return false;
    *out = plan_read(written, response->arena, err);
    if (*out)
        (*out)->entry = json_get_int(search.found, "seq", 0);
    return *out != NULL;
}
