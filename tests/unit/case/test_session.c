/* What outlives a cell and a kernel: settings, lakes, the engine opened anew, names for completion.
 */
#include "tests/unit/case/stage.h"

#include "base/file.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static bool set(struct stage *stage, const char *name, const char *value, struct error *err)
{
    for (size_t i = 0; i < settings_count; i++)
        if (strcmp(settings_table[i].name, name) == 0)
            return settings_table[i].set(stage->session, &settings_table[i], value, err);
    fail_msg("no setting %s", name);
    return false;
}

static const char *get(struct stage *stage, const char *name)
{
    for (size_t i = 0; i < settings_count; i++)
        if (strcmp(settings_table[i].name, name) == 0) {
            const char *value =
                settings_table[i].get(stage->session, &settings_table[i], stage->arena);
            return value ? value : "none";
        }
    return "";
}

static void settings_take_what_they_mean(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *name, *value, *shown; /* NULL: refused */
    } rows[] = {
        {"limit", "50", "50"},
        {"limit", "0", NULL},
        {"limit", "10001", NULL},
        {"limit", "ten", NULL},
        {"limit", "", NULL},
        {"engine", "local", "local"},
        {"engine", "athena", "athena"},
        {"engine", "mysql", NULL},
        {"account", "123456789012", "123456789012"},
        {"account", "12345678901", NULL},
        {"account", "none", "none"},
        {"region", "eu-west-1", "eu-west-1"},
        {"since", "2026-03-04", "2026-03-04T00:00:00.000000Z"},
        {"since", "soon", NULL},
        {"until", "2026-03-05T10:00:00Z", "2026-03-05T10:00:00.000000Z"},
        {"until", "none", "none"},
        {"memory", "8GB", "8.0 GB"},
        {"memory", "63MB", NULL},
        {"memory", "-1", NULL},
        {"memory", "99999999999999999999GB", NULL},
        {"memory", "0", "half of the machine"},
        {"progress", "off", "off"},
        {"progress", "perhaps", NULL},
        {"budget", "2.5", "2.50, of which 0.0000 are spent"},
        {"budget", "-1", NULL},
        {"budget", "none", "none"},
        {"output", "results", NULL},
        {"output", "s3://results/q/", "s3://results/q/"},
        {"case", "", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *before = get(stage, rows[i].name);
        struct error err = {0};
        bool done = set(stage, rows[i].name, rows[i].value, &err);
        if (done != (rows[i].shown != NULL))
            fail_msg("%s = %s: %s", rows[i].name, rows[i].value, err.message);
        assert_string_equal(get(stage, rows[i].name), done ? rows[i].shown : before);
        if (!done)
            assert_int_equal(err.kind, ERROR_USAGE);
    }
}

