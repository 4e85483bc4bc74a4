/* watch - the silence after a containment: whether those who were contained still act, and whether
 * what contains them stays in place. A job (jobs thread); it reads only, and goes on in a later
 * kernel.
 *
 * Three things are read again and again: CloudTrail's API in each region (LookupEvents, at its
 * pace), the live state of everything that the containment put in place, and how far the trail can
 * be believed. The horizon of a region is the earlier of 15 minutes ago and our own latest call
 * that is seen there: an estimate. The watch ends when every region's horizon has passed the asked
 * time; what could not be read is said and keeps it from being called silent.
 */
#ifndef COFFERDAM_RESPONSE_WATCH_H
#define COFFERDAM_RESPONSE_WATCH_H

#include "job/job.h"
#include "response/response.h"

struct access;

enum verdict {
    VERDICT_SILENT,
    VERDICT_UNPROVEN, /* nothing was seen, and not all could be */
    VERDICT_ALIVE,    /* somebody tries, and is denied */
    VERDICT_BROKEN,   /* the containment does not hold */
    VERDICTS
};
const char *watch_verdict_name(enum verdict verdict); /* in the ledger: "not proven" */

/* What the ledger says is contained and not taken back, or what somebody named. */
struct watching {
    struct plan *plan; /* its suspects are watched; its steps are what has to stay as it is */
    json_t *targets;   /* by suspect: {"words", "plan", "since", "after", "cut_off"} */
    json_t *unseen;    /* who cannot be watched: [{"what", "why"}] */
    json_t *beside;    /* what contains as well and is not looked at: the same */
    const struct access *access; /* of the account that is watched */
};

struct watch_request {
    const char *const *targets; /* none: all that is contained */
    size_t target_count;
    const char *account; /* of targets that do not say it; with none given: only its own */
    const char *region;
    const char *home; /* the account that is watched; NULL: the chain's own */
    bool first;       /* of several watches: this one says who cannot be watched */
    bool others;      /* there are others: one with no suspects is no error */
    int64_t since;    /* UTC microseconds; 0: each target's first change */
};

/* Reads the ledger, and AWS for what it does not know. ERROR_NOT_FOUND where there is nothing to
 * watch. */
bool watch_find(struct response *response, const struct watch_request *request,
                struct watching *out, struct error *err) ATTR_USE_RESULT;

/* Where and how long. Regions are borrowed. */
struct watch_span {
    const char *const *regions;
    size_t region_count;
    const char *gap; /* why these are not all regions; NULL: they are */
    int64_t asked;   /* microseconds */
};

/* The accounts whose watches a request asks for: the chain's own, then those of what is contained
 * that %set accounts leads to: a job asks one. Belong to the arena. */
bool watch_accounts(struct response *response, const struct watch_request *request,
                    const char ***out, size_t *count, struct error *err) ATTR_USE_RESULT;

/* The enabled regions of a watched account that is not the chain's own: false where they are not
 * told. Belongs to the arena. */
bool watch_regions(struct response *response, const struct watching *watching,
                   struct watch_span *out, struct error *err) ATTR_USE_RESULT;

/* The job's order: belongs to the arena. */
bool watch_order(struct response *response, const struct watching *watching,
                 const struct watch_span *span, json_t **out, struct error *err) ATTR_USE_RESULT;

/* ---- the job (magics/watching.c has its row, since a lake is asked at its end) ---- */

bool watch_begin(struct job *job, struct error *err);
enum job_step watch_step(struct job *job, struct error *err);
void watch_stop(struct job *job);
void watch_end(struct job *job);

/* What a lake is asked at the end, worker thread: calls of a key, of a user or of the sessions of a
 * role (its ARN). Belongs to the arena. */
struct watch_subject {
    enum { SUBJECT_KEY, SUBJECT_USER, SUBJECT_ROLE } kind;
    const char *id;
    size_t target;
};
size_t watch_subjects(const struct job *job, struct arena *arena, struct watch_subject **out);
/* From when to when, and in which account. */
void watch_window(const struct job *job, int64_t *since, int64_t *until, const char **account);
/* A call of a subject, with the members of an event of CloudTrail; known ones count once. */
void watch_add(struct job *job, const struct watch_subject *subject, const json_t *record);
/* How far a lake was read, in words; the job's arena's. Without it: that none was. */
void watch_read_lake(struct job *job, const char *words);

/* What is known by now is what is shown and recorded. */
bool watch_commit(struct job *job, struct job_commit *commit, struct error *err);

#endif
