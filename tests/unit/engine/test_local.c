/* Results are kept, found and read again; errors say where and what to do. */
#include "tests/unit/engine/stage.h"

#include "base/file.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void a_kept_result_is_found_by_its_bare_name(void **state)
{
    struct stage *stage = *state;
    struct engine_info info = stage_keep(stage, "family", "SELECT i FROM range(3000) t(i)");
    assert_int_equal(info.rows, 3000);
    assert_true(info.changed);
    assert_string_equal(info.kept, "family");
    assert_string_equal(stage_rows(stage, "SELECT count(*), sum(i) FROM family"), "3000|4498500");
    (void)stage_keep(stage, "_12", "SELECT 'x' AS a");
    assert_string_equal(stage_rows(stage, "SELECT * FROM _12"), "x");
    (void)stage_keep(stage, "a \"b", "SELECT 5 AS a");
    assert_string_equal(stage_rows(stage, "FROM \"a \"\"b\""), "5");
    (void)stage_keep(stage, "family", "SELECT sum(i) AS i FROM family"); /* over itself */
    assert_string_equal(stage_rows(stage, "FROM family"), "4498500");
    assert_int_equal(stage_keep(stage, "none", "SELECT 1 AS a WHERE false").rows, 0);
    assert_string_equal(stage_rows(stage, "SELECT count(*) FROM none"), "0");
}

static const struct {
    const char *sql, *rows;
} keepable[] = {
    {"SELECT 1 AS a, 2 AS a, 3 AS A", "1|2|3"},
    {"SELECT 1, 1", "1|1"},
    {"VALUES (1, 'x')", "1|x"},
    {"FROM (SELECT 7 AS x)", "7"},
    {"(SELECT 8)", "8"},
    {"WITH a AS (SELECT 9 AS x) SELECT x FROM a", "9"},
    {"SELECT 10 -- comment", "10"},
    {"PIVOT (SELECT unnest([1, 2]) AS a, unnest(['x', 'y']) AS b) ON b USING sum(a)", "1|2"},
    {"SELECT NULL AS n", "~"},
    {"SELECT NULL::struct(a int) AS s, [1] AS l, MAP {'k': 1} AS m", "~|[1]|{\"k\": 1}"},
    {"SELECT '{\"a\":1}'::json AS j", "{\"a\":1}"},
    {"SELECT 18446744073709551615::ubigint AS u, 1.50::decimal(5,2) AS d",
     "18446744073709551615|1.50"},
    {"SELECT timestamptz '2026-03-02 10:00:00+02' AS t", "2026-03-02T08:00:00.000000Z"},
};

static void what_can_be_selected_can_be_kept(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(keepable); i++) {
        struct engine_request request = {
            .sql = keepable[i].sql, .size = strlen(keepable[i].sql), .keep_as = "k"};
        struct engine_reading reading = {0};
        struct error err = {0};
        struct table *table;
        if (!engine_read(local_engine(stage->local), &request, stage->arena, &reading, &table,
                         &err))
            fail_msg("%s: %s", keepable[i].sql, err.message);
        assert_string_equal(stage_text(stage, table), keepable[i].rows);
        assert_string_equal(stage_rows(stage, "SELECT * FROM k"), keepable[i].rows);
    }
}

static void a_limit_cuts_what_is_shown_and_not_what_is_kept(void **state)
{
    struct stage *stage = *state;
    static const char sql[] = "SELECT i, 'row ' || i AS t FROM range(10000) t(i) ORDER BY i DESC";
    struct engine_request request = {.sql = sql, .size = strlen(sql), .keep_as = "big", .limit = 3};
    struct engine_reading reading = {0};
    struct error err = {0};
    struct table *table;
    assert_true(
        engine_read(local_engine(stage->local), &request, stage->arena, &reading, &table, &err));
    assert_int_equal(table->rows, 3);
    assert_string_equal(stage_text(stage, table), "9999|row 9999/9998|row 9998/9997|row 9997");
    assert_int_equal(reading.info.rows, 10000);
    assert_string_equal(stage_rows(stage, "SELECT count(*) FROM big"), "10000");
    request.keep_as = NULL;
    assert_true(
        engine_read(local_engine(stage->local), &request, stage->arena, &reading, &table, &err));
    assert_int_equal(table->rows, 3);
    assert_int_equal(reading.info.rows, 10000);
}

