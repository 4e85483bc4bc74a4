/* A magic's line as a typed struct; a row of the wrong type does not compile. */
#include "tests/unit/magic/probe.h"

#include "base/buf.h"
#include "base/process.h"
#include "base/time.h"
#include "tests/unit/corpus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1772442000000000) /* 2026-03-02T09:00:00Z */

struct fixture {
    struct arena *arena;
    struct error err;
};

static int set_up(void **state)
{
    struct fixture *fixture = xcalloc(1, sizeof *fixture);
    fixture->arena = arena_new();
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static const char *parameter(void *state, const char *name, struct arena *arena, bool *known)
{
    (void)state;
    (void)arena;
    *known = strcmp(name, "unknown") != 0;
    return strcmp(name, "none") == 0 ? NULL : "a value --flag";
}

static bool try(struct fixture *fixture, const struct option_table *table, const char *line,
                const void **out)
{
    struct options_input input = {
        .line = line, .size = strlen(line), .now = NOW, .parameter = parameter};
    void *given = NULL;
    error_clear(&fixture->err);
    bool ok = options_parse(table, &input, fixture->arena, &given, &fixture->err);
    *out = given;
    return ok;
}

static const struct probe_options *parse(struct fixture *fixture, const char *line)
{
    const void *given;
    if (!try(fixture, &probe_table, line, &given))
        fail_msg("%s: %s", line, fixture->err.message);
    return given;
}

static const struct query_probe *query(struct fixture *fixture, const char *line)
{
    const void *given;
    if (!try(fixture, &query_table, line, &given))
        fail_msg("%s: %s", line, fixture->err.message);
    return given;
}

static void refuse(struct fixture *fixture, const char *line, const char *message, const char *hint)
{
    const void *given;
    assert_false(try(fixture, &probe_table, line, &given));
    assert_int_equal(fixture->err.kind, ERROR_USAGE);
    if (!strstr(fixture->err.message, message) || !strstr(fixture->err.hint, hint))
        fail_msg("%s: \"%s\" \"%s\"", line, fixture->err.message, fixture->err.hint);
}

static void an_empty_line_gives_zeroes(void **state)
{
    static const struct probe_options nothing;
    assert_memory_equal(parse(*state, "  \t"), &nothing, sizeof nothing);
}

static void options_stand_anywhere(void **state)
{
    const struct probe_options *given =
        parse(*state, "--limit 5 key --flag alice --since=24h bob \"carol d\" --into x");
    assert_string_equal(given->kind, "key");
    assert_string_equal(given->target, "alice");
    assert_int_equal(given->more.count, 2);
    assert_string_equal(given->more.items[1], "carol d");
    assert_true(given->flag);
    assert_int_equal(given->limit, 5);
    assert_true(given->since == NOW - INT64_C(86400) * 1000000);
    assert_string_equal(given->into, "x");
}

static void two_dashes_end_the_options(void **state)
{
    const struct probe_options *given = parse(*state, "user -- --limit --flag");
    assert_string_equal(given->target, "--limit");
    assert_string_equal(given->more.items[0], "--flag");
    assert_false(given->flag);
}

static void words_are_split_as_a_shell_splits_them(void **state)
{
    static const struct {
        const char *line, *target;
    } cases[] = {{"key a\\ b", "a b"},
                 {"key 'a \\'", "a \\"},
                 {"key \"a \\\" b\"", "a \" b"},
                 {"key a\"b c\"'d e'", "ab cd e"},
                 {"key ''", ""},
                 {"key $HOME", "$HOME"},
                 {"key *", "*"},
                 {"key `id`", "`id`"},
                 {"key \xC3\xA9", "\xC3\xA9"},
                 {"key ~", "~"}};
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(parse(*state, cases[i].line)->target, cases[i].target);
    refuse(*state, "key 'open", "not closed", "Close it");
    refuse(*state, "key \"open", "not closed", "Close it");
}

static void times_are_utc(void **state)
{
    assert_true(parse(*state, "--since 2026-03-02T09:00:00Z")->since == NOW);
    assert_true(parse(*state, "--since 7d")->since == NOW - INT64_C(7) * 86400 * 1000000);
    refuse(*state, "--since yesteryear", "takes a time", "UTC");
}

static void what_was_meant_is_said(void **state)
{
    struct fixture *fixture = *state;
    refuse(fixture, "key --limt 5", "unknown option --limt", "Did you mean --limit?");
    assert_int_equal(fixture->err.column, 5);
    refuse(fixture, "key --zzz", "unknown option --zzz", "?");
    refuse(fixture, "kye alice", "cannot be \"kye\"", "Did you mean key?");
    refuse(fixture, "--limit many", "takes a number", "--limit 100");
    refuse(fixture, "--limit 0", "between 1 and 100", "");
    refuse(fixture, "--limit 99999999999999999999", "takes a number", "");
    refuse(fixture, "--limit", "needs a value", "--limit N");
    refuse(fixture, "--into --flag", "needs a value", "--into NAME");
    refuse(fixture, "--flag=yes", "takes no value", "");
    refuse(fixture, "--limit 1 --limit 2", "twice", "");
    assert_int_equal(fixture->err.column, 11);
}

static void a_missing_or_surplus_word_is_named(void **state)
{
    struct needed {
        const char *what;
    };
    static const struct option rows[] = {
        {.name = "WHAT", .help = "the thing", OPT_TEXT(struct needed, what), .required = true}};
    static const struct option_table table = {
        .options = rows, .count = 1, .size = sizeof(struct needed)};
    struct fixture *fixture = *state;
    const void *given;
    assert_false(try(fixture, &table, " ", &given));
    assert_non_null(strstr(fixture->err.message, "WHAT is missing: the thing"));
    assert_false(try(fixture, &table, "a b", &given));
    assert_non_null(strstr(fixture->err.message, "\"b\" is one word too many"));
    assert_int_equal(fixture->err.column, 3);
}

static void a_parameter_is_one_value_whatever_it_holds(void **state)
{
    const struct probe_options *given = parse(*state, "key :name --into :name");
    assert_string_equal(given->target, "a value --flag");
    assert_string_equal(given->into, "a value --flag");
    assert_false(given->flag);
    assert_null(parse(*state, "key --into :none")->into);
    assert_string_equal(parse(*state, "key 10:00")->target, "10:00");
    refuse(*state, "key :unknown", "no parameter :unknown", "unknown = ");
}

static void the_rest_is_taken_as_it_is_written(void **state)
{
    static const struct {
        const char *line, *sql, *into;
        int64_t limit;
    } cases[] = {
        {"SELECT 'it''s' AS \"a b\"", "SELECT 'it''s' AS \"a b\"", NULL, 0},
        {"--limit 5 SELECT 1 --into x  ", "SELECT 1", "x", 5},
        {"--into=x SELECT 1", "SELECT 1", "x", 0},
        {"SELECT '--limit 5'", "SELECT '--limit 5'", NULL, 0},
        {"SELECT 1 -- a remark", "SELECT 1 -- a remark", NULL, 0},
        {"SELECT 1 --remark --limit 7", "SELECT 1 --remark", NULL, 7},
        {"SELECT 5--limit 3", "SELECT 5--limit 3", NULL, 0},
        {"-- SELECT 1 --limit 5", "SELECT 1 --limit 5", NULL, 0},
        {"SELECT 'open --limit 5", "SELECT 'open --limit 5", NULL, 0},
        {"SELECT a\\b", "SELECT a\\b", NULL, 0},
        {"--limit 5", NULL, NULL, 5},
        {"", NULL, NULL, 0},
        {":name", ":name", NULL, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct query_probe *given = query(*state, cases[i].line);
        if ((given->sql == NULL) != (cases[i].sql == NULL) ||
            (given->sql && strcmp(given->sql, cases[i].sql) != 0))
            fail_msg("%s: %s", cases[i].line, given->sql ? given->sql : "nothing");
        assert_true(given->limit == cases[i].limit);
        assert_true((given->into == NULL) == (cases[i].into == NULL));
    }
    struct fixture *fixture = *state;
    const void *given;
    assert_false(try(fixture, &query_table, "--limt 5 SELECT 1", &given));
    assert_non_null(strstr(fixture->err.hint, "--limit"));
    assert_false(try(fixture, &query_table, "SELECT 1 --limit 5 more", &given));
    assert_int_equal(fixture->err.column, 20);
}

static void lines_have_limits(void **state)
{
    struct fixture *fixture = *state;
    struct buf line;
    buf_init(&line, 4 * 1024 * 1024);
    for (int i = 0; i < 1100; i++)
        buf_adds(&line, "a ");
    const void *given;
    assert_false(try(fixture, &probe_table, line.data, &given));
    assert_int_equal(fixture->err.kind, ERROR_LIMIT);
    buf_fill(&line, 'a', 2 * 1024 * 1024);
    assert_false(try(fixture, &probe_table, line.data, &given));
    assert_int_equal(fixture->err.kind, ERROR_LIMIT);
    assert_false(try(fixture, &query_table, line.data, &given));
    assert_int_equal(fixture->err.kind, ERROR_LIMIT);
    buf_release(&line);
}

static void hostile_words_arrive_whole_or_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct corpus corpus = corpus_read(CORPUS_PATH);
    size_t whole = 0;
    for (size_t i = 0; i < corpus.count; i++) {
        const struct corpus_string *string = &corpus.strings[i];
        struct buf line;
        buf_init(&line, 1024 * 1024);
        buf_adds(&line, "key -- '");
        buf_add(&line, string->bytes, string->size);
        buf_adds(&line, "'");
        struct options_input input = {.line = line.data, .size = line.size, .now = NOW};
        void *out;
        error_clear(&fixture->err);
        bool quoted = memchr(string->bytes, '\'', string->size) != NULL ||
                      memchr(string->bytes, '\0', string->size) != NULL;
        bool ok = options_parse(&probe_table, &input, fixture->arena, &out, &fixture->err);
        assert_true(ok || fixture->err.message[0]);
        if (!quoted) {
            assert_true(ok);
            const struct probe_options *given = out;
            assert_int_equal(strlen(given->target), string->size);
            assert_memory_equal(given->target, string->bytes, string->size);
            whole++;
        }
        buf_release(&line);
    }
    corpus_free(&corpus);
    assert_true(whole > 100);
}

static void usage_says_it_all(void **state)
{
    struct fixture *fixture = *state;
    const char *usage = options_usage("%probe", &probe_table, fixture->arena);
    assert_string_equal(usage, "%probe [KIND] [TARGET] [MORE...] [--flag] [--limit N] [--since T] "
                               "[--into NAME] [--file FILE] "
                               "[--folder DIR] [--column COLUMN]");
}

static bool compiles(const char *source, struct buf *out, struct error *err)
{
    const char *compiler = getenv("CC") ? getenv("CC") : "cc";
    const char *const argv[] = {compiler,
                                "-std=c11",
                                "-D_POSIX_C_SOURCE=200809L",
                                "-iquote",
                                "kernel",
                                "-iquote",
                                ".",
                                "-x",
                                "c",
                                "-fsyntax-only",
                                "-",
                                NULL};
    struct process process = {
        .argv = argv, .input = source, .input_size = strlen(source), .limit_ms = 60000};
    return process_run(&process, out, err);
}

static void a_row_of_the_wrong_type_does_not_compile(void **state)
{
    static const char frame[] =
        "#include <stddef.h>\n#include \"options.h\"\n"
        "struct t { const char *text; int64_t number; bool flag; struct option_list list; };\n"
        "extern const struct option row;\nconst struct option row = {.name = \"--x\", %s};\n";
    static const struct {
        const char *row;
        bool right;
    } rows[] = {{"OPT_TEXT(struct t, text)", true},    {"OPT_INT(struct t, number)", true},
                {"OPT_FLAG(struct t, flag)", true},    {"OPT_LIST(struct t, list)", true},
                {"OPT_TIME(struct t, number)", true},  {"OPT_REST(struct t, text)", true},
                {"OPT_TEXT(struct t, number)", false}, {"OPT_INT(struct t, text)", false},
                {"OPT_FLAG(struct t, number)", false}, {"OPT_LIST(struct t, text)", false},
                {"OPT_TIME(struct t, flag)", false},   {"OPT_REST(struct t, list)", false}};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *slot = strstr(frame, "%s");
        char *source = arena_printf(fixture->arena, "%.*s%s%s", (int)(slot - frame), frame,
                                    rows[i].row, slot + 2);
        struct buf out;
        buf_init(&out, 64 * 1024);
        error_clear(&fixture->err);
        bool ok = compiles(source, &out, &fixture->err);
        if (ok != rows[i].right)
            fail_msg("%s %s: %s", rows[i].row, ok ? "compiles" : "does not compile",
                     fixture->err.message);
        assert_int_not_equal(fixture->err.kind, ERROR_UNAVAILABLE);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_line_gives_zeroes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(options_stand_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_dashes_end_the_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_are_split_as_a_shell_splits_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times_are_utc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_meant_is_said, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_or_surplus_word_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_parameter_is_one_value_whatever_it_holds, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_rest_is_taken_as_it_is_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_have_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hostile_words_arrive_whole_or_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(usage_says_it_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_of_the_wrong_type_does_not_compile, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
