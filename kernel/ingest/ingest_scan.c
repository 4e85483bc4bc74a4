/* ingest_scan - which files a run reads. */
#include "ingest/ingest_run.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define FILES_MOST ((size_t)10000000)

static bool visit(void *state, const char *path, int64_t size, struct error *err)
{
    struct ingest_run *run = state;
    if (run_stopped(run)) {
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    }
    if (run->file_count == run->file_capacity) {
        run->file_capacity = run->file_capacity ? run->file_capacity * 2 : 1024;
        run->files = xrealloc(run->files, run->file_capacity * sizeof *run->files);
    }
    run->files[run->file_count++] = (struct source_file){.path = xstrdup(path), .size = size};
    return true;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct source_file *)a)->path, ((const struct source_file *)b)->path);
}

/* A file named twice, or below two of the folders, is read once. */
static void drop_doubles(struct ingest_run *run)
{
    size_t kept = 0;
    for (size_t i = 0; i < run->file_count; i++) {
        if (kept && strcmp(run->files[kept - 1].path, run->files[i].path) == 0) {
            free(run->files[i].path);
        } else {
            run->files[kept++] = run->files[i];
        }
    }
    run->file_count = kept;
}

bool run_scan(struct ingest_run *run, struct error *err)
{
    for (size_t i = 0; i < run->source_count; i++) {
        char *path = file_absolute(run->arena, file_expand(run->arena, run->sources[i]));
        if (!file_exists(path)) {
            error_set(err, ERROR_NOT_FOUND, "no file or folder %s", run->sources[i]);
            return error_hint(err, "Give files, folders or archives of logs.");
        }
        struct file_visit walk = {.visit = visit, .state = run, .limit = FILES_MOST};
        if (!file_walk(path, &walk, err)) {
            return false;
        }
    }
    qsort(run->files, run->file_count, sizeof *run->files, by_path);
    drop_doubles(run);
    return true;
}
