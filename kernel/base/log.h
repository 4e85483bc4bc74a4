/* log - lines on stderr for the operator: "2026-11-23T09:12:00Z warn wire: ...". Jupyter shows them
 * in its own log.
 *
 * Only main, front, worker and aide log errors; everything below returns a struct error. Never a
 * secret, never a log's bytes unescaped. Thread-safe; the level is the program's one writable
 * global.
 */
#ifndef COFFERDAM_BASE_LOG_H
#define COFFERDAM_BASE_LOG_H

#include "base/base.h"
#include "base/error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);
void log_line(enum log_level level, const char *where, const char *format, ...) ATTR_PRINTF(3, 4);
void log_error(const char *where, const struct error *err);

#endif
