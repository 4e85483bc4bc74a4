#include "complete_words.h"

#include <strings.h>

const char *const sql_keywords[] = {
    "SELECT",    "FROM",        "WHERE",     "GROUP BY",     "ORDER BY", "HAVING",  "LIMIT",
    "OFFSET",    "JOIN",        "LEFT JOIN", "ON",           "USING",    "WITH",    "AS",
    "AND",       "OR",          "NOT",       "IN",           "LIKE",     "ILIKE",   "BETWEEN",
    "IS NULL",   "IS NOT NULL", "DISTINCT",  "UNION ALL",    "CASE",     "WHEN",    "THEN",
    "ELSE",      "END",         "CAST",      "COUNT(*)",     "DESC",     "EXPLAIN", "DESCRIBE",
    "SUMMARIZE", "QUALIFY",     "OVER",      "PARTITION BY", "UNNEST",   "EXISTS",  "INTERVAL",
    NULL};

const char *const sql_types[] = {"VARCHAR",   "BIGINT",      "INTEGER", "DOUBLE", "BOOLEAN",
                                 "TIMESTAMP", "TIMESTAMPTZ", "DATE",    "TIME",   "JSON",
                                 "DECIMAL",   "HUGEINT",     "BLOB",    NULL};

const struct sql_function sql_functions[] = {
    {"count", "count(x)", "Rows, or rows where x is not null.", "count(*)"},
    {"count_if", "count_if(condition)", "Rows where the condition holds.",
     "count_if(status = 'Failure')"},
    {"min", "min(x)", "The least value.", "min(time_dt)"},
    {"max", "max(x)", "The greatest value.", "max(time_dt)"},
    {"sum", "sum(x)", "The sum.", "sum(traffic.bytes)"},
    {"avg", "avg(x)", "The mean.", "avg(traffic.bytes)"},
    {"median", "median(x)", "The value in the middle.", "median(traffic.bytes)"},
    {"any_value", "any_value(x)", "One value that is not null.", "any_value(actor.\"user\".uid)"},
    {"arg_min", "arg_min(x, by)", "x of the row where `by` is least.",
     "arg_min(api.operation, time_dt)"},
    {"arg_max", "arg_max(x, by)", "x of the row where `by` is greatest.",
     "arg_max(api.operation, time_dt)"},
    {"array_agg", "array_agg(x)", "All values as a list.", "array_agg(DISTINCT api.operation)"},
    {"string_agg", "string_agg(x, separator)", "All values as one text.",
     "string_agg(DISTINCT region, ', ')"},
    {"approx_count_distinct", "approx_count_distinct(x)", "About how many different values.",
     "approx_count_distinct(src_endpoint.ip)"},
    {"histogram", "histogram(x)", "How often each value occurs, as a map.", "histogram(region)"},
    {"coalesce", "coalesce(a, b, ...)", "The first value that is not null.",
     "coalesce(src_endpoint.ip, src_endpoint.domain)"},
    {"nullif", "nullif(a, b)", "Null if both are equal, else a.", "nullif(region, '')"},
    {"date_trunc", "date_trunc(part, time)", "The time cut to its hour, day, month...",
     "date_trunc('hour', time_dt)"},
    {"date_diff", "date_diff(part, from, to)", "Borders of a part between two times.",
     "date_diff('minute', min(time_dt), max(time_dt))"},
    {"time_bucket", "time_bucket(width, time)", "The time cut to a width.",
     "time_bucket(INTERVAL '5 minutes', time_dt)"},
    {"strftime", "strftime(time, format)", "A time as text.", "strftime(time_dt, '%H:%M')"},
    {"epoch_ms", "epoch_ms(x)", "Milliseconds since 1970 as a time, or a time as these.",
     "epoch_ms(1772442000000)"},
    {"now", "now()", "The time at which the statement began.", "now() - INTERVAL 7 DAY"},
    {"try_cast", "try_cast(x AS type)", "x as another type, null where it does not fit.",
     "try_cast(src_endpoint.port AS INTEGER)"},
    {"lower", "lower(text)", "The text in lower case.", "lower(api.operation)"},
    {"upper", "upper(text)", "The text in upper case.", "upper(region)"},
    {"length", "length(text)", "Characters of a text, members of a list.", "length(api.operation)"},
    {"trim", "trim(text)", "The text without blanks around it.", "trim(' a ')"},
    {"replace", "replace(text, what, with)", "Every `what` replaced.", "replace(region, '-', '_')"},
    {"substring", "substring(text, from, length)", "A part of a text, from 1.",
     "substring(region, 1, 2)"},
    {"split_part", "split_part(text, separator, n)",
     "The n-th part of a text, from 1; '' beyond the last (Trino: null).",
     "split_part(actor.\"user\".uid, '/', 2)"},
    {"concat", "concat(a, b, ...)", "Texts one behind the other.", "concat(region, ' ', time_dt)"},
    {"contains", "contains(text, part)",
     "Whether a text holds a part, or a list a value; for networks use ip_in(cidr, ip).",
     "contains(api.operation, 'Key')"},
    {"starts_with", "starts_with(text, prefix)", "Whether a text begins so.",
     "starts_with(api.operation, 'Create')"},
    {"ends_with", "ends_with(text, suffix)", "Whether a text ends so.",
     "ends_with(actor.\"user\".uid, ':root')"},
    {"regexp_matches", "regexp_matches(text, pattern)", "Whether the pattern is found in the text.",
     "regexp_matches(api.operation, '^(Create|Put)')"},
    {"regexp_extract", "regexp_extract(text, pattern, group)",
     "What the pattern, or its group, finds.", "regexp_extract(region, '[a-z]+', 0)"},
    {"to_json", "to_json(x)", "Any value as JSON.", "to_json(actor)"},
    {"json_extract_string", "json_extract_string(json, path)", "A member of JSON as text.",
     "json_extract_string(unmapped, '$.requestParameters.bucketName')"},
    {"list_contains", "list_contains(list, x)", "Whether a list holds a value.",
     "list_contains(['a', 'b'], 'a')"},
    {"list_transform", "list_transform(list, x -> ...)", "Each member of a list changed.",
     "list_transform(resources, r -> r.uid)"},
    {"unnest", "unnest(list)", "A row for each member of a list.", "unnest(resources)"},
    {"cardinality", "cardinality(map)", "Entries of a map.", "cardinality(histogram(region))"},
    {"round", "round(x, digits)", "The number rounded.", "round(1.234, 1)"},
    {"greatest", "greatest(a, b, ...)", "The greatest of the values.", "greatest(1, 2)"},
    {"least", "least(a, b, ...)", "The least of the values.", "least(1, 2)"},
    {"row_number", "row_number() OVER (...)", "The number of the row within its window.",
     "row_number() OVER (PARTITION BY region ORDER BY time_dt)"},
    {"lag", "lag(x) OVER (...)", "x of the row before.", "lag(time_dt) OVER (ORDER BY time_dt)"},
    {"lead", "lead(x) OVER (...)", "x of the row behind.", "lead(time_dt) OVER (ORDER BY time_dt)"},
    {"first", "first(x)", "The value of the first row.", "first(region ORDER BY time_dt)"},
    {"last", "last(x)", "The value of the last row.", "last(region ORDER BY time_dt)"},
};
const size_t sql_functions_count = COUNT(sql_functions);

const struct sql_function *sql_function_find(const char *name)
{
    for (size_t i = 0; i < sql_functions_count; i++)
        if (strcasecmp(sql_functions[i].name, name) == 0)
            return &sql_functions[i];
    return NULL;
}
