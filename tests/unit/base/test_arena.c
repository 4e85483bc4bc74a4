#include "base/arena.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    unsigned char *pieces[400];
    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t size = i * 37 % 9000;
        pieces[i] = arena_alloc(arena, size + 1);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j <= size; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i & 0xff), size + 1);
    }
    for (size_t i = 0; i < COUNT(pieces); i++)
        for (size_t j = 0; j <= i * 37 % 9000; j++)
            assert_int_equal(pieces[i][j], i & 0xff);
    arena_free(arena);
    arena_free(NULL);
}

struct order {
    int digits;
};

static void note_one(void *state)
{
    struct order *order = state;
    order->digits = order->digits * 10 + 1;
}

static void note_two(void *state)
{
    struct order *order = state;
    order->digits = order->digits * 10 + 2;
}

static void handles_are_released_last_first(void **state)
{
    (void)state;
    struct order order = {0};
    struct arena *arena = arena_new();
    arena_defer(arena, note_one, &order);
    arena_defer(arena, note_two, &order);
    arena_reset(arena);
    assert_int_equal(order.digits, 21);
    arena_defer(arena, note_one, &order);
    arena_free(arena);
    assert_int_equal(order.digits, 211);
}

static void texts_are_copied(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(arena_printf(arena, "%d-%s", 5, "x"), "5-x");
    assert_string_equal(arena_strndup(arena, "abc", 2), "ab");
    assert_string_equal(arena_strdup(arena, ""), "");
    arena_free(arena);
}

static void a_buf_keeps_its_limit(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5);
    buf_adds(&buf, "abc");
    buf_adds(&buf, "def"); /* left out whole */
    assert_true(buf.full);
    buf_addc(&buf, 'd'); /* and nothing after it either */
    assert_string_equal(buf.data, "abc");
    assert_null(buf_room(&buf, 1));
    buf_clear(&buf);
    assert_false(buf.full);
    buf_addf(&buf, "%s", "12345");
    assert_false(buf.full);
    buf_add(&buf, "", 0);
    assert_false(buf.full);
    buf_fill(&buf, 'x', 1);
    assert_true(buf.full);
    buf_release(&buf);
}

static void a_buf_holds_any_byte_and_gives_it_away(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000000);
    for (int i = 0; i < 100000; i++)
        buf_addc(&buf, (char)i);
    assert_int_equal(buf.size, 100000);
    assert_int_equal(buf.data[buf.size], '\0');
    struct arena *arena = arena_new();
    assert_memory_equal(buf_to_arena(&buf, arena), buf.data, buf.size);
    arena_free(arena);
    char *data = buf_take(&buf);
    assert_int_equal((unsigned char)data[99999], 99999 & 0xff);
    free(data);
    assert_int_equal(buf.size, 0);
    buf_adds(&buf, "again");
    assert_string_equal(buf.data, "again");
    buf_release(&buf);
}

static void wiped_memory_is_zero(void **state)
{
    (void)state;
    char secret[] = "secret";
    wipe(secret, sizeof secret);
    assert_memory_equal(secret, "\0\0\0\0\0\0", sizeof secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(handles_are_released_last_first),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(a_buf_keeps_its_limit),
        cmocka_unit_test(a_buf_holds_any_byte_and_gives_it_away),
        cmocka_unit_test(wiped_memory_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
