/* The magics that need no lake, run as the worker runs them, with the real engine. */
#include "tests/unit/magics/room.h"

#include "base/file.h"
#include "magic.h"
#include "tests/unit/corpus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- the table of magics ---- */

static void every_magic_explains_itself(void **state)
{
    struct room *room = *state;
    for (size_t i = 0; magics[i]; i++) {
        const struct magic *magic = magics[i];
        if (i && strcmp(magics[i - 1]->name, magic->name) >= 0)
            fail_msg("%s is out of order", magic->name);
        assert_true(magic->summary && *magic->summary && magic->run && magic->example_count > 0);
        assert_int_equal(magic->body != MAGIC_BODY_NONE, magic->body_name != NULL);
        for (size_t j = 0; j < magic->options.count; j++)
            assert_true(magic->options.options[j].help && *magic->options.options[j].help);
        room_run(room, arena_printf(room->arena, "%%help %s", magic->name));
        room_shows(room, magic->summary);
        room_shows(room, magic->examples[0].says);
        if (!strstr(magic->examples[0].code, magic->name))
            fail_msg("%s: its first example does not use it", magic->name);
    }
}

static bool needs_lake(const char *code)
{
    return strstr(code, "cloudtrail") || strstr(code, "%lake") || strstr(code, "%trace");
}

/* Those run in tests/aws, against the double. */
static bool needs_account(const char *code)
{
    return strstr(code, "%alerts") || strstr(code, "%doctor") ||
           strstr(code, "%lake open athena") || strstr(code, "%lake status") ||
           strstr(code, "%whoami") || strstr(code, "%athena") || strstr(code, "%trino") ||
           strstr(code, "%contain") || strstr(code, "%undo") || strstr(code, "%eradicate") ||
           strstr(code, "%ami-snapshot") || strstr(code, "%watch");
}

static void every_example_without_a_lake_runs(void **state)
{
    struct room *room = *state;
    size_t ran = 0;
    struct error err = {0};
    assert_true(file_replace("screenshot.png", "no picture", 10, 0600, &err)); /* of %attach */
    for (size_t i = 0; magics[i]; i++)
        for (size_t j = 0; j < magics[i]->example_count; j++)
            if (!needs_lake(magics[i]->examples[j].code) &&
                !needs_account(magics[i]->examples[j].code)) {
                room_run(room, magics[i]->examples[j].code);
                ran++;
            }
    assert_true(ran >= 8);
}

/* ---- %sql and %local ---- */

static void a_query_on_the_line_is_taken_as_it_is(void **state)
{
    struct room *room = *state;
    room_run(room, "%sql SELECT 'it''s  two' AS \"a b\", $$--limit$$ AS c --limit 5");
    room_shows(room, "it's  two");
    room_shows(room, "a b");
    room_shows(room, "--limit");
    room_run(room, "n = 41\n%local SELECT :n + 1 AS answer --into kept");
    room_shows(room, "42");
    room_run(room, "%%sql --into again --limit 1\nSELECT answer + 1 AS more FROM kept");
    room_shows(room, "43");
    room_run(room, "SELECT more FROM again");
    room_shows(room, "43");
}

static void a_query_has_one_place(void **state)
{
    struct room *room = *state;
    room_refuse(room, "%sql", ERROR_USAGE, "no query", "%%sql");
    room_refuse(room, "%%sql SELECT 1\nSELECT 2", ERROR_USAGE, "on the magic's line", "below");
    room_refuse(room, "%sql --limit 0 SELECT 1", ERROR_USAGE, "between 1 and 1000000", "%sql");
    room_refuse(room, "%sql --limt 1 SELECT 1", ERROR_USAGE, "--limt", "--limit");
    room_refuse(room, "%sql SELECT :nope", ERROR_USAGE, "nope", "Set it");
}

static void an_error_on_the_line_counts_within_its_arguments(void **state)
{
    struct room *room = *state;
    struct error err;
    assert_false(room_try(room, "%sql --limit 5 SELECT 1, nope", &err));
    assert_int_equal(err.line, 0); /* the worker adds where the arguments begin */
    assert_int_equal(err.column, 21);
    assert_false(room_try(room, "%%sql\nSELECT 1,\n nope", &err));
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 2);
}

static void habits_of_shell_and_python_get_a_hint(void **state)
{
    struct room *room = *state;
    room_refuse(room, "import os", ERROR_REFUSED, "", "not Python");
    room_refuse(room, "IMPORT DATABASE 'x'", ERROR_REFUSED, "", "%lake open");
    room_refuse(room, "from os import path", ERROR_SQL, "", "not Python");
    room_refuse(room, "ls -la", ERROR_SQL, "", "%lake open");
    room_refuse(room, "!ls", ERROR_SQL, "", "no shell");
    room_refuse(room, "print(x)", ERROR_SQL, "", "%echo");
    room_refuse(room, "%pip install x", ERROR_USAGE, "unknown magic", "not Python");
    struct error err;
    assert_false(room_try(room, "SELECT nope", &err));
    assert_null(strstr(err.hint, "Python"));
}

