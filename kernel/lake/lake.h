/* lake - a folder of Parquet with Security Lake's databases, tables and columns: how it is laid out
 * and opened.
 *
 * Layout (as Security Lake's own bucket), below DIR:
 *
 * - lake.json: what wrote it, {"format": 1, ...}; absent in foreign folders
 * - aws/SOURCE/VERSION/region=R/accountId=A/eventDay=YYYYMMDD/NAME.parquet: days of 50,000 rows
 *   or more
 * - aws/SOURCE/VERSION/region=R/accountId=A/eventMonth=YYYYMM/NAME.parquet: everything else
 * - rejects/RUN.jsonl: what could not become a row, {"file","position","reason","raw"}
 * - .runs/RUN.json: what a run read and wrote, with the hashes of files without event ids
 * - .staging/, .lock, commit.json: the writer's own (lake/commit.h)
 *
 * Version 2.0 files hold all columns of the table (accountid and region too); 1.0 files lack the
 * partition columns.
 *
 * Opened, each (region, source, version) is the view
 *   amazon_security_lake_glue_db_<region>."amazon_security_lake_table_<region>_<suffix>_<2_0|1_0>"
 * and the short names (cloudtrail, s3_data, lambda_execution, vpc_flow, route53, findings,
 * eks_audit, waf) unite regions and versions in the columns of version 2. A folder of plain
 * Parquet, CSV or JSON becomes one view per file or subfolder, named after it.
 */
#ifndef COFFERDAM_LAKE_LAKE_H
#define COFFERDAM_LAKE_LAKE_H

#include "base/cancel.h"
#include "case/session.h"

/* One source of Security Lake: a row of sources_table. */
struct source {
    const char *name;   /* "CLOUD_TRAIL_MGMT" as in the API and the folder */
    const char *suffix; /* "cloud_trail_mgmt" as in table names */
    const char *view;   /* short name: "cloudtrail" */
    const char *comment;
};
extern const struct source sources_table[];
extern const size_t sources_count;
/* By name, suffix or short name, without regard to case; or NULL. */
const struct source *source_find(const char *name);

/* What lake_open found. */
struct lake_info {
    const char *path; /* absolute, arena */
    size_t tables;
    int64_t files;
    int64_t rows; /* from Parquet footers; -1 unknown (CSV, JSON) */
    int64_t bytes;
    int64_t first, last; /* event times, UTC microseconds; 0 if none */
    /* files that could not be read, an unfinished ingest rolled back; or NULL */
    const char *warning;
};

/* Opens a lake or folder of logs into the session; a broken file is named and left out, the rest is
   opened. Rolls an unfinished ingest forward or back first (if no writer holds the lock). */
bool lake_open(struct session *session, const char *path, struct cancel *cancel,
               struct arena *arena, struct lake_info *info, struct error *err) ATTR_USE_RESULT;
/* For session_restore. */
bool lake_reopen(struct session *session, const char *path, struct error *err);

/* Tables: database, table, source, version, region, files, rows, first, last, size. */
bool lake_tables(struct session *session, struct cancel *cancel, struct arena *arena,
                 struct table **out, struct error *err) ATTR_USE_RESULT;

/* The window of the data of one source: first and last event, rows; false in *known if the source
 * is not there. `schema`: of a lake beside (lake/beside.h); NULL or "main": the opened ones. */
struct lake_window {
    bool known;
    int64_t first, last, rows;
};
bool lake_window(struct session *session, const char *schema, const char *view,
                 struct cancel *cancel, struct arena *arena, struct lake_window *out,
                 struct error *err) ATTR_USE_RESULT;

#endif
