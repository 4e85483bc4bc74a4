/* What is read off a query of Athena, and off what AWS says of its tables, before it is asked. */
#include "engine/athena_columns.h"
#include "engine/athena_layout.h"
#include "engine/athena_unload.h"

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct engine_request request_of(const char *sql)
{
    return (struct engine_request){.sql = sql, .size = strlen(sql)};
}

/* "catalog.database.table*times ..." or "? why" */
static const char *named(struct arena *arena, const char *sql)
{
    struct engine_request request = request_of(sql);
    struct athena_named *list;
    const char *why, *text = "";
    if (!athena_find_named(arena, &request, &list, &why))
        return arena_printf(arena, "? %s", why);
    for (; list; list = list->next)
        text = arena_printf(arena, "%s%s%s%s%s%s%s*%d", text, *text ? " " : "",
                            list->catalog ? list->catalog : "", list->catalog ? "." : "",
                            list->database ? list->database : "", list->database ? "." : "",
                            list->table, (int)list->times);
    return text;
}

static const struct {
    const char *sql, *named;
} queries[] = {
    {"SELECT 1", ""},
    {"SELECT a FROM T", "t*1"},
    {"SELECT a FROM \"C\".d.\"t t\"", "c.d.t t*1"},
    {"SELECT a FROM b, c d, e AS f JOIN (g CROSS JOIN h) ON a = b, i", "b*1 c*1 e*1 g*1 h*1 i*1"},
    {"SELECT a FROM b limit, c", "b*1 c*1"}, /* LIMIT is a name here */
    {"SELECT a FROM b \"where\", c", "b*1 c*1"},
    {"SELECT a FROM t WHERE b IN (SELECT c FROM u) AND EXISTS (SELECT 1 FROM v)", "t*1 u*1 v*1"},
    {"SELECT (SELECT max(x) FROM u) FROM t UNION ALL (SELECT y FROM v)", "u*1 t*1 v*1"},
    {"SELECT a FROM t CROSS JOIN UNNEST(x) WITH ORDINALITY AS u(a, b), LATERAL (SELECT 1 FROM v)",
     "t*1 v*1"},
    {"SELECT extract(day FROM d), trim(BOTH 'x' FROM e) FROM t WHERE a IS DISTINCT FROM b", "t*1"},
    {"SELECT a FROM (VALUES (1), (2)) v(a), t", "t*1"},
    {"SELECT CAST(a AS timestamp(3) with time zone) FROM t", "t*1"},
    {"SELECT 'FROM u, v', \"from w\" FROM t -- FROM x\n/* FROM y */", "t*1"},
    {"WITH a AS (SELECT 1 FROM t), b AS (SELECT 1 FROM a, a x) SELECT 1 FROM b, b y, a", "t*5"},
    {"WITH a AS (SELECT 1 FROM t) SELECT 1", "t*0"},
    {"WITH t AS (SELECT 1 FROM t) SELECT 1 FROM t, d.t", "t*1 d.t*1"},
    {"SELECT 1 FROM (WITH a AS (SELECT 1 FROM t) SELECT 1 FROM a, a b) JOIN a ON true", "t*2 a*1"},
    {"WITH o AS (WITH i AS (SELECT 1 FROM t) SELECT 1 FROM i, i j) SELECT 1 FROM o, o p", "t*4"},
    {"SELECT count(DISTINCT a), sum(DISTINCT b) FROM t", "t*3"},
    {"SELECT a FROM t WHERE a = $1 AND b IN ($2, 'x')", "t*1"},
    {"WITH RECURSIVE t(n) AS (SELECT 1) SELECT n FROM t", "? its WITH is not understood"},
    {"WITH FUNCTION f() RETURNS bigint RETURN 1 SELECT f()", "? its WITH is not understood"},
    {"SELECT a FROM TABLE(f(1))", "? it reads a function, or a table as of another time"},
    {"SELECT a FROM t FOR VERSION AS OF 7", "? it reads a function, or a table as of another time"},
    {"SELECT a FROM \"t$files\"", "? it reads a table's metadata"},
    {"SELECT a FROM a.b.c.d", "? a table's name is not understood"},
    {"SELECT a FROM t WHERE a IN (TABLE u)", "? TABLE is not understood"},
    {"SELECT 1.5FROM t", "? its quotes and numbers are not all understood"},
    {"SELECT E'\\' FROM u --' FROM t", "? its quotes and numbers are not all understood"},
    {"SELECT $$ FROM t $$", "? its quotes and numbers are not all understood"},
    {"SELECT 1 /* /* */ FROM t -- */", "? its comments are not understood"},
    {"SELECT 1 /* FROM t", "? its comments are not understood"},
    {"SELECT (1", "? its brackets are not closed"},
    {"SELECT 1) FROM t", "? its brackets are not closed"},
    {"SELECT a FROM 'x'", "? a FROM is not understood"},
};

