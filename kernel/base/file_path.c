#define _XOPEN_SOURCE 700 /* realpath */

#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_LIMIT 4096

const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *file_join(struct arena *arena, const char *folder, const char *name)
{
    size_t size = strlen(folder);
    if (!size || name[0] == '/')
        return arena_strdup(arena, name);
    return arena_printf(arena, "%s%s%s", folder, folder[size - 1] == '/' ? "" : "/", name);
}

char *file_expand(struct arena *arena, const char *path)
{
    const char *home = getenv("HOME");
    if (path[0] != '~' || (path[1] && path[1] != '/') || !home)
        return arena_strdup(arena, path);
    return arena_printf(arena, "%s%s", home, path + 1);
}

/* "/a/./b//../c" -> "/a/c", in place; the path is absolute. */
static char *clean(char *path)
{
    char *out = path;
    for (const char *in = path; *in;) {
        while (*in == '/')
            in++;
        size_t size = strcspn(in, "/");
        if (size == 2 && memcmp(in, "..", 2) == 0) {
            while (out > path && *--out != '/')
                continue;
        } else if (size > 0 && !(size == 1 && *in == '.')) {
            *out++ = '/';
            memmove(out, in, size);
            out += size;
        }
        in += size;
    }
    if (out == path)
        *out++ = '/';
    *out = '\0';
    return path;
}

char *file_absolute(struct arena *arena, const char *path)
{
    char cwd[PATH_LIMIT];
    char *real = realpath(path, NULL);
    if (real) {
        char *copy = arena_strdup(arena, real);
        free(real);
        return copy;
    }
    if (path[0] == '/')
        return clean(arena_strdup(arena, path));
    const char *folder = getcwd(cwd, sizeof cwd) ? cwd : "/";
    return clean(arena_printf(arena, "%s/%s", folder, path));
}

char *file_executable_folder(struct arena *arena)
{
    char path[PATH_LIMIT];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0)
        return arena_strdup(arena, ".");
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    return arena_strndup(arena, path, slash && slash > path ? (size_t)(slash - path) : 1);
}

char *file_typed(struct arena *arena, const char *path)
{
    const char *here = file_absolute(arena, ".");
    size_t length = strlen(here);
    bool below = strncmp(path, here, length) == 0 && path[length] == '/';
    return arena_strdup(arena, below ? path + length + 1 : path);
}
