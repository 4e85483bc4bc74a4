/* Rows of an answer: put one by one or in batches, read back as they were. */
#include "data/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

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

static struct table *made(struct arena *arena)
{
    static const struct column columns[] = {{.name = "n", .type = TYPE_INT64},
                                            {.name = "Text", .type = TYPE_TEXT},
                                            {.name = "real", .type = TYPE_DOUBLE},
                                            {.name = "yes", .type = TYPE_BOOL},
                                            {.name = "when", .type = TYPE_TIME}};
    return table_new(arena, columns, COUNT(columns));
}

static void values_come_back_over_many_batches(void **state)
{
    struct table *table = made(*state);
    const int64_t rows = 3 * TABLE_BATCH_ROWS + 7;
    for (int64_t i = 0; i < rows; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "row %lld", (long long)i);
        table_add_row(table);
        table_put_int(table, 0, i);
        table_put_string(table, 1, text); /* copied: the buffer is used again */
        table_put_double(table, 2, (double)i / 2);
        table_put_bool(table, 3, i % 2 == 0);
        table_put_int(table, 4, i * 1000000);
    }
    assert_int_equal(table->rows, rows);
    for (int64_t i = 0; i < rows; i += 997) {
        char text[32];
        (void)snprintf(text, sizeof text, "row %lld", (long long)i);
        assert_int_equal(table_int(table, i, "n"), i);
        assert_string_equal(table_text(table, i, "text"), text);
        assert_true(table_cell(table, i, 2).real == (double)i / 2);
        assert_int_equal(table_cell(table, i, 3).boolean, i % 2 == 0);
        assert_int_equal(table_cell(table, i, 4).type, TYPE_TIME);
        assert_int_equal(table_cell(table, i, 4).integer, i * 1000000);
    }
}

static void what_is_not_put_is_null(void **state)
{
    struct table *table = made(*state);
    table_add_row(table);
    table_put_string(table, 1, NULL);
    table_add_row(table);
    table_put_text(table, 1, "", 0);
    for (size_t column = 0; column < 5; column++)
        assert_true(table_cell(table, 0, column).null);
    assert_false(table_cell(table, 1, 1).null); /* an empty text is a text */
    assert_int_equal(table_cell(table, 1, 1).text.size, 0);
    assert_string_equal(table_text(table, 0, "text"), "");
    assert_int_equal(table_int(table, 0, "n"), 0);
}

static void bytes_are_kept_whatever_they_are(void **state)
{
    struct table *table = made(*state);
    table_add_row(table);
    table_put_text(table, 1, "a\0\xff\n", 4);
    struct cell cell = table_cell(table, 0, 1);
    assert_int_equal(cell.text.size, 4);
    assert_memory_equal(cell.text.data, "a\0\xff\n", 4);
}

static void columns_are_found_without_regard_to_case(void **state)
{
    struct table *table = made(*state);
    assert_int_equal(table_column(table, "TEXT"), 1);
    assert_int_equal(table_column(table, "n"), 0);
    assert_int_equal(table_column(table, "nn"), -1);
    assert_int_equal(table_column(table, ""), -1);
}

static void an_engine_fills_a_batch_in_place(void **state)
{
    struct table *table = made(*state);
    struct batch *batch = table_add_batch(table, 3);
    for (size_t row = 0; row < 3; row++)
        batch->columns[0].ints[row] = (int64_t)row + 5;
    batch->columns[0].null[1] = true;
    assert_int_equal(table->rows, 3);
    assert_int_equal(table_int(table, 2, "n"), 7);
    assert_true(table_cell(table, 1, 0).null);
    assert_false(table_cell(table, 0, 0).null);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_come_back_over_many_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_put_is_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bytes_are_kept_whatever_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns_are_found_without_regard_to_case, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_engine_fills_a_batch_in_place, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
