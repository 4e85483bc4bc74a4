/* ingest_rejects - what could not become a row is kept: DIR/rejects/RUN.jsonl, a line each, in the
 * order of the input. */
#include "ingest/ingest_run.h"

#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void worker_reject(struct worker *worker, const char *kind)
{
    const struct reject *reject = &worker->reader.reject;
    struct buf line;
    buf_init(&line, READER_RAW * 8 + 8192);
    buf_addf(&line, "{\"kind\":\"%s\",\"file\":", kind);
    text_json(&line, worker->reader.name, strlen(worker->reader.name));
    buf_addf(&line, ",\"position\":%lld,\"record\":%lld,\"reason\":", (long long)reject->position,
             (long long)reject->record);
    text_json(&line, reject->reason, strlen(reject->reason));
    buf_adds(&line, ",\"raw\":");
    size_t size = reject->raw_size < READER_RAW
                      ? reject->raw_size
                      : text_cut(reject->raw, reject->raw_size, READER_RAW);
    text_json(&line, reject->raw_size ? reject->raw : "", size);
    buf_addf(&line, ",\"raw_size\":%zu}\n", reject->raw_size);
    if (worker->reject_count == worker->reject_capacity) {
        worker->reject_capacity = worker->reject_capacity ? worker->reject_capacity * 2 : 64;
        worker->rejects =
            xrealloc(worker->rejects, worker->reject_capacity * sizeof *worker->rejects);
    }
    worker->rejects[worker->reject_count++] = (struct reject_line){
        .sequence = (uint64_t)worker->file << 32 | (uint64_t)(reject->record & 0xffffffff),
        .text = buf_take(&line)};
    buf_release(&line);
}

static int by_sequence(const void *a, const void *b)
{
    const struct reject_line *one = a;
    const struct reject_line *two = b;
    return one->sequence < two->sequence ? -1 : one->sequence > two->sequence;
}

static bool add_lines(struct ingest_run *run, struct reject_line *lines, size_t count,
                      struct error *err)
{
    if (!run->rejects_path) {
        run->rejects_path = file_join(run->arena, commit_staging(run->commit), "rejects.jsonl");
    }
    qsort(lines, count, sizeof *lines, by_sequence);
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    for (size_t i = 0; i < count; i++) {
        buf_adds(&text, lines[i].text);
    }
    bool ok = file_append(run->rejects_path, text.data, text.size, 0600, false, err);
    buf_release(&text);
    return ok;
}

/* Lines of a file that may yet turn out to be no log stay with their worker. */
bool run_write_rejects(struct ingest_run *run, struct error *err)
{
    size_t count = 0;
    for (int w = 0; w < run->thread_count; w++) {
        count += run->workers[w].reject_count - run->workers[w].pending;
    }
    if (!count) {
        return true;
    }
    struct reject_line *lines = xcalloc(count, sizeof *lines);
    size_t at = 0;
    for (int w = 0; w < run->thread_count; w++) {
        struct worker *worker = &run->workers[w];
        if (!worker->reject_count) {
            continue; /* and no lines, which memcpy may not be given */
        }
        size_t ready = worker->reject_count - worker->pending;
        memcpy(lines + at, worker->rejects, ready * sizeof *lines);
        memmove(worker->rejects, worker->rejects + ready, worker->pending * sizeof *lines);
        worker->reject_count = worker->pending;
        at += ready;
    }
    bool ok = add_lines(run, lines, count, err);
    for (size_t i = 0; i < count; i++) {
        free(lines[i].text);
    }
    free(lines);
    return ok;
}
