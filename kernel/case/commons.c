#include "case/commons_state.h"

#include "aws/keyring.h"
#include "base/file.h"
#include "case/session_state.h"

#include <stdlib.h>
#include <string.h>

struct commons *commons_new(void)
{
    struct commons *commons = xcalloc(1, sizeof *commons);
    struct door *const doors[] = {&commons->first, &commons->naming, &commons->door};
    for (size_t i = 0; i < COUNT(doors); i++)
        door_init(doors[i]);
    (void)pthread_mutex_init(&commons->lock, NULL);
    commons->references = 1;
    commons->arena = arena_new();
    commons->settings = settings_default();
    commons->parameters = json_object();
    commons->lakes = json_array();
    commons->athena = json_array();
    commons->registered = json_object();
    commons->names = json_array();
    commons->kept = json_object();
    commons->seen = json_object();
    commons->names_changed = true;
    return commons;
}

struct commons *commons_hold(struct commons *commons)
{
    (void)pthread_mutex_lock(&commons->lock);
    commons->references++;
    (void)pthread_mutex_unlock(&commons->lock);
    return commons;
}

static void commons_free(struct commons *commons)
{
    json_t *const lists[] = {commons->parameters, commons->lakes, commons->athena,
                             commons->registered, commons->names, commons->kept,
                             commons->seen};
    local_close(commons->local);
    for (size_t i = 0; i < COUNT(lists); i++)
        json_decref(lists[i]);
    aws_keyring_release(commons->keyring);
    catalog_release(commons->catalog);
    arena_free(commons->arena);
    free(commons->folder);
    free(commons->profile);
    free(commons->region);
    struct door *const doors[] = {&commons->first, &commons->naming, &commons->door};
    for (size_t i = 0; i < COUNT(doors); i++)
        door_destroy(doors[i]);
    (void)pthread_mutex_destroy(&commons->lock);
    free(commons);
}

void commons_release(struct commons *commons)
{
    if (!commons)
        return;
    (void)pthread_mutex_lock(&commons->lock);
    bool last = --commons->references == 0;
    (void)pthread_mutex_unlock(&commons->lock);
    if (last)
        commons_free(commons);
}

bool commons_settle(struct commons *commons, int64_t limit)
{
    return !commons->local || local_settle(commons->local, NULL, limit);
}

bool commons_restore(struct commons *commons, struct cancel *cancel, bool *ours)
{
    struct error stopped = {0};
    *ours = false;
    if (!door_enter(&commons->first, cancel, &stopped))
        return false;
    *ours = !commons->restored;
    if (!*ours)
        door_leave(&commons->first);
    return true;
}

void commons_restored(struct commons *commons, bool whole)
{
    commons->restored = whole;
    door_leave(&commons->first);
}

/* ---- who is there ------------------------------------------------------------------------------
 */

/* The main session is 0; a subshell has the lowest number that is free. */
static int free_number(const struct commons *commons)
{
    int number = 1;
    for (const struct session *at = commons->members; at;)
        if (at->sharer == number) {
            number++;
            at = commons->members;
        } else {
            at = at->next;
        }
    return number;
}

void commons_join(struct commons *commons, struct session *session)
{
    session->commons = commons_hold(commons);
    (void)pthread_mutex_lock(&commons->lock);
    session->sharer = session->subshell ? free_number(commons) : 0;
    settings_copy(&session->settings, &commons->settings, session->arena);
    session->next = commons->members;
    commons->members = session;
    (void)pthread_mutex_unlock(&commons->lock);
    session->serial = -1;
    commons_follow(session);
}

void commons_leave(struct session *session)
{
    struct commons *commons = session->commons;
    door_wait(&commons->door);
    local_close(session->local);
    session->local = NULL;
    (void)pthread_mutex_lock(&commons->lock);
    struct session **link = &commons->members;
    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    if (commons->alone == session)
        commons->alone = NULL;
    (void)pthread_mutex_unlock(&commons->lock);
    door_leave(&commons->door);
    commons_release(commons);
}

bool session_is_subshell(const struct session *session)
{
    return session->subshell != NULL;
}

bool session_is_only(const struct session *session)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    bool only = !commons->members->next;
    (void)pthread_mutex_unlock(&commons->lock);
    return only;
}

bool session_alone(struct session *session, const char *what, struct error *err)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    bool ok = !commons->alone || commons->alone == session;
    if (ok)
        commons->alone = session;
    (void)pthread_mutex_unlock(&commons->lock);
    return ok ||
           error_set(err, ERROR_UNAVAILABLE, "%s runs in another prompt of this kernel", what) ||
           error_hint(err, "Run this cell again when that one has ended.");
}

void session_end_cell(struct session *session)
{
    struct commons *commons = session->commons;
    commons_take_back(session);
    atomic_store(&session->inside, false);
    session_share_settings(session);
    (void)pthread_mutex_lock(&commons->lock);
    if (commons->alone == session)
        commons->alone = NULL;
    (void)pthread_mutex_unlock(&commons->lock);
}

