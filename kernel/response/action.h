/* action - one const row a containment: what it takes, what it reads and saves, and the steps.
 *
 * To add one: write response/act_NAME.c with `const struct action action_NAME` and put a line into
 * actions.c. A row claims a text (from its form alone), finds the target in AWS, reads what there
 * is, and adds steps to the plan (plan.h). It calls nothing that changes: approval, saved state,
 * intents, order, read-back, undo, dry run, printing and crashes are the runner's.
 *
 * All it reads goes through response_read, so that it is asked side by side, kept as the saved
 * state, and not asked twice. A row is read again in every round of a run: `plan` has to add the
 * same steps for the same target whatever the state is, and leave to the checks what holds already.
 */
#ifndef COFFERDAM_RESPONSE_ACTION_H
#define COFFERDAM_RESPONSE_ACTION_H

#include "aws/aws.h"
#include "aws/reply.h"
#include "response/plan.h"

struct ledger;
struct outputs;

/* What an action works with while a plan is made. */
struct planning {
    struct plan *plan;
    struct suspect *suspect;
    struct arena *arena;
    struct aws *aws;
    const struct aws_credentials *credentials; /* of the suspect's account; NULL: the chain's */
    const char *account;                       /* that is asked: verified */
    const char *caller;                        /* as whom: an ARN */
    const char *partition;                     /* "aws" */
    const char *region;                        /* the client's, for targets that name none */
    const json_t *before;  /* a picture of the account before (account.h); NULL: none yet */
    const char *evidence;  /* the bucket that evidence is kept in; NULL: none is set */
    const char *case_name; /* of tags: the case's folder, or the one it lies in */
    const char *forensics; /* the account that examines evidence; NULL: none is set */
    struct cancel *cancel;
    json_t *state; /* what was read: place, call, parameters -> {"replies", "code", "message"} */
    /* Several targets are looked at side by side: what a read lacks is only noted here, to be asked
       with what the others lack, and the read fails for now. NULL: it is asked at once. */
    struct wanted *wanted;
};

/* Where bytes are kept as files of the evidence. */
struct keeping {
    struct ledger *ledger;
    struct outputs *outputs;
    int64_t plan; /* its entry of the ledger */
};

/* MAYBE: a plain name, which several kinds of things may have. */
enum claim { CLAIM_NO, CLAIM_MAYBE, CLAIM_YES };

struct action {
    const char *name;    /* "user" */
    const char *summary; /* one line for help: what it does, in order */
    const char *undone;  /* how it is taken back, and what is not */
    const char *not_covered;
    const char *const *levels; /* NULL-terminated, the first is the default; NULL: one way only */
    bool regional;
    bool destroys; /* %eradicate only */
    /* Whether the text is one of these, told from its form; fills name, part, account, arn. */
    enum claim (*claims)(const char *text, struct arena *arena, struct suspect *out);
    /* Reads name, arn and unique_id of the suspect; ERROR_NOT_FOUND lets the next action that may
       mean the text try. */
    bool (*find)(struct planning *planning, struct error *err);
    bool (*plan)(struct planning *planning, struct error *err);
    /* Once approved, before the first change: what is kept byte for byte beside the saved state.
       What cannot be had is said; false: it could not be written. NULL: nothing. */
    bool (*keep)(struct planning *planning, const struct keeping *keeping, struct error *err);
};

extern const struct action *const actions[]; /* asked in this order; NULL-terminated */
const struct action *action_find(const char *name);

/* ---- reading ---- */

struct reading {
    const char *op;
    json_t *params; /* belongs to the arena (plan_pack) */
    bool needed;    /* false: NoSuchEntity, denied... are answers too, and said in the plan */
    int pages;      /* 0: 20 */
};

/* Reads that are noted instead of asked. Belongs to the arena. */
struct wanted *wanted_new(struct arena *arena);
/* Asks all that was noted since, side by side, into `state`; *any is false where nothing was. */
bool wanted_read(struct wanted *wanted, struct aws *aws, json_t *state, struct cancel *cancel,
                 bool *any, struct error *err) ATTR_USE_RESULT;

/* All side by side, with their pages; what was read in this planning is not asked again. */
bool response_read(struct planning *planning, const struct reading *list, size_t count,
                   struct error *err) ATTR_USE_RESULT;

/* What a read said; params are borrowed. Reply of its first page, or the value at a path of it;
 * NULL where there is none. */
const json_t *state_at(const struct planning *planning, const char *op, const json_t *params,
                       const char *path);
/* AWS's error code; NULL: it was answered. */
const char *state_code(const struct planning *planning, const char *op, const json_t *params);
/* The body of an answer that is no reply (a bucket's policy); NULL: there is none. */
const char *state_body(const struct planning *planning, const char *op, const json_t *params);
const char *state_message(const struct planning *planning, const char *op, const json_t *params);
/* As if the call had been made, and answered with this one page; takes `reply`. What was really
 * read is left. */
void state_put(struct planning *planning, const char *op, const json_t *params, json_t *reply);
/* What the read of a check said, for check_holds; NULL: it was not made. */
const json_t *state_said(const struct planning *planning, const struct check *check);
/* The items of a list over all pages: belongs to the arena. */
json_t *state_list(const struct planning *planning, const char *op, const json_t *params,
                   const char *path);

/* ---- planning ---- */

struct step *response_step(struct planning *planning, const struct step *step);
void response_say(struct planning *planning, enum note kind, const char *format, ...)
    ATTR_PRINTF(3, 4);

#endif
