/* job - what outlives a cell: a query in the background, a watch, a snapshot that is followed.
 *
 * A job is a kind (a const row with a state machine) and an order (JSON). A magic hands the order
 * to the desk of its call; from then on the job belongs to the jobs thread, which begins and steps
 * it beside all others: a step never waits, and touches nothing of the session. What came belongs
 * to the worker again, which commits it between two cells. Each function says its thread.
 *
 * CASE/jobs/N.json holds order, notes and state of job N: a kernel of the case that begins later
 * takes up what was under way (`resumes`), or says that it ended. CASE/jobs/N.lock is held by the
 * kernel that has it.
 */
#ifndef COFFERDAM_JOB_JOB_H
#define COFFERDAM_JOB_JOB_H

#include "aws/aws.h"
#include "data/render.h"

#define JOB_MOST 16 /* under way at once */
#define JOB_LINE_SIZE 1000

struct cancel;
struct session;
struct job;

enum job_step { JOB_WAITS, JOB_DONE, JOB_FAILED };

enum job_state {
    JOB_RUNNING,
    JOB_STOPPING, /* the analyst has asked for it */
    JOB_CAME,     /* what came is not committed yet */
    JOB_ENDED,    /* done */
    JOB_BROKE,    /* failed */
    JOB_STOPPED,
    JOB_LEFT, /* its kernel ended, and it could not be taken up */
    JOB_STATES
};
const char *job_state_name(enum job_state state); /* "running" */

/* What a commit has at hand. Worker thread. */
struct job_commit {
    struct session *session;
    struct cancel *cancel;
    struct arena *arena;
    const char *name;    /* what a result is kept as: "_12", after a restart "job_3" */
    struct bundle shown; /* out: takes the place of the job's line; none: the line stays */
    bool stopped;        /* out: what is committed is what there was when it was stopped */
};

struct job_kind {
    const char *name; /* in the files of the case, so it stays: "athena" */
    const char *noun; /* "Athena query" */
    bool resumes;     /* a later kernel begins it again from its order and notes; at the end of this
                         one it is left where it is */
    /* Jobs thread. What they allocate is the job's arena's; err is the job's. */
    bool (*begin)(struct job *job, struct error *err);
    enum job_step (*step)(struct job *job, struct error *err);
    void (*stop)(struct job *job); /* begins to stop it, step goes on to the end; NULL: it may be
                                      ended as it is */
    void (*end)(struct job *job);  /* exactly once, whatever its state; at once; may be NULL */
    /* Worker thread, after JOB_DONE; again after ERROR_INTERRUPTED. NULL: nothing to commit */
    bool (*commit)(struct job *job, struct job_commit *commit, struct error *err);
    void (*forget)(struct job *job); /* worker thread: files that nobody will commit; may be NULL */
};

extern const struct job_kind *const job_kinds[]; /* magics/jobs.c; NULL-terminated */
const struct job_kind *job_kind_named(const char *name);

/* Two clocks, so that a test need not wait. */
struct job_clock {
    int64_t (*now)(void *state);       /* UTC microseconds */
    int64_t (*monotonic)(void *state); /* microseconds, for durations */
    void *state;
};
extern const struct job_clock job_clock; /* the machine's */

/* As whom AWS is asked. */
struct job_as {
    const char *profile; /* NULL: in an order as the session, in a job as the environment says */
    const char *role;    /* ARN, assumed with the profile's credentials; NULL: none */
    const char *account; /* of no other one are credentials used; NULL: of any */
};

struct job {
    /* a kind reads these */
    const struct job_kind *kind;
    struct arena *arena; /* secret; as old as the job, which lies in it */
    int64_t number;      /* within the case, 1 and up */
    int64_t cell;        /* execution count; 0: taken up from an earlier kernel */
    int64_t begun;       /* UTC microseconds */
    const char *title;   /* of the magic: "SELECT ..." */
    const json_t *order;
    json_t *notes;               /* an object: what job_note wrote, also of an earlier kernel */
    const char *folder;          /* of the case */
    const char *exports;         /* files that the embedded engine may read */
    struct job_as as;            /* of `aws` */
    struct aws_keyring *keyring; /* of the profile; a reference of its own; NULL: one is made */
    const char *region;
    void *carry;     /* what cannot be written: a connection with its password; the kind's */
    struct aws *aws; /* shared with other jobs; its calls wait for nobody, and change nothing */
    const struct job_clock *clock;
    /* a kind sets these */
    void *state;
    int64_t due; /* monotonic: the next step although nothing came; 0: none */
    int fd;      /* readable: a step; besides the client's own; -1: none */
    /* of the thread that has it */
    struct error error;
    enum job_state progress;
    char line[JOB_LINE_SIZE];
    struct bundle shown; /* NULL data: the line */
    bool changed;        /* line or bundle: not told yet */
    int lock;            /* descriptor; -1: none */
    const char *display; /* the outputs that show it */
};

/* Its last line: plain text of any bytes. */
void job_say(struct job *job, const char *format, ...) ATTR_PRINTF(2, 3);
/* More than a line: the bundle's objects are the job's arena's. */
void job_show(struct job *job, struct bundle bundle);
/* Keeps a value (a new reference) for a later kernel; on the disk when this returns. */
bool job_note(struct job *job, const char *name, json_t *value, struct error *err);

/* Title, since when, state and the line, or what it shows. */
struct bundle job_bundle(const struct job *job, struct arena *arena);

/* ---- the desk: what a magic has in its cell (worker thread) ---- */

struct job_order {
    const struct job_kind *kind;
    const char *title;
    const json_t *order; /* borrowed */
    const char *region;  /* where AWS is asked; NULL: the client's */
    struct job_as as;    /* borrowed */
    void *carry;         /* taken, also when it fails: then carry_free frees it */
    void (*carry_free)(void *carry);
};

/* One line of %jobs; texts are borrowed until the next call of the desk. */
struct job_view {
    int64_t number, cell, begun;
    const char *noun, *title, *line;
    enum job_state state;
};

struct job_desk {
    /* Its display is shown in the cell at once, and replaced from then on. */
    bool (*begin)(void *state, const struct job_order *order, int64_t *number, struct error *err);
    size_t (*list)(void *state, const struct job_view **views);
    /* The views' index of a number; ERROR_NOT_FOUND. */
    bool (*stop)(void *state, int64_t number, struct error *err);
    /* Shows a job's display in this cell as well. */
    bool (*show)(void *state, int64_t number, struct error *err);
    /* Until it has ended and is committed (0: all), or monotonic `until` (0: never), then
     * ERROR_LIMIT; or the cell is stopped. */
    bool (*wait)(void *state, int64_t number, int64_t until, struct error *err);
    void *state;
};

#endif
