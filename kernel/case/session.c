#include "case/session_state.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session_thing {
    struct session_thing *next;
    const char *name; /* of the session's arena */
    void *object;
    void (*release)(void *object);
};

struct session *session_new(const char *notebook_path, struct error *err)
{
    struct session *session = xcalloc(1, sizeof *session);
    (void)err;
    session->arena = arena_new();
    session->settings = (struct settings){.limit = 200,
                                          .engine = "local",
                                          .case_folder = ".cofferdam",
                                          .budget = -1,
                                          .progress = true,
                                          .lint = "on"};
    session->parameters = json_object();
    session->lakes = json_array();
    session->athena = json_array();
    session->registered = json_object();
    session->names = json_array();
    session->kept = json_object();
    session->seen = json_object();
    session->notebook = notebook_path ? xstrdup(notebook_path) : NULL;
    session->changed = true;
    return session;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    local_close(session->local);
    aws_free(session->aws); /* tells the guard what was given up, and that the ledger */
    guard_free(session->guard);
    ledger_free(session->ledger);
    trino_link_free(session->trino);
    for (const struct session_thing *thing = session->things; thing; thing = thing->next)
        thing->release(thing->object);
    json_decref(session->parameters);
    json_decref(session->lakes);
    json_decref(session->athena);
    json_decref(session->registered);
    json_decref(session->names);
    json_decref(session->kept);
    json_decref(session->seen);
    free(session->notebook);
    free(session->folder);
    free(session->cell_id);
    record_whole_forget(session, NULL);
    json_decref(session->record.waiting);
    free(session->record.trouble);
    arena_free(session->arena);
    free(session);
}

const struct settings *session_settings(const struct session *session)
{
    return &session->settings;
}

struct settings *session_settings_edit(struct session *session)
{
    session->dirty = true;
    return &session->settings;
}

void session_set_param(struct session *session, const char *name, json_t *value)
{
    if (json_equal(json_object_get(session->parameters, name), value))
        return; /* a notebook that is run again changes nothing: no new catalog */
    json_object_set(session->parameters, name, value);
    session_names_changed(session);
}

const json_t *session_param(const struct session *session, const char *name)
{
    return json_object_get(session->parameters, name);
}

void session_each_param(const struct session *session,
                        void (*visit)(void *state, const char *name, const json_t *value),
                        void *state)
{
    const char *name;
    json_t *value;
    json_object_foreach(session->parameters, name, value)
    {
        visit(state, name, value);
    }
}

const char *session_folder(struct session *session, struct error *err)
{
    if (session->folder)
        return session->folder;
    struct arena *arena = arena_new();
    const char *path = file_absolute(arena, file_expand(arena, session->settings.case_folder));
    if (file_make_folder(path, 0700, err))
        session->folder = xstrdup(path);
    else
        (void)error_wrap(err, "the case folder");
    arena_free(arena);
    return session->folder;
}

bool session_has_ledger(struct session *session)
{
    struct arena *arena = arena_new();
    const char *folder =
        session->folder ? session->folder
                        : file_absolute(arena, file_expand(arena, session->settings.case_folder));
    bool found = file_exists(file_join(arena, folder, LEDGER_FILE));
    arena_free(arena);
    return found;
}

static struct ledger *ledger_of(void *state, bool make, struct error *err)
{
    return make || session_has_ledger(state) ? session_ledger(state, err) : NULL;
}

struct guard *session_guard(struct session *session)
{
    if (!session->guard)
        session->guard = guard_new(ledger_of, session);
    return session->guard;
}

struct ledger *session_ledger(struct session *session, struct error *err)
{
    const char *folder = session_folder(session, err);
    if (!folder)
        return NULL;
    if (!session->ledger || strcmp(ledger_folder(session->ledger), folder) != 0) {
        ledger_free(session->ledger); /* %set case: another case, another record */
        session->ledger = ledger_new(folder, session->notebook);
        ledger_set_cell(session->ledger, session->cell, session->cell_id);
    }
    const struct guard_caller *who = guard_caller(session_guard(session));
    struct ledger_identity identity = {0};
    if (who)
        identity = (struct ledger_identity){who->account, who->arn, who->id};
    ledger_set_identity(session->ledger, who ? &identity : NULL);
    int64_t offset;
    if (session->aws && aws_server_offset(session->aws, &offset))
        ledger_set_offset(session->ledger, offset);
    return record_write_waiting(session, err) ? session->ledger : NULL;
}

struct aws *session_aws(struct session *session)
{
    struct aws_settings settings = {.profile = session->settings.profile,
                                    .region = session->settings.region};
    if (!session->aws) {
        session->aws = aws_new(&settings);
        guard_watch(session_guard(session), session->aws);
    }
    return session->aws;
}

