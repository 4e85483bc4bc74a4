/* glue - the tables of Security Lake and CloudTrail that Athena has, found in Glue's catalogs.
 *
 * Looked at are the account's own catalog, with the resource links in it, and the catalog in which
 * CloudWatch keeps its unified store. A table is told by its name or the name of what it links to
 * (lake/remote.h), else by its place in S3 (.../aws/SOURCE/VERSION/...), else by its columns. Glue
 * shows what Lake Formation lets the caller DESCRIBE: what is not visible is a problem, never
 * silence. Worker thread.
 */
#ifndef COFFERDAM_LAKE_GLUE_H
#define COFFERDAM_LAKE_GLUE_H

#include "aws/aws.h"
#include "lake/remote.h"

#define GLUE_CATALOG "AwsDataCatalog"

struct glue_asking {
    struct aws *aws;
    const char *account;  /* the caller's */
    const char *region;   /* NULL: the client's */
    const char *catalog;  /* as Athena names it; NULL: the two above */
    const char *database; /* NULL: all, at most 300 */
    struct cancel *cancel;
};

/* Texts belong to the arena; NULL: none. */
struct glue_table {
    struct remote_table is;
    const char *region; /* where Athena is asked for it */
    const char *location;
    const char *target; /* of a resource link: account.database or account.database.table */
};

/* A database, or a resource link that is one, whether or not tables of ours are in it. */
struct glue_database {
    const char *catalog, *name;
    const char *target;  /* of a resource link: account.database */
    bool visible;        /* its tables could be listed */
    const char *problem; /* otherwise, in AWS's words */
};

struct glue {
    struct glue_table *tables;
    size_t count;
    struct glue_database *databases;
    size_t database_count;
    bool more; /* there is more than the limits let us look at */
};

/* False where not even the databases can be listed. */
bool glue_find(const struct glue_asking *asking, struct arena *arena, struct glue *out,
               struct error *err) ATTR_USE_RESULT;

/* Kept in the session, and over a restart, in place of what was known of the same region. */
void glue_remember(struct session *session, const char *region, const struct glue *found);

/* What is remembered: of `region`, or of all (NULL). */
void glue_remembered(const struct session *session, const char *region, struct arena *arena,
                     struct glue *out);
/* Those that answer for a view, for the compiler of questions: Security Lake's of both versions,
 * since the older one holds what was before the switch; without one, CloudWatch's copy; without
 * that, the raw trail. What two links lead to counts once. False: none. */
bool lake_athena_tables(const struct session *session, const char *region, struct arena *arena,
                        struct remote *out);
/* As people see it: view, version, region, catalog, database, table, link, location. */
struct table *glue_table_of(const struct glue *glue, struct arena *arena);

#endif
