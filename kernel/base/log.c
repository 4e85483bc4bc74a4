#include "base/log.h"

#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_LIMIT 8192

static _Atomic int highest = LOG_LEVEL_WARN;

static const char *const names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

void log_set_level(enum log_level level)
{
    atomic_store(&highest, (int)level);
}

/* One write per line, so that threads do not cut each other's lines. */
static void write_all(const char *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(STDERR_FILENO, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        bytes += written;
        size -= (size_t)written;
    }
}

void log_line(enum log_level level, const char *where, const char *format, ...)
{
    if ((int)level > atomic_load(&highest))
        return;
    char raw[LINE_LIMIT], stamp[TIME_TEXT_SIZE];
    va_list args;
    va_start(args, format);
    if (vsnprintf(raw, sizeof raw, format, args) < 0)
        raw[0] = '\0';
    va_end(args);
    (void)time_iso(time_now(), stamp);
    struct buf line;
    buf_init(&line, (size_t)12 * LINE_LIMIT);
    buf_addf(&line, "%.19sZ %s %s: ", stamp, names[level], where);
    text_visible(&line, raw, strlen(raw), false);
    buf_addc(&line, '\n');
    write_all(line.data, line.size);
    buf_release(&line);
}

void log_error(const char *where, const struct error *err)
{
    const char *hint = err->hint[0] ? " - " : "";
    log_line(LOG_LEVEL_ERROR, where, "%s: %s%s%s", error_kind_name(err->kind), err->message, hint,
             err->hint);
}
