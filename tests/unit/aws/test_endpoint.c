/* Without words: addresses that are given. "resolve": services, regions and variants as JSON on
 * stdin, one a line, and the endpoint on stdout, for tests/aws/test_endpoint.py. */
#include "aws/endpoint.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static const struct aws_service *service_of(const char *name)
{
    const struct aws_op *op;
    for (size_t i = 0; (op = aws_op_at(i)); i++)
        if (strcmp(aws_service_of(op)->name, name) == 0)
            return aws_service_of(op);
    return NULL;
}

static void an_address_that_is_given_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *address, *origin, *host, *path;
    } rows[] = {
        {"http://127.0.0.1:5000", "http://127.0.0.1:5000", "127.0.0.1:5000", ""},
        {"https://x.example:443/a/b//", "https://x.example:443", "x.example", "/a/b"},
        {"http://[fd00:ec2::254]:80/", "http://[fd00:ec2::254]:80", "[fd00:ec2::254]", ""},
        {"http://x.example:443", "http://x.example:443", "x.example:443", ""},
    };
    struct arena *arena = arena_new();
    struct error err;
    error_clear(&err);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct aws_place place = {.region = "eu-west-1", .override = rows[i].address, .fips = true};
        struct aws_endpoint out;
        assert_true(aws_endpoint(service_of("s3"), &place, arena, &out, &err));
        assert_string_equal(out.origin, rows[i].origin);
        assert_string_equal(out.host, rows[i].host);
        assert_string_equal(out.path, rows[i].path);
        assert_string_equal(out.region, "eu-west-1");
        assert_true(out.given);
    }
    arena_free(arena);
}

static void what_would_lead_elsewhere_is_refused(void **state)
{
    (void)state;
    static const struct aws_place places[] = {
        {.region = "eu-west-1.evil.example/"},
        {.region = "EU"},
        {.region = ""},
        {.region = NULL},
        {.region = "-a"},
        {.region = "eu-west-1", .override = "ftp://x"},
        {.region = "eu-west-1", .override = "http://"},
        {.region = "eu-west-1", .override = "http://user@host"},
        {.region = "eu-west-1", .override = "http://host?x"},
    };
    for (size_t i = 0; i < COUNT(places); i++) {
        struct arena *arena = arena_new();
        struct error err;
        error_clear(&err);
        struct aws_endpoint out;
        assert_false(aws_endpoint(service_of("sts"), &places[i], arena, &out, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
        arena_free(arena);
    }
}

static int program(void)
{
    for (json_t *given; (given = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL));) {
        struct arena *arena = arena_new();
        struct error err;
        error_clear(&err);
        struct aws_place place = {
            .region = json_string_value(json_object_get(given, "region")),
            .fips = json_is_true(json_object_get(given, "fips")),
            .dual_stack = json_is_true(json_object_get(given, "dual")),
        };
        struct aws_endpoint out;
        const char *name = json_string_value(json_object_get(given, "service"));
        json_t *said = aws_endpoint(service_of(name), &place, arena, &out, &err)
                           ? json_pack("{s:s, s:s}", "origin", out.origin, "region", out.region)
                           : json_pack("{s:s}", "error", err.message);
        (void)json_dumpf(said, stdout, 0);
        (void)putchar('\n');
        json_decref(said);
        json_decref(given);
        arena_free(arena);
    }
    return 0;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "resolve") == 0)
        return program();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_that_is_given_is_taken),
        cmocka_unit_test(what_would_lead_elsewhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
