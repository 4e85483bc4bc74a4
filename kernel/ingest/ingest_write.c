/* ingest_write - a batch becomes one sorted Parquet file for each partition it touches. */
#include "ingest/ingest_run.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes of ids kept in memory between batches; beyond it they are read again from the pieces.
 */
#define IDS_MOST ((size_t)96 << 20)

static int by_size(const void *a, const void *b)
{
    const struct partition *one = *(struct partition *const *)a;
    const struct partition *two = *(struct partition *const *)b;
    if (one->event_count != two->event_count) {
        return one->event_count < two->event_count ? 1 : -1;
    }
    return one->number < two->number ? -1 : 1;
}

static void forget_ids(struct partitions *partitions)
{
    size_t bytes = 0;
    for (size_t i = 0; i < partitions->count; i++) {
        bytes += partitions->all[i]->ids.capacity * 16;
    }
    for (size_t i = 0; bytes > IDS_MOST && i < partitions->count; i++) {
        id_set_release(&partitions->all[i]->ids);
        partitions->all[i]->ids_loaded = false;
    }
}

void run_group(struct ingest_run *run)
{
    struct partitions *partitions = &run->partitions;
    forget_ids(partitions);
    for (size_t i = 0; i < partitions->count; i++) {
        partitions->all[i]->event_count = 0;
    }
    for (int w = 0; w < run->thread_count; w++) {
        const struct events *events = &run->workers[w].events;
        for (size_t i = 0; i < events->count; i++) {
            partitions->all[events->items[i].partition]->event_count++;
        }
    }
    run->order = xrealloc(run->order, (partitions->count + 1) * sizeof(struct partition *));
    run->order_count = 0;
    for (size_t i = 0; i < partitions->count; i++) {
        struct partition *partition = partitions->all[i];
        if (partition->event_count) {
            partition->events = xcalloc(partition->event_count, sizeof(struct event *));
            partition->event_count = 0;
            run->order[run->order_count++] = partition;
        }
    }
    for (int w = 0; w < run->thread_count; w++) {
        struct events *events = &run->workers[w].events;
        for (size_t i = 0; i < events->count; i++) {
            struct partition *partition = partitions->all[events->items[i].partition];
            partition->events[partition->event_count++] = &events->items[i];
        }
    }
    qsort(run->order, run->order_count, sizeof(struct partition *), by_size);
    atomic_store(&run->next_partition, 0);
}

static int by_sequence(const void *a, const void *b)
{
    const struct event *one = *(struct event *const *)a;
    const struct event *two = *(struct event *const *)b;
    return one->sequence < two->sequence ? -1 : one->sequence > two->sequence;
}

static int by_time(const void *a, const void *b)
{
    const struct event *one = *(struct event *const *)a;
    const struct event *two = *(struct event *const *)b;
    if (one->time != two->time) {
        return one->time < two->time ? -1 : 1;
    }
    return one->sequence < two->sequence ? -1 : one->sequence > two->sequence;
}

/* Leaves out events that were there before, in the lake, in this run or in this batch; of several
 * the first one given stays. */
static void drop_duplicates(struct worker *worker, struct partition *partition)
{
    if (!map_shapes[partition->source].id[worker->run->version - 1]) {
        return;
    }
    qsort(partition->events, partition->event_count, sizeof(struct event *), by_sequence);
    size_t kept = 0;
    for (size_t i = 0; i < partition->event_count; i++) {
        struct event *event = partition->events[i];
        uint64_t id[2];
        id_hash(worker->run->key, event->id.text, event->id.size, id);
        if (event->id.size && !id_set_add(&partition->ids, id)) {
            worker->counted.total.duplicates++;
            worker->counted.sources[partition->source].duplicates++;
        } else {
            partition->events[kept++] = event;
        }
    }
    partition->event_count = kept;
}

