/* What a read has to show, and what of an earlier answer a later call names. */
#include "response/check.h"

#include "tests/unit/response/quoted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define VOLUMES "{'replies': [{'set': [{'v': 'a', 's': '1'}, {'v': 'b', 's': '2'}]}]}"

/* A check, what was read, and whether it holds. */
static const struct row {
    const char *list, *key, *id, *path, *want;
    enum match match;
    bool absent;
    const char *said;
    enum held held;
} rows[] = {
    /* one of several states */
    {NULL, NULL, NULL, "s", "['on', 'going on']", CHECK_ONE_OF, false,
     "{'replies': [{'s': 'going on'}]}", HELD_YES},
    {NULL, NULL, NULL, "s", "['on']", CHECK_ONE_OF, false, "{'replies': [{'s': 'off'}]}", HELD_NO},
    {NULL, NULL, NULL, "s", "['on']", CHECK_ONE_OF, false, "{'replies': [{}]}", HELD_NO},
    /* the values of all items: no more, no less, in any order, over pages; one twice is one */
    {"set", NULL, NULL, "v", "['b', 'a']", CHECK_ALL, false, VOLUMES, HELD_YES},
    {"set", NULL, NULL, "v", "['a']", CHECK_ALL, false, VOLUMES, HELD_NO},
    {"set", NULL, NULL, "v", "['a', 'b', 'c']", CHECK_ALL, false, VOLUMES, HELD_NO},
    {"set", NULL, NULL, "v", "['a']", CHECK_ALL, false, "{'replies': [{'set': ''}]}", HELD_NO},
    {"set", NULL, NULL, "v", "['a', 'b']", CHECK_ALL, false,
     "{'replies': [{'set': [{'v': 'a'}]}, {'set': [{'v': 'b'}, {'v': 'a'}]}]}", HELD_YES},
    /* an item that has all of it, whatever else it has */
    {"set", NULL, NULL, NULL, "{'v': 'b', 's': '2'}", CHECK_HAS, false, VOLUMES, HELD_YES},
    {"set", NULL, NULL, NULL, "{'v': 'b', 's': '1'}", CHECK_HAS, false, VOLUMES, HELD_NO},
    {NULL, NULL, NULL, NULL, "{'a': 'true'}", CHECK_HAS, false,
     "{'replies': [{'a': 'true', 'b': 1}]}", HELD_YES},
    {"set", NULL, NULL, NULL, "{'g.id': 'x'}", CHECK_HAS, false,
     "{'replies': [{'set': [{'g': {'id': 'x'}}]}]}", HELD_YES},
    /* nothing in a group that is there; a group that is not there shows nothing */
    {"set", NULL, NULL, "rules", "[]", CHECK_SAME, false, "{'replies': [{'set': [{'rules': ''}]}]}",
     HELD_YES},
    {"set", NULL, NULL, "rules", "[]", CHECK_SAME, false,
     "{'replies': [{'set': [{'rules': [{'p': '-1'}]}]}]}", HELD_NO},
    {"set", NULL, NULL, "rules", "[]", CHECK_SAME, false, "{'replies': [{'set': ''}]}", HELD_NO},
    {"set", NULL, NULL, "rules", "[]", CHECK_SAME, false,
     "{'replies': [], 'code': 'InvalidGroup.NotFound'}", HELD_NO},
    /* a body that is no reply, as a policy; a null is nothing */
    {NULL, NULL, NULL, NULL, "{'Statement': []}", CHECK_SAME, false,
     "{'replies': [{}], 'body': '{\\\"Statement\\\": [] }'}", HELD_YES},
    {NULL, NULL, NULL, NULL, "{'Statement': []}", CHECK_SAME, false,
     "{'replies': [{}], 'body': '{\\\"Statement\\\": [1]}'}", HELD_NO},
    {NULL, NULL, NULL, "n", NULL, CHECK_SAME, true, "{'replies': [{'n': null}]}", HELD_YES},
    {NULL, NULL, NULL, "n", NULL, CHECK_SAME, true, "{'replies': [{'n': 0}]}", HELD_NO},
    /* what could not be read shows nothing */
    {"set", NULL, NULL, "v", "['a']", CHECK_ALL, false, "{'replies': [], 'code': 'AccessDenied'}",
     HELD_UNKNOWN},
};

static void every_kind_of_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct arena *arena = arena_new();
        struct check check = {.op = "a:B",
                              .list = row->list,
                              .key = row->key,
                              .id = row->id,
                              .path = row->path,
                              .want = row->want ? quoted_json(arena, row->want) : NULL,
                              .match = row->match,
                              .absent = row->absent};
        enum held held = check_holds(&check, quoted_json(arena, row->said));
        if (held != row->held)
            fail_msg("row %zu: %s, %s is %d, not %d", i, row->said, row->want, held, row->held);
        arena_free(arena);
    }
}

static void a_later_call_names_an_item_of_an_answer(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct plan *plan = plan_new(arena, PLAN_CONTAIN);
    struct suspect suspect = {.number = 2};
    struct plan_item item = {.step = "shots", .list = "set", .key = "v", .id = "b", .path = "s"};
    json_t *params =
        plan_pack(arena, "{s:O, s:s}", "Id", plan_of_item(plan, &suspect, &item), "Mode", "x");
    json_t *answers =
        quoted_json(arena, "{'2.shots': {'set': [{'v': 'a', 's': '1'}, {'v': 'b', 's': "
                           "'2'}]}}");
    struct error err = {0};
    json_t *filled = json_own(arena, plan_fill(params, answers, &err));
    assert_string_equal(json_get_string(filled, "Id", ""), "2");
    assert_string_equal(json_get_string(filled, "Mode", ""), "x");
    assert_null(plan_fill(params, quoted_json(arena, "{'2.shots': {'set': ''}}"), &err));
    assert_int_equal(err.kind, ERROR_INTERNAL);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_check),
        cmocka_unit_test(a_later_call_names_an_item_of_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
