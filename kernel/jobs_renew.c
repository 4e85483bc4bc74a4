/* Credentials are renewed before somebody needs it. Finding them may wait for STS, a program or a
 * service of the machine, so each renewal has a thread of its own, which the actor joins. */
#include "jobs.h"

#include "aws/keyring.h"
#include "base/time.h"

#include <pthread.h>
#include <stdlib.h>

struct watched {
    struct watched *next;
    struct aws_keyring *keyring;
    char *profile, *region, *role, *account; /* NULL: none */
    struct aws_keyring *base;                /* a reference; NULL: none */
    struct cancel *cancel;
    struct pipe *pipe;
    int users;
    bool under_way;
    pthread_t thread;
};

struct renewals {
    struct pipe *pipe;
    struct watched *first;
};

struct renewals *renewals_new(struct pipe *pipe)
{
    struct renewals *renewals = xcalloc(1, sizeof *renewals);
    renewals->pipe = pipe;
    return renewals;
}

static struct watched *find(const struct renewals *renewals, const struct aws_keyring *keyring)
{
    struct watched *watched = renewals->first;
    while (watched && watched->keyring != keyring)
        watched = watched->next;
    return watched;
}

static void join(struct watched *watched)
{
    (void)pthread_join(watched->thread, NULL);
    cancel_end(watched->cancel);
    watched->under_way = false;
}

static void forget(struct renewals *renewals, struct watched *watched)
{
    struct watched **link = &renewals->first;
    while (*link != watched)
        link = &(*link)->next;
    *link = watched->next;
    aws_keyring_release(watched->keyring);
    cancel_free(watched->cancel);
    free(watched->profile);
    free(watched->region);
    free(watched->role);
    free(watched->account);
    aws_keyring_release(watched->base);
    free(watched);
}

void renewals_free(struct renewals *renewals)
{
    for (struct watched *watched = renewals->first; watched; watched = watched->next)
        if (watched->under_way)
            (void)cancel_raise(watched->cancel);
    while (renewals->first) {
        if (renewals->first->under_way)
            join(renewals->first);
        forget(renewals, renewals->first);
    }
    free(renewals);
}

static char *copied(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

void renewals_watch(struct renewals *renewals, struct aws_keyring *keyring,
                    const struct aws_settings *settings)
{
    struct watched *watched = find(renewals, keyring);
    if (!watched) {
        watched = xcalloc(1, sizeof *watched);
        watched->keyring = aws_keyring_hold(keyring);
        watched->profile = copied(settings->profile);
        watched->region = copied(settings->region);
        watched->role = copied(settings->role);
        watched->account = copied(settings->account);
        watched->base = settings->base ? aws_keyring_hold(settings->base) : NULL;
        watched->cancel = cancel_new();
        watched->pipe = renewals->pipe;
        watched->next = renewals->first;
        renewals->first = watched;
    }
    watched->users++;
}

void renewals_leave(struct renewals *renewals, struct aws_keyring *keyring)
{
    struct watched *watched = find(renewals, keyring);
    if (watched && --watched->users == 0 && !watched->under_way)
        forget(renewals, watched);
}

static void *renew(void *state)
{
    struct watched *watched = state;
    struct aws_settings settings = {.profile = watched->profile,
                                    .region = watched->region,
                                    .role = watched->role,
                                    .account = watched->account,
                                    .base = watched->base};
    struct letter over = {.kind = LETTER_FRESH, .keyring = aws_keyring_hold(watched->keyring)};
    struct error why = {0};
    if (!aws_keyring_renew(watched->keyring, &settings, watched->cancel, &why))
        error_clear(&why); /* the keyring knows it, and says it to who needs them */
    letter_send(watched->pipe, NULL, &over);
    return NULL;
}

static void begin(struct watched *watched)
{
    (void)cancel_begin(watched->cancel);
    watched->under_way = pthread_create(&watched->thread, NULL, renew, watched) == 0;
    if (!watched->under_way)
        cancel_end(watched->cancel);
}

int64_t renewals_step(struct renewals *renewals)
{
    int64_t next = 0, now = time_now();
    for (struct watched *watched = renewals->first; watched; watched = watched->next) {
        int64_t due = watched->under_way ? 0 : aws_keyring_due(watched->keyring);
        if (due && due <= now)
            begin(watched);
        else if (due && (!next || due < next))
            next = due;
    }
    return next;
}

void renewals_over(struct renewals *renewals, const struct aws_keyring *keyring)
{
    struct watched *watched = find(renewals, keyring);
    if (!watched || !watched->under_way)
        return;
    join(watched);
    if (!watched->users)
        forget(renewals, watched);
}
