/* Drawings: what is drawn, what is refused, and that a missing rsvg-convert costs only the PNG. */
#include "data/chart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define POINTS_MOST 5000
#define PNG_IN_BASE64 "iVBORw0KGgo" /* the signature of RFC 2083, 3.1 */

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

static struct table *made(struct arena *arena, int rows)
{
    static const struct column columns[] = {{.name = "day", .type = TYPE_TIME},
                                            {.name = "who.is", .type = TYPE_TEXT},
                                            {.name = "calls", .type = TYPE_INT64}};
    struct table *table = table_new(arena, columns, COUNT(columns));
    for (int i = 0; i < rows; i++) {
        table_add_row(table);
        table_put_int(table, 0, INT64_C(1772409600000000) + i * INT64_C(86400000000));
        table_put_string(table, 1, i % 2 ? "alice" : "<b>bob</b>");
        table_put_int(table, 2, 10 * (i + 1));
    }
    return table;
}

static const struct chart bars = {.kind = CHART_BAR, .x = "day", .y = "calls", .color = "who.is"};

static void the_values_stand_in_the_specification(void **state)
{
    struct bundle bundle;
    struct error err = {0};
    assert_true(chart_bundle(*state, made(*state, 3), &bars, &bundle, &err));
    const json_t *spec = json_object_get(bundle.data, "application/vnd.vegalite.v5+json");
    assert_non_null(spec);
    const json_t *values = json_object_get(json_object_get(spec, "data"), "values");
    assert_int_equal(json_array_size(values), 3);
    char *text = json_dumps(values, JSON_COMPACT);
    assert_non_null(strstr(text, "30"));
    assert_non_null(strstr(text, "<b>bob</b>"));
    free(text);
    assert_null(json_object_get(bundle.data, "text/html"));
    assert_null(json_object_get(bundle.data, "image/svg+xml"));
    const char *png = json_string_value(json_object_get(bundle.data, "image/png"));
    assert_non_null(png);
    assert_int_equal(strncmp(png, PNG_IN_BASE64, strlen(PNG_IN_BASE64)), 0);
    assert_non_null(json_string_value(json_object_get(bundle.data, "text/plain")));
}

static void without_the_converter_there_is_no_png_and_a_word_on_it(void **state)
{
    char *path = strdup(getenv("PATH"));
    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    struct bundle bundle;
    struct error err = {0};
    bool drawn = chart_bundle(*state, made(*state, 3), &bars, &bundle, &err);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    assert_true(drawn);
    assert_null(json_object_get(bundle.data, "image/png"));
    const char *plain = json_string_value(json_object_get(bundle.data, "text/plain"));
    assert_non_null(strstr(plain, "rsvg-convert"));
    assert_non_null(json_object_get(bundle.data, "application/vnd.vegalite.v5+json"));
}

static void a_drawing_is_a_file_of_svg_without_markup_of_values(void **state)
{
    char *svg = NULL;
    size_t size = 0;
    struct error err = {0};
    assert_true(chart_svg(*state, made(*state, 4), &bars, &svg, &size, &err));
    assert_int_equal(strlen(svg), size);
    assert_int_equal(strncmp(svg, "<svg", 4), 0);
    assert_string_equal(svg + size - strlen("</svg>\n"), "</svg>\n");
    assert_null(strstr(svg, "<b>"));
    assert_non_null(strstr(svg, "&lt;b&gt;bob"));
    static const char *const forbidden[] = {"<script", "href", "<image", "<foreignObject", " on"};
    for (size_t i = 0; i < COUNT(forbidden); i++)
        assert_null(strstr(svg, forbidden[i]));
}

static void too_many_points_are_refused_with_what_to_do(void **state)
{
    struct bundle bundle;
    struct error err = {0};
    assert_true(chart_bundle(*state, made(*state, POINTS_MOST), &bars, &bundle, &err));
    assert_false(chart_bundle(*state, made(*state, POINTS_MOST + 1), &bars, &bundle, &err));
    assert_int_equal(err.kind, ERROR_LIMIT);
    assert_true(strlen(err.hint) > 0);
}

static void a_column_that_is_not_there_is_named(void **state)
{
    struct chart chart = bars;
    chart.y = "cals";
    struct bundle bundle;
    struct error err = {0};
    assert_false(chart_bundle(*state, made(*state, 2), &chart, &bundle, &err));
    assert_non_null(strstr(err.message, "cals"));
    assert_non_null(strstr(err.hint, "calls"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_values_stand_in_the_specification, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_the_converter_there_is_no_png_and_a_word_on_it,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_drawing_is_a_file_of_svg_without_markup_of_values, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(too_many_points_are_refused_with_what_to_do, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_column_that_is_not_there_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
