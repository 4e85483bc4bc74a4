/* ingest_merge - the pieces of a partition become its file in the lake: one a month, or one for
 * each large day. */
#include "ingest/ingest_run.h"

#include "base/file.h"
#include "base/time.h"

#include "ingest/merge.h"

#include <stdlib.h>
#include <string.h>

/* What a final file holds: one large day, or all the days of the month that are not large. */
struct target {
    struct partition *partition;
    int day; /* 1 to 31, 0 = the rest of the month */
    int64_t rows;
};

static bool large(const struct partition *partition, int day)
{
    return partition->day_rows[day - 1] >= INGEST_DAY_ROWS;
}

static char *final_path(const struct ingest_run *run, const struct target *target,
                        struct arena *arena)
{
    const struct partition *partition = target->partition;
    char *folder = partition_folder(run, partition, arena);
    int year = partition->month / 12;
    int month = partition->month % 12 + 1;
    if (target->day) {
        return arena_printf(arena, "%s/eventDay=%04d%02d%02d/%s.parquet", folder, year, month,
                            target->day, commit_run(run->commit));
    }
    return arena_printf(arena, "%s/eventMonth=%04d%02d/%s.parquet", folder, year, month,
                        commit_run(run->commit));
}

static int64_t millis(const struct partition *partition, int day)
{
    return time_from_date(partition->month / 12, partition->month % 12 + 1, day) / 1000;
}

#define DAY_MILLIS INT64_C(86400000)

static void where_sql(struct buf *sql, const struct target *target)
{
    if (target->day) {
        int64_t from = millis(target->partition, target->day);
        buf_addf(sql, "\"time\" >= %lld AND \"time\" < %lld", (long long)from,
                 (long long)(from + DAY_MILLIS));
        return;
    }
    const char *word = "";
    for (int day = 1; day <= 31; day++) {
        if (large(target->partition, day)) {
            int64_t from = millis(target->partition, day);
            buf_addf(sql, "%sNOT (\"time\" >= %lld AND \"time\" < %lld)", word, (long long)from,
                     (long long)(from + DAY_MILLIS));
            word = " AND ";
        }
    }
}

static int by_first(const void *a, const void *b)
{
    const struct piece_file *one = *(const struct piece_file *const *)a;
    const struct piece_file *two = *(const struct piece_file *const *)b;
    return one->first < two->first ? -1 : one->first > two->first;
}

static bool merge(struct worker *worker, const struct target *target, const char *path)
{
    struct ingest_run *run = worker->run;
    size_t count = (size_t)target->partition->piece_count;
    struct arena *arena = arena_new();
    const struct piece_file **pieces = arena_alloc(arena, count * sizeof *pieces);
    const char **paths = arena_alloc(arena, count * sizeof *paths);
    size_t at = 0;
    for (const struct piece_file *piece = target->partition->pieces; piece; piece = piece->next) {
        pieces[at++] = piece;
    }
    qsort(pieces, count, sizeof *pieces, by_first);
    bool disjoint = true;
    for (size_t i = 0; i < count; i++) {
        paths[i] = pieces[i]->path;
        disjoint = disjoint && (i == 0 || pieces[i - 1]->last <= pieces[i]->first);
    }
    struct buf condition;
    buf_init(&condition, 65536);
    where_sql(&condition, target);
    struct merge job = {.writer = run->writer,
                        .lane = worker->lane,
                        .staging = commit_staging(run->commit),
                        .number = (int)target->partition->number * 32 + target->day,
                        .inputs = paths,
                        .input_count = count,
                        .condition = condition.data,
                        .rows = target->rows,
                        .slice_rows = merge_slice_rows(run->memory, run->thread_count),
                        .disjoint = disjoint};
    bool ok = merge_sorted(&job, path, &worker->err);
    buf_release(&condition);
    arena_free(arena);
    return ok;
}

static bool finish(struct worker *worker, const struct target *target, bool alone)
{
    struct ingest_run *run = worker->run;
    if (!target->rows) {
        return true;
    }
    struct arena *arena = arena_new();
    const char *staged = target->partition->pieces->path;
    bool ok = true;
    if (!alone || target->partition->piece_count > 1) {
        char *name =
            arena_printf(arena, "m%u-%d.parquet", (unsigned)target->partition->number, target->day);
        staged = file_join(arena, commit_staging(run->commit), name);
        ok = merge(worker, target, staged);
    }
    if (ok) {
        commit_add(run->commit, staged, final_path(run, target, arena));
        worker->counted.files_out++;
        worker->counted.bytes_out += file_size(staged);
    }
    arena_free(arena);
    return ok;
}

static bool merge_partition(struct worker *worker, struct partition *partition)
{
    struct target rest = {.partition = partition, .rows = partition->rows};
    bool days = false;
    for (int day = 1; day <= 31; day++) {
        if (large(partition, day)) {
            days = true;
            rest.rows -= partition->day_rows[day - 1];
        }
    }
    for (int day = 1; day <= 31; day++) {
        struct target one = {
            .partition = partition, .day = day, .rows = partition->day_rows[day - 1]};
        if (large(partition, day) && !finish(worker, &one, one.rows == partition->rows)) {
            return false;
        }
    }
    return finish(worker, &rest, !days);
}

void worker_merge(struct worker *worker)
{
    struct ingest_run *run = worker->run;
    for (;;) {
        size_t next = atomic_fetch_add(&run->next_partition, 1);
        if (next >= run->partitions.count || run_stopped(run)) {
            return;
        }
        struct partition *partition = run->partitions.all[next];
        if (partition->pieces && !merge_partition(worker, partition)) {
            worker->ok = false;
            atomic_store(&run->stop, true);
            return;
        }
    }
}
