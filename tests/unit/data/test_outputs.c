/* What a cell shows, in which order and as what. */
#include "base/text.h"
#include "data/outputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct seen {
    struct buf log; /* one line an output: kind and its text */
};

static void remember(void *state, const struct output *output)
{
    static const char *const names[] = {"stdout", "stderr", "display", "update",
                                        "result", "clear",  "page",    "next"};
    struct seen *seen = state;
    buf_addf(&seen->log, "%s:", names[output->kind]);
    if (output->text)
        buf_add(&seen->log, output->text, output->size);
    if (output->data)
        buf_adds(&seen->log, json_string_value(json_object_get(output->data, "text/plain")));
    if (output->kind == OUTPUT_CLEAR && output->wait)
        buf_adds(&seen->log, "wait");
    buf_addc(&seen->log, '\n');
}

static int begin(void **state)
{
    struct seen *seen = calloc(1, sizeof *seen);
    buf_init(&seen->log, 1024 * 1024);
    *state = seen;
    return 0;
}

static int end(void **state)
{
    struct seen *seen = *state;
    buf_release(&seen->log);
    free(seen);
    return 0;
}

static struct outputs *outputs_for(struct seen *seen)
{
    struct output_sink sink = {.emit = remember, .state = seen};
    return outputs_new(&sink);
}

static struct bundle words(struct arena *arena, const char *text)
{
    struct prose *prose = prose_new(arena);
    prose_paragraph(prose, "%s", text);
    struct bundle bundle = prose_bundle(prose);
    json_object_set_new(bundle.data, "text/plain", json_texts(text));
    return bundle;
}

static void test_streams_are_joined_and_come_first(void **state)
{
    struct seen *seen = *state;
    struct arena *arena = arena_new();
    struct outputs *outputs = outputs_for(seen);
    outputs_print(outputs, "a", 1);
    outputs_print(outputs, "b\n", 2);
    outputs_warn(outputs, "careful");
    outputs_display(outputs, words(arena, "shown"));
    outputs_free(outputs);
    assert_string_equal(seen->log.data, "stdout:ab\n\nstderr:careful\n\ndisplay:shown\n");
    arena_free(arena);
}

static void test_only_the_last_result_is_the_value(void **state)
{
    struct seen *seen = *state;
    struct arena *arena = arena_new();
    struct outputs *outputs = outputs_for(seen);
    outputs_result(outputs, words(arena, "first"));
    outputs_result(outputs, words(arena, "second"));
    assert_string_equal(seen->log.data, "display:first\n");
    outputs_finish(outputs);
    assert_string_equal(seen->log.data, "display:first\nresult:second\n");
    outputs_free(outputs);
    assert_string_equal(seen->log.data, "display:first\nresult:second\n");
    arena_free(arena);
}

static void test_quick_work_shows_no_progress(void **state)
{
    struct seen *seen = *state;
    struct outputs *outputs = outputs_for(seen);
    outputs_progress(outputs, "working");
    outputs_progress_end(outputs, NULL);
    outputs_free(outputs);
    assert_string_equal(seen->log.data, "");
}

static void test_a_last_line_is_left(void **state)
{
    struct seen *seen = *state;
    struct outputs *outputs = outputs_for(seen);
    outputs_progress(outputs, "working");
    outputs_progress_end(outputs, "%d rows", 3);
    outputs_free(outputs);
    assert_string_equal(seen->log.data, "display:3 rows\n");
}

/* Work made of several works ends more than once: the line is replaced all the same. */
static void test_a_result_takes_the_place_of_the_progress(void **state)
{
    struct seen *seen = *state;
    struct arena *arena = arena_new();
    struct outputs *outputs = outputs_for(seen);
    while (!seen->log.size) /* it is shown when the work takes long */
        outputs_progress(outputs, "reading");
    outputs_progress_end(outputs, NULL);
    outputs_progress_end(outputs, NULL);
    outputs_result(outputs, words(arena, "found"));
    outputs_finish(outputs);
    outputs_free(outputs);
    assert_string_equal(seen->log.data, "display:reading\nupdate:found\n");
    arena_free(arena);
}

static void test_invalid_bytes_become_valid(void **state)
{
    struct seen *seen = *state;
    struct outputs *outputs = outputs_for(seen);
    outputs_print(outputs,
                  "a\xff"
                  "b",
                  3);
    outputs_free(outputs);
    assert_true(text_is_valid(seen->log.data, seen->log.size));
    assert_non_null(strstr(seen->log.data, "a\xef\xbf\xbd"
                                           "b"));
}

static void test_clear_keeps_order(void **state)
{
    struct seen *seen = *state;
    struct outputs *outputs = outputs_for(seen);
    outputs_print(outputs, "before", 6);
    outputs_clear(outputs, true);
    outputs_print(outputs, "after", 5);
    outputs_free(outputs);
    assert_string_equal(seen->log.data, "stdout:before\nclear:wait\nstdout:after\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_streams_are_joined_and_come_first, begin, end),
        cmocka_unit_test_setup_teardown(test_only_the_last_result_is_the_value, begin, end),
        cmocka_unit_test_setup_teardown(test_quick_work_shows_no_progress, begin, end),
        cmocka_unit_test_setup_teardown(test_a_last_line_is_left, begin, end),
        cmocka_unit_test_setup_teardown(test_a_result_takes_the_place_of_the_progress, begin, end),
        cmocka_unit_test_setup_teardown(test_invalid_bytes_become_valid, begin, end),
        cmocka_unit_test_setup_teardown(test_clear_keeps_order, begin, end),
    };
    return cmocka_run_group_tests_name("outputs", tests, NULL, NULL);
}
