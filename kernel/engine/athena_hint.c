#include "engine/athena_hint.h"

#include <string.h>
#include <strings.h>

/* The first row whose words all occur, in whatever case, counts: what is special stands before what
 * is general. */
struct hint {
    const char *words, *and; /* `and` NULL: `words` are enough */
    enum error_kind kind;    /* ERROR_NONE: stays as it is */
    const char *hint;
};

static const struct hint hints[] = {
    {"version 1", "cross account", ERROR_NONE,
     "The account that shares the data must use version 3 or later of Lake Formation's "
     "cross-account sharing (Data Catalog settings). %doctor looks at yours."},
    {"Insufficient Lake Formation permission", "on default", ERROR_NONE,
     "Athena looks at the database default: grant DESCRIBE on it in Lake Formation to the identity "
     "that %whoami shows."},
    {"Insufficient Lake Formation permission", NULL, ERROR_NONE,
     "In Lake Formation grant the identity that %whoami shows DESCRIBE on the resource link and "
     "SELECT on its target (\"Grant on target\"). %doctor shows which one is missing."},
    {"lakeformation:GetDataAccess", NULL, ERROR_NONE,
     "The identity needs the permission lakeformation:GetDataAccess beside Lake Formation's own "
     "grants. %doctor tries it."},
    {"no accessible columns", NULL, ERROR_NONE,
     "Lake Formation hides the columns: grant SELECT on the link's target, not only on the link; "
     "in a subscriber's account accept the RAM share first. %doctor shows both."},
    {"COLUMN_NOT_FOUND", NULL, ERROR_NONE,
     "Either the name belongs to the other version of the table (%lake open athena shows which "
     "version it is), or Lake Formation hides the column: %doctor shows the grants."},
    {"cannot be resolved", NULL, ERROR_NONE,
     "The name may belong to the other version of the table: DESCRIBE the table, or let %lake open "
     "athena show which version it is."},
    {"TABLE_NOT_FOUND", NULL, ERROR_NONE,
     "%lake open athena shows which tables Athena has here. A subscriber sees a shared table only "
     "after its RAM share is accepted and a resource link is made; %doctor looks for both."},
    {"SCHEMA_NOT_FOUND", NULL, ERROR_NONE,
     "%lake open athena shows the databases; %set database and %set region choose. A subscriber "
     "needs a resource link in the Region of the subscription."},
    {"Schema", "does not exist", ERROR_NONE,
     "%lake open athena shows the databases; %set database and %set region choose."},
    {"does not exist", "Table", ERROR_NONE,
     "%lake open athena shows which tables Athena has here; %doctor looks for shares that were not "
     "accepted and links that are missing."},
    {"No output location", NULL, ERROR_NONE,
     "%set output s3://bucket/prefix/, or choose a workgroup that has a place for results: %set "
     "workgroup NAME."},
    {"output bucket", NULL, ERROR_NONE,
     "The bucket for results is missing, in another Region or not yours to write: %set output "
     "chooses another, %doctor looks at it."},
    {"WorkGroup", "disabled", ERROR_NONE,
     "Choose another workgroup with %set workgroup NAME, or have this one enabled."},
    {"WorkGroup", "not found", ERROR_NONE, "%set workgroup NAME chooses one that is there."},
    {"Bytes scanned limit", NULL, ERROR_LIMIT,
     "The workgroup ends a query at its cutoff: narrow the time, the account and the Region "
     "(partitions), or choose another workgroup with %set workgroup."},
    {"kms:", NULL, ERROR_NONE,
     "The key's policy and the identity's policies must both allow it, for the data's bucket and "
     "for the bucket of the results. %doctor tries the keys."},
    {"KMS", "denied", ERROR_NONE,
     "The key's policy and the identity's policies must both allow kms:Decrypt, and "
     "kms:GenerateDataKey for results. %doctor tries the keys."},
    {"ICEBERG_BAD_DATA", NULL, ERROR_NONE,
     "Retention deletes objects but not Iceberg's metadata: begin the query at least a day after "
     "the oldest data that is kept. %lake status shows the retention."},
    {"ICEBERG_CANNOT_OPEN_SPLIT", NULL, ERROR_NONE,
     "Retention deletes objects but not Iceberg's metadata: begin the query at least a day after "
     "the oldest data that is kept. %lake status shows the retention."},
    {"ICEBERG_MISSING_METADATA", NULL, ERROR_NONE,
     "The table's metadata is gone or cannot be read: %doctor tries the bucket and its key; %lake "
     "status shows Security Lake's own exceptions."},
    {"HIVE_CANNOT_OPEN_SPLIT", "Not Found", ERROR_NONE,
     "The objects were deleted after the table was listed, by retention perhaps: run the query "
     "again, or begin it later. %lake status shows the retention."},
    {"HIVE_CANNOT_OPEN_SPLIT", NULL, ERROR_NONE,
     "Athena cannot read an object of the table: %doctor tries the bucket, its key and Lake "
     "Formation."},
    {"HIVE_METASTORE_ERROR", NULL, ERROR_NONE,
     "Glue or Lake Formation refused: %doctor tries both. In a subscriber's account the share must "
     "be accepted and a resource link be made."},
    {"HIVE_BAD_DATA", NULL, ERROR_NONE,
     "A file does not have the table's types: leave its partition out by time, Region or account."},
    {"HIVE_PARTITION_SCHEMA_MISMATCH", NULL, ERROR_NONE,
     "A partition has other types than the table: leave it out by time, Region or account."},
    {"HIVE_EXCEEDED_PARTITION_LIMIT", NULL, ERROR_LIMIT,
     "Name a shorter time, an account and a Region, so that fewer partitions are read."},
    {"Query exhausted resources", NULL, ERROR_LIMIT,
     "Narrow the time, select fewer columns, and do without ORDER BY of everything or DISTINCT of "
     "long texts; the same query on half the time often passes."},
    {"Query timeout", NULL, ERROR_LIMIT,
     "Narrow the time, the account and the Region, so that fewer partitions are read."},
    {"less than or equal to 262144", NULL, ERROR_LIMIT,
     "Athena takes 262,144 bytes of SQL: bind long lists as parameters or join with a table."},
    {"QueryExecution", "not found", ERROR_NONE,
     "%athena --history shows what this case has begun. Athena forgets an execution after 45 days, "
     "and knows it only in its account and region: %set region, %set profile."},
    {"position of a parameter", NULL, ERROR_NONE,
     "Athena takes a parameter where a value is compared (WHERE x = :name), not as a column, a "
     "name "
     "or a keyword: write the value itself there."},
    {"NoSuchKey", NULL, ERROR_NONE,
     "The result is not in its bucket any more: somebody or a lifecycle rule deleted it. Run the "
     "query again."},
    {"Access denied when writing", NULL, ERROR_NONE,
     "Athena writes the result as you: s3:PutObject on the place of the results is missing. %set "
     "output chooses another; %doctor looks at it."},
};

