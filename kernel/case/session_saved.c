/* What survives a restart: the lakes in session.json, and the kept results, which are looked at
 * before they are needed. */
#include "case/session_state.h"

#include "base/buf.h"
#include "base/file.h"
#include "case/commons_state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESULTS_MARK "DUCK" /* at byte 8 of a database */

/* In a case folder that need not exist yet. */
static char *case_file(const struct session *session, const char *name, struct arena *arena)
{
    return file_join(arena, file_absolute(arena, file_expand(arena, session->settings.case_folder)),
                     name);
}

static void say(struct buf *lost, const char *text)
{
    buf_addf(lost, "%s%s", lost->size ? "; " : "", text);
}

/* Files of kernels that found results.duckdb taken and are gone: what they kept ended with them. */
static void sweep_private(const char *file)
{
    struct arena *arena = arena_new();
    const char *name = file_name(file);
    char *folder = arena_strndup(arena, file, (size_t)(name - file));
    size_t count;
    char **names = file_list(arena, folder, &count);
    for (size_t i = 0; names && i < count; i++) {
        if (strncmp(names[i], name, strlen(name)) != 0 || names[i][strlen(name)] != '.')
            continue;
        char *end;
        long process = strtol(names[i] + strlen(name) + 1, &end, 10);
        bool ours = process > 0 && (!*end || strcmp(end, ".wal") == 0);
        if (ours && kill((pid_t)process, 0) != 0 && errno == ESRCH)
            (void)unlink(file_join(arena, folder, names[i]));
    }
    arena_free(arena);
}

/* Out of the way, so that SQL works; nothing is deleted. */
static void set_aside(const char *file, struct buf *lost)
{
    struct arena *arena = arena_new();
    const char *aside = arena_printf(arena, "%s.broken", file);
    for (int i = 2; file_exists(aside) && i < 1000; i++)
        aside = arena_printf(arena, "%s.broken-%d", file, i);
    bool moved = rename(file, aside) == 0;
    (void)rename(arena_printf(arena, "%s.wal", file), arena_printf(arena, "%s.wal", aside));
    say(lost, moved
                  ? arena_printf(arena, "the kept results cannot be read and are now in %s", aside)
                  : "the kept results cannot be read");
    arena_free(arena);
}

void session_check_results(struct session *session, struct buf *lost)
{
    struct arena *arena = arena_new();
    char *file = case_file(session, "results.duckdb", arena);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    char head[12] = "";
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
        say(lost, arena_printf(arena,
                               "another kernel (process %ld) works in this case: its kept results "
                               "are not seen here, and those of this kernel end with it",
                               (long)lock.l_pid));
    } else if (fd >= 0) {
        ssize_t size = pread(fd, head, sizeof head, 0);
        if (size > 0 && (size < (ssize_t)sizeof head ||
                         memcmp(head + 8, RESULTS_MARK, strlen(RESULTS_MARK)) != 0))
            set_aside(file, lost);
    }
    if (fd >= 0)
        (void)close(fd);
    sweep_private(file);
    arena_free(arena);
}

static bool reopen_lakes(struct session *session, const json_t *lakes,
                         bool (*reopen)(struct session *, const char *path, struct error *err),
                         struct buf *lost, struct error *err)
{
    for (size_t i = 0; i < json_array_size(lakes); i++) {
        const char *path = json_string_value(json_array_get(lakes, i));
        struct error problem = {0};
        if (!path || reopen(session, path, &problem))
            continue;
        if (problem.kind == ERROR_INTERRUPTED) {
            *err = problem;
            return false; /* and no word of a lake that may well be there */
        }
        buf_addf(lost, "%slake %s could not be opened again (%s)", lost->size ? "; " : "", path,
                 problem.message);
    }
    return true;
}

bool session_restore(struct session *session,
                     bool (*reopen)(struct session *, const char *path, struct error *err),
                     struct buf *lost, struct error *err)
{
    struct arena *arena = arena_new();
    char *file = case_file(session, "session.json", arena);
    char *text;
    size_t size;
    bool ok = true;
    session_check_results(session, lost);
    if (file_exists(file)) {
        struct error problem = {0};
        json_t *saved = NULL;
        ok = file_read(arena, file, (size_t)16 * 1024 * 1024, &text, &size, err);
        if (ok && !(saved = json_parse(arena, text, size, (size_t)16 * 1024 * 1024, &problem)))
            buf_addf(lost, "the saved session could not be read (%s)", problem.message);
        if (json_is_array(json_object_get(saved, "athena")))
            session_set_athena_tables(session, json_object_get(saved, "athena"));
        if (saved)
            ok = reopen_lakes(session, json_object_get(saved, "lakes"), reopen, lost, err);
    }
    session->dirty = false;
    arena_free(arena);
    return ok;
}

/* All that the kernel's sessions have opened. */
static bool save(struct session *session, struct error *err)
{
    commons_follow(session);
    bool nothing = !json_array_size(session->lakes) && !json_array_size(session->athena);
    if (nothing && !session->folder)
        return true;
    const char *folder = session_folder(session, err);
    if (!folder)
        return false;
    struct arena *arena = arena_new();
    json_t *saved = json_own(arena, json_object());
    json_object_set_new(saved, "format", json_integer(1));
    json_object_set(saved, "lakes", session->lakes);
    json_object_set(saved, "athena", session->athena);
    size_t size;
    char *text = json_dump(arena, saved, &size);
    bool ok = file_replace(file_join(arena, folder, "session.json"), text, size, 0600, err);
    session->dirty = !ok;
    arena_free(arena);
    return ok;
}

bool session_save(struct session *session, struct error *err)
{
    struct door *one = &session->commons->first; /* a later state is not replaced by an older */
    if (!session->dirty)
        return true;
    door_wait(one);
    bool ok = save(session, err);
    door_leave(one);
    return ok;
}
