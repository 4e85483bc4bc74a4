/* client - what the files of the client share; nobody else includes it. */
#ifndef COFFERDAM_AWS_CLIENT_H
#define COFFERDAM_AWS_CLIENT_H

#include "aws/aws.h"
#include "aws/endpoint.h"
#include "aws/keyring.h"
#include "aws/profile.h"
#include "aws/reply.h"
#include "aws/request.h"
#include "aws/sigv4.h"
#include "net/http.h"

struct aws {
    struct aws_settings settings;
    struct aws_guard guard;
    struct aws_asker asker;
    struct arena *arena; /* secret; the files and settings */
    const char *profile;
    struct aws_profiles profiles;
    bool profiles_read;
    const char *region;       /* resolved, NULL: not yet */
    const char *own_instance; /* NULL: not asked yet; "": none */
    struct http *http;        /* NULL until the first request */
    struct sigv4 *sigv4;
    struct xml *xml;
    struct aws_keyring *keyring;
    struct arena *credentials_arena; /* secret; a copy of the keyring's; NULL: none yet */
    struct aws_credentials credentials;
    uint64_t generation; /* of the copy */
    bool patient;        /* its calls wait for credentials, it does not */
    int64_t skew;        /* microseconds */
    int64_t offset;      /* as of the last answer's Date */
    bool offset_known;
    int retry_quota;                /* what retries may still cost */
    void (*alongside)(void *state); /* NULL: nothing */
    void *alongside_state;
    struct aws_call *first;
};

struct aws_call {
    struct aws *aws;
    struct aws_call *next;
    struct arena *arena; /* secret */
    const struct aws_op *op;
    struct aws_asking asking;
    struct aws_credentials credentials; /* copied; none for an unsigned call */
    const char *region;
    struct aws_endpoint endpoint;
    struct aws_request request;
    struct http_transfer *transfer; /* NULL: waiting for `again` */
    int64_t again;                  /* monotonic microseconds */
    int retry_cost;
    bool permitted; /* a change that the guard let through and has not heard of since */
    int64_t permission;
    bool waiting; /* for credentials */
    bool done, ok, skew_tried, region_tried;
    json_t *reply;
    struct error error;
    struct aws_facts facts;
};

/* ---- call.c ---- */

/* "NextToken=nextToken": the reply's value into the next request; false at the last page. */
bool aws_turn(const struct aws_op *op, const json_t *reply, json_t *params);

/* ---- change.c: what the guard permits and hears ---- */

bool change_refuse(const struct aws_op *op, struct error *err); /* always false */
bool change_permit(struct aws_call *call, struct error *err);
void change_report(struct aws_call *call);   /* once for each change that was permitted */
void change_given_up(struct aws_call *call); /* it ends before its end is known */

/* ---- config.c: what the environment and the files say ---- */

bool config_read(struct aws *aws, struct error *err); /* once */
/* The first that is set: the variable (NULL: none), the profile's key. */
const char *config_value(const struct aws *aws, const char *variable, const char *key);
bool config_is_true(const struct aws *aws, const char *variable, const char *key);
/* The profile of the settings, or the environment's. */
const char *config_profile_named(const struct aws_settings *settings);
/* Where a service is: the region given or the client's, and what overrides it. */
bool config_place(struct aws *aws, const struct aws_service *service, const char *region,
                  struct aws_place *out, struct error *err);
int config_attempts(const struct aws *aws); /* 1 to 10 */

/* ---- credentials.c ---- */

/* The credentials of a call, or call->waiting. */
bool credentials_take(struct aws_call *call, struct error *err);

/* ---- chain.c: credentials ---- */

/* What a provider works with. */
struct chain {
    struct aws *aws;
    struct arena *arena; /* secret; what is found belongs to it */
    struct cancel *cancel;
    const char *profile;
    const char *const *visited; /* profiles on the way here, NULL at the end */
};

enum chain_result { CHAIN_ABSENT, CHAIN_FOUND, CHAIN_FAILED };

enum chain_result chain_find(struct chain *chain, struct aws_credentials *out, struct error *err);
/* An HTTP request to its end, watched for a stop. */
bool chain_fetch(const struct chain *chain, const struct http_request *request,
                 struct http_reply *reply, struct error *err);
const char *chain_setting(const struct chain *chain, const char *key); /* of the profile, or NULL */
/* Four texts of a JSON object under these names, as a provider's answer: false with an error where
   key or secret is missing. */
struct chain_names {
    const char *key, *secret, *token, *expires;
};
bool chain_read(const struct chain *chain, const json_t *object, const struct chain_names *names,
                struct aws_credentials *out, struct error *err);

/* chain_host.c: what the machine gives */
enum chain_result chain_container(struct chain *, struct aws_credentials *, struct error *);
enum chain_result chain_imds(struct chain *, struct aws_credentials *, struct error *);
bool chain_imds_region(struct chain *chain, const char **region, struct error *err);
bool chain_imds_instance(struct chain *chain, const char **instance, struct error *err);
/* chain_role.c: what STS gives */
enum chain_result chain_assume_role(struct chain *, struct aws_credentials *, struct error *);
enum chain_result chain_web_identity(struct chain *, struct aws_credentials *, struct error *);
bool chain_given_role(struct chain *, struct aws_credentials *, struct error *); /* settings.role */
/* chain_sso.c: what a person has signed in for */
enum chain_result chain_sso(struct chain *, struct aws_credentials *, struct error *);
enum chain_result chain_login(struct chain *, struct aws_credentials *, struct error *);

#endif
