#include "base/base64.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void vectors_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {{"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out;
        buf_init(&out, 100);
        buf_adds(&out, "");
        base64_add(&out, rows[i].bytes, strlen(rows[i].bytes));
        assert_string_equal(out.data, rows[i].text);
        buf_clear(&out);
        assert_true(base64_read(&out, rows[i].text, strlen(rows[i].text)));
        assert_string_equal(out.size ? out.data : "", rows[i].bytes);
        buf_release(&out);
    }
}

static void any_bytes_come_back(void **state)
{
    (void)state;
    unsigned char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 167 + 13);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        struct buf text, back;
        buf_init(&text, 1000);
        buf_init(&back, 1000);
        base64_add(&text, bytes, size);
        assert_true(base64_read(&back, text.data, text.size));
        assert_int_equal(back.size, size);
        assert_true(!size || memcmp(back.data, bytes, size) == 0);
        buf_release(&text);
        buf_release(&back);
    }
}

static void what_is_none_is_refused_and_adds_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Z", "Zm9vY", "Zm9-", "Zg==Zg==", "Zm\x01v", "=Zg", "Zm9v!"};
    static const char *const loose[] = {"Zg", "Zm8", "Zm9v\r\nYmFy", " Zg = = "};
    struct buf out;
    buf_init(&out, 100);
    buf_adds(&out, "before");
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(base64_read(&out, wrong[i], strlen(wrong[i])));
        assert_string_equal(out.data, "before");
    }
    for (size_t i = 0; i < COUNT(loose); i++)
        assert_true(base64_read(&out, loose[i], strlen(loose[i])));
    assert_string_equal(out.data, "beforeffofoobarf");
    buf_release(&out);
}

static void secrets_move_whole(void **state)
{
    (void)state;
    char *text = secret_strdup("swordfish");
    text = secret_realloc(text, 100000);
    assert_string_equal(text, "swordfish");
    text = secret_realloc(text, 4);
    assert_memory_equal(text, "swor", 4);
    secret_free(text);
    secret_free(secret_realloc(NULL, 10));
    secret_free(secret_calloc(0, 5));
    secret_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_standard),
        cmocka_unit_test(any_bytes_come_back),
        cmocka_unit_test(what_is_none_is_refused_and_adds_nothing),
        cmocka_unit_test(secrets_move_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
