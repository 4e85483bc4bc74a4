#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

typedef void escaper(struct buf *out, const char *bytes, size_t size);

struct row {
    const char *in, *out;
};

static void check(escaper *escape, const struct row *rows, size_t count)
{
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&out);
        escape(&out, rows[i].in, strlen(rows[i].in));
        assert_string_equal(out.data, rows[i].out);
    }
    buf_release(&out);
}

static void valid_replaces_maximal_subparts(void **state)
{
    (void)state;
    /* the example of the Unicode Standard, table 3-8 to 3-11 */
    static const struct row rows[] = {
        {"a\xc0\xaf"
         "b",
         "a\xef\xbf\xbd\xef\xbf\xbd"
         "b"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf0\x9f\x92"
         "x",
         "\xef\xbf\xbd"
         "x"},
        {"\xe2\x82", "\xef\xbf\xbd"},
        {"\xf4\x91\x92\x93\xff\x41\x80\xbf\x42",
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
         "A\xef\xbf\xbd\xef\xbf\xbd"
         "B"},
        {"\xf0\x9f\x98\x80 \xc3\xa4 \xe2\x82\xac \xf4\x8f\xbf\xbd",
         "\xf0\x9f\x98\x80 \xc3\xa4 \xe2\x82\xac \xf4\x8f\xbf\xbd"},
    };
    check(text_valid, rows, COUNT(rows));
    assert_true(text_is_valid("\xf0\x9f\x98\x80", 4));
    assert_false(text_is_valid("aaaaaaaaaaaaaaaa\xff", 17));
    struct buf out;
    buf_init(&out, 100);
    text_valid(&out, "a\0b", 3);
    assert_int_equal(out.size, 3);
    buf_release(&out);
}

static void visible_shows_what_nobody_sees(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    static const char in[] =
        "a\0b\x1b[31m\r\n\t\x7f \xc2\x85 \xe2\x80\xae \xe2\x80\x8b \xf3\xa0\x81\x81 C:\\x \xc3\xa4";
    text_visible(&out, in, sizeof in - 1, false);
    assert_string_equal(out.data, "a\u2400b\u241b[31m\u240d\u2424\u2409\u2421 \\u0085 \\u202E "
                                  "\\u200B \\U000E0041 C:\\x \u00e4");
    buf_clear(&out);
    text_visible(&out, "a\n\tb\r", 5, true);
    assert_string_equal(out.data, "a\n\tb\u240d");
    buf_release(&out);
}

static void html_is_text_only(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<a href=\"x\" b='y'>&amp;", "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;"},
        {"arn:aws:iam::111122223333:user/x", "arn:aws:iam::111122223333:user/x"},
        {"http://a.example", "http://a.example"}, /* nobody links text in HTML */
    };
    check(text_html, rows, COUNT(rows));
    check(text_xml, rows, COUNT(rows));
}

static void markdown_has_no_meaning_left(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[x](http://a)", "&#91;x&#93;(http&#91;:&#93;//a)"},
        {"$x$ \\(y\\)",
         "<span>&#36;</span>x<span>&#36;</span> <span>&#92;</span>(y<span>&#92;</span>)"},
        {"```a|b", "\\`\\`\\`a\\|b"},
        {"- x", "\\- x"},
        {"12. x", "12\\. x"},
        {"12)", "12\\)"},
        {"12.5", "12.5"},
        {"    code", "&#32;   code"},
        {"# x", "\\# x"},
        {"a-b 1.2", "a-b 1.2"},
        {"a\nb", "a\u2424b"},
        {"\xe2\x80\xae", "<span>&#92;</span>u202E"},
    };
    check(text_markdown, rows, COUNT(rows));
}

static void latex_runs_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"\\input{x} 5% $a_b^c~ #&", "\\textbackslash{}input\\{x\\} 5\\% "
                                     "\\$a\\_b\\textasciicircum{}c\\textasciitilde{} \\#\\&"},
        {"--x [y]", "{-}{-}x {[}y{]}"},
        {"\n\x1b", "\\textbackslash{}u000A\\textbackslash{}u001B"},
    };
    check(text_latex, rows, COUNT(rows));
}

static void plain_is_never_a_link(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"see https://a.example/x", "see https[:]//a.example/x"},
        {"HTTP://A www.b.example", "HTTP[:]//A www[.]b.example"},
        {"data:text/html,x data: x", "data[:]text/html,x data: x"},
        {"javascript:alert(1)", "javascript[:]alert(1)"},
        {"s3://bucket/key 12:30:45 a.b arn:aws:x", "s3://bucket/key 12:30:45 a.b arn:aws:x"},
        {"\xe2\x80\xae://a", "\\u202E[:]//a"}, /* what is made visible can become a scheme */
        {"x1111111111111111111111111111111111111111111111111111111111111111111111111://a",
         "x1111111111111111111111111111111111111111111111111111111111111111111111111[:]//a"},
        {"\x1b]8;;http://a\x07", "\u241b]8;;http[:]//a\u2407"},
    };
    check(text_plain, rows, COUNT(rows));
    struct buf out;
    buf_init(&out, 100);
    text_plain_lines(&out, "a\n\thttp://b\r", 12);
    assert_string_equal(out.data, "a\n\thttp[:]//b\u240d");
    buf_release(&out);
}