static void parameters_are_bound_as_values(void **state)
{
    struct stage *stage = *state;
    static const char sql[] =
        "SELECT $1 AS a, $2 + 1 AS b, $3 AS c, $4 AS d, $5 AS e, $1 || $1 AS f";
    const struct engine_param params[] = {
        {"a", json_own(stage->arena, json_string("it's '; DROP TABLE x; -- \xF0\x9F\x98\x80"))},
        {"b", json_own(stage->arena, json_integer(INT64_C(9007199254740993)))},
        {"c", json_own(stage->arena, json_real(0.5))},
        {"d", json_own(stage->arena, json_true())},
        {"e", json_own(stage->arena, json_null())},
    };
    static const char *const kept[] = {NULL, "bound"};
    for (size_t i = 0; i < COUNT(kept); i++) {
        struct engine_request request = {.sql = sql,
                                         .size = strlen(sql),
                                         .params = params,
                                         .param_count = COUNT(params),
                                         .keep_as = kept[i]};
        struct engine_reading reading = {0};
        struct error err = {0};
        struct table *table;
        if (!engine_read(local_engine(stage->local), &request, stage->arena, &reading, &table,
                         &err))
            fail_msg("%s", err.message);
        assert_string_equal(
            stage_text(stage, table),
            "it's '; DROP TABLE x; -- \xF0\x9F\x98\x80|9007199254740994|0.5|true|~|"
            "it's '; DROP TABLE x; -- \xF0\x9F\x98\x80it's '; DROP TABLE x; -- \xF0\x9F\x98\x80");
    }
}

static void results_outlive_the_engine(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    (void)stage_keep(stage, "lasting", "SELECT 42 AS a");
    local_close(stage->local);
    stage->local = stage_open(stage, &err);
    assert_non_null(stage->local);
    assert_string_equal(stage_rows(stage, "FROM lasting"), "42");
}

/* Wrong SQL: the place in the text, DuckDB's words without their prefix, and what to try. */
static const struct {
    const char *sql;
    enum error_kind kind;
    int line, column;
    const char *message, *hint;
} wrong[] = {
    {"SELEC 1", ERROR_SQL, 1, 1, "syntax error", NULL},
    {"SELECT 1 +", ERROR_SQL, 1, 11, "syntax error", NULL},
    {"SELECT 1 FORM t", ERROR_SQL, 1, 15, "syntax error", NULL},
    {"SELECT\n  nosuch\nFROM (SELECT 1 AS a)", ERROR_SQL, 2, 3, "nosuch", "a"},
    {"SELECT * FROM familly", ERROR_SQL, 1, 15, "familly", "family"},
    {"SELECT\n\n  lenght('x')", ERROR_SQL, 3, 3, "lenght", "length"},
    {"SELECT '\xC3\xA4\xC3\xA4' || nosuch", ERROR_SQL, 1, 16, "nosuch", NULL},
    {"SELECT 'x'::int", ERROR_SQL, 1, 11, "Could not convert", "try_cast"},
    {"SELECT error('mine')", ERROR_SQL, 0, 0, "mine", NULL},
    {"SELECT $1", ERROR_SQL, 0, 0, "", NULL},
    {"SELECT * FROM read_csv('/nowhere/x.csv')", ERROR_REFUSED, 1, 15, "", "%lake open"},
};

static void errors_say_where_and_what(void **state)
{
    struct stage *stage = *state;
    static const char *const kept[] = {NULL, "wrong"};
    (void)stage_keep(stage, "family", "SELECT 1 AS a");
    for (size_t i = 0; i < COUNT(wrong) * 2; i++) {
        size_t row = i / 2;
        struct engine_request request = {
            .sql = wrong[row].sql, .size = strlen(wrong[row].sql), .keep_as = kept[i % 2]};
        struct engine_reading reading = {0};
        struct error err = {0};
        struct table *table;
        assert_false(engine_read(local_engine(stage->local), &request, stage->arena, &reading,
                                 &table, &err));
        bool same = err.kind == wrong[row].kind && err.line == wrong[row].line &&
                    err.column == wrong[row].column && strstr(err.message, wrong[row].message) &&
                    (!wrong[row].hint || strstr(err.hint, wrong[row].hint)) &&
                    !strstr(err.message, "Error: ");
        if (!same)
            fail_msg("%s (%s): kind %d %d:%d %s; %s", wrong[row].sql,
                     kept[i % 2] ? "kept" : "shown", (int)err.kind, err.line, err.column,
                     err.message, err.hint);
    }
    assert_string_equal(stage_error(stage, "SELECT\n  nosuch").detail, "  nosuch\n  ^");
    const char *filler = arena_printf(stage->arena, "%0300d", 0);
    struct error err =
        stage_error(stage, arena_printf(stage->arena, "SELECT '%s', nosuch, '%s'", filler, filler));
    assert_int_equal(err.column,
                     8 + 304); /* a long line hides no column; what is near it is shown */
    assert_non_null(strstr(err.detail, "000', nosuch, '000"));
    assert_true(strlen(err.detail) < 400);
}

