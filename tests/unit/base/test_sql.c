/* SQL text cut into statements, and :parameters found where a value can stand and nowhere else. */
#include "base/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

/* What binding makes of a text: the parameters become $1.. and everything else stays byte by byte.
 */
static const struct {
    const char *text, *bound, *names;
} bindings[] = {
    {"SELECT :a", "SELECT $1", "a"},
    {"SELECT :a, :b, :a", "SELECT $1, $2, $1", "a b"},
    {"SELECT f(:a,:b)", "SELECT f($1,$2)", "a b"},
    {"SELECT x WHERE y=:a", "SELECT x WHERE y=$1", "a"},
    {"SELECT x WHERE y = :a AND z <> :b", "SELECT x WHERE y = $1 AND z <> $2", "a b"},
    {"SELECT x WHERE y IN (:a, :b)", "SELECT x WHERE y IN ($1, $2)", "a b"},
    {"SELECT x WHERE y BETWEEN :a AND :b", "SELECT x WHERE y BETWEEN $1 AND $2", "a b"},
    {"SELECT x WHERE y LIKE :a ESCAPE :b", "SELECT x WHERE y LIKE $1 ESCAPE $2", "a b"},
    {"SELECT x WHERE NOT :a OR :b", "SELECT x WHERE NOT $1 OR $2", "a b"},
    {"SELECT x FROM t LIMIT :n OFFSET :m", "SELECT x FROM t LIMIT $1 OFFSET $2", "n m"},
    {"SELECT CASE WHEN :a THEN :b ELSE :c END", "SELECT CASE WHEN $1 THEN $2 ELSE $3 END", "a b c"},
    {"SELECT CASE :a WHEN 1 THEN 2 END", "SELECT CASE $1 WHEN 1 THEN 2 END", "a"},
    {"SELECT :a::int", "SELECT $1::int", "a"},
    {"SELECT (:a)::date", "SELECT ($1)::date", "a"},
    {"SELECT x || :a || y", "SELECT x || $1 || y", "a"},
    {"SELECT x->>:a", "SELECT x->>$1", "a"},
    {"SELECT -:a", "SELECT -$1", "a"},
    {"SELECT [:a, :b]", "SELECT [$1, $2]", "a b"},
    {"SELECT x IN [:a]", "SELECT x IN [$1]", "a"},
    {"SELECT f([:a])", "SELECT f([$1])", "a"},
    {"SELECT {k: :a}", "SELECT {k: $1}", "a"},
    {"SELECT {'k': :a, 'l': 2}", "SELECT {'k': $1, 'l': 2}", "a"},
    {"SELECT {k::a}", "SELECT {k::a}", ""},
    {"SELECT MAP {:k: :v}", "SELECT MAP {$1: $2}", "k v"},
    {"SELECT f(x := :a)", "SELECT f(x := $1)", "a"},
    {"SELECT f(x => :a)", "SELECT f(x => $1)", "a"},
    {"SELECT t AT TIME ZONE :z", "SELECT t AT TIME ZONE $1", "z"},
    {"SELECT a[:n]", "SELECT a[:n]", ""},
    {"SELECT a[1:n]", "SELECT a[1:n]", ""},
    {"SELECT a[x:y]", "SELECT a[x:y]", ""},
    {"SELECT f(a)[:n]", "SELECT f(a)[:n]", ""},
    {"SELECT \"a\"[:n]", "SELECT \"a\"[:n]", ""},
    {"SELECT a[1][:n]", "SELECT a[1][:n]", ""},
    {"SELECT a[f(x):n]", "SELECT a[f(x):n]", ""},
    {"SELECT a[:n:2]", "SELECT a[:n:2]", ""},
    {"SELECT [1, 2][:n]", "SELECT [1, 2][:n]", ""},
    {"SELECT a[:x + 1]", "SELECT a[:x + 1]", ""},
    {"SELECT a[f(:x)]", "SELECT a[f($1)]", "x"},
    {"SELECT {k: v}", "SELECT {k: v}", ""},
    {"SELECT {k:v}", "SELECT {k:v}", ""},
    {"SELECT {'k':v}", "SELECT {'k':v}", ""},
    {"SELECT {\"k\":v}", "SELECT {\"k\":v}", ""},
    {"SELECT x: 42", "SELECT x: 42", ""},
    {"SELECT x:y FROM t", "SELECT x:y FROM t", ""},
    {"SELECT x : y FROM t", "SELECT x : y FROM t", ""},
    {"SELECT a::text", "SELECT a::text", ""},
    {"SELECT '10:b'", "SELECT '10:b'", ""},
    {"SELECT ':a'':b'", "SELECT ':a'':b'", ""},
    {"SELECT E'it\\':s', :a", "SELECT E'it\\':s', $1", "a"},
    {"SELECT \":a\"", "SELECT \":a\"", ""},
    {"SELECT $$ :a $$, :b", "SELECT $$ :a $$, $1", "b"},
    {"SELECT $q$ $$ :a $q$, :b", "SELECT $q$ $$ :a $q$, $1", "b"},
    {"SELECT 1 -- :a\n, :b", "SELECT 1 -- :a\n, $1", "b"},
    {"SELECT 1 /* :a /* :b */ :c */ , :d", "SELECT 1 /* :a /* :b */ :c */ , $1", "d"},
    {"SELECT 1:00", "SELECT 1:00", ""},
    {"SELECT : a", "SELECT : a", ""},
    {"SELECT x.:a", "SELECT x.:a", ""},
    {"SELECT count(*) FILTER (WHERE :a)", "SELECT count(*) FILTER (WHERE $1)", "a"},
    {"SELECT sum(x) OVER (ROWS :n PRECEDING)", "SELECT sum(x) OVER (ROWS $1 PRECEDING)", "n"},
    {"VALUES (:a), (:b)", "VALUES ($1), ($2)", "a b"},
    {"FROM f(:a)", "FROM f($1)", "a"},
};

