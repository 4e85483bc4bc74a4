/* XML as JSON: shapes, what is refused, and that a reader keeps nothing between two texts. */
#include "aws/xml.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

/* NULL: it is refused. */
static const char *read_by(struct xml *xml, struct arena *arena, const char *text, size_t size)
{
    struct error err;
    error_clear(&err);
    json_t *value = xml_parse(xml, arena, text, size, &err);
    assert_true(value || err.kind == ERROR_DATA);
    return value ? json_dump(arena, value, NULL) : NULL;
}

static void becomes(struct xml *xml, const char *text, const char *json)
{
    struct arena *arena = arena_new();
    const char *read = read_by(xml, arena, text, strlen(text));
    assert_non_null(read);
    assert_string_equal(read, json);
    arena_free(arena);
}

static void refuses(struct xml *xml, const char *text, size_t size)
{
    struct arena *arena = arena_new();
    assert_null(read_by(xml, arena, text, size));
    arena_free(arena);
    becomes(xml, "<a><b>1</b></a>", "{\"a\":{\"b\":\"1\"}}"); /* nothing is left of it */
}

static void shapes(void **state)
{
    (void)state;
    static const struct {
        const char *xml, *json;
    } rows[] = {
        {"<a/>", "{\"a\":\"\"}"},
        {"<a> </a>", "{\"a\":\" \"}"},
        {"<?xml version='1.0'?>\n<a>x &amp; &#65;<![CDATA[<b>&]]>y<!-- c --></a>\n",
         "{\"a\":\"x & A<b>&y\"}"},
        {"<a xmlns='u'>\n <b>1</b>\n <c/>\n</a>", "{\"a\":{\"b\":\"1\",\"c\":\"\"}}"},
        {"<p:a xmlns:p='u'><p:b>1</p:b></p:a>", "{\"a\":{\"b\":\"1\"}}"},
        {"<a><b>1</b><c/><b>2</b><b>3</b></a>", "{\"a\":{\"b\":[\"1\",\"2\",\"3\"],\"c\":\"\"}}"},
        {"<a><item>1</item></a>", "{\"a\":[\"1\"]}"},
        {"<a><member>1</member><member>2</member></a>", "{\"a\":[\"1\",\"2\"]}"},
        {"<a><entry><item/></entry><entry><item/></entry></a>", "{\"a\":[[\"\"],[\"\"]]}"},
        {"<a><item>1</item><item>2</item><b>3</b><item>4</item></a>",
         "{\"a\":{\"item\":[\"1\",\"2\",\"4\"],\"b\":\"3\"}}"},
        {"<a xmlns:xsi='u'><g xsi:type='A' id='&lt;1'>lost<n>5</n></g></a>",
         "{\"a\":{\"g\":{\"@xsi:type\":\"A\",\"@id\":\"<1\",\"n\":\"5\"}}}"},
        {"\xef\xbb\xbf<a>\xc3\xa9</a>", "{\"a\":\"\xc3\xa9\"}"},
        {"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xc3\xa9</a>", "{\"a\":\"\xc3\xa9\"}"},
        {"<a>1\r\n2\r3&#13;</a>", "{\"a\":\"1\\n2\\n3\\r\"}"},
        {"<a>\r<![CDATA[\r\n1\r\r\n2]]>3<![CDATA[\r]]></a>", "{\"a\":\"\\n\\n1\\n\\n23\\n\"}"},
        {"<a x='>' y=\"'=/>\"><!-- <b '> --><?p <c \"?><d><![CDATA[<e ']]></d></a><!-- < -->\n",
         "{\"a\":{\"@x\":\">\",\"@y\":\"'=/>\",\"d\":\"<e '\"}}"},
    };
    struct xml *xml = xml_new();
    for (size_t i = 0; i < COUNT(rows); i++)
        becomes(xml, rows[i].xml, rows[i].json);
    xml_free(xml);
}

static void refused_and_nothing_is_left_of_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size; /* 0: up to its end */
    } broken[] = {{"", 0},
                  {"<", 0},
                  {"<a>", 0},
                  {"<a></b>", 0},
                  {"<a><b>x</a>", 0},
                  {"x", 0},
                  {"<a/><b/>", 0},
                  {"<a/>x", 0},
                  {"<a>&nope;</a>", 0},
                  {"<a>&#0;</a>", 0},
                  {"<a b='<'/>", 0},
                  {"<a b='1' b='2'/>", 0},
                  {"<a>]]></a>", 0},
                  {"<a><!-- </a>", 0},
                  {"<a><![CDATA[ </a>", 0},
                  {"<a><?p </a>", 0},
                  {"<a b=' </a>", 0},
                  {"<a>\0</a>", 8},
                  {"<a/>\0<b", 7},
                  {"<a>\xff</a>", 0},
                  {"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", 0},
                  {"<?xml version='1.0' encoding='UTF-7'?><a>+AGE-\xe9</a>", 0},
                  {"\xff\xfe<\0a\0/\0>\0", 10},
                  {"\xfe\xff\0<\0a\0/\0>", 10},
                  {"<\0a\0/\0>\0", 8},
                  {"\x4c\x6f\xa7\x94\x93", 0}, /* EBCDIC */
                  {"<!DOCTYPE a><a/>", 0},
                  {"\xef\xbb\xbf<!-- > --><?p > ?><!DOCTYPE a><a/>", 0},
                  {"<!doctype html><html/>", 0},
                  {"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", 0},
                  {"<!DOCTYPE a [<!ENTITY % p SYSTEM 'file:///etc/hostname'> %p;]><a/>", 0},
                  {"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><a>&e;</a>", 0}};
    struct xml *xml = xml_new();
    for (size_t i = 0; i < COUNT(broken); i++)
        refuses(xml, broken[i].text, broken[i].size ? broken[i].size : strlen(broken[i].text));
    xml_free(xml);
    xml_free(NULL);
}

