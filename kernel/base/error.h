/* error - what went wrong, as a plain value that can be copied across threads.
 *
 * A fallible function returns bool and takes `struct error *err` last, never NULL. It fills the
 * error only when it returns false; the first error wins, so a clean-up that fails as well does not
 * hide the cause. Messages are lower case without a full stop ("no table \"x\" in this lake");
 * hints are whole sentences that say what to do next ("Run %lake tables."). Both may hold bytes of
 * logs: they are valid UTF-8 (cut at a character) and are escaped by whoever shows them.
 */
#ifndef COFFERDAM_BASE_ERROR_H
#define COFFERDAM_BASE_ERROR_H

#include "base/base.h"

#include <stdarg.h>

/* The kind names the `ename` of the Jupyter error message (error_kind_name). */
enum error_kind {
    ERROR_NONE = 0,
    ERROR_USAGE,       /* the analyst's words: unknown magic, option, value; wrong literal */
    ERROR_SQL,         /* the engine refused or could not run a statement */
    ERROR_NOT_FOUND,   /* a file, table, result or name that is not there */
    ERROR_DATA,        /* broken input: JSON, gzip, Parquet */
    ERROR_IO,          /* the machine: disk full, permission, read-only */
    ERROR_LIMIT,       /* a stated limit was met */
    ERROR_REFUSED,     /* allowed for nobody: a write through SQL */
    ERROR_INTERRUPTED, /* the analyst pressed stop */
    ERROR_PROTOCOL,    /* a broken message or connection file */
    ERROR_UNAVAILABLE, /* a library or service that is not there */
    ERROR_AWS,         /* AWS said no */
    ERROR_INTERNAL,    /* our own mistake */
    ERROR_KINDS
};

struct error {
    enum error_kind kind;
    int line, column; /* 1-based place in the cell, 0 = no place known; columns count code points */
    char message[1024]; /* one line or a few; never empty when kind is set */
    char hint[512];     /* may be empty */
    char detail[1024];  /* may be empty: caret picture, request id, engine's own words */
};

/* An empty error: {.kind = ERROR_NONE}. */
void error_clear(struct error *err);

/* Fills *err unless it holds an error already. Always returns false, so that callers write `return
 * error_set(err, ...)`. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...) ATTR_PRINTF(3, 4);

/* Sets the hint of the error, or its detail, if it has none yet. Returns false as well. */
bool error_hint(struct error *err, const char *format, ...) ATTR_PRINTF(2, 3);
bool error_detail(struct error *err, const char *format, ...) ATTR_PRINTF(2, 3);

/* Puts "context: " before the message on the way up. Returns false. */
bool error_wrap(struct error *err, const char *format, ...) ATTR_PRINTF(2, 3);

/* Error of a system call: message "format: strerror(number)", kind from the number (ENOSPC, EROFS,
   EACCES -> ERROR_IO with a hint, ENOENT -> ERROR_NOT_FOUND). Returns false. */
bool error_errno(struct error *err, int number, const char *format, ...) ATTR_PRINTF(3, 4);

/* "SqlError", "UsageError", ...: stable names that notebooks and tests may rely on. */
const char *error_kind_name(enum error_kind kind);

#endif