/* A failing query leaves the result that stood under its name. */
static void a_failure_keeps_what_was_there(void **state)
{
    struct stage *stage = *state;
    (void)stage_keep(stage, "stays", "SELECT 1 AS a");
    static const char sql[] =
        "SELECT CASE WHEN i > 4000 THEN error('late') ELSE i END AS a FROM range(5000) t(i)";
    struct engine_request request = {.sql = sql, .size = strlen(sql), .keep_as = "stays"};
    struct engine_reading reading = {0};
    struct error err = {0};
    struct table *table;
    assert_false(
        engine_read(local_engine(stage->local), &request, stage->arena, &reading, &table, &err));
    assert_non_null(strstr(err.message, "late"));
    assert_string_equal(stage_rows(stage, "FROM stays"), "1");
    assert_int_equal(stage_keep(stage, "stays", "SELECT 2 AS a").rows,
                     1); /* the connection is not stuck */
    assert_string_equal(stage_rows(stage, "FROM stays"), "2");
}

static void the_kernels_own_statements_write(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct table *table;
    struct local_statement make = {.sql = "CREATE OR REPLACE TABLE own AS SELECT 1 AS a"};
    assert_true(local_run(stage->local, &make, stage->arena, NULL, &err));
    assert_string_equal(stage_rows(stage, "FROM own"), "1");
    struct local_statement drop = {.sql = "DROP TABLE own"};
    assert_true(local_run(stage->local, &drop, stage->arena, &table, &err));
    assert_false(local_run(stage->local, &drop, stage->arena, &table, &err));
    assert_int_equal(err.kind, ERROR_SQL);
    struct cancel *cancel = cancel_new();
    (void)cancel_begin(cancel);
    assert_true(cancel_raise(cancel));
    err = (struct error){0};
    struct local_statement late = {.sql = "SELECT 1", .cancel = cancel};
    assert_false(local_run(stage->local, &late, stage->arena, &table, &err));
    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    cancel_end(cancel);
    cancel_free(cancel);
}

/* An engine without results is a probe: nothing is closed to it. */
static void a_probe_reads_everything(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct table *table;
    struct local_place place = {.spill_folder = stage->folder, .threads = 1};
    struct local *probe = local_open(&place, &err);
    assert_non_null(probe);
    struct local_statement read = {
        .sql = arena_printf(stage->arena, "SELECT * FROM '%s/t.csv'", stage->open)};
    assert_true(local_run(probe, &read, stage->arena, &table, &err));
    assert_string_equal(stage_text(stage, table), "1|x/2|y");
    assert_string_equal(local_version(probe), local_version(stage->local));
    local_close(probe);
}

static void a_spill_folder_of_the_dead_is_swept(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    const char *dead = file_join(stage->arena, stage->folder, "spill-2147483646-0");
    assert_true(file_make_folder(file_join(stage->arena, dead, "x"), 0700, &err));
    struct local_place place = {.spill_folder = stage->folder, .threads = 1};
    struct local *probe = local_open(&place, &err);
    assert_non_null(probe);
    assert_false(file_exists(dead));
    local_close(probe);
}

static void *stop_it(void *cancel)
{
    struct timespec span = {.tv_nsec = 5000000};
    while (!cancel_idle(cancel)) { /* again and again, as the front does */
        (void)cancel_raise(cancel);
        (void)nanosleep(&span, NULL);
    }
    return NULL;
}

