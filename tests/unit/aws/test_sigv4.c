/* Without words: what the vectors do not say. With the word "sign": a request as JSON on stdin, one
 * a line, and canonical request, string to sign and Authorization as JSON on stdout, for
 * tests/aws/test_sigv4.py. */
#include "aws/sigv4.h"

#include "base/json.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define LIMIT ((size_t)1 << 20)

static const struct sigv4_header headers[] = {{"Host", "example.amazonaws.com"},
                                              {"X-Amz-Date", "20150830T123600Z"}};

static struct sigv4_request request_of(const char *path, const char *query)
{
    return (struct sigv4_request){
        .method = "GET",
        .path = path,
        .query = query,
        .headers = headers,
        .header_count = COUNT(headers),
        .payload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        .region = "us-east-1",
        .service = "service",
        .time = 1440938160000000,
    };
}

static void check_line(const struct sigv4_request *request, int line, const char *expected)
{
    struct buf out;
    buf_init(&out, LIMIT);
    sigv4_canonical(request, &out);
    char *text = out.data;
    while (line--)
        text = strchr(text, '\n') + 1;
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, expected);
    buf_release(&out);
}

static void paths_are_normalised_but_for_s3(void **state)
{
    (void)state;
    static const struct {
        const char *path, *canonical;
    } rows[] = {
        {"", "/"},       {"/", "/"},           {"/a/../..", "/"},     {"/./a//b/", "/a/b/"},
        {"/..", "/"},    {"/a/b/..", "/a/"},   {"/%2F", "/%252F"},    {"/a b", "/a%20b"},
        {"/a/.", "/a/"}, {"/a/...", "/a/..."}, {"//x/../../y", "/y"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sigv4_request request = request_of(rows[i].path, NULL);
        check_line(&request, 1, rows[i].canonical);
        request.as_is = true;
        check_line(&request, 1, *rows[i].path ? rows[i].path : "/");
    }
}

static void queries_are_encoded_once_and_sorted(void **state)
{
    (void)state;
    static const struct {
        const char *query, *canonical;
    } rows[] = {
        {"b=2&a=1", "a=1&b=2"},           {"acl", "acl="},
        {"a=%20&a=%2b", "a=%20&a=%2B"},   {"a=b=c", "a=b%3Dc"},
        {"a=2&a=10", "a=10&a=2"},         {"&&a=1&", "a=1"},
        {"a=%zz&b=%4", "a=%25zz&b=%254"}, {"a-b=1&a=2", "a=2&a-b=1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sigv4_request request = request_of("/", rows[i].query);
        check_line(&request, 2, rows[i].canonical);
    }
}

static void sign(struct sigv4 *sigv4, const char *secret, const struct sigv4_request *request,
                 struct buf *out)
{
    buf_clear(out);
    struct sigv4_credentials credentials = {"AKIDEXAMPLE", secret, NULL};
    sigv4_sign(sigv4, &credentials, request, out);
}

/* More scopes than are kept, in turn: a kept key never signs for another scope or secret. */
static void kept_keys_are_not_mixed_up(void **state)
{
    (void)state;
    struct sigv4 *kept = sigv4_new();
    struct buf now, fresh;
    buf_init(&now, LIMIT);
    buf_init(&fresh, LIMIT);
    char regions[20][16];
    for (int round = 0; round < 60; round++) {
        int number = round * 7 % 20;
        (void)snprintf(regions[number], sizeof regions[number], "region-%d", number);
        struct sigv4_request request = request_of("/", NULL);
        request.region = regions[number];
        request.time += round / 20 * INT64_C(86400000000);
        const char *secret = round % 2 ? "one" : "two";
        sign(kept, secret, &request, &now);
        struct sigv4 *alone = sigv4_new();
        sign(alone, secret, &request, &fresh);
        assert_string_equal(now.data, fresh.data);
        sigv4_free(alone);
    }
    buf_release(&now);
    buf_release(&fresh);
    sigv4_free(kept);
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static json_t *sign_one(struct sigv4 *sigv4, const json_t *given)
{
    const json_t *list = json_object_get(given, "headers");
    size_t count = json_array_size(list);
    struct sigv4_header *all = calloc(count + 1, sizeof *all);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(list, i);
        all[i] = (struct sigv4_header){json_string_value(json_array_get(pair, 0)),
                                       json_string_value(json_array_get(pair, 1))};
    }
    struct sigv4_request request = {
        .method = text_of(given, "method"),
        .path = text_of(given, "path"),
        .query = text_of(given, "query"),
        .headers = all,
        .header_count = count,
        .payload = text_of(given, "payload"),
        .region = text_of(given, "region"),
        .service = text_of(given, "service"),
        .time = json_integer_value(json_object_get(given, "time")),
        .as_is = json_is_true(json_object_get(given, "as_is")),
    };
    struct sigv4_credentials credentials = {text_of(given, "key"), text_of(given, "secret"), NULL};
    struct buf canonical, text, header;
    buf_init(&canonical, LIMIT);
    buf_init(&text, LIMIT);
    buf_init(&header, LIMIT);
    sigv4_canonical(&request, &canonical);
    sigv4_string_to_sign(&request, &canonical, &text);
    sigv4_sign(sigv4, &credentials, &request, &header);
    json_t *out = json_pack("{s:s, s:s, s:s}", "canonical", canonical.data, "string", text.data,
                            "authorization", header.data);
    buf_release(&canonical);
    buf_release(&text);
    buf_release(&header);
    free(all);
    return out;
}

static int program_sign(void)
{
    struct sigv4 *sigv4 = sigv4_new();
    for (json_t *given; (given = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL));) {
        json_t *out = sign_one(sigv4, given);
        (void)json_dumpf(out, stdout, 0);
        (void)putchar('\n');
        json_decref(out);
        json_decref(given);
    }
    sigv4_free(sigv4);
    return 0;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "sign") == 0)
        return program_sign();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_normalised_but_for_s3),
        cmocka_unit_test(queries_are_encoded_once_and_sorted),
        cmocka_unit_test(kept_keys_are_not_mixed_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
