/* A disk that is full, for tests: preloaded into a program (or linked into a test), it lets
 * ENOSPC_AFTER bytes be written below the folder ENOSPC_PATH (absolute, without a last '/')
 * and refuses the rest with ENOSPC, as the file systems do: write, pwrite, writev, fallocate, and
 * growth by ftruncate. Without the folder nothing is refused. The environment is read at each call,
 * so that a test can fill the disk and free it again.
 *
 * With DIE_AT=N the process is killed by SIGKILL at the Nth write, sync or cut below that folder,
 * before it happens; of a write the first half of the bytes happens.
 *
 *   cc -shared -fPIC -o enospc.so tests/shim/enospc.c -ldl
 *   ENOSPC_PATH=/tmp/x ENOSPC_AFTER=65536 LD_PRELOAD=./enospc.so cofferdam ...
 */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier): for RTLD_NEXT and fallocate */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset);
int fallocate64(int fd, int mode, off_t offset, off_t size);
int posix_fallocate64(int fd, off_t offset, off_t size);
int ftruncate64(int fd, off_t size);

static _Atomic long long written, steps;

static bool is_below(int fd, const char *folder)
{
    char link[64], path[4096];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    size_t length = strlen(folder);
    if (size < (ssize_t)length)
        return false;
    path[size] = '\0';
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* Whether `size` more bytes of this descriptor find no room; the room found is taken. */
static bool is_full(int fd, size_t size)
{
    const char *folder = getenv("ENOSPC_PATH"), *after = getenv("ENOSPC_AFTER");
    int kept = errno;
    bool below = folder && *folder && size > 0 && is_below(fd, folder);
    errno = kept;
    if (!below)
        return false;
    long long limit = after ? strtoll(after, NULL, 10) : 0;
    if (atomic_fetch_add(&written, (long long)size) + (long long)size <= limit)
        return false;
    atomic_fetch_sub(&written, (long long)size);
    errno = ENOSPC;
    return true;
}

/* Whether this is the step at which the process dies. */
static bool is_last_step(int fd)
{
    const char *folder = getenv("ENOSPC_PATH"), *at = getenv("DIE_AT");
    return folder && *folder && at && is_below(fd, folder) &&
           atomic_fetch_add(&steps, 1) + 1 == strtoll(at, NULL, 10);
}

static void *real(const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (!symbol)
        abort();
    return symbol;
}

static void die_at(int fd)
{
    if (is_last_step(fd))
        (void)raise(SIGKILL);
}

int fsync(int fd)
{
    die_at(fd);
    return ((int (*)(int))real("fsync"))(fd);
}

int fdatasync(int fd)
{
    die_at(fd);
    return ((int (*)(int))real("fdatasync"))(fd);
}

ssize_t write(int fd, const void *data, size_t size)
{
    if (is_last_step(fd)) {
        (void)!((ssize_t(*)(int, const void *, size_t))real("write"))(fd, data, size / 2);
        (void)raise(SIGKILL);
    }
    if (is_full(fd, size))
        return -1;
    return ((ssize_t(*)(int, const void *, size_t))real("write"))(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    if (is_full(fd, size))
        return -1;
    return ((ssize_t(*)(int, const void *, size_t, off_t))real("pwrite"))(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset)
{
    return pwrite(fd, data, size, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    if (is_full(fd, size))
        return -1;
    return ((ssize_t(*)(int, const struct iovec *, int))real("writev"))(fd, parts, count);
}

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    if (is_full(fd, (size_t)size))
        return -1;
    return ((int (*)(int, int, off_t, off_t))real("fallocate"))(fd, mode, offset, size);
}

int fallocate64(int fd, int mode, off_t offset, off_t size)
{
    return fallocate(fd, mode, offset, size);
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
    if (is_full(fd, (size_t)size))
        return ENOSPC;
    return ((int (*)(int, off_t, off_t))real("posix_fallocate"))(fd, offset, size);
}

int posix_fallocate64(int fd, off_t offset, off_t size)
{
    return posix_fallocate(fd, offset, size);
}

int ftruncate(int fd, off_t size)
{
    struct stat status;
    die_at(fd);
    off_t now = fstat(fd, &status) == 0 ? status.st_size : 0;
    if (size > now && is_full(fd, (size_t)(size - now)))
        return -1;
    return ((int (*)(int, off_t))real("ftruncate"))(fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return ftruncate(fd, size);
}
