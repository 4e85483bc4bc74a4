/* guard - nothing is changed in AWS without an intent in the ledger: below the magics, so that none
 * can forget it.
 *
 * A row of the table of calls that is not reads_only passes only
 *   - with an open intent that names the operation, the region, the SHA-256 of the parameters and
 *     the verified caller: each intent lets one call through, and is on the disk before; or
 *   - as DryRun=true of a call whose row has `dry_run`.
 *
 * The way of a change:
 *   ledger_append(LEDGER_PLAN), LEDGER_APPROVAL {"plan": seq}, LEDGER_SAVED {"plan": seq}
 *   guard_hold          this kernel alone changes things now
 *   guard_verify        who the credentials are, as STS says
 *   guard_open          the intents: one write, one sync
 *   aws_start/aws_call  with the same parameters, region and credentials
 *   (the guard writes the outcome: request id, AWS's time, or that it is unknown)
 *   guard_release
 *
 * An intent without an outcome is what nobody knows: guard_unsettled lists them, and whoever reads
 * AWS says what was found with guard_settle. One thread; a thread with a client of its own has a
 * guard of its own.
 */
#ifndef COFFERDAM_CASE_GUARD_H
#define COFFERDAM_CASE_GUARD_H

#include "aws/aws.h"
#include "case/ledger.h"

struct guard;

/* `ledger` gives the record: `make` is true when something is to be written, which makes the case
 * folder; else a missing one is NULL without an error. */
struct guard *guard_new(struct ledger *(*ledger)(void *state, bool make, struct error *err),
                        void *state);
void guard_free(struct guard *guard); /* NULL is allowed; releases the hold */
/* From now on the client's changes are the guard's to permit. Every client that is made gets it. */
void guard_watch(struct guard *guard, struct aws *aws);

/* Who signs, as sts:GetCallerIdentity said. Borrowed from the guard, as old as it. */
struct guard_caller {
    const char *account, *arn, *id, *access_key_id;
};
/* Asks STS with these credentials (NULL: the chain's), once for each access key. */
bool guard_verify(struct guard *guard, struct aws *aws, const struct aws_asking *as,
                  const struct guard_caller **out, struct error *err) ATTR_USE_RESULT;

/* What somebody else was told by sts:GetCallerIdentity of the chain's credentials. */
void guard_learn(struct guard *guard, const char *access_key_id, const json_t *reply);
/* The last one that the chain's credentials were found to be; NULL: not asked yet, or they may be
 * others by now (guard_forget). */
const struct guard_caller *guard_caller(const struct guard *guard);
void guard_forget(struct guard *guard);

/* This kernel alone changes things: ERROR_UNAVAILABLE with who holds it. `what` is for the other
 * ones' people: "%contain user mallory". Held by a lock that ends with the process. */
bool guard_hold(struct guard *guard, const char *what, struct error *err) ATTR_USE_RESULT;
void guard_release(struct guard *guard);
bool guard_holds(const struct guard *guard);

/* What an intent stands on: sequence numbers of entries that are in the ledger and belong together.
 */
struct guard_basis {
    int64_t plan, approval, saved;
};
struct guard_intent {
    const char *op; /* "iam:PutUserPolicy" */
    /* Borrowed. Where the row has `fill` and the parameters lack that token, it is put into them,
     * so that the call can be repeated after a crash: send the same object. */
    json_t *params;
    const char *region; /* as it will be asked for; never NULL */
    const struct guard_caller *caller;
    json_t *about;    /* taken: more members for the entry (target, step, undo...); NULL: none */
    int64_t sequence; /* filled: the entry */
};
bool guard_open(struct guard *guard, const struct guard_basis *basis, struct guard_intent *intents,
                size_t count, struct error *err) ATTR_USE_RESULT;
/* Intents of this guard that let no call through, and shall not any more: their outcome is "not
 * sent". */
bool guard_drop(struct guard *guard, const char *why, struct error *err) ATTR_USE_RESULT;

/* Outcomes are written as they come, so that they outlive the kernel; this syncs them, at the end
 * of a run, and says so where the disk did not take them. */
bool guard_sync(struct guard *guard, struct error *err) ATTR_USE_RESULT;

/* Intents of the ledger that have no outcome, or an unknown one, and were not settled; those of
 * this guard that are still open are left out. `visit` gets the intent's entry and its outcome's
 * (NULL: none was written: the kernel ended, the call may have been sent). */
struct guard_unsettled {
    bool (*visit)(void *state, const json_t *intent, const json_t *outcome, struct error *err);
    void *state;
};
bool guard_each_unsettled(struct guard *guard, const struct guard_unsettled *unsettled,
                          struct error *err) ATTR_USE_RESULT;
/* What reading AWS showed: `found` is "done" or "not done"; `about` is taken. */
bool guard_settle(struct guard *guard, int64_t intent, const char *found, json_t *about,
                  struct error *err) ATTR_USE_RESULT;

#endif
