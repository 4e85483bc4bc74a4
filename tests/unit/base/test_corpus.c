#include "tests/unit/corpus.h"
#include "tests/unit/text_properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void every_escaper_tames_every_hostile_string(void **state)
{
    (void)state;
    struct corpus corpus = corpus_read(CORPUS_PATH);
    assert_true(corpus.count >= 220);
    int failed = 0;
    for (size_t i = 0; i < corpus.count; i++) {
        const char *broken =
            text_properties_broken(corpus.strings[i].bytes, corpus.strings[i].size);
        if (broken) {
            print_error("%s:%d: %s\n", CORPUS_PATH, corpus.strings[i].line, broken);
            failed++;
        }
    }
    corpus_free(&corpus);
    assert_int_equal(failed, 0);
}

static void the_corpus_holds_any_bytes(void **state)
{
    (void)state;
    struct corpus corpus = corpus_read(CORPUS_PATH);
    bool nul = false, broken = false, large = false, empty = false, escape = false;
    for (size_t i = 0; i < corpus.count; i++) {
        const struct corpus_string *string = &corpus.strings[i];
        nul = nul || memchr(string->bytes, '\0', string->size);
        broken = broken || memchr(string->bytes, 0xff, string->size);
        escape = escape || memchr(string->bytes, 0x1b, string->size);
        large = large || string->size >= 65536;
        empty = empty || string->size == 0;
    }
    corpus_free(&corpus);
    assert_true(nul && broken && large && empty && escape);
}

/* The judge itself must see what it is there for. */
static void links_are_recognised(void **state)
{
    (void)state;
    static const char *const links[] = {"http://a", "HTTPS://a", "x www.a", "metadata:text/html",
                                        "xfile:///e"};
    static const char *const others[] = {"http[:]//a", "s3://bucket/key", "www[.]a",
                                         "metadata: text", "a:b.c"};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        assert_true(text_has_link(links[i], strlen(links[i])));
        assert_false(text_has_link(others[i], strlen(others[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_escaper_tames_every_hostile_string),
        cmocka_unit_test(the_corpus_holds_any_bytes),
        cmocka_unit_test(links_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
