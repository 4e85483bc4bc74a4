/* aws - AWS's calls: one table, one client, JSON in and out whatever the protocol.
 *
 * A call is a row of aws/ops_*.c, named as IAM names it ("sts:GetCallerIdentity"). aws_start begins
 * it, aws_step moves all calls of the client on and never waits (aws_fd says when there is
 * something to do), so that many regions are asked side by side; aws_call is the loop for one.
 * Signing, endpoints, retries, clock skew and S3's redirects happen below. A client belongs to one
 * thread.
 *
 * Parameters and replies carry the wire's names, which are those of AWS's API references: for EC2
 * the Query API's in singular (InstanceId, Filter: [{"Name", "Value": []}]) and its replies'
 * (reservationSet), for all others the members as documented. A reply that came as XML has text for
 * every leaf; aws/reply.h reads both kinds alike.
 */
#ifndef COFFERDAM_AWS_AWS_H
#define COFFERDAM_AWS_AWS_H

#include "aws/op.h"
#include "base/arena.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/json.h"

struct aws;
struct aws_call;
struct aws_keyring;

/* As whom; texts belong to the giver. */
struct aws_credentials {
    const char *access_key_id, *secret_access_key;
    const char *session_token; /* NULL: a long-term key */
    const char *account;       /* NULL: unknown */
    const char *source;        /* where they come from, in words, for people */
    const char *behind; /* keys and roles they were got with, blanks between ("AKIA... arn:...");
                           NULL: none */
    int64_t expires;    /* Unix microseconds; 0: never */
};

/* A change that is about to be sent, or was. Texts are borrowed for the call of the guard. */
struct aws_change {
    const struct aws_op *op;
    const json_t *params;      /* as asked, before a token that `fill` names was made */
    const char *region;        /* as asked, or the client's */
    const char *access_key_id; /* of who signs; NULL: nobody does */
    int64_t permission;        /* the guard's own number, from permit to report */
};

struct aws_facts;

/* Says whether a change may be sent, and hears what became of each that it let through, exactly
 * once: also when it was given up on its way (facts->unknown). Without a guard no change is sent at
 * all: below the magics on purpose, so that one which forgets to ask cannot change anything. */
struct aws_guard {
    bool (*permit)(void *state, struct aws_change *change, struct error *err);
    void (*report)(void *state, const struct aws_change *change, const struct aws_facts *facts,
                   const json_t *reply, const struct error *err); /* err NULL: it was done */
    void *state;
};

struct aws_settings {
    const char *profile; /* NULL: AWS_PROFILE, AWS_DEFAULT_PROFILE or "default". A profile named
                            here goes before the environment's keys */
    const char *region;  /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's, IMDS's */
    struct aws_keyring *keyring; /* shared with other clients (aws/keyring.h); NULL: its own */
    const char *role;            /* ARN: assumed with what the chain gives, as AWS_ROLE_SESSION;
                                    NULL: what the chain gives is asked with */
    struct aws_keyring *base;    /* with `role`: of who assumes it; NULL: one is made each time */
    const char *account; /* whose the credentials have to be, as STS tells of them: others are not
                            used; NULL: anybody's */
};
#define AWS_ROLE_SESSION "cofferdam-response"

/* Reads nothing yet; the texts are copied. */
struct aws *aws_new(const struct aws_settings *settings);
void aws_free(struct aws *aws); /* ends its calls, wipes its secrets; NULL is allowed */
/* For a thread that must not wait: a call that has no credentials yet waits for them in its place,
 * and somebody renews the keyring (aws/keyring.h). The region must be given. */
void aws_set_patient(struct aws *aws);
bool aws_is_waiting(const struct aws *aws);                         /* a call waits so */
struct aws_keyring *aws_keyring_of(const struct aws *aws);          /* borrowed */
void aws_set_guard(struct aws *aws, const struct aws_guard *guard); /* NULL: none */
/* How the analyst is asked for an MFA code; NULL: a profile that needs one fails. The answer
 * belongs to the arena. */
struct aws_asker {
    bool (*ask)(void *state, const char *text, struct arena *arena, const char **answer,
                struct error *err);
    void *state;
};
void aws_set_asker(struct aws *aws, const struct aws_asker *asker);

/* What the environment and the files say, without asking AWS. Borrowed until the client ends. */
bool aws_region(struct aws *aws, const char **region, struct error *err);
const char *aws_profile(struct aws *aws);

/* The EC2 instance that this process runs on, as its metadata service says; "" where there is none
 * or it cannot be asked. Asked once; borrowed until the client ends. */
const char *aws_own_instance(struct aws *aws, struct cancel *cancel);

