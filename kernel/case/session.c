#include "case/session_state.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "case/commons.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session_thing {
    struct session_thing *next;
    const char *name; /* of the session's arena */
    void *object;
    void (*release)(void *object);
};

struct session *session_beside(struct commons *commons, const char *notebook_path,
                               const char *subshell)
{
    struct session *session = xcalloc(1, sizeof *session);
    session->arena = arena_new();
    session->subshell = subshell ? xstrdup(subshell) : NULL;
    session->parameters = json_object();
    session->lakes = json_array();
    session->athena = json_array();
    session->registered = json_object();
    session->notebook = notebook_path ? xstrdup(notebook_path) : NULL;
    atomic_init(&session->inside, false);
    commons_join(commons, session);
    return session;
}

struct session *session_new(const char *notebook_path, struct error *err)
{
    struct commons *commons = commons_new();
    struct session *session = session_beside(commons, notebook_path, NULL);
    (void)err;
    commons_release(commons); /* it is the session's now */
    return session;
}

void session_stopped_by(struct session *session, struct cancel *cancel)
{
    session->cancel = cancel;
}

struct cancel *session_cancel(const struct session *session)
{
    return session->cancel;
}

void session_free(struct session *session)
{
    if (!session)
        return;
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
    free(session->notebook);
    free(session->subshell);
    free(session->folder);
    free(session->cell_id);
    free(session->last);
    record_whole_forget(session, NULL);
    buf_release(&session->record.waiting);
    free(session->record.trouble);
    commons_leave(session);
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
    session->settings_changed = true;
    return &session->settings;
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
        ledger_set_subshell(session->ledger, session->subshell);
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
    if (!session->aws) {
        session->aws = commons_client(session);
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
    commons_forget_client(session);
    aws_free(session->aws);
    session->aws = NULL;
}

const char *session_exports(struct session *session, struct error *err)
{
    const char *folder = session_folder(session, err);
    return folder ? file_join(session->arena, folder, "export") : NULL;
}

static void add_texts(const json_t *list, const char **out, size_t *count)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        out[(*count)++] = json_string_value(json_array_get(list, i));
}

void session_lakes(const struct session *session, const char *const **paths, size_t *count)
{
    *count = json_array_size(session->lakes);
    const char **list = arena_alloc(session->arena, (*count + 1) * sizeof *list);
    size_t used = 0;
    add_texts(session->lakes, list, &used);
    *paths = list;
}

const json_t *session_athena_tables(const struct session *session)
{
    return session->athena;
}

int64_t session_cell(const struct session *session)
{
    return session->cell;
}

void session_begin_cell(struct session *session, int64_t count, const char *id)
{
    commons_follow(session);
    free(session->cell_id);
    session->cell_id = id ? xstrdup(id) : NULL;
    session->cell = count;
    if (session->ledger)
        ledger_set_cell(session->ledger, count, id);
}
