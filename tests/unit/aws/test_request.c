/* Without words: requests that cannot be made. "rows": the table of calls as JSON, "make": calls as
 * JSON on stdin, one a line, and what would be sent on stdout, for tests/aws/test_op.py. */
#include "aws/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static void refused(const char *op, const char *params, const char *words)
{
    struct arena *arena = arena_new();
    struct error err;
    error_clear(&err);
    struct aws_request out;
    json_t *given = json_own(arena, json_loads(params, 0, NULL));
    assert_non_null(given);
    assert_false(aws_request_make(aws_op(op), given, arena, &out, &err));
    if (!strstr(err.message, words))
        fail_msg("%s: %s", op, err.message);
    arena_free(arena);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    refused("s3:GetObject", "{\"Bucket\": \"b\"}", "Key is missing");
    refused("s3:GetObject", "{\"Bucket\": \"b\", \"Key\": \"\"}", "Key is missing");
    refused("s3:GetObject", "{\"Bucket\": \"b\", \"Key\": {}}", "Key is missing");
    refused("s3:GetObject", "{\"Bucket\": \"b\", \"Key\": \"k\", \"Range\": []}", "Range cannot");
    refused("s3:GetObject", "{\"Bucket\": \"b\", \"Key\": \"k\", \"Rnage\": \"x\"}",
            "does not take Rnage");
    refused("s3:GetObject", "{\"Bucket\": \"b\", \"Key\": \"k\", \"Range\": \"a\\r\\nb: c\"}",
            "line break");
    refused("iam:GetUser", "{\"UserName\": null}", "UserName cannot");
    refused("s3control:GetPublicAccessBlock", "{\"AccountId\": \"evil.example/\"}",
            "no account number");
    refused("s3control:GetPublicAccessBlock", "{}", "no account number");
}

static void a_call_is_found_by_its_name_only(void **state)
{
    (void)state;
    assert_non_null(aws_op("sts:GetCallerIdentity"));
    static const char *const wrong[] = {"sts:GetCallerIdentit", "sts",  "",
                                        "st:GetCallerIdentity", "sts:", "sts:GetCallerIdentity2"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_null(aws_op(wrong[i]));
}

static void a_token_is_made_once_for_each_call(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct error err;
    error_clear(&err);
    struct aws_request one, two;
    json_t *params = json_own(arena, json_pack("{s:s}", "QueryString", "SELECT 1"));
    assert_true(aws_request_make(aws_op("athena:StartQueryExecution"), params, arena, &one, &err));
    assert_true(aws_request_make(aws_op("athena:StartQueryExecution"), params, arena, &two, &err));
    assert_non_null(strstr(one.body, "ClientRequestToken"));
    assert_string_not_equal(one.body, two.body);
    assert_null(json_object_get(params, "ClientRequestToken"));
    arena_free(arena);
}

static json_t *row_of(const struct aws_op *op)
{
    static const char *const protocols[] = {"json", "query", "ec2", "rest-json", "rest-xml"};
    const struct aws_service *service = aws_service_of(op);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s?, s:s?, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, "
        "s:s?, s:s?, s:b, s:b, s:b, s:b}",
        "service", service->name, "op", op->name, "id", service->id, "protocol",
        protocols[service->protocol], "version", service->version, "target", service->target,
        "prefix", service->prefix, "signing", service->signing, "method", op->method, "path",
        op->path, "query", op->query, "headers", op->headers, "payload", op->payload, "fill",
        op->fill, "next", op->next, "host", op->host, "checksum", op->checksum, "reads_only",
        op->reads_only, "dry_run", op->dry_run, "unsigned_call", op->unsigned_call);
}

static void print(json_t *value)
{
    (void)json_dumpf(value, stdout, 0);
    (void)putchar('\n');
    json_decref(value);
}

static int program_rows(void)
{
    const struct aws_op *op;
    for (size_t i = 0; (op = aws_op_at(i)); i++)
        print(row_of(op));
    return 0;
}

static json_t *made(const json_t *given, struct arena *arena)
{
    struct error err;
    error_clear(&err);
    struct aws_request request;
    const struct aws_op *op = aws_op(json_string_value(json_object_get(given, "op")));
    if (!op || !aws_request_make(op, json_object_get(given, "params"), arena, &request, &err))
        return json_pack("{s:s}", "error", op ? err.message : "no such call");
    json_t *headers = json_object();
    for (size_t i = 0; i < request.header_count; i++)
        (void)json_object_set_new(headers, request.headers[i].name,
                                  json_string(request.headers[i].value));
    return json_pack("{s:s, s:s, s:s, s:s?, s:o, s:s%}", "method", request.method, "before_host",
                     request.before_host, "path", request.path, "query", request.query, "headers",
                     headers, "body", request.body ? request.body : "", request.size);
}

static int program_make(void)
{
    for (json_t *given; (given = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL));) {
        struct arena *arena = arena_new();
        print(made(given, arena));
        arena_free(arena);
        json_decref(given);
    }
    return 0;
}

int main(int count, char **words)
{
    if (count == 2)
        return strcmp(words[1], "rows") == 0 ? program_rows() : program_make();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_sent_is_refused),
        cmocka_unit_test(a_call_is_found_by_its_name_only),
        cmocka_unit_test(a_token_is_made_once_for_each_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
