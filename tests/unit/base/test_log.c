#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void write_lines(void)
{
    log_line(LOG_LEVEL_WARN, "wire", "bad signature from %s", "a\nb\x1b[31m");
    log_line(LOG_LEVEL_INFO, "wire", "quiet");
    log_set_level(LOG_LEVEL_INFO);
    log_line(LOG_LEVEL_INFO, "wire", "told");
    log_set_level(LOG_LEVEL_WARN);
    struct error err = {0};
    (void)error_set(&err, ERROR_IO, "disk full");
    (void)error_hint(&err, "Free space.");
    log_error("worker", &err);
}

/* What the function writes to stderr. */
static char *captured(struct arena *arena)
{
    char path[] = "/tmp/cofferdam-log-XXXXXX";
    int file = mkstemp(path), old = dup(STDERR_FILENO);
    assert_true(file >= 0 && old >= 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    write_lines();
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    struct error err = {0};
    char *text;
    size_t size;
    assert_true(file_read(arena, path, 10000, &text, &size, &err));
    (void)close(file);
    (void)close(old);
    (void)unlink(path);
    return text;
}

static void lines_have_time_level_and_place(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char *text = captured(arena);
    assert_true(strlen(text) > 21 && text[10] == 'T' && text[19] == 'Z');
    assert_non_null(strstr(
        text,
        "Z warn wire: bad signature from a\u2424b\u241b[31m\n")); /* one line, no escape sequence */
    assert_null(strstr(text, "quiet"));
    assert_non_null(strstr(text, "info wire: told\n"));
    assert_non_null(strstr(text, "error worker: IoError: disk full - Free space.\n"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines_have_time_level_and_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
