/* ingest_read - a worker reads files until the batch is full. */
#include "ingest/ingest_run.h"

#include "base/hash.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static void keep_event(struct worker *worker, const struct event *event)
{
    struct events *events = &worker->events;
    if (events->count == events->capacity) {
        events->capacity = events->capacity ? events->capacity * 2 : 4096;
        events->items = xrealloc(events->items, events->capacity * sizeof *events->items);
    }
    events->items[events->count++] = *event;
}

void worker_keep(struct worker *worker, struct event *event)
{
    struct ingest_run *run = worker->run;
    worker->counted.total.events++;
    worker->counted.sources[event->source].events++;
    worker->pending = 0; /* the file is a log: what was strange in it are rejects */
    if (!map_shapes[event->source].id[run->version - 1] && worker_file_known(worker)) {
        worker->counted.total.duplicates++;
        worker->counted.sources[event->source].duplicates++;
        return;
    }
    event->sequence =
        (uint64_t)worker->file << 32 | (uint64_t)(worker->reader.records & 0xffffffff);
    struct partition *recent = worker->recent;
    bool same = recent && recent->source == event->source &&
                strlen(recent->region) == event->region.size &&
                memcmp(recent->region, event->region.text, event->region.size) == 0 &&
                strlen(recent->account) == event->account.size &&
                memcmp(recent->account, event->account.text, event->account.size) == 0;
    if (!same || event->time < worker->recent_from || event->time >= worker->recent_to) {
        worker->recent = partition_of(run, event);
        partition_span(worker->recent, &worker->recent_from, &worker->recent_to);
    }
    event->partition = worker->recent->number;
    keep_event(worker, event);
}

/* Records of other things than logs are not rejects: a file without a row is named as skipped.
   After this many of them the question is decided. */
#define STRANGERS 1000

static void forget_pending(struct worker *worker)
{
    while (worker->pending) {
        free(worker->rejects[--worker->reject_count].text);
        worker->pending--;
        worker->counted.total.events--;
        worker->counted.total.rejects--;
    }
}

static void on_reject(struct worker *worker)
{
    worker->counted.total.events++;
    worker->counted.total.rejects++;
    worker->is_log |= worker->reader.reject.broken || worker->reader.reject.known;
    worker_reject(worker, "record");
    worker->pending = worker->reader.rows || worker->is_log ? 0 : worker->pending + 1;
    if (worker->pending == STRANGERS) {
        worker->reader.done = true; /* enough: the file is no log */
    }
}

/* Strangers only: skipped, unless the one record there is was broken (then it may well have been a
 * log). */
static void on_end(struct worker *worker)
{
    if (worker->pending && !worker->is_log) {
        forget_pending(worker);
        reader_problem(&worker->reader, "not a log of a known source");
        worker->reader.reject.record = 0;
        worker->reader.reject.position = 0;
        worker->reader.reject.raw_size = 0;
        worker->counted.files_skipped++;
        worker_reject(worker, "skipped");
    }
    worker->pending = 0;
}

static void file_end(struct worker *worker, enum reader_found found)
{
    if (found == READER_END) {
        on_end(worker);
    } else if (found == READER_DAMAGED) {
        worker->counted.files_broken++;
        worker_reject(worker, "damaged");
    } else if (found == READER_SKIPPED) {
        worker->counted.files_skipped++;
        worker_reject(worker, "skipped");
    }
}

/* Opens the next file; false if there is none. */
static bool open_next(struct worker *worker)
{
    struct ingest_run *run = worker->run;
    size_t file = atomic_fetch_add(&run->next_file, 1);
    if (file >= run->file_count) {
        return false;
    }
    worker->file = (uint32_t)file;
    worker->pending = 0;
    worker->is_log = false;
    worker->parquet_row = 0;
    worker->file_state = 0;
    worker->counted.files++;
    worker->counted.bytes_in += run->files[file].size;
    reader_open(&worker->reader, run->files[file].path, run->files[file].size);
    worker->reading = true;
    return true;
}

/* The batch is measured in what its rows need: bytes of files, and of the slabs. */
static bool account_bytes(struct worker *worker, int64_t *seen)
{
    int64_t held = worker->reader.held + (int64_t)worker->slab.total +
                   (int64_t)(worker->events.capacity * sizeof *worker->events.items);
    int64_t total = atomic_fetch_add(&worker->run->batch_bytes, held - *seen) + held - *seen;
    *seen = held;
    return total < worker->run->batch_limit;
}

/* After a part: the next one of an archive, or the end of the file. */
static bool part_end(struct worker *worker, enum reader_found found)
{
    file_end(worker, found);
    worker->pending = 0;
    worker->is_log = false;
    if (found == READER_END && reader_next_part(&worker->reader)) {
        return false;
    }
    if (found != READER_END) {
        return false; /* what follows is told by the next call */
    }
    worker->counted.bytes_expanded += worker->reader.expanded;
    reader_close(&worker->reader);
    worker->reading = false;
    run_count(worker);
    return true;
}

/* Some records of the open file; false if it is not the time for more. */
static bool read_some(struct worker *worker)
{
    for (int k = 0; k < 64; k++) {
        struct event event;
        enum reader_found found = reader_next(&worker->reader, &event);
        if (found == READER_ROW) {
            worker_keep(worker, &event);
        } else if (found == READER_REJECT) {
            on_reject(worker);
        } else if (found == READER_PARQUET) {
            if (!worker_read_parquet(worker)) {
                return false;
            }
        } else if (part_end(worker, found)) {
            break;
        }
    }
    return true;
}

void worker_read(struct worker *worker)
{
    int64_t seen = 0;
    bool more = account_bytes(worker, &seen);
    while (more && !run_stopped(worker->run) && (worker->reading || open_next(worker))) {
        more = read_some(worker) && account_bytes(worker, &seen);
    }
}

void worker_release(struct worker *worker)
{
    reader_release(&worker->reader);
    mapping_release(&worker->mapping);
    slab_release(&worker->slab);
    free(worker->events.items);
    for (size_t i = 0; i < worker->reject_count; i++) {
        free(worker->rejects[i].text);
    }
    free(worker->rejects);
}
