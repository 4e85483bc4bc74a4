#include "fetch/store.h"

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"
#include "lake/beside.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define LINES_AT_ONCE ((size_t)256 * 1024)

static bool make_folders(const struct store *store, struct error *err)
{
    return file_make_folder(store->incoming, 0700, err) &&
           file_make_folder(store->raw, 0700, err) && file_make_folder(store->lake, 0700, err);
}

bool store_open(struct store *store, const struct fetch_request *request, const char *place,
                struct arena *arena, struct error *err)
{
    const char *folder = session_folder(request->session, err);
    char now[TIME_TEXT_SIZE];
    *store = (struct store){.request = request, .arena = arena, .place = place};
    buf_init(&store->lines, 16 * LINES_AT_ONCE);
    if (!folder)
        return false;
    folder = file_join(arena, file_join(arena, folder, "fetched"), place);
    store->incoming = file_join(arena, folder, "incoming");
    store->raw = file_join(arena, folder, "raw");
    store->lake = file_join(arena, folder, "lake");
    time_iso(time_now(), now);
    store->file = file_join(arena, store->incoming,
                            arena_printf(arena, "%.10s-%.2s%.2s%.2s-%.6s-%ld.jsonl", now, now + 11,
                                         now + 14, now + 17, now + 20, (long)getpid()));
    return make_folders(store, err);
}

static bool write_lines(struct store *store, struct error *err)
{
    bool written = !store->lines.size ||
                   file_append(store->file, store->lines.data, store->lines.size, 0600, false, err);
    buf_clear(&store->lines);
    return written;
}

bool store_add(struct store *store, const char *event, size_t size, struct error *err)
{
    buf_add(&store->lines, event, size);
    buf_addc(&store->lines, '\n');
    if (store->lines.full)
        return error_set(err, ERROR_LIMIT, "an event of %zu bytes", size);
    return store->lines.size < LINES_AT_ONCE || write_lines(store, err);
}

/* What is ingested is kept as it came. */
static bool keep_one(void *state, const char *path, int64_t size, struct error *err)
{
    const struct store *store = state;
    const char *kept = file_join(store->arena, store->raw, file_name(path));
    (void)size;
    return rename(path, kept) == 0 || error_errno(err, errno, "cannot keep %s", path);
}

static bool ingest(struct store *store, struct ingest_report *report, struct error *err)
{
    const char *const sources[] = {store->incoming};
    struct ingest_request request = {.sources = sources,
                                     .source_count = 1,
                                     .into = store->lake,
                                     .memory_limit =
                                         session_settings(store->request->session)->memory,
                                     .cancel = store->request->cancel};
    struct file_visit visit = {.visit = keep_one, .state = store, .limit = 1000000};
    return lake_ingest(&request, store->arena, report, err) &&
           file_walk(store->incoming, &visit, err);
}

static bool is_empty(const struct store *store)
{
    size_t count = 0;
    (void)file_list(store->arena, store->incoming, &count);
    return count == 0;
}

bool store_take(struct store *store, struct fetched *out, struct error *err)
{
    struct ingest_report report = {0};
    if (!write_lines(store, err))
        return false;
    if (!is_empty(store) && !ingest(store, &report, err))
        return error_wrap(err, "what came from %s", store->place);
    out->schema = arena_printf(store->arena, "fetched_%s", store->place);
    out->fresh = report.total.rows;
    out->events = out->events ? out->events : report.total.events;
    return lake_beside(store->request->session, out->schema, store->lake, store->request->cancel,
                       store->arena, err);
}

void store_close(struct store *store)
{
    struct error ignored = {0};
    (void)write_lines(store, &ignored);
    buf_release(&store->lines);
}

bool fetch_earlier(const struct fetch_request *request, const char *place, struct arena *arena,
                   const char **schema, struct error *err)
{
    const char *folder = session_folder(request->session, err);
    *schema = NULL;
    if (!folder)
        return false;
    const char *lake =
        file_join(arena, file_join(arena, file_join(arena, folder, "fetched"), place), "lake");
    size_t count = 0;
    (void)file_list(arena, lake, &count);
    if (!count) /* nothing came when it was asked */
        return true;
    *schema = arena_printf(arena, "fetched_%s", place);
    return lake_beside(request->session, *schema, lake, request->cancel, arena, err);
}
