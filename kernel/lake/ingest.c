/* ingest - the conductor: scan, read and write batch after batch, merge, commit. */
#include "lake/ingest_run.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/time.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool run_stopped(const struct ingest_run *run)
{
    return atomic_load(&run->stop) || (run->request->cancel && cancel_raised(run->request->cancel));
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
    struct share shares[INGEST_THREADS];
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
        add_report(&run->report, &worker->counted);
        memset(&worker->counted, 0, sizeof worker->counted);
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

static void tell(struct ingest_run *run)
{
    run->report.elapsed = time_monotonic() - run->began;
    if (run->request->progress) {
        run->request->progress(run->request->state, &run->report);
    }
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
        tell(run);
        run_group(run);
        if (!run_phase(run, worker_write, err) || !run_write_rejects(run, err)) {
            return false;
        }
        run->batch++;
        batch_clear(run);
        tell(run);
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
        run->report.rejects_file = file_join(run->arena, run->into, to);
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

static bool run_all(struct ingest_run *run, struct error *err)
{
    if (!run_scan(run, err) || !run_batches(run, err)) {
        return false;
    }
    atomic_store(&run->next_partition, 0);
    if (!run_phase(run, worker_merge, err) || !stage_extras(run, err)) {
        return false;
    }
    if (run_stopped(run)) {
        return error_set(err, ERROR_INTERRUPTED, "interrupted: the lake is as it was");
    }
    struct commit *commit = run->commit;
    run->commit = NULL;
    bool ok = commit_end(commit, err);
    tell(run);
    return ok;
}

#define MEMORY_DEFAULT ((int64_t)1 << 30)

static void choose_sizes(struct ingest_run *run)
{
    const struct ingest_request *request = run->request;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int threads = request->threads > 0 ? request->threads : (int)processors;
    run->thread_count = threads < 1 ? 1 : threads > INGEST_THREADS ? INGEST_THREADS : threads;
    long pages = sysconf(_SC_PHYS_PAGES);
    int64_t half = pages > 0 ? (int64_t)pages * sysconf(_SC_PAGESIZE) / 2 : MEMORY_DEFAULT;
    int64_t memory = request->memory_limit   ? request->memory_limit
                     : half < MEMORY_DEFAULT ? half
                                             : MEMORY_DEFAULT;
    run->memory = memory;
    run->batch_limit = memory / 3;
}

static void workers_init(struct ingest_run *run)
{
    for (int i = 0; i < run->thread_count; i++) {
        struct worker *worker = &run->workers[i];
        worker->run = run;
        worker->lane = i;
        worker->ok = true;
        mapping_init(&worker->mapping, &worker->slab, run->version);
        reader_init(&worker->reader, &worker->mapping);
    }
}

static bool open_writer(struct ingest_run *run, struct error *err)
{
    const char *spill = file_join(run->arena, commit_staging(run->commit), "spill");
    run->writer = writer_open(spill, run->memory / 2, run->thread_count, err);
    if (!run->writer) {
        return false;
    }
    for (size_t i = 0; i < MAP_SOURCES; i++) {
        const struct map_shape *shape = &map_shapes[i];
        bool again = i && shape->function == map_shapes[i - 1].function;
        if (shape->function && !again &&
            !writer_add_source(run->writer, shape->function, shape->columns, shape->column_count,
                               err)) {
            return false;
        }
    }
    return true;
}

static void run_release(struct ingest_run *run)
{
    for (int i = 0; i < run->thread_count; i++) {
        worker_release(&run->workers[i]);
    }
    partitions_release(&run->partitions);
    writer_close(run->writer);
    commit_drop(run->commit);
    for (size_t i = 0; i < run->file_count; i++) {
        free(run->files[i].path);
    }
    free(run->files);
    free(run->order);
}

bool lake_ingest(const struct ingest_request *request, struct arena *arena,
                 struct ingest_report *report, struct error *err)
{
    struct ingest_run *run = xcalloc(1, sizeof *run);
    run->request = request;
    run->arena = arena;
    run->version = request->table_version == 1 ? 1 : 2;
    run->into = file_absolute(arena, file_expand(arena, request->into));
    run->began = time_monotonic();
    unsigned char random[HASH_SIZE];
    char id[UUID_TEXT_SIZE];
    uuid_text(id);
    hash_sha256(id, sizeof id, random);
    memcpy(run->key, random, sizeof run->key);
    partitions_init(&run->partitions);
    choose_sizes(run);
    workers_init(run);
    run->commit = commit_begin(run->into, "ingest", err);
    bool ok = run->commit && open_writer(run, err) && run_all(run, err);
    run->report.elapsed = time_monotonic() - run->began;
    *report = run->report;
    run_release(run);
    free(run);
    return ok;
}
