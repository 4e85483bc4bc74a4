/* source - what the files of this folder share: a source of alerts, and how it asks.
 *
 * To add one: a file with its `const struct alert_source`, a line in alert.c. A source begins with
 * alert_ask and gets each reply in the function it named there, which adds alerts and may ask on.
 */
#ifndef COFFERDAM_ALERT_SOURCE_H
#define COFFERDAM_ALERT_SOURCE_H

#include "alert/alert.h"
#include "aws/reply.h"

struct inquiry;

struct alert_source {
    const char *name;      /* "guardduty" */
    const char *title;     /* "GuardDuty" */
    bool regional;         /* asked in every enabled region, else once */
    int page, pages;       /* rows of a page, and how many pages are read */
    const char *otherwise; /* the magic that looks for the same in the logs */
    void (*begin)(struct inquiry *inquiry);
};

extern const struct alert_source alert_support, alert_trustedadvisor, alert_health, alert_guardduty,
    alert_securityhub, alert_quarantine, alert_credentials;

/* One source in one region. Belongs to the arena. */
struct inquiry {
    struct inquiry *next;
    struct gathering *gathering;
    const struct alert_source *source;
    const char *region; /* NULL: the client's */
    int taken;          /* alerts added */
    bool unseen;        /* something of it is not visible */
};

/* One call of it, under way or about to begin. */
struct alert_call {
    const char *op;      /* "guardduty:ListFindings" */
    json_t *params;      /* taken; NULL: none */
    const char *expects; /* member that a good reply has, for a proxy's page is no answer */
    const char *region;  /* NULL: the inquiry's */
    const json_t *about; /* what the source wants to remember; belongs to the arena */
    int64_t pause;       /* microseconds before it is sent */
    bool vital;          /* if it fails, everything does */
    int page;            /* how many came before it in its chain */
    void (*take)(struct alert_call *call, const json_t *reply);
    /* The call failed, with this code of AWS or NULL: true, having asked on perhaps, if that was to
       be expected. NULL: it never is. */
    bool (*forgive)(struct alert_call *call, const char *code, const struct error *why);

    struct inquiry *inquiry; /* from here on alert_ask's */
    struct alert_call *next;
    struct aws_call *aws;
    int64_t due; /* monotonic */
};

/* All that is under way and what came of it. */
struct gap;
struct gathering {
    const struct alerts_request *request;
    struct arena *arena;
    const char *home;    /* the client's region */
    const char *account; /* NULL: not known yet */
    struct inquiry *inquiries;
    struct alert_call *first, **last;
    size_t begun, done; /* calls */
    struct alert *alerts, **last_alert;
    struct gap *gaps;
    size_t regions;
    struct error error; /* of a vital call */
};

/* Sends it as soon as possible; the struct is copied. */
void alert_ask(struct inquiry *inquiry, const struct alert_call *call);
/* The same call again for the page that the reply names, if it does; beyond the source's last one
 * it is told that there are more. */
void alert_ask_on(const struct alert_call *call, const json_t *reply);

struct alert *alert_add(struct inquiry *inquiry);
struct alert *alert_append(struct gathering *gathering); /* of no inquiry */
/* A text for an alert: copied on one line, cut at ALERT_TEXT, NULL where there is none. */
const char *alert_text(const struct inquiry *inquiry, const char *text);
const char *alert_textf(const struct inquiry *inquiry, const char *format, ...) ATTR_PRINTF(2, 3);
/* The last part of an ARN or of "AWS::IAM::AccessKey:ASIA...": the name itself. */
const char *alert_name(const char *arn);

/* ---- gap.c: what could not be seen ---- */

/* Why, in words; equal ones of several regions become one row. */
void gap_add(struct inquiry *inquiry, const char *status, const char *why);
void gap_add_failure(struct inquiry *inquiry, const char *code, const struct error *why);
void gap_alerts(struct gathering *gathering); /* each becomes an alert */
/* "the permission x:Y is missing, or a policy denies it (AccessDenied)" */
const char *gap_reason(const struct inquiry *inquiry, const char *code, const struct error *why);

#endif
