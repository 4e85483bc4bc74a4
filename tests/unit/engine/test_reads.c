/* Which statements Trino and Athena are sent: only what reads, whatever its comments, brackets and
 * letters. */
#include "base/buf.h"
#include "engine/reads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static const char *const sent[] = {
    "SELECT 1",
    "select 1",
    "  \t\r\n SELECT 1",
    "SELECT 1;",
    "SELECT 1 ; ; -- done",
    ";; SELECT 1",
    "-- a remark\nSELECT 1",
    "-- a remark\rSELECT 1",
    "/* INSERT INTO t SELECT 1 */ SELECT 1",
    "/**/SELECT/**/1",
    "(SELECT 1)",
    "((SELECT 1) UNION (SELECT 2)) LIMIT 1",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "WITH RECURSIVE t(n) AS (VALUES (1)) SELECT n FROM t",
    "VALUES (1, 'x'), (2, 'y')",
    "TABLE t",
    "SHOW TABLES IN d LIKE 'a%'",
    "SHOW CREATE TABLE t",
    "DESCRIBE t",
    "DESC t",
    "EXPLAIN SELECT 1",
    "EXPLAIN INSERT INTO t SELECT 1", /* nothing of it is run */
    "EXPLAIN (TYPE DISTRIBUTED, FORMAT JSON) DELETE FROM t",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPLAIN ANALYZE VERBOSE WITH a AS (SELECT 1) SELECT 1 FROM a",
    "EXECUTE IMMEDIATE 'SELECT 1'",
    "EXECUTE IMMEDIATE 'SELECT ? + ?' USING 1, 2",
    "EXPLAIN ANALYZE EXECUTE IMMEDIATE 'SELECT 1'",
    "SELECT 'INSERT; DELETE /* -- ' FROM t",
    "SELECT 'it''s; ) ('",
    "SELECT \"a;b\", \"c\"\"d)\" FROM \"delete\"",
    "SELECT E'\\'", /* a backslash is a backslash */
    "SELECT a FROM t WHERE b = $1 AND c[1] = U&'\\0041'",
    "SELECT query(a) FROM t",
    "WITH query(a) AS (SELECT 1) SELECT a FROM query",
    "SELECT 1e5, 1.5, .5, 0x1F, X'00'",
};