/* ---- %echo ---- */

static void echo_prints_values(void **state)
{
    struct room *room = *state;
    room_run(room, "who = \"al\\\"ice\"\nn = 5\nl = [1, \"a\"]\nnone = None\n%echo {who} {n} {l} "
                   "{none} {limit} {{who}} {not a name}");
    assert_string_equal(room->text.data, "al\"ice 5 [1,\"a\"] None 200 {who} {not a name}\n");
    room_run(room, "%echo --stderr went wrong");
    assert_string_equal(room->warnings.data, "went wrong\n");
    assert_int_equal(room->text.size, 0);
    room_run(room, "%echo --clear");
    assert_int_equal(room->clears, 1);
    assert_int_equal(room->text.size, 0);
    room_run(room, "SELECT 'x' AS a, 7 AS b\n%echo {_.1.a}{_.1.b}");
    assert_string_equal(room->text.data, "x7\n");
    room_refuse(room, "%echo {nope}", ERROR_NOT_FOUND, "{nope}", "nope = ");
    room_refuse(room, "%echo {_.9.a}", ERROR_NOT_FOUND, "", "");
    room_refuse(room, "%echo {_.1}", ERROR_USAGE, "column", "");
}

static void echo_asks(void **state)
{
    struct room *room = *state;
    room->answer = "blue";
    room_run(room, "%echo --ask \"Your name?\"");
    assert_string_equal(room->asked.text, "Your name?");
    assert_false(room->asked.password);
    assert_string_equal(room->text.data, "blue\n");
    room->answer = "s3cret";
    room_run(room, "%echo --ask Key --password");
    assert_true(room->asked.password);
    room_hides(room, "s3cret");
    room_shows(room, "6 characters");
    room->answer = NULL;
    room_refuse(room, "%echo --ask x", ERROR_UNAVAILABLE, "cannot be asked", "");
}

/* ---- %note ---- */

static void a_note_is_markdown_and_values_in_it_are_text(void **state)
{
    struct room *room = *state;
    room_run(room, "evil = \"<img src=x onerror=a()> [a](http://b) **bold** $x$\"\n%note The key "
                   "of {evil} is **off**");
    const char *markdown = room_mime(room, "text/markdown");
    assert_non_null(strstr(markdown, "is **off**"));
    assert_null(strstr(markdown, "<img"));
    assert_null(strstr(markdown, "](http://"));
    assert_null(strstr(markdown, " **bold**"));
}

static void a_note_needs_text(void **state)
{
    struct room *room = *state;
    room_refuse(room, "%note", ERROR_USAGE, "empty", "%%note");
    room_refuse(room, "%note {nope}", ERROR_NOT_FOUND, "{nope}", "nope = ");
    room_run(room, "%%note first\n# Title\n\n```json\n{\"a\": 1}\n```\n{{braces}}");
    const char *markdown = room_mime(room, "text/markdown");
    assert_non_null(strstr(markdown, "first\n\n# Title"));
    assert_non_null(strstr(markdown, "{\"a\": 1}"));
    assert_non_null(strstr(markdown, "{braces}"));
}

static void hostile_values_stay_text_in_a_note(void **state)
{
    struct room *room = *state;
    struct corpus corpus =
        corpus_read(arena_printf(room->arena, "%s/%s", room->before, CORPUS_PATH));
    assert_true(corpus.count > 200);
    for (size_t i = 0; i < corpus.count; i++) {
        json_t *value =
            json_own(room->arena, json_text(corpus.strings[i].bytes, corpus.strings[i].size));
        session_set_param(room->session, "evil", value);
        struct error err;
        if (!room_try(room, "%note a{evil}b", &err)) { /* never cut, never left out */
            assert_int_equal(err.kind, ERROR_LIMIT);
            assert_true(corpus.strings[i].size > 50000);
            continue;
        }
        const char *markdown = room_mime(room, "text/markdown");
        static const char *const acts[] = {"<script", "<img", "<svg",    "](http",  "](javascript",
                                           "<a ",     "\x1b", "http://", "https://"};
        for (size_t j = 0; j < COUNT(acts); j++)
            if (strstr(markdown, acts[j]))
                fail_msg("line %d: %s in %.200s", corpus.strings[i].line, acts[j], markdown);
        room_run(room, "%echo {evil}");
        assert_null(memchr(room->text.data, '\x1b', room->text.size));
    }
    corpus_free(&corpus);
}

/* ---- %set ---- */