static void csv_holds_no_formula(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"=1+1", "\"'=1+1\""},  {"@x", "\"'@x\""},
        {"\tx", "\"'\tx\""},    {"\rx", "\"'\u240dx\""},
        {" =1", "\"' =1\""},    {"-1+1", "\"'-1+1\""},
        {"-12.5", "\"-12.5\""}, {"+49 30", "\"'+49 30\""},
        {"a\"b", "\"a\"\"b\""}, {"a\nb", "\"a\nb\""},
        {"", "\"\""},           {"\uff1d1", "\"'\uff1d1\""},
        {"-", "\"'-\""},        {" -5", "\" -5\""},
    };
    check(text_csv, rows, COUNT(rows));
}

static void json_and_sql_keep_the_value(void **state)
{
    (void)state;
    static const struct row json[] = {
        {"a\"\\\n\x01\xff</x>", "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\\u003c/x>\""},
        {"\xe2\x80\xa8", "\"\\u2028\""},
    };
    static const struct row strings[] = {
        {"it's", "'it''s'"}, {"\\'\xff", "'\\''\xef\xbf\xbd'"}, {"", "''"}};
    static const struct row names[] = {{"a \"b\"", "\"a \"\"b\"\"\""}, {"a'b", "\"a'b\""}};
    check(text_json, json, COUNT(json));
    check(text_sql_string, strings, COUNT(strings));
    check(text_sql_name, names, COUNT(names));
    struct buf out;
    buf_init(&out, 100);
    text_json(&out, "a\0b", 3);
    text_sql_string(&out, "a\0b", 3);
    assert_string_equal(out.data, "\"a\\u0000b\"'a\xef\xbf\xbd"
                                  "b'");
    buf_release(&out);
}

static void positions_count_code_points(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa4\xf0\x9f\x98\x80"
                               "b";
    size_t size = sizeof text - 1;
    assert_int_equal(text_points(text, size), 4);
    assert_int_equal(text_offset(text, size, 0), 0);
    assert_int_equal(text_offset(text, size, 2), 3);
    assert_int_equal(text_offset(text, size, 3), 7);
    assert_int_equal(text_offset(text, size, 4), size);
    assert_int_equal(text_offset(text, size, 99), size);
    assert_int_equal(text_cut(text, size, 2), 1);
    assert_int_equal(text_cut(text, size, 3), 3);
    assert_int_equal(text_cut(text, size, 6), 3);
    assert_int_equal(text_cut(text, size, 99), size);
    assert_int_equal(text_width("abc", 3), 3);
    assert_int_equal(text_width("\xe4\xb8\xad\xe6\x96\x87", 6), 4);
    assert_int_equal(text_width("e\xcc\x81", 3), 1);
    assert_int_equal(text_width("\xff", 1), 1);
}

static void nearest_is_what_was_meant(void **state)
{
    (void)state;
    static const char *const names[] = {"lake", "show", "timeline", "contain", "set"};
    assert_string_equal(text_nearest("timelnie", names, COUNT(names)), "timeline");
    assert_string_equal(text_nearest("LAKE", names, COUNT(names)), "lake");
    assert_string_equal(text_nearest("lkae", names, COUNT(names)),
                        "lake"); /* swapped: one mistake, not two */
    assert_string_equal(text_nearest("shwo", names, COUNT(names)), "show");
    assert_null(text_nearest("xyz", names, COUNT(names)));
    assert_null(text_nearest("", names, COUNT(names)));
    assert_null(text_nearest("contain", names, 0));
    char longest[200];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const both[] = {longest};
    assert_null(text_nearest(longest, both, 1));
}

static void numbers_are_for_people(void **state)
{
    (void)state;
    char out[32];
    assert_string_equal(text_number(0, out), "0");
    assert_string_equal(text_number(999, out), "999");
    assert_string_equal(text_number(58231, out), "58,231");
    assert_string_equal(text_number(-1234567, out), "-1,234,567");
    assert_string_equal(text_number(INT64_MIN, out), "-9,223,372,036,854,775,808");
    assert_string_equal(text_bytes(0, out), "0 B");
    assert_string_equal(text_bytes(999, out), "999 B");
    assert_string_equal(text_bytes(1000, out), "1.0 kB");
    assert_string_equal(text_bytes(999999, out), "1.0 MB");
    assert_string_equal(text_bytes(1400000000, out), "1.4 GB");
    assert_string_equal(text_bytes(INT64_MAX, out), "9.2 EB");
}

static void a_full_buf_takes_no_half_escape(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 6);
    text_html(&out, "abc<def", 7);
    assert_true(out.full);
    assert_string_equal(out.data, "abc");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_replaces_maximal_subparts),
        cmocka_unit_test(visible_shows_what_nobody_sees),
        cmocka_unit_test(html_is_text_only),
        cmocka_unit_test(markdown_has_no_meaning_left),
        cmocka_unit_test(latex_runs_nothing),
        cmocka_unit_test(plain_is_never_a_link),
        cmocka_unit_test(csv_holds_no_formula),
        cmocka_unit_test(json_and_sql_keep_the_value),
        cmocka_unit_test(positions_count_code_points),
        cmocka_unit_test(nearest_is_what_was_meant),
        cmocka_unit_test(numbers_are_for_people),
        cmocka_unit_test(a_full_buf_takes_no_half_escape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
