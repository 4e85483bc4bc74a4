/* The cutter of records: what it takes for JSON, what it makes of strings and values, and the
 * limits it keeps. */
#include "ingest/map.h"
#include "base/json_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct value_case {
    const char *text;
    bool ok;
    size_t passed; /* bytes up to where the cursor stands */
};

static const struct value_case values[] = {
    {"{}", true, 2},
    {"[]", true, 2},
    {" {\"a\" : [1, -2.5e+3, true, false, null, \"x\\\"y\"]} ,", true, 48},
    {"\"a\\\\\"b", true, 5},
    {"0", true, 1},
    {"007", false, 3},
    {"-", false, 1},
    {"1.", false, 2},
    {"tru", false, 3},
    {"trux", false, 0},
    {"{\"a\":}", false, 5},
    {"{\"a\" 1}", false, 5},
    {"{a:1}", false, 1},
    {"[1,]", false, 3},
    {"[1 2]", false, 3},
    {"[1}", false, 2},
    {"\"abc", false, 4},
    {"\"abc\\", false, 5},
    {"{\"a\":\"b", false, 7},
    {"", false, 0},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        struct cursor cursor = {.at = values[i].text,
                                .end = values[i].text + strlen(values[i].text)};
        struct token token;
        bool ok = cursor_value(&cursor, &token);
        if (ok != values[i].ok || (size_t)(cursor.at - values[i].text) != values[i].passed)
            fail_msg("%s: %d at %zu", values[i].text, ok, (size_t)(cursor.at - values[i].text));
    }
}

/* Quotes at every distance from the vector's border. */
static void test_strings_of_every_length(void **state)
{
    (void)state;
    char text[128];
    for (size_t size = 0; size < 100; size++) {
        memset(text, 'x', sizeof text);
        text[0] = '"';
        text[size + 1] = '"';
        struct cursor cursor = {.at = text, .end = text + size + 2};
        struct token token;
        assert_true(cursor_value(&cursor, &token));
        assert_int_equal(token.size, size);
        assert_false(token.dirty);
        if (size) {
            text[size] = '\n';
            cursor.at = text;
            assert_true(cursor_value(&cursor, &token));
            assert_true(token.dirty);
        }
    }
}

static void test_depth(void **state)
{
    (void)state;
    char text[2 * JSON_WALK_DEPTH + 4];
    for (int extra = 0; extra < 2; extra++) {
        size_t depth = JSON_WALK_DEPTH + (size_t)extra;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct cursor cursor = {.at = text, .end = text + 2 * depth};
        struct token token;
        assert_int_equal(cursor_value(&cursor, &token), extra == 0);
    }
}

struct text_case {
    const char *in, *unescaped, *compact;
};

static const struct text_case texts[] = {
    {"plain", "plain", "\"plain\""},
    {"a\\n\\t\\\"\\\\\\/", "a\n\t\"\\/", "\"a\\n\\t\\\"\\\\\\/\""},
    {"\\u00e9\\ud83d\\ude00", "\xc3\xa9\xf0\x9f\x98\x80", "\"\\u00e9\\ud83d\\ude00\""},
    {"\\u0000", "\xef\xbf\xbd", "\"\\ufffd\""},
    {"\\ud800x", "\xef\xbf\xbdx", "\"\\ufffdx\""},
    {"\\udfff\\ud800", "\xef\xbf\xbd\xef\xbf\xbd", "\"\\ufffd\\ufffd\""},
    {"\\u12", "\xef\xbf\xbd\x31\x32", "\"\\ufffd12\""},
    {"\\q", "\xef\xbf\xbd", "\"\\ufffd\""},
    {"\\\xc3\xa9", "\xef\xbf\xbd\xc3\xa9", "\"\\ufffd\xc3\xa9\""},
    {"line\nbreak", "line\nbreak", "\"line\\u000abreak\""},
};

static void test_texts(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < COUNT(texts); i++) {
        char quoted[64];
        buf_clear(&out);
        token_unescape(&out, texts[i].in, strlen(texts[i].in));
        assert_string_equal(out.data, texts[i].unescaped);
        buf_clear(&out);
        snprintf(quoted, sizeof quoted, " \"%s\" ", texts[i].in);
        token_compact(&out, quoted, strlen(quoted));
        assert_string_equal(out.data, texts[i].compact);
    }
    buf_release(&out);
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"1.2.3.4", "255.255.255.255", "211.9.016.253",
                                       "::1",     "2001:db8::1",     "::ffff:1.2.3.4"};
    static const char *const bad[] = {
        "",    "1.2.3",   "1.2.3.4.5", "256.1.1.1", "ec2.amazonaws.com", "AWS Internal",
        "a:b", "1.2.3.4 "};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(map_is_address(good[i], strlen(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(map_is_address(bad[i], strlen(bad[i])));
}

/* Many paths in one object: found by the table, not by a walk along the list. */
static void test_flatten(void **state)
{
    (void)state;
    struct slab slab = {0};
    struct mapping mapping;
    mapping_init(&mapping, &slab, 2);
    struct buf text;
    buf_init(&text, 1 << 22);
    buf_adds(&text,
             "{\"list\":[{\"x\":\"\"},{\"x\":1},{\"x\":null},{\"x\":{}},{\"x\":[true,false]}]");
    for (int i = 0; i < 20000; i++)
        buf_addf(&text, ",\"k%d\":{\"v\":%d}", i, i);
    buf_addc(&text, '}');
    struct cursor cursor = {.at = text.data, .end = text.data + text.size};
    struct token token;
    assert_true(cursor_value(&cursor, &token));
    map_begin(&mapping);
    flatten(&mapping, "r", 1, &token);
    flatten(&mapping, "r", 1, &token);
    flatten_put(&mapping, 0);
    const struct writer_value *map = &mapping.values[0];
    assert_int_equal(map->size, 20002);
    assert_int_equal(map->items[0].size, strlen("r.list[].x"));
    assert_memory_equal(map->items[0].text, "r.list[].x", 10);
    assert_int_equal(map->items[1].size, strlen(",1,,1"));
    assert_memory_equal(map->items[1].text, ",1,,1", 5);
    assert_memory_equal(map->items[2].text, "r.list[].x[]", 12);
    assert_memory_equal(map->items[3].text, "true,false,true,false", 21);
    buf_release(&text);
    mapping_release(&mapping);
    slab_release(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),    cmocka_unit_test(test_strings_of_every_length),
        cmocka_unit_test(test_depth),     cmocka_unit_test(test_texts),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_flatten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
