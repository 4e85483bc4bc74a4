/* The hostile corpus through every renderer: tables, prose, charts, files. */
#include "base/text.h"
#include "data/chart.h"
#include "data/prose.h"
#include "data/render.h"
#include "tests/unit/corpus.h"
#include "tests/unit/text_properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *text_of(struct bundle bundle, const char *mime)
{
    const char *text = json_string_value(json_object_get(bundle.data, mime));
    return text ? text : "";
}

/* Every '<' of our HTML begins one of the elements that renderers write. */
static void check_html(const char *html)
{
    static const char *const tags[] = {
        "<div",        "</div>",  "<table", "</table>",  "<thead>", "</thead>",  "<tbody>",
        "</tbody>",    "<tr>",    "</tr>",  "<th style", "</th>",   "<td style", "</td>",
        "<span style", "</span>", "<p>",    "</p>",      "<code>",  "</code>",   "<strong>",
        "</strong>",   "<pre>",   "</pre>", "<h3>",      "</h3>"};
    for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
        bool ours = false;
        for (size_t i = 0; i < sizeof tags / sizeof tags[0] && !ours; i++)
            ours = strncmp(at, tags[i], strlen(tags[i])) == 0;
        if (!ours)
            fail_msg("an element that is not ours: %.80s", at);
    }
}

static void check_visible(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < 0x20 && *c != '\n' && *c != '\t')
            fail_msg("control character %d in %.80s", *c, text);
    assert_true(text_is_valid(text, strlen(text)));
}

static void check_bundle(struct bundle bundle)
{
    check_html(text_of(bundle, "text/html"));
    static const char *const mimes[] = {"text/html", "text/plain", "text/markdown", "text/latex"};
    for (size_t i = 0; i < sizeof mimes / sizeof mimes[0]; i++)
        check_visible(text_of(bundle, mimes[i]));
    const char *plain = text_of(bundle, "text/plain");
    assert_false(text_has_link(plain, strlen(plain)));
}

static void test_tables(void **state)
{
    struct corpus *corpus = *state;
    struct column columns[] = {{.name = "when", .type = TYPE_INT64},
                               {.name = "what", .type = TYPE_TEXT},
                               {.name = "json", .type = TYPE_JSON}};
    for (size_t i = 0; i < corpus->count; i++) {
        struct arena *arena = arena_new();
        columns[1].name = corpus->strings[i].size < 200 ? corpus->strings[i].bytes : "long";
        struct table *table = table_new(arena, columns, 3);
        table_add_row(table);
        table_put_int(table, 0, (int64_t)i);
        table_put_text(table, 1, corpus->strings[i].bytes, corpus->strings[i].size);
        table_put_text(table, 2, corpus->strings[i].bytes, corpus->strings[i].size);
        struct caption caption = {.title = columns[1].name,
                                  .source = columns[1].name,
                                  .warning = columns[1].name,
                                  .total_rows = 1};
        check_bundle(render_table(arena, table, &caption));
        struct cell cell = table_cell(table, 0, 1);
        check_bundle(render_value(arena, &cell, columns[1].name));
        arena_free(arena);
    }
}

static void test_prose(void **state)
{
    struct corpus *corpus = *state;
    for (size_t i = 0; i < corpus->count; i++) {
        struct arena *arena = arena_new();
        struct prose *prose = prose_new(arena);
        prose_heading(prose, 3, corpus->strings[i].bytes);
        prose_paragraph(prose, "a %s b %c c %b", corpus->strings[i].bytes, corpus->strings[i].bytes,
                        corpus->strings[i].bytes);
        prose_bullet(prose, 1, "%d at %t: %s", (int64_t)42, INT64_C(1772409600000000),
                     corpus->strings[i].bytes);
        prose_code(prose, corpus->strings[i].bytes, corpus->strings[i].size);
        check_bundle(prose_bundle(prose));
        arena_free(arena);
    }
}

/* Log text stands in a drawing as data only. */
static void check_spec(const json_t *spec)
{
    static const char *const forbidden[] = {"expr", "signal", "transform", "url", "href", "params"};
    const char *key;
    json_t *value;
    if (json_is_array(spec))
        for (size_t i = 0; i < json_array_size(spec); i++)
            check_spec(json_array_get(spec, i));
    json_t *object = (json_t *)(uintptr_t)spec;
    json_object_foreach(object, key, value)
    {
        for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
            assert_string_not_equal(key, forbidden[i]);
        check_spec(value);
    }
}

