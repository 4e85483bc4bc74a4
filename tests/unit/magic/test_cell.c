/* Cells as statements, Python's literals, is_complete. */
#include "cell.h"

#include "base/buf.h"
#include "tests/unit/corpus.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct fixture {
    struct arena *arena;
    struct error err;
    struct cell_text cell;
};

static int set_up(void **state)
{
    struct fixture *fixture = xcalloc(1, sizeof *fixture);
    fixture->arena = arena_new();
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static const struct statement *parse(struct fixture *fixture, const char *text)
{
    error_clear(&fixture->err);
    if (!cell_parse(text, strlen(text), fixture->arena, &fixture->cell, &fixture->err))
        fail_msg("%s: %s", text, fixture->err.message);
    return fixture->cell.statements;
}

static void refuse(struct fixture *fixture, const char *text, const char *message)
{
    error_clear(&fixture->err);
    assert_false(cell_parse(text, strlen(text), fixture->arena, &fixture->cell, &fixture->err));
    if (!strstr(fixture->err.message, message))
        fail_msg("%s: \"%s\" does not say \"%s\"", text, fixture->err.message, message);
    assert_true(fixture->err.hint[0]);
    assert_int_equal(fixture->err.kind, ERROR_USAGE);
}

/* ---- statements ---- */

static void a_cell_is_read_from_top_to_bottom(void **state)
{
    const struct statement *s = parse(
        *state, "# a comment\n-- another\n\nkey = \"AKIA\" # why\n%lake open x\nSELECT 1,\n 2;\n"
                "SELECT :key;\nlimit = 5;\ncloudtrail?\n%echo a");
    struct fixture *fixture = *state;
    assert_int_equal(fixture->cell.count, 6);
    assert_int_equal(s[0].kind, STATEMENT_PARAMETER);
    assert_string_equal(s[0].name, "key");
    assert_string_equal(json_string_value(s[0].value), "AKIA");
    assert_int_equal(s[0].line, 4);
    assert_int_equal(s[1].kind, STATEMENT_MAGIC);
    assert_string_equal(s[1].name, "lake");
    assert_string_equal(s[1].text, "open x");
    assert_int_equal(s[2].kind, STATEMENT_SQL);
    assert_string_equal(s[2].text, "SELECT 1,\n 2;\nSELECT :key;\n");
    assert_int_equal(s[2].line, 6);
    assert_int_equal(s[3].kind, STATEMENT_PARAMETER);
    assert_int_equal(json_integer_value(s[3].value), 5);
    assert_int_equal(s[4].kind, STATEMENT_HELP);
    assert_string_equal(s[4].name, "cloudtrail");
    assert_int_equal(s[5].kind, STATEMENT_MAGIC);
    assert_int_equal(s[5].line, 11);
}

static void sql_goes_on_where_it_looks_like_something_else(void **state)
{
    static const char *const whole[] = {"SELECT 5\n % 3",
                                        "SELECT (5\n%x)",
                                        "SELECT '\n%echo no\n'",
                                        "SELECT 1 /*\n%echo no\n*/",
                                        "SELECT $$\n%echo $$",
                                        "SELECT a\n= 5 FROM t",
                                        "SELECT 1 AS\nx = 2",
                                        "UPDATE t SET\nx = 5",
                                        "SELECT \"\n%a\nx = 1\"",
                                        "SELECT 1\n# no comment",
                                        "SELECT '-- it''s'\n, 'a;\nb = 1'"};
    for (size_t i = 0; i < COUNT(whole); i++) {
        const struct statement *s = parse(*state, whole[i]);
        struct fixture *fixture = *state;
        if (fixture->cell.count != 1 || strcmp(s[0].text, whole[i]) != 0)
            fail_msg("%s: cut into %zu", whole[i], fixture->cell.count);
    }
}

static void sql_ends_before_what_it_cannot_be(void **state)
{
    static const struct {
        const char *text;
        enum statement_kind second;
    } cases[] = {{"SELECT 1\n%echo a", STATEMENT_MAGIC},
                 {"SELECT 1;\n  %echo a", STATEMENT_MAGIC},
                 {"SELECT 1;\nx = 2", STATEMENT_PARAMETER},
                 {"SELECT 1;\nx?", STATEMENT_HELP},
                 {"SELECT 1;\n# why\nSELECT 2", STATEMENT_SQL},
                 {"SELECT 1; -- it's\n\nx=[\n1,\n]", STATEMENT_PARAMETER}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct statement *s = parse(*state, cases[i].text);
        struct fixture *fixture = *state;
        if (fixture->cell.count != 2 || s[1].kind != cases[i].second)
            fail_msg("%s: %zu statements", cases[i].text, fixture->cell.count);
    }
}

static void a_cell_magic_takes_the_rest(void **state)
{
    const struct statement *s = parse(*state, "-- first\n%%sql --into x\nSELECT 1\n%echo no");
    struct fixture *fixture = *state;
    assert_int_equal(fixture->cell.count, 1);
    assert_string_equal(s[0].name, "sql");
    assert_string_equal(s[0].text, "--into x");
    assert_string_equal(s[0].body, "SELECT 1\n%echo no");
    assert_int_equal(s[0].body_line, 3);
    refuse(fixture, "%echo a\n%%sql\nSELECT 1", "must be the first");
    assert_int_equal(fixture->err.line, 2);
    refuse(fixture, "SELECT 1\n%%sql\nSELECT 1", "must be the first");
    refuse(fixture, "% x", "without the name");
}

static void a_backslash_continues_and_offsets_stay_true(void **state)
{
    static const char cell[] = "%lake ingest a \\\n  b \\\r\n  c\nx = 1";
    const struct statement *s = parse(*state, cell);
    struct fixture *fixture = *state;
    assert_int_equal(fixture->cell.count, 2);
    const char *c = strchr(s[0].text, 'c');
    assert_non_null(c);
    assert_int_equal(cell[s[0].offset + (size_t)(c - s[0].text)], 'c');
    assert_null(strchr(s[0].text, '\\'));
    assert_int_equal(s[1].line, 4);
}

static void help_is_asked_in_several_ways(void **state)
{
    static const struct {
        const char *text, *name;
    } cases[] = {{"cloudtrail?", "cloudtrail"}, {"?cloudtrail", "cloudtrail"},
                 {"%lake?", "%lake"},           {"%lake??", "%lake"},
                 {"?%lake", "%lake"},           {"x??", "x"},
                 {"db.\"t\"? ", "db.\"t\""},    {"%%sql?", "%sql"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct statement *s = parse(*state, cases[i].text);
        assert_int_equal(s[0].kind, STATEMENT_HELP);
        assert_string_equal(s[0].name + (s[0].name[0] == '%' && s[0].name[1] == '%'),
                            cases[i].name);
    }
    assert_int_equal(parse(*state, "SELECT a ?")[0].kind, STATEMENT_SQL);
}

static void a_parameter_is_one_literal(void **state)
{
    struct fixture *fixture = *state;
    refuse(fixture, "a = 1\nb = other", "no literal");
    assert_int_equal(fixture->err.line, 2);
    assert_int_equal(fixture->err.column, 5);
    refuse(fixture, "x = 1 2", "something follows");
    refuse(fixture, "x = SELECT 1", "not a query");
    assert_non_null(strstr(fixture->err.hint, "--into x"));
    refuse(fixture, "x = \"a", "not closed");
    refuse(fixture, "x = 0x1F", "something follows");
    refuse(fixture, "x = b'a'", "no literal");
    refuse(fixture, "x = {1: 2", "not closed");
    refuse(fixture, "x = {1 2}", "colon");
    refuse(fixture, "x = '\\x4'", "escape");
    assert_int_equal(parse(fixture, "x == 1")[0].kind, STATEMENT_SQL);
}

/* ---- literals ---- */

static void literals_are_read_as_papermill_writes_them(void **state)
{
    static const struct {
        const char *python, *json;
    } cases[] = {
        {"\"it's a \\\"q\\\" \\\\ back\\nnew line \\xe9\"",
         "\"it's a \\\"q\\\" \\\\ back\\nnew line \xC3\xA9\""},
        {"'single \"q\"'", "\"single \\\"q\\\"\""},
        {"\"\\u65e5\\U0001f600\"", "\"\xE6\x97\xA5\xF0\x9F\x98\x80\""},
        {"\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\""},
        {"\"\\ud83d\"", "\"\xEF\xBF\xBD\""},
        {"r'a\\n'", "\"a\\\\n\""},
        {"u'a'", "\"a\""},
        {"'''a\n'b' '''", "\"a\\n'b' \""},
        {"\"\\101\\0\\q\"", "\"A\\u0000\\\\q\""},
        {"5", "5"},
        {"-0.5", "-0.5"},
        {"1e+20", "1e20"},
        {"1_000", "1000"},
        {"+7", "7"},
        {"True", "true"},
        {"False", "false"},
        {"None", "null"},
        {"[]", "[]"},
        {"{}", "{}"},
        {"\"\"", "\"\""},
        {"[1, \"a\", None, True]", "[1,\"a\",null,true]"},
        {"[\n    1,\n    2,  # why\n]", "[1,2]"},
        {"{\"k\": \"v\", \"n\": {\"x\": 1.0}}", "{\"k\":\"v\",\"n\":{\"x\":1.0}}"},
        {"{\n    \"a\": [1,],\n}", "{\"a\":[1]}"},
        {"(1, 2)", "[1,2]"},
        {"(1,)", "[1]"},
        {"()", "[]"},
        {"(\n    \"long\"\n)", "\"long\""},
        {"9223372036854775807", "9223372036854775807"},
        {"9223372036854775808", "\"9223372036854775808\""},
        {"float('inf')", "\"Infinity\""},
        {"float('-inf')", "\"-Infinity\""},
        {"float(\"nan\")", "\"NaN\""},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *value = NULL;
        size_t used = 0, size = strlen(cases[i].python);
        error_clear(&fixture->err);
        if (!cell_literal(cases[i].python, size, fixture->arena, &value, &used, &fixture->err))
            fail_msg("%s: %s", cases[i].python, fixture->err.message);
        json_t *wanted = json_own(
            fixture->arena, json_loads(cases[i].json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
        assert_non_null(wanted);
        if (!json_equal(value, wanted) || used != size)
            fail_msg("%s: read as %s, %zu of %zu bytes", cases[i].python,
                     json_dump(fixture->arena, value, NULL), used, size);
    }
}

static void a_literal_is_not_nested_without_end(void **state)
{
    struct fixture *fixture = *state;
    char deep[256];
    memset(deep, '[', sizeof deep);
    json_t *value;
    size_t used;
    assert_false(cell_literal(deep, sizeof deep, fixture->arena, &value, &used, &fixture->err));
    assert_non_null(strstr(fixture->err.message, "too deeply"));
}

/* ---- is_complete ---- */

static void completeness_is_what_more_lines_could_change(void **state)
{
    static const struct {
        const char *text;
        enum cell_state state;
    } cases[] = {{"", CELL_COMPLETE},
                 {"SELECT 1", CELL_COMPLETE},
                 {"SELECT 1;", CELL_COMPLETE},
                 {"SELECT 'a", CELL_INCOMPLETE},
                 {"SELECT (1", CELL_INCOMPLETE},
                 {"SELECT 1 /* a", CELL_INCOMPLETE},
                 {"x = [1,", CELL_INCOMPLETE},
                 {"x = [1", CELL_INCOMPLETE},
                 {"x = {'a':", CELL_INCOMPLETE},
                 {"x = '''a\nb", CELL_INCOMPLETE},
                 {"x = 'a", CELL_INVALID},
                 {"x = [1 2", CELL_INVALID},
                 {"x = 1 2", CELL_INVALID},
                 {"x = -", CELL_INVALID},
                 {"x = open", CELL_INVALID},
                 {"x = 5", CELL_COMPLETE},
                 {"%echo a", CELL_COMPLETE},
                 {"%echo a \\", CELL_INCOMPLETE},
                 {"%%sql\nSELECT 1", CELL_INCOMPLETE},
                 {"%%sql\nSELECT 1\n", CELL_COMPLETE},
                 {"%", CELL_INVALID},
                 {"%echo a\n%%sql\nx", CELL_INVALID},
                 {"x = 1\nSELECT (", CELL_INCOMPLETE}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *indent = NULL;
        enum cell_state got = cell_state(cases[i].text, strlen(cases[i].text), &indent);
        if (got != cases[i].state)
            fail_msg("%s: %d instead of %d", cases[i].text, got, cases[i].state);
        assert_int_equal(*indent != '\0', got == CELL_INCOMPLETE);
    }
}

/* ---- habits ---- */

static void habits_get_a_hint_and_sql_gets_none(void **state)
{
    static const char *const habits[] = {
        "ls",        "ls -la",        " cd ..",
        "!ls",       "import os",     "from os import path",
        "print(x)",  "pip install x", "aws sts get-caller-identity",
        "df.head()", "help",          "curl x",
        "def f():"};
    static const char *const sql[] = {"SELECT 1", "from cloudtrail", "FROM t SELECT import",
                                      "lsx",      "importance",      "WITH a AS (SELECT 1)",
                                      "",         "helper"};
    (void)state;
    for (size_t i = 0; i < COUNT(habits); i++)
        if (!cell_habit_hint(habits[i], strlen(habits[i])))
            fail_msg("no hint for %s", habits[i]);
    for (size_t i = 0; i < COUNT(sql); i++)
        if (cell_habit_hint(sql[i], strlen(sql[i])))
            fail_msg("a hint for %s", sql[i]);
}

/* ---- hostile ---- */

static void any_bytes_are_read(void **state)
{
    static const char *const shapes[][2] = {
        {"", ""}, {"x = ", ""}, {"%echo ", ""}, {"SELECT '", "'"}, {"x = \"", "\""}};
    struct fixture *fixture = *state;
    struct corpus corpus = corpus_read(CORPUS_PATH);
    for (size_t i = 0; i < corpus.count * COUNT(shapes); i++) {
        const struct corpus_string *string = &corpus.strings[i / COUNT(shapes)];
        struct buf text;
        buf_init(&text, 1024 * 1024);
        buf_adds(&text, shapes[i % COUNT(shapes)][0]);
        buf_add(&text, string->bytes, string->size);
        buf_adds(&text, shapes[i % COUNT(shapes)][1]);
        buf_addc(&text, '\n');
        error_clear(&fixture->err);
        const char *indent;
        bool ok = cell_parse(text.data, text.size, fixture->arena, &fixture->cell, &fixture->err);
        assert_true(ok || fixture->err.message[0]);
        bool complete = cell_state(text.data, text.size, &indent) == CELL_COMPLETE;
        assert_true(ok || !complete);
        (void)cell_habit_hint(text.data, text.size);
        buf_release(&text);
    }
    corpus_free(&corpus);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Ten megabytes of each shape that could be read again and again. A quadratic reader takes hours:
 * the bound is far above what a slow machine under sanitizers needs. */
static void a_large_cell_takes_linear_time(void **state)
{
    static const struct {
        const char *head, *repeated;
    } shapes[] = {{"SELECT '", "\n%a b"},     {"SELECT (", "\n%a b"},
                  {"", "%echo a\n"},          {"", "SELECT 1;\n"},
                  {"", "SELECT 1;\nx = 2\n"}, {"x = '''", "\\x41a\n"},
                  {"x = [", "1,\n"},          {"", "# a\n"},
                  {"%note a", " \\\n b"},     {"", "\n"}};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct buf text;
        buf_init(&text, 12 * 1024 * 1024);
        buf_adds(&text, shapes[i].head);
        while (text.size < (size_t)10 * 1024 * 1024)
            buf_adds(&text, shapes[i].repeated);
        struct arena *arena = arena_new();
        error_clear(&fixture->err);
        double began = seconds();
        bool ok = cell_parse(text.data, text.size, arena, &fixture->cell, &fixture->err);
        assert_true(ok || fixture->err.message[0]);
        if (seconds() - began > 60)
            fail_msg("%s: %.1f s", shapes[i].repeated, seconds() - began);
        arena_free(arena);
        buf_release(&text);
    }
}

static void a_cell_beyond_the_limit_is_refused(void **state)
{
    struct fixture *fixture = *state;
    size_t size = (size_t)16 * 1024 * 1024 + 1;
    char *text = xcalloc(1, size);
    assert_false(cell_parse(text, size, fixture->arena, &fixture->cell, &fixture->err));
    assert_int_equal(fixture->err.kind, ERROR_LIMIT);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cell_is_read_from_top_to_bottom, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sql_goes_on_where_it_looks_like_something_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(sql_ends_before_what_it_cannot_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cell_magic_takes_the_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_backslash_continues_and_offsets_stay_true, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(help_is_asked_in_several_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_parameter_is_one_literal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(literals_are_read_as_papermill_writes_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_literal_is_not_nested_without_end, set_up, tear_down),
        cmocka_unit_test(completeness_is_what_more_lines_could_change),
        cmocka_unit_test(habits_get_a_hint_and_sql_gets_none),
        cmocka_unit_test_setup_teardown(any_bytes_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_cell_takes_linear_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cell_beyond_the_limit_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
