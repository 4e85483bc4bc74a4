/* A trail's own objects in S3: listed, fetched, compared with what CloudTrail signed, ingested. */
#include "fetch/trail.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/gzip.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "fetch/objects.h"
#include "fetch/store.h"
#include "lake/horizon.h"

#include <string.h>

#define DAY ((int64_t)86400 * 1000000)
#define GAPS_LIMIT 8000
#define LOG_LIMIT ((size_t)512 * 1024 * 1024) /* unpacked */

void trail_gap(struct trail *trail, const char *format, ...)
{
    va_list args;
    buf_adds(trail->gaps, trail->gaps->size ? "; " : "");
    va_start(args, format);
    buf_vaddf(trail->gaps, format, args);
    va_end(args);
}

struct fetching {
    struct trail *trail;
    struct store *store;
    struct gzip *gzip;
    struct object *objects;
    size_t *logs; /* of each object the log it is */
    size_t count;
    size_t there; /* fetched before */
};

/* The file of a log in the case: its name, which others may have chosen, and what tells it from
 * namesakes. */
static const char *local_name(const struct trail *trail, const char *key)
{
    unsigned char hash[HASH_SIZE];
    char hex[HASH_HEX_SIZE], name[100];
    size_t used = 0;
    const char *place = arena_printf(trail->arena, "%s/%s", trail->bucket, key);
    hash_sha256(place, strlen(place), hash);
    hash_hex(hash, HASH_SIZE, hex);
    for (const char *at = file_name(key); *at && used + 1 < sizeof name; at++)
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *at))
            name[used++] = *at;
    name[used] = '\0';
    return arena_printf(trail->arena, "%.16s-%s.json.gz", hex, name);
}

/* The hash that digests name is that of what the file holds. */
static void hash_log(struct fetching *fetching, struct log *log, const void *bytes, size_t size)
{
    struct error ignored = {0};
    struct buf text;
    buf_init(&text, LOG_LIMIT);
    if (gzip_expand(fetching->gzip, bytes, size, &text, &ignored)) {
        hash_sha256(text.data, text.size, log->hash);
        log->hashed = true;
    }
    buf_release(&text);
}

static bool take_log(void *state, size_t index, const struct object_body *body, struct error *err)
{
    struct fetching *fetching = state;
    struct trail *trail = fetching->trail;
    struct log *log = &trail->logs[fetching->logs[index]];
    hash_log(fetching, log, body->bytes, body->size);
    return file_replace(
        file_join(trail->arena, fetching->store->incoming, local_name(trail, log->key)),
        body->bytes, body->size, 0600, err);
}

static void show_progress(void *state, size_t done)
{
    const struct fetching *fetching = state;
    if (fetching->trail->request->outputs)
        outputs_progress(fetching->trail->request->outputs, "trail %s: %zu of %zu files",
                         fetching->trail->name, done, fetching->count);
}

/* A file that an earlier fetch kept is not fetched again, but looked at again. */
static bool is_there(struct fetching *fetching, struct log *log)
{
    struct arena *arena = arena_new();
    struct error ignored = {0};
    char *bytes;
    size_t size;
    const char *path =
        file_join(arena, fetching->store->raw, local_name(fetching->trail, log->key));
    bool there = file_exists(path) && file_read(arena, path, LOG_LIMIT, &bytes, &size, &ignored);
    if (there)
        hash_log(fetching, log, bytes, size);
    arena_free(arena);
    return there;
}

static void plan(struct fetching *fetching)
{
    struct trail *trail = fetching->trail;
    fetching->objects = arena_alloc(trail->arena, (trail->log_count + 1) * sizeof(struct object));
    fetching->logs = arena_alloc(trail->arena, (trail->log_count + 1) * sizeof(size_t));
    for (size_t i = 0; i < trail->log_count; i++) {
        if (is_there(fetching, &trail->logs[i])) {
            fetching->there++;
            continue;
        }
        fetching->objects[fetching->count] = (struct object){.key = trail->logs[i].key};
        fetching->logs[fetching->count++] = i;
    }
}

