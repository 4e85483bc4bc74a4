/* guard_state - the inside of a guard, shared by the files of this folder only. */
#ifndef COFFERDAM_CASE_GUARD_STATE_H
#define COFFERDAM_CASE_GUARD_STATE_H

#include "case/guard.h"

struct caller {
    struct caller *next;
    struct guard_caller who;
};

enum intent_state { INTENT_OPEN, INTENT_SENT, INTENT_ENDED };

/* An intent that is in the ledger. Texts are of the guard's arena. */
struct open_intent {
    int64_t sequence;
    enum intent_state state;
    const struct aws_op *op;
    const char *region, *account, *arn;
    char hash[HASH_HEX_SIZE]; /* of the parameters as they are sent */
};

struct guard {
    struct arena *arena; /* of callers and intents: as old as the guard */
    struct ledger *(*ledger)(void *state, bool make, struct error *err);
    void *state;
    struct caller *callers;
    const struct guard_caller *current; /* the chain's; NULL: not known */
    struct open_intent *open;
    size_t open_count, open_room;
    json_t *unwritten; /* contents of outcomes that the disk did not take; NULL: none */
    int lock;          /* actions.lock, held; -1: not */
};

struct ledger *guard_ledger(struct guard *guard, struct error *err);
/* SHA-256 of parameters: compact JSON with sorted members. */
void guard_hash(const json_t *params, char out[static HASH_HEX_SIZE]);
/* Writes outcomes, older ones that could not be written first. The content is taken. */
bool guard_write_outcome(struct guard *guard, json_t *content, int64_t server_time,
                         struct error *err);

#endif
