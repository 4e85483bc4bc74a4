/* lineage - the family tree of a credential to its fixpoint: what it made, what they made in turn,
 * what was deleted by whom. */
#ifndef COFFERDAM_QUESTION_LINEAGE_H
#define COFFERDAM_QUESTION_LINEAGE_H

#include "base/cancel.h"
#include "case/results.h"
#include "lake/lake.h"
#include "question/place.h"

enum member_kind {
    MEMBER_KEY,
    MEMBER_SESSION,
    MEMBER_CONSOLE,
    MEMBER_INSTANCE_SESSION,
    MEMBER_USER,
    MEMBER_ROLE,
    MEMBER_INSTANCE,
    MEMBER_BUCKET,
    MEMBER_FUNCTION,
    MEMBER_POLICY,
    MEMBER_LOGIN,
    MEMBER_KINDS
};

struct member {
    enum member_kind kind;
    const char *id;     /* AKIA..., ASIA..., user name, role name, i-..., bucket */
    const char *owner;  /* ARN or name, or NULL */
    const char *parent; /* credential that made it; NULL for the root */
    const char *account, *region;
    const char *made_by_event;
    int64_t made_at;                           /* 0 unknown */
    const char *deleted_by, *deleted_by_event; /* NULL if it was not deleted */
    int64_t deleted_at;
    int64_t calls, failed; /* of credentials */
    int64_t first, last;   /* of its calls; 0 if none */
    int depth;             /* generations from the root */
    struct member *next;   /* in the order of time made, parents first */
};

struct lineage {
    struct member *members;
    size_t count;
    int rounds;          /* until nothing new was found */
    const char *warning; /* what may be missing: "the lake ends at ..." */
};

const char *member_kind_name(enum member_kind kind); /* "access key", "console session", ... */

struct lineage_request {
    const char *key;      /* AKIA... or ASIA... */
    int64_t since, until; /* 0 = all of the data */
    const char *into; /* the members are kept as a result too, under this name as well; or NULL */
    int64_t limit;    /* rows of `shown`; 0 = the setting */
    bool unkept;      /* the members alone: neither _ nor _N is touched */
    int line;         /* of the cell */
    struct question_place place;
};

/* At most 100,000 members, else ERROR_LIMIT. *shown is the kept result (columns kind, id, owner,
   parent, made_at, ...). Both belong to the arena. */
bool lineage_trace(struct session *session, const struct lineage_request *request,
                   struct cancel *cancel, struct arena *arena, struct lineage *out,
                   struct result *shown, struct error *err) ATTR_USE_RESULT;

#endif