static void settings_are_shown_and_changed(void **state)
{
    struct room *room = *state;
    room_run(room, "%set");
    room_shows(room, "limit");
    room_shows(room, "progress");
    room_hides(room, "Parameters");
    room_run(room, "key = \"AKIA1\"\n%set");
    room_shows(room, "Parameters");
    room_shows(room, "AKIA1");
    room_run(room, "%set limit 7");
    assert_true(session_settings(room->session)->limit == 7);
    room_run(room, "SELECT * FROM range(9)");
    room_shows(room, "showing 7 of 9 rows");
    room_run(room, "%set limit");
    room_shows(room, "7");
    room_hides(room, "progress");
    room_refuse(room, "%set limitt 5", ERROR_USAGE, "limitt", "Did you mean limit?");
    room_refuse(room, "%set limit 0", ERROR_USAGE, "", "");
    assert_true(session_settings(room->session)->limit == 7);
}

/* ---- %help ---- */

static void help_lists_magics_and_functions(void **state)
{
    struct room *room = *state;
    room_run(room, "%help");
    for (size_t i = 0; magics[i]; i++)
        room_shows(room, arena_printf(room->arena, "%%%s", magics[i]->name));
    room_run(room, "%help functions");
    room_shows(room, "json_extract_scalar");
    room_shows(room, "ip_in(cidr, ip)");
    room_run(room, "%help %echo");
    room_shows(room, "[--stderr]");
    room_refuse(room, "%help ehco", ERROR_USAGE, "ehco", "%echo");
}

/* ---- %show ---- */

static void show_opens_what_a_table_cuts(void **state)
{
    struct room *room = *state;
    room_run(room, "SELECT repeat('x', 5000) || 'end' AS big, i FROM range(300) t(i)");
    room_hides(room, "xend");
    room_run(room, "%show _1 300 big");
    room_shows(room, "xend");
    room_run(room, "%show _1 300");
    room_shows(room, "299");
    room_run(room, "%show _1 --offset 290 --limit 3");
    room_shows(room, "292");
    room_hides(room, "293");
    room_run(room, "who = {\"a\": [1, 2]}\n%show who");
    room_shows(room, "\"a\"");
    room_run(room, "%show");
    room_refuse(room, "%show _1 301", ERROR_NOT_FOUND, "no row 301", "");
    room_refuse(room, "%show _1 301 big", ERROR_NOT_FOUND, "", "");
    room_refuse(room, "%show _1 1 bgi", ERROR_NOT_FOUND, "bgi", "");
    room_refuse(room, "%show nope", ERROR_NOT_FOUND, "nope", "");
    room_refuse(room, "%show _1 0", ERROR_USAGE, "ROW", "");
}

/* ---- %chart and %timeline ---- */

static const char *read_text(struct room *room, const char *path)
{
    struct error err = {0};
    char *text;
    size_t size;
    if (!file_read(room->arena, path, 1024 * 1024, &text, &size, &err))
        fail_msg("%s", err.message);
    return arena_strndup(room->arena, text, size);
}

static void drawings_are_vega_and_text_and_never_markup(void **state)
{
    struct room *room = *state;
    room_run(room, "SELECT i AS n, i * i AS square, '<b>' || i AS who, TIMESTAMP '2026-03-02' + "
                   "INTERVAL (i) HOUR AS time FROM range(5) t(i)");
    room_run(room, "%chart bar --x who --y square --title \"a <title>\" --save out.svg");
    assert_non_null(json_object_get(room->last, "application/vnd.vegalite.v5+json"));
    assert_null(json_object_get(room->last, "text/html"));
    assert_null(json_object_get(room->last, "image/svg+xml"));
    assert_true(*room_mime(room, "text/plain"));
    const char *svg = read_text(room, "out.svg");
    assert_non_null(strstr(svg, "<svg"));
    assert_null(strstr(svg, "<b>"));
    assert_null(strstr(svg, "<title>a <"));
    room_run(room, "%timeline --lane who");
    assert_non_null(json_object_get(room->last, "application/vnd.vegalite.v5+json"));
    room_refuse(room, "%chart pie --x who", ERROR_USAGE, "pie", "bar");
    room_refuse(room, "%chart bar", ERROR_USAGE, "--x is missing", "%chart");
    room_refuse(room, "%chart bar --x nope --y square", ERROR_USAGE, "nope", "%show");
    room_refuse(room, "%chart bar --x who --y square --save out.png", ERROR_USAGE, "SVG", ".svg");
    room_refuse(room, "%chart bar nope --x who", ERROR_NOT_FOUND, "nope", "");
    room_run(room, "SELECT 1 AS a WHERE false\n%chart bar --x a");
    room_shows(room, "nothing to draw");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_magic_explains_itself, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(every_example_without_a_lake_runs, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(a_query_on_the_line_is_taken_as_it_is, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(a_query_has_one_place, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(an_error_on_the_line_counts_within_its_arguments,
                                        room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(habits_of_shell_and_python_get_a_hint, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(echo_prints_values, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(echo_asks, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(a_note_is_markdown_and_values_in_it_are_text, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(a_note_needs_text, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(hostile_values_stay_text_in_a_note, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(settings_are_shown_and_changed, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(help_lists_magics_and_functions, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(show_opens_what_a_table_cuts, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(drawings_are_vega_and_text_and_never_markup, room_set_up,
                                        room_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