struct aws_keyring *session_keyring(const struct session *session)
{
    return session->aws ? aws_keyring_of(session->aws) : NULL;
}

static struct session_thing *find_thing(const struct session *session, const char *name)
{
    struct session_thing *thing = session->things;
    while (thing && strcmp(thing->name, name) != 0)
        thing = thing->next;
    return thing;
}

void session_keep(struct session *session, const char *name, void *object,
                  void (*release)(void *object))
{
    struct session_thing *thing = find_thing(session, name);
    if (thing) {
        thing->release(thing->object);
    } else {
        thing = arena_alloc(session->arena, sizeof *thing);
        thing->next = session->things;
        thing->name = arena_strdup(session->arena, name);
        session->things = thing;
    }
    thing->object = object;
    thing->release = release;
}

void *session_kept(const struct session *session, const char *name)
{
    const struct session_thing *thing = find_thing(session, name);
    return thing ? thing->object : NULL;
}

struct trino_link *session_trino(struct session *session)
{
    if (!session->trino)
        session->trino = trino_link_new();
    return session->trino;
}

void session_aws_changed(struct session *session)
{
    if (session->guard)
        guard_forget(session->guard); /* another profile, another identity */
    aws_free(session->aws);
    session->aws = NULL;
}

/* ---- the local engine and what it may read ---- */

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

const char *session_exports(struct session *session, struct error *err)
{
    const char *folder = session_folder(session, err);
    return folder ? file_join(session->arena, folder, "export") : NULL;
}

/* Two instances must not have the same results file open: DuckDB's lock is between processes only.
 */
static bool close_local(struct session *session, struct error *err)
{
    if (session->local && !local_idle(session->local)) {
        (void)error_set(err, ERROR_UNAVAILABLE, "an interrupted query is still in the engine");
        return error_hint(err, "Run the cell again in a moment.");
    }
    local_close(session->local);
    session->local = NULL;
    return true;
}

struct local *session_local(struct session *session, struct error *err)
{
    if (session->local && !session->local_stale)
        return session->local;
    const char *folder = session_folder(session, err), *exports = session_exports(session, err);
    if (!exports || !file_make_folder(exports, 0700, err) || !close_local(session, err))
        return NULL;
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
    };
    bool earlier = file_exists(place.results_file);
    session->local = local_open(&place, err);
    session->local_stale = false;
    arena_free(arena);
    if (session->local && earlier)
        names_of_kept(session);
    return session->local;
}

void session_local_changed(struct session *session)
{
    session->local_stale = true;
}

static json_t *texts(const char *const *items)
{
    json_t *list = json_array();
    for (size_t i = 0; items && items[i]; i++)
        json_array_append_new(list, json_texts(items[i]));
    return list;
}

void session_register(struct session *session, const char *key, const char *const *folders,
                      const char *const *setup)
{
    json_t *entry = json_object();
    json_object_set_new(entry, "folders", texts(folders));
    json_object_set_new(entry, "setup", texts(setup));
    if (!json_equal(entry, json_object_get(session->registered, key)))
        session->local_stale = true;
    json_object_set_new(session->registered, key, entry);
}

void session_unregister(struct session *session, const char *key)
{
    json_object_del(session->registered, key);
    session->local_stale = true;
}

void session_lakes(const struct session *session, const char *const **paths, size_t *count)
{
    *count = json_array_size(session->lakes);
    const char **list = arena_alloc(session->arena, (*count + 1) * sizeof *list);
    size_t used = 0;
    add_texts(session->lakes, list, &used);
    *paths = list;
}

void session_add_lake(struct session *session, const char *path)
{
    for (size_t i = 0; i < json_array_size(session->lakes); i++)
        if (strcmp(json_string_value(json_array_get(session->lakes, i)), path) == 0)
            return;
    json_array_append_new(session->lakes, json_texts(path));
    session->dirty = true;
}

const json_t *session_athena_tables(const struct session *session)
{
    return session->athena;
}

void session_set_athena_tables(struct session *session, json_t *tables)
{
    json_incref(tables);
    json_decref(session->athena);
    session->athena = tables;
    session->dirty = true;
}

int64_t session_cell(const struct session *session)
{
    return session->cell;
}

void session_begin_cell(struct session *session, int64_t count, const char *id)
{
    free(session->cell_id);
    session->cell_id = id ? xstrdup(id) : NULL;
    session->cell = count;
    if (session->ledger)
        ledger_set_cell(session->ledger, count, id);
}