static bool fetch_logs(struct fetching *fetching, struct error *err)
{
    struct trail *trail = fetching->trail;
    struct objects objects = {.aws = session_aws(trail->request->session),
                              .cancel = trail->request->cancel,
                              .bucket = trail->bucket,
                              .take = take_log,
                              .progress = show_progress,
                              .state = fetching};
    fetching->gzip = gzip_new();
    plan(fetching);
    bool ok = objects_fetch(&objects, fetching->objects, fetching->count, trail->arena, err);
    gzip_free(fetching->gzip);
    for (size_t i = 0; i < fetching->count && ok; i++)
        if (fetching->objects[i].failure)
            trail_gap(trail, "%s: %s", fetching->objects[i].key, fetching->objects[i].failure);
    if (!ok && err->kind == ERROR_INTERRUPTED)
        (void)error_hint(err, "They are kept, and are there at the next question of the trail.");
    return ok;
}

/* Regions of the files. */
static size_t count_regions(const struct trail *trail)
{
    json_t *seen = json_own(trail->arena, json_object());
    for (size_t i = 0; i < trail->log_count; i++)
        (void)json_object_set_new(seen, trail->logs[i].region, json_true());
    return json_object_size(seen);
}

static const char *words_of(const struct fetching *fetching, const struct verdict *verdict)
{
    const struct trail *trail = fetching->trail;
    char files[32], verified[32];
    if (!trail->log_count)
        return arena_printf(trail->arena, "trail %s in %s, no files", trail->name, trail->bucket);
    text_number((int64_t)trail->log_count, files);
    text_number(verdict->verified, verified);
    return arena_printf(
        trail->arena,
        "trail %s in %s, %s files (%zu fetched before), %s as signed in %lld digests, %lld not in "
        "a digest",
        trail->name, trail->bucket, files, fetching->there, verified, (long long)verdict->digests,
        (long long)verdict->uncovered);
}

static void set_window(const struct fetch_request *request, struct fetched *out)
{
    int64_t now = time_now();
    out->until = request->until && request->until < now ? request->until : now;
    out->since = request->since ? request->since : out->until - DAY;
}

static bool fetch(struct trail *trail, struct fetching *fetching, struct error *err)
{
    struct verdict verdict;
    struct fetched *out = trail->out;
    if (!trail_find(trail, err) || !trail_list(trail, err) || !fetch_logs(fetching, err) ||
        !trail_verify(trail, &verdict, err) || !store_take(fetching->store, out, err))
        return false;
    out->how = words_of(fetching, &verdict);
    out->calls += (int64_t)fetching->count;
    out->regions = count_regions(trail);
    out->gaps = trail->gaps->size ? buf_to_arena(trail->gaps, trail->arena) : NULL;
    out->note = horizon_words(trail->arena, &(struct horizon){.time = horizon_of(time_now(), 0)});
    return true;
}

bool fetch_trail(const struct fetch_request *request, struct arena *arena, struct fetched *out,
                 struct error *err)
{
    int64_t begun = time_monotonic();
    struct buf gaps;
    struct trail trail = {.request = request, .out = out, .arena = arena, .gaps = &gaps};
    struct store store;
    struct fetching fetching = {.trail = &trail, .store = &store};
    *out = (struct fetched){0};
    set_window(request, out);
    if (out->since >= out->until)
        return error_set(err, ERROR_USAGE, "the window is empty: --since is not before --until");
    if (!store_open(&store, request, "trail", arena, err))
        return false;
    buf_init(&gaps, GAPS_LIMIT);
    bool ok = fetch(&trail, &fetching, err);
    buf_release(&gaps);
    store_close(&store);
    out->elapsed = time_monotonic() - begun;
    return ok;
}
