/* ingest - raw logs in, OCSF Parquet out: events in = rows + rejects + duplicates, always.
 *
 * Files are read in windows (packed ones whole where they are small), cut into records by our own
 * byte-wise reader that knows JSON's strings, and mapped to Security Lake's columns in SQL.
 * One bad file or record never spoils a run: it is kept in rejects/ with file, position and reason.
 * A run is committed by renaming staged files under a journal: killed at any point the lake is as
 * before or as after. One writer at a time (lock). Ingesting the same events again adds nothing:
 * the same event id per source and account, or for sources without ids the same SHA-256 of the
 * file.
 */
#ifndef COFFERDAM_INGEST_INGEST_H
#define COFFERDAM_INGEST_INGEST_H

#include "base/cancel.h"
#include "lake/lake.h"

struct ingest_counts {
    int64_t events, rows, rejects, duplicates;
};

struct ingest_report {
    struct ingest_counts total;
    struct ingest_counts sources[8];            /* by index of sources_table */
    int64_t files, files_broken, files_skipped; /* skipped: not logs (named in the rejects file) */
    int64_t bytes_in, bytes_expanded, bytes_out, files_out;
    int64_t first, last; /* event times */
    int64_t elapsed;
    const char *rejects_file; /* arena; NULL if none */
};

struct ingest_request {
    const char *const *sources; /* files and folders */
    size_t source_count;
    const char *into;
    int table_version;    /* 1 or 2; 0 = 2 */
    int64_t memory_limit; /* bytes for the whole run; 0 = 1 GiB or half of the machine, whichever is
                             less */
    int threads;          /* 0 = processors */
    struct cancel *cancel;
    void (*progress)(void *state, const struct ingest_report *so_far);
    void *state;
};

bool lake_ingest(const struct ingest_request *request, struct arena *arena,
                 struct ingest_report *report, struct error *err) ATTR_USE_RESULT;

/* Rewrites the files of each partition as one sorted file (days where large, else months). */
bool lake_compact(const char *path, struct cancel *cancel, struct arena *arena,
                  struct ingest_report *report, struct error *err) ATTR_USE_RESULT;

#endif
