#include "aws/keyring.h"

#include "base/secret.h"
#include "base/time.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MINUTE ((int64_t)60000000)
#define NEEDED_BEFORE (10 * MINUTE) /* of their end: who asks renews first */
#define DUE_BEFORE (15 * MINUTE)    /* ... in the background */
#define AGAIN_AFTER MINUTE          /* a renewal in the background that failed */
#define HOLDS_LEAST MINUTE          /* what ends sooner is not worth a request */

struct aws_keyring {
    pthread_mutex_t lock; /* guards all below but the descriptor's number */
    unsigned references, clients;
    struct arena *arena; /* secret; NULL: none found yet */
    struct aws_credentials credentials;
    uint64_t generation;
    int64_t got;   /* Unix microseconds */
    int64_t tried; /* when a renewal failed; 0: it did not */
    char *refused; /* the key that was over before its time last; NULL: none was */
    int64_t refused_at;
    bool wanted;    /* by a client that does not wait */
    bool spent;     /* they do not serve any more, whatever their end */
    bool in_flight; /* somebody finds them */
    int descriptor; /* readable while nobody does */
    struct error why;
};

struct aws_keyring *aws_keyring_new(void)
{
    struct aws_keyring *keyring = secret_calloc(1, sizeof *keyring);
    keyring->references = 1;
    keyring->descriptor = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (keyring->descriptor < 0 || pthread_mutex_init(&keyring->lock, NULL) != 0)
        abort(); /* no descriptor left */
    return keyring;
}

static void lock(struct aws_keyring *keyring)
{
    (void)pthread_mutex_lock(&keyring->lock);
}

static void unlock(struct aws_keyring *keyring)
{
    (void)pthread_mutex_unlock(&keyring->lock);
}

struct aws_keyring *aws_keyring_hold(struct aws_keyring *keyring)
{
    lock(keyring);
    keyring->references++;
    unlock(keyring);
    return keyring;
}

void aws_keyring_release(struct aws_keyring *keyring)
{
    if (!keyring)
        return;
    lock(keyring);
    unsigned left = --keyring->references;
    unlock(keyring);
    if (left)
        return;
    arena_free(keyring->arena);
    free(keyring->refused);
    (void)close(keyring->descriptor);
    (void)pthread_mutex_destroy(&keyring->lock);
    secret_free(keyring);
}

void keyring_join(struct aws_keyring *keyring)
{
    lock(keyring);
    keyring->references++;
    keyring->clients++;
    unlock(keyring);
}

void keyring_leave(struct aws_keyring *keyring)
{
    lock(keyring);
    bool last = --keyring->clients == 0;
    struct arena *arena = last ? keyring->arena : NULL;
    if (last) {
        keyring->arena = NULL;
        keyring->credentials = (struct aws_credentials){0};
        keyring->wanted = false;
        keyring->tried = 0;
    }
    unlock(keyring);
    arena_free(arena);
    aws_keyring_release(keyring);
}

/* ---- when ---------------------------------------------------------------------------------------
 */

/* Under the lock: so long before their end, of a short life a part. */
static int64_t before_end(const struct aws_keyring *keyring, int64_t most, int eighths)
{
    int64_t part = (keyring->credentials.expires - keyring->got) / 8 * eighths;
    return keyring->credentials.expires - (part < most ? part : most);
}

/* Longer than a request takes. */
static bool holds(const struct aws_keyring *keyring, int64_t now)
{
    return keyring->arena &&
           (!keyring->credentials.expires || before_end(keyring, HOLDS_LEAST, 1) > now);
}

static int64_t due(const struct aws_keyring *keyring)
{
    bool ends = keyring->arena && keyring->credentials.expires;
    int64_t at = ends ? before_end(keyring, DUE_BEFORE, 6) : 0;
    if (keyring->wanted && (!at || at > 1))
        at = 1;
    if (at && keyring->tried && at < keyring->tried + AGAIN_AFTER)
        at = keyring->tried + AGAIN_AFTER;
    return keyring->clients && !keyring->in_flight ? at : 0;
}

int64_t aws_keyring_due(struct aws_keyring *keyring)
{
    lock(keyring);
    int64_t at = due(keyring);
    unlock(keyring);
    return at;
}

/* ---- the flight ---------------------------------------------------------------------------------
 */

