/* plan - what is going to be done, as data: the calls in their order, how each is proved and taken
 * back, and what an analyst must know before saying yes.
 *
 * The words that are approved, the dry run, the run itself, %undo, the commands that are printed
 * and what happens after a crash all come from one list of steps. A step is a state to be reached:
 * its check reads whether it holds, its call reaches it, its inverse leads back to what was saved.
 * So a plan made twice does nothing the second time, and what somebody undid is done again.
 *
 * A plan is a JSON object once it is written (plan_json); its id is its number in the case and the
 * head of the SHA-256 of what is approved. All belongs to the arena: JSON values are made with
 * plan_pack or tied to it with json_own.
 */
#ifndef COFFERDAM_RESPONSE_PLAN_H
#define COFFERDAM_RESPONSE_PLAN_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

struct action;

/* The order. Calls of one wave are under way side by side; the next begins when all have their
 * answer. waves[] in plan.c says what is different about each. */
enum wave {
    WAVE_MAKE,     /* what the fence is made of */
    WAVE_FENCE,    /* an SCP, which nobody in the account can take back */
    WAVE_DENY,     /* every deny at once */
    WAVE_DISABLE,  /* keys and other credentials, trusts */
    WAVE_ROOM,     /* what has to give way before the next wave can be asked for */
    WAVE_PROTECT,  /* an instance: against termination, scaling, load balancers */
    WAVE_PRESERVE, /* evidence, accepted before anything is cut off */
    WAVE_PREPARE,  /* what the next waves need: verified before they begin */
    WAVE_FURNISH,  /* and what is put into it, likewise */
    WAVE_UNTRACK,  /* the first swap of an isolation */
    WAVE_ISOLATE,  /* the second: never separated from the first */
    WAVE_REST,
    WAVE_TAG, /* what people read: behind all else, when nothing changes any more */
    WAVES
};
/* Where the inverse of a step of this wave has its place: the order backwards, tags last. */
enum wave wave_back(enum wave wave);

struct wave_row {
    const char *name;  /* "deny" */
    const char *words; /* "deny everything" */
    bool verified;     /* every step's check has to hold before the next wave */
    bool joined;       /* no stop between the wave before and this one, once that was begun */
};
extern const struct wave_row waves[WAVES];

/* How a value is compared with what it has to be. */
enum match {
    CHECK_SAME,   /* the same; of a list: the same texts in any order */
    CHECK_ONE_OF, /* one of the list's texts */
    CHECK_ALL,    /* the values at `path` of all items are the list's texts, in any order */
    CHECK_HAS,    /* an item has all members of the object, as texts; no matter what else */
    CHECK_TAGS,   /* at `list` are tags (by `key` their names, at `path` what they say; key NULL: an
                     object of them): those of the object `want`, null for whatever they say;
                     absent: none of these names */
};

/* A read and what it has to show. Where there are several conditions all must hold.
 *
 * "In ListAccessKeys of alice the item whose AccessKeyId is AKIA... has the Status Inactive":
 *   {.op = "iam:ListAccessKeys", .params = {"UserName": "alice"}, .list = "AccessKeyMetadata",
 *    .key = "AccessKeyId", .id = "AKIA...", .path = "Status", .want = "Inactive"} */
struct check {
    const char *op; /* NULL: nothing can be read; the call's answer is all there is */
    json_t *params;
    const char *list, *key, *id; /* NULL: the reply itself */
    const char *path;            /* a value of the item; NULL: that there is one */
    json_t *want; /* a text; a list: these values in any order, no others; an object: a policy,
                     compared as JSON however the reply writes it */
    enum match match;
    bool absent; /* there has to be none: no such item, value or entity */
};

enum step_flag {
    STEP_NEEDED = 1,   /* the run stops when it fails */
    STEP_EXTENDS = 2,  /* one more credential of a target: does not make an approved plan void */
    STEP_ACCESS = 4,   /* its undo gives access back to a credential under suspicion */
    STEP_OPTIONAL = 8, /* that it fails is said, the plan counts as done */
    STEP_PASSAGE = 64, /* it leads through a state that does not last: only its own call counts */
    STEP_ONCE = 16,    /* it makes something: never sent again in a run, whatever its check says */
};

