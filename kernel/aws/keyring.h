/* keyring - the credentials of one profile, for all clients and threads that ask as it.
 *
 * They are found or renewed by one at a time: whoever comes meanwhile uses what still holds, or
 * waits. A renewal in the background is due before one is needed, so that a cell need not wait for
 * it: 15 minutes before the end, and a cell renews itself from 10 minutes on (of short lives three
 * quarters and half). The last client that ends takes the secrets with it; who only watches holds
 * none. Thread-safe throughout.
 */
#ifndef COFFERDAM_AWS_KEYRING_H
#define COFFERDAM_AWS_KEYRING_H

#include "aws/aws.h"

struct aws_keyring *aws_keyring_new(void); /* one reference */
struct aws_keyring *aws_keyring_hold(struct aws_keyring *keyring);
void aws_keyring_release(struct aws_keyring *keyring); /* NULL is allowed */

/* When somebody in the background should renew them, Unix microseconds; 0: nothing is due. In the
 * past while a client that does not wait (aws_set_patient) wants some. */
int64_t aws_keyring_due(struct aws_keyring *keyring);
/* Renews them through a client of its own, without asking a person. Waits. */
bool aws_keyring_renew(struct aws_keyring *keyring, const struct aws_settings *settings,
                       struct cancel *cancel, struct error *err);
/* Why the last renewal failed; false if it did not. */
bool aws_keyring_trouble(struct aws_keyring *keyring, struct error *err);

/* ---- for the files of the client ---- */

void keyring_join(struct aws_keyring *keyring);  /* one client more; holds a reference */
void keyring_leave(struct aws_keyring *keyring); /* one less */

enum keyring_turn {
    KEYRING_USE,   /* they hold */
    KEYRING_RENEW, /* it is the caller's to find them: keyring_put or keyring_fail must follow */
    KEYRING_WAIT   /* somebody does: keyring_fd tells when that is over */
};
/* For the background: true where a renewal is due, which is the caller's then, as above. */
bool keyring_begin(struct aws_keyring *keyring);
enum keyring_turn keyring_turn(struct aws_keyring *keyring, int64_t now);
/* They do not serve any more: the next turn renews them. */
void keyring_spend(struct aws_keyring *keyring);
/* For who does not wait: AWS said of this key that it is over, before its time. Others are wanted,
 * once for each key in AGAIN_AFTER. */
void keyring_refused(struct aws_keyring *keyring, const char *access_key_id, int64_t now);
/* For who does not wait: there are some that hold yet; else they are wanted from now on. */
bool keyring_ready(struct aws_keyring *keyring, int64_t now);
int keyring_fd(const struct aws_keyring *keyring); /* readable: nobody is finding them */
/* They are copied. */
void keyring_put(struct aws_keyring *keyring, const struct aws_credentials *credentials,
                 int64_t now);
/* True if the old ones hold yet. */
bool keyring_fail(struct aws_keyring *keyring, const struct error *why, int64_t now);
/* A copy in *arena, made anew where they differ from generation *seen. */
void keyring_copy(struct aws_keyring *keyring, uint64_t *seen, struct arena **arena,
                  struct aws_credentials *out);

#endif