static void begin_flight(struct aws_keyring *keyring)
{
    uint64_t count;
    keyring->in_flight = true;
    (void)!read(keyring->descriptor, &count, sizeof count);
}

static void end_flight(struct aws_keyring *keyring)
{
    static const uint64_t one = 1;
    keyring->in_flight = false;
    (void)!write(keyring->descriptor, &one, sizeof one);
}

enum keyring_turn keyring_turn(struct aws_keyring *keyring, int64_t now)
{
    enum keyring_turn turn = KEYRING_USE;
    lock(keyring);
    bool needed = !keyring->arena || keyring->spent ||
                  (keyring->credentials.expires && before_end(keyring, NEEDED_BEFORE, 4) <= now);
    if (needed && !keyring->in_flight) {
        begin_flight(keyring);
        turn = KEYRING_RENEW;
    } else if (needed && !holds(keyring, now)) {
        turn = KEYRING_WAIT;
    }
    unlock(keyring);
    return turn;
}

void keyring_spend(struct aws_keyring *keyring)
{
    lock(keyring);
    keyring->spent = true;
    unlock(keyring);
}

void keyring_refused(struct aws_keyring *keyring, const char *access_key_id, int64_t now)
{
    lock(keyring);
    bool same = keyring->arena && strcmp(keyring->credentials.access_key_id, access_key_id) == 0;
    bool again = keyring->refused && strcmp(keyring->refused, access_key_id) == 0 &&
                 now - keyring->refused_at < AGAIN_AFTER;
    if (same && !again) {
        free(keyring->refused);
        keyring->refused = xstrdup(access_key_id);
        keyring->refused_at = now;
        keyring->wanted = true;
    }
    unlock(keyring);
}

bool keyring_begin(struct aws_keyring *keyring)
{
    lock(keyring);
    int64_t at = due(keyring);
    bool mine = at && at <= time_now();
    if (mine)
        begin_flight(keyring);
    unlock(keyring);
    return mine;
}

bool keyring_ready(struct aws_keyring *keyring, int64_t now)
{
    lock(keyring);
    bool ready = holds(keyring, now);
    keyring->wanted = keyring->wanted || !ready;
    unlock(keyring);
    return ready;
}

int keyring_fd(const struct aws_keyring *keyring)
{
    return keyring->descriptor;
}

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static struct aws_credentials copied(struct arena *arena, const struct aws_credentials *from)
{
    return (struct aws_credentials){.access_key_id = copy(arena, from->access_key_id),
                                    .secret_access_key = copy(arena, from->secret_access_key),
                                    .session_token = copy(arena, from->session_token),
                                    .account = copy(arena, from->account),
                                    .source = copy(arena, from->source),
                                    .behind = copy(arena, from->behind),
                                    .expires = from->expires};
}

void keyring_put(struct aws_keyring *keyring, const struct aws_credentials *credentials,
                 int64_t now)
{
    struct arena *arena = arena_new_secret();
    lock(keyring);
    struct arena *old = keyring->arena;
    keyring->arena = arena;
    keyring->credentials = copied(arena, credentials);
    keyring->generation++;
    keyring->got = now;
    keyring->tried = 0;
    keyring->wanted = keyring->spent = false;
    error_clear(&keyring->why);
    end_flight(keyring);
    unlock(keyring);
    arena_free(old);
}

bool keyring_fail(struct aws_keyring *keyring, const struct error *why, int64_t now)
{
    lock(keyring);
    keyring->spent = false;
    bool hold =
        keyring->arena && (!keyring->credentials.expires || keyring->credentials.expires > now);
    keyring->tried = now;
    keyring->why = *why;
    end_flight(keyring);
    unlock(keyring);
    return hold;
}

bool aws_keyring_trouble(struct aws_keyring *keyring, struct error *err)
{
    lock(keyring);
    bool trouble = keyring->tried != 0;
    if (trouble)
        *err = keyring->why;
    unlock(keyring);
    return trouble;
}

void keyring_copy(struct aws_keyring *keyring, uint64_t *seen, struct arena **arena,
                  struct aws_credentials *out)
{
    lock(keyring);
    if (!*arena || *seen != keyring->generation) {
        arena_free(*arena);
        *arena = arena_new_secret();
        *seen = keyring->generation;
        *out = copied(*arena, &keyring->credentials);
    }
    unlock(keyring);
}
