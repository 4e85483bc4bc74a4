#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void first_error_wins(void **state)
{
    (void)state;
    struct error err = {0};
    assert_false(error_set(&err, ERROR_SQL, "no table \"%s\"", "x"));
    assert_false(error_set(&err, ERROR_IO, "clean-up failed"));
    assert_int_equal(err.kind, ERROR_SQL);
    assert_string_equal(err.message, "no table \"x\"");
    assert_false(error_hint(&err, "Run %%lake tables."));
    assert_false(error_hint(&err, "Another."));
    assert_false(error_detail(&err, "^"));
    assert_string_equal(err.hint, "Run %lake tables.");
    assert_string_equal(err.detail, "^");
}

static void clear_makes_it_usable_again(void **state)
{
    (void)state;
    struct error err = {0};
    (void)error_set(&err, ERROR_SQL, "a");
    err.line = 3;
    error_clear(&err);
    assert_int_equal(err.kind, ERROR_NONE);
    (void)error_set(&err, ERROR_IO, "b");
    assert_string_equal(err.message, "b");
    assert_int_equal(err.line, 0);
}

static void wrap_adds_context_in_front(void **state)
{
    (void)state;
    struct error err = {0};
    (void)error_set(&err, ERROR_DATA, "cut");
    assert_false(error_wrap(&err, "file %d", 7));
    assert_string_equal(err.message, "file 7: cut");
    assert_int_equal(err.kind, ERROR_DATA);
}

static void long_and_broken_messages_are_cut_at_a_character(void **state)
{
    (void)state;
    char text[3000];
    for (size_t offset = 0; offset < 3; offset++) {
        struct error err = {0};
        memset(text, 'a', offset);
        for (size_t i = offset; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xe2\x82\xac", 4);
        (void)error_set(&err, ERROR_DATA, "%s", text);
        size_t size = strlen(err.message);
        assert_true(size >= sizeof err.message - 4 && size < sizeof err.message);
        assert_true(text_is_valid(err.message, size));
    }
    struct error err = {0};
    (void)error_set(&err, ERROR_DATA, "bytes \xff\xc3");
    assert_string_equal(err.message, "bytes \xef\xbf\xbd\xef\xbf\xbd");
}

static void a_message_is_never_empty(void **state)
{
    (void)state;
    struct error err = {0};
    (void)error_set(&err, ERROR_INTERNAL, "%s", "");
    assert_true(strlen(err.message) > 0);
}

static void errno_gives_kind_reason_and_hint(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum error_kind kind;
        const char *message, *hint;
    } rows[] = {
        {ENOSPC, ERROR_IO, "write \"x\": no space left on device", "disk is full"},
        {EROFS, ERROR_IO, "write \"x\": read-only file system", "read-only"},
        {EACCES, ERROR_IO, "write \"x\": permission denied", "permissions"},
        {ENOENT, ERROR_NOT_FOUND, "write \"x\": no such file or directory", "path"},
        {EIO, ERROR_IO, "write \"x\": input/output error", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_false(error_errno(&err, rows[i].number, "write \"%s\"", "x"));
        assert_int_equal(err.kind, rows[i].kind);
        assert_string_equal(err.message, rows[i].message);
        assert_non_null(strstr(err.hint, rows[i].hint));
    }
    struct error err = {0};
    (void)error_set(&err, ERROR_SQL, "first");
    (void)error_errno(&err, ENOSPC, "second");
    assert_string_equal(err.message, "first");
    assert_string_equal(err.hint, "");
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (int kind = 0; kind < ERROR_KINDS; kind++)
        assert_true(strlen(error_kind_name((enum error_kind)kind)) > 3);
    assert_string_equal(error_kind_name(ERROR_SQL), "SqlError");
    assert_string_equal(error_kind_name(ERROR_USAGE), "UsageError");
    assert_string_equal(error_kind_name((enum error_kind)99), "InternalError");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_error_wins),
        cmocka_unit_test(clear_makes_it_usable_again),
        cmocka_unit_test(wrap_adds_context_in_front),
        cmocka_unit_test(long_and_broken_messages_are_cut_at_a_character),
        cmocka_unit_test(a_message_is_never_empty),
        cmocka_unit_test(errno_gives_kind_reason_and_hint),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
