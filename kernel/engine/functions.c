/* Functions under Trino's names: macros over DuckDB's own, and those that need C (local_udf.c),
   whose sql is NULL. Where one name means two things in DuckDB and Trino, DuckDB's meaning stays
   and the name is not here. */
#include "engine/functions.h"

const struct local_function local_functions[] = {
    {"json_extract_scalar", "json_extract_scalar(json, path)",
     "The scalar at a JSON path as text; null for arrays, objects and broken JSON.",
     "json_extract_scalar(api.request.\"data\", '$.bucketName')",
     "CREATE OR REPLACE MACRO json_extract_scalar(j, p) AS CASE WHEN "
     "json_valid(j::VARCHAR) AND json_type(j::VARCHAR, regexp_replace(p, "
     "'\\[\"([^\"]*)\"\\]', '.\"\\1\"', 'g')) NOT IN ('OBJECT', 'ARRAY') THEN "
     "json_extract_string(j::VARCHAR, regexp_replace(p, '\\[\"([^\"]*)\"\\]', '.\"\\1\"', "
     "'g')) END"},
    {"json_parse", "json_parse(text)", "Text as JSON.", "json_parse('{\"a\": 1}')",
     "CREATE OR REPLACE MACRO json_parse(t) AS CAST(t AS JSON)"},
    {"json_format", "json_format(json)", "JSON as compact text.",
     "json_format(json_parse('[1, 2]'))",
     "CREATE OR REPLACE MACRO json_format(j) AS CAST(json(j) AS VARCHAR)"},
    {"json_size", "json_size(json, path)",
     "Members of the object or array at a path; 0 for a scalar.",
     "json_size('{\"a\": [1, 2]}', '$.a')",
     "CREATE OR REPLACE MACRO json_size(j, p) AS CASE json_type(j::VARCHAR, p) WHEN "
     "'OBJECT' THEN len(json_keys(j::VARCHAR, p)) WHEN 'ARRAY' THEN "
     "json_array_length(j::VARCHAR, p) WHEN NULL THEN NULL ELSE CASE WHEN "
     "json_type(j::VARCHAR, p) IS NULL THEN NULL ELSE 0 END END"},
    {"is_json_scalar", "is_json_scalar(json)",
     "Whether the JSON is neither an array nor an object.", "is_json_scalar('1')",
     "CREATE OR REPLACE MACRO is_json_scalar(j) AS json_type(j::VARCHAR) NOT IN "
     "('OBJECT', 'ARRAY')"},
    {"from_iso8601_timestamp", "from_iso8601_timestamp(text)", "An ISO 8601 text as a time in UTC.",
     "from_iso8601_timestamp('2026-03-02T10:00:00Z')",
     "CREATE OR REPLACE MACRO from_iso8601_timestamp(t) AS CAST(CAST(t AS "
     "TIMESTAMPTZ) AT TIME ZONE 'UTC' AS TIMESTAMP)"},
    {"from_iso8601_date", "from_iso8601_date(text)", "An ISO 8601 text as a date.",
     "from_iso8601_date('2026-03-02')",
     "CREATE OR REPLACE MACRO from_iso8601_date(t) AS CAST(t AS DATE)"},
    {"from_unixtime", "from_unixtime(seconds)", "Seconds since 1970 as a time in UTC.",
     "from_unixtime(1772442000)",
     "CREATE OR REPLACE MACRO from_unixtime(s) AS make_timestamp(CAST(CAST(s AS "
     "DECIMAL(20, 6)) * 1000000 AS BIGINT))"},
    {"to_unixtime", "to_unixtime(time)", "A time as seconds since 1970.", "to_unixtime(time_dt)",
     "CREATE OR REPLACE MACRO to_unixtime(t) AS epoch_us(t) / 1000000.0"},
    {"to_iso8601", "to_iso8601(time)", "A time or date as ISO 8601 text.", "to_iso8601(time_dt)",
     "CREATE OR REPLACE MACRO to_iso8601(t) AS CASE typeof(t) WHEN 'DATE' THEN "
     "strftime(CAST(t AS TIMESTAMP), '%Y-%m-%d') WHEN 'TIMESTAMP WITH TIME ZONE' "
     "THEN strftime(CAST(t AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%gZ') ELSE "
     "strftime(CAST(t AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%g') END"},
    {"date_parse", "date_parse(text, pattern)",
     "A text as a time, by a pattern of MySQL's letters (%i are minutes).",
     "date_parse('2026-03-02 10:20', '%Y-%m-%d %H:%i')",
     "CREATE OR REPLACE MACRO date_parse(t, p) AS strptime(t, CASE WHEN p IS NULL THEN '%Y' ELSE "
     "trino_mysql_pattern(p) END)"},
    {"date_format", "date_format(time, pattern)",
     "A time as text, by a pattern of MySQL's letters.", "date_format(time_dt, '%Y-%m-%d %H:%i')",
     "CREATE OR REPLACE MACRO date_format(t, p) AS strftime(CAST(t AS TIMESTAMP), "
     "CASE WHEN p IS NULL THEN '%Y' ELSE trino_mysql_pattern(p) END)"},
    {"parse_datetime", "parse_datetime(text, pattern)",
     "A text as a time in UTC, by a pattern of Joda's letters.",
     "parse_datetime('2026-03-02 10:20', 'yyyy-MM-dd HH:mm')",
     "CREATE OR REPLACE MACRO parse_datetime(t, p) AS CAST(strptime(t, CASE WHEN p IS NULL THEN "
     "'%Y' ELSE trino_joda_pattern(p) END) AS TIMESTAMP)"},
    {"format_datetime", "format_datetime(time, pattern)",
     "A time as text, by a pattern of Joda's letters.",
     "format_datetime(time_dt, 'yyyy-MM-dd HH:mm')",
     "CREATE OR REPLACE MACRO format_datetime(t, p) AS strftime(CAST(t AS "
     "TIMESTAMP), CASE WHEN p IS NULL THEN '%Y' ELSE trino_joda_pattern(p) END)"},
    {"date_add", "date_add(unit, number, time)",
     "A time moved by a number of units; with two arguments DuckDB's own function.",
     "date_add('day', -1, time_dt)",
     "CREATE OR REPLACE MACRO date_add(d, i) AS d + i, (u, n, t) AS CASE lower(u) "
     "WHEN 'millisecond' THEN CAST(t AS TIMESTAMP) + to_milliseconds(CAST(n AS "
     "DOUBLE)) WHEN 'second' THEN CAST(t AS TIMESTAMP) + to_seconds(CAST(n AS "
     "DOUBLE)) WHEN 'minute' THEN CAST(t AS TIMESTAMP) + to_minutes(CAST(n AS "
     "BIGINT)) WHEN 'hour' THEN CAST(t AS TIMESTAMP) + to_hours(CAST(n AS "
     "BIGINT)) WHEN 'day' THEN CAST(t AS TIMESTAMP) + to_days(CAST(n AS INTEGER)) "
     "WHEN 'week' THEN CAST(t AS TIMESTAMP) + to_weeks(CAST(n AS INTEGER)) WHEN "
     "'month' THEN CAST(t AS TIMESTAMP) + to_months(CAST(n AS INTEGER)) WHEN "
     "'year' THEN CAST(t AS TIMESTAMP) + to_years(CAST(n AS INTEGER)) WHEN "
     "'quarter' THEN CAST(t AS TIMESTAMP) + to_months(CAST(n * 3 AS INTEGER)) "
     "ELSE error('date_add has no unit ' || u) END"},
    {"day_of_week", "day_of_week(time)", "The day of the ISO week, 1 is Monday.",
     "day_of_week(time_dt)", "CREATE OR REPLACE MACRO day_of_week(t) AS isodow(t)"},
    {"day_of_month", "day_of_month(time)", "The day of the month.", "day_of_month(time_dt)",
     "CREATE OR REPLACE MACRO day_of_month(t) AS day(t)"},
    {"day_of_year", "day_of_year(time)", "The day of the year.", "day_of_year(time_dt)",
     "CREATE OR REPLACE MACRO day_of_year(t) AS dayofyear(t)"},
    {"at_timezone", "at_timezone(time, zone)", "A UTC time as the clock of a zone shows it.",
     "at_timezone(time_dt, 'Europe/Berlin')",
     "CREATE OR REPLACE MACRO at_timezone(t, z) AS (CAST(t AS TIMESTAMP) AT TIME ZONE "
     "'UTC') AT TIME ZONE z"},
    {"url_extract_protocol", "url_extract_protocol(url)", "The protocol of a URL.",
     "url_extract_protocol('https://a.example/x')",
     "CREATE OR REPLACE MACRO url_extract_protocol(u) AS nullif(regexp_extract(u, "
     "'^([A-Za-z][A-Za-z0-9+.-]*):', 1), '')"},
    {"url_extract_host", "url_extract_host(url)", "The host of a URL.",
     "url_extract_host('https://a.example/x')",
     "CREATE OR REPLACE MACRO url_extract_host(u) AS nullif(regexp_extract(u, "
     "'^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\\[[^]]*\\]|[^/?#:]*)', 1), '')"},
    {"url_extract_port", "url_extract_port(url)", "The port of a URL.",
     "url_extract_port('https://a.example:8443/x')",
     "CREATE OR REPLACE MACRO url_extract_port(u) AS "
     "TRY_CAST(nullif(regexp_extract(u, "
     "'^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?:\\[[^]]*\\]|[^/?#:]*):([0-9]+)', 1), "
     "'') AS BIGINT)"},
    {"url_extract_path", "url_extract_path(url)", "The path of a URL.",
     "url_extract_path('https://a.example/x?y=1')",
     "CREATE OR REPLACE MACRO url_extract_path(u) AS regexp_extract(u, "
     "'^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*([^?#]*)', 1)"},
    {"url_extract_query", "url_extract_query(url)", "The query of a URL.",
     "url_extract_query('https://a.example/x?y=1')",
     "CREATE OR REPLACE MACRO url_extract_query(u) AS nullif(regexp_extract(u, "
     "'\\?([^#]*)', 1), '')"},
    {"url_extract_fragment", "url_extract_fragment(url)", "The fragment of a URL.",
     "url_extract_fragment('https://a.example/x#z')",
     "CREATE OR REPLACE MACRO url_extract_fragment(u) AS nullif(regexp_extract(u, "
     "'#(.*)$', 1), '')"},
    {"url_extract_parameter", "url_extract_parameter(url, name)",
     "The value of a parameter in a URL's query.",
     "url_extract_parameter('https://a.example/?k=v', 'k')",
     "CREATE OR REPLACE MACRO url_extract_parameter(u, n) AS CASE WHEN "
     "regexp_matches(u, '[?&]' || regexp_escape(n) || '(=|&|#|$)') THEN "
     "url_decode(regexp_extract(u, '[?&]' || regexp_escape(n) || '=([^&#]*)', 1)) END"},
    {"regexp_like", "regexp_like(text, pattern)", "Whether a pattern occurs in the text.",
     "regexp_like(api.operation, '^Delete')",
     "CREATE OR REPLACE MACRO regexp_like(t, p) AS regexp_matches(t, p)"},
    {"slice", "slice(array, start, length)",
     "A part of an array; a negative start counts from the end.", "slice([1, 2, 3, 4], 2, 2)",
     "CREATE OR REPLACE MACRO slice(a, s, n) AS CASE WHEN s > 0 THEN list_slice(a, s, "
     "s + n - 1) WHEN s < 0 AND -s <= len(a) THEN list_slice(a, len(a) + s + 1, "
     "len(a) + s + n) WHEN s < 0 THEN a[1:0] END"},
    {"sequence", "sequence(start, stop[, step])",
     "The integers or days from start to stop, both included.", "sequence(1, 5)",
     "CREATE OR REPLACE MACRO sequence(a, b) AS generate_series(a, b), (a, b, s) "
     "AS generate_series(a, b, s)"},
    {"array_join", "array_join(array, separator[, null])",
     "The elements as one text; nulls are left out or written as the third argument.",
     "array_join(['a', 'b'], ', ')",
     "CREATE OR REPLACE MACRO array_join(a, s) AS array_to_string(list_filter(a, "
     "lambda x: x IS NOT NULL), s), (a, s, n) AS "
     "array_to_string(list_transform(a, lambda x: coalesce(CAST(x AS VARCHAR), "
     "n)), s)"},
    {"arrays_overlap", "arrays_overlap(a, b)", "Whether two arrays have an element in common.",
     "arrays_overlap([1, 2], [2, 3])",
     "CREATE OR REPLACE MACRO arrays_overlap(a, b) AS CASE WHEN list_has_any(a, "
     "b) THEN true WHEN len(list_filter(a, lambda x: x IS NULL)) > 0 OR "
     "len(list_filter(b, lambda x: x IS NULL)) > 0 THEN NULL ELSE false END"},
    {"array_remove", "array_remove(array, value)",
     "The array without the elements equal to the value.", "array_remove(['a', 'b'], 'a')",
     "CREATE OR REPLACE MACRO array_remove(a, v) AS list_filter(a, lambda x: x <> "
     "v)"},
    {"strrpos", "strrpos(text, part)",
     "Where the last occurrence of a part begins, 0 if there is none.", "strrpos('a/b/c', '/')",
     "CREATE OR REPLACE MACRO strrpos(t, p) AS CASE WHEN strpos(reverse(t), "
     "reverse(p)) = 0 THEN 0 ELSE length(t) - strpos(reverse(t), reverse(p)) - "
     "length(p) + 2 END"},
    {"regexp_count", "regexp_count(text, pattern)", "How often a pattern occurs in the text.",
     "regexp_count('a1b2', '[0-9]')",
     "CREATE OR REPLACE MACRO regexp_count(t, p) AS len(regexp_extract_all(t, p))"},
    {"split_to_map", "split_to_map(text, entries, pairs)", "A text of pairs as a map.",
     "split_to_map('a=1&b=2', '&', '=')",
     "CREATE OR REPLACE MACRO split_to_map(t, e, p) AS "
     "map_from_entries(list_transform(string_split(t, e), lambda x: {k: "
     "split_part(x, p, 1), v: substr(x, strpos(x, p) + length(p))}))"},
    {"from_utf8", "from_utf8(bytes)", "Bytes as text.", "from_utf8(from_base64('YQ=='))",
     "CREATE OR REPLACE MACRO from_utf8(b) AS decode(b)"},
    {"to_utf8", "to_utf8(text)", "Text as bytes.", "to_hex(to_utf8('a'))",
     "CREATE OR REPLACE MACRO to_utf8(t) AS encode(t)"},
    {"approx_distinct", "approx_distinct(value)", "About how many different values there are.",
     "approx_distinct(src_endpoint.ip)",
     "CREATE OR REPLACE MACRO approx_distinct(x) AS approx_count_distinct(x)"},
    {"array_first", "array_first(array)", "The first element; null of an empty array.",
     "array_first(['a', 'b'])", "CREATE OR REPLACE MACRO array_first(a) AS a[1]"},
    {"array_last", "array_last(array)", "The last element; null of an empty array.",
     "array_last(['a', 'b'])", "CREATE OR REPLACE MACRO array_last(a) AS a[-1]"},
    {"array_max", "array_max(array)", "The greatest element; null if one of them is null.",
     "array_max([1, 3, 2])",
     "CREATE OR REPLACE MACRO array_max(a) AS CASE WHEN len(list_filter(a, lambda x: x IS NULL)) = "
     "0 THEN list_max(a) END"},
    {"array_min", "array_min(array)", "The least element; null if one of them is null.",
     "array_min([1, 3, 2])",
     "CREATE OR REPLACE MACRO array_min(a) AS CASE WHEN len(list_filter(a, lambda x: x IS NULL)) = "
     "0 THEN list_min(a) END"},
    {"array_union", "array_union(a, b)", "The elements of both arrays, each once, nulls too.",
     "array_union([1, 2], [2, 3])",
     "CREATE OR REPLACE MACRO array_union(a, b) AS list_filter(list_concat(a, b), lambda x, i: NOT "
     "list_contains(list_transform((list_concat(a, b))[1:i - 1], lambda y: y IS NOT DISTINCT FROM "
     "x), true))"},
    {"array_except", "array_except(a, b)",
     "The elements of the first array that the second has not, each once.",
     "array_except([1, 2], [2, 3])",
     "CREATE OR REPLACE MACRO array_except(a, b) AS list_filter(a, lambda x, i: NOT "
     "list_contains(list_transform(list_concat(a[1:i - 1], b), lambda y: y IS NOT DISTINCT FROM "
     "x), true))"},
    {"array_histogram", "array_histogram(array)", "How often each value occurs, as a map.",
     "array_histogram(['a', 'b', 'a'])",
     "CREATE OR REPLACE MACRO array_histogram(a) AS list_aggregate(a, 'histogram')"},
    {"contains_sequence", "contains_sequence(array, part)",
     "Whether a part occurs in the array, in order and without gaps.",
     "contains_sequence([1, 2, 3], [2, 3])",
     "CREATE OR REPLACE MACRO contains_sequence(a, s) AS len(list_filter(range(0, len(a) - len(s) "
     "+ 1), lambda i: a[i + 1:i + len(s)] = s)) > 0"},
    {"trim_array", "trim_array(array, number)", "The array without its last elements.",
     "trim_array([1, 2, 3], 1)", "CREATE OR REPLACE MACRO trim_array(a, n) AS a[1:len(a) - n]"},
    {"ngrams", "ngrams(array, n)", "All runs of n neighbours.", "ngrams(['a', 'b', 'c'], 2)",
     "CREATE OR REPLACE MACRO ngrams(a, n) AS CASE WHEN len(a) <= n THEN [a] ELSE "
     "list_transform(range(0, len(a) - n + 1), lambda i: a[i + 1:i + n]) END"},
    {"zip", "zip(array, array[, ...])",
     "Arrays side by side as an array of rows; the shorter ones end with nulls.",
     "zip([1, 2], ['a', 'b'])",
     "CREATE OR REPLACE MACRO zip(a, b) AS list_zip(a, b), (a, b, c) AS list_zip(a, b, c), (a, b, "
     "c, d) AS list_zip(a, b, c, d), (a, b, c, d, e) AS list_zip(a, b, c, d, e)"},
    {"split_to_multimap", "split_to_multimap(text, entries, pairs)",
     "A text of pairs as a map of arrays: names may repeat.",
     "split_to_multimap('a=1&a=2', '&', '=')",
     "CREATE OR REPLACE MACRO split_to_multimap(t, e, p) AS "
     "map_from_entries(list_transform(list_filter(list_transform(string_split(t, e), lambda x: "
     "split_part(x, p, 1)), lambda n, i: list_position(list_transform(string_split(t, e), lambda "
     "x: split_part(x, p, 1)), n) = i), lambda n: {k: n, v: "
     "list_transform(list_filter(string_split(t, e), lambda x: split_part(x, p, 1) = n), lambda x: "
     "substr(x, strpos(x, p) + length(p)))}))"},
    {"multimap_from_entries", "multimap_from_entries(rows)",
     "An array of pairs as a map of arrays.", "multimap_from_entries([(1, 'x'), (1, 'y')])",
     "CREATE OR REPLACE MACRO multimap_from_entries(r) AS "
     "map_from_entries(list_transform(list_filter(list_transform(r, lambda x: x[1]), lambda k, i: "
     "list_position(list_transform(r, lambda x: x[1]), k) = i), lambda k: {k: k, v: "
     "list_transform(list_filter(r, lambda x: x[1] = k), lambda x: x[2])}))"},
    {"map_agg", "map_agg(key, value)",
     "The pairs of a group as a map; of a key that repeats one value is kept.",
     "map_agg(region, accountid)",
     "CREATE OR REPLACE MACRO map_agg(k, v) AS map_from_entries(list_filter(list_zip(list(k), "
     "list(v)), lambda x, i: list_position(list(k), x[1]) = i AND x[1] IS NOT NULL))"},
    {"multimap_agg", "multimap_agg(key, value)", "The pairs of a group as a map of arrays.",
     "multimap_agg(region, accountid)",
     "CREATE OR REPLACE MACRO multimap_agg(k, v) AS "
     "map_from_entries(list_transform(list_filter(list(k), lambda x, i: x IS NOT NULL AND "
     "list_position(list(k), x) = i), lambda n: {k: n, v: "
     "list_transform(list_filter(list_zip(list(k), list(v)), lambda x: x[1] = n), lambda x: "
     "x[2])}))"},
    {"every", "every(condition)", "Whether a condition holds for all rows of a group.",
     "every(status = 'Success')", "CREATE OR REPLACE MACRO every(x) AS bool_and(x)"},
    {"approx_percentile", "approx_percentile(value, share)",
     "About the value below which a share of a group lies.",
     "approx_percentile(traffic.bytes, 0.99)",
     "CREATE OR REPLACE MACRO approx_percentile(x, p) AS approx_quantile(x, p)"},
    {"bitwise_and_agg", "bitwise_and_agg(value)", "All values of a group, and-ed bit by bit.",
     "bitwise_and_agg(n)", "CREATE OR REPLACE MACRO bitwise_and_agg(x) AS bit_and(x)"},
    {"bitwise_or_agg", "bitwise_or_agg(value)", "All values of a group, or-ed bit by bit.",
     "bitwise_or_agg(n)", "CREATE OR REPLACE MACRO bitwise_or_agg(x) AS bit_or(x)"},
    {"bitwise_xor_agg", "bitwise_xor_agg(value)", "All values of a group, xor-ed bit by bit.",
     "bitwise_xor_agg(n)", "CREATE OR REPLACE MACRO bitwise_xor_agg(x) AS bit_xor(x)"},
    {"bitwise_and", "bitwise_and(a, b)", "Two integers, and-ed bit by bit.", "bitwise_and(19, 25)",
     "CREATE OR REPLACE MACRO bitwise_and(a, b) AS CAST(a AS BIGINT) & CAST(b AS BIGINT)"},
    {"bitwise_or", "bitwise_or(a, b)", "Two integers, or-ed bit by bit.", "bitwise_or(19, 25)",
     "CREATE OR REPLACE MACRO bitwise_or(a, b) AS CAST(a AS BIGINT) | CAST(b AS BIGINT)"},
    {"bitwise_xor", "bitwise_xor(a, b)", "Two integers, xor-ed bit by bit.", "bitwise_xor(19, 25)",
     "CREATE OR REPLACE MACRO bitwise_xor(a, b) AS xor(CAST(a AS BIGINT), CAST(b AS BIGINT))"},
    {"bitwise_not", "bitwise_not(a)", "All bits of an integer turned.", "bitwise_not(19)",
     "CREATE OR REPLACE MACRO bitwise_not(a) AS ~CAST(a AS BIGINT)"},
    {"bitwise_left_shift", "bitwise_left_shift(value, shift)", "Bits moved to the left.",
     "bitwise_left_shift(1, 2)",
     "CREATE OR REPLACE MACRO bitwise_left_shift(a, n) AS CAST((CAST(a AS HUGEINT) * CAST(pow(2, "
     "n) AS HUGEINT)) AS BIGINT)"},
    {"bitwise_right_shift_arithmetic", "bitwise_right_shift_arithmetic(value, shift)",
     "Bits moved to the right; the sign stays.", "bitwise_right_shift_arithmetic(-8, 2)",
     "CREATE OR REPLACE MACRO bitwise_right_shift_arithmetic(a, n) AS CAST(floor(CAST(a AS BIGINT) "
     "/ pow(2, n)) AS BIGINT)"},
    {"truncate", "truncate(number[, digits])", "A number without its digits behind the point.",
     "truncate(-12.9)",
     "CREATE OR REPLACE MACRO truncate(x) AS trunc(x), (x, n) AS trunc(x * pow(10, n)) / pow(10, "
     "n)"},
    {"is_nan", "is_nan(number)", "Whether a number is none.", "is_nan(nan())",
     "CREATE OR REPLACE MACRO is_nan(x) AS isnan(CAST(x AS DOUBLE))"},
    {"is_finite", "is_finite(number)", "Whether a number is finite.", "is_finite(1.5)",
     "CREATE OR REPLACE MACRO is_finite(x) AS isfinite(CAST(x AS DOUBLE))"},
    {"is_infinite", "is_infinite(number)", "Whether a number is infinite.",
     "is_infinite(infinity())",
     "CREATE OR REPLACE MACRO is_infinite(x) AS isinf(CAST(x AS DOUBLE))"},
    {"infinity", "infinity()", "The infinite number.", "infinity()",
     "CREATE OR REPLACE MACRO infinity() AS CAST('inf' AS DOUBLE)"},
    {"nan", "nan()", "What is not a number.", "nan()",
     "CREATE OR REPLACE MACRO nan() AS CAST('nan' AS DOUBLE)"},
    {"e", "e()", "Euler's number.", "e()", "CREATE OR REPLACE MACRO e() AS exp(1)"},
    {"rand", "rand()", "A random number from 0 to 1.", "rand()",
     "CREATE OR REPLACE MACRO rand() AS random()"},
    {"from_base", "from_base(text, radix)", "A text of digits as an integer.",
     "from_base('ff', 16)",
     "CREATE OR REPLACE MACRO from_base(t, r) AS "
     "list_reduce(list_transform(string_split(lower(ltrim(t, '+-')), ''), lambda d: "
     "CAST(strpos('0123456789abcdefghijklmnopqrstuvwxyz', d) - 1 AS BIGINT)), lambda x, y: x * r + "
     "y) * CASE WHEN starts_with(t, '-') THEN -1 ELSE 1 END"},
    {"width_bucket", "width_bucket(x, bound1, bound2, n)",
     "The number of the bucket, of n equal ones between two bounds.",
     "width_bucket(5.3, 0.2, 10.6, 5)",
     "CREATE OR REPLACE MACRO width_bucket(x, a, b, n) AS CAST(CASE WHEN x < a THEN 0 WHEN x >= b "
     "THEN n + 1 ELSE floor(n * (x - a) / (b - a)) + 1 END AS BIGINT)"},
    {"format_number", "format_number(number)", "A number in short, with K, M, B, T.",
     "format_number(123456)",
     "CREATE OR REPLACE MACRO format_number(x) AS CASE WHEN abs(x) >= 1e12 THEN trino_digits(x / "
     "1e12) || 'T' WHEN abs(x) >= 1e9 THEN trino_digits(x / 1e9) || 'B' WHEN abs(x) >= 1e6 THEN "
     "trino_digits(x / 1e6) || 'M' WHEN abs(x) >= 1e3 THEN trino_digits(x / 1e3) || 'K' ELSE "
     "trino_digits(x) END"},
    {"trino_digits", "trino_digits(number)",
     "Three digits of a number, as format_number writes them.", "trino_digits(12.345)",
     "CREATE OR REPLACE MACRO trino_digits(x) AS CASE WHEN x = round(x) THEN CAST(CAST(round(x) AS "
     "BIGINT) AS VARCHAR) WHEN abs(x) >= 100 THEN printf('%.0f', x) WHEN abs(x) >= 10 THEN "
     "printf('%.1f', x) ELSE printf('%.2f', x) END"},
    {"codepoint", "codepoint(text)", "The Unicode point of a single character.", "codepoint('a')",
     "CREATE OR REPLACE MACRO codepoint(t) AS unicode(t)"},
    {"index", "index(text, part)", "Where a part begins, 0 if there is none.", "index('abc', 'b')",
     "CREATE OR REPLACE MACRO index(t, p) AS instr(t, p)"},
    {"levenshtein_distance", "levenshtein_distance(a, b)",
     "How many characters must change for one text to become the other.",
     "levenshtein_distance('apple', 'epplea')",
     "CREATE OR REPLACE MACRO levenshtein_distance(a, b) AS levenshtein(a, b)"},
    {"hamming_distance", "hamming_distance(a, b)",
     "At how many places two texts of the same length differ.",
     "hamming_distance('abcde', 'edcba')",
     "CREATE OR REPLACE MACRO hamming_distance(a, b) AS hamming(a, b)"},
    {"normalize", "normalize(text)", "The text in Unicode's form NFC.", "normalize('e\\u0301')",
     "CREATE OR REPLACE MACRO normalize(t) AS nfc_normalize(t)"},
    {"regexp_split", "regexp_split(text, pattern)", "The pieces between what a pattern finds.",
     "regexp_split('1a 2b', '\\\\s+')",
     "CREATE OR REPLACE MACRO regexp_split(t, p) AS string_split_regex(t, p)"},
    {"regexp_position", "regexp_position(text, pattern)",
     "Where a pattern first occurs, -1 if it does not.", "regexp_position('a1b2', '[0-9]')",
     "CREATE OR REPLACE MACRO regexp_position(t, p) AS CASE WHEN regexp_matches(t, p) THEN "
     "length(regexp_extract(t, '(?s)^(.*?)(?:' || p || ')', 1)) + 1 WHEN t IS NOT NULL AND p IS "
     "NOT NULL THEN -1 END"},
    {"luhn_check", "luhn_check(digits)", "Whether a text of digits ends with its check digit.",
     "luhn_check('79927398713')",
     "CREATE OR REPLACE MACRO luhn_check(t) AS list_sum(list_transform(string_split(reverse(t), "
     "''), lambda d, i: CASE WHEN i % 2 = 1 THEN CAST(d AS INTEGER) WHEN CAST(d AS INTEGER) > 4 "
     "THEN 2 * CAST(d AS INTEGER) - 9 ELSE 2 * CAST(d AS INTEGER) END)) % 10 = 0"},
    {"to_base64url", "to_base64url(bytes)", "Bytes as base64 with the URL's alphabet.",
     "to_base64url(to_utf8('a'))",
     "CREATE OR REPLACE MACRO to_base64url(b) AS translate(to_base64(b), '+/', '-_')"},
    {"from_base64url", "from_base64url(text)", "Base64 with the URL's alphabet as bytes.",
     "from_utf8(from_base64url('YQ=='))",
     "CREATE OR REPLACE MACRO from_base64url(t) AS from_base64(rpad(translate(t, '-_', '+/'), "
     "CAST(ceil(length(t) / 4.0) * 4 AS INTEGER), '='))"},
    {"json_query", "json_query(json, path)",
     "The object or array at a path as JSON text; null for scalars.",
     "json_query('{\"a\": [1]}', '$.a')",
     "CREATE OR REPLACE MACRO json_query(j, p) AS CASE WHEN json_valid(j::VARCHAR) AND "
     "json_type(j::VARCHAR, regexp_replace(p, '^(lax|strict) ', '')) IN ('OBJECT', 'ARRAY') THEN "
     "CAST(json_extract(j::VARCHAR, regexp_replace(p, '^(lax|strict) ', '')) AS VARCHAR) END"},
    {"json_array_get", "json_array_get(json, index)",
     "The element of a JSON array at an index from 0; negative ones count from the end.",
     "json_array_get('[\"a\", \"b\"]', 0)",
     "CREATE OR REPLACE MACRO json_array_get(j, i) AS CASE WHEN json_type(j::VARCHAR) = 'ARRAY' "
     "THEN CAST(json_extract(j::VARCHAR, '$[' || CASE WHEN i < 0 THEN '#' ELSE '' END || i || ']') "
     "AS VARCHAR) END"},
    {"json_array_contains", "json_array_contains(json, value)",
     "Whether a JSON array holds a value.", "json_array_contains('[1, 2]', 2)",
     "CREATE OR REPLACE MACRO json_array_contains(j, v) AS CASE WHEN json_type(j::VARCHAR) = "
     "'ARRAY' THEN list_contains(list_transform(CAST(j::VARCHAR AS JSON[]), lambda x: x ->> '$' = "
     "CAST(v AS VARCHAR) AND (json_type(x) = 'VARCHAR') = (typeof(v) = 'VARCHAR')), true) END"},
    {"date", "date(value)", "A time or text as a date.", "date('2026-03-02 10:00:00')",
     "CREATE OR REPLACE MACRO date(x) AS CAST(x AS DATE)"},
    {"dow", "dow(time)", "The day of the ISO week, 1 is Monday.", "dow(time_dt)",
     "CREATE OR REPLACE MACRO dow(t) AS isodow(t)"},
    {"doy", "doy(time)", "The day of the year.", "doy(time_dt)",
     "CREATE OR REPLACE MACRO doy(t) AS dayofyear(t)"},
    {"week_of_year", "week_of_year(time)", "The ISO week of the year.", "week_of_year(time_dt)",
     "CREATE OR REPLACE MACRO week_of_year(t) AS week(t)"},
    {"year_of_week", "year_of_week(time)", "The year that the ISO week belongs to.",
     "year_of_week(time_dt)", "CREATE OR REPLACE MACRO year_of_week(t) AS isoyear(t)"},
    {"yow", "yow(time)", "The year that the ISO week belongs to.", "yow(time_dt)",
     "CREATE OR REPLACE MACRO yow(t) AS isoyear(t)"},
    {"last_day_of_month", "last_day_of_month(time)", "The last day of the time's month.",
     "last_day_of_month(time_dt)", "CREATE OR REPLACE MACRO last_day_of_month(t) AS last_day(t)"},
    {"current_timezone", "current_timezone()", "The zone that times are shown in, which is UTC.",
     "current_timezone()", "CREATE OR REPLACE MACRO current_timezone() AS 'UTC'"},
    {"with_timezone", "with_timezone(time, zone)",
     "A time without a zone, read as the clock of a zone.",
     "with_timezone(time_dt, 'Europe/Berlin')",
     "CREATE OR REPLACE MACRO with_timezone(t, z) AS CAST(t AS TIMESTAMP) AT TIME ZONE z"},
    {"from_unixtime_nanos", "from_unixtime_nanos(nanoseconds)",
     "Nanoseconds since 1970 as a time in UTC.", "from_unixtime_nanos(1772442000000000000)",
     "CREATE OR REPLACE MACRO from_unixtime_nanos(n) AS make_timestamp_ns(CAST(n AS BIGINT))"},
    {"from_iso8601_timestamp_nanos", "from_iso8601_timestamp_nanos(text)",
     "An ISO 8601 text as a time in UTC, to the nanosecond.",
     "from_iso8601_timestamp_nanos('2026-03-02T10:00:00.123456789Z')",
     "CREATE OR REPLACE MACRO from_iso8601_timestamp_nanos(t) AS CAST(regexp_replace(replace(t, "
     "'T', ' '), 'Z$', '') AS TIMESTAMP_NS)"},
    {"parse_data_size", "parse_data_size(text)", "A size with its unit as bytes.",
     "parse_data_size('2.3MB')",
     "CREATE OR REPLACE MACRO parse_data_size(t) AS CAST(floor(CAST(regexp_extract(t, '^[0-9.]+') "
     "AS DECIMAL(20, 6)) * CAST(pow(1024, strpos('kMGTPEZY', regexp_extract(t, '([kMGTPEZY]?)B$', "
     "1)) * CAST(regexp_extract(t, '([kMGTPEZY]?)B$', 1) <> '' AS INTEGER)) AS DECIMAL(18, 0))) AS "
     "DECIMAL(38, 0))"},
    {"parse_duration", "parse_duration(text)", "A duration with its unit as an interval.",
     "parse_duration('42.8ms')",
     "CREATE OR REPLACE MACRO parse_duration(t) AS to_microseconds(CAST(CAST(regexp_extract(t, "
     "'^\\s*([0-9.]+)', 1) AS DOUBLE) * CASE regexp_extract(t, '(ns|us|ms|s|m|h|d)\\s*$', 1) WHEN "
     "'ns' THEN 0.001 WHEN 'us' THEN 1 WHEN 'ms' THEN 1000 WHEN 's' THEN 1e6 WHEN 'm' THEN 6e7 "
     "WHEN 'h' THEN 3.6e9 WHEN 'd' THEN 8.64e10 ELSE error('no duration: ' || t) END AS BIGINT))"},
    {"ip_in", "ip_in(cidr, ip)",
     "Whether an address lies in a network, IPv4 or IPv6; null if either is not one.",
     "ip_in('10.0.0.0/8', src_endpoint.ip)", NULL},
};
const size_t local_functions_count = COUNT(local_functions);
