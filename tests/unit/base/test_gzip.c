#include "base/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

struct kit {
    struct gzip *gzip;
    struct buf packed, out;
    struct error err;
};

static struct kit kit;

static int setup(void **state)
{
    kit = (struct kit){.gzip = gzip_new()};
    buf_init(&kit.packed, (size_t)1 << 22);
    buf_init(&kit.out, (size_t)1 << 22);
    *state = &kit;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&kit.packed);
    buf_release(&kit.out);
    gzip_free(kit.gzip);
    gzip_free(NULL);
    return 0;
}

static bool expand(void)
{
    error_clear(&kit.err);
    buf_clear(&kit.out);
    return gzip_expand(kit.gzip, kit.packed.data, kit.packed.size, &kit.out, &kit.err);
}

static void every_member_is_read(void **state)
{
    (void)state;
    gzip_pack("hello ", 6, 6, &kit.packed);
    gzip_pack("", 0, 6, &kit.packed);
    gzip_pack("world", 5, 12, &kit.packed);
    assert_true(gzip_is(kit.packed.data, kit.packed.size));
    assert_true(expand());
    assert_string_equal(kit.out.data, "hello world");
    buf_fill(&kit.packed, '\0', 1000); /* padding of tapes and block devices */
    assert_true(expand());
    assert_string_equal(kit.out.data, "hello world");
}

static void equal_input_gives_equal_bytes(void **state)
{
    (void)state;
    gzip_pack("hello", 5, 6, &kit.packed);
    gzip_pack("hello", 5, 6, &kit.out);
    assert_int_equal(kit.packed.size, kit.out.size);
    assert_memory_equal(kit.packed.data, kit.out.data, kit.out.size);
    assert_memory_equal(kit.packed.data + 4, "\0\0\0\0", 4); /* no time */
}

/* The trailer of the last member tells less than the first one holds. */
static void sizes_in_trailers_are_not_trusted(void **state)
{
    (void)state;
    static char large[1000000];
    memset(large, 'a', sizeof large);
    gzip_pack(large, sizeof large, 6, &kit.packed);
    gzip_pack("b", 1, 6, &kit.packed);
    assert_true(expand());
    assert_int_equal(kit.out.size, sizeof large + 1);
}

/* A promise of 4 GiB takes no 4 GiB and is found to be wrong. */
static void large_promises_take_no_memory(void **state)
{
    (void)state;
    gzip_pack("hello", 5, 6, &kit.packed);
    memset(kit.packed.data + kit.packed.size - 4, 0xff, 4);
    assert_false(expand());
    assert_int_equal(kit.err.kind, ERROR_DATA);
    assert_true(kit.out.capacity < (size_t)1 << 20);
}

static void the_limit_stops_bombs(void **state)
{
    (void)state;
    static char large[1000000];
    gzip_pack(large, sizeof large, 12, &kit.packed);
    assert_true(kit.packed.size < 5000);
    buf_release(&kit.out);
    buf_init(&kit.out, sizeof large);
    assert_true(expand()); /* exactly at the limit */
    assert_int_equal(kit.out.size, sizeof large);
    buf_release(&kit.out);
    buf_init(&kit.out, sizeof large - 1);
    assert_false(expand());
    assert_int_equal(kit.err.kind, ERROR_LIMIT);
    assert_true(kit.out.capacity <= sizeof large);
}

static void cut_and_broken_files_keep_whole_members(void **state)
{
    (void)state;
    gzip_pack("first", 5, 6, &kit.packed);
    size_t first = kit.packed.size;
    gzip_pack("second", 6, 6, &kit.packed);
    size_t whole = kit.packed.size;
    for (size_t size = first + 1; size < whole; size++) {
        kit.packed.size = size;
        assert_false(expand());
        assert_int_equal(kit.err.kind, ERROR_DATA);
        assert_string_equal(kit.out.data, "first");
    }
    for (size_t size = 0; size < first; size++) {
        kit.packed.size = size;
        assert_false(expand());
        assert_int_equal(kit.out.size, 0);
    }
    kit.packed.size = whole;
    kit.packed.data[first + 12] ^= 0x40;
    assert_false(expand());
    assert_string_equal(kit.out.data, "first");
}

static void what_is_no_gzip_is_refused(void **state)
{
    (void)state;
    buf_adds(&kit.packed, "{\"Records\":[]}");
    assert_false(gzip_is(kit.packed.data, kit.packed.size));
    assert_false(expand());
    assert_int_equal(kit.err.kind, ERROR_DATA);
    assert_false(gzip_is("\x1f", 1));
    buf_clear(&kit.packed);
    gzip_pack("a", 1, 6, &kit.packed);
    buf_adds(&kit.packed, "garbage");
    assert_false(expand());
    assert_string_equal(kit.out.data, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_member_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(equal_input_gives_equal_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_in_trailers_are_not_trusted, setup, teardown),
        cmocka_unit_test_setup_teardown(large_promises_take_no_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(the_limit_stops_bombs, setup, teardown),
        cmocka_unit_test_setup_teardown(cut_and_broken_files_keep_whole_members, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_gzip_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
