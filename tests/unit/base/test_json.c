#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define LIMIT ((size_t)1 << 20)

static int setup(void **state)
{
    *state = arena_new();
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

/* Parses and writes again, so that one text shows what was read. */
static const char *again(struct arena *arena, const char *text, size_t size)
{
    struct error err = {0};
    json_t *value = json_parse(arena, text, size, LIMIT, &err);
    return value ? json_dump(arena, value, NULL) : arena_strdup(arena, err.message);
}

static void good_json_is_read(void **state)
{
    assert_string_equal(again(*state, "{\"a\": [1, 2.5, null, true, \"x\"]}", 32),
                        "{\"a\":[1,2.5,null,true,\"x\"]}");
    assert_string_equal(again(*state, " \"x\" ", 5), "\"x\"");
    assert_string_equal(again(*state, "{\"a\":1,\"a\":2}", 13),
                        "{\"a\":2}"); /* the last one wins */
}

static void what_logs_really_hold_is_forgiven(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"[\"a\\u0000b\"]", "[\"a\xef\xbf\xbd"
                            "b\"]"},
        {"[\"\\ud800\"]", "[\"\xef\xbf\xbd\"]"},
        {"[\"\\uDFFFx\"]", "[\"\xef\xbf\xbdx\"]"},
        {"[\"\\udc00\\ud83D\\uDE00\"]", "[\"\xef\xbf\xbd\xf0\x9f\x98\x80\"]"},
        {"[\"\\ud800\\u0041\"]", "[\"\xef\xbf\xbd"
                                 "A\"]"},
        {"[\"\\ud800\\n\"]", "[\"\xef\xbf\xbd\\n\"]"},
        {"[\"\\\\u0000 \\ud800\"]",
         "[\"\\\\u0000 \xef\xbf\xbd\"]"}, /* an escaped backslash is no escape */
        {"[\"\xff\xc3(\"]", "[\"\xef\xbf\xbd\xef\xbf\xbd(\"]"},
        {"[\"\xed\xa0\x80\"]", "[\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"]"},
        {"{\"k\\u0000\": 1}", "{\"k\xef\xbf\xbd\":1}"},
        {"[9223372036854775807, 18446744073709551615]",
         "[9223372036854775807,1.8446744073709552e19]"},
        {"[-99999999999999999999, \"99999999999999999999\"]", "[-1e20,\"99999999999999999999\"]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(again(*state, rows[i].in, strlen(rows[i].in)), rows[i].out);
    assert_string_equal(again(*state, "[\"a\0b\"]", 7), "[\"a\xef\xbf\xbd"
                                                        "b\"]");
}

static void broken_json_says_where(void **state)
{
    static const char *const broken[] = {
        "",     "{",         "[1,]",          "{\"a\" 1}",  "\"a",   "[1] x", "nul",
        "\xff", "[\"\\x\"]", "[\"\\u00g0\"]", "[\"a\nb\"]", "[\"\\", "'a'"};
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct error err = {0};
        assert_null(json_parse(*state, broken[i], strlen(broken[i]), LIMIT, &err));
        assert_int_equal(err.kind, ERROR_DATA);
        assert_non_null(strstr(err.message, "line "));
    }
    struct error err = {0};
    assert_null(json_parse(*state, "{\"a\": 1,\n \"b\": x}", 17, LIMIT, &err));
    assert_non_null(strstr(err.message, "line 2, column 7"));
}

static void limits_hold(void **state)
{
    struct error err = {0};
    assert_null(json_parse(*state, "[1, 2]", 6, 5, &err));
    assert_int_equal(err.kind, ERROR_LIMIT);
    char deep[2 * 513];
    memset(deep, '[', 513);
    memset(deep + 513, ']', 513);
    error_clear(&err);
    assert_null(json_parse(*state, deep, sizeof deep, LIMIT, &err));
    assert_int_equal(err.kind, ERROR_LIMIT);
    error_clear(&err);
    assert_non_null(json_parse(*state, deep + 1, sizeof deep - 2, LIMIT, &err)); /* 512 levels */
    memset(deep, '[', sizeof deep);
    deep[0] = '"';
    deep[sizeof deep - 1] = '"';
    assert_non_null(
        json_parse(*state, deep, sizeof deep, LIMIT, &err)); /* brackets in a string are none */
}

static void any_bytes_make_a_string(void **state)
{
    json_t *value = json_own(*state, json_text("a\0\xff", 3));
    assert_int_equal(json_string_length(value), 5);
    assert_string_equal(json_dump(*state, value, NULL), "\"a\\u0000\xef\xbf\xbd\"");
    assert_string_equal(json_string_value(json_own(*state, json_texts("x"))), "x");
    assert_non_null(json_own(*state, json_text("", 0)));
}

static void getters_do_not_fail(void **state)
{
    static const char text[] = "{\"s\": \"x\", \"i\": 5, \"b\": true, \"n\": null}";
    struct error err = {0};
    json_t *object = json_parse(*state, text, sizeof text - 1, LIMIT, &err);
    assert_string_equal(json_get_string(object, "s", "d"), "x");
    assert_string_equal(json_get_string(object, "i", "d"), "d");
    assert_string_equal(json_get_string(NULL, "i", "d"), "d");
    assert_int_equal(json_get_int(object, "i", 7), 5);
    assert_int_equal(json_get_int(object, "s", 7), 7);
    assert_true(json_get_bool(object, "b", false));
    assert_true(json_get_bool(object, "n", true));
    size_t size;
    assert_string_equal(json_dump(*state, object, &size),
                        "{\"s\":\"x\",\"i\":5,\"b\":true,\"n\":null}");
    assert_int_equal(size, 33);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_json_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(what_logs_really_hold_is_forgiven, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_json_says_where, setup, teardown),
        cmocka_unit_test_setup_teardown(limits_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(any_bytes_make_a_string, setup, teardown),
        cmocka_unit_test_setup_teardown(getters_do_not_fail, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
