/* commit - the lock, the staging folder and the journal of a lake's writer. */
#define _XOPEN_SOURCE 700 /* sync */

#include "lake/commit.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_LIMIT ((size_t)1 << 30)

struct commit {
    char *lake, *staging;
    char run[48];
    int lock;
    pthread_mutex_t mutex;
    json_t *moves, *removals;
};

/* The process that holds the lock, or held it last; 0 if none is written there. */
static long holder(int lock)
{
    char text[32] = "";
    ssize_t size = pread(lock, text, sizeof text - 1, 0);
    return size > 0 ? strtol(text, NULL, 10) : 0;
}

/* Opens and locks DIR/.lock; -1 with the error set. flock belongs to the open file, so a second
   writer within this process is kept out as well. */
static int lock_take(const char *lake, struct error *err)
{
    struct arena *arena = arena_new();
    char *path = file_join(arena, lake, ".lock");
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int number = errno;
    if (lock < 0) {
        error_errno(err, number, "%s", path);
    } else if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        long process = holder(lock);
        char who[48] = "";
        if (process)
            (void)snprintf(who, sizeof who, " (process %ld)", process);
        error_set(err, ERROR_UNAVAILABLE, "another ingest%s is writing to %s", who, lake);
        error_hint(err, "Wait until it has ended, or stop it.");
        close(lock);
        lock = -1;
    } else if (ftruncate(lock, 0) != 0 || dprintf(lock, "%ld\n", (long)getpid()) < 0) {
        log_line(LOG_LEVEL_WARN, "lake", "%s: the process cannot be noted", path);
    }
    arena_free(arena);
    return lock;
}

