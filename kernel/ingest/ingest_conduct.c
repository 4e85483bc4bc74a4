/* ingest_conduct - the conductor's thread: scan, then read and write batch after batch, merge,
 * commit. */
#include "ingest/ingest_run.h"

#include "base/file.h"
#include "base/time.h"

#include <string.h>

bool run_stopped(const struct ingest_run *run)
{
    return atomic_load(&run->stop);
}

static void add_counts(struct ingest_counts *into, const struct ingest_counts *from)
{
    into->events += from->events;
    into->rows += from->rows;
    into->rejects += from->rejects;
    into->duplicates += from->duplicates;
}

static void add_report(struct ingest_report *into, const struct ingest_report *from)
{
    add_counts(&into->total, &from->total);
    for (size_t i = 0; i < COUNT(into->sources); i++) {
        add_counts(&into->sources[i], &from->sources[i]);
    }
    into->files += from->files;
    into->files_broken += from->files_broken;
    into->files_skipped += from->files_skipped;
    into->bytes_in += from->bytes_in;
    into->bytes_expanded += from->bytes_expanded;
    into->bytes_out += from->bytes_out;
    into->files_out += from->files_out;
    if (from->first && (!into->first || from->first < into->first)) {
        into->first = from->first;
    }
    into->last = from->last > into->last ? from->last : into->last;
}

void run_count(struct worker *worker)
{
    struct ingest_run *run = worker->run;
    pthread_mutex_lock(&run->mutex);
    add_report(&run->report, &worker->counted);
    pthread_mutex_unlock(&run->mutex);
    memset(&worker->counted, 0, sizeof worker->counted);
}

/* A phase: the same work on all workers at once; this thread is one of them. */
struct share {
    struct worker *worker;
    void (*work)(struct worker *worker);
    pthread_t thread;
    bool started;
};

static void *share_begin(void *state)
{
    struct share *share = state;
    share->work(share->worker);
    return NULL;
}

static bool run_phase(struct ingest_run *run, void (*work)(struct worker *worker),
                      struct error *err)
{
    struct share shares[INGEST_THREADS] = {{.worker = NULL}};
    for (int i = 1; i < run->thread_count; i++) {
        shares[i] = (struct share){.worker = &run->workers[i], .work = work};
        shares[i].started = pthread_create(&shares[i].thread, NULL, share_begin, &shares[i]) == 0;
    }
    work(&run->workers[0]);
    bool ok = true;
    for (int i = 1; i < run->thread_count; i++) {
        if (shares[i].started) {
            pthread_join(shares[i].thread, NULL);
        } else {
            work(&run->workers[i]); /* no thread to be had: its share is done here */
        }
    }
    for (int i = 0; i < run->thread_count; i++) {
        struct worker *worker = &run->workers[i];
        run_count(worker);
        if (!worker->ok && worker->err.kind != ERROR_INTERRUPTED) {
            *err = worker->err;
        }
        ok = ok && worker->ok;
    }
    if (run_stopped(run) && err->kind == ERROR_NONE) {
        return error_set(err, ERROR_INTERRUPTED, "interrupted: the lake is as it was");
    }
    return ok;
}

static void batch_clear(struct ingest_run *run)
{
    for (int i = 0; i < run->thread_count; i++) {
        struct worker *worker = &run->workers[i];
        worker->events.count = 0;
        slab_release(&worker->slab);
        reader_drop_chunks(&worker->reader);
    }
    atomic_store(&run->batch_bytes, 0);
}

static bool has_more(const struct ingest_run *run)
{
    bool more = atomic_load(&run->next_file) < run->file_count;
    for (int i = 0; i < run->thread_count; i++) {
        more = more || run->workers[i].reading;
    }
    return more;
}

static bool run_batches(struct ingest_run *run, struct error *err)
{
    while (has_more(run)) {
        if (!run_phase(run, worker_read, err)) {
            return false;
        }
        run_group(run);
        if (!run_phase(run, worker_write, err) || !run_write_rejects(run, err)) {
            return false;
        }
        run->batch++;
        batch_clear(run);
    }
    return true;
}

static const char lake_json[] =
    "{\"format\": 1, \"written_by\": \"cofferdam " COFFERDAM_VERSION "\"}\n";

static bool stage_extras(struct ingest_run *run, struct error *err)
{
    if (run->rejects_path) {
        char *to = arena_printf(run->arena, "rejects/%s.jsonl", commit_run(run->commit));
        commit_add(run->commit, run->rejects_path, to);
        pthread_mutex_lock(&run->mutex); /* the report is being shown */
        run->report.rejects_file = file_join(run->arena, run->into, to);
        pthread_mutex_unlock(&run->mutex);
    }
    if (!run_stage_files(run, err)) {
        return false;
    }
    if (!file_exists(file_join(run->arena, run->into, "lake.json"))) {
        char *path = file_join(run->arena, commit_staging(run->commit), "lake.json");
        if (!file_append(path, lake_json, sizeof lake_json - 1, 0644, false, err)) {
            return false;
        }
        commit_add(run->commit, path, "lake.json");
    }
    return true;
}

/* No batch is held any more: DuckDB may have its memory for merging. */
static bool more_memory(struct ingest_run *run, struct error *err)
{
    const char *sql =
        arena_printf(run->arena, "SET memory_limit = '%lldB'", (long long)(run->memory / 4 * 3));
    struct writer_statement statement = {.sql = sql};
    return writer_run(run->writer, &statement, NULL, err);
}

bool run_conduct(struct ingest_run *run, struct error *err)
{
    if (!run_load_files(run, err) || !run_scan(run, err) || !run_batches(run, err)) {
        return false;
    }
    atomic_store(&run->next_partition, 0);
    if (!more_memory(run, err) || !run_phase(run, worker_merge, err) || !stage_extras(run, err)) {
        return false;
    }
    commit_sync(run->commit);
    pthread_mutex_lock(&run->mutex);
    bool stopped = run_stopped(run);
    run->committing = !stopped;
    pthread_mutex_unlock(&run->mutex);
    if (stopped) {
        return error_set(err, ERROR_INTERRUPTED, "interrupted: the lake is as it was");
    }
    struct commit *commit = run->commit;
    run->commit = NULL;
    bool ok = commit_end(commit, err);
    return ok;
}
