#include "base/process.h"
#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

struct run {
    struct buf out;
    struct error err;
    bool ok;
};

static struct run run_with(const struct process *process, size_t limit)
{
    struct run run = {.ok = false};
    buf_init(&run.out, limit);
    run.ok = process_run(process, &run.out, &run.err);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie */
    assert_int_equal(errno, ECHILD);
    return run;
}

static struct run run_shell(const char *script, const char *input, struct cancel *cancel)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    const struct process process = {.argv = argv,
                                    .input = input,
                                    .input_size = input ? strlen(input) : 0,
                                    .limit_ms = 10000,
                                    .cancel = cancel};
    return run_with(&process, 1000000);
}

static void input_goes_in_and_output_comes_out(void **state)
{
    (void)state;
    struct run run = run_shell("tr a-z A-Z; echo noise >&2", "hello", NULL);
    assert_true(run.ok);
    assert_string_equal(run.out.data, "HELLO");
    buf_release(&run.out);
}

static void large_input_and_output_do_not_block_each_other(void **state)
{
    (void)state;
    size_t size = 900000;
    char *input = xmalloc(size + 1);
    memset(input, 'x', size);
    input[size] = '\0';
    struct run run = run_shell("cat", input, NULL);
    assert_true(run.ok);
    assert_int_equal(run.out.size, size);
    buf_release(&run.out);
    run = run_shell("exec 0<&-; echo done", input, NULL); /* reads nothing: no SIGPIPE for us */
    assert_true(run.ok);
    assert_string_equal(run.out.data, "done\n");
    buf_release(&run.out);
    free(input);
}

static void failure_tells_the_first_line_of_stderr(void **state)
{
    (void)state;
    struct run run = run_shell("echo bad font >&2; echo more >&2; exit 3", NULL, NULL);
    assert_false(run.ok);
    assert_int_equal(run.err.kind, ERROR_DATA);
    assert_string_equal(run.err.message, "sh failed (exit 3): bad font");
    buf_release(&run.out);
    run = run_shell("kill -9 $$", NULL, NULL);
    assert_string_equal(run.err.message, "sh died of signal 9");
    buf_release(&run.out);
}

static void a_missing_program_is_unavailable(void **state)
{
    (void)state;
    const char *const argv[] = {"cofferdam-no-such-program", NULL};
    const struct process process = {.argv = argv, .limit_ms = 1000};
    struct run run = run_with(&process, 10);
    assert_false(run.ok);
    assert_int_equal(run.err.kind, ERROR_UNAVAILABLE);
    assert_non_null(strstr(run.err.message, "cofferdam-no-such-program"));
    buf_release(&run.out);
}

/* The background process would hold the pipe for a minute. */
static void the_time_limit_kills_the_whole_group(void **state)
{
    (void)state;
    const char *const argv[] = {"sh", "-c", "sleep 60 & sleep 60", NULL};
    const struct process process = {.argv = argv, .limit_ms = 100};
    int64_t start = time_monotonic();
    struct run run = run_with(&process, 10);
    assert_false(run.ok);
    assert_int_equal(run.err.kind, ERROR_LIMIT);
    assert_true(time_monotonic() - start < 20000000);
    buf_release(&run.out);
}

static void closed_outputs_do_not_escape_the_limit(void **state)
{
    (void)state;
    const char *const argv[] = {"sh", "-c", "exec 1>&- 2>&-; sleep 60", NULL};
    const struct process process = {.argv = argv, .limit_ms = 100};
    struct run run = run_with(&process, 10);
    assert_int_equal(run.err.kind, ERROR_LIMIT);
    buf_release(&run.out);
}

static void the_output_limit_stops_it(void **state)
{
    (void)state;
    const char *const argv[] = {"yes", NULL};
    const struct process process = {.argv = argv, .limit_ms = 60000};
    struct run run = run_with(&process, 50000);
    assert_int_equal(run.err.kind, ERROR_LIMIT);
    assert_true(run.out.size <= 50000);
    buf_release(&run.out);
}

static void *raise_it(void *state)
{
    while (!cancel_raise(state))
        continue;
    return NULL;
}

static void a_raise_stops_it(void **state)
{
    (void)state;
    struct cancel *cancel = cancel_new();
    pthread_t thread;
    (void)cancel_begin(cancel);
    assert_int_equal(pthread_create(&thread, NULL, raise_it, cancel), 0);
    struct run run = run_shell("sleep 60", NULL, cancel);
    assert_int_equal(run.err.kind, ERROR_INTERRUPTED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    cancel_end(cancel);
    cancel_free(cancel);
    buf_release(&run.out);
}

static void children_start_with_signals_unblocked(void **state)
{
    (void)state;
    sigset_t all, old;
    (void)sigfillset(&all);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &all, &old), 0);
    struct run run = run_shell("kill -TERM $$; echo alive", NULL, NULL);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &old, NULL), 0);
    assert_string_equal(run.err.message, "sh died of signal 15");
    buf_release(&run.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_goes_in_and_output_comes_out),
        cmocka_unit_test(large_input_and_output_do_not_block_each_other),
        cmocka_unit_test(failure_tells_the_first_line_of_stderr),
        cmocka_unit_test(a_missing_program_is_unavailable),
        cmocka_unit_test(the_time_limit_kills_the_whole_group),
        cmocka_unit_test(closed_outputs_do_not_escape_the_limit),
        cmocka_unit_test(the_output_limit_stops_it),
        cmocka_unit_test(a_raise_stops_it),
        cmocka_unit_test(children_start_with_signals_unblocked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
