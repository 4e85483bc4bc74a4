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
    {"ip_in", "ip_in(cidr, ip)",
     "Whether an address lies in a network, IPv4 or IPv6; null if either is not one.",
     "ip_in('10.0.0.0/8', src_endpoint.ip)", NULL},
};
const size_t local_functions_count = COUNT(local_functions);