static void a_session_costs_nothing_until_used(void **state)
{
    struct stage *stage = *state;
    assert_string_equal(stage_restart(stage), "");
    assert_false(file_exists(stage->case_folder));
    (void)stage_rows(stage, "SELECT 1");
    struct stat status;
    assert_int_equal(stat(stage->case_folder, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void another_case_has_its_own_results(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    assert_string_equal(stage_into(stage, "SELECT 1 AS a", "mine"), "1");
    assert_true(set(stage, "case", stage_path(stage, "other"), &err));
    assert_string_equal(stage_page(stage, "mine"), "no kept result mine");
    assert_true(set(stage, "case", stage->case_folder, &err));
    assert_string_equal(stage_page(stage, "mine"), "1");
    /* a folder that cannot be made leaves the case as it was */
    int fd = open(stage_path(stage, "file"), O_WRONLY | O_CREAT, 0600);
    close(fd);
    assert_false(set(stage, "case", stage_path(stage, "file/below"), &err));
    assert_string_equal(stage_page(stage, "mine"), "1");
}

/* What lake/ registers becomes readable, and nothing else is; kept results stay. */
static void lakes_open_the_engine_anew(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    const char *open = stage_path(stage, "open"), *closed = stage_path(stage, "closed");
    assert_true(file_make_folder(open, 0700, &err) && file_make_folder(closed, 0700, &err));
    assert_true(file_replace(file_join(stage->arena, open, "a.csv"), "x\n1\n", 4, 0600, &err));
    assert_true(file_replace(file_join(stage->arena, closed, "a.csv"), "x\n2\n", 4, 0600, &err));
    assert_string_equal(stage_into(stage, "SELECT 5 AS a", "kept"), "5");
    const char *read_open = arena_printf(stage->arena, "SELECT * FROM '%s/a.csv'", open);
    const char *read_closed = arena_printf(stage->arena, "SELECT * FROM '%s/a.csv'", closed);
    assert_int_equal(stage_error(stage, read_open).kind, ERROR_REFUSED);
    const char *folders[] = {open, NULL};
    const char *setup[] = {arena_printf(stage->arena, "CREATE VIEW numbers AS %s", read_open),
                           NULL};
    session_register(stage->session, "open", folders, setup);
    assert_string_equal(stage_rows(stage, "SELECT * FROM numbers"), "1");
    assert_string_equal(stage_rows(stage, read_open), "1");
    assert_int_equal(stage_error(stage, read_closed).kind, ERROR_REFUSED);
    assert_string_equal(stage_page(stage, "kept"), "5");
    session_unregister(stage->session, "open");
    assert_int_equal(stage_error(stage, read_open).kind, ERROR_REFUSED);
    assert_int_equal(stage_error(stage, "SELECT * FROM numbers").kind, ERROR_SQL);
    assert_string_equal(stage_page(stage, "kept"), "5");
}

static void lakes_that_are_gone_are_said(void **state)
{
    struct stage *stage = *state;
    session_add_lake(stage->session, "/nowhere/lake");
    session_add_lake(stage->session, "/nowhere/lake");
    assert_string_equal(stage_restart(stage),
                        "lake /nowhere/lake could not be opened again (no lake in /nowhere/lake)");
    struct error err = {0};
    const char *file = file_join(stage->arena, stage->case_folder, "session.json");
    assert_true(file_replace(file, "{\"lakes\": [", 11, 0600, &err));
    assert_non_null(strstr(stage_restart(stage), "the saved session could not be read"));
}

static void broken_results_are_put_aside(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    assert_string_equal(stage_into(stage, "SELECT 1 AS a", "kept"), "1");
    session_free(stage->session);
    stage->session = session_new(NULL, &err);
    session_settings_edit(stage->session)->case_folder = stage->case_folder;
    const char *file = file_join(stage->arena, stage->case_folder, "results.duckdb");
    assert_true(file_replace(file, "this is no database", 19, 0600, &err));
    const char *lost = stage_restart(stage);
    assert_non_null(strstr(lost, "the kept results cannot be read"));
    assert_string_equal(stage_read(stage, arena_printf(stage->arena, "%s.broken", file)),
                        "this is no database");
    assert_string_equal(stage_rows(stage, "SELECT 1"), "1");
    assert_string_equal(stage_restart(stage), "");
}

/* The second kernel, a process that begins before the first has an engine: it waits for `go`. */
static _Noreturn void second_kernel(struct stage *stage, int go, int say)
{
    char byte;
    if (read(go, &byte, 1) != 1)
        _exit(1);
    const char *lost = stage_restart(stage);
    const char *rows = stage_into(stage, "SELECT 2 AS a", "kept");
    dprintf(say, "%s: %s", rows, lost);
    session_free(stage->session);
    _exit(0);
}

/* It says so, works with results of its own, and leaves nothing. */
static void a_second_kernel_keeps_its_own(void **state)
{
    struct stage *stage = *state;
    int go[2], wire[2];
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(wire), 0);
    pid_t child = fork();
    if (child == 0)
        second_kernel(stage, go[0], wire[1]);
    close(wire[1]);
    assert_string_equal(stage_into(stage, "SELECT 1 AS a", "kept"), "1");
    assert_int_equal(write(go[1], "g", 1), 1);
    char said[1024] = "";
    size_t size = 0;
    for (ssize_t got; (got = read(wire[0], said + size, sizeof said - 1 - size)) > 0;)
        size += (size_t)got;
    close(wire[0]);
    close(go[0]);
    close(go[1]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_memory_equal(said, "2: another kernel ", 18);
    assert_non_null(strstr(said, arena_printf(stage->arena, "(process %ld)", (long)getpid())));
    assert_string_equal(stage_page(stage, "kept"), "1");
    (void)stage_restart(stage);
    size_t count;
    char **names = file_list(stage->arena, stage->case_folder, &count);
    for (size_t i = 0; i < count; i++)
        if (strncmp(names[i], "results.duckdb.", 15) == 0 &&
            strcmp(names[i], "results.duckdb.wal") != 0)
            fail_msg("%s is left", names[i]);
    assert_string_equal(stage_page(stage, "kept"), "1");
}

/* Killed in the middle of a query: what was kept before is there, and nothing of that query. */
static void a_killed_kernel_loses_nothing(void **state)
{
    struct stage *stage = *state;
    int wire[2];
    char byte;
    assert_int_equal(pipe(wire), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)stage_into(stage, "SELECT i FROM range(100000) t(i)", "kept");
        if (write(wire[1], "k", 1) == 1)
            (void)stage_rows(
                stage, "SELECT a.i, md5(b.i::VARCHAR) FROM range(100000) a(i), range(100000) b(i)");
        _exit(0);
    }
    close(wire[1]);
    assert_int_equal(read(wire[0], &byte, 1), 1);
    close(wire[0]);
    (void)poll(NULL, 0, 200); /* anywhere in the query */
    assert_int_equal(kill(child, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_string_equal(stage_restart(stage), "");
    assert_string_equal(stage_rows(stage, "SELECT count(*), sum(i) FROM kept"),
                        "100000|4999950000");
    assert_string_equal(stage_page(stage, "_2"), "no kept result _2");
    size_t count; /* the folder it spilled to is gone, too */
    (void)file_list(stage->arena, file_join(stage->arena, stage->case_folder, "spill"), &count);
    assert_true(count <= 1);
}

static void *raise_soon(void *state)
{
    struct stage *stage = state;
    (void)poll(NULL, 0, 200);
    cancel_raise(stage->cancel);
    return NULL;
}

/* A query that DuckDB cannot stop: the results file must not be opened twice while it lasts. */
static void the_engine_is_not_opened_twice(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    assert_string_equal(stage_into(stage, "SELECT 1 AS a", "kept"), "1");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, raise_soon, stage), 0);
    err =
        stage_error(stage, "SELECT length(regexp_replace(repeat('ab', 60000000), 'a', 'c', 'g'))");
    int64_t late = cancel_raised_ms(stage->cancel);
    pthread_join(thread, NULL);
    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    if (late > 1000)
        fail_msg("the query was not left behind: %lld ms", (long long)late);
    cancel_end(stage->cancel);
    cancel_begin(stage->cancel);
    assert_string_equal(stage_rows(stage, "SELECT 2"), "2"); /* another connection */
    const char *folders[] = {NULL}, *setup[] = {"CREATE VIEW numbers AS SELECT 3 AS a", NULL};
    session_register(stage->session, "lake", folders, setup);
    error_clear(&err);
    assert_null(session_local(stage->session, &err));
    assert_int_equal(err.kind, ERROR_UNAVAILABLE);
    assert_string_equal(err.message, "an interrupted query is still in the engine");
    assert_string_equal(stage_page(stage, "kept"), "1"); /* as it was: nothing half registered */
    for (int i = 0; i < 6000 && err.kind; i++) {
        error_clear(&err);
        session_register(stage->session, "lake", folders, setup);
        if (!session_local(stage->session, &err))
            (void)poll(NULL, 0, 10);
    }
    assert_int_equal(err.kind, ERROR_NONE);
    assert_string_equal(stage_rows(stage, "SELECT * FROM numbers"), "3");
    assert_string_equal(stage_page(stage, "kept"), "1");
}

static const struct name *find(const struct catalog *catalog, enum name_kind kind, const char *text)
{
    return catalog_find(catalog, kind, text);
}

static void names_follow_the_results(void **state)
{
    struct stage *stage = *state;
    json_t *value = json_string("AKIAIOSFODNN7EXAMPLE");
    session_set_param(stage->session, "key", value);
    (void)stage_into(stage,
                     "SELECT 'AKIAIOSFODNN7EXAMPLE' AS \"key\", '198.51.100.7' AS address, "
                     "'DeleteTrail' AS operation",
                     "found");
    (void)stage_rows(stage, "SELECT 1");
    const struct catalog *names = session_snapshot(stage->session);
    assert_non_null(names);
    assert_null(session_snapshot(stage->session));
    assert_non_null(find(names, NAME_TABLE, "found"));
    assert_string_equal(find(names, NAME_COLUMN, "address")->parent, "found");
    assert_non_null(find(names, NAME_KEY, "AKIAIOSFODNN7EXAMPLE"));
    assert_non_null(find(names, NAME_ADDRESS, "198.51.100.7"));
    assert_non_null(find(names, NAME_OPERATION, "DeleteTrail"));
    assert_string_equal(find(names, NAME_PARAMETER, "key")->comment, "\"AKIAIOSFODNN7EXAMPLE\"");
    assert_non_null(find(names, NAME_SETTING, "limit"));
    assert_non_null(find(names, NAME_FUNCTION, "ip_in"));
    assert_non_null(find(names, NAME_FUNCTION, "regexp_extract"));
    catalog_release(names);
    /* the same value again changes nothing */
    session_set_param(stage->session, "key", value);
    assert_null(session_snapshot(stage->session));
    json_decref(value);
    (void)stage_restart(stage);
    (void)stage_rows(stage, "SELECT 1");
    names = session_snapshot(stage->session);
    assert_non_null(find(names, NAME_TABLE, "found"));
    assert_non_null(find(names, NAME_COLUMN, "operation"));
    catalog_release(names);
}

static void seen_values_have_a_limit(void **state)
{
    struct stage *stage = *state;
    char text[64];
    for (int i = 0; i < 21000; i++) {
        int size = snprintf(text, sizeof text, "10.%d.%d.%d", i / 65536, i / 256 % 256, i % 256);
        session_add_seen(stage->session, NAME_ADDRESS, text, (size_t)size);
    }
    const struct catalog *names = session_snapshot(stage->session);
    size_t count;
    (void)catalog_prefix(names, NAME_ADDRESS, "10.", 3, &count);
    assert_int_equal(count, 20000);
    catalog_release(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(settings_take_what_they_mean, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_session_costs_nothing_until_used, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(another_case_has_its_own_results, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(lakes_open_the_engine_anew, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(lakes_that_are_gone_are_said, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(broken_results_are_put_aside, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_second_kernel_keeps_its_own, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_killed_kernel_loses_nothing, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(the_engine_is_not_opened_twice, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(names_follow_the_results, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(seen_values_have_a_limit, stage_set_up, stage_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
