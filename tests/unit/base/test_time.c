#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

/* 2026-11-23T09:12:00.012345Z, by `date -u -d ... +%s` */
#define EXAMPLE (INT64_C(1795425120) * 1000000 + 12345)

static void times_are_written(void **state)
{
    (void)state;
    char out[TIME_TEXT_SIZE];
    assert_string_equal(time_iso(EXAMPLE, out), "2026-11-23T09:12:00.012345Z");
    assert_string_equal(time_millis(EXAMPLE, out), "2026-11-23 09:12:00.012");
    assert_string_equal(time_day(EXAMPLE, out), "2026-11-23");
    assert_string_equal(time_iso(0, out), "1970-01-01T00:00:00.000000Z");
    assert_string_equal(time_iso(-1, out), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(time_millis(-1, out), "1969-12-31 23:59:59.999");
    assert_string_equal(time_day(INT64_MIN, out), "0001-01-01");
    assert_string_equal(time_iso(INT64_MAX, out), "9999-12-31T23:59:59.999999Z");
}

static void dates_and_days_agree(void **state)
{
    (void)state;
    int year, month, day;
    for (int64_t days = -719162; days < 2932896; days += 97) {
        time_date(days * INT64_C(86400000000) + 5, &year, &month, &day);
        assert_true(month >= 1 && month <= 12 && day >= 1 && day <= 31);
        assert_true(time_from_date(year, month, day) == days * INT64_C(86400000000));
    }
    assert_true(time_from_date(2000, 2, 29) == INT64_C(951782400) * 1000000);
    time_date(INT64_C(951868800) * 1000000, &year, &month, &day);
    assert_true(year == 2000 && month == 3 && day == 1);
}

static void iso_is_read_in_its_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time;
    } rows[] = {
        {"2026-11-23T09:12:00.012345Z", EXAMPLE},
        {"2026-11-23 09:12:00.012345", EXAMPLE},
        {"2026-11-23T10:12:00.012345+01:00", EXAMPLE},
        {"2026-11-23T04:12:00.012345999-0500", EXAMPLE},
        {"2026-11-23 09:12:00.012345 UTC", EXAMPLE},
        {"2026-11-23T11:12:00.012345+02", EXAMPLE},
        {"2026-11-23T09:12Z", EXAMPLE - 12345},
        {"2026-11-23t09:12:00z", EXAMPLE - 12345},
        {"2026-11-23", INT64_C(1795392000) * 1000000},
        {"2024-02-29", INT64_C(1709164800) * 1000000},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t time = 0;
        assert_true(time_parse(rows[i].text, strlen(rows[i].text), &time));
        assert_true(time == rows[i].time);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "2026",
        "2026-13-01",
        "2026-02-29",
        "2026-00-01",
        "0000-01-01",
        "2026-11-31",
        "2026-11-23T",
        "2026-11-23T24:00",
        "2026-11-23T09:60",
        "2026-11-23T09:12:61",
        "2026-11-23T09:12:00.",
        "26-11-23",
        "2026-11-23x",
        "2026-11-23T09:12:00+1",
        "2026-11-23T09:12:00+99:00",
        "2026-11-23T09:12:00Zx",
        "2026/11/23",
        " 2026-11-23",
        "2026-11-23T9:12",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t time = 42;
        assert_false(time_parse(rows[i], strlen(rows[i]), &time));
        assert_true(time == 42);
    }
    int64_t time;
    assert_true(time_parse("2026-11-23garbage", 10, &time)); /* no NUL needed */
}

static void spans_count_back_from_now(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {{"90s", 90},    {"30m", 1800},   {"24h", 86400},
                {"7d", 604800}, {"2w", 1209600}, {"now", 0}};
    int64_t time;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(time_parse_relative(rows[i].text, EXAMPLE, &time));
        assert_true(time == EXAMPLE - rows[i].seconds * 1000000);
    }
    assert_true(time_parse_relative("today", EXAMPLE, &time));
    assert_true(time == INT64_C(1795392000) * 1000000);
    assert_true(time_parse_relative("2026-11-23", 0, &time));
    static const char *const wrong[] = {
        "", "7", "d", "-7d", "7 d", "7y", "yesterday", "99999999999w", "7.5d"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(time_parse_relative(wrong[i], EXAMPLE, &time));
}

static void durations_are_for_people(void **state)
{
    (void)state;
    char out[TIME_TEXT_SIZE];
    assert_string_equal(time_duration(38400000, out), "38.4 s");
    assert_string_equal(time_duration(210000, out), "210 ms");
    assert_string_equal(time_duration(1500, out), "1.5 ms");
    assert_string_equal(time_duration(200000000, out), "3 min 20 s");
    assert_string_equal(time_duration(INT64_C(7380000000), out), "2 h 3 min");
    assert_string_equal(time_duration(59990000, out), "59.9 s");
    assert_string_equal(time_duration(-5, out), "0 \xc2\xb5s");
}

static void clocks_run(void **state)
{
    (void)state;
    int64_t first = time_monotonic();
    assert_true(time_monotonic() >= first);
    assert_true(time_now() > time_from_date(2024, 1, 1) && time_now() < time_from_date(2200, 1, 1));
}

static void dates_of_http_are_read(void **state)
{
    (void)state;
    assert_int_equal(time_of_http("Mon, 23 Nov 2026 12:00:00 GMT"), INT64_C(1795435200000000));
    assert_int_equal(time_of_http(NULL), 0);
    assert_int_equal(time_of_http(""), 0);
    assert_int_equal(time_of_http("Mon, 23 Nox 2026 12:00:00 GMT"), 0);
    assert_int_equal(time_of_http("2026-11-23T12:00:00Z"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_of_http_are_read),
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(dates_and_days_agree),
        cmocka_unit_test(iso_is_read_in_its_spellings),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(spans_count_back_from_now),
        cmocka_unit_test(durations_are_for_people),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
