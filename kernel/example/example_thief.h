/* example_thief - what the thief of the training incident can do: one call, or one thing made, with
 * the truth kept. */
#ifndef COFFERDAM_EXAMPLE_EXAMPLE_THIEF_H
#define COFFERDAM_EXAMPLE_EXAMPLE_THIEF_H

#include "example/example_state.h"

/* The cast, and the clock: each step is minutes after the one before. */
struct story {
    struct example *example;
    int64_t now;
    const char *address, *agent;
    struct caller thief; /* who acts now */
    char user[40], helper[40], decoy[40];
    char second_key[24], helper_key[24], decoy_key[24], decoy_key_2[24], sibling_key[24];
    char role_session[24], deep_session[24], federated[24], console_key[24];
    char instances[3][24];
    char bucket[40], other_bucket[40];
};

struct grant {
    const char *operation, *role, *session;
    int account;
};

struct event thief_call(struct story *story, const char *service, const char *operation);
void thief_looks(struct story *story, const char *service, const char *operation,
                 const char *error);
void thief_becomes(struct story *story, struct caller caller);
const char *thief_arn(struct story *story, const char *format, const char *name);
void thief_makes_user(struct story *story, const char *name);
void thief_makes_key(struct story *story, const char *user, char out[24]);
void thief_deletes_key(struct story *story, const char *user, const char *key);
void thief_runs_instance(struct story *story, int region, size_t index);
void thief_makes_bucket(struct story *story, const char *name);
void thief_moves_objects(struct story *story, const char *bucket, const char *operation, int count);
void thief_takes_session(struct story *story, const struct grant *grant, char key[24]);

#endif
