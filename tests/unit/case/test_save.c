/* Kept results as files: whole or not there, also on a full disk and when stopped. */
#include "tests/unit/case/stage.h"

#include "base/buf.h"
#include "base/file.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static bool save(struct stage *stage, const char *sql, const char *file, struct error *err)
{
    struct results_request request = {.sql = sql, .save = file};
    struct result result;
    return stage_run(stage, &request, &result, err);
}

/* What lies in the target's folder but the target's own name would be a leftover. */
static size_t files_in(struct stage *stage, const char *folder)
{
    size_t count = 0;
    (void)file_list(stage->arena, folder, &count);
    return count;
}

static const char *make_folder(struct stage *stage, const char *name)
{
    struct error err = {0};
    const char *folder = stage_path(stage, name);
    assert_true(file_make_folder(folder, 0700, &err));
    return folder;
}

static void text_is_written_as_shown(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    const char *folder = make_folder(stage, "out"), *csv = file_join(stage->arena, folder, "a.csv");
    const char *json = file_join(stage->arena, folder, "a.json");
    static const char sql[] =
        "SELECT 1 AS a, 'x,\"y' AS b, NULL AS c, TIMESTAMP '2026-03-04 10:00:00' AS t, [1] AS l";
    assert_true(save(stage, sql, csv, &err));
    assert_string_equal(stage_read(stage, csv), "\"a\",\"b\",\"c\",\"t\",\"l\"\r\n\"1\",\"x,"
                                                "\"\"y\",,\"2026-03-04 10:00:00.000\",\"[1]\"\r\n");
    assert_true(save(stage, sql, json, &err));
    assert_string_equal(
        stage_read(stage, json),
        "{\"a\":1,\"b\":\"x,\\\"y\",\"c\":null,\"t\":\"2026-03-04T10:00:00.000000Z\",\"l\":[1]}\n");
    assert_int_equal(files_in(stage, folder), 2);
}

/* 40,000 rows are two pages: one header, no row twice, none missing. */
static void pages_follow_each_other(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    const char *csv = stage_path(stage, "many.csv");
    assert_true(save(stage, "SELECT i FROM range(40000) t(i)", csv, &err));
    const char *text = stage_read(stage, csv);
    assert_memory_equal(text, "\"i\"\r\n\"0\"\r\n\"1\"\r\n", 15);
    int64_t next = 0;
    for (const char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1)
        assert_int_equal(strtol(line + 1, NULL, 10), next++);
    assert_int_equal(next, 40000);
    assert_true(save(stage, "SELECT 1 AS a WHERE false", csv, &err));
    assert_string_equal(stage_read(stage, csv), "\"a\"\r\n");
}

static void parquet_keeps_the_types(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    const char *folder = make_folder(stage, "out"),
               *file = file_join(stage->arena, folder, "a.parquet");
    static const char sql[] =
        "SELECT '012345678901' AS account, 1::UTINYINT AS n, 1.50::DECIMAL(9,2) AS d, "
        "{'a': [NULL, 1]} AS s, TIMESTAMP '2026-03-04 10:00:00.123456' AS t";
    assert_true(save(stage, sql, file, &err));
    assert_int_equal(files_in(stage, folder), 1);
    const char *folders[] = {folder, NULL}, *setup[] = {NULL};
    session_register(stage->session, "out", folders, setup);
    const char *back = arena_printf(
        stage->arena, "SELECT string_agg(column_type, ' ') FROM (DESCRIBE SELECT * FROM '%s')",
        file);
    assert_string_equal(stage_rows(stage, back),
                        "VARCHAR UTINYINT DECIMAL(9,2) STRUCT(a INTEGER[]) TIMESTAMP");
    back = arena_printf(stage->arena, "SELECT * FROM '%s' EXCEPT SELECT * FROM _1", file);
    assert_string_equal(stage_rows(stage, back), "");
    assert_int_equal(files_in(stage, file_join(stage->arena, stage->case_folder, "export")), 0);
}