static const struct {
    const char *sql, *says;
} kept[] = {
    {"", "what is no statement"},
    {";", "what is no statement"},
    {"-- SELECT 1", "what is no statement"},
    {"INSERT INTO t SELECT 1", "INSERT is not sent"},
    {"insert into t select 1", "INSERT is not sent"},
    {"InSeRt INTO t SELECT 1", "INSERT is not sent"},
    {"/* SELECT */ DELETE FROM t", "DELETE is not sent"},
    {"-- SELECT 1\nDELETE FROM t", "DELETE is not sent"},
    {"-- SELECT 1\rDELETE FROM t", "DELETE is not sent"},
    {";DROP TABLE t", "DROP is not sent"},
    {"; ; /**/ ; DROP TABLE t", "DROP is not sent"},
    {"(DELETE FROM t)", "DELETE is not sent"},
    {"( /* x */ ( INSERT INTO t SELECT 1))", "INSERT is not sent"},
    {"SELECT 1; DROP TABLE t", "a second statement"},
    {"SELECT 1;;;DROP TABLE t", "a second statement"},
    {"SELECT 1; SELECT 2", "a second statement"},
    {"VALUES (1); -- x\nDROP TABLE t", "a second statement"},
    {"CREATE TABLE t AS SELECT 1", "CREATE is not sent"},
    {"MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", "MERGE is not sent"},
    {"UPDATE t SET a = 1", "UPDATE is not sent"},
    {"TRUNCATE TABLE t", "TRUNCATE is not sent"},
    {"ALTER TABLE t EXECUTE optimize", "ALTER is not sent"},
    {"MSCK REPAIR TABLE t", "MSCK is not sent"},
    {"VACUUM t", "VACUUM is not sent"},
    {"OPTIMIZE t REWRITE DATA USING BIN_PACK", "OPTIMIZE is not sent"},
    {"GRANT SELECT ON t TO u", "GRANT is not sent"},
    {"REFRESH MATERIALIZED VIEW v", "REFRESH is not sent"},
    {"ANALYZE t", "ANALYZE is not sent"},
    {"COMMENT ON TABLE t IS 'x'", "COMMENT is not sent"},
    {"UNLOAD (SELECT 1) TO 's3://b/p/' WITH (format = 'PARQUET')", "UNLOAD is not sent"},
    {"CALL system.runtime.kill_query('x')", "CALL is not sent"},
    {"USING EXTERNAL FUNCTION f(a INT) RETURNS INT LAMBDA 'x' SELECT f(1)", "USING is not sent"},
    {"SET SESSION a = 1", "SET is not sent"},
    {"USE a.b", "USE is not sent"},
    {"START TRANSACTION", "START is not sent"},
    {"PREPARE p FROM DELETE FROM t", "PREPARE is not sent"},
    {"PREPARE p FROM SELECT 1", "PREPARE is not sent"},
    {"DEALLOCATE PREPARE p", "DEALLOCATE is not sent"},
    {"EXECUTE p", "EXECUTE is not sent"},
    {"EXECUTE p USING 1", "EXECUTE is not sent"},
    {"EXECUTE \"IMMEDIATE\" 'SELECT 1'", "EXECUTE is not sent"},
    {"EXECUTE IMMEDIATE 'DELETE FROM t'", "DELETE is not sent"},
    {"EXECUTE IMMEDIATE '/* SELECT */ ; DELETE FROM t'", NULL},
    {"EXECUTE IMMEDIATE 'SELECT 1; DELETE FROM t'", "a second statement"},
    {"EXECUTE IMMEDIATE 'SELECT /* /* */ 1'", "a comment within a comment"},
    {"EXECUTE IMMEDIATE 'EXECUTE IMMEDIATE ''DELETE FROM t'''", "within others"},
    {"EXECUTE /**/ IMMEDIATE -- x\n 'DROP TABLE t'", "DROP is not sent"},
    {"EXPLAIN ANALYZE DELETE FROM t", "DELETE is not sent"},
    {"EXPLAIN /* x */ ANALYZE -- y\n VERBOSE INSERT INTO t SELECT 1", "INSERT is not sent"},
    {"EXPLAIN (FORMAT JSON) ANALYZE DELETE FROM t", "DELETE is not sent"},
    {"EXPLAIN (ANALYZE) DELETE FROM t", "EXPLAIN (ANALYZE)"},
    {"EXPLAIN (TYPE LOGICAL; DROP TABLE t", "EXPLAIN with what is no option"},
    {"EXPLAIN ANALYZE EXECUTE IMMEDIATE 'DROP TABLE t'", "DROP is not sent"},
    {"EXPLAIN ANALYZE EXPLAIN ANALYZE DROP TABLE t", "DROP is not sent"},
    {"EXPLAIN ANALYZE ;DROP TABLE t", "DROP is not sent"},
    {"EXPLAIN ANALYZE (DROP TABLE t)", "DROP is not sent"},
    {"EXPLAIN SELECT 1; DROP TABLE t", "a second statement"},
    /* Trino ends a comment at its first end, readers that nest at another */
    {"/* /* */ INSERT INTO t SELECT 1 -- */ SELECT 1", "a comment within a comment"},
    {"SELECT 1 /* /* */ ; DROP TABLE t -- */ */", "a comment within a comment"},
    {"SELECT 1 /* open", "a comment that is not closed"},
    {"SELECT 'open", "quotes that are not closed"},
    {"SELECT \"open", "quotes that are not closed"},
    {"SELECT $$ ; $$", "a text between $$"},
    {"SELECT E'\\'; DROP TABLE t --'", "a second statement"},
    /* what would end the UNLOAD around it */
    {"SELECT 1) TO 's3://elsewhere/' WITH (format = 'PARQUET') --",
     "a bracket that was not opened"},
    {"SELECT 1) TO 's3://elsewhere/' WITH (format = 'PARQUET', x = '", NULL},
    {"SELECT (1", "a bracket that is not closed"},
    {"(SELECT 1", "a bracket that is not closed"},
    /* letters that look like others, blanks that are none */
    {"\xEF\xBC\xB3"
     "ELECT 1",
     "what is no statement"},
    {"\xC2\xA0SELECT 1", "what is no statement"},
    {"\xEF\xBB\xBFSELECT 1", "what is no statement"},
    {"\xC5\xBF"
     "ELECT 1",
     "what is no statement"},
    {"SELECT\xC2\xA0; DROP TABLE t", "a second statement"},
    {"\vSELECT 1", "what is no statement"},
    {"SELECTX 1", "SELECTX is not sent"},
    {"SELECT_1", "SELECT_1 is not sent"},
    {"\"SELECT\" 1", "what is no statement"},
    {"`SELECT` 1", "what is no statement"},
    {"'SELECT' 1", "what is no statement"},
    {"SELECT * FROM TABLE(pg.system.query(query => 'DELETE FROM t'))", "hands a text on"},
    {"SELECT * FROM TABLE(system . \"QUERY\" /**/ (query => 'DELETE FROM t'))", "hands a text on"},
    {"SELECT * FROM TABLE(query(query => 'DELETE FROM t'))", "hands a text on"},
    {"SELECT * FROM TABLE(es.system.raw_query(schema => 'x'))", "hands a text on"},
};

