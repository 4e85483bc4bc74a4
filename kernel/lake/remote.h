/* remote - the tables of Security Lake and CloudTrail that another engine has: found by name, told
 * apart by version.
 *
 * Source of the names: Security Lake's user guide (both source versions), the tables of
 * CloudWatch's unified store, and the columns of the CloudTrail table in Athena's user guide.
 */
#ifndef COFFERDAM_LAKE_REMOTE_H
#define COFFERDAM_LAKE_REMOTE_H

#include "engine/engine.h"
#include "lake/lake.h"

enum remote_version {
    REMOTE_1 = 1,   /* Security Lake, OCSF 1.0.0-rc.2 */
    REMOTE_2 = 2,   /* Security Lake, OCSF 1.1.0 */
    REMOTE_UNIFIED, /* CloudWatch's unified store, OCSF 1.5 */
    REMOTE_RAW,     /* CloudTrail's own columns */
    REMOTE_VERSIONS
};

struct remote_table {
    const struct source *source;
    enum remote_version version;
    const char *catalog; /* NULL: the engine's current one */
    const char *database, *table;
};

struct remote {
    struct remote_table *tables;
    size_t count;
};

const char *remote_version_name(enum remote_version version); /* "2.0", "CloudWatch", "trail" */

/* What a table is, told by its name; false: none of ours. */
bool remote_by_name(const char *table, const struct source **source, enum remote_version *version);

/* Asks the engine's information_schema, of `catalog` or of the current one (NULL). At most 1,000
   tables. They belong to the arena. */
struct remote_asking {
    struct engine *engine;
    const char *catalog;
    struct cancel *cancel;
};
bool remote_find(const struct remote_asking *asking, struct arena *arena, struct remote *out,
                 struct error *err) ATTR_USE_RESULT;

/* Whether a view ("cloudtrail") has a table there. */
bool remote_has(const struct remote *remote, const char *view);

#endif
