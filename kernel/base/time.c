#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define DAY (INT64_C(86400) * SECOND)
#define FIRST (INT64_C(-62135596800) * SECOND)             /* 0001-01-01 */
#define LAST (INT64_C(253402300799) * SECOND + SECOND - 1) /* 9999-12-31T23:59:59.999999 */

static int64_t clock_read(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

int64_t time_now(void)
{
    return clock_read(CLOCK_REALTIME);
}

int64_t time_monotonic(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

int time_poll(int64_t until)
{
    int64_t left = until ? until - time_monotonic() : 0;
    return !until ? -1 : left > 0 ? (int)((left + 999) / 1000) : 0;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 of a proleptic Gregorian date, counted in years that begin in March (leap
 * day last). */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = floor_divide(y, 400), year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void time_date(int64_t time, int *year, int *month, int *day)
{
    int64_t days = floor_divide(time, DAY) + 719468;
    int64_t era = floor_divide(days, 146097), day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

int64_t time_from_date(int year, int month, int day)
{
    return days_from_date(year, month, day) * DAY;
}

static int64_t clamp(int64_t time)
{
    return time < FIRST ? FIRST : time > LAST ? LAST : time;
}

const char *time_day(int64_t time, char out[static TIME_TEXT_SIZE])
{
    int year, month, day;
    time_date(clamp(time), &year, &month, &day);
    (void)snprintf(out, TIME_TEXT_SIZE, "%04d-%02d-%02d", year, month, day);
    return out;
}

/* Hour, minute, second of a time after the day that is in `out` already. */
static void add_clock(int64_t time, char separator, char out[static TIME_TEXT_SIZE])
{
    int seconds = (int)((time - floor_divide(time, DAY) * DAY) / SECOND);
    size_t used = strlen(time_day(time, out));
    (void)snprintf(out + used, TIME_TEXT_SIZE - used, "%c%02d:%02d:%02d", separator, seconds / 3600,
                   seconds / 60 % 60, seconds % 60);
}

const char *time_iso(int64_t time, char out[static TIME_TEXT_SIZE])
{
    time = clamp(time);
    add_clock(time, 'T', out);
    size_t used = strlen(out);
    int fraction = (int)(time - floor_divide(time, SECOND) * SECOND);
    (void)snprintf(out + used, TIME_TEXT_SIZE - used, ".%06dZ", fraction);
    return out;
}

const char *time_millis(int64_t time, char out[static TIME_TEXT_SIZE])
{
    time = clamp(time);
    add_clock(time, ' ', out);
    size_t used = strlen(out);
    int fraction = (int)((time - floor_divide(time, SECOND) * SECOND) / 1000);
    (void)snprintf(out + used, TIME_TEXT_SIZE - used, ".%03d", fraction);
    return out;
}

const char *time_duration(int64_t microseconds, char out[static TIME_TEXT_SIZE])
{
    int64_t value = microseconds < 0 ? 0 : microseconds;
    if (value < 1000)
        (void)snprintf(out, TIME_TEXT_SIZE, "%d \xc2\xb5s", (int)value);
    else if (value < 10000)
        (void)snprintf(out, TIME_TEXT_SIZE, "%.1f ms", (double)(value / 100) / 10);
    else if (value < SECOND)
        (void)snprintf(out, TIME_TEXT_SIZE, "%d ms", (int)(value / 1000));
    else if (value < 60 * SECOND)
        (void)snprintf(out, TIME_TEXT_SIZE, "%.1f s", (double)(value / 100000) / 10);
    else if (value < 3600 * SECOND)
        (void)snprintf(out, TIME_TEXT_SIZE, "%d min %d s", (int)(value / SECOND / 60),
                       (int)(value / SECOND % 60));
    else
        (void)snprintf(out, TIME_TEXT_SIZE, "%lld h %d min", (long long)(value / SECOND / 3600),
                       (int)(value / SECOND / 60 % 60));
    return out;
}

void time_condition(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(condition, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

bool time_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until)
{
    struct timespec at = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    return pthread_cond_timedwait(condition, mutex, &at) != ETIMEDOUT;
}
