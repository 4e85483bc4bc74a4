/* Functions under Trino's names give Trino's results; ip_in knows addresses. */
#include "tests/unit/engine/stage.h"

#include "engine/functions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Expected values are those of Trino's documentation. */
static const struct {
    const char *sql, *text;
} calls[] = {
    {"json_extract_scalar('{\"a\": \"x\"}', '$.a')", "x"},
    {"json_extract_scalar('{\"a\": 1}', '$.a')", "1"},
    {"json_extract_scalar('{\"a\": true}', '$.a')", "true"},
    {"json_extract_scalar('{\"a\": [1]}', '$.a')", "~"},
    {"json_extract_scalar('{\"a\": {\"b\": 1}}', '$.a')", "~"},
    {"json_extract_scalar('{\"a\": {\"b\": \"y\"}}', '$.a.b')", "y"},
    {"json_extract_scalar('{\"a\": null}', '$.a')", "~"},
    {"json_extract_scalar('{\"a\": 1}', '$.b')", "~"},
    {"json_extract_scalar('not json', '$.a')", "~"},
    {"json_extract_scalar('{\"a b\": 1}', '$[\"a b\"]')", "1"},
    {"json_extract_scalar(NULL, '$.a')", "~"},
    {"json_parse('{\"a\": 1}')::varchar", "{\"a\": 1}"},
    {"json_format(json_parse('[1, 2, 3]'))", "[1,2,3]"},
    {"json_format(json_parse('\"a\"'))", "\"a\""},
    {"json_size('{\"x\": {\"a\": 1, \"b\": 2}}', '$.x')", "2"},
    {"json_size('{\"x\": [1, 2, 3]}', '$.x')", "3"},
    {"json_size('{\"x\": {\"a\": 1}}', '$.x.a')", "0"},
    {"json_size('{\"x\": 1}', '$.y')", "~"},
    {"is_json_scalar('1')", "true"},
    {"is_json_scalar('[1]')", "false"},
    {"is_json_scalar('{}')", "false"},
    {"from_iso8601_timestamp('2026-03-02T10:00:00Z')", "2026-03-02T10:00:00.000000Z"},
    {"from_iso8601_timestamp('2026-03-02T10:00:00.123+02:00')", "2026-03-02T08:00:00.123000Z"},
    {"from_iso8601_timestamp('2026-03-02T10:00')", "2026-03-02T10:00:00.000000Z"},
    {"from_iso8601_timestamp('2026-03-02')", "2026-03-02T00:00:00.000000Z"},
    {"from_iso8601_date('2026-03-02')", "2026-03-02"},
    {"from_unixtime(1772445600)", "2026-03-02T10:00:00.000000Z"},
    {"from_unixtime(1772445600.5)", "2026-03-02T10:00:00.500000Z"},
    {"from_unixtime(-1)", "1969-12-31T23:59:59.000000Z"},
    {"to_unixtime(timestamp '2026-03-02 10:00:00.5')", "1772445600.5"},
    {"to_unixtime(timestamp '1970-01-01 00:00:00')", "0"},
    {"to_iso8601(timestamp '2026-03-02 10:00:00')", "2026-03-02T10:00:00.000"},
    {"to_iso8601(timestamptz '2026-03-02 10:00:00+00')", "2026-03-02T10:00:00.000Z"},
    {"to_iso8601(date '2026-03-02')", "2026-03-02"},
    {"date_parse('2026-03-02 10:20:30', '%Y-%m-%d %H:%i:%s')", "2026-03-02T10:20:30.000000Z"},
    {"date_parse('2026-03-02', '%Y-%m-%d')", "2026-03-02T00:00:00.000000Z"},
    {"date_parse('02/Mar/2026:10:20:30', '%d/%b/%Y:%H:%i:%s')", "2026-03-02T10:20:30.000000Z"},
    {"date_format(timestamp '2026-03-02 10:20:30', '%Y-%m-%d %H:%i:%s')", "2026-03-02 10:20:30"},
    {"date_format(timestamp '2026-03-02 10:20:30', '%Y%m%d')", "20260302"},
    {"date_format(timestamp '2026-03-02 10:20:30', '%M %e, %W %T')", "March 2, Monday 10:20:30"},
    {"date_format(timestamp '2026-03-02 22:20:30', '%r %j %%')", "10:20:30 PM 061 %"},
    {"date_format(date '2026-03-02', '%b %c %y')", "Mar 3 26"},
    {"format_datetime(timestamp '2026-03-02 10:20:30.123', 'yyyy-MM-dd HH:mm:ss')",
     "2026-03-02 10:20:30"},
    {"format_datetime(timestamp '2026-03-02 10:20:30.123', 'yyyy-MM-dd''T''HH:mm:ss.SSS''Z''')",
     "2026-03-02T10:20:30.123Z"},
    {"format_datetime(timestamp '2026-03-02 10:20:30', 'EEEE d MMM yy h a')",
     "Monday 2 Mar 26 10 AM"},
    {"parse_datetime('2026-03-02 10:20:30', 'yyyy-MM-dd HH:mm:ss')", "2026-03-02T10:20:30.000000Z"},
    {"parse_datetime('2026-03-02T10:20:30Z', 'yyyy-MM-dd''T''HH:mm:ss''Z''')",
     "2026-03-02T10:20:30.000000Z"},
    {"date_add('day', 2, timestamp '2026-03-02 10:00:00')", "2026-03-04T10:00:00.000000Z"},
    {"date_add('hour', -1, timestamp '2026-03-02 00:30:00')", "2026-03-01T23:30:00.000000Z"},
    {"date_add('month', 1, timestamp '2026-01-31 00:00:00')", "2026-02-28T00:00:00.000000Z"},
    {"date_add('millisecond', 5, timestamp '2026-03-02 00:00:00')", "2026-03-02T00:00:00.005000Z"},
    {"date_add('week', 1, date '2026-03-02')", "2026-03-09T00:00:00.000000Z"},
    {"date_add(timestamp '2026-03-02 00:00:00', interval 1 day)", "2026-03-03T00:00:00.000000Z"},
    {"at_timezone(timestamptz '2026-07-01 10:00:00+00', 'Europe/Berlin')",
     "2026-07-01T12:00:00.000000Z"},
    {"url_extract_protocol('https://u:p@a.example:8443/x/y?k=v&l=w#frag')", "https"},
    {"url_extract_host('https://u:p@a.example:8443/x/y?k=v&l=w#frag')", "a.example"},
    {"url_extract_host('https://[2001:db8::1]:443/x')", "[2001:db8::1]"},
    {"url_extract_host('no url')", "~"},
    {"url_extract_port('https://u:p@a.example:8443/x/y?k=v&l=w#frag')", "8443"},
    {"url_extract_port('https://a.example/x')", "~"},
    {"url_extract_path('https://u:p@a.example:8443/x/y?k=v&l=w#frag')", "/x/y"},
    {"url_extract_query('https://u:p@a.example:8443/x/y?k=v&l=w#frag')", "k=v&l=w"},
    {"url_extract_fragment('https://u:p@a.example:8443/x/y?k=v&l=w#frag')", "frag"},
    {"url_extract_parameter('https://a.example/x?k=v&l=w%20z', 'l')", "w z"},
    {"url_extract_parameter('https://a.example/x?k=v', 'z')", "~"},
    {"url_extract_parameter('https://a.example/x?k.y=1&k=2', 'k')", "2"},
    {"url_encode('a b&c')", "a%20b%26c"},
    {"url_decode('a%20b')", "a b"},
    {"regexp_like('DeleteTrail', '^Delete')", "true"},
    {"regexp_like('xDeleteTrail', 'Delete')", "true"},
    {"regexp_like('x', 'y')", "false"},
    {"day_of_week(date '2026-03-01')", "7"},
    {"day_of_month(date '2026-03-01')", "1"},
    {"day_of_year(date '2026-03-01')", "60"},
    {"arrays_overlap([1, 2], [2, 3])", "true"},
    {"arrays_overlap([1, 2], [3, 4])", "false"},
    {"arrays_overlap([1, NULL], [3])", "~"},
    {"array_remove(['a', 'b', 'a'], 'a')", "[\"b\"]"},
    {"strrpos('a/b/c', '/')", "4"},
    {"strrpos('a//b//c', '//')", "5"},
    {"strrpos('abc', '/')", "0"},
    {"regexp_count('a1b2', '[0-9]')", "2"},
    {"split_to_map('a=1&b=2=3', '&', '=')", "{\"a\": \"1\", \"b\": \"2=3\"}"},
    {"from_utf8('abc'::blob)", "abc"},
    {"to_utf8('abc')::varchar", "abc"},
    {"date_format(timestamp '2026-03-02 10:20:30', '%X')", "the pattern's letter X is not known"},
    {"format_datetime(timestamp '2026-03-02 10:20:30', 'QQ')",
     "the pattern's letter Q is not known"},
    {"format_datetime(timestamp '2026-03-02 10:20:30', 'HH ''o''''clock''')", "10 o'clock"},
    {"format_datetime(timestamp '2026-03-02 10:20:30', 'HH%mm')", "10%20"},
    {"slice([1, 2, 3, 4], 2, 2)", "[2, 3]"},
    {"slice([1, 2, 3, 4], -2, 2)", "[3, 4]"},
    {"slice([1, 2, 3, 4], 2, 10)", "[2, 3, 4]"},
    {"sequence(1, 4)", "[1, 2, 3, 4]"},
    {"sequence(1, 7, 3)", "[1, 4, 7]"},
    {"array_join(['a', NULL, 'b'], ', ')", "a, b"},
    {"array_join(['a', NULL, 'b'], ', ', '?')", "a, ?, b"},
    {"array_join([1, 2], '-')", "1-2"},
    {"(SELECT approx_distinct(x) FROM (VALUES (1), (1), (2)) t(x))", "2"},
    {"array_first([1,2])", "1"},
    {"array_first([])", "~"},
    {"array_last(['a', 'b'])", "b"},
    {"array_max([1,3,2])", "3"},
    {"array_max([1,NULL])", "~"},
    {"array_min([3,1,2])", "1"},
    {"array_min([1,NULL])", "~"},
    {"array_union([1,2,2,NULL],[2,3,NULL])", "[1, 2, null, 3]"},
    {"array_except([1,1,2,NULL,3],[2,NULL])", "[1, 3]"},
    {"array_histogram(['a', 'b', 'a'])", "{\"a\": 2, \"b\": 1}"},
    {"contains_sequence([1,2,3,4],[2,3])", "true"},
    {"contains_sequence([1,2,3,4],[2,4])", "false"},
    {"contains_sequence([1,2],[])", "true"},
    {"contains_sequence([1],[1,2])", "false"},
    {"trim_array([1,2,3,4],1)", "[1, 2, 3]"},
    {"trim_array([1,2],0)", "[1, 2]"},
    {"ngrams(['foo', 'bar', 'baz', 'foo'],2)",
     "[[\"foo\", \"bar\"], [\"bar\", \"baz\"], [\"baz\", \"foo\"]]"},
    {"ngrams(['foo', 'bar', 'baz', 'foo'],4)", "[[\"foo\", \"bar\", \"baz\", \"foo\"]]"},
    {"ngrams(['foo', 'bar', 'baz', 'foo'],5)", "[[\"foo\", \"bar\", \"baz\", \"foo\"]]"},
    {"zip([1,2],['1b',NULL,'3b'])", "[[1, \"1b\"], [2, null], [null, \"3b\"]]"},
    {"split_to_multimap('a=1&b=2&a=3', '&', '=')", "{\"a\": [\"1\", \"3\"], \"b\": [\"2\"]}"},
    {"multimap_from_entries([(1, 'x'), (2, 'y'), (1, 'z')])",
     "{\"1\": [\"x\", \"z\"], \"2\": [\"y\"]}"},
    {"bitwise_and(19,25)", "17"},
    {"bitwise_or(19,25)", "27"},
    {"bitwise_xor(19,25)", "10"},
    {"bitwise_not(-12)", "11"},
    {"bitwise_not(19)", "-20"},
    {"bitwise_left_shift(1,2)", "4"},
    {"bitwise_left_shift(5,0)", "5"},
    {"bitwise_right_shift_arithmetic(-8,2)", "-2"},
    {"bitwise_right_shift_arithmetic(7,2)", "1"},
    {"truncate(-12.9)", "-12"},
    {"truncate(12.345,2)", "12.34"},
    {"is_nan(nan())", "true"},
    {"is_finite(1)", "true"},
    {"is_infinite(infinity())", "true"},
    {"e()", "2.71828182845905"},
    {"from_base('ff',16)", "255"},
    {"from_base('-1010',2)", "-10"},
    {"from_base('0',10)", "0"},
    {"width_bucket(5.3,0.2,10.6,5)", "3"},
    {"width_bucket(0.1,0.2,10.6,5)", "0"},
    {"width_bucket(11,0.2,10.6,5)", "6"},
    {"format_number(123456)", "123K"},
    {"format_number(1000000)", "1M"},
    {"format_number(1234567)", "1.23M"},
    {"format_number(12.5)", "12.5"},
    {"codepoint('a')", "97"},
    {"index('abc', 'c')", "3"},
    {"levenshtein_distance('apple', 'epplea')", "2"},
    {"hamming_distance('abcde', 'edcba')", "4"},
    {"normalize('é')", "é"},
    {"regexp_split('1a 2b 14m', '\\s*[a-z]+\\s*')", "[\"1\", \"2\", \"14\", \"\"]"},
    {"regexp_position('I have 23 apples, 5 pears and 13 oranges', '\\b\\d+\\b')", "8"},
    {"regexp_position('abc', 'x')", "-1"},
    {"luhn_check('79927398713')", "true"},
    {"luhn_check('79927398714')", "false"},
    {"to_base64url('\\xFB\\xFF'::blob)", "-_8="},
    {"from_base64url('-_8')::varchar", "\\xFB\\xFF"},
    {"json_query('{\"a\": [1, 2]}', 'lax $.a')", "[1,2]"},
    {"json_query('{\"a\": 1}', '$.a')", "~"},
    {"json_query('nonsense', '$.a')", "~"},
    {"json_array_get('[\"a\", [3, 9], \"c\"]', 0)", "\"a\""},
    {"json_array_get('[\"a\", [3, 9], \"c\"]', 1)", "[3,9]"},
    {"json_array_get('[\"c\", [3, 9], \"a\"]', -1)", "\"a\""},
    {"json_array_get('[\"a\"]', 5)", "~"},
    {"json_array_contains('[1, 2, 3]', 2)", "true"},
    {"json_array_contains('[\"2\"]', 2)", "false"},
    {"json_array_contains('[\"x\"]', 'x')", "true"},
    {"date('2026-03-02 10:00:00')", "2026-03-02"},
    {"dow(date '2026-03-01')", "7"},
    {"doy(date '2026-03-01')", "60"},
    {"week_of_year(date '2026-01-01')", "1"},
    {"year_of_week(date '2027-01-01')", "2026"},
    {"yow(date '2027-01-01')", "2026"},
    {"last_day_of_month(timestamp '2026-02-03 10:00:00')", "2026-02-28"},
    {"current_timezone()", "UTC"},
    {"with_timezone(timestamp '2026-07-01 12:00:00', 'Europe/Berlin')",
     "2026-07-01T10:00:00.000000Z"},
    {"from_unixtime_nanos(1772442000123456789)", "2026-03-02T09:00:00.123456Z"},
    {"from_iso8601_timestamp_nanos('2026-03-02T10:00:00.123456789Z')",
     "2026-03-02T10:00:00.123456Z"},
    {"parse_data_size('1B')", "1"},
    {"parse_data_size('1kB')", "1024"},
    {"parse_data_size('2.3MB')", "2411724"},
    {"parse_duration('42.8ms')", "00:00:00.042800"},
    {"parse_duration('3.81 d')", "91:26:24"},
    {"parse_duration('5m')", "00:05:00"},
    {"(SELECT map_agg(k, v) FROM (VALUES ('a', 1), ('b', 2), ('a', 3), (NULL, 4)) t(k, v))",
     "{\"a\": 1, \"b\": 2}"},
    {"(SELECT multimap_agg(k, v) FROM (VALUES ('a', 1), ('b', 2), ('a', 3), (NULL, 4)) t(k, v))",
     "{\"a\": [1, 3], \"b\": [2]}"},
    {"(SELECT every(v > 1) FROM (VALUES (1), (2)) t(v))", "false"},
    {"(SELECT approx_percentile(v, 0.5) FROM range(101) t(v))", "50"},
    {"(SELECT bitwise_and_agg(v) FROM (VALUES (6), (3)) t(v))", "2"},
    {"(SELECT bitwise_or_agg(v) FROM (VALUES (6), (3)) t(v))", "7"},
    {"(SELECT bitwise_xor_agg(v) FROM (VALUES (6), (3)) t(v))", "5"},
    {"rand() BETWEEN 0 AND 1", "true"},
    {"infinity()", "inf"},
    {"nan()", "nan"},
    {"trino_digits(123.4)", "123"},
    {"ip_in('10.0.0.0/8', '10.1.2.3')", "true"},
    {"ip_in('10.0.0.0/8', '11.1.2.3')", "false"},
    {"ip_in('10.128.0.0/9', '10.127.255.255')", "false"},
    {"ip_in('10.128.0.0/9', '10.128.0.0')", "true"},
    {"ip_in('0.0.0.0/0', '255.255.255.255')", "true"},
    {"ip_in('192.0.2.1/32', '192.0.2.1')", "true"},
    {"ip_in('192.0.2.1', '192.0.2.1')", "true"},
    {"ip_in('192.0.2.0/31', '192.0.2.2')", "false"},
    {"ip_in('2001:db8::/32', '2001:db8:ffff::1')", "true"},
    {"ip_in('2001:db8::/33', '2001:db8:8000::1')", "false"},
    {"ip_in('::/0', '2001:db8::1')", "true"},
    {"ip_in('10.0.0.0/8', '2001:db8::1')", "false"},
    {"ip_in('10.0.0.0/8', '::ffff:10.0.0.1')", "true"},
    {"ip_in('10.0.0.0/8', 'cloudtrail.amazonaws.com')", "~"},
    {"ip_in('10.0.0.0/8', '')", "~"},
    {"ip_in('10.0.0.0/8', '10.0.0.256')", "~"},
    {"ip_in('10.0.0.0/8', '010.0.0.1')", "~"},
    {"ip_in('10.0.0.0/8', NULL)", "~"},
    {"ip_in('10.0.0.0/33', '10.0.0.1')", "~"},
    {"ip_in('10.0.0.0/', '10.0.0.1')", "~"},
    {"ip_in('10.0.0.0/8x', '10.0.0.1')", "~"},
    {"ip_in('nonsense', '10.0.0.1')", "~"},
    {"(SELECT count(*) FROM range(5000) t(i) WHERE ip_in('10.0.0.0/24', '10.0.' || i // 256 || '.' "
     "|| i % 256))",
     "256"},
};

