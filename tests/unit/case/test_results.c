/* The analyst's SQL from the cell to the kept result: names, parameters, places of errors. */
#include "tests/unit/case/stage.h"

#include "base/file.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void results_are_kept(void **state)
{
    struct stage *stage = *state;
    assert_string_equal(stage_rows(stage, "SELECT 1 AS a, 'x' AS b"), "1|x");
    assert_string_equal(stage_rows(stage, "SELECT a + 1 AS a FROM _"), "2");
    assert_string_equal(stage_rows(stage, "SELECT b FROM _1"), "x");
    assert_string_equal(stage_rows(stage, "SELECT b FROM _"), "x");
    assert_string_equal(stage_rows(stage, "-- two\nSELECT 1; SELECT 2;"), "2");
    assert_string_equal(stage_page(stage, "_5"), "2");
    assert_string_equal(
        stage_rows(stage, "SELECT 5 AS a; SELECT a + 1 AS a FROM _; SELECT a + 1 AS a FROM _"),
        "7");
    assert_string_equal(stage_page(stage, "_6"), "7");
    assert_int_equal(stage_error(stage, "SELECT 8 AS a; SELECT nope").kind, ERROR_SQL);
    assert_string_equal(stage_page(stage, "_"), "8"); /* the last that there was */
    assert_string_equal(stage_rows(stage, "EXPLAIN SELECT 1")[0] ? "shown" : "", "shown");
    assert_string_equal(stage_page(stage, "_"), "8"); /* an explanation is not kept */
    assert_string_equal(stage_page(stage, "_8"), "no kept result _8");
}

static void any_columns_can_be_kept(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *sql, *rows;
    } rows[] = {
        {"SELECT 1 AS a, 2 AS a, 3 AS A", "1|2|3"},
        {"SELECT 1, 1, 1 + 1", "1|1|2"},
        {"SELECT 1 AS \"select\", 2 AS \"from\"", "1|2"},
        {"SELECT 1 AS \"a \"\"b\"", "1"},
        {"SELECT NULL", "~"},
        {"SELECT 1 AS a WHERE false", ""},
        {"VALUES (1, 'x'), (2, NULL)", "1|x/2|~"},
        {"FROM range(2)", "0/1"},
        {"WITH q AS (SELECT 4 AS a) SELECT * FROM q", "4"},
        {"(SELECT 1) UNION ALL (SELECT 1)", "1/1"},
        {"SELECT {'a': [1, NULL]}", "{a: [1, null]}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(stage_rows(stage, rows[i].sql), rows[i].rows);
        assert_string_equal(stage_page(stage, "_"), rows[i].rows);
    }
}

