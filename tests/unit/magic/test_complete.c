/* What Tab offers, by what stands around the cursor: `|` marks it. */
#include "complete.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/unit/corpus.h"
#include "tests/unit/magic/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct completion at_mark(struct arena *arena, const struct catalog *catalog,
                                 const char *marked)
{
    const char *mark = strchr(marked, '|');
    assert_non_null(mark);
    const char *text = arena_printf(arena, "%.*s%s", (int)(mark - marked), marked, mark + 1);
    return complete(text, strlen(text), text_points(marked, (size_t)(mark - marked)), catalog,
                    arena);
}

static const char *joined(struct arena *arena, const struct completion *found)
{
    const char *all = "";
    for (size_t i = 0; i < found->count; i++)
        all = arena_printf(arena, "%s%s%s", all, i ? " ; " : "", found->matches[i].text);
    return all;
}

struct sample {
    const char *text;
    const char *matches; /* all of them in order, joined by " ; " */
};

static void check_all(const struct sample *samples, size_t count)
{
    const struct catalog *catalog = names_catalog(0);
    struct arena *arena = arena_new();
    for (size_t i = 0; i < count; i++) {
        struct completion found = at_mark(arena, catalog, samples[i].text);
        if (strcmp(joined(arena, &found), samples[i].matches) != 0)
            fail_msg("%s\n  offers  %s\n  wanted  %s", samples[i].text, joined(arena, &found),
                     samples[i].matches);
    }
    arena_free(arena);
    catalog_release(catalog);
}

static void magics_and_their_options(void **state)
{
    static const struct sample samples[] = {
        {"%|", "%adjust ; %probe ; %query"},
        {"%pr|", "%probe"},
        {"%%|", "%%adjust ; %%probe ; %%query"},
        {"x = 1\n  %PR|", "%probe"},
        {"%probe --fl|", "--flag"},
        {"%probe --f|", "--flag ; --file ; --folder"},
        {"%probe key a --fl| b", "--flag"},
        {"%probe ke|", "key ; keyring"},
        {"%probe \"ke|", "key ; keyring"},
        {"%probe key AK|", "AKIAIOSFODNN7EXAMPLE"},
        {"%probe user al|", "alice"},
        {"%probe address 198|", "198.51.100.7"},
        {"%probe --flag key --limit 5 AS|", "ASIAIOSFODNN7EXAMPLE"},
        {"%probe key \\\n  AK|", "AKIAIOSFODNN7EXAMPLE"},
        {"%probe --since |", "1h ; 24h ; 7d ; 30d ; now ; today"},
        {"%probe --since=2|", "24h"},
        {"%probe --into |", "_12 ; busy ; _"},
        {"%probe --into=b|", "busy"},
        {"%probe --nosuch=b|", ""},
        {"%probe key :k|", "key"},
        {"%probe --column w|", "who"},
        {"%probe key busy --column |", "who ; actor ; api ; time_dt ; traffic"},
        {"%adjust |", "limit ; progress ; since"},
        {"%adjust progress |", "on ; off"},
        {"%adjust progress of|", "off"},
        {"%adjust since 7|", "7d"},
        {"%nosuch --f|", ""},
        {"%query SELECT a FROM vp|", "vpc_flow"},
        {"%query --limit 5 SELECT traffic.by| FROM vpc_flow", "traffic.bytes"},
        {"%query --li|", "--limit"},
    };
    (void)state;
    check_all(samples, COUNT(samples));
}

