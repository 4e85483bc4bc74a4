#include "case/door.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define PATIENCE 10000000 /* microseconds */

/* A cell that wants in. */
struct cell {
    struct door *door;
    struct cancel *cancel;
    struct error err;
    bool in;
    int64_t took;
};

static void *enter(void *state)
{
    struct cell *cell = state;
    int64_t began = time_monotonic();
    cell->in = door_enter(cell->door, cell->cancel, &cell->err);
    cell->took = time_monotonic() - began;
    if (cell->in)
        door_leave(cell->door);
    return NULL;
}

static void an_interrupt_ends_the_wait_and_takes_nothing(void **state)
{
    (void)state;
    struct door door;
    door_init(&door);
    struct cell cell = {.door = &door, .cancel = cancel_new()};
    pthread_t thread;
    (void)cancel_begin(cell.cancel);
    door_wait(&door);
    assert_int_equal(pthread_create(&thread, NULL, enter, &cell), 0);
    assert_true(cancel_raise(cell.cancel));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(cell.in);
    assert_int_equal(cell.err.kind, ERROR_INTERRUPTED);
    assert_true(cell.took < PATIENCE);
    door_leave(&door);
    cell.err = (struct error){0};
    (void)enter(&cell); /* it is free: a stopped cell gets in as well, and sees the stop itself */
    assert_true(cell.in);
    assert_int_equal(cell.err.kind, ERROR_NONE);
    cancel_free(cell.cancel);
    door_destroy(&door);
}

#define ENTRIES 20000

struct counter {
    struct door door;
    int count;
};

static void *count_up(void *state)
{
    struct counter *counter = state;
    for (int i = 0; i < ENTRIES; i++) {
        door_wait(&counter->door);
        counter->count++;
        door_leave(&counter->door);
    }
    return NULL;
}

static void one_at_a_time_gets_in_and_nobody_is_forgotten(void **state)
{
    (void)state;
    struct counter counter = {.count = 0};
    door_init(&counter.door);
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, &counter), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(counter.count, ENTRIES * (int)COUNT(threads));
    door_destroy(&counter.door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interrupt_ends_the_wait_and_takes_nothing),
        cmocka_unit_test(one_at_a_time_gets_in_and_nobody_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