static void every_table_is_found(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(queries); i++)
        assert_string_equal(named(arena, queries[i].sql), queries[i].named);
    arena_free(arena);
}

/* `count` times `part` behind `head`, then `tail`. */
static const char *repeat(struct arena *arena, const char *head, const char *part, size_t count)
{
    size_t length = strlen(part), before = strlen(head);
    char *text = arena_alloc(arena, before + count * length + 1);
    memcpy(text, head, before);
    for (size_t i = 0; i < count; i++)
        memcpy(text + before + i * length, part, length);
    return text;
}

static void limits_hold(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(named(arena, repeat(arena, "SELECT 1 FROM t", ", t", 500)),
                        "? it names too many tables");
    assert_string_equal(named(arena, repeat(arena, "SELECT 1", " x", 50000)),
                        "? it has too many words");
    assert_string_equal(named(arena, repeat(arena, "SELECT ", "(", 101)),
                        "? its brackets are too deep");
    const char *views =
        repeat(arena, "WITH a AS (SELECT 1 FROM t)", ", a AS (SELECT 1 FROM a, a)", 40);
    assert_string_equal(named(arena, arena_printf(arena, "%s SELECT 1 FROM a", views)),
                        "t*1000000");
    views = repeat(arena, "WITH a AS (SELECT 1)", ", a AS (SELECT 1)", 200);
    assert_string_equal(named(arena, views), "? its WITH is not understood");
    arena_free(arena);
}

/* ---- places -------------------------------------------------------------------------------------
 */

static json_t *projected(struct arena *arena, const char *template)
{
    return json_own(arena,
                    json_pack("{s:[{s:s, s:s}, {s:s, s:s}], s:{s:s}, s:{s:s, s:s, s:s, s:s, s:s*}}",
                              "PartitionKeys", "Name", "region", "Type", "string", "Name", "day",
                              "Type", "string", "StorageDescriptor", "Location", "s3://b/t",
                              "Parameters", "projection.enabled", "true", "projection.region.type",
                              "enum", "projection.day.type", "date", "projection.day.format",
                              "yyyy/MM/dd", "storage.location.template", template));
}

/* "prefix prefix low..high" or "? why" */
static const char *layout_of(struct arena *arena, const json_t *table, const char *sql)
{
    struct engine_request request = request_of(sql);
    struct athena_named *list;
    struct athena_layout layout;
    const char *why, *text = "";
    assert_true(athena_find_named(arena, &request, &list, &why));
    if (!athena_layout(arena, table, list, &layout, &why))
        return arena_printf(arena, "? %s", why);
    for (size_t i = 0; i < layout.count; i++)
        text = arena_printf(arena, "%s%s ", text, layout.prefixes[i]);
    return arena_printf(arena, "%s%s..%s", text, layout.low, layout.high);
}

static const char path[] = "s3://b/x/${region}/${day}";