/* What became of a step. */
enum outcome {
    OUTCOME_NONE,    /* not begun */
    OUTCOME_HELD,    /* it was so already */
    OUTCOME_SENT,    /* done as AWS says, not read back yet */
    OUTCOME_DONE,    /* done and read back */
    OUTCOME_FAILED,  /* AWS refused */
    OUTCOME_UNKNOWN, /* sent, no answer, not read back yet */
    OUTCOMES
};
extern const char *const outcome_names[OUTCOMES];

/* One call. `params` may hold {"$of": STEP, "path": PATH} (plan_of): a value of an earlier step's
 * answer, filled in when that is there. The same in the check and the inverse. */
struct step {
    const char *id; /* "deny"; the plan puts the target's number before it: "1.deny" */
    enum wave wave;
    const char *words; /* "deny everything to user alice": what, for whom */
    const char *op;
    json_t *params;
    const char *account, *region; /* NULL: the target's */
    struct check check;
    unsigned flags;         /* of enum step_flag */
    int64_t after_ms;       /* waited before the call, since the wave before */
    const char *credential; /* with STEP_ACCESS: what gets access back ("AKIA...") */
    /* The inverse; op NULL: there is none, and `why` says so. */
    struct {
        const char *op;
        json_t *params;
        struct check check;
        const char *words; /* "take the deny away" */
        bool late;         /* behind all other inverses, not in the order backwards */
    } undo;
    const char *why;
    const char *otherwise; /* what an analyst may do where it fails; NULL: nothing special */
    /* set by the plan and the run */
    size_t suspect; /* whose */
    bool held;      /* the check holds, as last read */
    enum outcome outcome;
    const char *problem; /* of FAILED and UNKNOWN; NULL: none */
    const char *code;    /* AWS's, of FAILED; NULL: none */
    int64_t tries;       /* calls sent; above 1: somebody undid it, or it failed before */
    int64_t server_time; /* of the last answer, Unix microseconds; 0: none */
    struct step *next;
};

enum note {
    NOTE_BREAKS,      /* who and what stops working */
    NOTE_SAVED,       /* what is saved before */
    NOTE_NOT_UNDONE,  /* what cannot be taken back */
    NOTE_NOT_COVERED, /* what the target can still do, or what was not looked at */
    NOTE_BY_HAND,     /* what a person has to do: a policy to apply, an owner to call */
    NOTE_NEXT,        /* a cell to run next */
    NOTES
};

struct plan_note {
    enum note kind;
    size_t suspect;
    const char *text;
    struct plan_note *next;
};

/* Undo: one thing that was done, as it was before, as it is now, as it will be. */
struct difference {
    size_t suspect;
    const char *step; /* its id: "1.deny" */
    const char *words;
    const char *saved; /* before the containment; NULL: not known */
    const char *now, *becomes;
    bool foreign; /* somebody else changed it since */
    struct difference *next;
};

/* What is contained. */
struct suspect {
    const struct action *action;
    const char *given; /* as it was typed, or found */
    const char *level; /* one of the action's levels, or NULL */
    const char *account, *region;
    const char *name;            /* user, role, group, instance, bucket... */
    const char *part;            /* of it: a key, a session's name, an instance's id; or NULL */
    const char *arn, *unique_id; /* as AWS has them; ids tell a target from one of the same name
                                    made later */
    const char
        *found; /* why it is in the plan although nobody typed it: "made by AKIA..."; or NULL */
    const char *contained; /* NULL; or why it is not: "no access to account 2222..." */
    json_t *wishes;        /* what else was asked for, in the action's own words; NULL: nothing */
    bool gone;             /* it is not there any more */
    bool returns;          /* what was taken back from it came again */
    bool missed;           /* it was there a moment ago: renamed while it was looked at */
    size_t number;         /* 1-based */
    struct suspect *next;
};

enum plan_kind { PLAN_CONTAIN, PLAN_UNDO, PLAN_ERADICATE, PLAN_KINDS };
extern const char *const plan_kind_names[PLAN_KINDS];

