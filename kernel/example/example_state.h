/* example_state - what the files of the training incident share; only example*.c include it. */
#ifndef COFFERDAM_EXAMPLE_EXAMPLE_STATE_H
#define COFFERDAM_EXAMPLE_EXAMPLE_STATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "example/example.h"

#define EXAMPLE_DAYS 8
#define EXAMPLE_ACCOUNTS 4
#define EXAMPLE_REGIONS 3
#define EXAMPLE_PEOPLE 60
#define EXAMPLE_SLOTS                                                                              \
    (EXAMPLE_ACCOUNTS * (EXAMPLE_REGIONS + 1) * EXAMPLE_DAYS * 4) /* one file per six hours */
#define EXAMPLE_BEGIN INT64_C(1772409600000000) /* 2026-03-02T00:00:00Z, a Monday */
#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Somebody or something that calls AWS. */
struct person {
    char name[40];
    char key[24];       /* AKIA of users; sessions get their own */
    char principal[24]; /* AIDA or AROA */
    char address[40];
    const char *agent;
    int account;
    bool role; /* calls as a session of the role `name` */
};

struct example {
    const struct example_request *request;
    struct example_report *report;
    struct arena *arena;
    uint64_t random;
    char accounts[EXAMPLE_ACCOUNTS][16];
    const char *regions[EXAMPLE_REGIONS + 1]; /* the last one is used by the attacker only */
    char organization[16];
    struct person people[EXAMPLE_PEOPLE];
    struct buf slots[EXAMPLE_SLOTS]; /* events of one file, separated by commas */
    json_t *members;                 /* of the truth: objects, in the order they were made */
    json_t *counts;                  /* credential -> {calls, failed} */
    json_t *truth;
    struct buf flows, queries;
    bool broken; /* a buffer was full */
};

/* ---- chance, the same on every machine ---- */
uint64_t chance(struct example *example);
uint64_t chance_below(struct example *example, uint64_t limit);
void chance_capitals(struct example *example, const char *prefix, size_t count,
                     char *out); /* AKIA + 16 of A-Z2-7 */
void chance_hex(struct example *example, const char *prefix, size_t count, char *out);
void chance_uuid(struct example *example, char out[static 40]);
void chance_address(struct example *example, const char *prefix, char out[static 40]);

/* ---- events ---- */

/* Who signs a call. */
struct caller {
    const char *type;    /* IAMUser, AssumedRole, AWSService, FederatedUser, Root */
    const char *name;    /* userName of users, role name of sessions */
    const char *session; /* session name of roles */
    const char *key;
    const char *principal;
    const char *service; /* AWSService: ec2.amazonaws.com */
    int account;
    bool console; /* the session came from the console: MFA as given */
    bool mfa;
};

struct event {
    struct caller caller;
    int64_t time;
    int account, region; /* that received the event */
    const char *service, *operation;
    const char *address, *agent;
    json_t *request, *response; /* stolen; NULL = null */
    const char *error, *message;
    bool data;          /* a data event */
    bool signin;        /* ConsoleLogin: eventType AwsConsoleSignIn */
    json_t *additional; /* stolen; or NULL */
    char id[40];        /* out: the event's id */
};
void event_write(struct example *example, struct event *event);
const char *caller_arn(const struct example *example, const struct caller *caller,
                       struct arena *arena);

/* ---- the parts ---- */
void company_make(struct example *example);
bool noise_write(struct example *example, struct error *err);
void network_noise(struct example *example);
void story_write(struct example *example);
/* A flow or a DNS query of an instance. */
struct traffic {
    int64_t time;
    const char *instance, *from;
    const char *to;   /* address of a flow; answer of a query, NULL = no such name */
    const char *name; /* asked for */
    int port;
    int64_t bytes;
    bool accepted;
};
void network_flow(struct example *example, const struct traffic *flow);
void network_query(struct example *example, const struct traffic *query);
bool example_files(struct example *example, struct error *err);

/* Truth: a member of the family, found again by its id. */
void truth_made(struct example *example, const char *kind, const char *id, const char *parent,
                const struct event *event);
void truth_deleted(struct example *example, const char *kind, const char *id,
                   const struct event *event);

#endif