static void targets_are_checked_first(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *file;
        enum error_kind kind;
    } rows[] = {{"a.xlsx", ERROR_USAGE},
                {"a", ERROR_USAGE},
                {"nowhere/a.csv", ERROR_NOT_FOUND},
                {"nowhere/a.parquet", ERROR_NOT_FOUND}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = {0};
        assert_false(save(stage, "SELECT 1", stage_path(stage, rows[i].file), &err));
        assert_int_equal(err.kind, rows[i].kind);
    }
    struct error err = {0};
    assert_false(save(stage, "EXPLAIN SELECT 1", stage_path(stage, "a.csv"), &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    struct results_saving saving = {.name = "nothing", .path = stage_path(stage, "a.csv")};
    err = (struct error){0};
    assert_false(results_save(stage->session, &saving, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_false(file_exists(stage_path(stage, "a.csv")));
}

static void fill_disk(const char *folder, const char *after)
{
    assert_int_equal(setenv("ENOSPC_PATH", folder, 1), 0);
    assert_int_equal(setenv("ENOSPC_AFTER", after, 1), 0);
}

static void free_disk(void)
{
    assert_int_equal(unsetenv("ENOSPC_PATH"), 0);
}

static void a_full_disk_spoils_no_file(void **state)
{
    struct stage *stage = *state;
    static const char *const names[] = {"a.csv", "a.json", "a.parquet"};
    const char *folder = make_folder(stage, "out");
    assert_string_equal(stage_rows(stage, "SELECT 1"), "1");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct error err = {0};
        const char *file = file_join(stage->arena, folder, names[i]);
        assert_true(file_replace(file, "as it was", 9, 0600, &err));
        bool parquet = strstr(names[i], "parquet") != NULL;
        fill_disk(parquet ? file_join(stage->arena, stage->case_folder, "export") : folder, "1000");
        bool saved = save(stage, "SELECT i, hash(i) AS h FROM range(50000) t(i)", file, &err);
        free_disk();
        assert_false(saved);
        assert_int_equal(err.kind, ERROR_IO);
        assert_true(*err.hint);
        assert_string_equal(stage_read(stage, file), "as it was");
        assert_int_equal(files_in(stage, folder), i + 1);
        /* the rows are kept: once there is room, they are saved */
        struct results_saving saving = {.name = "_", .path = file};
        error_clear(&err);
        assert_true(results_save(stage->session, &saving, &err));
        assert_int_equal(saving.rows, 50000);
    }
}

/* No room for a kept result: an error, the earlier results and the engine as they were. */
static void a_full_disk_spoils_no_result(void **state)
{
    struct stage *stage = *state;
    assert_string_equal(stage_into(stage, "SELECT 1 AS a", "kept"), "1");
    fill_disk(stage->case_folder, "100000");
    struct error err =
        stage_error(stage, "SELECT i, hash(i) AS h, md5(i::VARCHAR) AS m FROM range(2000000) t(i)");
    free_disk();
    assert_int_equal(err.kind, ERROR_IO);
    assert_true(*err.hint);
    assert_string_equal(stage_page(stage, "kept"), "1");
    assert_string_equal(stage_rows(stage, "SELECT 2"), "2");
    assert_string_equal(stage_restart(stage), "");
    assert_string_equal(stage_page(stage, "kept"), "1");
}

static void a_full_disk_stops_a_query_that_spills(void **state)
{
    struct stage *stage = *state;
    session_settings_edit(stage->session)->memory = 100000000;
    assert_string_equal(stage_rows(stage, "SELECT 1"), "1");
    fill_disk(file_join(stage->arena, stage->case_folder, "spill"), "1000000");
    struct error err = stage_error(stage, "SELECT count(*) FROM (SELECT md5(i::VARCHAR) AS m FROM "
                                          "range(8000000) t(i) ORDER BY m OFFSET 1)");
    free_disk();
    if (err.kind != ERROR_IO && err.kind != ERROR_LIMIT)
        fail_msg("%d %s", err.kind, err.message);
    assert_true(*err.hint);
    assert_string_equal(stage_rows(stage, "SELECT 2"), "2");
}

static void *raise_soon(void *state)
{
    struct stage *stage = state;
    (void)poll(NULL, 0, 30); /* the work is begun; where it is stopped must not matter */
    for (cancel_raise(stage->cancel); !cancel_idle(stage->cancel); poll(NULL, 0, 5))
        cancel_raise(stage->cancel);
    return NULL;
}

static void a_stopped_save_leaves_nothing(void **state)
{
    struct stage *stage = *state;
    static const char *const names[] = {"a.csv", "a.json", "a.parquet"};
    const char *folder = make_folder(stage, "out");
    (void)stage_rows(stage, "SELECT i, md5(i::VARCHAR) AS m FROM range(2000000) t(i)");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct error err = {0};
        struct results_saving saving = {.name = "_1",
                                        .path = file_join(stage->arena, folder, names[i]),
                                        .cancel = stage->cancel};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, raise_soon, stage), 0);
        bool saved = results_save(stage->session, &saving, &err);
        int64_t late = cancel_raised_ms(stage->cancel);
        cancel_end(stage->cancel);
        pthread_join(thread, NULL);
        cancel_begin(stage->cancel);
        assert_false(saved);
        assert_int_equal(err.kind, ERROR_INTERRUPTED);
        assert_true(late >= 0 && late < 5000); /* bounds a hang; the bench measures */
        assert_int_equal(files_in(stage, folder), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_is_written_as_shown, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(pages_follow_each_other, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(parquet_keeps_the_types, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(targets_are_checked_first, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_spoils_no_file, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_spoils_no_result, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_stops_a_query_that_spills, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_stopped_save_leaves_nothing, stage_set_up,
                                        stage_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
