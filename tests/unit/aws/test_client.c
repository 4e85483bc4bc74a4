/* Without words: what needs no server. "call": calls as JSON on stdin, one a line, and what became
 * of each on stdout; "side-by-side": all of them under way at once; "credentials": what the chain
 * finds. For tests/aws/test_client.py and test_chain.py. */
#include "aws/aws.h"
#include "aws/reply.h"
#include "base/time.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define MOST 64

static void a_change_without_a_guard_is_refused(void **state)
{
    (void)state;
    const struct aws_settings settings = {.region = "us-east-1"};
    const struct aws_credentials credentials = {.access_key_id = "A", .secret_access_key = "B"};
    struct aws *aws = aws_new(&settings);
    json_t *params = json_pack("{s:s, s:s}", "UserName", "u", "AccessKeyId", "AKIDEXAMPLE12345");
    struct aws_asking asking = {
        .op = "iam:DeleteAccessKey", .params = params, .credentials = &credentials};
    struct error err;
    error_clear(&err);
    assert_null(aws_start(aws, &asking, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    asking.op = "iam:NoSuchCall";
    error_clear(&err);
    assert_null(aws_start(aws, &asking, &err));
    assert_int_equal(err.kind, ERROR_INTERNAL);
    json_decref(params);
    aws_free(aws);
    aws_free(NULL);
    aws_end(NULL);
}

static void replies_are_read_alike(void **state)
{
    (void)state;
    json_t *reply =
        json_loads("{\"a\": {\"b\": [{\"c\": \"5\"}, {\"c\": 6}]}, \"t\": \"true\", "
                   "\"f\": false, \"when\": \"2026-11-23T12:00:00Z\", \"at\": 1795435200, "
                   "\"one\": {\"x\": \"y\"}, \"none\": \"\"}",
                   0, NULL);
    assert_int_equal(reply_int(reply, "a.b.0.c", -1), 5);
    assert_int_equal(reply_int(reply, "a.b.1.c", -1), 6);
    assert_int_equal(reply_int(reply, "a.b.2.c", -1), -1);
    assert_int_equal(reply_int(reply, "t", -1), -1);
    assert_true(reply_bool(reply, "t"));
    assert_false(reply_bool(reply, "f"));
    assert_string_equal(reply_text(reply, "a.b"), "");
    assert_int_equal(reply_count(reply, "a.b"), 2);
    assert_int_equal(reply_count(reply, "one"), 1);
    assert_string_equal(reply_text(reply_item(reply, "one", 0), "x"), "y");
    assert_null(reply_item(reply, "one", 1));
    assert_int_equal(reply_count(reply, "none"), 0);
    assert_int_equal(reply_time(reply, "when"), INT64_C(1795435200000000));
    assert_int_equal(reply_time(reply, "at"), INT64_C(1795435200000000));
    assert_int_equal(reply_time(reply, "none"), 0);
    json_decref(reply);
}

static bool permit(void *state, struct aws_change *change, struct error *err)
{
    (void)change;
    return *(bool *)state || error_set(err, ERROR_REFUSED, "the guard says no");
}

static void print(json_t *value)
{
    (void)json_dumpf(value, stdout, 0);
    (void)putchar('\n');
    (void)fflush(stdout);
    json_decref(value);
}

static json_t *facts_of(const struct aws_facts *facts)
{
    return json_pack("{s:i, s:s?, s:i, s:b, s:I, s:s%}", "status", facts->status, "code",
                     facts->code, "attempts", facts->attempts, "unknown", facts->unknown,
                     "server_time", (json_int_t)facts->server_time, "body",
                     facts->body ? facts->body : "", facts->size);
}

static json_t *error_of(const struct error *err)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "error", err->message, "hint", err->hint, "detail",
                     err->detail, "kind", error_kind_name(err->kind));
}

static json_t *outcome(struct aws_call *call)
{
    struct error err;
    error_clear(&err);
    json_t *reply = NULL;
    json_t *said =
        aws_reply(call, &reply, &err) ? json_pack("{s:O}", "reply", reply) : error_of(&err);
    (void)json_object_set_new(said, "facts", facts_of(aws_call_facts(call)));
    return said;
}

static void finish(struct aws *aws, struct aws_call *call)
{
    while (!aws_done(call)) {
        int64_t deadline = aws_deadline(aws), left = deadline - time_monotonic();
        struct pollfd ready = {.fd = aws_fd(aws), .events = POLLIN};
        (void)poll(&ready, 1, !deadline ? -1 : left > 0 ? (int)(left / 1000) + 1 : 0);
        aws_step(aws);
    }
}

static int program_call(bool together)
{
    static struct aws_call *calls[MOST];
    const struct aws_settings settings = {.profile = getenv("TEST_PROFILE")};
    struct aws *aws = aws_new(&settings);
    bool allowed = getenv("TEST_GUARD") != NULL;
    const struct aws_guard guard = {permit, NULL, &allowed};
    aws_set_guard(aws, &guard);
    size_t count = 0;
    for (json_t *given;
         count < MOST && (given = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL));) {
        struct error err;
        error_clear(&err);
        struct aws_asking asking = {
            .op = json_string_value(json_object_get(given, "op")),
            .params = json_object_get(given, "params"),
            .region = json_string_value(json_object_get(given, "region")),
            .total_ms = (int)json_integer_value(json_object_get(given, "total_ms"))};
        struct aws_call *call = aws_start(aws, &asking, &err);
        if (call && !together)
            finish(aws, call);
        if (!call)
            print(error_of(&err));
        else if (together)
            calls[count++] = call;
        else
            print(outcome(call));
        if (!together)
            aws_end(call);
        json_decref(given);
    }
    for (size_t i = 0; i < count; i++) {
        finish(aws, calls[i]);
        print(outcome(calls[i]));
    }
    aws_free(aws);
    return 0;
}

static bool answer_mfa(void *state, const char *text, struct arena *arena, const char **answer,
                       struct error *err)
{
    (void)text;
    (void)err;
    *answer = arena_strdup(arena, state);
    return true;
}

static int program_credentials(void)
{
    const struct aws_settings settings = {.profile = getenv("TEST_PROFILE")};
    struct aws *aws = aws_new(&settings);
    const struct aws_credentials *found;
    struct error err;
    error_clear(&err);
    const struct aws_asker asker = {answer_mfa, getenv("TEST_MFA")};
    if (getenv("TEST_MFA"))
        aws_set_asker(aws, &asker);
    if (aws_find_credentials(aws, NULL, &found, &err))
        print(json_pack("{s:s, s:s, s:s?, s:s?, s:s, s:I}", "key", found->access_key_id, "secret",
                        found->secret_access_key, "token", found->session_token, "account",
                        found->account, "source", found->source, "expires",
                        (json_int_t)found->expires));
    else
        print(error_of(&err));
    aws_free(aws);
    return 0;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "credentials") == 0)
        return program_credentials();
    if (count == 2)
        return program_call(strcmp(words[1], "side-by-side") == 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_without_a_guard_is_refused),
        cmocka_unit_test(replies_are_read_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