long commit_holder(const char *lake)
{
    struct arena *arena = arena_new();
    int lock = open(file_join(arena, lake, ".lock"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    long process = lock >= 0 ? holder(lock) : 0;
    if (lock >= 0)
        close(lock);
    arena_free(arena);
    return process;
}

static bool move(const char *lake, const char *from, const char *to, struct error *err)
{
    struct arena *arena = arena_new();
    char *source = file_join(arena, lake, from);
    char *target = file_join(arena, lake, to);
    bool ok = true;
    if (file_exists(source)) { /* missing: it was moved before the crash */
        char *slash = strrchr(target, '/');
        *slash = 0;
        ok = file_make_folder(target, 0755, err);
        *slash = '/';
        if (ok && rename(source, target) != 0) {
            ok = error_errno(err, errno, "%s", target);
        }
    }
    arena_free(arena);
    return ok;
}

/* Paths come from our own journal, but a journal is a file like any other: nothing outside the lake
 * is touched. */
static bool inside(const char *path)
{
    return path && *path && *path != '/' && !strstr(path, "..");
}

static bool journal_do(const char *lake, const json_t *journal, struct error *err)
{
    size_t i;
    json_t *pair;
    json_array_foreach(json_object_get(journal, "moves"), i, pair)
    {
        const char *from = json_string_value(json_array_get(pair, 0));
        const char *to = json_string_value(json_array_get(pair, 1));
        if (!inside(from) || !inside(to)) {
            return error_set(err, ERROR_DATA, "commit.json of %s names a path outside the lake",
                             lake);
        }
        if (!move(lake, from, to, err)) {
            return false;
        }
    }
    struct arena *arena = arena_new();
    bool ok = true;
    json_t *path;
    json_array_foreach(json_object_get(journal, "removals"), i, path)
    {
        const char *name = json_string_value(path);
        ok = ok && inside(name) && file_remove_all(file_join(arena, lake, name), err);
    }
    arena_free(arena);
    sync(); /* before the journal goes */
    return ok;
}

/* What is left of staging. */
static void sweep(const char *lake)
{
    struct error err;
    error_clear(&err);
    struct arena *arena = arena_new();
    if (!file_remove_all(file_join(arena, lake, ".staging"), &err)) {
        error_clear(&err); /* it stays behind; the next writer tries again */
    }
    arena_free(arena);
}

/* With the lock held. */
static bool recover(const char *lake, struct arena *arena, const char **what, struct error *err)
{
    *what = "";
    char *path = file_join(arena, lake, "commit.json");
    char *staging = file_join(arena, lake, ".staging");
    if (!file_exists(path)) {
        if (file_exists(staging)) {
            size_t count = 0;
            char **left = file_list(arena, staging, &count);
            sweep(lake);
            *what = left && count
                        ? "an unfinished ingest was rolled back: the lake is as it was before it"
                        : "";
        }
        return true;
    }
    char *text = NULL;
    size_t size = 0;
    if (!file_read(arena, path, JOURNAL_LIMIT, &text, &size, err)) {
        return false;
    }
    json_t *journal = json_parse(arena, text, size, JOURNAL_LIMIT, err);
    if (!journal || !journal_do(lake, journal, err) || !file_remove_all(path, err) ||
        !file_sync_folder(lake, err)) {
        return error_wrap(err, "finishing the ingest that was cut off in %s", lake);
    }
    sweep(lake);
    *what = "an ingest that was cut off while it was being put into the lake was completed";
    return true;
}

bool lake_recover(const char *path, struct arena *arena, const char **what, struct error *err)
{
    *what = "";
    char *lake = file_absolute(arena, path);
    if (!file_exists(file_join(arena, lake, "commit.json")) &&
        !file_exists(file_join(arena, lake, ".staging"))) {
        return true;
    }
    int lock = lock_take(lake, err);
    if (lock < 0) {
        return false;
    }
    bool ok = recover(lake, arena, what, err);
    close(lock);
    return ok;
}

static void run_name(char out[48])
{
    char iso[TIME_TEXT_SIZE];
    char id[UUID_TEXT_SIZE];
    time_iso(time_now(), iso);
    uuid_text(id);
    size_t at = 0;
    for (size_t i = 0; iso[i] && iso[i] != '.'; i++) {
        if (iso[i] != '-' && iso[i] != ':') {
            out[at++] = iso[i];
        }
    }
    snprintf(out + at, 48 - at, "Z-%.8s", id);
}

struct commit *commit_begin(const char *lake, struct error *err)
{
    if (!file_make_folder(lake, 0755, err)) {
        return NULL;
    }
    int lock = lock_take(lake, err);
    if (lock < 0) {
        return NULL;
    }
    struct commit *commit = xcalloc(1, sizeof *commit);
    struct arena *arena = arena_new();
    commit->lake = xstrdup(lake);
    commit->lock = lock;
    commit->moves = json_array();
    commit->removals = json_array();
    pthread_mutex_init(&commit->mutex, NULL);
    run_name(commit->run);
    char *staging = file_join(arena, file_join(arena, lake, ".staging"), commit->run);
    commit->staging = xstrdup(staging);
    const char *what = "";
    bool ok = recover(lake, arena, &what, err) && file_make_folder(staging, 0700, err);
    arena_free(arena);
    if (!ok) {
        commit_drop(commit);
        return NULL;
    }
    return commit;
}

const char *commit_run(const struct commit *commit)
{
    return commit->run;
}

const char *commit_staging(const struct commit *commit)
{
    return commit->staging;
}

static const char *relative(const struct commit *commit, const char *path)
{
    size_t size = strlen(commit->lake);
    return strncmp(path, commit->lake, size) == 0 && path[size] == '/' ? path + size + 1 : path;
}

void commit_add(struct commit *commit, const char *staged, const char *to)
{
    json_t *pair = json_array();
    json_array_append_new(pair, json_texts(relative(commit, staged)));
    json_array_append_new(pair, json_texts(to));
    pthread_mutex_lock(&commit->mutex);
    json_array_append_new(commit->moves, pair);
    pthread_mutex_unlock(&commit->mutex);
}

void commit_remove(struct commit *commit, const char *path)
{
    pthread_mutex_lock(&commit->mutex);
    json_array_append_new(commit->removals, json_texts(relative(commit, path)));
    pthread_mutex_unlock(&commit->mutex);
}

static void commit_free(struct commit *commit)
{
    sweep(commit->lake);
    close(commit->lock);
    json_decref(commit->moves);
    json_decref(commit->removals);
    pthread_mutex_destroy(&commit->mutex);
    free(commit->lake);
    free(commit->staging);
    free(commit);
}

/* Puts everything on the disk that was written so far: one call, because a run has hundreds of
   files and folders, and each call of its own waits for the disk. */
void commit_sync(struct commit *commit)
{
    (void)commit;
    sync();
}

static bool journal_write(const struct commit *commit, struct arena *arena, struct error *err)
{
    json_t *journal = json_object();
    json_own(arena, journal);
    json_object_set_new(journal, "run", json_texts(commit->run));
    json_object_set(journal, "moves", commit->moves);
    json_object_set(journal, "removals", commit->removals);
    size_t size = 0;
    char *text = json_dump(arena, journal, &size);
    return file_replace(file_join(arena, commit->lake, "commit.json"), text, size, 0600, err) &&
           journal_do(commit->lake, journal, err) &&
           file_remove_all(file_join(arena, commit->lake, "commit.json"), err) &&
           file_sync_folder(commit->lake, err);
}

bool commit_end(struct commit *commit, struct error *err)
{
    struct arena *arena = arena_new();
    bool nothing = json_array_size(commit->moves) == 0 && json_array_size(commit->removals) == 0;
    bool ok = nothing || journal_write(commit, arena, err);
    if (!ok && file_exists(file_join(arena, commit->lake, "commit.json"))) {
        /* The journal is written: what is staged must stay for whoever finishes it. */
        free(commit->staging);
        commit->staging = NULL;
        error_hint(err, "The ingest is finished when the lake is opened the next time.");
        close(commit->lock);
        commit->lock = -1;
        arena_free(arena);
        json_decref(commit->moves);
        json_decref(commit->removals);
        pthread_mutex_destroy(&commit->mutex);
        free(commit->lake);
        free(commit);
        return false;
    }
    arena_free(arena);
    commit_free(commit);
    return ok;
}

void commit_drop(struct commit *commit)
{
    if (commit) {
        commit_free(commit);
    }
}