static void count_rows(struct worker *worker, struct partition *partition)
{
    struct ingest_report *counted = &worker->counted;
    for (size_t i = 0; i < partition->event_count; i++) {
        int64_t time = partition->events[i]->time;
        int year = 0;
        int month = 0;
        int day = 1;
        time_date(time, &year, &month, &day);
        partition->day_rows[day - 1]++;
        counted->first = !counted->first || time < counted->first ? time : counted->first;
        counted->last = time > counted->last ? time : counted->last;
    }
    partition->rows += (int64_t)partition->event_count;
    counted->total.rows += (int64_t)partition->event_count;
    counted->sources[partition->source].rows += (int64_t)partition->event_count;
}

/* Rows of a row group: large enough to compress well, small enough that writing one does not hold
 * up a stop for long. */
#define ROW_GROUP 40960

static void copy_sql(struct buf *sql, const struct ingest_run *run,
                     const struct partition *partition, int lane, const char *path)
{
    const struct map_shape *shape = &map_shapes[partition->source];
    buf_addf(sql, "COPY (SELECT %s FROM %s(%d)) TO ", shape->select[run->version - 1],
             shape->function, lane);
    text_sql_string(sql, path, strlen(path));
    buf_addf(sql, " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d)", ROW_GROUP);
}

static void add_piece(struct partition *partition, const char *path, int64_t rows)
{
    const struct event *first = partition->events[0];
    const struct event *last = partition->events[partition->event_count - 1];
    struct piece_file *piece = xcalloc(1, sizeof *piece);
    piece->path = xstrdup(path);
    piece->rows = rows;
    piece->first = first->time;
    piece->last = last->time;
    if (partition->last_piece) {
        partition->last_piece->next = piece;
    } else {
        partition->pieces = piece;
    }
    partition->last_piece = piece;
    partition->piece_count++;
}

static bool write_piece(struct worker *worker, struct partition *partition)
{
    struct ingest_run *run = worker->run;
    const struct writer_row **give = xcalloc(partition->event_count, sizeof *give);
    for (size_t i = 0; i < partition->event_count; i++) {
        give[i] = &partition->events[i]->row;
    }
    char name[64];
    snprintf(name, sizeof name, "p%u-%d.parquet", (unsigned)partition->number, run->batch);
    struct arena *arena = arena_new();
    char *path = file_join(arena, commit_staging(run->commit), name);
    struct buf sql;
    buf_init(&sql, (size_t)1 << 20);
    copy_sql(&sql, run, partition, worker->lane, path);
    struct writer_statement statement = {
        .lane = worker->lane, .sql = sql.data, .give = give, .count = partition->event_count};
    int64_t rows = 0;
    bool ok = writer_run(run->writer, &statement, &rows, &worker->err);
    if (ok && rows != (int64_t)partition->event_count) {
        ok = error_set(&worker->err, ERROR_INTERNAL, "duckdb wrote %lld rows of %zu",
                       (long long)rows, partition->event_count);
    }
    if (ok) {
        add_piece(partition, path, rows);
    }
    buf_release(&sql);
    arena_free(arena);
    free(give);
    return ok;
}

static bool write_partition(struct worker *worker, struct partition *partition)
{
    struct ingest_run *run = worker->run;
    if (!partition->ids_loaded && !partition_load_ids(run, worker->lane, partition, &worker->err)) {
        return false;
    }
    drop_duplicates(worker, partition);
    qsort(partition->events, partition->event_count, sizeof(struct event *), by_time);
    bool ok = !partition->event_count || write_piece(worker, partition);
    if (ok) {
        count_rows(worker, partition);
    }
    free(partition->events);
    partition->events = NULL;
    run_count(worker);
    return ok;
}

void worker_write(struct worker *worker)
{
    struct ingest_run *run = worker->run;
    for (;;) {
        size_t next = atomic_fetch_add(&run->next_partition, 1);
        if (next >= run->order_count || run_stopped(run)) {
            return;
        }
        if (!write_partition(worker, run->order[next])) {
            worker->ok = false;
            atomic_store(&run->stop, true);
            return;
        }
    }
}