static void parameters_stand_where_values_can(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bindings); i++) {
        struct arena *arena = arena_new();
        const char *text = bindings[i].text;
        struct sql_text parsed = sql_parse(arena, text, strlen(text));
        assert_int_equal(parsed.count, 1);
        struct sql_bound bound = sql_bind(arena, text, &parsed.statements[0]);
        char *names = arena_strdup(arena, "");
        for (size_t j = 0; j < bound.name_count; j++)
            names = arena_printf(arena, "%s%s%s", names, j ? " " : "", bound.names[j]);
        if (strcmp(bound.text, bindings[i].bound) != 0 || strcmp(names, bindings[i].names) != 0)
            fail_msg("%s became %s with %s", text, bound.text, names);
        arena_free(arena);
    }
}

/* Statements with their verbs, as "VERB:text|VERB:text"; ! = open, . = ended by a semicolon. */
static const struct {
    const char *text, *statements;
} cuts[] = {
    {"", ""},
    {" ; ;; ", ""},
    {"-- only a comment", ""},
    {"select 1", "SELECT:select 1"},
    {"select 1;", "SELECT:select 1."},
    {"select 1; select 2;\n", "SELECT:select 1.|SELECT:select 2."},
    {"-- first\nselect 1; -- last\n", "SELECT:select 1."},
    {"select ';' ; from t", "SELECT:select ';'.|FROM:from t"},
    {"select $$;$$; values (1)", "SELECT:select $$;$$.|VALUES:values (1)"},
    {"select /* ; */ 1", "SELECT:select /* ; */ 1"},
    {"(select 1)", "(:(select 1)"},
    {"with a as (select 1) select 2", "WITH:with a as (select 1) select 2"},
    {"explain select 1", "SELECT+:explain select 1"},
    {"explain analyze select 1", "SELECT+:explain analyze select 1"},
    {"explain (format json) select 1", "SELECT+:explain (format json) select 1"},
    {"explain (analyze, format json) delete from t",
     "DELETE+:explain (analyze, format json) delete from t"},
    {"explain (select 1)", "(+:explain (select 1)"},
    {"explain analyze insert into t values (1)",
     "INSERT+:explain analyze insert into t values (1)"},
    {"select 'it", "SELECT:select 'it!"},
    {"select \"it", "SELECT:select \"it!"},
    {"select $$it", "SELECT:select $$it!"},
    {"select (1", "SELECT:select (1!"},
    {"select [1, {a: 2}", "SELECT:select [1, {a: 2}!"},
    {"select 1 /* it", "SELECT:select 1!"},
    {"select 1; select (", "SELECT:select 1.|SELECT:select (!"},
    {"select 'it\\'", "SELECT:select 'it\\'"},
    {"select 1 -- a\r; select 2", "SELECT:select 1.|SELECT:select 2"},
    {"select 1e'\\''; select 2", "SELECT:select 1e'\\''.|SELECT:select 2"},
    {"select 1e-5 ; select 2", "SELECT:select 1e-5.|SELECT:select 2"},
    {"select e'it\\'", "SELECT:select e'it\\'!"},
};

