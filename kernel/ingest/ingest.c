/* ingest - the caller's side of a run: it starts the conductor, shows progress, and lets go of it
 * when a stop takes too long. */
#include "ingest/ingest_run.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/time.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_DEFAULT ((int64_t)1 << 30)
#define MEMORY_LEAST ((int64_t)256 << 20) /* below it DuckDB cannot write a row group */

static void choose_sizes(struct ingest_run *run, const struct ingest_request *request)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int threads = request->threads > 0 ? request->threads : (int)processors;
    run->thread_count = threads < 1 ? 1 : threads > INGEST_THREADS ? INGEST_THREADS : threads;
    long pages = sysconf(_SC_PHYS_PAGES);
    int64_t half = pages > 0 ? (int64_t)pages * sysconf(_SC_PAGESIZE) / 2 : MEMORY_DEFAULT;
    int64_t memory = request->memory_limit   ? request->memory_limit
                     : half < MEMORY_DEFAULT ? half
                                             : MEMORY_DEFAULT;
    run->memory = memory > MEMORY_LEAST ? memory : MEMORY_LEAST;
    run->batch_limit = run->memory / 3;
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
    atomic_store(&run->writer_to_stop, run->writer);
    if (run_stopped(run)) {
        return error_set(err, ERROR_INTERRUPTED, "interrupted: the lake is as it was");
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

static struct ingest_run *run_new(const struct ingest_request *request)
{
    struct ingest_run *run = xcalloc(1, sizeof *run);
    run->arena = arena_new();
    const char **sources = arena_alloc(run->arena, request->source_count * sizeof *sources);
    for (size_t i = 0; i < request->source_count; i++) {
        sources[i] = arena_strdup(run->arena, request->sources[i]);
    }
    run->sources = sources;
    run->source_count = request->source_count;
    run->version = request->table_version == 1 ? 1 : 2;
    run->into = file_absolute(run->arena, file_expand(run->arena, request->into));
    run->began = time_monotonic();
    char id[UUID_TEXT_SIZE];
    unsigned char random[HASH_SIZE];
    uuid_text(id);
    hash_sha256(id, sizeof id, random);
    memcpy(run->key, random, sizeof run->key);
    pthread_mutex_init(&run->mutex, NULL);
    partitions_init(&run->partitions);
    choose_sizes(run, request);
    workers_init(run);
    return run;
}

static void run_free(struct ingest_run *run)
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
    free(run->hashes.items);
    free(run->order);
    close(run->done[0]);
    close(run->done[1]);
    pthread_mutex_destroy(&run->mutex);
    arena_free(run->arena);
    free(run);
}

#define LOCK_MS 10       /* between two looks at the lock */
#define NAMELESS_MAX 100 /* looks at a lock whose holder has not yet said who it is */

/* An interrupted run of this kernel may still be taking its files away: it is waited for. */
static struct commit *begin_commit(struct ingest_run *run, struct error *err)
{
    for (int nameless = 0;;) {
        struct commit *commit = commit_begin(run->into, err);
        if (commit || err->kind != ERROR_UNAVAILABLE) {
            return commit;
        }
        long holder = commit_holder(run->into);
        if (holder != (long)getpid() && (holder || nameless++ == NAMELESS_MAX)) {
            return NULL;
        }
        error_clear(err);
        if (run_stopped(run)) {
            error_set(err, ERROR_INTERRUPTED, "interrupted: the lake is as it was");
            return NULL;
        }
        (void)poll(NULL, 0, LOCK_MS);
    }
}

/* The conductor's thread. Whoever is last frees the run: this thread if the caller has let go of
 * it. */
static void *conductor(void *state)
{
    struct ingest_run *run = state;
    struct error err;
    error_clear(&err);
    bool ok = !run_stopped(run) ||
              error_set(&err, ERROR_INTERRUPTED, "interrupted: the lake is as it was");
    if (ok) {
        run->commit = begin_commit(run, &err);
        ok = run->commit && open_writer(run, &err) && run_conduct(run, &err);
    }
    if (!ok) { /* the lake is free again, and nothing is left behind, before anyone hears of it */
        writer_close(run->writer);
        run->writer = NULL;
        commit_drop(run->commit);
        run->commit = NULL;
    }
    pthread_mutex_lock(&run->mutex);
    run->ok = ok;
    run->err = err;
    run->ended = true;
    bool abandoned = run->abandoned;
    pthread_mutex_unlock(&run->mutex);
    if (abandoned) {
        run_free(run);
    } else if (write(run->done[1], "", 1) != 1) {
        abort(); /* a pipe of our own with room */
    }
    return NULL;
}

