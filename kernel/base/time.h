/* time - UTC only: microseconds since 1970-01-01T00:00:00Z as int64_t, range years 1 to 9999.
 * Thread-safe. */
#ifndef COFFERDAM_BASE_TIME_H
#define COFFERDAM_BASE_TIME_H

#include "base/base.h"

#include <pthread.h>

#define TIME_TEXT_SIZE 40

int64_t time_now(void);       /* wall clock */
int64_t time_monotonic(void); /* microseconds of a clock that never jumps; for durations only */

/* What poll and epoll_wait wait until that monotonic time: milliseconds, rounded up, 0 when it is
 * over; -1, for ever, where `until` is 0. */
int time_poll(int64_t until);

/* "2026-11-23T09:12:00.012345Z"; "2026-11-23 09:12:00.012"; "2026-11-23". Return out. */
const char *time_iso(int64_t time, char out[static TIME_TEXT_SIZE]);
const char *time_millis(int64_t time, char out[static TIME_TEXT_SIZE]);
const char *time_day(int64_t time, char out[static TIME_TEXT_SIZE]);

/* ISO 8601 in its usual spellings: date alone, T or space, seconds and fraction optional, Z, +hh:mm
 * or nothing (= UTC). */
bool time_parse(const char *text, size_t size, int64_t *out);

/* What --since and --until take: ISO as above, or a span back from `now`: 90s, 30m, 24h, 7d, 2w;
 * also "now", "today". */
bool time_parse_relative(const char *text, int64_t now, int64_t *out);

/* A Date of HTTP: "Mon, 23 Nov 2026 12:00:00 GMT"; 0: none. NULL is allowed. */
int64_t time_of_http(const char *text);

/* Year, month, day of a time. */
void time_date(int64_t time, int *year, int *month, int *day);
int64_t time_from_date(int year, int month, int day);

/* Durations for people: "38.4 s", "210 ms", "3 min 20 s". Returns out. */
const char *time_duration(int64_t microseconds, char out[static TIME_TEXT_SIZE]);

/* A condition whose waits end by time_monotonic's clock. */
void time_condition(pthread_cond_t *condition);
/* Waits under the mutex until signalled, or until then; false: it is then. May wake for nothing. */
bool time_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until);

#endif