static char *cut_of(struct arena *arena, const char *text)
{
    struct sql_text parsed = sql_parse(arena, text, strlen(text));
    char *out = arena_strdup(arena, "");
    for (size_t i = 0; i < parsed.count; i++) {
        const struct sql_statement *statement = &parsed.statements[i];
        bool ended = i + 1 < parsed.count || parsed.terminated;
        out = arena_printf(arena, "%s%s%s%s:%.*s%s%s", out, i ? "|" : "", statement->verb,
                           statement->explain ? "+" : "", (int)statement->size,
                           text + statement->offset, statement->open ? "!" : "", ended ? "." : "");
        if (i + 1 == parsed.count)
            assert_true(parsed.open == statement->open);
    }
    return out;
}

static void statements_are_cut(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(cuts); i++)
        assert_string_equal(cut_of(arena, cuts[i].text), cuts[i].statements);
    arena_free(arena);
}

/* What stands behind EXPLAIN is what the guard of an engine must look at. */
static void the_body_of_explain_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *body;
    } rows[] = {{" select 1", "select 1"},
                {"explain select 1", "select 1"},
                {"explain analyze with a as (select 1) insert into t from a",
                 "with a as (select 1) insert into t from a"},
                {"explain (format json) from t", "from t"},
                {"explain (analyze) from t", "from t"},
                {"explain analyze (select 1)", "(select 1)"}};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sql_text parsed = sql_parse(arena, rows[i].text, strlen(rows[i].text));
        assert_string_equal(rows[i].text + parsed.statements[0].body, rows[i].body);
    }
    arena_free(arena);
}

/* A byte of the bound text leads back to its byte in the cell: before, within and behind a
 * parameter. */
static void places_lead_back_to_the_cell(void **state)
{
    (void)state;
    static const char text[] = "-- c\nselect :name,\n  oops";
    struct arena *arena = arena_new();
    struct sql_text parsed = sql_parse(arena, text, strlen(text));
    struct sql_bound bound = sql_bind(arena, text, &parsed.statements[0]);
    assert_string_equal(bound.text, "select $1,\n  oops");
    assert_int_equal(bound.map[0], 5);
    assert_int_equal(bound.map[strlen("select $")], strstr(text, ":name") - text);
    assert_int_equal(bound.map[strstr(bound.text, "oops") - bound.text],
                     strstr(text, "oops") - text);
    assert_int_equal(bound.map[bound.size], strlen(text));
    int line, column;
    sql_position(text, strlen(text), (size_t)(strstr(text, "oops") - text), &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 3);
    sql_position("\xC3\xA4\xF0\x9F\x98\x80x", 7, 6, &line, &column);
    assert_int_equal(line, 1);
    assert_int_equal(column, 3); /* code points, not bytes */
    arena_free(arena);
}

static void any_bytes_are_text(void **state)
{
    (void)state;
    static const char text[] = "select\0 '\xFF\0;' ; \xC0\x80 :a";
    struct arena *arena = arena_new();
    struct sql_text parsed = sql_parse(arena, text, sizeof text - 1);
    assert_int_equal(parsed.count, 2);
    char deep[5000];
    memset(deep, '(', sizeof deep);
    parsed = sql_parse(arena, deep, sizeof deep);
    assert_int_equal(parsed.count, 1);
    assert_true(parsed.open);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_stand_where_values_can),
        cmocka_unit_test(statements_are_cut),
        cmocka_unit_test(the_body_of_explain_is_found),
        cmocka_unit_test(places_lead_back_to_the_cell),
        cmocka_unit_test(any_bytes_are_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