/* What requests stand on, for %doctor; texts are borrowed until the client ends, NULL: none. */
struct aws_grounds {
    const char *curl, *xml; /* the libraries' own words on their versions; NULL: not to be loaded */
    const char *ca_file;    /* authorities instead of the system's */
    const char *proxy;
    const char *endpoint; /* where all calls go instead of AWS */
};
bool aws_grounds(struct aws *aws, struct aws_grounds *out, struct error *err);

/* The credentials of the chain, found or renewed when they are needed; waits for STS, SSO, IMDS...
 * Borrowed until the next call. */
bool aws_find_credentials(struct aws *aws, struct cancel *cancel,
                          const struct aws_credentials **out, struct error *err);
/* AWS refused them as over, or they end too soon: the chain is gone through again. *anew: they are
 * others now. Waits. */
bool aws_renew_credentials(struct aws *aws, struct cancel *cancel, bool *anew,
                           struct error *err) ATTR_USE_RESULT;
/* Server's clock minus this machine's, microseconds, as far as an answer showed it. */
int64_t aws_clock_skew(const struct aws *aws);
/* The same as of the last answer's Date, which has whole seconds; false: none came yet. For the
 * record, not for signatures. */
bool aws_server_offset(const struct aws *aws, int64_t *offset);

/* ---- a call ---- */

struct aws_asking {
    const char *op;     /* "iam:ListAccessKeys" */
    json_t *params;     /* the call takes a reference of its own; NULL: none */
    const char *region; /* NULL: the client's */
    const struct aws_credentials *credentials; /* NULL: the chain's */
    struct cancel *cancel;                     /* may be NULL */
    int total_ms;                              /* 0: 60,000 for each attempt */
    /* takes the body of a good answer (s3:GetObject) piece by piece; NULL: the reply has it */
    bool (*sink)(void *state, const void *bytes, size_t size, struct error *err);
    void *sink_state;
};

/* What is known beside the reply. */
struct aws_facts {
    int status;             /* HTTP's; 0: no answer */
    const char *code;       /* AWS's error code ("AccessDenied"); NULL: none */
    const char *request_id; /* NULL: none */
    int64_t server_time;    /* the answer's Date, Unix microseconds; 0: none */
    int attempts;
    bool passing; /* a failure that may be gone later: throttled, the service's, the network's */
    bool unknown; /* a change was sent and no answer of AWS came: read back before anything else */
    const char *body; /* of a rest answer that is no JSON or XML: a policy, an object */
    size_t size;
};

/* Descriptor to poll, and when to step although it is quiet: monotonic microseconds, 0: never. */
int aws_fd(const struct aws *aws);
int64_t aws_deadline(const struct aws *aws);
void aws_step(struct aws *aws);
/* Until there is something to step, the analyst stops (`cancel` may be NULL), or monotonic `until`
 * (0: never). */
void aws_wait(struct aws *aws, struct cancel *cancel, int64_t until);
/* Whenever somebody waits for this client, `go_on` first has its turn: calls that go on alongside
 * others. It may start and end calls of its own and waits for none. NULL: nothing. */
void aws_alongside(struct aws *aws, void (*go_on)(void *state), void *state);

/* Begins a call; may wait for credentials. NULL with the error set for parameters that cannot be
   sent, credentials that are not there, or a change that the guard does not permit. */
struct aws_call *aws_start(struct aws *aws, const struct aws_asking *asking, struct error *err);
bool aws_done(const struct aws_call *call);
/* After aws_done: the reply, or ERROR_AWS with AWS's words, or the network's error. It belongs to
 * the call. */
bool aws_reply(struct aws_call *call, json_t **reply, struct error *err);
const struct aws_facts *aws_call_facts(const struct aws_call *call);
/* Its sink takes nothing more while held (http_hold). */
void aws_hold(struct aws_call *call, bool hold);
void aws_end(struct aws_call *call); /* under way or not; NULL is allowed */

/* One call to its end. The reply belongs to the arena. */
bool aws_call(struct aws *aws, const struct aws_asking *asking, struct arena *arena, json_t **reply,
              struct error *err) ATTR_USE_RESULT;
/* Puts what a reply says of its next page into the parameters; false: it was the last one. */
bool aws_turn(const struct aws_op *op, const json_t *reply, json_t *params);
/* All pages of a call whose row has `next`, at most `limit` of them: `visit` gets each reply. */
struct aws_pages {
    bool (*visit)(void *state, const json_t *reply, struct error *err);
    void *state;
    int limit;
    bool more; /* there were more pages than the limit */
};
bool aws_call_pages(struct aws *aws, const struct aws_asking *asking, struct aws_pages *pages,
                    struct error *err) ATTR_USE_RESULT;

#endif
