#include "base/gzip.h"
#include "base/inflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define TEXT_SIZE 300000

static char text[TEXT_SIZE], out[2 * TEXT_SIZE];

/* Digits that hardly pack, in two members with padding behind them. */
static void pack(struct buf *packed)
{
    unsigned seed = 7;
    for (size_t i = 0; i < TEXT_SIZE; i++) {
        seed = seed * 1103515245u + 12345u;
        text[i] = "0123456789abcdef"[seed >> 28];
    }
    buf_init(packed, (size_t)1 << 20);
    gzip_pack(text, TEXT_SIZE / 3, 6, packed);
    gzip_pack(text + TEXT_SIZE / 3, TEXT_SIZE - TEXT_SIZE / 3, 1, packed);
    buf_fill(packed, 0, 700);
}

static size_t read_bytes(const void *data, size_t size, size_t step, struct error *err)
{
    struct inflate *inflate = inflate_bytes(data, size, err);
    assert_non_null(inflate);
    size_t got = 0, now;
    do
        got += now = inflate_read(inflate, out + got, step, err);
    while (now == step);
    assert_int_equal(inflate_read(inflate, out, 1, err), 0); /* the end stays the end */
    inflate_free(inflate);
    return got;
}

static void every_step_gives_the_same(void **state)
{
    (void)state;
    struct buf packed;
    pack(&packed);
    static const size_t steps[] = {1, 7, 4096, TEXT_SIZE, 2 * TEXT_SIZE - 1};
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct error err = {0};
        assert_int_equal(read_bytes(packed.data, packed.size, steps[i], &err), TEXT_SIZE);
        assert_memory_equal(out + 1, text + 1, TEXT_SIZE - 1);
        assert_int_equal(err.kind, ERROR_NONE);
    }
    buf_release(&packed);
}

static void a_file_of_many_buffers(void **state)
{
    (void)state;
    char path[] = "/tmp/inflate-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "wb");
    struct buf packed;
    pack(&packed);
    for (int i = 0; i < 5; i++)
        assert_int_equal(fwrite(packed.data, 1, packed.size - 700, file), packed.size - 700);
    assert_int_equal(fclose(file), 0);
    struct error err = {0};
    struct inflate *inflate = inflate_file(path, &err);
    assert_non_null(inflate);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(inflate_read(inflate, out, TEXT_SIZE, &err), TEXT_SIZE);
        assert_memory_equal(out, text, TEXT_SIZE);
    }
    assert_int_equal(inflate_read(inflate, out, 1, &err), 0);
    assert_int_equal(err.kind, ERROR_NONE);
    inflate_free(inflate);
    buf_release(&packed);
    assert_int_equal(remove(path), 0);
    assert_null(inflate_file(path, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

/* Cut at any place: the bytes before the cut are those of the text, and the error says it. */
static void what_is_cut_is_read_and_named(void **state)
{
    (void)state;
    struct buf packed;
    pack(&packed);
    size_t last = 0;
    for (size_t size = 1; size < packed.size - 700; size += 9973) {
        struct error err = {0};
        size_t got = read_bytes(packed.data, size, 4096, &err);
        assert_true(got >= last && got < TEXT_SIZE);
        last = got;
        assert_memory_equal(out + 1, text + 1, got ? got - 1 : 0);
        assert_int_equal(err.kind, ERROR_DATA);
        assert_non_null(strstr(err.message, "is cut after"));
    }
    assert_true(last > TEXT_SIZE / 2);
    struct error err = {0};
    packed.data[packed.size - 706] ^= 1; /* a checksum */
    assert_int_equal(read_bytes(packed.data, packed.size, 4096, &err), TEXT_SIZE);
    assert_non_null(strstr(err.message, "damaged about byte"));
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_gives_the_same),
        cmocka_unit_test(a_file_of_many_buffers),
        cmocka_unit_test(what_is_cut_is_read_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