/* What says less than the hint that an error of AWS has already: the permission's name. */
static const struct hint general[] = {
    {"Access Denied", NULL, ERROR_NONE,
     "A permission on the data's bucket, the result's bucket or a key is missing: %doctor tries "
     "them one by one."},
    {"AccessDenied", NULL, ERROR_NONE,
     "A permission on the data's bucket, the result's bucket or a key is missing: %doctor tries "
     "them one by one."},
    {"not authorized", NULL, ERROR_NONE,
     "A permission is missing: %doctor tries what queries need, and %whoami shows as whom you "
     "ask."},
};

/* Letters of any case: Athena writes the same words in several. */
static bool has(const char *text, const char *words)
{
    size_t size = strlen(words);
    for (; *text; text++)
        if (strncasecmp(text, words, size) == 0)
            return true;
    return false;
}

static const struct hint *find(const struct hint *table, size_t count, const char *words)
{
    for (size_t i = 0; i < count; i++)
        if (has(words, table[i].words) && (!table[i].and || has(words, table[i].and)))
            return &table[i];
    return NULL;
}

bool athena_hint(struct error *err, const char *words)
{
    const struct hint *hint = find(hints, COUNT(hints), words);
    if (hint)
        err->hint[0] = '\0';
    else
        hint = find(general, COUNT(general), words);
    if (hint && hint->kind)
        err->kind = hint->kind;
    return hint && error_hint(err, "%s", hint->hint);
}
