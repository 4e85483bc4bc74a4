/* Every type of DuckDB as a value of a table: no digit is lost, times are UTC, nested values are
 * JSON. */
#include "tests/unit/engine/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *sql;
    enum type type;
    bool numeric;
    const char *text;
} values[] = {
    {"true", TYPE_BOOL, false, "true"},
    {"(-128)::tinyint", TYPE_INT64, false, "-128"},
    {"(-32768)::smallint", TYPE_INT64, false, "-32768"},
    {"(-2147483648)::integer", TYPE_INT64, false, "-2147483648"},
    {"'-9223372036854775808'::bigint", TYPE_INT64, false, "-9223372036854775808"},
    {"255::utinyint", TYPE_INT64, false, "255"},
    {"65535::usmallint", TYPE_INT64, false, "65535"},
    {"4294967295::uinteger", TYPE_INT64, false, "4294967295"},
    {"18446744073709551615::ubigint", TYPE_TEXT, true, "18446744073709551615"},
    {"'-170141183460469231731687303715884105728'::hugeint", TYPE_TEXT, true,
     "-170141183460469231731687303715884105728"},
    {"'340282366920938463463374607431768211455'::uhugeint", TYPE_TEXT, true,
     "340282366920938463463374607431768211455"},
    {"1.5::float", TYPE_DOUBLE, false, "1.5"},
    {"0.1::double", TYPE_DOUBLE, false, "0.1"},
    {"1/0", TYPE_DOUBLE, false, "inf"},
    {"0.05::decimal(4,2)", TYPE_TEXT, true, "0.05"},
    {"-0.05::decimal(4,2)", TYPE_TEXT, true, "-0.05"},
    {"-12345.678::decimal(9,3)", TYPE_TEXT, true, "-12345.678"},
    {"1234567890123.4567::decimal(18,4)", TYPE_TEXT, true, "1234567890123.4567"},
    {"'-99999999999999999999999999999999999.999'::decimal(38,3)", TYPE_TEXT, true,
     "-99999999999999999999999999999999999.999"},
    {"7::decimal(5,0)", TYPE_TEXT, true, "7"},
    {"date '2026-03-02'", TYPE_TEXT, false, "2026-03-02"},
    {"date '0001-01-01'", TYPE_TEXT, false, "0001-01-01"},
    {"time '10:20:30.5'", TYPE_TEXT, false, "10:20:30.500000"},
    {"timetz '10:20:30+02'", TYPE_TEXT, false, "10:20:30+02"},
    {"interval '1 month 2 days 3 hours'", TYPE_TEXT, false, "1 month 2 days 03:00:00"},
    {"interval '14 months -2 days'", TYPE_TEXT, false, "1 year 2 months -2 days"},
    {"interval '-1 second'", TYPE_TEXT, false, "-00:00:01"},
    {"timestamp '2026-03-02 10:20:30.123456'", TYPE_TIME, false, "2026-03-02T10:20:30.123456Z"},
    {"timestamp_s '2026-03-02 10:20:30'", TYPE_TIME, false, "2026-03-02T10:20:30.000000Z"},
    {"timestamp_ms '2026-03-02 10:20:30.123'", TYPE_TIME, false, "2026-03-02T10:20:30.123000Z"},
    {"timestamp_ns '2026-03-02 10:20:30.123456789'", TYPE_TIME, false,
     "2026-03-02T10:20:30.123456Z"},
    {"timestamptz '2026-03-02 10:20:30+02'", TYPE_TIME, false, "2026-03-02T08:20:30.000000Z"},
    {"timestamp '1969-12-31 23:59:59'", TYPE_TIME, false, "1969-12-31T23:59:59.000000Z"},
    {"'infinity'::timestamp", TYPE_TIME, false, "9999-12-31T23:59:59.999999Z"},
    {"''", TYPE_TEXT, false, ""},
    {"'twelve bytes'", TYPE_TEXT, false, "twelve bytes"},
    {"'thirteen bytes and more'", TYPE_TEXT, false, "thirteen bytes and more"},
    {"'\xF0\x9F\x98\x80 \xC3\xA4'", TYPE_TEXT, false, "\xF0\x9F\x98\x80 \xC3\xA4"},
    {"'\\x00\\xFFa\\x5C'::blob", TYPE_TEXT, false, "\\x00\\xFFa\\x5C"},
    {"'0101'::bit", TYPE_TEXT, false, "0101"},
    {"'110101010101'::bit", TYPE_TEXT, false, "110101010101"},
    {"'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'::uuid", TYPE_TEXT, false,
     "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
    {"'b'::enum('a', 'b')", TYPE_TEXT, false, "b"},
    {"'{\"a\": [1, \"x\"]}'::json", TYPE_JSON, false, "{\"a\": [1, \"x\"]}"},
    {"[1, NULL, 3]", TYPE_JSON, false, "[1, null, 3]"},
    {"[]::int[]", TYPE_JSON, false, "[]"},
    {"[['a'], [], NULL]", TYPE_JSON, false, "[[\"a\"], [], null]"},
    {"[1, 2]::int[2]", TYPE_JSON, false, "[1, 2]"},
    {"{a: 1, b: 'x\"\n', c: NULL}", TYPE_JSON, false,
     "{\"a\": 1, \"b\": \"x\\\"\\n\", \"c\": null}"},
    {"{a: {b: [{c: 0.5}]}}", TYPE_JSON, false, "{\"a\": {\"b\": [{\"c\": 0.5}]}}"},
    {"{t: timestamp '2026-03-02 10:00:00'}", TYPE_JSON, false,
     "{\"t\": \"2026-03-02 10:00:00.000\"}"},
    {"{f: 1/0, n: 'nan'::double, d: 0.1::double}", TYPE_JSON, false,
     "{\"f\": \"Infinity\", \"n\": \"NaN\", \"d\": 0.1}"},
    {"MAP {'a': 1, 'b': NULL}", TYPE_JSON, false, "{\"a\": 1, \"b\": null}"},
    {"MAP {1: 'x'}", TYPE_JSON, false, "{\"1\": \"x\"}"},
    {"union_value(k := 5)", TYPE_JSON, false, "5"},
    {"['{\"k\": 1}'::json]", TYPE_JSON, false, "[{\"k\": 1}]"},
    {"NULL::int", TYPE_INT64, false, "~"},
    {"NULL", TYPE_INT64, false, "~"},
    {"NULL::varchar", TYPE_TEXT, false, "~"},
    {"NULL::struct(a int)", TYPE_JSON, false, "~"},
};

static void every_type_is_shown(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(values); i++) {
        struct table *table =
            stage_table(stage, arena_printf(stage->arena, "SELECT %s AS v", values[i].sql));
        const char *text = stage_text(stage, table);
        const struct column *column = &table->columns[0];
        if (strcmp(text, values[i].text) != 0 || column->type != values[i].type ||
            column->numeric != values[i].numeric)
            fail_msg("%s is %s, type %d, numeric %d", values[i].sql, text, (int)column->type,
                     column->numeric);
    }
}

