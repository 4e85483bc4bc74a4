/* The embedded engine, which all sessions of a kernel share: opened by the first that needs it,
   opened anew when nobody else is in it. */
#include "case/commons_state.h"

#include "base/file.h"
#include "case/session_state.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define WRITTEN_MOST 60000000 /* microseconds: a large result may take it */
#define IDLE_LOOKS 200        /* a second in all */
#define IDLE_MS 5

struct place_lists {
    const char **folders, **setup;
    size_t folder_count, setup_count;
};

static void add_texts(const json_t *list, const char **out, size_t *count)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        out[(*count)++] = json_string_value(json_array_get(list, i));
}

static void collect(const struct session *session, struct place_lists *lists, struct arena *arena)
{
    const char *key;
    json_t *entry;
    size_t folders = 0, setup = 0;
    json_object_foreach(session->registered, key, entry)
    {
        folders += json_array_size(json_object_get(entry, "folders"));
        setup += json_array_size(json_object_get(entry, "setup"));
    }
    lists->folders = arena_alloc(arena, (folders + 2) * sizeof *lists->folders);
    lists->setup = arena_alloc(arena, (setup + 1) * sizeof *lists->setup);
    json_object_foreach(session->registered, key, entry)
    {
        add_texts(json_object_get(entry, "folders"), lists->folders, &lists->folder_count);
        add_texts(json_object_get(entry, "setup"), lists->setup, &lists->setup_count);
    }
}

/* ---- opening, behind the door -------------------------------------------------------------------
 */

/* Views must not go from under a query of another prompt. */
static bool others_are_out(const struct session *session, struct error *err)
{
    bool out = true;
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    for (struct session *at = commons->members; at; at = at->next)
        out = out && (at == session || !atomic_load(&at->inside));
    (void)pthread_mutex_unlock(&commons->lock);
    return out ||
           error_set(err, ERROR_UNAVAILABLE,
                     "another prompt of this kernel runs a cell on what SQL can read now, so it "
                     "cannot change") ||
           error_hint(err, "Wait for that cell or interrupt it, then run this one again.");
}

static bool is_stopped(const struct session *session)
{
    return session->cancel && cancel_raised(session->cancel);
}

static bool not_now(const struct session *session, const char *why, struct error *err)
{
    if (is_stopped(session))
        return error_set(err, ERROR_INTERRUPTED, "interrupted");
    (void)error_set(err, ERROR_UNAVAILABLE, "%s", why);
    return error_hint(err, "Run the cell again in a moment.");
}

/* What was shown is written first, and a query that was interrupted a moment ago is about to leave.
 */
static bool nothing_is_in(const struct session *session, struct error *err)
{
    struct local *local = session->commons->local;
    if (!local_settle(local, session->cancel, WRITTEN_MOST))
        return not_now(session, "a result is still being written", err);
    for (int i = 0; i < IDLE_LOOKS && !local_idle(local) && !is_stopped(session); i++)
        (void)poll(NULL, 0, IDLE_MS);
    return local_idle(local) ||
           not_now(session, "an interrupted query is still in the engine", err);
}

/* Two instances must not have the same results file open: DuckDB's lock is between processes only.
 */
static bool close_all(struct session *session, struct error *err)
{
    struct commons *commons = session->commons;
    if (commons->local && !others_are_out(session, err))
        return false;
    if (commons->local && !nothing_is_in(session, err))
        return false;
    (void)pthread_mutex_lock(&commons->lock);
    for (struct session *at = commons->members; at; at = at->next) {
        local_close(at->local);
        at->local = NULL;
    }
    (void)pthread_mutex_unlock(&commons->lock);
    local_close(commons->local);
    commons->local = NULL;
    return true;
}

static void set_registered(json_t **into, const json_t *from)
{
    json_decref(*into);
    *into = json_deep_copy(from);
}

/* What was registered is what the engine has, or is taken back. */
static void settle(struct session *session, bool opened)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    if (!opened) {
        set_registered(&session->registered, commons->registered);
    } else if (!json_equal(commons->registered, session->registered)) {
        set_registered(&commons->registered, session->registered);
        commons_changed_by(session);
    }
    (void)pthread_mutex_unlock(&commons->lock);
    session->local_stale = false;
}

