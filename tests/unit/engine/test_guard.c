/* The analyst's SQL reads the named folders and nothing else, and writes nothing. */
#include "tests/unit/engine/stage.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* %s is a file that must not come to be. */
static const char *const refused[] = {
    "COPY (SELECT 1) TO '%s'",
    "COPY results.main.kept TO '%s'",
    "EXPORT DATABASE '%s'",
    "IMPORT DATABASE '%s'",
    "ATTACH '%s' AS x",
    "DETACH results",
    "USE results",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '%s'",
    "SET memory_limit = '1GB'",
    "SET VARIABLE x = 1",
    "RESET search_path",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CREATE TABLE x AS SELECT 1",
    "CREATE VIEW x AS SELECT 1",
    "CREATE OR REPLACE MACRO ip_in(a, b) AS true",
    "CREATE SECRET s (TYPE s3)",
    "INSERT INTO kept VALUES (2)",
    "UPDATE kept SET a = 3",
    "DELETE FROM kept",
    "TRUNCATE kept",
    "DROP TABLE kept",
    "DROP FUNCTION ip_in",
    "ALTER TABLE kept ADD COLUMN b INT",
    "CALL pragma_version()",
    "CHECKPOINT results",
    "VACUUM",
    "ANALYZE",
    "BEGIN",
    "PREPARE p AS DELETE FROM kept",
    "EXECUTE p",
    "COMMENT ON TABLE kept IS 'x'",
    "MERGE INTO kept USING (SELECT 1 AS a) s USING (a) WHEN MATCHED THEN DELETE",
    "WITH x AS (SELECT 1 AS a) INSERT INTO kept SELECT a FROM x",
    "WITH x AS (SELECT 1 AS a) DELETE FROM kept USING x",
    "WITH x AS (SELECT 1 AS a) UPDATE kept SET a = 9",
    "EXPLAIN ANALYZE DELETE FROM kept",
    "EXPLAIN ANALYZE INSERT INTO kept VALUES (2)",
    "EXPLAIN ANALYZE WITH x AS (SELECT 1 AS a) INSERT INTO kept SELECT a FROM x",
    "EXPLAIN (ANALYZE) WITH x AS (SELECT 1 AS a) DELETE FROM kept USING x",
    "EXPLAIN (ANALYZE, FORMAT JSON) COPY (SELECT 1) TO '%s'",
    "/* SELECT */ COPY (SELECT 1) TO '%s'",
    "FROM (SELECT 1) COPY TO '%s'",
    "SELECT 1; COPY (SELECT 1) TO '%s'",
    "SELECT 1; DROP TABLE kept",
    "PIVOT (SELECT 1 AS a, 'x' AS b) ON b USING sum(a); DROP TABLE kept",
    "SELECT * FROM query('DROP TABLE kept')",
    "SELECT * FROM query('COPY (SELECT 1) TO ''%s''')",
    "FROM json_execute_serialized_sql(json_serialize_sql('DROP TABLE kept'))",
    "FROM enable_logging(level => 'trace', storage => 'file', storage_path => '%s')",
    "FROM enable_logging('QueryLog', storage_config => {'path': '%s'})",
    "FROM \"ENABLE_logging\"(level => 'trace')",
    "FROM system.main.enable_logging/**/(level => 'trace')",
    "SELECT * FROM query('FROM enable_' || 'logging()')",
    "SELECT * FROM \"query\" /**/ ('FROM enable_' || 'logging()')",
    "SELECT * FROM query\xC2\xA0('FROM enable_' || 'logging()')",
    "SELECT 1e'\\'', (FROM enable_logging()) --'",
    "SELECT 1 -- \r FROM enable_logging()",
    "FROM truncate_duckdb_logs()",
    "FROM disable_peg_parser()",
    "FROM enable_profiling(save_location => '%s')",
    "FROM force_checkpoint('results')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/hostname')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM glob('/etc/*') WHERE file LIKE '%%passwd%%' AND error('read')",
    "SELECT * FROM read_csv('https://example.com/x.csv')",
    "SELECT * FROM 's3://bucket/key.parquet'",
    "SELECT * FROM sqlite_scan('%s', 'x')",
    "FROM which_secret('s3://x', 's3') WHERE error('read')",
};

static void what_writes_or_leaves_is_refused(void **state)
{
    struct stage *stage = *state;
    const char *target = file_join(stage->arena, stage->open, "written");
    (void)stage_keep(stage, "kept", "SELECT 1 AS a");
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct buf sql;
        buf_init(&sql, 4096);
        const char *hole = strstr(refused[i], "%s");
        buf_add(&sql, refused[i], hole ? (size_t)(hole - refused[i]) : strlen(refused[i]));
        buf_adds(&sql, hole ? target : "");
        buf_adds(&sql, hole ? hole + 2 : "");
        struct error err = stage_error(stage, sql.data);
        if (err.kind == ERROR_NONE || file_exists(target))
            fail_msg("%s wrote", sql.data);
        buf_release(&sql);
        assert_string_equal(stage_rows(stage, "SELECT * FROM kept"), "1");
        assert_string_equal(stage_rows(stage, "SELECT ip_in('10.0.0.0/8', '11.0.0.1')"), "false");
    }
}