static void sql_by_what_stands_before(void **state)
{
    static const struct sample samples[] = {
        {"SELECT * FROM |", "_12 ; busy ; cloudtrail ; vpc_flow ; _"},
        {"SELECT * FROM clo|", "cloudtrail"},
        {"SELECT * FROM a JOIN v|", "vpc_flow"},
        {"describe v|", "vpc_flow"},
        {"%%query\nSELECT * FROM clo|", "cloudtrail"},
        {"SELECT ti| FROM cloudtrail", "time_dt ; time_bucket("},
        {"SELECT tr| FROM cloudtrail", "try_cast( ; trim( ; traffic"},
        {"SELECT tr| FROM vpc_flow", "traffic ; try_cast( ; trim("},
        {"SELECT 1;\nSELECT tr| FROM vpc_flow; SELECT 1 FROM cloudtrail",
         "traffic ; try_cast( ; trim("},
        {"SELECT tr|", "traffic ; try_cast( ; trim("},
        {"SELECT c.ti| FROM cloudtrail c", "c.time_dt"},
        {"SELECT c.ti| FROM vpc_flow f, cloudtrail AS c WHERE 1", "c.time_dt"},
        {"SELECT f.| FROM vpc_flow f JOIN cloudtrail c ON 1", "f.time_dt ; f.traffic"},
        {"SELECT vpc_flow.tr| FROM vpc_flow", "vpc_flow.traffic"},
        {"SELECT c.actor.inv| FROM cloudtrail c", "c.actor.invoked_by"},
        {"SELECT actor.|", "actor.\"user\" ; actor.invoked_by"},
        {"SELECT actor.us|", "actor.\"user\""},
        {"SELECT actor.\"user\".|", "actor.\"user\".\"name\" ; actor.\"user\".uid"},
        {"SELECT actor.user.u|", "actor.user.uid"},
        {"SELECT api.request.\"da|", "api.request.\"data\""},
        {"SELECT actor.nosuch.|", ""},
        {"SELECT ip_|", "ip_in("},
        {"SEL|", "SELECT"},
        {"sel|", "select"},
        {"SELECT * FROM t WHERE a = :k|", "key"},
        {"SELECT a::time|", "timestamp ; timestamptz ; time"},
        {"SELECT * FROM t WHERE a = 'AKIA|", "AKIAIOSFODNN7EXAMPLE"},
        {"SELECT * FROM t WHERE a = 'Create|'", "CreateAccessKey"},
        {"SELECT 'it''s' AS x, ti| FROM cloudtrail", "time_dt ; time_bucket("},
        {"-- it's\nSELECT ti| FROM cloudtrail", "time_dt ; time_bucket("},
    };
    (void)state;
    check_all(samples, COUNT(samples));
}

static void a_column_of_many_tables_is_offered_once(void **state)
{
    (void)state;
    for (size_t tables = 1; tables <= 9; tables++) {
        const struct catalog *catalog = names_catalog(tables * 1000);
        struct arena *arena = arena_new();
        struct completion found = at_mark(arena, catalog, "SELECT column_99|");
        assert_string_equal(
            joined(arena, &found),
            "column_99 ; column_990 ; column_991 ; column_992 ; column_993 ; column_994 ; "
            "column_995 ; column_996 ; column_997 ; column_998 ; column_999");
        found = at_mark(arena, catalog, "SELECT column_|");
        assert_int_equal(found.count, 500);
        arena_free(arena);
        catalog_release(catalog);
    }
}

static void positions_count_code_points(void **state)
{
    const struct catalog *catalog = names_catalog(0);
    struct arena *arena = arena_new();
    (void)state;
    struct completion found =
        at_mark(arena, catalog, "-- \xF0\x9F\xA6\x80\xC3\xA9\n%probe key AK|");
    assert_int_equal(found.count, 1);
    assert_int_equal(found.start, 17);
    assert_int_equal(found.end, 19);
    found = at_mark(arena, catalog, "\xF0\x9F\xA6\x80 = 1; SELECT c.ti| FROM cloudtrail c");
    assert_int_equal(found.start, 14);
    assert_int_equal(found.end, 18);
    assert_string_equal(found.matches[0].type, "column");
    assert_string_equal(found.matches[0].signature, "TIMESTAMP");
    found = at_mark(arena, catalog, "%probe --since=2|");
    assert_int_equal(found.start, 15);
    found = complete("", 0, 0, NULL, arena);
    assert_true(found.count > 10); /* keywords need no lake */
    arena_free(arena);
    catalog_release(catalog);
}

static void make_file(const char *path)
{
    struct error err = {0};
    assert_true(file_replace(path, "", 0, 0600, &err));
}