static bool open_it(struct session *session, const char *folder, const char *exports,
                    struct error *err)
{
    struct commons *commons = session->commons;
    struct arena *arena = arena_new();
    struct place_lists lists = {0};
    collect(session, &lists, arena);
    lists.folders[lists.folder_count++] = exports;
    struct local_place place = {
        .results_file = file_join(arena, folder, "results.duckdb"),
        .spill_folder = file_join(arena, folder, "spill"),
        .readable = lists.folders,
        .readable_count = lists.folder_count,
        .setup = lists.setup,
        .setup_count = lists.setup_count,
        .memory_limit = session->settings.memory,
        .cancel = session->cancel,
    };
    session->new_results = !file_exists(place.results_file);
    commons->local = local_open(&place, err);
    arena_free(arena);
    free(commons->folder);
    commons->folder = xstrdup(folder);
    commons->memory = session->settings.memory;
    return commons->local != NULL;
}

static bool fits(const struct session *session)
{
    const struct commons *commons = session->commons;
    return commons->local && !session->local_stale && session->folder && commons->folder &&
           strcmp(session->folder, commons->folder) == 0 &&
           session->settings.memory == commons->memory;
}

/* The names of what is kept, and this prompt's own last result. */
static bool join(struct session *session, bool fresh, struct error *err)
{
    session->local = local_join(session->commons->local, session->sharer, err);
    if (!session->local)
        return false;
    if (fresh && !session->new_results)
        names_of_kept(session);
    if (session->sharer)
        results_set_last(session, session->last); /* also over one that had the number before */
    return true;
}

static bool enter(struct session *session, struct error *err)
{
    const char *folder = session_folder(session, err);
    bool fresh = !fits(session);
    if (folder && session->local && !fresh)
        return true;
    const char *exports = session_exports(session, err);
    if (!exports || !file_make_folder(exports, 0700, err))
        return false;
    if (fresh) {
        bool opened = close_all(session, err) && open_it(session, folder, exports, err);
        settle(session, opened);
        if (!opened)
            return false;
    }
    return join(session, fresh, err);
}

void commons_take_back(struct session *session)
{
    if (session->local_stale)
        settle(session, false);
}

struct local *session_local(struct session *session, struct error *err)
{
    struct commons *commons = session->commons;
    if (!door_enter(&commons->door, session->cancel, err)) {
        commons_take_back(session);
        return NULL;
    }
    atomic_store(&session->inside, true);
    struct local *local = enter(session, err) ? session->local : NULL;
    door_leave(&commons->door);
    return local;
}

bool commons_is_open(const struct session *session)
{
    struct commons *commons = session->commons;
    struct error stopped = {0};
    if (!door_enter(&commons->door, session->cancel, &stopped))
        return false;
    bool open = fits(session);
    door_leave(&commons->door);
    return open;
}

/* ---- what it may read ---------------------------------------------------------------------------
 */

static json_t *texts(const char *const *items)
{
    json_t *list = json_array();
    for (size_t i = 0; items && items[i]; i++)
        (void)json_array_append_new(list, json_texts(items[i]));
    return list;
}

/* What others have opened meanwhile stays. */
static void follow_registered(struct session *session)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    if (!session->local_stale && !json_equal(session->registered, commons->registered))
        set_registered(&session->registered, commons->registered);
    (void)pthread_mutex_unlock(&commons->lock);
}

void session_register(struct session *session, const char *key, const char *const *folders,
                      const char *const *setup)
{
    json_t *entry = json_object();
    follow_registered(session);
    (void)json_object_set_new(entry, "folders", texts(folders));
    (void)json_object_set_new(entry, "setup", texts(setup));
    if (!json_equal(entry, json_object_get(session->registered, key)))
        session->local_stale = true;
    (void)json_object_set_new(session->registered, key, entry);
}

void session_unregister(struct session *session, const char *key)
{
    follow_registered(session);
    if (json_object_del(session->registered, key) == 0)
        session->local_stale = true;
}