/* The word names the kind: the analyst learns that it is a rule and what to do instead. */
static void a_refusal_says_what_to_do(void **state)
{
    struct stage *stage = *state;
    static const char *const words[] = {
        "COPY (SELECT 1) TO 'x'", "INSERT INTO kept VALUES (1)", "SET threads = 1",
        "WITH x AS (SELECT 1 AS a) INSERT INTO kept SELECT a FROM x",
        "EXPLAIN ANALYZE WITH x AS (SELECT 1 AS a) INSERT INTO kept SELECT a FROM x"};
    for (size_t i = 0; i < COUNT(words); i++) {
        struct error err = stage_error(stage, words[i]);
        assert_int_equal(err.kind, ERROR_REFUSED);
        assert_non_null(strstr(err.hint, "--into"));
        assert_non_null(strstr(err.hint, "--save"));
    }
    struct error acts = stage_error(stage, "SELECT 'enable_logging' AS word");
    assert_int_equal(acts.kind, ERROR_REFUSED);
    assert_non_null(strstr(acts.hint, ":word"));
    struct error err = stage_error(stage, "SELECT * FROM read_text('/etc/passwd')");
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_non_null(strstr(err.hint, "%lake open"));
}

/* The same holds where the result is kept, which puts our CREATE TABLE before the analyst's words.
 */
static void keeping_is_no_way_out(void **state)
{
    struct stage *stage = *state;
    static const char *const tries[] = {
        "WITH x AS (SELECT 1 AS a) INSERT INTO kept SELECT a FROM x", "INSERT INTO kept VALUES (1)",
        "EXECUTE p", "SELECT 1; DROP TABLE kept", "SELECT * FROM read_text('/etc/passwd')"};
    for (size_t i = 0; i < COUNT(tries); i++) {
        struct engine_request request = {
            .sql = tries[i], .size = strlen(tries[i]), .keep_as = "kept"};
        struct engine_reading reading = {0};
        struct error err = {0};
        struct table *table;
        assert_false(engine_read(local_engine(stage->local), &request, stage->arena, &reading,
                                 &table, &err));
        assert_true(err.kind == ERROR_REFUSED || err.kind == ERROR_SQL);
        assert_string_equal(stage_rows(stage, "SELECT * FROM kept"), "1");
    }
}

/* A link that leads out of a folder is as far away as what it leads to. */
static void links_do_not_lead_out(void **state)
{
    struct stage *stage = *state;
    const char *link = file_join(stage->arena, stage->open, "link.csv");
    assert_int_equal(symlink("/etc/passwd", link), 0);
    (void)stage_error(stage, arena_printf(stage->arena, "SELECT * FROM read_text('%s')", link));
    (void)stage_error(stage, arena_printf(stage->arena,
                                          "SELECT * FROM read_text('%s/../../../etc/passwd')",
                                          stage->open));
    assert_int_equal(unlink(link), 0);
}

static const struct {
    const char *sql, *rows;
} allowed[] = {
    {"SELECT 1", "1"},
    {"select 1 -- with a comment; and more", "1"},
    {"/* c */ WITH a AS (SELECT 2 AS x) SELECT x FROM a", "2"},
    {"FROM (SELECT 3 AS x)", "3"},
    {"VALUES (1, 'a'), (2, 'b')", "1|a/2|b"},
    {"(SELECT 4) UNION ALL (SELECT 5)", "4/5"},
    {"TABLE kept", "1"},
    {"DESCRIBE SELECT 1 AS a", "a|INTEGER|YES|~|~|~"},
    {"DESC kept", "a|INTEGER|YES|~|~|~"},
    {"SELECT column_name FROM (SUMMARIZE kept)", "a"},
    {"SELECT count(*) FROM (SHOW ALL TABLES)", "1"},
    {"UNPIVOT (SELECT 1 AS x, 2 AS y) ON x, y", "x|1/y|2"},
    {"PIVOT (SELECT 1 AS a, 'x' AS b) ON b IN ('x') USING sum(a)", "1"},
    {"PIVOT (SELECT unnest([1, 2]) AS a, unnest(['x', 'y']) AS b) ON b USING sum(a)", "1|2"},
    {"SELECT ';' AS x", ";"},
    {"SELECT query.hostname, query_id FROM (SELECT {hostname: 'x'} AS query, 1 AS query_id)",
     "x|1"},
    {"SELECT query IN (1) FROM (SELECT 1 AS query)", "true"},
};

static void what_reads_is_run(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(allowed); i++) {
        const char *rows = stage_rows(stage, allowed[i].sql);
        if (strcmp(rows, allowed[i].rows) != 0)
            fail_msg("%s gave %s", allowed[i].sql, rows);
    }
    assert_true(stage_table(stage, "EXPLAIN SELECT 1")->rows > 0);
    assert_true(stage_table(stage, "EXPLAIN ANALYZE WITH a AS (SELECT 1) SELECT * FROM a")->rows >
                0);
    assert_true(stage_table(stage, "EXPLAIN (FORMAT JSON) SELECT 1")->rows > 0);
    assert_true(stage_table(stage, "SUMMARIZE SELECT 1 AS a")->rows > 0);
    assert_true(stage_table(stage, "SHOW TABLES")->rows > 0);
    const char *csv = arena_printf(stage->arena, "SELECT * FROM '%s/t.csv'", stage->open);
    assert_string_equal(stage_rows(stage, csv), "1|x/2|y");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_writes_or_leaves_is_refused),
        cmocka_unit_test(a_refusal_says_what_to_do),
        cmocka_unit_test(keeping_is_no_way_out),
        cmocka_unit_test(links_do_not_lead_out),
        cmocka_unit_test(what_reads_is_run),
    };
    return cmocka_run_group_tests(tests, stage_set_up, stage_tear_down);
}