static void files_are_offered_as_they_must_be_typed(void **state)
{
    static const struct sample samples[] = {
        {"%probe --file |", "\"a b/ ; plain.csv ; sub/"},
        {"%probe --file pl|", "plain.csv"},
        {"%probe --file sub/|", "\"sub/x \\\"y.csv\""}, /* a name with a line end cannot be typed */
        {"%probe --file ./p|", "./plain.csv"},
        {"%probe --file .|", ".hidden"},
        {"%probe --folder |", "\"a b/ ; sub/"},
        {"%probe --file=pl|", "plain.csv"},
        {"%probe --file nosuch/|", ""},
        {"%probe --file \"a b/|", "\"a b/c'd.csv\""},
        {"%probe --file 'a |", "'a b/"},
        {"%probe --file \"pl|", "\"plain.csv\""},
        {"%probe --file a\\ b/|", "\"a b/c'd.csv\""},
        {"%probe --file ~/pl|", "~/plain.csv"},
    };
    char folder[] = "/tmp/cofferdam-complete-XXXXXX", here[4096];
    struct error err = {0};
    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(setenv("HOME", folder, 1), 0);
    assert_true(file_make_folder("a b", 0700, &err) && file_make_folder("sub", 0700, &err));
    make_file("plain.csv");
    make_file(".hidden");
    make_file("a b/c'd.csv");
    make_file("sub/x \"y.csv");
    make_file("sub/bad\nline");
    check_all(samples, COUNT(samples));
    assert_int_equal(chdir(here), 0);
    assert_true(file_remove_all(folder, &err));
}

static void any_text_and_cursor_is_answered(void **state)
{
    static const char *const heads[] = {"",          "%probe ",          "SELECT '",
                                        "SELECT a.", "%probe --file \"", "SELECT * FROM "};
    const struct catalog *catalog = names_catalog(0);
    struct corpus corpus = corpus_read(CORPUS_PATH);
    (void)state;
    for (size_t i = 0; i < corpus.count * COUNT(heads); i++) {
        const struct corpus_string *string = &corpus.strings[i / COUNT(heads)];
        struct arena *arena = arena_new();
        struct buf text;
        buf_init(&text, 1024 * 1024);
        buf_adds(&text, heads[i % COUNT(heads)]);
        text_valid(&text, string->bytes, string->size); /* the front gives valid UTF-8 */
        size_t points = text_points(text.data ? text.data : "", text.size);
        const size_t cursors[] = {0, points / 2, points, points + 7};
        for (size_t j = 0; j < COUNT(cursors); j++) {
            struct completion found =
                complete(text.data ? text.data : "", text.size, cursors[j], catalog, arena);
            assert_true(found.start <= found.end && found.end <= points && found.count <= 500);
        }
        buf_release(&text);
        arena_free(arena);
    }
    corpus_free(&corpus);
    catalog_release(catalog);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The bench measures; here only what no machine excuses is refused: 200,000 names, each asked 20
 * times. */
static void a_large_catalog_is_searched_not_walked(void **state)
{
    static const char *const texts[] = {"SELECT | FROM cloudtrail",
                                        "SELECT col| FROM table_7",
                                        "SELECT t.c| FROM table_7 t",
                                        "%probe --into |",
                                        "SELECT * FROM |",
                                        "%probe --column |",
                                        "SELECT x = 'A|"};
    const struct catalog *catalog = names_catalog(397000);
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        double began = seconds();
        for (int j = 0; j < 20; j++) {
            struct arena *arena = arena_new();
            struct completion found = at_mark(arena, catalog, texts[i]);
            assert_true(found.count > 0 && found.count <= 500);
            arena_free(arena);
        }
        double each = (seconds() - began) / 20;
        print_message("%.2f ms: %s\n", each * 1e3, texts[i]);
        if (each > 0.5)
            fail_msg("%s: %.3f s", texts[i], each);
    }
    catalog_release(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(magics_and_their_options),
        cmocka_unit_test(sql_by_what_stands_before),
        cmocka_unit_test(a_column_of_many_tables_is_offered_once),
        cmocka_unit_test(positions_count_code_points),
        cmocka_unit_test(files_are_offered_as_they_must_be_typed),
        cmocka_unit_test(any_text_and_cursor_is_answered),
        cmocka_unit_test(a_large_catalog_is_searched_not_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
