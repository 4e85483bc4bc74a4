/* question - the named questions of an investigation, one const row each, over whichever table
 * version and engine is at hand.
 *
 * The SQL of a row is written in names of meaning ({key}, {operation}, {request:$.bucketName},
 * {window}) that the field map turns into the columns of the table version and the functions of the
 * engine. Values are bound, never pasted.
 */
#ifndef COFFERDAM_QUESTION_QUESTION_H
#define COFFERDAM_QUESTION_QUESTION_H

#include "case/results.h"
#include "lake/lake.h"
#include "question/place.h"

/* What a target is: told from its form (AKIA..., 1.2.3.4, i-..., arn:...) or by the question. */
enum target_kind {
    TARGET_NONE,
    TARGET_KEY,
    TARGET_USER,
    TARGET_ROLE,
    TARGET_ADDRESS,
    TARGET_INSTANCE,
    TARGET_BUCKET,
    TARGET_EVENT,
    TARGET_ANY,
    TARGET_KINDS
};

struct question {
    const char *id;      /* "Q01" */
    const char *name;    /* "key", "persistence", "log-tampering": what is typed */
    const char *summary; /* one line: "everything an access key did" */
    const char *why;     /* a sentence for the analyst: when to ask it, what to look at */
    const char *view;    /* table it reads: "cloudtrail"; others are named in its SQL */
    enum target_kind target;
    bool target_required;
    bool pivot; /* prints the summary in words first */
    const char *sql;
    const char *then; /* "name AS (...) SELECT ...", asked of the embedded engine over what `sql`
                         answered, question_rows; NULL: that is the answer */
};
const struct question *
question_at(size_t index); /* in the order of the list; NULL after the last */
const struct question *question_find(const char *name); /* by name or id; NULL */
enum target_kind target_kind_of(const char *text);
const char *target_kind_name(enum target_kind kind); /* "access key" */

struct question_request {
    const struct question *question;
    const char *target;   /* or NULL */
    const char *family;   /* a kept result of %trace: the question is asked about all its members;
                             NULL: none */
    int64_t since, until; /* 0 = the settings', else all */
    const char *account, *region;
    int64_t limit;
    const char *into, *save;
    bool unkept; /* rows only: neither _ nor _N is touched */
    int line;    /* of the cell */
    struct question_place place;
};

/* Whether the question can be asked of this target at all: before anything is fetched for it. */
bool question_check(const struct question_request *request, struct error *err) ATTR_USE_RESULT;

/* Asks and shows: summary in words for pivots, rows, and in words whether no rows means "did not
   happen" or "cannot be seen" (window outside the data, source not in the lake). */
bool question_ask(struct session *session, const struct question_request *request,
                  struct outputs *outputs, struct cancel *cancel, struct arena *arena,
                  struct result *out, struct error *err) ATTR_USE_RESULT;

#endif
