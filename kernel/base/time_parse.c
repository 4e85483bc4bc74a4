#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000)

struct reader {
    const char *at, *end;
};

static bool take(struct reader *in, char byte)
{
    if (in->at == in->end || *in->at != byte)
        return false;
    in->at++;
    return true;
}

/* Exactly `count` digits. */
static bool take_digits(struct reader *in, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++) {
        if (in->at == in->end || *in->at < '0' || *in->at > '9')
            return false;
        *value = *value * 10 + (*in->at++ - '0');
    }
    return true;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(struct reader *in, int64_t *out)
{
    int year, month, day;
    if (!take_digits(in, 4, &year) || !take(in, '-') || !take_digits(in, 2, &month) ||
        !take(in, '-') || !take_digits(in, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    *out = time_from_date(year, month, day);
    return true;
}

/* ".012345678" after the seconds: digits beyond the sixth are cut. */
static bool take_fraction(struct reader *in, int64_t *out)
{
    if (!take(in, '.') && !take(in, ','))
        return true;
    int64_t unit = SECOND / 10;
    int digit, count = 0;
    while (take_digits(in, 1, &digit)) {
        *out += digit * unit;
        unit /= 10;
        count++;
    }
    return count > 0;
}

static bool take_clock(struct reader *in, int64_t *out)
{
    int hour, minute, second = 0;
    if (!take_digits(in, 2, &hour) || !take(in, ':') || !take_digits(in, 2, &minute))
        return false;
    bool seconds = take(in, ':');
    if (seconds && !take_digits(in, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 60) /* 60: a leap second */
        return false;
    *out += ((int64_t)hour * 3600 + minute * 60 + second) * SECOND;
    return seconds ? take_fraction(in, out) : true;
}

/* "Z", "+01:00", "+0100", "+01", " UTC" or nothing. */
static bool take_zone(struct reader *in, int64_t *out)
{
    if (in->at == in->end || take(in, 'Z') || take(in, 'z'))
        return true;
    if (in->end - in->at == 4 && memcmp(in->at, " UTC", 4) == 0) {
        in->at = in->end;
        return true;
    }
    int sign = take(in, '+') ? 1 : take(in, '-') ? -1 : 0;
    int hours, minutes = 0;
    if (!sign || !take_digits(in, 2, &hours))
        return false;
    if (in->at != in->end) {
        (void)take(in, ':');
        if (!take_digits(in, 2, &minutes))
            return false;
    }
    if (hours > 18 || minutes > 59)
        return false;
    *out -= sign * ((int64_t)hours * 60 + minutes) * 60 * SECOND;
    return true;
}

bool time_parse(const char *text, size_t size, int64_t *out)
{
    struct reader in = {text, text + size};
    int64_t time;
    if (!take_date(&in, &time))
        return false;
    if (in.at != in.end) {
        if (!take(&in, 'T') && !take(&in, 't') && !take(&in, ' '))
            return false;
        if (!take_clock(&in, &time) || !take_zone(&in, &time) || in.at != in.end)
            return false;
    }
    *out = time;
    return true;
}

bool time_parse_relative(const char *text, int64_t now, int64_t *out)
{
    static const struct {
        char name;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    size_t size = strlen(text);
    if (time_parse(text, size, out))
        return true;
    if (strcmp(text, "now") == 0) {
        *out = now;
        return true;
    }
    if (strcmp(text, "today") == 0) {
        int year, month, day;
        time_date(now, &year, &month, &day);
        *out = time_from_date(year, month, day);
        return true;
    }
    if (size < 2 || size > 7) /* at most 999999w, which is still in range of int64_t */
        return false;
    struct reader in = {text, text + size - 1};
    int64_t count = 0;
    for (int digit; take_digits(&in, 1, &digit);)
        count = count * 10 + digit;
    if (in.at != in.end)
        return false;
    for (size_t i = 0; i < COUNT(units); i++)
        if (units[i].name == text[size - 1]) {
            *out = now - count * units[i].seconds * SECOND;
            return true;
        }
    return false;
}

int64_t time_of_http(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char month[4] = "";
    int day, year, hour, minute, second;
    /* "Mon, 23 Nov 2026 12:00:00 GMT" */
    const char *at = text ? strchr(text, ',') : NULL;
    char *end;
    if (!at || strlen(at) < 24)
        return 0;
    day = (int)strtol(at + 1, &end, 10);
    if (*end != ' ' || strlen(end) < 18)
        return 0;
    memcpy(month, end + 1, 3);
    const char *found = strstr(months, month);
    year = (int)strtol(end + 4, &end, 10);
    hour = (int)strtol(end, &end, 10);
    minute = *end == ':' ? (int)strtol(end + 1, &end, 10) : 0;
    second = *end == ':' ? (int)strtol(end + 1, &end, 10) : 0;
    if (!found || year < 1970 || year > 9999)
        return 0;
    return time_from_date(year, (int)(found - months) / 3 + 1, day) +
           (((int64_t)hour * 60 + minute) * 60 + second) * 1000000;
}