/* Beyond one vector, with nulls everywhere: rows stay in order and belong together. */
static void chunks_are_joined(void **state)
{
    struct stage *stage = *state;
    struct table *table = stage_table(
        stage, "SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE 'v' || i END AS s, "
               "CASE WHEN i % 5 = 0 THEN NULL ELSE [i, NULL] END AS l FROM range(5000) t(i)");
    assert_int_equal(table->rows, 5000);
    for (int64_t row = 0; row < 5000; row += 7) {
        struct cell s = table_cell(table, row, 1), l = table_cell(table, row, 2);
        assert_int_equal(table_cell(table, row, 0).integer, row);
        assert_int_equal(s.null, row % 3 == 0);
        assert_int_equal(l.null, row % 5 == 0);
        if (!s.null)
            assert_string_equal(s.text.data, arena_printf(stage->arena, "v%d", (int)row));
        if (!l.null)
            assert_string_equal(l.text.data, arena_printf(stage->arena, "[%d, null]", (int)row));
    }
    assert_int_equal(stage_table(stage, "SELECT 1 AS a WHERE false")->rows, 0);
}

static void names_of_columns_and_types_are_kept(void **state)
{
    struct stage *stage = *state;
    struct table *table =
        stage_table(stage, "SELECT 1 AS \"a b\", {x: 1} AS s, 'q' AS \"\xC3\xA4\"");
    assert_string_equal(table->columns[0].name, "a b");
    assert_string_equal(table->columns[2].name, "\xC3\xA4");
    assert_string_equal(table->columns[0].engine_type, "INTEGER");
    assert_string_equal(table->columns[1].engine_type, "STRUCT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_shown),
        cmocka_unit_test(chunks_are_joined),
        cmocka_unit_test(names_of_columns_and_types_are_kept),
    };
    return cmocka_run_group_tests(tests, stage_set_up, stage_tear_down);
}
