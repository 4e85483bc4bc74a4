/* ingest_run - one ingest at work: files are read in batches, a batch becomes sorted pieces per
 * partition, pieces become files.
 *
 * Phases follow each other, each on all threads: read until the batch is full, then write it,
 * partition by partition. Only the memory of one batch is held, so input of any size takes the same
 * memory. At the end a partition of one piece is just renamed; several pieces are merged into one
 * sorted file. A run belongs to its conductor thread; workers share the partitions under their
 * mutex.
 */
#ifndef COFFERDAM_INGEST_INGEST_RUN_H
#define COFFERDAM_INGEST_INGEST_RUN_H

#include "lake/commit.h"
#include "ingest/ingest.h"
#include "ingest/map_sql.h"
#include "ingest/reader.h"

#include <pthread.h>
#include <stdatomic.h>

#define INGEST_DAY_ROWS 50000 /* a day with as many rows gets a file of its own */
#define INGEST_THREADS 8

/* A sorted Parquet file of the run, in staging. */
struct piece_file {
    char *path;
    int64_t rows;
    int64_t first, last; /* times of its rows */
    struct piece_file *next;
};

/* Ids of a partition's events, as 128-bit keyed hashes in an open table (0 = free). */
struct id_set {
    uint64_t (*slots)[2];
    size_t capacity, count;
};

/* One (source, region, account, month). */
struct partition {
    uint32_t number;
    enum map_source source;
    char *region, *account; /* as in the events; "" = none */
    int month;              /* year * 12 + month - 1 */
    int64_t day_rows[31];
    int64_t rows;
    struct piece_file *pieces, *last_piece;
    int piece_count;
    char **existing; /* files of the lake that hold rows of this month; NULL-terminated; NULL: not
                        looked for yet */
    struct id_set ids;
    bool ids_loaded;
    struct event **events; /* of this batch */
    size_t event_count;
    struct partition *next_in_slot;
};

#define PARTITION_SLOTS 4096

struct partitions {
    pthread_mutex_t mutex;
    struct partition *slots[PARTITION_SLOTS];
    struct partition **all;
    size_t count, capacity;
    size_t id_bytes; /* memory of all id sets */
};

/* One line for the rejects file. */
struct reject_line {
    uint64_t sequence;
    char *text;
};

struct events {
    struct event *items;
    size_t count, capacity;
};

/* SHA-256 of files whose records have no ids: of earlier runs and of this one. */
struct file_hashes {
    unsigned char (*items)[32];
    size_t count, capacity;
    size_t earlier; /* the first ones, sorted: of earlier runs */
};

struct ingest_run;

struct worker {
    struct ingest_run *run;
    int lane;
    struct slab slab;
    struct mapping mapping;
    struct reader reader;
    bool reading; /* a file is open */
    uint32_t file;
    struct events events;
    struct partition *recent;       /* of the last event: files mostly stay within one */
    int64_t recent_from, recent_to; /* its month */
    int file_state; /* of the open file, if its records have no ids: 0 not looked at, 1 new, 2 was
                       there before */
    bool is_log; /* the open part has a broken record, or one of a known source that lacks something
                  */
    struct reject_line *rejects;
    size_t reject_count, reject_capacity;
    int64_t parquet_row;          /* of an open Parquet file: the next one */
    size_t pending;               /* of them not yet decided: the open file has no row so far */
    struct ingest_report counted; /* total.events, rejects; files */
    struct error err;
    bool ok;
};

struct source_file {
    char *path;
    int64_t size;
};

struct ingest_run {
    const char *const *sources;
    size_t source_count;
    char *into;
    int version;
    int thread_count;
    int64_t memory, batch_limit; /* bytes */
    struct arena *arena;         /* of the conductor */
    struct commit *commit;
    struct writer *writer;
    _Atomic(struct writer *) writer_to_stop; /* the same for the caller's thread */
    struct source_file *files;
    size_t file_count, file_capacity;
    atomic_size_t next_file;
    atomic_llong batch_bytes;
    atomic_bool stop;
    uint64_t key[2]; /* of the hashes: random, so that ids cannot be made to collide */
    struct partitions partitions;
    struct file_hashes hashes; /* under the run's mutex */
    struct partition **order;  /* partitions of the batch, largest first */
    size_t order_count;
    atomic_size_t next_partition;
    struct worker workers[INGEST_THREADS];
    int batch;
    struct ingest_report report;
    int64_t began;
    char *rejects_path;    /* staged file, NULL until there is a line */
    pthread_mutex_t mutex; /* of what follows and of report */
    int done[2];           /* pipe: a byte when the conductor has ended */
    bool ended, abandoned, ok;
    bool committing; /* from here on a stop comes too late */
    struct error err;
};

/* ingest_scan.c: the files to read, in byte order of their paths. */
bool run_scan(struct ingest_run *run, struct error *err) ATTR_USE_RESULT;
/* ingest_read.c: reads files until the batch is full; a worker's share. */
void worker_read(struct worker *worker);
void worker_release(struct worker *worker);
void worker_keep(struct worker *worker, struct event *event); /* takes a row into the batch */
/* ingest_parquet.c: some rows of the open Parquet file; false on an error of the run. */
bool worker_read_parquet(struct worker *worker);
/* ingest_partition.c */
void partitions_init(struct partitions *partitions);
void partitions_release(struct partitions *partitions);
struct partition *partition_of(struct ingest_run *run, const struct event *event);
/* First and first following microsecond of its month. */
void partition_span(const struct partition *partition, int64_t *from, int64_t *to);
/* The partition's folder within the lake: "aws/SOURCE/2.0/region=R/accountId=A". */
char *partition_folder(const struct ingest_run *run, const struct partition *partition,
                       struct arena *arena);
/* ingest_ids.c: keyed hash, sets of ids; id_set_add is false if the id was there already. */
void id_hash(const uint64_t key[2], const void *bytes, size_t size, uint64_t out[2]);
bool id_set_add(struct id_set *set, const uint64_t id[2]);
void id_set_release(struct id_set *set);
/* Loads the ids that the partition has on disk: in the lake and in this run's pieces. */
bool partition_load_ids(struct ingest_run *run, int lane, struct partition *partition,
                        struct error *err) ATTR_USE_RESULT;
/* ingest_files.c: what is known of files by their hash, in DIR/.runs/RUN.json of each run. */
bool run_load_files(struct ingest_run *run, struct error *err) ATTR_USE_RESULT;
bool run_stage_files(struct ingest_run *run, struct error *err) ATTR_USE_RESULT;
bool worker_file_known(
    struct worker *worker); /* the open file was ingested before, or stands elsewhere in this run */
/* ingest_write.c: writes the batch's partitions; a worker's share. */
void run_group(struct ingest_run *run);
void worker_write(struct worker *worker);
/* ingest_merge.c: makes the final file or files of a partition and adds them to the commit; a
 * worker's share. */
void worker_merge(struct worker *worker);
/* ingest_rejects.c: puts the workers' lines into the staged file, in the order of the input. */
bool run_write_rejects(struct ingest_run *run, struct error *err) ATTR_USE_RESULT;
void worker_reject(struct worker *worker, const char *kind);
/* ingest_conduct.c: everything from the scan to the commit; what a worker has counted goes into the
 * report. */
bool run_conduct(struct ingest_run *run, struct error *err) ATTR_USE_RESULT;
void run_count(struct worker *worker);
bool run_stopped(const struct ingest_run *run);

#endif