static const struct {
    const char *template, *where, *layout;
} places[] = {
    {path, "true", "x/ .."},
    {path, "region = 'eu'", "x/eu/ .."},
    {path, "t.region = 'eu' AND other.region = 'us'", "x/eu/ .."},
    {path, "u.region = 'eu'", "x/ .."},
    {path, "region IN ('eu', 'us') AND day = '2026/11/23'", "x/eu/2026/11/23/ x/us/2026/11/23/ .."},
    {path, "region = 'eu' AND day >= '2026/11/01' AND day > '2026/11/02' AND day < '2026/11/23'",
     "x/eu/ 2026/11/02..2026/11/23"},
    {path, "region = 'eu' AND day BETWEEN '2026/11/01' AND '2026/11/02'",
     "x/eu/ 2026/11/01..2026/11/02"},
    {path, "x BETWEEN 1 AND region = 'eu' AND true", "x/ .."},
    {path, "region = 'eu' AND day >= '2026-11-01'", "x/eu/ .."},
    {path, "region = 'eu' AND day = '2026/1/1'", "x/eu/ .."},
    {path, "region = 'e%'", "x/ .."},
    {path, "region = ''", "x/ .."},
    {path, "region = 'eu' || 'x'", "x/ .."},
    {path, "region = 'eu' OR true", "x/ .."},
    {path, "(region = 'eu')", "x/ .."},
    {path, "region LIKE 'eu'", "x/ .."},
    {path, "NOT region = 'eu'", "x/ .."},
    {path, "region <> 'eu'", "x/ .."},
    {NULL, "region = 'eu'", "t/region=eu/day= .."},
    {NULL, "region = 'eu' AND day = '2026/11/23'", "t/region=eu/day= .."}, /* %2F there */
    {NULL, "region = 'eu' AND day >= '2026/11/23'", "t/region=eu/day= .."},
    {"s3://b/x/${region", "region = 'eu'", "x/ .."},
    {"s3://${region}/x", "region = 'eu'", "? its place is not understood"},
    {"http://b/x", "true", "? its place is not understood"},
};

static void only_what_is_sure_narrows_a_place(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(places); i++)
        assert_string_equal(
            layout_of(arena, projected(arena, places[i].template),
                      arena_printf(arena, "SELECT 1 FROM t WHERE %s", places[i].where)),
            places[i].layout);
    assert_string_equal(layout_of(arena, projected(arena, path),
                                  "SELECT 1 FROM t LEFT JOIN u ON true WHERE region = 'eu'"),
                        "x/ ..");
    arena_free(arena);
}

static void formats_that_are_not_understood_are_said(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    static const struct {
        const char *table, *why;
    } tables[] = {
        {"{\"Parameters\": {\"table_type\": \"DELTA\"}}", "? its format is not understood"},
        {"{\"Parameters\": {\"table_type\": \"iceberg\"}}", "? it says not where its metadata is"},
        {"{\"StorageDescriptor\": {\"InputFormat\": \"o.SymlinkTextInputFormat\"}}",
         "? its files lie where a list says"},
        {"{\"TableType\": \"VIRTUAL_VIEW\"}", "? it is a view"},
        {"{}", "? its place is not understood"},
        {"[]", "? its place is not understood"},
    };
    struct error err = {0};
    for (size_t i = 0; i < COUNT(tables); i++)
        assert_string_equal(
            layout_of(arena,
                      json_parse(arena, tables[i].table, strlen(tables[i].table), 4096, &err),
                      "SELECT 1 FROM t"),
            tables[i].why);
    arena_free(arena);
}

/* ---- sizes --------------------------------------------------------------------------------------
 */

static void hostile_sizes_are_no_sizes(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct athena_layout layout = {.prefixes = {"p/"}, .count = 1, .low = "", .high = "5"};
    struct athena_size size = {0};
    json_t *page = json_own(arena, json_pack("{s:[{s:s, s:s}, {s:s, s:s}]}", "Contents", "Key",
                                             "p/5x", "Size", "7", "Key", "p/6", "Size", "9"));
    assert_true(athena_add_objects(&layout, 0, page, &size));
    assert_int_equal(size.bytes, 7);
    assert_int_equal(size.files, 1);
    static const char *const broken[][2] = {
        {"p/1", "-1"}, {"p/1", "x"}, {"p/1", "9223372036854775807"}, {"q/1", "1"}};
    for (size_t i = 0; i < COUNT(broken); i++) {
        page = json_own(arena, json_pack("{s:{s:s, s:s}}", "Contents", "Key", broken[i][0], "Size",
                                         broken[i][1]));
        assert_false(athena_add_objects(&layout, 0, page, &size));
    }
    const char *why = NULL;
    json_t *metadata =
        json_own(arena, json_pack("{s:i, s:i, s:[{s:i, s:{s:s, s:s, s:s}}]}", "format-version", 2,
                                  "current-snapshot-id", 1, "snapshots", "snapshot-id", 1,
                                  "summary", "total-files-size", "-5", "total-data-files", "1",
                                  "total-delete-files", "0"));
    assert_false(athena_iceberg_size(metadata, &size, &why));
    assert_string_equal(why, "its metadata says not how large it is");
    assert_false(athena_iceberg_size(json_own(arena, json_object()), &size, &why));
    arena_free(arena);
}

