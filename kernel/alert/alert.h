/* alert - what AWS itself warns of: one list out of every service that has something to say.
 *
 * All sources and all regions are asked side by side over one client, so the whole takes as long as
 * the slowest. Each fails for itself: what could not be read is an alert of status "not visible"
 * with the reason, what was not read to its end one of status "cut". Nothing is changed, but that
 * IAM is asked to renew its credential report. Facts: the services' API references; shared
 * investigation notes, section 6. Worker thread.
 */
#ifndef COFFERDAM_ALERT_ALERT_H
#define COFFERDAM_ALERT_ALERT_H

#include "aws/aws.h"
#include "data/outputs.h"

/* What an alert's subject is where its form does not tell. */
enum alert_subject {
    ALERT_OTHER,
    ALERT_KEY,
    ALERT_USER,
    ALERT_ROLE,
    ALERT_INSTANCE,
    ALERT_BUCKET,
    ALERT_SUBJECTS
};

/* Texts are AWS's (and by way of names an attacker's), at most ALERT_TEXT bytes; NULL: not said. */
#define ALERT_TEXT 1000
struct alert {
    struct alert *next;
    int64_t time;         /* UTC microseconds; 0: it holds now, since when is not said */
    const char *source;   /* as --source names it */
    const char *severity; /* "critical", "high", "medium", "low" */
    const char *account, *region;
    const char *what;
    enum alert_subject kind;
    const char *subject; /* access key, user, role, instance, bucket, or whatever it is about */
    const char *id;      /* the service's own */
    const char *status;  /* "open", "new", "archived"...; "not visible", "cut" */
    const char *then;    /* the magic to run next; NULL: by the subject */
};

struct alerts_request {
    struct aws *aws;
    struct cancel *cancel;
    struct outputs *outputs; /* for the progress; NULL: none is shown */
    const char *source;      /* only this one; NULL: all */
    const char *region; /* the only one that regional sources are asked in; NULL: all enabled */
    int64_t since;      /* 0: all; alerts without a time hold now and stay */
    bool all;           /* archived, resolved and suppressed ones too */
};

/* Belongs to the arena. */
struct alerts {
    struct alert *first;  /* in no order */
    size_t count;         /* without those that are "not visible" or "cut" */
    const char *account;  /* that was asked */
    size_t regions;       /* in which regional sources were asked */
    size_t seen;          /* sources read, wholly or in part */
    size_t partly, blind; /* sources of which some region or call, or everything, is not visible */
};

/* Names of sources for completion, NULL at the end. */
extern const char *const alert_source_names[];

/* Fails where nothing can be asked at all: no credentials, ended ones, no region, no network; or by
 * a stop. */
bool alerts_ask(const struct alerts_request *request, struct arena *arena, struct alerts *out,
                struct error *err) ATTR_USE_RESULT;

#endif