static void functions_give_trinos_results(void **state)
{
    struct stage *stage = *state;
    int wrong = 0;
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct engine_request request = {
            .sql = arena_printf(stage->arena, "SELECT %s AS v", calls[i].sql)};
        struct engine_reading reading = {0};
        struct error err = {0};
        struct table *table = NULL;
        request.size = strlen(request.sql);
        bool read =
            engine_read(local_engine(stage->local), &request, stage->arena, &reading, &table, &err);
        const char *text = read ? stage_text(stage, table) : err.message;
        if (strcmp(text, calls[i].text) != 0) {
            print_error("%s is %s, not %s\n", calls[i].sql, text, calls[i].text);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* The list that help shows: each function is there, has a case above, and takes no name that DuckDB
 * has. */
static void the_list_is_true(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < local_functions_count; i++) {
        const struct local_function *function = &local_functions[i];
        const char *find = arena_printf(stage->arena, "%s(", function->name);
        bool tried = false;
        for (size_t j = 0; j < COUNT(calls) && !tried; j++)
            tried = strstr(calls[j].sql, find) != NULL;
        if (!tried || strncmp(function->signature, find, strlen(find)) != 0 || !function->comment ||
            !function->example)
            fail_msg("%s", function->name);
        const char *sql =
            arena_printf(stage->arena,
                         "SELECT count(*) FILTER (internal AND schema_name = 'main'), "
                         "count(*) > 0 FROM duckdb_functions() WHERE function_name = '%s'",
                         function->name);
        const char *known = stage_rows(stage, sql);
        bool own = function->sql && strcmp(function->name, "date_add") != 0;
        if (own && strcmp(known, "0|true") != 0)
            fail_msg("%s: %s", function->name, known);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_give_trinos_results),
        cmocka_unit_test(the_list_is_true),
    };
    return cmocka_run_group_tests(tests, stage_set_up, stage_tear_down);
}
