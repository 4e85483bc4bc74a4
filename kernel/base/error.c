#include "base/error.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Room for a message before it is cut to its field; text_valid never shrinks it below the fields'
 * sizes. */
#define RAW_SIZE 4096

struct place {
    char *text;
    size_t size;
};

static const char *const kind_names[ERROR_KINDS] = {
    [ERROR_NONE] = "NoError",
    [ERROR_USAGE] = "UsageError",
    [ERROR_SQL] = "SqlError",
    [ERROR_NOT_FOUND] = "NotFoundError",
    [ERROR_DATA] = "DataError",
    [ERROR_IO] = "IoError",
    [ERROR_LIMIT] = "LimitError",
    [ERROR_REFUSED] = "RefusedError",
    [ERROR_INTERRUPTED] = "Interrupted",
    [ERROR_PROTOCOL] = "ProtocolError",
    [ERROR_UNAVAILABLE] = "UnavailableError",
    [ERROR_AWS] = "AwsError",
    [ERROR_INTERNAL] = "InternalError",
};

struct errno_row {
    int number;
    enum error_kind kind;
    const char *hint;
};

static const struct errno_row errno_rows[] = {
    {ENOSPC, ERROR_IO, "The disk is full: free space or choose another folder; nothing was lost."},
    {EDQUOT, ERROR_IO,
     "Your disk quota is used up: free space or choose another folder; nothing was lost."},
    {EROFS, ERROR_IO, "This folder is read-only: choose one that you may write to."},
    {EACCES, ERROR_IO,
     "You may not do this here: change the permissions or choose another folder."},
    {EPERM, ERROR_IO, "You may not do this here: change the permissions or choose another folder."},
    {EMFILE, ERROR_IO,
     "Too many files are open: restart the kernel or raise the limit (ulimit -n)."},
    {ENOENT, ERROR_NOT_FOUND, "Check the path; a relative one counts from the notebook's folder."},
    {ENOTDIR, ERROR_NOT_FOUND, "A part of this path is a file and not a folder."},
};

void error_clear(struct error *err)
{
    *err = (struct error){.kind = ERROR_NONE};
}

/* Writes valid UTF-8, cut at a character, always with a NUL. */
static void fill(struct place place, const char *raw)
{
    struct buf buf;
    buf_init(&buf, (size_t)3 * RAW_SIZE);
    text_valid(&buf, raw, strlen(raw));
    size_t size = text_cut(buf.data, buf.size, place.size - 1);
    memcpy(place.text, buf.data, size);
    place.text[size] = '\0';
    buf_release(&buf);
}

static void ATTR_PRINTF(2, 0) fill_format(struct place place, const char *format, va_list args)
{
    char raw[RAW_SIZE];
    if (vsnprintf(raw, sizeof raw, format, args) < 0)
        raw[0] = '\0';
    fill(place, raw);
}

static struct place message_of(struct error *err)
{
    return (struct place){err->message, sizeof err->message};
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    if (err->kind != ERROR_NONE)
        return false;
    va_list args;
    va_start(args, format);
    fill_format(message_of(err), format, args);
    va_end(args);
    err->kind = kind;
    err->line = err->column = 0;
    err->hint[0] = err->detail[0] = '\0';
    if (!err->message[0])
        fill(message_of(err), "no reason was given");
    return false;
}

bool error_hint(struct error *err, const char *format, ...)
{
    if (err->hint[0])
        return false;
    va_list args;
    va_start(args, format);
    fill_format((struct place){err->hint, sizeof err->hint}, format, args);
    va_end(args);
    return false;
}

bool error_detail(struct error *err, const char *format, ...)
{
    if (err->detail[0])
        return false;
    va_list args;
    va_start(args, format);
    fill_format((struct place){err->detail, sizeof err->detail}, format, args);
    va_end(args);
    return false;
}

bool error_wrap(struct error *err, const char *format, ...)
{
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    char raw[RAW_SIZE];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    size_t used = size < 0 ? 0 : (size_t)size < sizeof raw ? (size_t)size : sizeof raw - 1;
    (void)snprintf(raw + used, sizeof raw - used, ": %s", old);
    fill(message_of(err), raw);
    return false;
}

bool error_errno(struct error *err, int number, const char *format, ...)
{
    if (err->kind != ERROR_NONE)
        return false;
    char raw[RAW_SIZE], reason[128];
    va_list args;
    va_start(args, format);
    if (vsnprintf(raw, sizeof raw, format, args) < 0)
        raw[0] = '\0';
    va_end(args);
    if (strerror_r(number, reason, sizeof reason) != 0)
        (void)snprintf(reason, sizeof reason, "error %d", number);
    if (reason[0] >= 'A' && reason[0] <= 'Z' && reason[1] >= 'a' && reason[1] <= 'z')
        reason[0] = (char)(reason[0] - 'A' + 'a');
    const struct errno_row *row = NULL;
    for (size_t i = 0; i < COUNT(errno_rows) && !row; i++)
        if (errno_rows[i].number == number)
            row = &errno_rows[i];
    (void)error_set(err, row ? row->kind : ERROR_IO, "%s: %s", raw, reason);
    return row ? error_hint(err, "%s", row->hint) : false;
}

const char *error_kind_name(enum error_kind kind)
{
    return (unsigned)kind < ERROR_KINDS ? kind_names[kind] : kind_names[ERROR_INTERNAL];
}
