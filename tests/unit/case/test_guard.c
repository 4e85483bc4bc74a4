/* The guard: what it refuses without asking anybody; and a program that tests/aws/test_guard.py
 * drives against the double of AWS, step by step, each a line of JSON. */
#include "tests/unit/case/stage.h"

#include "base/file.h"
#include "case/guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define MOST 64

struct desk {
    struct arena *arena;
    struct session *session;
    struct guard *guard;
    struct aws *aws;
    const struct guard_caller *caller;
    struct guard_basis basis;
    json_t *params[MOST]; /* of intents, in the order they were opened */
    size_t count;
};

static json_t *said(bool ok, const struct error *err)
{
    return ok ? json_pack("{s:b}", "ok", 1)
              : json_pack("{s:b, s:s, s:s, s:s}", "ok", 0, "error", err->message, "hint", err->hint,
                          "kind", error_kind_name(err->kind));
}

static json_t *do_verify(struct desk *desk, const json_t *given, struct error *err)
{
    (void)given;
    bool ok = guard_verify(desk->guard, desk->aws, NULL, &desk->caller, err);
    json_t *answer = said(ok, err);
    if (ok)
        (void)json_object_set_new(answer, "arn", json_string(desk->caller->arn));
    return answer;
}

static json_t *do_basis(struct desk *desk, const json_t *given, struct error *err)
{
    struct ledger *ledger = session_ledger(desk->session, err);
    struct ledger_mark plan, approval, saved;
    int64_t other = json_get_int(given, "other", 0);
    bool ok = ledger &&
              ledger_append(ledger, LEDGER_PLAN, json_pack("{s:s}", "says", "a plan"), &plan, err);
    int64_t number = ok ? plan.sequence + other : 0;
    ok = ok &&
         ledger_append(ledger, LEDGER_APPROVAL, json_pack("{s:I}", "plan", (json_int_t)number),
                       &approval, err) &&
         ledger_append(ledger, LEDGER_SAVED, json_pack("{s:I}", "plan", (json_int_t)number), &saved,
                       err);
    if (ok)
        desk->basis = (struct guard_basis){plan.sequence, approval.sequence, saved.sequence};
    return said(ok, err);
}

static json_t *do_open(struct desk *desk, const json_t *given, struct error *err)
{
    const json_t *list = json_object_get(given, "intents");
    struct guard_intent intents[MOST] = {{0}};
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_array_get(list, i);
        json_t *params = json_object_get(one, "params");
        desk->params[desk->count] = json_own(desk->arena, json_deep_copy(params));
        intents[i] = (struct guard_intent){.op = json_get_string(one, "op", ""),
                                           .params = desk->params[desk->count++],
                                           .region = json_get_string(one, "region", "us-east-1"),
                                           .caller = desk->caller,
                                           .about = json_pack("{s:s}", "step", "deny")};
    }
    return said(guard_open(desk->guard, &desk->basis, intents, count, err), err);
}

static json_t *do_call(struct desk *desk, const json_t *given, struct error *err)
{
    int64_t intent = json_get_int(given, "intent", -1);
    json_t *params = intent >= 0 ? desk->params[intent] : json_object_get(given, "params");
    struct aws_asking asking = {.op = json_get_string(given, "op", ""),
                                .params = params,
                                .region = json_get_string(given, "region", NULL),
                                .total_ms = (int)json_get_int(given, "total_ms", 0)};
    struct aws_call *call = aws_start(desk->aws, &asking, err);
    json_t *reply = NULL;
    if (call && json_get_bool(given, "give_up", false)) { /* once it is on its way */
        for (int64_t steps = json_get_int(given, "steps", 20); steps > 0; steps--) {
            aws_wait(desk->aws, NULL, 0);
            aws_step(desk->aws);
        }
        aws_end(call);
        return said(true, err);
    }
    while (call && !aws_done(call)) {
        aws_wait(desk->aws, NULL, 0);
        aws_step(desk->aws);
    }
    bool ok = call && aws_reply(call, &reply, err);
    json_t *answer = said(ok, err);
    if (call)
        (void)json_object_set_new(
            answer, "code",
            json_string(aws_call_facts(call)->code ? aws_call_facts(call)->code : ""));
    aws_end(call);
    return answer;
}

static bool add_unsettled(void *state, const json_t *intent, const json_t *outcome,
                          struct error *err)
{
    (void)err;
    return json_array_append_new(
               state,
               json_pack("{s:I, s:O, s:O?}", "seq", (json_int_t)json_get_int(intent, "seq", 0),
                         "content", json_object_get(intent, "content"), "outcome",
                         outcome ? json_object_get(outcome, "content") : NULL)) == 0;
}

