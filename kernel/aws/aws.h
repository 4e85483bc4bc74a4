/* aws - AWS's calls: one table, one client, JSON in and out whatever the protocol.
 *
 * A call is a row of aws/ops_*.c. aws_start begins it, aws_step moves all calls of the client on
 * and never waits (aws_fd says when there is something to do), so that many regions are asked side
 * by side; aws_call is the loop for one. Signing, endpoints, retries, clock skew and paging happen
 * below. A client belongs to one thread.
 *
 * Parameters and replies carry the wire's names, which are those of AWS's API references: for EC2
 * the Query API's in singular (InstanceId, Filter: [{"Name", "Value": []}]) and its replies'
 * (reservationSet), for all others the members as documented. A reply that came as XML has text for
 * every leaf; reply.h reads both kinds alike.
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
struct credentials;

/* Where and as whom. Texts are borrowed for the call's life. */
struct aws_target {
    const char *region; /* NULL: the client's */
    struct credentials
        *credentials; /* NULL: the client's chain; an op without signature needs none */
};

/* Says whether a change may be sent, and hears what became of it. NULL guard: no change at all.
 * Below the magics on purpose: a magic that forgets to ask cannot change anything. */
struct aws_guard {
    bool (*permit)(void *state, const struct aws_op *op, const json_t *params, struct error *err);
    void (*report)(void *state, const struct aws_op *op, const json_t *params, const json_t *reply,
                   const struct error *err);
    void *state;
};

/* What is known about a finished call beside its reply. Texts belong to the call's arena. */
struct aws_facts {
    int status;             /* HTTP's, 0: no answer */
    const char *code;       /* AWS's error code ("AccessDenied"), NULL: none */
    const char *request_id; /* NULL: none */
    int64_t server_time;    /* the Date header, Unix microseconds, 0: none */
    int attempts;
    bool unknown; /* a change was sent and no answer came: read back before anything else */
};

struct aws_settings {
    const char *profile; /* NULL: AWS_PROFILE or "default" */
    const char *region;  /* NULL: as the environment and the profile say */
};

/* Reads nothing yet. `settings` is copied. */
struct aws *aws_new(const struct aws_settings *settings, struct error *err);
void aws_free(struct aws *aws); /* ends its calls, wipes; NULL is allowed */
void aws_guard(struct aws *aws, const struct aws_guard *guard);

int aws_fd(const struct aws *aws);
/* Monotonic microseconds at which aws_step is needed although aws_fd is quiet (a retry's pause); 0:
 * never. */
int64_t aws_deadline(const struct aws *aws);
void aws_step(struct aws *aws);

/* Begins a call. `params` is borrowed until the call has ended. NULL with the error set for a
   change that the guard refuses or parameters that cannot be sent. */
struct aws_call *aws_start(struct aws *aws, const struct aws_op *op,
                           const struct aws_target *target, json_t *params, struct error *err);
bool aws_done(const struct aws_call *call);
/* After aws_done. *reply belongs to the call. An error is ERROR_AWS with AWS's code and message and
 * a hint, or the network's. */
bool aws_reply(struct aws_call *call, json_t **reply, struct error *err);
const struct aws_facts *aws_call_facts(const struct aws_call *call);
void aws_end(struct aws_call *call); /* ends it, under way or not; NULL is allowed */

/* One call to its end; *reply and the facts belong to the arena. `facts` may be NULL. */
struct aws_asking {
    const struct aws_op *op;
    struct aws_target target;
    json_t *params; /* a reference is taken */
    struct cancel *cancel;
};
bool aws_call(struct aws *aws, const struct aws_asking *asking, struct arena *arena, json_t **reply,
              struct error *err) ATTR_USE_RESULT;

#endif
