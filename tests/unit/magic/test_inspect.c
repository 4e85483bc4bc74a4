/* What Shift+Tab tells, by what stands under the cursor: `|` marks it. */
#include "inspect.h"

#include "base/text.h"
#include "tests/unit/corpus.h"
#include "tests/unit/magic/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *told(struct arena *arena, const struct catalog *catalog, const char *marked,
                        int detail)
{
    const char *mark = strchr(marked, '|');
    const char *text = arena_printf(arena, "%.*s%s", (int)(mark - marked), marked, mark + 1);
    struct bundle bundle = {0};
    const struct inspection at = {.text = text,
                                  .size = strlen(text),
                                  .cursor = text_points(marked, (size_t)(mark - marked)),
                                  .detail_level = detail};
    if (!inspect(&at, catalog, arena, &bundle))
        return "";
    assert_true(*json_get_string(bundle.data, "text/markdown", "") &&
                *json_get_string(bundle.data, "text/html", ""));
    return json_get_string(bundle.data, "text/plain", "");
}

static void what_stands_at_the_cursor_is_explained(void **state)
{
    static const struct {
        const char *text;
        const char *says[4];
    } cases[] = {
        {"%pro|be key",
         {"%probe looks at one thing", "[--limit N]", "%probe key AKIA --flag", "%probe?"}},
        {"%probe|", {"%probe"}},
        {"%probe --lim|it 5", {"--limit", "rows shown", "1 to 100"}},
        {"%probe --since| 7d", {"only later events", "UTC", "24h"}},
        {"SELECT * FROM cloud|trail", {"table", "cloudtrail", "management events"}},
        {"SELECT time_|dt", {"column", "TIMESTAMP", "when it"}},
        {"SELECT actor.us|er.name", {"actor", "STRUCT"}},
        {"SELECT ip_|in(", {"ip_in(cidr, ip)", "network", "10.0.0.0/8"}},
        {"SELECT count_if(|", {"count_if(condition)", "the condition holds"}},
        {"SELECT date_tr|unc('hour', t)", {"date_trunc(part, time)", "For example"}},
        {":ke|y", {"parameter", "AKIAIOSFODNN7EXAMPLE"}},
        {"%adjust lim|it", {"setting", "rows shown"}},
        {"'AKIAIOSFODNN7EX|AMPLE'", {"long-lived access key"}},
        {"'AROAEXAMPLEEXAMPLE|12'", {"unique id of a role"}},
        {"\xF0\x9F\xA6\x80 cloudtr|ail", {"management events"}},
    };
    const struct catalog *catalog = names_catalog(0);
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = told(arena, catalog, cases[i].text, 0);
        for (size_t j = 0; j < COUNT(cases[i].says) && cases[i].says[j]; j++)
            if (!strstr(text, cases[i].says[j]))
                fail_msg("%s does not say \"%s\":\n%s", cases[i].text, cases[i].says[j], text);
    }
    arena_free(arena);
    catalog_release(catalog);
}

static void more_detail_tells_more(void **state)
{
    const struct catalog *catalog = names_catalog(0);
    struct arena *arena = arena_new();
    (void)state;
    assert_null(strstr(told(arena, catalog, "%pro|be", 0), "Details of the probe"));
    assert_non_null(strstr(told(arena, catalog, "%pro|be", 1), "Details of the probe"));
    assert_null(strstr(told(arena, catalog, "cloud|trail", 0), "time_dt"));
    assert_non_null(strstr(told(arena, catalog, "cloud|trail", 1), "time_dt"));
    assert_null(strstr(told(arena, catalog, "cloud|trail", 1), "traffic"));
    arena_free(arena);
    catalog_release(catalog);
}

static void nothing_is_said_about_what_is_not_known(void **state)
{
    static const char *const texts[] = {
        "|", "nosuch|", "%nosuch|", "%probe --nosuch|", " | ", "AKIA|", "--limit|", "(|)", ".|."};
    const struct catalog *catalog = names_catalog(0);
    struct arena *arena = arena_new();
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (*told(arena, catalog, texts[i], 1))
            fail_msg("%s: %s", texts[i], told(arena, catalog, texts[i], 1));
    assert_string_equal(told(arena, NULL, "cloudtrail|", 1), "");
    arena_free(arena);
    catalog_release(catalog);
}

static void a_name_has_a_page(void **state)
{
    static const char *const names[] = {"%probe", "probe", "cloudtrail", "time_dt",
                                        "ip_in",  "key",   "limit"};
    const struct catalog *catalog = names_catalog(0);
    struct arena *arena = arena_new();
    struct bundle bundle;
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        if (!inspect_name(names[i], catalog, arena, &bundle))
            fail_msg("nothing about %s", names[i]);
    assert_false(inspect_name("nosuch", catalog, arena, &bundle));
    assert_false(inspect_name("", catalog, arena, &bundle));
    arena_free(arena);
    catalog_release(catalog);
}

static void any_text_is_answered(void **state)
{
    const struct catalog *catalog = names_catalog(0);
    struct corpus corpus = corpus_read(CORPUS_PATH);
    (void)state;
    for (size_t i = 0; i < corpus.count; i++) {
        struct arena *arena = arena_new();
        struct buf text;
        struct bundle bundle;
        buf_init(&text, 1024 * 1024);
        text_valid(&text, corpus.strings[i].bytes, corpus.strings[i].size);
        const char *bytes = text.data ? text.data : "";
        struct inspection at = {.text = bytes, .size = text.size};
        for (; at.cursor < 40; at.cursor += 3) {
            at.detail_level = (int)(at.cursor % 2);
            (void)inspect(&at, catalog, arena, &bundle);
        }
        (void)inspect_name(bytes, catalog, arena, &bundle);
        buf_release(&text);
        arena_free(arena);
    }
    corpus_free(&corpus);
    catalog_release(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_at_the_cursor_is_explained),
        cmocka_unit_test(more_detail_tells_more),
        cmocka_unit_test(nothing_is_said_about_what_is_not_known),
        cmocka_unit_test(a_name_has_a_page),
        cmocka_unit_test(any_text_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