/* Cut anywhere and damaged anywhere: a parser that has seen it all reads as one that saw nothing.
 */
static void a_used_reader_is_as_a_new_one(void **state)
{
    (void)state;
    static const char whole[] =
        "<?xml version='1.0' encoding='UTF-8'?>\n<a xmlns='u' x='1&amp;2'><b>caf\xc3\xa9</b><item>1"
        "</item><item><c/></item><![CDATA[<x>\r\n]]><!-- y --><?p z?></a>\n";
    static const char damage[] = "<>&'\"/=!?]- \xc3\x80\r;a";
    struct xml *used = xml_new();
    struct arena *arena = arena_new();
    size_t read = 0;
    for (size_t at = 0; at < sizeof whole; at++)
        for (size_t what = 0; what < sizeof damage; what++) {
            char *text = arena_strndup(arena, whole, sizeof whole - 1); /* with a NUL */
            text[at] = what ? damage[what - 1] : text[at];
            size_t size = what && at < sizeof whole - 1 ? sizeof whole - 1 : at;
            struct xml *fresh = xml_new();
            const char *left = read_by(used, arena, text, size);
            const char *right = read_by(fresh, arena, text, size);
            assert_int_equal(!left, !right);
            if (left)
                assert_string_equal(left, right);
            read += left != NULL;
            xml_free(fresh);
        }
    assert_in_range(read, 300, 3000);
    arena_free(arena);
    xml_free(used);
}

static void add_times(struct buf *out, size_t times, const char *text)
{
    for (size_t i = 0; i < times; i++)
        buf_adds(out, text);
}

/* An answer may have 16 MiB; libxml2's own limit for a text that is pushed would be 10 MB. */
static void a_large_answer_is_read(void **state)
{
    (void)state;
    struct xml *xml = xml_new();
    for (int i = 0; i < 2; i++) {
        struct arena *arena = arena_new();
        struct buf text;
        struct error err;
        error_clear(&err);
        buf_init(&text, SIZE_MAX);
        buf_adds(&text, "<a>");
        add_times(&text, 400000, "<item><k>abcdefghijk</k></item>");
        buf_adds(&text, "</a>");
        json_t *value = xml_parse(xml, arena, text.data, text.size, &err);
        assert_int_equal(json_array_size(json_object_get(value, "a")), 400000);
        buf_release(&text);
        arena_free(arena);
    }
    xml_free(xml);
}

/* libxml2 compares each attribute with all before it: a million would take hours. */
static void bombs_are_refused_before_they_cost(void **state)
{
    (void)state;
    struct xml *xml = xml_new();
    struct buf text;
    buf_init(&text, SIZE_MAX);
    buf_adds(&text, "<a");
    for (int i = 0; i < 1000000; i++)
        buf_addf(&text, " a%d='>'", i);
    buf_adds(&text, "/>");
    refuses(xml, text.data, text.size);
    buf_clear(&text);
    add_times(&text, 4000000, "<d>");
    refuses(xml, text.data, text.size);
    buf_clear(&text);
    buf_adds(&text, "<a");
    for (int i = 0; i < 256; i++)
        buf_addf(&text, " a%d='='", i);
    buf_adds(&text, "/>");
    struct arena *arena = arena_new();
    assert_non_null(read_by(xml, arena, text.data, text.size));
    arena_free(arena);
    buf_release(&text);
    xml_free(xml);
}

static size_t depth_of(const json_t *value)
{
    const json_t *in = json_object_get(value, "d");
    return in ? 1 + depth_of(in) : 0;
}

static void what_is_nested_too_deep_is_left_out(void **state)
{
    (void)state;
    struct xml *xml = xml_new();
    struct arena *arena = arena_new();
    struct buf text;
    struct error err;
    error_clear(&err);
    buf_init(&text, 4096);
    for (int i = 0; i < 200; i++)
        buf_adds(&text, "<d>");
    for (int i = 0; i < 200; i++)
        buf_adds(&text, "</d>");
    const json_t *value = xml_parse(xml, arena, text.data, text.size, &err);
    assert_int_equal(depth_of(value), 66);
    buf_clear(&text);
    for (int i = 0; i < 300; i++)
        buf_adds(&text, "<d>");
    for (int i = 0; i < 300; i++)
        buf_adds(&text, "</d>");
    refuses(xml, text.data, text.size);
    buf_release(&text);
    arena_free(arena);
    xml_free(xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(refused_and_nothing_is_left_of_it),
        cmocka_unit_test(a_used_reader_is_as_a_new_one),
        cmocka_unit_test(a_large_answer_is_read),
        cmocka_unit_test(bombs_are_refused_before_they_cost),
        cmocka_unit_test(what_is_nested_too_deep_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
