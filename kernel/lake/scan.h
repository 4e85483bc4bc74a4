/* scan - what lies in a folder: which files belong to which table of Security Lake, which are
 * plain, which are broken. */
#ifndef COFFERDAM_LAKE_SCAN_H
#define COFFERDAM_LAKE_SCAN_H

#include "lake/lake.h"

#define SCAN_FILE_LIMIT 200000

struct scan_file {
    const char *path;
    int64_t size;
    struct scan_file *next;
};

/* Files of one table: one (source, version, region), or one plain view. */
struct scan_table {
    const struct source *source; /* NULL: plain files */
    int version;                 /* 1 or 2; 0 for plain files */
    bool own;                    /* written by our ingest: exact columns, nothing to cast */
    const char *region;          /* "us-east-1"; "" unknown */
    const char *name;   /* of the view: table name, or file's or folder's name of plain files */
    const char *format; /* "parquet", "csv", "json" */
    struct scan_file *files; /* in order of paths */
    struct scan_file *last_file;
    size_t file_count;
    int64_t bytes;
    int64_t rows, first, last; /* filled by lake_measure; rows -1 unknown */
    struct scan_table *next;
};

struct scan {
    const char *path; /* absolute */
    bool own;         /* has lake.json */
    bool raw_logs;    /* holds .json.gz or .log.gz files that look like raw logs of AWS */
    struct scan_table *tables;
    size_t table_count;
    const char *broken; /* names of files left out, with the reason; "" if none */
};

/* Walks a folder (or one file). Parquet files outside the layout are looked into through `probe`,
 * an unrestricted local engine. */
bool scan_folder(const char *path, struct local *probe, struct cancel *cancel, struct arena *arena,
                 struct scan **out, struct error *err) ATTR_USE_RESULT;

/* "amazon_security_lake_glue_db_us_east_1",
 * "amazon_security_lake_table_us_east_1_cloud_trail_mgmt_2_0". */
const char *scan_database(const char *region, struct arena *arena);
const char *scan_table_name(const struct source *source, int version, const char *region,
                            struct arena *arena);

/* ['a.parquet', 'b.parquet'] with glob characters disarmed. */
void scan_file_list(const struct scan_table *table, struct buf *out);

#endif