#define TICK_MS 100       /* between two looks at the progress */
#define PATIENCE_US 25000 /* how long a stop may take before the caller goes on alone */

static void stop(struct ingest_run *run)
{
    pthread_mutex_lock(&run->mutex);
    bool late = run->committing;
    if (!late) {
        atomic_store(&run->stop, true);
    }
    pthread_mutex_unlock(&run->mutex);
    if (!late) {
        struct writer *writer = atomic_load(&run->writer_to_stop);
        if (writer) {
            writer_stop(writer);
        }
    }
}

static void tell(struct ingest_run *run, const struct ingest_request *request)
{
    pthread_mutex_lock(&run->mutex);
    struct ingest_report report = run->report;
    pthread_mutex_unlock(&run->mutex);
    report.elapsed = time_monotonic() - run->began;
    report.rejects_file = NULL;
    if (request->progress) {
        request->progress(request->state, &report);
    }
}

/* Waits for the conductor; false: it was told to stop and did not in time. */
static bool wait_for(struct ingest_run *run, const struct ingest_request *request)
{
    int64_t stopped_at = 0;
    for (;;) {
        struct pollfd fds[2] = {{.fd = run->done[0], .events = POLLIN},
                                {.fd = -1, .events = POLLIN}};
        fds[1].fd = request->cancel && !stopped_at ? cancel_fd(request->cancel) : -1;
        int64_t left = stopped_at ? (stopped_at + PATIENCE_US - time_monotonic()) / 1000 : TICK_MS;
        int ready = poll(fds, 2, left > 0 ? (int)left : 0);
        if (ready > 0 && fds[0].revents) {
            return true;
        }
        if (request->cancel && !stopped_at && cancel_raised(request->cancel)) {
            stopped_at = time_monotonic();
            stop(run);
        } else if (stopped_at && time_monotonic() - stopped_at >= PATIENCE_US) {
            return false;
        } else if (!stopped_at) {
            tell(run, request);
        }
    }
}

/* Lets go of a conductor that still writes: it ends by itself, removes what it staged and then
 * frees the lake's lock. */
static bool let_go(struct ingest_run *run, pthread_t thread, bool *late)
{
    pthread_mutex_lock(&run->mutex);
    *late = run->committing;
    bool ended = run->ended;
    run->abandoned = !ended;
    pthread_mutex_unlock(&run->mutex);
    if (!ended) {
        pthread_detach(thread);
    }
    return !ended;
}

bool lake_ingest(const struct ingest_request *request, struct arena *arena,
                 struct ingest_report *report, struct error *err)
{
    memset(report, 0, sizeof *report);
    struct ingest_run *run = run_new(request);
    pthread_t thread;
    if (pipe(run->done) != 0 || pthread_create(&thread, NULL, conductor, run) != 0) {
        error_set(err, ERROR_UNAVAILABLE, "no thread or pipe left for the ingest");
        run_free(run);
        return false;
    }
    bool late = false;
    if (!wait_for(run, request) && let_go(run, thread, &late)) {
        if (late) {
            error_set(err, ERROR_INTERRUPTED,
                      "interrupted too late: the ingest is being completed in the background");
            return error_hint(err, "Open the lake in a moment: it holds the new rows.");
        }
        error_set(err, ERROR_INTERRUPTED, "interrupted: the lake is as it was");
        return error_hint(
            err, "The last write is still ending in the background; the lake is free in a moment.");
    }
    pthread_join(thread, NULL);
    *report = run->report;
    report->elapsed = time_monotonic() - run->began;
    report->rejects_file =
        run->report.rejects_file ? arena_strdup(arena, run->report.rejects_file) : NULL;
    bool ok = run->ok;
    if (!ok) {
        *err = run->err;
    }
    run_free(run);
    return ok;
}
