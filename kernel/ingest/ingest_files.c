/* ingest_files - files whose records have no ids are told again by their SHA-256:
 * DIR/.runs/RUN.json keeps them, run by run. */
#include "ingest/ingest_run.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN_LIMIT ((size_t)256 << 20) /* bytes of one run's file */

static void add_hash(struct file_hashes *hashes, const unsigned char hash[HASH_SIZE])
{
    if (hashes->count == hashes->capacity) {
        hashes->capacity = hashes->capacity ? hashes->capacity * 2 : 64;
        hashes->items = xrealloc(hashes->items, hashes->capacity * sizeof *hashes->items);
    }
    memcpy(hashes->items[hashes->count++], hash, HASH_SIZE);
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, HASH_SIZE);
}

static bool read_hex(const char *text, unsigned char hash[HASH_SIZE])
{
    if (strlen(text) != HASH_SIZE * 2) {
        return false;
    }
    for (size_t i = 0; i < HASH_SIZE; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], 0};
        char *end = NULL;
        hash[i] = (unsigned char)strtoul(digits, &end, 16);
        if (*end) {
            return false;
        }
    }
    return true;
}

static bool load_one(struct ingest_run *run, const char *path, struct error *err)
{
    struct arena *arena = arena_new();
    char *text = NULL;
    size_t size = 0;
    bool ok = file_read(arena, path, RUN_LIMIT, &text, &size, err);
    json_t *known = ok ? json_parse(arena, text, size, RUN_LIMIT, err) : NULL;
    if (known && json_get_int(known, "version", 2) == run->version) {
        size_t i;
        json_t *file;
        json_array_foreach(json_object_get(known, "files"), i, file)
        {
            unsigned char hash[HASH_SIZE];
            if (read_hex(json_get_string(file, "sha256", ""), hash)) {
                add_hash(&run->hashes, hash);
            }
        }
    }
    arena_free(arena);
    return known || error_wrap(err, "%s", path);
}

bool run_load_files(struct ingest_run *run, struct error *err)
{
    char *folder = file_join(run->arena, run->into, ".runs");
    size_t count = 0;
    char **names = file_list(run->arena, folder, &count);
    for (size_t i = 0; names && i < count; i++) {
        size_t size = strlen(names[i]);
        if (size > 5 && strcmp(names[i] + size - 5, ".json") == 0 &&
            !load_one(run, file_join(run->arena, folder, names[i]), err)) {
            return false;
        }
    }
    if (run->hashes.count) {
        qsort(run->hashes.items, run->hashes.count, HASH_SIZE, by_bytes);
    }
    run->hashes.earlier = run->hashes.count;
    return true;
}

static bool hashes_hold(const struct file_hashes *hashes, const unsigned char hash[HASH_SIZE])
{
    if (hashes->earlier && bsearch(hash, hashes->items, hashes->earlier, HASH_SIZE, by_bytes)) {
        return true;
    }
    for (size_t i = hashes->earlier; i < hashes->count; i++) {
        if (memcmp(hashes->items[i], hash, HASH_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

bool worker_file_known(struct worker *worker)
{
    struct ingest_run *run = worker->run;
    if (worker->file_state) {
        return worker->file_state == 2;
    }
    unsigned char hash[HASH_SIZE];
    worker->file_state = 1;
    if (file_sha256(worker->reader.path, hash, &(struct error){0})) {
        pthread_mutex_lock(&run->mutex);
        if (hashes_hold(&run->hashes, hash)) {
            worker->file_state = 2;
        } else {
            add_hash(&run->hashes, hash);
        }
        pthread_mutex_unlock(&run->mutex);
    }
    return worker->file_state == 2;
}

bool run_stage_files(struct ingest_run *run, struct error *err)
{
    if (!run->report.total.rows) {
        return true;
    }
    json_t *record = json_own(run->arena, json_object());
    json_object_set_new(record, "run", json_texts(commit_run(run->commit)));
    json_object_set_new(record, "version", json_integer(run->version));
    json_object_set_new(record, "events", json_integer(run->report.total.events));
    json_object_set_new(record, "rows", json_integer(run->report.total.rows));
    json_object_set_new(record, "rejects", json_integer(run->report.total.rejects));
    json_object_set_new(record, "duplicates", json_integer(run->report.total.duplicates));
    json_t *files = json_array();
    for (size_t i = run->hashes.earlier; i < run->hashes.count; i++) {
        char hex[HASH_HEX_SIZE];
        hash_hex(run->hashes.items[i], HASH_SIZE, hex);
        json_t *file = json_object();
        json_object_set_new(file, "sha256", json_texts(hex));
        json_array_append_new(files, file);
    }
    json_object_set_new(record, "files", files);
    size_t size = 0;
    char *text = json_dump(run->arena, record, &size);
    char *path = file_join(run->arena, commit_staging(run->commit), "run.json");
    if (!file_append(path, text, size, 0644, false, err)) {
        return false;
    }
    commit_add(run->commit, path,
               arena_printf(run->arena, ".runs/%s.json", commit_run(run->commit)));
    return true;
}