struct plan {
    struct arena *arena;
    enum plan_kind kind;
    int64_t number;      /* in the case; 0: not given yet */
    const char *id;      /* "3-9f2c41d07a3b"; NULL: not given yet */
    int64_t entry;       /* of the ledger; 0: not kept */
    int64_t made;        /* UTC microseconds */
    const char *cut_off; /* sessions begun before it end: ISO 8601; as late as the run begins */
    json_t *callers;     /* account -> ARN of who acts there */
    json_t *lawful;      /* who uses the targets lawfully: [{"who", "words"}]; NULL: not
                            known */
    const char *unknown; /* why it is not known */
    json_t *overrides;   /* protected principals that are meant all the same: ARNs */
    bool running;        /* made in the middle of a run: what is not found is missed, no error */
    const char *of;      /* undo: the action that is taken back */
    struct difference *differences, *last_difference;
    size_t stays;        /* undo: what could be taken back, and is not */
    int64_t decision;    /* 0: none */
    const char *decided; /* what it says: "\"Contain now?\": yes, by Ada"; NULL: none */
    struct suspect *suspects, *last_suspect;
    struct step *steps, *last_step;
    struct plan_note *notes, *last_note;
    size_t suspect_count, step_count;
    json_t *calls; /* what is planned, so that two targets do not plan one call twice */
};

struct plan *plan_new(struct arena *arena, enum plan_kind kind);
/* Copies; returns the kept one with its number. */
struct suspect *plan_suspect(struct plan *plan, const struct suspect *suspect);
/* Copies texts, takes references; NULL as account or region becomes the suspect's. A call that is
 * planned already is given back instead. */
struct step *plan_step(struct plan *plan, const struct suspect *suspect, const struct step *step);
struct step *plan_find(const struct plan *plan, const char *id);
/* NULL: the plan has none of this number. */
struct suspect *plan_whose(const struct plan *plan, size_t number);
/* The suspect has another name now: `member` ("UserName") of the calls of its steps says it. */
void plan_rename(struct plan *plan, struct suspect *suspect, const char *member, const char *name);
void plan_say(struct plan *plan, const struct suspect *suspect, enum note kind, const char *format,
              ...) ATTR_PRINTF(4, 5);
/* Copies texts. */
void plan_differ(struct plan *plan, const struct difference *difference);
const struct difference *plan_difference(const struct plan *plan, const char *step);
/* Steps that do not hold yet. */
size_t plan_open(const struct plan *plan);

/* json_pack of the arena: {s:s} of "UserName", "alice". Texts that are no UTF-8 give an empty text.
 */
json_t *plan_pack(struct arena *arena, const char *format, ...);
/* {"$of": "1.untrack", "path": "groupId"}. `id` without the target's number. */
json_t *plan_of(struct plan *plan, const struct suspect *suspect, const char *id, const char *path);
/* The same of an item of a list: "of the answer's snapshotSet the item whose volumeId is vol-1, its
 * snapshotId". */
struct plan_item {
    const char *step, *list, *key, *id, *path;
};
json_t *plan_of_item(struct plan *plan, const struct suspect *suspect,
                     const struct plan_item *item);
/* NULL stays NULL. The value with what earlier answers say filled in (answers: step id -> reply); a
 * new reference. ERROR_INTERNAL with the step that has no answer. */
json_t *plan_fill(json_t *value, const json_t *answers, struct error *err);

/* Fills check and inverse of a step with what is answered by now. */
void plan_answer(struct step *step, const json_t *answers, struct arena *arena);

/* The written form: a new reference; and back. */
json_t *plan_json(const struct plan *plan);
struct plan *plan_read(const json_t *written, struct arena *arena, struct error *err);

/* SHA-256 over what an analyst approves: callers, targets with their unique ids, calls, lawful use.
 * `out` has room for HASH_HEX_SIZE. */
void plan_hash(const struct plan *plan, char *out);
/* Gives number and id. */
void plan_name(struct plan *plan, int64_t number);
/* Whether `now` may be done under what was approved as `then`: ERROR_REFUSED says what is
 * different. More credentials of the same targets are no difference (STEP_EXTENDS). */
bool plan_still(const struct plan *then, const struct plan *now, struct error *err);

#endif