/* ---- UNLOAD -------------------------------------------------------------------------------------
 */

static void lists_of_files_have_limits(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    static const struct {
        const char *page, *message; /* NULL: one file */
    } pages[] = {
        {"{\"Contents\": [{\"Key\": \"p/a\", \"Size\": \"5\"}, {\"Key\": \"p/\", \"Size\": "
         "\"0\"}]}",
         NULL},
        {"{\"Contents\": {\"Key\": \"p/a\", \"Size\": \"256000000000\"}}", NULL},
        {"{\"Contents\": {\"Key\": \"p/a\", \"Size\": \"256000000001\"}}",
         "UNLOAD wrote more bytes than can be read here"},
        {"{\"IsTruncated\": \"true\"}", "UNLOAD wrote more files than can be read here"},
        {"{\"Contents\": {\"Key\": \"q/a\", \"Size\": \"1\"}}",
         "the list of UNLOAD's files is not understood"},
        {"{\"Contents\": {\"Key\": \"p/a\"}}", "the list of UNLOAD's files is not understood"},
    };
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct error err = {0};
        struct unload_file *files;
        size_t count;
        json_t *page = json_parse(arena, pages[i].page, strlen(pages[i].page), 4096, &err);
        bool ok = unload_read_list(arena, page, "p/", &files, &count, &err);
        assert_true(ok == !pages[i].message);
        assert_string_equal(ok ? files[0].key : err.message, ok ? "p/a" : pages[i].message);
        assert_true(!ok || count == 1);
    }
    arena_free(arena);
}

static void an_unload_is_known_by_its_words(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(unload_target(arena, "UNLOAD (\nSELECT ') TO ''s3://b/x''' AS a\n) TO "
                                             "'s3://b/it''s/' WITH (format = 'PARQUET')"),
                        "s3://b/it's/");
    assert_null(unload_target(arena, "SELECT 1 AS x, (2) to 's3://b/x/'"));
    assert_null(unload_target(arena, "UNLOAD (SELECT 1) TO "));
    assert_null(unload_target(arena, "UNLOAD"));
    assert_null(unload_target(arena, ""));
    arena_free(arena);
}

static const struct {
    const char *sql;
    bool named;
} lists[] = {
    {"SELECT a, t.b, \"c\", 1 AS d, f(x, y) e, CASE WHEN a THEN b END g, x[1] h, 'x' i FROM t",
     true},
    {"SELECT DISTINCT a, a IS DISTINCT FROM b AS c FROM t", true},
    {"WITH u AS (SELECT 1) SELECT a FROM u", true},
    {"(SELECT 1)", true}, /* not looked into */
    {"SELECT *, a, t.* FROM t", true},
    {"SELECT 1", false},
    {"SELECT a, a + b FROM t", false},
    {"SELECT a AND b FROM t", false},
    {"SELECT a IS NULL FROM t", false},
    {"SELECT CASE WHEN a THEN b END FROM t", false},
    {"SELECT f(a) FROM t", false},
    {"SELECT (SELECT 1 AS a) FROM t", false},
    {"SELECT a, *, t.A FROM t", false},
};

static void columns_without_a_name_are_found(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct engine_request request = request_of(lists[i].sql);
        struct error err = {0};
        assert_true(athena_check_columns(arena, &request, &err) == lists[i].named);
        assert_true(lists[i].named || (err.line == 1 && err.hint[0]));
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_is_found),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(only_what_is_sure_narrows_a_place),
        cmocka_unit_test(formats_that_are_not_understood_are_said),
        cmocka_unit_test(hostile_sizes_are_no_sizes),
        cmocka_unit_test(lists_of_files_have_limits),
        cmocka_unit_test(an_unload_is_known_by_its_words),
        cmocka_unit_test(columns_without_a_name_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
