/* commons_state - the inside of the commons, for the files of this folder only.
 *
 * Locks, in the order in which they are taken: `first`, `naming`, `door`, `lock`. The first
 * three may be held for seconds: a cell's wait for them ends with its interrupt.
 */
#ifndef COFFERDAM_CASE_COMMONS_STATE_H
#define COFFERDAM_CASE_COMMONS_STATE_H

#include "case/commons.h"
#include "case/door.h"

#include <pthread.h>

struct commons {
    struct door first; /* held while the case is restored, or its session.json written */
    bool restored;

    struct door naming; /* one at a time gives names to kept results */

    struct door door;    /* guards the embedded engine and the sessions' connections to it: */
    struct local *local; /* the instance; NULL: not open */
    char *folder;        /* ... of this case */
    int64_t memory;      /* ... with this limit */

    pthread_mutex_t lock; /* guards all that follows; held for moments */
    unsigned references;
    struct session *members;
    const struct session *alone; /* who uses the tables of which there is one set */

    int64_t serial; /* of what sessions copy: grows with each change */
    json_t *parameters, *lakes, *athena;
    json_t *registered;       /* as the engine was opened with */
    struct arena *arena;      /* of the settings' texts */
    struct settings settings; /* the main session's */

    double spent;
    struct aws_keyring *keyring; /* NULL: none yet */
    char *profile, *region;      /* ... is of these */
    int64_t shown_since;         /* names the folder of what is shown; 0: not yet */

    json_t *names, *kept, *seen; /* names.c */
    int64_t queries;
    bool functions_known, names_changed;
    const struct catalog *catalog; /* the newest; NULL: none yet */
    int64_t catalog_serial;
};

/* Under the lock: something that sessions copy was changed by this one. */
void commons_changed_by(struct session *session);

#endif
