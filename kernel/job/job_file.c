#include "job/job_file.h"

#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_MOST ((size_t)1 << 20)
#define FILES_KEPT 100
#define TRIES_MOST 1000

static const char *path_of(struct arena *arena, const char *folder, int64_t number,
                           const char *suffix)
{
    return arena_printf(arena, "%s/jobs/%lld.%s", folder, (long long)number, suffix);
}

/* ---- the lock -----------------------------------------------------------------------------------
 */

/* -1: a living kernel has it. */
static int lock(struct arena *arena, const char *folder, int64_t number)
{
    int descriptor =
        open(path_of(arena, folder, number, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        return descriptor;
    if (descriptor >= 0)
        (void)close(descriptor);
    return -1;
}

void job_file_release(struct job *job)
{
    if (job->lock >= 0)
        (void)close(job->lock);
    job->lock = -1;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

static void put_text(json_t *object, const char *name, const char *text)
{
    if (text)
        (void)json_object_set_new(object, name, json_texts(text));
}

bool job_file_write(const struct job *job, struct error *err)
{
    struct arena *arena = arena_new();
    char begun[TIME_TEXT_SIZE];
    json_t *object = json_own(arena, json_object());
    (void)json_object_set_new(object, "kind", json_texts(job->kind->name));
    (void)json_object_set_new(object, "title", json_texts(job->title));
    (void)json_object_set_new(object, "begun", json_texts(time_iso(job->begun, begun)));
    (void)json_object_set_new(object, "state", json_texts(job_state_name(job->progress)));
    (void)json_object_set_new(object, "line", json_texts(job->line));
    put_text(object, "profile", job->as.profile);
    put_text(object, "role", job->as.role);
    put_text(object, "account", job->as.account);
    put_text(object, "region", job->region);
    (void)json_object_set_new(object, "order", json_deep_copy(job->order));
    (void)json_object_set(object, "notes", job->notes);
    size_t size;
    const char *text = json_dump(arena, object, &size);
    bool ok = file_replace(path_of(arena, job->folder, job->number, "json"), text, size, 0600, err);
    arena_free(arena);
    return ok || error_wrap(err, "the job's file");
}

bool job_file_end(struct job *job, struct error *err)
{
    bool ok = job_file_write(job, err);
    job_file_release(job);
    return ok;
}

/* ---- numbers ------------------------------------------------------------------------------------
 */

/* Of "12.json"; 0 for any other name. */
static int64_t number_of(const char *name)
{
    char *end;
    long long number = strtoll(name, &end, 10);
    return number > 0 && number < INT64_C(1) << 40 && strcmp(end, ".json") == 0 && name[0] != '+'
               ? number
               : 0;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* In order. */
static int64_t *numbers(struct arena *arena, const char *folder, size_t *count)
{
    size_t names_count = 0;
    char **names = file_list(arena, file_join(arena, folder, "jobs"), &names_count);
    int64_t *list = arena_alloc(arena, (names_count + 1) * sizeof *list);
    *count = 0;
    for (size_t i = 0; names && i < names_count; i++)
        if (number_of(names[i]))
            list[(*count)++] = number_of(names[i]);
    qsort(list, *count, sizeof *list, compare);
    return list;
}

/* What nobody holds of the oldest. */
static void sweep(struct arena *arena, const char *folder, const int64_t *list, size_t count)
{
    for (size_t i = 0; i + FILES_KEPT < count; i++) {
        int held = lock(arena, folder, list[i]);
        if (held < 0)
            continue;
        (void)unlink(path_of(arena, folder, list[i], "json"));
        (void)unlink(path_of(arena, folder, list[i], "lock"));
        (void)close(held);
    }
}

/* Another kernel of the case may take a number at the same time. */
bool job_file_make(struct job *job, struct error *err)
{
    const char *folder = file_join(job->arena, job->folder, "jobs");
    size_t count;
    if (!file_make_folder(folder, 0700, err))
        return error_wrap(err, "the jobs of the case");
    int64_t *list = numbers(job->arena, job->folder, &count);
    int64_t first = count ? list[count - 1] + 1 : 1;
    sweep(job->arena, job->folder, list, count);
    for (job->number = first; job->number < first + TRIES_MOST; job->number++) {
        job->lock = lock(job->arena, job->folder, job->number);
        const char *path = path_of(job->arena, job->folder, job->number, "json");
        if (job->lock >= 0 && !file_exists(path))
            return job_file_write(job, err);
        if (job->lock < 0 && errno != EWOULDBLOCK)
            return error_errno(err, errno, "%s", path);
        job_file_release(job);
    }
    return error_set(err, ERROR_LIMIT, "no number is free in %s", folder);
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static enum job_state state_named(const char *name)
{
    for (enum job_state state = 0; state < JOB_STATES; state++)
        if (strcmp(job_state_name(state), name) == 0)
            return state;
    return JOB_LEFT;
}

static const char *text_of(struct arena *arena, const json_t *object, const char *name)
{
    const char *text = json_get_string(object, name, NULL);
    return text ? arena_strdup(arena, text) : NULL;
}

/* NULL: it cannot be read, or a later version of the kernel wrote it. */
static struct job *read_job(const char *folder, int64_t number)
{
    struct arena *arena = arena_new_secret();
    struct error ignored = {0};
    char *text;
    size_t size;
    const json_t *object = NULL;
    if (file_read(arena, path_of(arena, folder, number, "json"), FILE_MOST, &text, &size, &ignored))
        object = json_parse(arena, text, size, FILE_MOST, &ignored);
    const struct job_kind *kind = job_kind_named(json_get_string(object, "kind", ""));
    if (!kind || !json_is_object(json_object_get(object, "order"))) {
        arena_free(arena);
        return NULL;
    }
    struct job *job = arena_alloc(arena, sizeof *job);
    const json_t *notes = json_object_get(object, "notes");
    const char *begun = json_get_string(object, "begun", ""),
               *title = text_of(arena, object, "title");
    *job = (struct job){
        .kind = kind,
        .arena = arena,
        .number = number,
        .title = title ? title : "",
        .order = json_object_get(object, "order"),
        .notes = json_own(arena, json_is_object(notes) ? json_deep_copy(notes) : json_object()),
        .folder = arena_strdup(arena, folder),
        .as = {.profile = text_of(arena, object, "profile"),
               .role = text_of(arena, object, "role"),
               .account = text_of(arena, object, "account")},
        .region = text_of(arena, object, "region"),
        .progress = state_named(json_get_string(object, "state", "")),
        .fd = -1,
        .lock = -1};
    job->exports = file_join(arena, folder, "export");
    (void)time_parse(begun, strlen(begun), &job->begun);
    job_say(job, "%s", json_get_string(object, "line", ""));
    return job;
}

/* False: a living kernel has it. */
static bool take(struct job *job)
{
    struct error ignored = {0};
    if (job->progress > JOB_CAME)
        return true;
    job->lock = lock(job->arena, job->folder, job->number);
    if (job->lock < 0)
        return false;
    job->progress = job->kind->resumes ? JOB_RUNNING : JOB_LEFT;
    if (job->progress == JOB_LEFT && !job_file_end(job, &ignored))
        error_clear(&ignored);
    return true;
}

void job_files_take(const char *folder, void (*visit)(void *state, struct job *job), void *state)
{
    struct arena *arena = arena_new();
    size_t count;
    int64_t *list = numbers(arena, folder, &count);
    for (size_t i = count > FILES_KEPT ? count - FILES_KEPT : 0; i < count; i++) {
        struct job *job = read_job(folder, list[i]);
        if (job && take(job))
            visit(state, job);
        else if (job)
            arena_free(job->arena);
    }
    arena_free(arena);
}