static const struct {
    const char *sql, *says;
} hinted[] = {{"SELEC 1", "Did you mean SELECT?"},
              {"wiht x AS (SELECT 1) SELECT * FROM x", "Did you mean WITH?"},
              {"DELETE FROM t", "--into NAME"},
              {"UNLOAD (SELECT 1) TO 'x'", "--unload"},
              {"\xC2\xA0SELECT 1", "invisible"},
              {"\xEF\xBB\xBFSELECT 1", "invisible"},
              {"SELECT 'open", "Close"},
              {"SELECT 1 /* /* */", "plainly"}};

static void what_to_do_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hinted); i++) {
        struct error err = {0};
        if (reads_check(hinted[i].sql, strlen(hinted[i].sql), "Athena", &err) ||
            !strstr(err.hint, hinted[i].says))
            fail_msg("%s: %s (%s)", hinted[i].sql, err.message, err.hint);
    }
}

static void what_reads_is_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sent); i++) {
        struct error err = {0};
        if (!reads_check(sent[i], strlen(sent[i]), "Trino", &err))
            fail_msg("%s: %s", sent[i], err.message);
    }
}

static void all_else_is_refused_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kept); i++) {
        struct error err = {0};
        if (reads_check(kept[i].sql, strlen(kept[i].sql), "Trino", &err) ||
            err.kind != ERROR_REFUSED || (kept[i].says && !strstr(err.message, kept[i].says)) ||
            !err.hint[0])
            fail_msg("%s: %s (%s)", kept[i].sql, err.message, err.hint);
    }
    struct error err = {0};
    assert_false(
        reads_check("SELECT 1\0; DROP TABLE t", 23, "Trino", &err)); /* bytes, not C texts */
}

/* A statement that writes, behind every beginning that a lexer may trip over, stays refused. */
static void nothing_hides_a_write(void **state)
{
    (void)state;
    static const char *const before[] = {"",      ";",       "--\n",   "/**/",   "/*'*/",
                                         "--'\n", "/*\"*/ ", "--*/\n", "/*--*/", "(",
                                         "((",    "\t",      "/***/",  "/*/ */", "/* * / */"};
    static const char *const writes[] = {
        "DELETE FROM t", "insert into t values (1)", "CREATE VIEW v AS SELECT 1",
        "EXPLAIN ANALYZE DELETE FROM t", "EXECUTE IMMEDIATE 'DROP TABLE t'"};
    for (size_t i = 0; i < COUNT(before); i++)
        for (size_t j = 0; j < COUNT(before); j++)
            for (size_t k = 0; k < COUNT(writes); k++) {
                struct error err = {0};
                char sql[256];
                (void)snprintf(sql, sizeof sql, "%s%s%s", before[i], before[j], writes[k]);
                if (reads_check(sql, strlen(sql), "Athena", &err))
                    fail_msg("%s is sent", sql);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_reads_is_sent),
        cmocka_unit_test(all_else_is_refused_with_its_reason),
        cmocka_unit_test(what_to_do_is_said),
        cmocka_unit_test(nothing_hides_a_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