static void test_charts(void **state)
{
    struct corpus *corpus = *state;
    struct column columns[] = {{.name = "time", .type = TYPE_TIME},
                               {.name = "lane", .type = TYPE_TEXT},
                               {.name = "n", .type = TYPE_INT64}};
    struct arena *arena = arena_new();
    struct table *table = table_new(arena, columns, 3);
    for (size_t i = 0; i < corpus->count && i < 150; i++) {
        table_add_row(table);
        table_put_int(table, 0, INT64_C(1772409600000000) + (int64_t)i * 1000000);
        table_put_text(table, 1, corpus->strings[i].bytes, corpus->strings[i].size);
        table_put_int(table, 2, (int64_t)i);
    }
    struct chart charts[] = {
        {.kind = CHART_TIMELINE,
         .x = "time",
         .y = "lane",
         .color = "lane",
         .label = "lane",
         .title = "<b>t</b>"},
        {.kind = CHART_BAR, .x = "lane", .y = "n", .color = "lane"},
        {.kind = CHART_LINE, .x = "time", .y = "n", .label = "lane"},
        {.kind = CHART_POINT, .x = "n", .y = "n", .color = "lane"},
    };
    for (size_t i = 0; i < sizeof charts / sizeof charts[0]; i++) {
        struct error err = {0};
        char *svg;
        size_t size;
        struct bundle bundle;
        assert_true(chart_svg(arena, table, &charts[i], &svg, &size, &err));
        assert_null(strstr(svg, "<script"));
        assert_null(strstr(svg, "<image"));
        assert_null(strstr(svg, "<a "));
        check_visible(svg);
        assert_true(chart_bundle(arena, table, &charts[i], &bundle, &err));
        check_spec(json_object_get(bundle.data, "application/vnd.vegalite.v5+json"));
        assert_null(json_object_get(bundle.data, "text/html"));
        assert_null(json_object_get(bundle.data, "image/svg+xml"));
        check_visible(text_of(bundle, "text/plain"));
    }
    struct error err = {0};
    struct chart wrong = {.kind = CHART_BAR, .x = "lanes"};
    struct bundle bundle;
    assert_false(chart_bundle(arena, table, &wrong, &bundle, &err));
    assert_non_null(strstr(err.hint, "lane"));
    arena_free(arena);
}

/* A file of JSON lines gives each value back; CSV has no formula. */
static void test_files(void **state)
{
    struct corpus *corpus = *state;
    struct column columns[] = {{.name = "text", .type = TYPE_TEXT}};
    for (size_t i = 0; i < corpus->count; i++) {
        const struct corpus_string *string = &corpus->strings[i];
        struct arena *arena = arena_new();
        struct table *table = table_new(arena, columns, 1);
        table_add_row(table);
        table_put_text(table, 0, string->bytes, string->size);
        struct buf lines, csv;
        buf_init(&lines, (size_t)1024 * 1024);
        buf_init(&csv, (size_t)1024 * 1024);
        render_json_lines(&lines, table);
        json_t *row = json_loadb(lines.data, lines.size, JSON_ALLOW_NUL, NULL);
        assert_non_null(row);
        if (text_is_valid(string->bytes, string->size))
            assert_memory_equal(json_string_value(json_object_get(row, "text")), string->bytes,
                                string->size);
        json_decref(row);
        render_csv(&csv, table);
        const char *field = strchr(csv.data, '\n') + 1;
        assert_true(field[0] == '"' && (field[1] != '=' && field[1] != '@'));
        buf_release(&lines);
        buf_release(&csv);
        arena_free(arena);
    }
}

static int load(void **state)
{
    struct corpus *corpus = malloc(sizeof *corpus);
    *corpus = corpus_read(CORPUS_PATH);
    *state = corpus;
    return corpus->count >= 200 ? 0 : -1;
}

static int unload(void **state)
{
    corpus_free(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_prose),
        cmocka_unit_test(test_charts),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests_name("hostile", tests, load, unload);
}
