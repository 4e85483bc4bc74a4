#include "base/cancel.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static bool readable(struct cancel *cancel)
{
    struct pollfd wait = {.fd = cancel_fd(cancel), .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static void count_up(void *state)
{
    int *count = state;
    ++*count;
}

static void a_raise_hits_only_the_running_generation(void **state)
{
    (void)state;
    struct cancel *cancel = cancel_new();
    assert_true(cancel_idle(cancel));
    assert_false(cancel_raise(cancel)); /* nothing runs */
    assert_int_equal(cancel_begin(cancel), 1);
    assert_false(cancel_raised(cancel));
    assert_int_equal(cancel_raised_ms(cancel), -1);
    assert_false(readable(cancel));
    assert_true(cancel_raise(cancel));
    assert_true(cancel_raised(cancel));
    assert_true(readable(cancel));
    assert_in_range(cancel_raised_ms(cancel), 0, 60000);
    assert_false(cancel_idle(cancel));
    cancel_end(cancel);
    assert_true(cancel_idle(cancel));
    assert_false(cancel_raise(cancel)); /* too late: must not stop the next cell */
    assert_int_equal(cancel_begin(cancel), 2);
    assert_false(cancel_raised(cancel));
    assert_false(readable(cancel));
    assert_true(cancel_raise(cancel));
    assert_int_equal(cancel_begin(cancel), 3); /* also where nobody called cancel_end */
    assert_false(cancel_raised(cancel));
    assert_false(readable(cancel));
    cancel_end(cancel);
    cancel_free(cancel);
}

static void each_raise_wakes_until_nobody_listens(void **state)
{
    (void)state;
    struct cancel *cancel = cancel_new();
    int count = 0;
    (void)cancel_begin(cancel);
    cancel_on_raise(cancel, count_up, &count);
    assert_int_equal(count, 0);
    (void)cancel_raise(cancel);
    (void)cancel_raise(cancel);
    assert_int_equal(count, 2);
    cancel_on_raise(cancel, NULL, NULL);
    (void)cancel_raise(cancel);
    assert_int_equal(count, 2);
    cancel_on_raise(cancel, count_up, &count); /* raised already: at once */
    assert_int_equal(count, 3);
    cancel_end(cancel);
    cancel_free(cancel);
}

static void *raise_it(void *state)
{
    while (!cancel_raise(state))
        continue;
    return NULL;
}

static void another_thread_wakes_a_poll(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct cancel *cancel = cancel_new();
        pthread_t thread;
        (void)cancel_begin(cancel);
        assert_int_equal(pthread_create(&thread, NULL, raise_it, cancel), 0);
        struct pollfd wait = {.fd = cancel_fd(cancel), .events = POLLIN};
        assert_int_equal(poll(&wait, 1, 10000), 1);
        assert_true(cancel_raised(cancel));
        assert_int_equal(pthread_join(thread, NULL), 0);
        cancel_end(cancel);
        cancel_free(cancel);
    }
    cancel_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_raise_hits_only_the_running_generation),
        cmocka_unit_test(each_raise_wakes_until_nobody_listens),
        cmocka_unit_test(another_thread_wakes_a_poll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
