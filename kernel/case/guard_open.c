/* Intents: opened, dropped; and the lock that only one prompt of a case's kernels holds. */
#include "case/guard_state.h"

#include "base/file.h"
#include "base/time.h"
#include "case/redact.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LOCK_FILE "actions.lock"
#define HOLDER_MOST 4096

/* ---- who may act --------------------------------------------------------------------------------
 */

/* "%contain user mallory in notebook x.ipynb (process 7 on host, since 10:14)". */
static bool held(int file, struct error *err)
{
    char text[HOLDER_MOST];
    ssize_t size = pread(file, text, sizeof text, 0);
    struct arena *arena = arena_new();
    struct error unread = {0};
    json_t *holder = size > 0 ? json_parse(arena, text, (size_t)size, sizeof text, &unread) : NULL;
    bool ours = json_get_int(holder, "process", 0) == (int64_t)getpid();
    (void)error_set(
        err, ERROR_UNAVAILABLE,
        "another %s of this case is changing things: %s (process %" PRId64
        " on %s, notebook %s, since %s)",
        ours ? "prompt" : "kernel", json_get_string(holder, "what", "it does not say what"),
        json_get_int(holder, "process", 0), json_get_string(holder, "machine", "?"),
        json_get_string(holder, "notebook", "unknown"), json_get_string(holder, "since", "?"));
    arena_free(arena);
    return error_hint(err, "Wait until it is done, or stop it there; then run this again.");
}

static void say_holder(const struct ledger *ledger, int file, const char *what)
{
    struct utsname name;
    char since[TIME_TEXT_SIZE];
    json_t *holder =
        json_pack("{s:o, s:I, s:s, s:s, s:s?}", "what", json_texts(what), "process",
                  (json_int_t)getpid(), "machine", uname(&name) == 0 ? name.nodename : "?", "since",
                  time_iso(time_now(), since), "notebook", ledger_notebook(ledger));
    char *text = json_dumps(holder, JSON_COMPACT);
    json_decref(holder);
    size_t size = text ? strlen(text) : 0;
    /* only for people: the lock holds without it */
    if (ftruncate(file, 0) == 0 && size < HOLDER_MOST)
        (void)!pwrite(file, text, size, 0);
    free(text);
}

bool guard_hold(struct guard *guard, const char *what, struct error *err)
{
    if (guard->lock >= 0)
        return true;
    struct ledger *ledger = guard_ledger(guard, err);
    if (!ledger)
        return false;
    struct arena *arena = arena_new();
    const char *path = file_join(arena, ledger_folder(ledger), LOCK_FILE);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = file >= 0 || error_errno(err, errno, "cannot open \"%s\"", path);
    if (ok && flock(file, LOCK_EX | LOCK_NB) != 0)
        ok = errno == EWOULDBLOCK ? held(file, err)
                                  : error_errno(err, errno, "cannot lock \"%s\"", path);
    arena_free(arena);
    if (!ok) {
        if (file >= 0)
            (void)close(file);
        return false;
    }
    say_holder(ledger, file, what);
    guard->lock = file;
    return true;
}

void guard_release(struct guard *guard)
{
    if (guard->lock < 0)
        return;
    (void)!ftruncate(guard->lock, 0);
    (void)close(guard->lock); /* the lock ends with it */
    guard->lock = -1;
}

bool guard_holds(const struct guard *guard)
{
    return guard->lock >= 0;
}

/* ---- what an intent stands on -------------------------------------------------------------------
 */

static bool is_entry(struct ledger *ledger, int64_t sequence, enum ledger_kind kind, int64_t plan,
                     struct error *err)
{
    struct arena *arena = arena_new();
    json_t *entry = NULL;
    bool found = ledger_find(ledger, sequence, arena, &entry, err);
    const char *name = ledger_kind_name(kind);
    bool ok =
        found && strcmp(json_get_string(entry, "kind", ""), name) == 0 &&
        (kind == LEDGER_PLAN || json_get_int(json_object_get(entry, "content"), "plan", 0) == plan);
    arena_free(arena);
    if (found && !ok)
        return error_set(err, ERROR_REFUSED,
                         "entry %" PRId64 " is no %s of the plan in entry %" PRId64, sequence, name,
                         plan);
    return ok;
}

static bool stands(struct ledger *ledger, const struct guard_basis *basis, struct error *err)
{
    struct error why = {0};
    if (is_entry(ledger, basis->plan, LEDGER_PLAN, basis->plan, &why) &&
        is_entry(ledger, basis->approval, LEDGER_APPROVAL, basis->plan, &why) &&
        is_entry(ledger, basis->saved, LEDGER_SAVED, basis->plan, &why))
        return true;
    return error_set(err, ERROR_REFUSED, "nothing is changed: %s", why.message) ||
           error_hint(err, "A change needs a plan, its approval and the state before it.");
}