/* ---- what is copied ----------------------------------------------------------------------------
 */

void commons_changed_by(struct session *session)
{
    bool current = session->serial == session->commons->serial;
    session->commons->serial++;
    if (current)
        session->serial++; /* it has what it has made: no copy at its next cell */
}

static void copy(json_t **into, const json_t *from)
{
    json_decref(*into);
    *into = json_deep_copy(from);
}

/* The case and the memory are the main session's to set. */
static void follow_settings(struct session *session)
{
    const struct settings *theirs = &session->commons->settings;
    if (!session->subshell)
        return;
    session->settings.memory = theirs->memory;
    if (strcmp(session->settings.case_folder, theirs->case_folder) == 0)
        return;
    session->settings.case_folder = arena_strdup(session->arena, theirs->case_folder);
    free(session->folder);
    session->folder = NULL;
}

void commons_follow(struct session *session)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    if (session->serial != commons->serial) {
        session->serial = commons->serial;
        copy(&session->parameters, commons->parameters);
        copy(&session->lakes, commons->lakes);
        copy(&session->athena, commons->athena);
        if (!session->local_stale)
            copy(&session->registered, commons->registered);
        follow_settings(session);
    }
    (void)pthread_mutex_unlock(&commons->lock);
}

void session_share_settings(struct session *session)
{
    struct commons *commons = session->commons;
    if (!session->settings_changed || session->subshell)
        return;
    session->settings_changed = false;
    (void)pthread_mutex_lock(&commons->lock);
    arena_reset(commons->arena);
    settings_copy(&commons->settings, &session->settings, commons->arena);
    commons_changed_by(session);
    (void)pthread_mutex_unlock(&commons->lock);
}

void session_set_param(struct session *session, const char *name, json_t *value)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    /* a notebook that is run again changes nothing: no new catalog */
    bool same = json_equal(json_object_get(commons->parameters, name), value);
    if (!same) {
        (void)json_object_set_new(commons->parameters, name, json_deep_copy(value));
        commons_changed_by(session);
        commons->names_changed = true;
    }
    (void)pthread_mutex_unlock(&commons->lock);
    (void)json_object_set(session->parameters, name, value);
}

static bool add_text(json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return false;
    return json_array_append_new(list, json_texts(text)) == 0;
}

void session_add_lake(struct session *session, const char *path)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    if (add_text(commons->lakes, path)) {
        commons_changed_by(session);
        session->dirty = true;
    }
    (void)pthread_mutex_unlock(&commons->lock);
    (void)add_text(session->lakes, path); /* whose texts others hold */
}

void session_set_athena_tables(struct session *session, json_t *tables)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    copy(&commons->athena, tables);
    commons_changed_by(session);
    (void)pthread_mutex_unlock(&commons->lock);
    copy(&session->athena, tables);
    session->dirty = true;
}

/* ---- money, credentials -------------------------------------------------------------------------
 */

double session_spent(const struct session *session)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    double spent = commons->spent;
    (void)pthread_mutex_unlock(&commons->lock);
    return spent;
}

void session_spend(struct session *session, double usd)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    commons->spent += usd;
    (void)pthread_mutex_unlock(&commons->lock);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void set_text(char **place, const char *text)
{
    free(*place);
    *place = text ? xstrdup(text) : NULL;
}

struct aws *commons_client(const struct session *session)
{
    struct commons *commons = session->commons;
    struct aws_settings settings = {.profile = session->settings.profile,
                                    .region = session->settings.region};
    (void)pthread_mutex_lock(&commons->lock);
    bool ours = commons->keyring && same(commons->profile, settings.profile) &&
                same(commons->region, settings.region);
    settings.keyring = ours ? commons->keyring : NULL;
    struct aws *aws = aws_new(&settings);
    if (!ours) {
        aws_keyring_release(commons->keyring);
        commons->keyring = aws_keyring_hold(aws_keyring_of(aws));
        set_text(&commons->profile, settings.profile);
        set_text(&commons->region, settings.region);
    }
    (void)pthread_mutex_unlock(&commons->lock);
    return aws;
}

void commons_forget_client(struct session *session)
{
    struct commons *commons = session->commons;
    (void)pthread_mutex_lock(&commons->lock);
    aws_keyring_release(commons->keyring);
    commons->keyring = NULL;
    (void)pthread_mutex_unlock(&commons->lock);
}

int64_t commons_shown_since(struct commons *commons, int64_t now)
{
    (void)pthread_mutex_lock(&commons->lock);
    if (!commons->shown_since)
        commons->shown_since = now;
    int64_t since = commons->shown_since;
    (void)pthread_mutex_unlock(&commons->lock);
    return since;
}
