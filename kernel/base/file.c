#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH_BLOCK 65536

#define PATH_LIMIT 4096

/* Reads until the end, `size` bytes or an error. Returns the bytes read, -1 on error. */
static ssize_t read_all(int file, char *bytes, size_t size)
{
    size_t used = 0;
    while (used < size) {
        ssize_t got = read(file, bytes + used, size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        used += (size_t)got;
    }
    return (ssize_t)used;
}

static bool write_all(int file, const char *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

static bool too_large(const char *path, size_t limit, struct error *err)
{
    return error_set(err, ERROR_LIMIT, "\"%s\" is larger than %zu bytes", path, limit);
}

/* The file whose size is not known before (of /proc, or growing). */
static bool read_growing(int file, struct buf *buf)
{
    for (;;) {
        size_t left = buf->limit - buf->size, block = left < 65536 ? left + 1 : 65536;
        char piece[65536];
        ssize_t got = read_all(file, piece, block);
        if (got <= 0)
            return got == 0;
        buf_add(buf, piece, (size_t)got);
        if (buf->full)
            return true;
    }
}

static bool read_open(struct arena *arena, int file, struct buf *buf, char **data, size_t *size)
{
    struct stat stat;
    if (fstat(file, &stat) != 0)
        return false;
    if (!S_ISREG(stat.st_mode)) {
        errno = S_ISDIR(stat.st_mode) ? EISDIR : EINVAL;
        return false;
    }
    if ((uint64_t)stat.st_size > buf->limit) {
        buf->full = true;
        return true;
    }
    size_t expected = (size_t)stat.st_size;
    char *bytes = arena_alloc(arena, expected + 1);
    ssize_t got = read_all(file, bytes, expected + 1);
    if (got < 0)
        return false;
    if ((size_t)got <= expected) {
        bytes[got] = '\0';
        *data = bytes;
        *size = (size_t)got;
        return true;
    }
    buf_add(buf, bytes, (size_t)got);
    if (!buf->full && !read_growing(file, buf))
        return false;
    *data = buf->full ? NULL : buf_to_arena(buf, arena);
    *size = buf->size;
    return true;
}

bool file_read(struct arena *arena, const char *path, size_t limit, char **data, size_t *size,
               struct error *err)
{
    /* O_NONBLOCK: a named pipe must not block before it is refused */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return error_errno(err, errno, "cannot open \"%s\"", path);
    struct buf buf;
    if (arena_is_secret(arena))
        buf_init_secret(&buf, limit);
    else
        buf_init(&buf, limit);
    bool ok = read_open(arena, file, &buf, data, size);
    int number = errno;
    bool full = buf.full;
    buf_release(&buf);
    (void)close(file);
    if (!ok)
        return error_errno(err, number, "cannot read \"%s\"", path);
    return full ? too_large(path, limit, err) : true;
}

bool file_sha256(const char *path, unsigned char out[static HASH_SIZE], struct error *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return error_errno(err, errno, "cannot open \"%s\"", path);
    struct hash *hash = hash_new();
    char *block = xmalloc(HASH_BLOCK);
    ssize_t got;
    do {
        got = read(file, block, HASH_BLOCK);
        if (got > 0)
            hash_add(hash, block, (size_t)got);
    } while (got > 0 || (got < 0 && errno == EINTR));
    int number = errno;
    hash_end(hash, out);
    free(block);
    (void)close(file);
    return got == 0 || error_errno(err, number, "cannot read \"%s\"", path);
}

bool file_sync_folder(const char *path, struct error *err)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return error_errno(err, errno, "cannot open the folder \"%s\"", path);
    bool ok = fsync(folder) == 0 || errno == EINVAL; /* some file systems cannot */
    int number = errno;
    (void)close(folder);
    return ok ? true : error_errno(err, number, "cannot write the folder \"%s\"", path);
}

static bool sync_parent(const char *path, struct error *err)
{
    struct arena *arena = arena_new();
    const char *slash = strrchr(path, '/');
    const char *folder = !slash          ? "."
                         : slash == path ? "/"
                                         : arena_strndup(arena, path, (size_t)(slash - path));
    bool ok = file_sync_folder(folder, err);
    arena_free(arena);
    return ok;
}

/* A new file beside `path`; its name goes to `name`. Returns the descriptor, -1 on error. */
static int open_beside(const char *path, mode_t mode, char name[static PATH_LIMIT])
{
    for (int i = 0; i < 100; i++) {
        int length = snprintf(name, PATH_LIMIT, "%s.new-%ld-%d", path, (long)getpid(), i);
        if (length < 0 || length >= PATH_LIMIT) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (file >= 0 || errno != EEXIST)
            return file;
    }
    return -1;
}

bool file_replace(const char *path, const void *data, size_t size, mode_t mode, struct error *err)
{
    char name[PATH_LIMIT];
    int file = open_beside(path, mode, name);
    if (file < 0)
        return error_errno(err, errno, "cannot write \"%s\"", path);
    bool ok = write_all(file, data, size) && fsync(file) == 0;
    int number = errno;
    if (close(file) != 0 && ok) {
        ok = false;
        number = errno;
    }
    if (ok && rename(name, path) != 0) {
        ok = false;
        number = errno;
    }
    if (!ok) {
        (void)unlink(name);
        return error_errno(err, number, "cannot write \"%s\"", path);
    }
    return sync_parent(path, err);
}

bool file_append(const char *path, const void *data, size_t size, mode_t mode, bool sync,
                 struct error *err)
{
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode);
    if (file < 0)
        return error_errno(err, errno, "cannot open \"%s\"", path);
    struct stat before;
    bool known = fstat(file, &before) == 0 && S_ISREG(before.st_mode);
    bool ok = write_all(file, data, size) && (!sync || fsync(file) == 0);
    int number = errno;
    if (!ok && known && ftruncate(file, before.st_size) != 0) /* no half line stays behind */
        number = errno;
    if (close(file) != 0 && ok) {
        ok = false;
        number = errno;
    }
    return ok ? true : error_errno(err, number, "cannot write \"%s\"", path);
}

static bool make_one(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0)
        return true;
    int number = errno;
    if (file_is_folder(path)) /* also where its parent is read-only */
        return true;
    errno = number == EEXIST ? ENOTDIR : number;
    return false;
}

bool file_make_folder(const char *path, mode_t mode, struct error *err)
{
    char part[PATH_LIMIT];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof part)
        return error_errno(err, size ? ENAMETOOLONG : ENOENT, "cannot make the folder \"%s\"",
                           path);
    memcpy(part, path, size + 1);
    while (size > 1 && part[size - 1] == '/')
        part[--size] = '\0';
    for (size_t i = 1; i < size; i++) {
        if (part[i] != '/' || part[i - 1] == '/')
            continue;
        part[i] = '\0';
        if (!make_one(part, 0777))
            return error_errno(err, errno, "cannot make the folder \"%s\"", part);
        part[i] = '/';
    }
    if (!make_one(part, mode))
        return error_errno(err, errno, "cannot make the folder \"%s\"", path);
    return true;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

int64_t file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}