/* ---- intents ------------------------------------------------------------------------------------
 */

static bool check(const struct guard_intent *intent, const struct aws_op **op, struct error *err)
{
    *op = aws_op(intent->op);
    if (!*op)
        return error_set(err, ERROR_INTERNAL, "no call %s in the table", intent->op);
    if ((*op)->reads_only)
        return error_set(err, ERROR_INTERNAL, "%s changes nothing and needs no intent", intent->op);
    if (!intent->region || !intent->caller || !json_is_object(intent->params))
        return error_set(err, ERROR_INTERNAL, "an intent of %s names no region or caller",
                         intent->op);
    return true;
}

static json_t *content_of(const struct guard_intent *intent, const struct guard_basis *basis)
{
    char hash[HASH_HEX_SIZE];
    json_t *params = redact_json(intent->params); /* the hash of a password would give it away */
    guard_hash(params, hash);
    const struct guard_caller *who = intent->caller;
    json_t *content = json_pack(
        "{s:s, s:s, s:o, s:s, s:{s:s, s:s, s:s}, s:I, s:I, s:I}", "op", intent->op, "region",
        intent->region, "params", params, "params_sha256", hash, "caller", "account", who->account,
        "arn", who->arn, "id", who->id, "plan", (json_int_t)basis->plan, "approval",
        (json_int_t)basis->approval, "saved", (json_int_t)basis->saved);
    if (intent->about)
        (void)json_object_update_missing(content, intent->about);
    return content;
}

static void remember(struct guard *guard, const struct guard_intent *intent,
                     const struct aws_op *op)
{
    if (guard->open_count == guard->open_room) {
        guard->open_room = guard->open_room ? 2 * guard->open_room : 32;
        guard->open = xrealloc(guard->open, guard->open_room * sizeof *guard->open);
    }
    struct open_intent *open = &guard->open[guard->open_count++];
    *open = (struct open_intent){.sequence = intent->sequence,
                                 .op = op,
                                 .region = arena_strdup(guard->arena, intent->region),
                                 .account = intent->caller->account,
                                 .arn = intent->caller->arn};
    guard_hash(intent->params, open->hash);
}

static void add_token(const struct guard_intent *intent, const struct aws_op *op)
{
    char token[UUID_TEXT_SIZE];
    if (!op->fill || json_object_get(intent->params, op->fill))
        return;
    uuid_text(token);
    (void)json_object_set_new(intent->params, op->fill, json_string(token));
}

/* What is over makes room: a long run does not look through its whole past at each call. */
static void forget_ended(struct guard *guard)
{
    size_t kept = 0;
    for (size_t i = 0; i < guard->open_count; i++)
        if (guard->open[i].state != INTENT_ENDED)
            guard->open[kept++] = guard->open[i];
    guard->open_count = kept;
}

bool guard_open(struct guard *guard, const struct guard_basis *basis, struct guard_intent *intents,
                size_t count, struct error *err)
{
    struct ledger *ledger = guard_ledger(guard, err);
    bool ok = ledger && (guard_holds(guard) ||
                         error_set(err, ERROR_INTERNAL, "intents are opened without the lock"));
    ok = ok && stands(ledger, basis, err);
    struct ledger_entry *entries = xcalloc(count + 1, sizeof *entries);
    const struct aws_op **ops = xcalloc(count + 1, sizeof(const struct aws_op *));
    for (size_t i = 0; i < count && ok; i++)
        ok = check(&intents[i], &ops[i], err);
    for (size_t i = 0; i < count && ok; i++) {
        add_token(&intents[i], ops[i]);
        entries[i] =
            (struct ledger_entry){.kind = LEDGER_INTENT, .content = content_of(&intents[i], basis)};
    }
    ok = ok && ledger_append_all(ledger, entries, count, err);
    forget_ended(guard);
    for (size_t i = 0; i < count; i++) {
        json_decref(intents[i].about);
        intents[i].about = NULL;
        intents[i].sequence = entries[i].mark.sequence;
        if (ok)
            remember(guard, &intents[i], ops[i]);
    }
    free(entries);
    free(ops);
    return ok;
}

bool guard_drop(struct guard *guard, const char *why, struct error *err)
{
    bool ok = true;
    for (size_t i = 0; i < guard->open_count; i++) {
        struct open_intent *intent = &guard->open[i];
        if (intent->state != INTENT_OPEN)
            continue;
        intent->state = INTENT_ENDED;
        json_t *content = json_pack("{s:I, s:s, s:o}", "intent", (json_int_t)intent->sequence,
                                    "result", "not sent", "error", json_texts(why));
        ok = guard_write_outcome(guard, content, 0, err) && ok;
    }
    return ok;
}
