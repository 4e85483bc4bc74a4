/* Tables as they are shown: each folder of tests/golden holds a table (table.json) and what every
 * format makes of it. GOLDEN_ACCEPT=1 writes the expected files anew; the diff is then read. */
#include "base/file.h"
#include "base/json.h"
#include "data/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/golden"
#define FILE_LIMIT ((size_t)8 * 1024 * 1024)

static const struct {
    const char *mime, *file;
} formats[] = {{"text/plain", "expected.txt"},
               {"text/markdown", "expected.md"},
               {"text/html", "expected.html"},
               {"text/latex", "expected.tex"}};

static enum type type_of(const char *name)
{
    static const char *const names[TYPE_COUNT] = {"bool", "int64", "double",
                                                  "time", "text",  "json"};
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum type)i;
    fail_msg("no type %s", name);
    return TYPE_TEXT;
}

static void put(struct table *table, size_t column, const json_t *value)
{
    if (json_is_null(value))
        return;
    switch (table->columns[column].type) {
    case TYPE_BOOL:
        table_put_bool(table, column, json_is_true(value));
        break;
    case TYPE_INT64:
    case TYPE_TIME:
        table_put_int(table, column, json_integer_value(value));
        break;
    case TYPE_DOUBLE:
        table_put_double(table, column, json_number_value(value));
        break;
    default: {
        /* {"repeat": "x", "times": 3000}: a long value */
        const char *piece = json_get_string(value, "repeat", NULL);
        if (!piece) {
            table_put_text(table, column, json_string_value(value), json_string_length(value));
            break;
        }
        struct buf text;
        buf_init(&text, FILE_LIMIT);
        for (int64_t i = 0; i < json_get_int(value, "times", 1); i++)
            buf_adds(&text, piece);
        table_put_text(table, column, text.data, text.size);
        buf_release(&text);
    }
    }
}

static struct table *read_table(const json_t *document, struct arena *arena)
{
    const json_t *described = json_object_get(document, "columns");
    struct column columns[64] = {0};
    size_t count = json_array_size(described);
    for (size_t i = 0; i < count; i++) {
        const json_t *column = json_array_get(described, i);
        columns[i] = (struct column){.name = json_get_string(column, "name", ""),
                                     .type = type_of(json_get_string(column, "type", "text")),
                                     .numeric = json_get_bool(column, "numeric", false)};
    }
    struct table *table = table_new(arena, columns, count);
    const json_t *rows = json_object_get(document, "rows");
    int64_t times = json_get_int(document, "times", 1);
    for (int64_t time = 0; time < times; time++)
        for (size_t row = 0; row < json_array_size(rows); row++) {
            table_add_row(table);
            for (size_t i = 0; i < count; i++)
                put(table, i, json_array_get(json_array_get(rows, row), i));
        }
    return table;
}

static const char *said(const json_t *caption, const char *name)
{
    return json_get_string(caption, name, NULL);
}

static struct bundle render_case(const char *folder, struct arena *arena)
{
    struct error err = {0};
    char *text;
    size_t size;
    assert_true(
        file_read(arena, file_join(arena, folder, "table.json"), FILE_LIMIT, &text, &size, &err));
    json_t *document = json_parse(arena, text, size, FILE_LIMIT, &err);
    if (!document)
        fail_msg("%s: %s", folder, err.message);
    const struct table *table = read_table(document, arena);
    const json_t *words = json_object_get(document, "caption");
    struct caption caption = {.title = said(words, "title"),
                              .source = said(words, "source"),
                              .kept = said(words, "kept"),
                              .total_rows = json_get_int(words, "total_rows", table->rows),
                              .since = json_get_int(words, "since", 0),
                              .until = json_get_int(words, "until", 0),
                              .warning = said(words, "warning"),
                              .hint = said(words, "hint"),
                              .elapsed = json_get_int(words, "elapsed", 0),
                              .bytes_read = json_get_int(words, "bytes_read", 0)};
    return render_table(arena, table, &caption);
}

static void compare(const char *folder, const char *file, const char *shown, struct arena *arena)
{
    struct error err = {0};
    char *path = file_join(arena, folder, file), *expected = NULL;
    size_t size;
    /* the files end with a line end, as text files do */
    const char *line = shown ? arena_printf(arena, "%s\n", shown) : NULL;
    if (getenv("GOLDEN_ACCEPT")) {
        if (line)
            assert_true(file_replace(path, line, strlen(line), 0644, &err));
        else
            assert_true(file_remove_all(path, &err));
        return;
    }
    if (!shown) {
        assert_false(file_exists(path));
        return;
    }
    if (!file_read(arena, path, FILE_LIMIT, &expected, &size, &err))
        fail_msg("%s: %s", path, err.message);
    if (strcmp(line, expected) != 0)
        fail_msg("%s differs; make golden-accept writes it anew. Shown is:\n%.2000s", path, shown);
}

static void test_golden(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    size_t count;
    char **folders = file_list(arena, FOLDER, &count);
    assert_non_null(folders);
    assert_true(count >= 8);
    for (size_t i = 0; i < count; i++) {
        const char *folder = file_join(arena, FOLDER, folders[i]);
        struct bundle bundle = render_case(folder, arena);
        size_t total = 0;
        for (size_t j = 0; j < sizeof formats / sizeof formats[0]; j++) {
            const json_t *shown = json_object_get(bundle.data, formats[j].mime);
            total += json_string_length(shown);
            compare(folder, formats[j].file, json_string_value(shown), arena);
        }
        assert_true(total <= RENDER_BUNDLE_LIMIT);
    }
    arena_free(arena);
}

static void test_same_bytes_twice(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct bundle first = render_case(FOLDER "/types", arena),
                  second = render_case(FOLDER "/types", arena);
    assert_true(json_equal(first.data, second.data));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_same_bytes_twice),
    };
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
