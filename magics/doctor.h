/* doctor - what the checks of %doctor share: the answers of AWS, asked side by side, and one line a
 * finding.
 *
 * A check reads answers and says lines; it asks nothing itself, changes nothing and cannot fail:
 * what goes wrong is a line. To add one: a row in a table of checks, and one in the table of
 * questions (magics/doctor_ask.c) for what it reads.
 */
#ifndef COFFERDAM_MAGICS_DOCTOR_H
#define COFFERDAM_MAGICS_DOCTOR_H

#include "aws/gather.h"
#include "lake/glue.h"
#include "magic.h"

enum doctor_state { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_FAILS, DOCTOR_HIDDEN };

/* What AWS is asked; in the order of the rounds. */
enum doctor_answer {
    ANSWER_IDENTITY,
    ANSWER_REGIONS,
    ANSWER_ROLE,
    ANSWER_WORKGROUP,
    ANSWER_DEFAULT,
    ANSWER_LAKE_SETTINGS,
    ANSWER_GRANTS,
    ANSWER_INVITATIONS,
    ANSWER_SHARED,
    ANSWER_LAKES,
    ANSWER_EVENTS,
    ANSWER_INSTANCES,
    ANSWER_SUMMARY,
    ANSWER_BUCKETS,
    ANSWER_BUCKET,
    ANSWER_BUCKET_OWNED,
    ANSWER_BUCKET_REGION,
    ANSWER_BUCKET_KEY,
    ANSWER_SIMULATION,
    ANSWERS
};

#define DOCTOR_KEYS 4 /* of KMS that are tried */

struct doctor_key {
    const char *id, *of; /* "arn:aws:kms:...", "the workgroup's results" */
    bool writes;         /* results are written with it */
    struct aws_gathering described, decrypt, generate;
};

struct doctor {
    struct magic_call *call;
    struct arena *arena;
    struct aws *aws;
    struct table *table;
    const char *check;         /* the running one's name */
    const char *region;        /* NULL: none is set */
    const char *account, *arn; /* the caller's; NULL: not known */
    const char *principal;     /* the user's or role's own ARN; NULL: the root user, or not known */
    const char *output;        /* s3://..., where results go; NULL: nowhere */
    const char *bucket;        /* of it */
    struct aws_gathering answers[ANSWERS];
    struct doctor_key keys[DOCTOR_KEYS];
    size_t key_count;
    struct glue glue;
    struct error glue_error; /* where Glue could not be asked */
};

struct doctor_check {
    const char *name;
    void (*run)(struct doctor *doctor);
};

/* Each ends with a row of zeros. */
extern const struct doctor_check doctor_kernel[];  /* its own traffic */
extern const struct doctor_check doctor_local[];   /* need no account */
extern const struct doctor_check doctor_account[]; /* who, where, when */
extern const struct doctor_check doctor_athena[];  /* workgroup, results, keys */
extern const struct doctor_check doctor_lake[];    /* Glue, Lake Formation, RAM, Security Lake */
extern const struct doctor_check doctor_permissions[]; /* what the kernel's calls need */

/* One line. `next` NULL: nothing is to be done. */
void doctor_say(struct doctor *doctor, enum doctor_state state, const char *next,
                const char *format, ...) ATTR_PRINTF(4, 5);
/* Whether the answer came; if not, one line that says why. */
bool doctor_has(struct doctor *doctor, const struct aws_gathering *answer);

/* ---- doctor_ask.c ---- */

/* Who asks; false: nobody, and a line has said why. */
bool doctor_ask_identity(struct doctor *doctor, struct error *err);
/* All else; false only when the analyst stops. */
bool doctor_ask(struct doctor *doctor, struct error *err);
/* The actions whose permission is simulated. */
struct doctor_need {
    const char *what;
    enum doctor_answer tried; /* a call that was really made */
    const char *actions[8];   /* NULL at the end */
};
extern const struct doctor_need doctor_needs[];
extern const size_t doctor_need_count;

#endif
