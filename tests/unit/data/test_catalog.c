/* The names that completion answers from: sorted, found without regard to case, shared. */
#include "data/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define NAMES_MOST 200000

static const struct catalog *made(void)
{
    static const struct name names[] = {
        {.kind = NAME_TABLE, .text = "vpc_flow"},
        {.kind = NAME_COLUMN, .text = "Time", .parent = "cloudtrail", .type = "TIMESTAMP"},
        {.kind = NAME_TABLE, .text = "CloudTrail", .comment = "calls", .example = "SELECT 1"},
        {.kind = NAME_COLUMN, .text = "time_dt", .parent = "cloudtrail"},
        {.kind = NAME_COLUMN, .text = "region", .parent = "cloudtrail"},
        {.kind = NAME_KEY, .text = "AKIAIOSFODNN7EXAMPLE"},
    };
    struct catalog *catalog = catalog_new();
    for (size_t i = 0; i < COUNT(names); i++)
        catalog_add(catalog, &names[i]);
    return catalog_share(catalog);
}

static void names_are_sorted_by_kind_and_text(void **state)
{
    (void)state;
    static const char *const order[] = {"CloudTrail", "vpc_flow", "region",
                                        "Time",       "time_dt",  "AKIAIOSFODNN7EXAMPLE"};
    const struct catalog *catalog = made();
    assert_int_equal(catalog_count(catalog), COUNT(order));
    for (size_t i = 0; i < COUNT(order); i++)
        assert_string_equal(catalog_at(catalog, i)->text, order[i]);
    catalog_release(catalog);
}

static void a_prefix_finds_its_names_whatever_their_case(void **state)
{
    (void)state;
    const struct catalog *catalog = made();
    size_t count = 0;
    size_t first = catalog_prefix(catalog, NAME_COLUMN, "TIM", 3, &count);
    assert_int_equal(count, 2);
    assert_string_equal(catalog_at(catalog, first)->text, "Time");
    assert_string_equal(catalog_at(catalog, first + 1)->text, "time_dt");
    (void)catalog_prefix(catalog, NAME_COLUMN, "", 0, &count);
    assert_int_equal(count, 3); /* all of the kind, none of another */
    (void)catalog_prefix(catalog, NAME_USER, "", 0, &count);
    assert_int_equal(count, 0);
    (void)catalog_prefix(catalog, NAME_TABLE, "w", 1, &count);
    assert_int_equal(count, 0);
    catalog_release(catalog);
}

static void a_name_is_found_with_what_is_said_of_it(void **state)
{
    (void)state;
    const struct catalog *catalog = made();
    const struct name *name = catalog_find(catalog, NAME_TABLE, "cloudtrail");
    assert_non_null(name);
    assert_string_equal(name->comment, "calls");
    assert_string_equal(name->example, "SELECT 1");
    assert_null(name->type);
    assert_string_equal(catalog_find(catalog, NAME_COLUMN, "time")->parent, "cloudtrail");
    assert_null(catalog_find(catalog, NAME_TABLE, "cloudtrai"));
    assert_null(catalog_find(catalog, NAME_COLUMN, "cloudtrail"));
    catalog_release(catalog);
    catalog_release(NULL);
}

static void it_lives_until_its_last_reference(void **state)
{
    (void)state;
    const struct catalog *catalog = made();
    const struct catalog *other = catalog_hold(catalog);
    catalog_release(catalog);
    assert_string_equal(catalog_at(other, 0)->text, "CloudTrail");
    catalog_release(other);
}

static void names_beyond_the_limit_are_left_out(void **state)
{
    (void)state;
    struct catalog *catalog = catalog_new();
    for (int i = 0; i < NAMES_MOST + 10; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "n%06d", i);
        struct name name = {.kind = NAME_USER, .text = text};
        catalog_add(catalog, &name);
    }
    const struct catalog *sealed = catalog_share(catalog);
    assert_int_equal(catalog_count(sealed), NAMES_MOST);
    assert_non_null(catalog_find(sealed, NAME_USER, "n000000"));
    catalog_release(sealed);
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int kind = 0; kind < NAME_KINDS; kind++)
        assert_true(strlen(name_kind_name((enum name_kind)kind)) > 0);
    assert_string_equal(name_kind_name(NAME_KEY), "access key");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_sorted_by_kind_and_text),
        cmocka_unit_test(a_prefix_finds_its_names_whatever_their_case),
        cmocka_unit_test(a_name_is_found_with_what_is_said_of_it),
        cmocka_unit_test(it_lives_until_its_last_reference),
        cmocka_unit_test(names_beyond_the_limit_are_left_out),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
