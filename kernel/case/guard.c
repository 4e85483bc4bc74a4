#include "case/guard_state.h"

#include "aws/reply.h"

#include <stdlib.h>
#include <string.h>

/* ---- as it is made ------------------------------------------------------------------------------
 */

struct guard *guard_new(struct ledger *(*ledger)(void *state, bool make, struct error *err),
                        void *state)
{
    struct guard *guard = xcalloc(1, sizeof *guard);
    guard->arena = arena_new();
    guard->ledger = ledger;
    guard->state = state;
    guard->lock = -1;
    return guard;
}

void guard_free(struct guard *guard)
{
    if (!guard)
        return;
    guard_release(guard);
    arena_free(guard->arena);
    free(guard->open);
    free(guard);
}

struct ledger *guard_ledger(struct guard *guard, struct error *err)
{
    return guard->ledger(guard->state, true, err);
}

/* ---- who signs ----------------------------------------------------------------------------------
 */

static struct caller *find_caller(const struct guard *guard, const char *access_key_id)
{
    struct caller *caller = guard->callers;
    while (caller && (!access_key_id || strcmp(caller->who.access_key_id, access_key_id) != 0))
        caller = caller->next;
    return caller;
}

static const struct guard_caller *remember(struct guard *guard, const char *access_key_id,
                                           const json_t *reply)
{
    struct caller *caller = arena_alloc(guard->arena, sizeof *caller);
    caller->who = (struct guard_caller){
        .account = arena_strdup(guard->arena, reply_text(reply, "Account")),
        .arn = arena_strdup(guard->arena, reply_text(reply, "Arn")),
        .id = arena_strdup(guard->arena, reply_text(reply, "UserId")),
        .access_key_id = arena_strdup(guard->arena, access_key_id),
    };
    caller->next = guard->callers;
    guard->callers = caller;
    return &caller->who;
}

bool guard_verify(struct guard *guard, struct aws *aws, const struct aws_asking *as,
                  const struct guard_caller **out, struct error *err)
{
    const struct aws_credentials *credentials = as ? as->credentials : NULL;
    struct cancel *cancel = as ? as->cancel : NULL;
    if (!credentials && !aws_find_credentials(aws, cancel, &credentials, err))
        return false;
    struct arena *arena = arena_new_secret();
    const char *key = arena_strdup(arena, credentials->access_key_id);
    const struct caller *known = find_caller(guard, key);
    *out = known ? &known->who : NULL;
    struct aws_asking asking = {.op = "sts:GetCallerIdentity",
                                .credentials = as ? as->credentials : NULL,
                                .region = as ? as->region : NULL,
                                .cancel = cancel};
    json_t *reply = NULL;
    bool ok = known || aws_call(aws, &asking, arena, &reply, err);
    if (ok && !known)
        *out = remember(guard, key, reply);
    if (ok && !asking.credentials)
        guard->current = *out;
    arena_free(arena);
    return ok || error_wrap(err, "who the credentials are");
}

void guard_learn(struct guard *guard, const char *access_key_id, const json_t *reply)
{
    const struct caller *known = find_caller(guard, access_key_id);
    guard->current = known ? &known->who : remember(guard, access_key_id, reply);
}

const struct guard_caller *guard_caller(const struct guard *guard)
{
    return guard->current;
}

void guard_forget(struct guard *guard)
{
    guard->current = NULL;
}

/* ---- parameters ---------------------------------------------------------------------------------
 */

void guard_hash(const json_t *params, char out[static HASH_HEX_SIZE])
{
    unsigned char digest[HASH_SIZE];
    struct arena *arena = arena_new_secret();
    char *text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);
    arena_defer(arena, free, text);
    hash_sha256(text ? text : "", text ? strlen(text) : 0, digest);
    hash_hex(digest, sizeof digest, out);
    arena_free(arena);
}

/* ---- the client's questions ---------------------------------------------------------------------
 */

static bool is_trial(const struct aws_change *change)
{
    return change->op->dry_run && json_is_true(json_object_get(change->params, "DryRun"));
}