static json_t *do_unsettled(struct desk *desk, const json_t *given, struct error *err)
{
    (void)given;
    json_t *list = json_array();
    struct guard_unsettled unsettled = {.visit = add_unsettled, .state = list};
    json_t *answer = said(guard_each_unsettled(desk->guard, &unsettled, err), err);
    (void)json_object_set_new(answer, "list", list);
    return answer;
}

static json_t *do_settle(struct desk *desk, const json_t *given, struct error *err)
{
    return said(guard_settle(desk->guard, json_get_int(given, "seq", 0), "not done",
                             json_pack("{s:s}", "read", "nothing is there"), err),
                err);
}

static json_t *do_hold(struct desk *desk, const json_t *given, struct error *err)
{
    return said(guard_hold(desk->guard, json_get_string(given, "what", "%contain"), err), err);
}

static json_t *do_release(struct desk *desk, const json_t *given, struct error *err)
{
    (void)given;
    guard_release(desk->guard);
    return said(true, err);
}

static json_t *do_drop(struct desk *desk, const json_t *given, struct error *err)
{
    (void)given;
    return said(guard_drop(desk->guard, "stopped", err) && guard_sync(desk->guard, err), err);
}

static json_t *do_die(struct desk *desk, const json_t *given, struct error *err)
{
    (void)desk;
    (void)given;
    (void)raise(SIGKILL);
    return said(false, err);
}

static json_t *do_disk(struct desk *desk, const json_t *given, struct error *err)
{
    (void)desk;
    bool full = json_get_bool(given, "full", false);
    bool ok = setenv("ENOSPC_AFTER", "0", 1) == 0 &&
              setenv("ENOSPC_PATH", full ? getenv("TEST_FOLDER") : "", 1) == 0;
    return said(ok, err);
}

static const struct {
    const char *name;
    json_t *(*run)(struct desk *desk, const json_t *given, struct error *err);
} steps[] = {
    {"verify", do_verify},       {"basis", do_basis},     {"open", do_open}, {"call", do_call},
    {"hold", do_hold},           {"release", do_release}, {"drop", do_drop}, {"die", do_die},
    {"unsettled", do_unsettled}, {"settle", do_settle},   {"disk", do_disk},
};

static json_t *step(struct desk *desk, const json_t *given)
{
    struct error err = {0};
    const char *name = json_get_string(given, "do", "");
    for (size_t i = 0; i < COUNT(steps); i++)
        if (strcmp(steps[i].name, name) == 0)
            return steps[i].run(desk, given, &err);
    return json_pack("{s:s}", "error", "no such step");
}

static int program(void)
{
    struct error err = {0};
    struct desk desk = {.arena = arena_new(), .session = session_new("test.ipynb", &err)};
    session_settings_edit(desk.session)->case_folder = getenv("TEST_FOLDER");
    desk.guard = session_guard(desk.session);
    desk.aws = session_aws(desk.session);
    for (json_t *given; (given = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL));) {
        json_t *answer = step(&desk, given);
        (void)json_dumpf(answer, stdout, 0);
        (void)putchar('\n');
        (void)fflush(stdout);
        json_decref(answer);
        json_decref(given);
    }
    session_free(desk.session);
    arena_free(desk.arena);
    return 0;
}

static void a_change_without_an_intent_is_refused(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    assert_int_equal(setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9", 1), 0);
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "x", 1), 0);
    assert_int_equal(setenv("AWS_REGION", "us-east-1", 1), 0);
    json_t *params = json_own(stage->arena, json_pack("{s:s}", "UserName", "mallory"));
    struct aws_asking asking = {.op = "iam:DeleteLoginProfile", .params = params};
    assert_null(aws_start(session_aws(stage->session), &asking, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_false(file_exists(stage->case_folder)); /* nothing happened, nothing is made */
}

static void nothing_stands_on_nothing(void **state)
{
    struct stage *stage = *state;
    struct guard *guard = session_guard(stage->session);
    struct guard_caller caller = {"123456789012", "arn:aws:iam::123456789012:user/x", "AIDAX",
                                  "AKIAIOSFODNN7EXAMPLE"};
    json_t *params = json_own(stage->arena, json_pack("{s:s}", "UserName", "mallory"));
    struct guard_intent intent = {
        .op = "iam:DeleteLoginProfile", .params = params, .region = "us-east-1", .caller = &caller};
    struct guard_basis basis = {1, 2, 3};
    struct error err = {0};
    assert_false(guard_open(guard, &basis, &intent, 1, &err));
    assert_non_null(strstr(err.message, "without the lock"));
    err = (struct error){0};
    assert_true(guard_hold(guard, "%contain user mallory", &err));
    assert_false(guard_open(guard, &basis, &intent, 1, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_non_null(strstr(err.message, "the ledger has no entry 1"));
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "steps") == 0)
        return program();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_change_without_an_intent_is_refused, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(nothing_stands_on_nothing, stage_set_up, stage_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
