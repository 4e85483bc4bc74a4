/* A file that takes its time, for tests: preloaded into a program, it holds whoever opens a file
 * whose path ends in GATE_NAME for as long as the file GATE_FILE exists, after writing GATE_FILE
 * with ".reached" behind it. The environment is read at each call.
 *
 *   cc -shared -fPIC -o gate.so tests/shim/gate.c -ldl
 */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier): for RTLD_NEXT */
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

int open64(const char *path, int flags, ...);

typedef int open_function(const char *path, int flags, ...);

static bool ends_with(const char *path, const char *name)
{
    size_t size = strlen(path), length = strlen(name);
    return size >= length && strcmp(path + size - length, name) == 0;
}

static int opened(const char *function, const char *path, int flags, mode_t mode)
{
    open_function *real = NULL;
    void *symbol = dlsym(RTLD_NEXT, function);
    memcpy(&real, &symbol, sizeof symbol);
    const char *name = getenv("GATE_NAME"), *file = getenv("GATE_FILE");
    if (!real || !name || !file || !ends_with(path, name) || access(file, F_OK) != 0)
        return real ? real(path, flags, mode) : -1;
    char reached[4096];
    (void)snprintf(reached, sizeof reached, "%s.reached", file);
    (void)close(real(reached, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    while (access(file, F_OK) == 0)
        (void)poll(NULL, 0, 1);
    return real(path, flags, mode);
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return opened("open64", path, flags, mode);
}
