#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_LIMIT ((size_t)1 << 20) /* in one folder */
#define DEPTH_LIMIT 128

static int compare(const void *a, const void *b)
{
    const char *const *first = a;
    const char *const *second = b;
    return strcmp(*first, *second);
}

/* Names of one folder with '/' behind folders. A symbolic link counts as what it points to if
 * `follow`, else as a file. */
static char **list(struct arena *arena, const char *path, bool follow, size_t *count)
{
    *count = 0;
    DIR *folder = opendir(path);
    if (!folder)
        return NULL;
    size_t room = 64, used = 0;
    char **names = xcalloc(room, sizeof *names);
    const struct dirent *entry;
    while ((errno = 0, entry = readdir(folder)) && used < NAMES_LIMIT) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        struct stat status;
        bool is_folder =
            fstatat(dirfd(folder), entry->d_name, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(status.st_mode);
        if (used + 1 == room)
            names = xrealloc(names, (room *= 2) * sizeof *names);
        names[used++] = arena_printf(arena, "%s%s", entry->d_name, is_folder ? "/" : "");
    }
    int number = entry ? EOVERFLOW : errno;
    (void)closedir(folder);
    qsort(names, used, sizeof *names, compare);
    char **copy = arena_alloc(arena, (used + 1) * sizeof *names); /* zeroed: NULL at the end */
    memcpy(copy, names, used * sizeof *names);
    free(names);
    errno = number;
    *count = used;
    return number ? NULL : copy;
}

char **file_list(struct arena *arena, const char *folder, size_t *count)
{
    return list(arena, folder, true, count);
}

struct walk {
    const struct file_visit *visit;
    size_t visited;
    int depth;
};

static bool walk_file(struct walk *walk, const char *path, struct error *err)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? true : error_errno(err, errno, "cannot read \"%s\"", path);
    if (!S_ISREG(status.st_mode))
        return true;
    if (walk->visited++ >= walk->visit->limit)
        return error_set(err, ERROR_LIMIT, "more than %zu files", walk->visit->limit);
    return walk->visit->visit(walk->visit->state, path, (int64_t)status.st_size, err);
}

static bool walk_folder(struct walk *walk, const char *path, struct error *err)
{
    if (walk->depth >= DEPTH_LIMIT)
        return error_set(err, ERROR_LIMIT, "folders are nested deeper than %d levels at \"%s\"",
                         DEPTH_LIMIT, path);
    struct arena *arena = arena_new();
    size_t count;
    char **names = list(arena, path, false, &count);
    bool ok = names || error_errno(err, errno, "cannot read the folder \"%s\"", path);
    walk->depth++;
    for (size_t i = 0; ok && i < count; i++) {
        size_t size = strlen(names[i]);
        char *inner = file_join(arena, path, names[i]);
        if (names[i][size - 1] == '/') {
            inner[strlen(inner) - 1] = '\0';
            ok = walk_folder(walk, inner, err);
        } else {
            ok = walk_file(walk, inner, err);
        }
    }
    walk->depth--;
    arena_free(arena);
    return ok;
}

bool file_walk(const char *root, const struct file_visit *visit, struct error *err)
{
    struct walk walk = {.visit = visit};
    struct stat status;
    if (stat(root, &status) != 0) /* the root itself may be a link: the analyst named it */
        return error_errno(err, errno, "cannot read \"%s\"", root);
    if (S_ISDIR(status.st_mode))
        return walk_folder(&walk, root, err);
    if (!S_ISREG(status.st_mode))
        return error_set(err, ERROR_DATA, "\"%s\" is neither a file nor a folder", root);
    if (visit->limit == 0)
        return error_set(err, ERROR_LIMIT, "more than 0 files");
    return visit->visit(visit->state, root, (int64_t)status.st_size, err);
}

static bool remove_at(int folder, const char *name, int depth);

static bool remove_content(int folder, int depth)
{
    DIR *entries = fdopendir(folder);
    if (!entries) {
        (void)close(folder);
        return false;
    }
    bool ok = depth < DEPTH_LIMIT;
    if (!ok)
        errno = ELOOP;
    const struct dirent *entry;
    while (ok && (errno = 0, entry = readdir(entries)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = remove_at(dirfd(entries), entry->d_name, depth + 1);
    int number = errno;
    (void)closedir(entries);
    errno = number;
    return ok && number == 0;
}

/* Through descriptors, so that a folder swapped for a link meanwhile leads nowhere else. */
static bool remove_at(int folder, const char *name, int depth)
{
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return false;
    int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner < 0 || !remove_content(inner, depth))
        return false;
    return unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

bool file_remove_all(const char *path, struct error *err)
{
    if (remove_at(AT_FDCWD, path, 0))
        return true;
    return error_errno(err, errno, "cannot remove \"%s\"", path);
}
