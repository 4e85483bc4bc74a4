/* Finding, running and explaining a magic from its one definition. */
#include "tests/unit/magic/probe.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_magic_is_found_by_its_name(void **state)
{
    (void)state;
    assert_string_equal(magic_find("probe", 5)->name, "probe");
    assert_string_equal(magic_find("PROBE", 5)->name, "probe");
    assert_null(magic_find("prob", 4));
    assert_null(magic_find("probes", 6));
    assert_null(magic_find("", 0));
}

static void an_unknown_magic_is_answered_with_what_was_meant(void **state)
{
    (void)state;
    static const struct {
        const char *name, *hint;
    } cases[] = {{"porbe", "Did you mean %probe?"},
                 {"zzzzzzzz", "%help lists"},
                 {"time", "how long"},
                 {"ls", "%lake open"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = {0};
        assert_false(magic_unknown(cases[i].name, strlen(cases[i].name), &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        assert_non_null(strstr(err.message, cases[i].name));
        if (!strstr(err.hint, cases[i].hint))
            fail_msg("%s: %s", cases[i].name, err.hint);
    }
    char name[4096];
    memset(name, 'x', sizeof name);
    struct error err = {0};
    assert_false(magic_unknown(name, sizeof name, &err));
    assert_true(strlen(err.message) < 300);
}

static bool run(struct arena *arena, const char *name, const char *line, const char *body,
                struct error *err)
{
    struct magic_call call = {.magic = magic_find(name, strlen(name)),
                              .arena = arena,
                              .body = body,
                              .body_size = body ? strlen(body) : 0};
    return magic_run(&call, line, strlen(line), err);
}

static void a_magic_runs_with_its_options_or_says_how(void **state)
{
    (void)state;
    static const struct {
        const char *name, *line, *body, *message, *hint;
    } cases[] = {
        {"probe", "key AKIA", NULL, NULL, NULL},
        {"probe", "key fail", NULL, "the probe failed", ""},
        {"probe", "key AKIA", "a body", "takes no body", "%probe"},
        {"adjust", "a", NULL, "needs a body", "%%adjust"},
        {"adjust", "a", "words", NULL, NULL},
        {"probe", "--nope", NULL, "unknown option", "?"},
        {"probe", "--limit 0", NULL, "between", "Usage: %probe [KIND]"},
        {"query", "SELECT 1", NULL, NULL, NULL},
        {"query", "", "SELECT 1", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new();
        struct error err = {0};
        bool ok = run(arena, cases[i].name, cases[i].line, cases[i].body, &err);
        assert_int_equal(ok, cases[i].message == NULL);
        if (!ok && (!strstr(err.message, cases[i].message) || !strstr(err.hint, cases[i].hint)))
            fail_msg("%%%s %s: \"%s\" \"%s\"", cases[i].name, cases[i].line, err.message, err.hint);
        arena_free(arena);
    }
}

static const char *help(struct arena *arena, const char *name, const char *mime)
{
    struct bundle bundle = magic_help(magic_find(name, strlen(name)), arena);
    return json_get_string(bundle.data, mime, "");
}

static void help_comes_from_the_definition(void **state)
{
    (void)state;
    static const char *const said[] = {"%probe",
                                       "looks at one thing",
                                       "[--limit N]",
                                       "rows shown",
                                       "Details of the probe.",
                                       "It only reads",
                                       "%probe key AKIA --flag",
                                       "key, user, address"};
    struct arena *arena = arena_new();
    const char *text = help(arena, "probe", "text/plain");
    for (size_t i = 0; i < COUNT(said); i++)
        if (!strstr(text, said[i]))
            fail_msg("the help does not say \"%s\":\n%s", said[i], text);
    assert_non_null(strstr(help(arena, "adjust", "text/plain"), "%%adjust"));
    assert_non_null(strstr(help(arena, "adjust", "text/plain"), "can change AWS"));
    assert_true(*help(arena, "probe", "text/markdown") && *help(arena, "probe", "text/html"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_magic_is_found_by_its_name),
        cmocka_unit_test(an_unknown_magic_is_answered_with_what_was_meant),
        cmocka_unit_test(a_magic_runs_with_its_options_or_says_how),
        cmocka_unit_test(help_comes_from_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