static void an_opening_can_be_stopped(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    pthread_t stopper;
    static const char *const setup[] = {
        "CREATE TABLE t AS SELECT count(*) FROM range(3000000) a, range(3000000) b"};
    struct local_place place = {.spill_folder = stage->folder,
                                .threads = 1,
                                .setup = setup,
                                .setup_count = COUNT(setup),
                                .cancel = cancel_new()};
    (void)cancel_begin(place.cancel);
    assert_int_equal(pthread_create(&stopper, NULL, stop_it, place.cancel), 0);
    assert_null(local_open(&place, &err));
    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    cancel_end(place.cancel);
    assert_int_equal(pthread_join(stopper, NULL), 0);
    cancel_free(place.cancel);
}

static void a_missing_library_says_what_to_do(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    char *real = xstrdup(getenv("DUCKDB_LIB"));
    struct local_place place = {.spill_folder = stage->folder};
    static const char *const bad[] = {"/nowhere/libduckdb.so", "/proc/self/exe"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *path;
        assert_int_equal(setenv("DUCKDB_LIB", bad[i], 1), 0);
        assert_int_equal(local_library(stage->arena, &path), i == 1);
        assert_string_equal(path, bad[i]);
        err = (struct error){0};
        assert_null(local_open(&place, &err));
        assert_int_equal(err.kind, ERROR_UNAVAILABLE);
        assert_non_null(strstr(err.hint, "DUCKDB_LIB"));
    }
    assert_int_equal(setenv("DUCKDB_LIB", real, 1), 0);
    free(real);
}

/* This program as another kernel of the same case: says when it has the results open, holds them
 * until its input ends. */
static int hold(const char *results, const char *spill)
{
    struct error err = {0};
    struct local_place place = {.results_file = results, .spill_folder = spill, .threads = 1};
    struct local *local = local_open(&place, &err);
    char byte = local ? 'y' : 'n';
    bool told = write(STDOUT_FILENO, &byte, 1) == 1;
    while (told && read(STDIN_FILENO, &byte, 1) > 0)
        ;
    local_close(local);
    return 0;
}

static pid_t start_other(struct stage *stage, int *input, int *output)
{
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)close(in[1]);
        (void)close(out[0]);
        (void)execl("/proc/self/exe", "test_local", "hold", stage->results, stage->folder,
                    (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    *input = in[1];
    *output = out[0];
    return child;
}

/* The second kernel of a case works on, with results of its own beside those of the first. */
static void two_kernels_share_a_case(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    int input = -1, output = -1;
    char byte = 0;
    (void)stage_keep(stage, "shared", "SELECT 1 AS a");
    local_close(stage->local);
    pid_t other = start_other(stage, &input, &output);
    assert_true(other > 0);
    assert_int_equal(read(output, &byte, 1), 1);
    assert_int_equal(byte, 'y');
    stage->local = stage_open(stage, &err);
    assert_non_null(stage->local);
    (void)stage_keep(stage, "mine", "SELECT 2 AS a");
    assert_string_equal(stage_rows(stage, "FROM mine"), "2");
    assert_int_equal(stage_error(stage, "FROM shared").kind, ERROR_SQL);
    (void)close(input);
    (void)close(output);
    assert_int_equal(waitpid(other, NULL, 0), other);
    local_close(stage->local);
    stage->local = stage_open(stage, &err);
    assert_non_null(stage->local);
    assert_string_equal(stage_rows(stage, "FROM shared"), "1");
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "hold") == 0)
        return hold(argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_result_is_found_by_its_bare_name),
        cmocka_unit_test(what_can_be_selected_can_be_kept),
        cmocka_unit_test(a_limit_cuts_what_is_shown_and_not_what_is_kept),
        cmocka_unit_test(parameters_are_bound_as_values),
        cmocka_unit_test(results_outlive_the_engine),
        cmocka_unit_test(two_kernels_share_a_case),
        cmocka_unit_test(errors_say_where_and_what),
        cmocka_unit_test(a_failure_keeps_what_was_there),
        cmocka_unit_test(the_kernels_own_statements_write),
        cmocka_unit_test(a_probe_reads_everything),
        cmocka_unit_test(a_spill_folder_of_the_dead_is_swept),
        cmocka_unit_test(an_opening_can_be_stopped),
        cmocka_unit_test(a_missing_library_says_what_to_do),
    };
    return cmocka_run_group_tests(tests, stage_set_up, stage_tear_down);
}
