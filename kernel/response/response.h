/* response - from targets to a plan, from an approved plan to a contained account, and back.
 *
 * Made for one cell; all belongs to the cell's arena. %contain, %undo and %eradicate are thin: they
 * make a plan here, show it, ask, and run it. The way of a run:
 *
 *   made again and compared with what was approved -> guard held -> approval and state on the disk
 *   -> wave by wave: intents (one sync), calls side by side, outcomes
 *   -> read back until nothing differs for several polls; what somebody undid is done again
 *   -> the account as it is now compared with the account before: what the family made is contained
 *      as well, the rest is proposed -> recorded
 */
#ifndef COFFERDAM_RESPONSE_RESPONSE_H
#define COFFERDAM_RESPONSE_RESPONSE_H

#include "case/guard.h"
#include "case/session.h"
#include "job/job.h"
#include "response/action.h"

struct response;

/* How waits go by. The wall clock's unless a test brings its own. */
struct response_clock {
    /* Until `ms` are over or the analyst stops; steps the client meanwhile. */
    void (*wait)(void *state, struct aws *aws, struct cancel *cancel, int64_t ms);
    void *state;
};

/* How many times faster waits go by: 1, unless tests say otherwise. */
int64_t response_rate(void);

/* Borrowed for the life of the response. */
struct response_with {
    struct session *session;
    struct aws *aws;
    struct outputs *outputs;
    struct cancel *cancel;
    struct arena *arena;
    const struct response_clock *clock; /* NULL: real time */
};
struct response *response_new(const struct response_with *with, struct error *err);

/* As whom a job asks another account: what %set accounts maps it to. False: nothing. Texts belong
 * to the arena, the account is borrowed. */
bool response_as(const struct response *response, const char *account, struct job_as *out);

/* Something to contain that nobody typed: of a family, or that an attacker made meanwhile. */
struct response_found {
    const char *text;    /* as a target is written: "user/alice" */
    const char *account; /* NULL: the caller's */
    const char *region;
    const char *why;   /* "made by AKIA... at 10:12" */
    const char *level; /* NULL: the action's first */
};

struct response_request {
    const char *const *targets;
    size_t target_count;
    const struct response_found *found;
    size_t found_count;
    const char *level;   /* NULL: the action's first */
    const char *account; /* of targets that do not say; NULL: the caller's */
    const char *region;
    const char *const *overrides; /* principals in full that may be contained although they are
                                     protected */
    size_t override_count;
    int64_t decision;
    json_t *wishes; /* what else is asked of the targets' actions; NULL: nothing */
    bool destroys;  /* %eradicate */
};

/* The account of the chain's own credentials; NULL: nobody was asked yet. */
const char *response_account(const struct response *response);

/* Reads what there is and plans. ERROR_REFUSED for what must never be contained. */
bool response_plan(struct response *response, const struct response_request *request,
                   struct plan **out, struct error *err) ATTR_USE_RESULT;

/* Writes the plan to the ledger: gives number and id, by which it can be approved. */
bool response_keep(struct response *response, struct plan *plan, struct error *err) ATTR_USE_RESULT;
/* The plan of that id, as it was kept: ERROR_NOT_FOUND, or ERROR_DATA where it was changed since.
 */
bool response_kept(struct response *response, const char *id, struct plan **out,
                   struct error *err) ATTR_USE_RESULT;

struct run_report {
    struct plan *plan;    /* as it was carried out, with what became of each step */
    int64_t action;       /* its number in the case: %undo N; 0: nothing was done */
    int64_t stable_ms;    /* read back unchanged for so long */
    int64_t began, ended; /* server's time of the first and last change; 0: none */
    bool stopped;         /* by the analyst */
    struct error why;     /* it ended in between for this reason; no kind: it did not */
    bool unstable;        /* it went on changing as long as it was looked at */
    size_t failed, unknown;
    const struct response_found *proposed; /* new in the account, not provably the family's */
    size_t proposed_count;
};

/* How it was approved: "typed" with the answer, or "--yes" with the id. */
struct approval {
    const char *how, *words;
};

/* Carries out what was approved: it is made again first, and refused where it is another one by
 * now. True also where steps failed: the report says so. */
struct run_request {
    const struct plan *approved;
    json_t *lawful; /* as it is now; NULL: not known */
    struct approval approval;
};
bool response_run(struct response *response, const struct run_request *run,
                  struct run_report *report, struct error *err) ATTR_USE_RESULT;

/* ---- back ---- */

struct undo_request {
    const char *action; /* a plan's id or number; NULL: the last that is not taken back yet */
    const char *const *restore; /* credentials and principals that get access again */
    size_t restore_count;
    bool changed;     /* also what somebody changed since */
    int64_t decision; /* that it carries out; 0: none */
    /* Asks about one of these: *put_back over it, or not. False: stopped. NULL: nobody is asked. */
    bool (*over)(void *state, const struct difference *difference, bool *put_back,
                 struct error *err);
    void *state;
};
/* A plan that leads back to the saved state. */
bool response_undo(struct response *response, const struct undo_request *request, struct plan **out,
                   struct error *err) ATTR_USE_RESULT;
/* The plan that was carried out, for its commands. */
bool response_done(struct response *response, const char *action, struct plan **out,
                   struct error *err) ATTR_USE_RESULT;

/* ---- in words ---- */

struct prose;
void response_say_plan(const struct plan *plan, struct prose *prose);
void response_say_report(const struct run_report *report, struct prose *prose);
/* The commands of AWS's command line for the steps (`inverse`: for taking them back, last first).
 * Belongs to the arena. */
const char *response_commands(const struct plan *plan, bool inverse, struct arena *arena);

#endif