static void a_limit_cuts_what_is_shown_only(void **state)
{
    struct stage *stage = *state;
    struct results_request request = {.sql = "SELECT i FROM range(5000) t(i)", .limit = 3};
    struct result result;
    struct error err = {0};
    assert_true(stage_run(stage, &request, &result, &err));
    assert_int_equal(result.table->rows, 3);
    assert_int_equal(result.caption.total_rows, 5000);
    assert_string_equal(result.caption.kept, "_1");
    assert_string_equal(result.caption.source, "local");
    struct cell cell;
    assert_true(results_value(stage->session, "_1", 5000, "I", stage->arena, &cell, &err));
    assert_int_equal(cell.integer, 4999); /* in the order they came */
    assert_false(results_value(stage->session, "_1", 5001, "i", stage->arena, &cell, &err));
    assert_string_equal(err.message, "_1 has no row 5001: it has 5000");
    error_clear(&err);
    assert_false(results_value(stage->session, "_1", 1, "ii", stage->arena, &cell, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

static void names_keep_what_they_named(void **state)
{
    struct stage *stage = *state;
    assert_string_equal(stage_into(stage, "SELECT 1 AS a", "keys"), "1");
    assert_string_equal(stage_page(stage, "keys"), "1");
    assert_string_equal(stage_page(stage, "_1"), "1");
    assert_string_equal(stage_page(stage, "_"), "1");
    /* the name used again, with other columns, reading what it was */
    assert_string_equal(stage_into(stage, "SELECT 'two' AS b, a FROM keys", "keys"), "two|1");
    assert_string_equal(stage_page(stage, "keys"), "two|1");
    assert_string_equal(stage_page(stage, "_1"), "1");
    assert_string_equal(stage_page(stage, "_2"), "two|1");
    /* a failure leaves the name alone */
    struct results_request request = {.sql = "SELECT error('no') AS x", .into = "keys"};
    struct result result;
    struct error err = {0};
    assert_false(stage_run(stage, &request, &result, &err));
    assert_string_equal(stage_page(stage, "keys"), "two|1");
    /* after a restart cells count from 1 again; the name stays */
    assert_string_equal(stage_restart(stage), "");
    assert_string_equal(stage_rows(stage, "SELECT 7"), "7");
    assert_string_equal(stage_rows(stage, "SELECT 8"), "8");
    assert_string_equal(stage_page(stage, "keys"), "two|1");
    assert_string_equal(stage_page(stage, "_2"), "8");
}

static void names_must_be_free(void **state)
{
    struct stage *stage = *state;
    const char *setup[] = {"CREATE VIEW events AS SELECT 1 AS a", NULL}, *folders[] = {NULL};
    session_register(stage->session, "lake", folders, setup);
    static const struct {
        const char *name, *message;
    } rows[] = {{"events", "the name events is taken by a table"},
                {"Events", "the name Events is taken by a table"},
                {"cloudtrail", "the name cloudtrail is taken by a table"},
                {"_1", "\"_1\" is no name for a result"},
                {"a b", "\"a b\" is no name for a result"},
                {"a\"; DROP", "\"a\"; DROP\" is no name for a result"},
                {"", "\"\" is no name for a result"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct results_request request = {.sql = "SELECT 1", .into = rows[i].name};
        struct result result;
        struct error err = {0};
        assert_false(stage_run(stage, &request, &result, &err));
        assert_string_equal(err.message, rows[i].message);
    }
}

static void parameters_are_bound(void **state)
{
    struct stage *stage = *state;
    json_t *text = json_string("it's; DROP"), *number = json_integer(42),
           *list = json_pack("[i,i]", 1, 2);
    session_set_param(stage->session, "text", text);
    session_set_param(stage->session, "number", number);
    session_set_param(stage->session, "list", list);
    session_set_param(stage->session, "none", json_null());
    json_decref(text);
    json_decref(number);
    json_decref(list);
    assert_string_equal(stage_rows(stage, "SELECT :text, :number + 1, :none, :text"),
                        "it's; DROP|43|~|it's; DROP");
    assert_string_equal(stage_rows(stage, "SELECT x FROM range(100) t(x) WHERE x = :number"), "42");
    struct error err = stage_error(stage, "SELECT 1,\n  :nothing");
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_string_equal(err.message, "no parameter :nothing");
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 3);
}

/* Errors stand where the analyst wrote them: behind comments, parameters and earlier statements. */
static void errors_have_their_place(void **state)
{
    struct stage *stage = *state;
    json_t *value = json_string("value");
    session_set_param(stage->session, "longer_than_one", value);
    json_decref(value);
    static const struct {
        const char *sql;
        int line, column;
    } rows[] = {
        {"SELEC 1", 1, 1},
        {"SELECT nope", 1, 8},
        {"SELECT 1;\nSELECT nope", 2, 8},
        {"-- c\n\nSELECT\n  nope", 4, 3},
        {"SELECT :longer_than_one, nope", 1, 26},
        {"SELECT '\xC3\xA4\xC3\xB6', nope", 1, 14},
        {"EXPLAIN SELECT nope", 1, 16},
        {"SELECT * FROM\n/* c */ missing_table", 2, 9},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = stage_error(stage, rows[i].sql);
        assert_int_equal(err.kind, ERROR_SQL);
        if (err.line != rows[i].line || err.column != rows[i].column)
            fail_msg("%s: %d:%d %s", rows[i].sql, err.line, err.column, err.message);
    }
    struct results_request request = {.sql = "SELECT nope", .line = 7};
    struct result result;
    struct error err = {0};
    assert_false(stage_run(stage, &request, &result, &err));
    assert_int_equal(err.line, 7);
}

static void writing_is_refused(void **state)
{
    struct stage *stage = *state;
    static const char *const statements[] = {
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO results.main._1 VALUES (1)",
        "DROP VIEW _",
        "DELETE FROM _1",
        "UPDATE _1 SET a = 2",
        "COPY (SELECT 1) TO 'x.csv'",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 1",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE DELETE FROM _1",
        "CHECKPOINT",
        "BEGIN",
        "USE results",
    };
    assert_string_equal(stage_rows(stage, "SELECT 1 AS a"), "1");
    for (size_t i = 0; i < COUNT(statements); i++) {
        struct error err = stage_error(stage, statements[i]);
        if (err.kind != ERROR_REFUSED || !*err.hint)
            fail_msg("%s: %s", statements[i], err.message);
    }
    assert_string_equal(stage_page(stage, "_1"), "1");
}

static void networks_are_not_texts(void **state)
{
    struct stage *stage = *state;
    struct error err =
        stage_error(stage, "SELECT *\nFROM range(1)\nWHERE Contains( '10.0.0.0/8', 'x')");
    assert_int_equal(err.kind, ERROR_SQL);
    assert_string_equal(err.hint, "For a network write ip_in('10.0.0.0/8', ip).");
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 7);
    (void)stage_error(stage, "SELECT contains('fe80::/10', 'x')");
    assert_string_equal(stage_rows(stage, "SELECT contains('a/8', 'a')"), "true");
    assert_string_equal(
        stage_rows(stage, "SELECT 'contains(''10.0.0.0/8''' AS a -- contains('10.0.0.0/8'\n"),
        "contains('10.0.0.0/8'");
    assert_string_equal(stage_rows(stage, "SELECT ip_in('10.0.0.0/8', '10.1.2.3')"), "true");
}

static void captions_name_the_tables(void **state)
{
    struct stage *stage = *state;
    const char *setup[] = {"CREATE VIEW events AS SELECT now() AS t",
                           "CREATE VIEW flows AS SELECT 1 AS a", NULL},
               *folders[] = {NULL};
    session_register(stage->session, "lake", folders, setup);
    static const struct {
        const char *sql, *source;
    } rows[] = {
        {"SELECT 1", "local"},
        {"SELECT 1 FROM events e, flows", "local: events"},
        {"SELECT 1 FROM events JOIN flows ON true JOIN events x ON true", "local: events, flows"},
        {"WITH q AS (SELECT * FROM flows) SELECT * FROM q", "local: flows"},
        {"SELECT extract(year FROM t) FROM events", "local: events"},
        {"SELECT 1 FROM range(2)", "local"},
        {"SELECT 'FROM x' FROM memory.main.flows -- FROM y", "local: memory.main.flows"},
        {"SELECT 1 WHERE 1 IS DISTINCT FROM 2", "local"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct results_request request = {.sql = rows[i].sql};
        struct result result;
        struct error err = {0};
        if (!stage_run(stage, &request, &result, &err))
            fail_msg("%s: %s", rows[i].sql, err.message);
        assert_string_equal(result.caption.source, rows[i].source);
    }
}

static void *raise_soon(void *state)
{
    struct stage *stage = state;
    (void)poll(NULL, 0, 150); /* the work is begun; where it is stopped must not matter */
    cancel_raise(stage->cancel);
    return NULL;
}

static void an_interrupted_query_keeps_nothing(void **state)
{
    struct stage *stage = *state;
    assert_string_equal(stage_rows(stage, "SELECT 1"), "1");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, raise_soon, stage), 0);
    struct error err = stage_error(
        stage,
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 7");
    pthread_join(thread, NULL);
    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    assert_non_null(strstr(err.message, "nothing of this result is kept"));
    cancel_end(stage->cancel);
    cancel_begin(stage->cancel);
    assert_string_equal(stage_page(stage, "_2"), "no kept result _2");
    assert_string_equal(stage_page(stage, "_"), "1");
    assert_string_equal(stage_rows(stage, "SELECT 3"), "3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(results_are_kept, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(any_columns_can_be_kept, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(a_limit_cuts_what_is_shown_only, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(names_keep_what_they_named, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(names_must_be_free, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(parameters_are_bound, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(errors_have_their_place, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(writing_is_refused, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(networks_are_not_texts, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(captions_name_the_tables, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(an_interrupted_query_keeps_nothing, stage_set_up,
                                        stage_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
