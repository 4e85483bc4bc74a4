/* XML as JSON: shapes, what is refused, and that a reader keeps nothing between two texts. */
#include "aws/xml.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void becomes(struct xml *xml, const char *text, const char *json)
{
    struct arena *arena = arena_new();
    struct error err;
    error_clear(&err);
    json_t *value = xml_parse(xml, arena, text, strlen(text), &err);
    assert_non_null(value);
    assert_string_equal(json_dump(arena, value, NULL), json);
    arena_free(arena);
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
    };
    struct xml *xml = xml_new();
    for (size_t i = 0; i < COUNT(rows); i++)
        becomes(xml, rows[i].xml, rows[i].json);
    xml_free(xml);
}

static void refused_and_nothing_is_left_of_it(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "<",
        "<a>",
        "<a></b>",
        "<a><b>x</a>",
        "x",
        "<a/><b/>",
        "<a>&nope;</a>",
        "<a>\xff</a>",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><a>&e;</a>"};
    struct xml *xml = xml_new();
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct arena *arena = arena_new();
        struct error err;
        error_clear(&err);
        assert_null(xml_parse(xml, arena, broken[i], strlen(broken[i]), &err));
        assert_int_equal(err.kind, ERROR_DATA);
        arena_free(arena);
        becomes(xml, "<a><b>1</b></a>", "{\"a\":{\"b\":\"1\"}}");
    }
    xml_free(xml);
    xml_free(NULL);
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
    buf_release(&text);
    arena_free(arena);
    xml_free(xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(refused_and_nothing_is_left_of_it),
        cmocka_unit_test(what_is_nested_too_deep_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
