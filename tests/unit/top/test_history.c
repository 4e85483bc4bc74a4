#include "history.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

struct place {
    struct arena *arena;
    const char *folder;
};

static int set_up(void **state)
{
    static struct place place;
    struct error err = {0};
    place.arena = arena_new();
    place.folder = arena_printf(place.arena, "/tmp/history-test-%ld", (long)getpid());
    *state = &place;
    bool ok = file_make_folder(place.folder, 0700, &err);
    return ok && setenv("XDG_DATA_HOME", place.folder, 1) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    struct error err = {0};
    bool ok = file_remove_all(place->folder, &err);
    arena_free(place->arena);
    return ok ? 0 : -1;
}

static void add(struct history *history, int64_t count, const char *input, const char *output)
{
    struct history_line line = {.count = count,
                                .input = input,
                                .input_size = strlen(input),
                                .output = output,
                                .output_size = output ? strlen(output) : 0};
    history_add(history, &line);
}

/* The answer as compact JSON, with sessions as numbers. */
static void assert_answer(struct history *history, const struct place *place,
                          const struct history_query *query, const char *expected)
{
    char *text = json_dump(place->arena, history_ask(history, query, place->arena), NULL);
    assert_string_equal(text, expected);
}

static void lines_are_found_by_tail_range_and_search(void **state)
{
    struct history *history = history_new();
    add(history, 1, "SELECT 1", NULL);
    add(history, 2, "%lake open x", "opened");
    add(history, 3, "SELECT 1", "1");
    add(history, 4, "x = '*?['", NULL);
    static const struct {
        struct history_query query;
        const char *rows;
    } cases[] = {
        {{.access = HISTORY_TAIL, .n = 2}, "[[1,3,\"SELECT 1\"],[1,4,\"x = '*?['\"]]"},
        {{.access = HISTORY_TAIL, .n = 1, .output = true}, "[[1,4,[\"x = '*?['\",null]]]"},
        {{.access = HISTORY_RANGE, .start = 2, .stop = 4, .output = true},
         "[[1,2,[\"%lake open x\",\"opened\"]],[1,3,[\"SELECT 1\",\"1\"]]]"},
        {{.access = HISTORY_RANGE, .session = 1, .start = 4}, "[[1,4,\"x = '*?['\"]]"},
        {{.access = HISTORY_RANGE, .session = 7}, "[]"},
        {{.access = HISTORY_RANGE, .session = -1}, "[]"},
        {{.access = HISTORY_SEARCH, .pattern = "SELECT*"},
         "[[1,1,\"SELECT 1\"],[1,3,\"SELECT 1\"]]"},
        {{.access = HISTORY_SEARCH, .pattern = "SELECT*", .n = 1}, "[[1,3,\"SELECT 1\"]]"},
        {{.access = HISTORY_SEARCH, .pattern = "*", .unique = true, .n = 2},
         "[[1,3,\"SELECT 1\"],[1,4,\"x = '*?['\"]]"},
        {{.access = HISTORY_SEARCH, .pattern = "*[*][?][[]*"}, "[[1,4,\"x = '*?['\"]]"},
        {{.access = HISTORY_SEARCH, .pattern = "select*"}, "[]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_answer(history, *state, &cases[i].query, cases[i].rows);
    history_free(history);
}

static void sessions_of_other_kernels_are_counted_back(void **state)
{
    static const struct history_query before = {.access = HISTORY_RANGE, .session = -1},
                                      own = {.access = HISTORY_RANGE},
                                      all = {.access = HISTORY_TAIL, .n = 100};
    struct history *first = history_new(), *second = history_new(), *third = history_new();
    add(first, 1, "first", NULL);
    history_write(first);
    assert_answer(third, *state, &before, "[[1,1,\"first\"]]"); /* third has no session yet */
    add(second, 1, "second", NULL);
    history_write(second);
    add(first, 2, "first again", NULL);
    history_free(first); /* writes what is left */
    assert_answer(second, *state, &before, "[[1,1,\"first\"],[1,2,\"first again\"]]");
    assert_answer(second, *state, &own, "[[2,1,\"second\"]]");
    assert_answer(third, *state, &all, "[[1,1,\"first\"],[2,1,\"second\"],[1,2,\"first again\"]]");
    history_free(second);
    history_free(third);
}

static void the_file_is_private_and_made_by_the_first_line(void **state)
{
    const struct place *place = *state;
    struct history *history = history_new();
    const char *path = file_join(place->arena, place->folder, "cofferdam/history.sqlite");
    history_free(history);
    assert_false(file_exists(path));
    history = history_new();
    add(history, 1, "x", NULL);
    assert_int_equal(history_pending(history), 1);
    history_write(history);
    assert_int_equal(history_pending(history), 0);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(file_join(place->arena, place->folder, "cofferdam"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    history_free(history);
}

static void a_file_that_cannot_be_used_leaves_history_in_memory(void **state)
{
    const struct place *place = *state;
    static const struct history_query all = {.access = HISTORY_TAIL, .n = 10};
    struct error err = {0};
    assert_true(file_make_folder(file_join(place->arena, place->folder, "cofferdam"), 0700, &err));
    const char *path = file_join(place->arena, place->folder, "cofferdam/history.sqlite");
    assert_true(
        file_replace(path, "this is no database, but long enough to be one", 46, 0600, &err));
    struct history *history = history_new();
    add(history, 1, "kept in memory", NULL);
    assert_answer(history, place, &all, "[[1,1,\"kept in memory\"]]");
    history_free(history);
    assert_int_equal(file_size(path), 46); /* and the file is left as it was */
    assert_true(file_remove_all(path, &err));
    assert_int_equal(setenv("XDG_DATA_HOME", "/proc/nowhere", 1), 0);
    history = history_new();
    add(history, 1, "still kept", NULL);
    assert_answer(history, place, &all, "[[1,1,\"still kept\"]]");
    history_free(history);
}

static void any_bytes_and_sizes_are_borne(void **state)
{
    const struct place *place = *state;
    static const struct history_query last = {.access = HISTORY_TAIL, .n = 1, .output = true};
    struct history *history = history_new();
    struct history_line line = {
        .count = 1, .input = "a\0b\xff", .input_size = 4, .output = "\xf0\x9f", .output_size = 2};
    history_add(history, &line);
    assert_answer(history, place, &last, "[[1,1,[\"a\\u0000b\xef\xbf\xbd\",\"\xef\xbf\xbd\"]]]");
    char *large = xcalloc(HISTORY_INPUT_LIMIT + 2, 1);
    memset(large, 'x', HISTORY_INPUT_LIMIT + 1);
    add(history, 2, large, NULL); /* too long: left out */
    add(history, 3, "short", large);
    json_t *rows = history_ask(history, &last, place->arena);
    const json_t *pair = json_array_get(json_array_get(rows, 0), 2);
    assert_string_equal(json_string_value(json_array_get(pair, 0)), "short");
    assert_int_equal(json_string_length(json_array_get(pair, 1)), HISTORY_OUTPUT_LIMIT);
    free(large);
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_are_found_by_tail_range_and_search, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(sessions_of_other_kernels_are_counted_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_file_is_private_and_made_by_the_first_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_used_leaves_history_in_memory, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(any_bytes_and_sizes_are_borne, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