static bool fits(const struct open_intent *intent, const struct aws_change *change,
                 const char *hash, const struct caller *caller)
{
    return intent->state == INTENT_OPEN && intent->op == change->op &&
           strcmp(intent->region, change->region) == 0 && strcmp(intent->hash, hash) == 0 &&
           strcmp(intent->arn, caller->who.arn) == 0 &&
           strcmp(intent->account, caller->who.account) == 0;
}

static bool permit(void *state, struct aws_change *change, struct error *err)
{
    struct guard *guard = state;
    char hash[HASH_HEX_SIZE];
    const char *service = aws_service_of(change->op)->name;
    if (is_trial(change))
        return true;
    guard_hash(change->params, hash);
    const struct caller *caller = find_caller(guard, change->access_key_id);
    for (size_t i = 0; caller && i < guard->open_count; i++) {
        struct open_intent *intent = &guard->open[i];
        if (!fits(intent, change, hash, caller))
            continue;
        intent->state = INTENT_SENT;
        change->permission = intent->sequence;
        return true;
    }
    (void)error_set(err, ERROR_REFUSED, "%s:%s would change something, and no intent allows it",
                    service, change->op->name);
    return error_hint(err, "Only what was planned, approved and saved is changed.");
}

/* ---- what became of it --------------------------------------------------------------------------
 */

static const char *result_of(const struct aws_facts *facts, const struct error *err)
{
    if (!err)
        return "done";
    if (facts->unknown)
        return "unknown";
    return facts->status ? "refused" : "not sent";
}

static json_t *outcome_of(const struct aws_change *change, const struct aws_facts *facts,
                          const json_t *reply, const struct error *err)
{
    json_t *content =
        json_pack("{s:I, s:s, s:i, s:s?, s:s?, s:i}", "intent", (json_int_t)change->permission,
                  "result", result_of(facts, err), "status", facts->status, "code", facts->code,
                  "request_id", facts->request_id, "attempts", facts->attempts);
    if (err)
        (void)json_object_set_new(content, "error", json_texts(err->message));
    else if (reply)
        (void)json_object_set_new(content, "reply", json_deep_copy(reply));
    return content;
}

bool guard_write_outcome(struct guard *guard, json_t *content, int64_t server_time,
                         struct error *err)
{
    struct ledger *ledger = guard_ledger(guard, err);
    if (!guard->unwritten)
        guard->unwritten = json_own(guard->arena, json_array());
    if (content)
        (void)json_array_append_new(guard->unwritten, content);
    while (ledger && json_array_size(guard->unwritten)) {
        bool last = json_array_size(guard->unwritten) == 1;
        struct ledger_entry entry = {.kind = LEDGER_OUTCOME,
                                     .content = json_incref(json_array_get(guard->unwritten, 0)),
                                     .server_time = last ? server_time : 0};
        if (!ledger_write(ledger, &entry, 1, err))
            return false;
        (void)json_array_remove(guard->unwritten, 0);
    }
    return ledger != NULL;
}

static void report(void *state, const struct aws_change *change, const struct aws_facts *facts,
                   const json_t *reply, const struct error *err)
{
    struct guard *guard = state;
    struct error kept = {0};
    if (!change->permission) /* only a trial */
        return;
    for (size_t i = 0; i < guard->open_count; i++)
        if (guard->open[i].sequence == change->permission)
            guard->open[i].state = INTENT_ENDED;
    /* what the disk does not take now is written with the next one, or by guard_sync */
    (void)guard_write_outcome(guard, outcome_of(change, facts, reply, err), facts->server_time,
                              &kept);
}

void guard_watch(struct guard *guard, struct aws *aws)
{
    struct aws_guard asked = {.permit = permit, .report = report, .state = guard};
    aws_set_guard(aws, &asked);
}

bool guard_sync(struct guard *guard, struct error *err)
{
    struct ledger *ledger = guard_ledger(guard, err);
    return ledger && guard_write_outcome(guard, NULL, 0, err) && ledger_sync(ledger, err);
}
