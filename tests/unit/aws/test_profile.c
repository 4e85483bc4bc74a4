/* Without words: reading values. "read": the files that the environment names, as JSON, for
 * tests/aws/test_profile.py. */
#include "aws/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void values_are_found_by_kind_name_and_key(void **state)
{
    (void)state;
    struct arena *arena = arena_new_secret();
    struct aws_profiles profiles = {
        .sections =
            json_own(arena, json_loads("{\"profile\": {\"dev\": {\"region\": \"eu-west-1\", "
                                       "\"empty\": \"\", \"s3\": {\"a_b\": \"c\"}}}}",
                                       0, NULL))};
    assert_string_equal(aws_profiles_get(&profiles, "profile", "dev", "region"), "eu-west-1");
    assert_string_equal(aws_profiles_get(&profiles, "profile", "dev", "s3.a_b"), "c");
    assert_null(aws_profiles_get(&profiles, "profile", "dev", "empty"));
    assert_null(aws_profiles_get(&profiles, "profile", "dev", "s3"));
    assert_null(aws_profiles_get(&profiles, "profile", "dev", "s3.none"));
    assert_null(aws_profiles_get(&profiles, "profile", "other", "region"));
    assert_null(aws_profiles_get(&profiles, "services", "dev", "region"));
    assert_true(aws_profiles_has(&profiles, "profile", "dev"));
    assert_false(aws_profiles_has(&profiles, "profile", "de"));
    arena_free(arena);
}

static int program(void)
{
    struct arena *arena = arena_new_secret();
    struct error err;
    error_clear(&err);
    struct aws_profiles profiles;
    json_t *said;
    if (aws_profiles_read(arena, &profiles, &err))
        said = json_pack("{s:O, s:s}", "sections", profiles.sections, "broken", profiles.broken);
    else
        said = json_pack("{s:s, s:s}", "error", err.message, "hint", err.hint);
    (void)json_dumpf(said, stdout, 0);
    (void)putchar('\n');
    json_decref(said);
    arena_free(arena);
    return 0;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "read") == 0)
        return program();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_by_kind_name_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
