#include "tests/unit/jupyter/stage.h"

static void a_cell_is_told_from_busy_to_idle(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    static const char *const words[] = {"busy", "execute_input", "stream", "idle"};
    assert_published(stage, words, COUNT(words));
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

static void cells_behind_a_failed_one_are_aborted_and_questions_are_not(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"fail\"}");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    send_now(stage, stage->shell, "kernel_info_request", "{}");
    (void)poll(NULL, 0, 10); /* arrives while the reply is held back */
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    assert_next(stage, stage->shell, "kernel_info_reply", "status", "ok");
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    assert_next(stage, stage->shell, "execute_reply", "status", "aborted");
    assert_next(stage, stage->shell, "execute_reply", "status", "aborted");
    send_now(stage, stage->shell, "execute_request",
             "{\"code\":\"print\"}"); /* by someone who knows of the failure */
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
    static const char *const words[] = {"busy",          "execute_input", "busy", "idle", "idle",
                                        "busy",          "idle",          "busy", "idle", "busy",
                                        "execute_input", "stream",        "idle"};
    assert_published(stage, words, COUNT(words));
}

static void a_cell_made_before_the_failure_was_told_is_aborted_when_it_comes_late(void **state)
{
    struct stage *stage = *state;
    int64_t made = time_now();
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"fail\"}", made);
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"print\"}", made + 1);
    assert_next(stage, stage->shell, "execute_reply", "status", "aborted");
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"print\"}",
              time_now() + 60000000);
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

static void whole_seconds_say_nothing_about_before_and_after(void **state)
{
    struct stage *stage = *state;
    int64_t made = time_now() / 1000000 * 1000000;
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"fail\"}", made);
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"print\"}", made + 1);
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"fail\"}", made - 1);
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    send_made(stage, stage->shell, "execute_request", "{\"code\":\"print\"}", made);
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

static void stop_on_error_false_lets_the_rest_run(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"fail\",\"stop_on_error\":false}");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

static void an_interrupt_ends_the_cell_and_those_behind_it(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"wait\",\"stop_on_error\":false}");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    static const char *const started[] = {"busy", "execute_input", "stream"};
    assert_published(stage, started, COUNT(started));
    send_now(stage, stage->control, "interrupt_request", "{}");
    assert_next(stage, stage->control, "interrupt_reply", "status", "ok");
    assert_next(stage, stage->shell, "execute_reply", "status", "error");
    assert_next(stage, stage->shell, "execute_reply", "status", "aborted");
    send_now(stage, stage->control, "interrupt_request", "{}"); /* nothing runs: nothing happens */
    assert_next(stage, stage->control, "interrupt_reply", "status", "ok");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

/* The cell is what it was, and the next one is not hit by a stop that was not meant for it. */
static void an_interrupt_between_the_last_output_and_the_reply_harms_nothing(void **state)
{
    struct stage *stage = *state;
    static const char *const codes[] = {"{\"code\":\"linger\"}", "{\"code\":\"late\"}"};
    for (size_t i = 0; i < COUNT(codes); i++) {
        send_now(stage, stage->shell, "execute_request", codes[i]);
        while (!stage->lingers)
            (void)poll(NULL, 0, 1);
        stage->lingers = false;
        send_now(stage, stage->control, "interrupt_request", "{}");
        assert_next(stage, stage->control, "interrupt_reply", "status", "ok");
        stage->released = true;
        assert_next(stage, stage->shell, "execute_reply", "status", "ok");
        send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
        assert_next(stage, stage->shell, "execute_reply", "status", "ok");
    }
}

static void after_a_question_during_a_cell_the_kernel_says_again_that_it_is_busy(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"wait\"}");
    struct request *busy = receive(stage, stage->iopub);
    static const char *const started[] = {"execute_input", "stream"};
    assert_published(stage, started, COUNT(started));
    send_now(stage, stage->shell, "complete_request", "{\"code\":\"\"}");
    assert_next(stage, stage->shell, "complete_reply", "status", "ok");
    static const char *const answered[] = {"busy", "idle"};
    assert_published(stage, answered, COUNT(answered));
    struct request *again = receive(stage, stage->iopub);
    assert_string_equal(json_get_string(again->content, "execution_state", ""), "busy");
    assert_string_equal(json_get_string(again->parent, "msg_id", ""),
                        json_get_string(busy->parent, "msg_id", "x"));
    assert_int_equal(again->sent, busy->sent); /* with the date of the first */
    request_release(again);
    request_release(busy);
    send_now(stage, stage->control, "kernel_info_request", "{}");
    assert_next(stage, stage->control, "kernel_info_reply", "status", "ok");
    send_now(stage, stage->control, "interrupt_request", "{}");
    static const char *const rest[] = {"busy", "idle", "busy", "idle",
                                       "idle"}; /* untracked: no third busy */
    assert_published(stage, rest, COUNT(rest));
    assert_next(stage, stage->control, "interrupt_reply", "status", "ok");
}

static void an_answer_goes_to_the_cell_that_asked_and_stale_ones_to_nobody(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->input, "input_reply", "{\"value\":\"{\\\"text\\\":\\\"stale\\\"}\"}");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"ask\"}");
    assert_next(stage, stage->input, "input_request", "prompt", "?");
    send_raw(stage->input, "{\"msg_id\":\"w\",\"msg_type\":\"wrong\"}",
             "{\"value\":\"{\\\"text\\\":\\\"no\\\"}\"}");
    send_now(stage, stage->input, "input_reply", "{\"value\":\"{\\\"text\\\":\\\"yes\\\"}\"}");
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
    static const char *const words[] = {"busy", "execute_input"};
    assert_published(stage, words, COUNT(words));
    assert_next(stage, stage->iopub, "stream", "text", "yes");
}

static void a_silent_or_empty_cell_says_nothing(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"x\",\"silent\":true}");
    static const char *const silent[] = {"busy", "idle"};
    assert_published(stage, silent, COUNT(silent));
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"\"}");
    static const char *const empty[] = {"busy", "execute_input", "idle"};
    assert_published(stage, empty, COUNT(empty));
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"x\"}");
    for (int expected = 0; expected < 3; expected++) {
        struct request *request = receive(stage, stage->shell);
        assert_int_equal(json_get_int(request->content, "execution_count", -1), expected == 2);
        request_release(request);
    }
}

static void unknown_messages_and_comms_are_borne(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "debug_request", "{}");
    static const char *const unknown[] = {"busy", "idle"};
    assert_published(stage, unknown, COUNT(unknown));
    send_now(stage, stage->shell, "comm_open",
             "{\"comm_id\":\"c1\",\"target_name\":\"t\",\"data\":{}}");
    assert_next(stage, stage->iopub, "status", "execution_state", "busy");
    assert_next(stage, stage->iopub, "comm_close", "comm_id", "c1");
    assert_next(stage, stage->iopub, "status", "execution_state", "idle");
    send_now(stage, stage->shell, "comm_msg", "{\"comm_id\":\"c1\",\"data\":{}}");
    assert_published(stage, unknown, COUNT(unknown));
}

static void broken_messages_are_dropped_and_the_next_is_served(void **state)
{
    struct stage *stage = *state;
    void *const sockets[] = {stage->shell, stage->control, stage->input};
    for (size_t i = 0; i < COUNT(sockets); i++) {
        (void)zmq_send(sockets[i], "junk", 4, 0);
        (void)zmq_send(sockets[i], WIRE_DELIMITER, strlen(WIRE_DELIMITER), ZMQ_SNDMORE);
        for (int frame = 0; frame < 200; frame++)
            (void)zmq_send(sockets[i], "", 0, frame < 199 ? ZMQ_SNDMORE : 0);
        send_raw(sockets[i], arena_printf(stage->arena, "{\"msg_id\":%zu", i), "{}");
        send_raw(sockets[i], arena_printf(stage->arena, "{\"x\":%zu}", i), "{}");
    }
    send_now(stage, stage->shell, "kernel_info_request", "{}");
    assert_next(stage, stage->shell, "kernel_info_reply", "status", "ok");
    send_now(stage, stage->control, "kernel_info_request", "{}");
    assert_next(stage, stage->control, "kernel_info_reply", "status", "ok");
    static const char *const words[] = {"busy", "idle", "busy",
                                        "idle"}; /* and nothing of the broken ones */
    assert_published(stage, words, COUNT(words));
}

static void who_waits_for_a_cell_that_does_not_stop_is_told_before_the_end(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"stubborn\"}");
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    static const char *const begun[] = {"busy", "execute_input"};
    assert_published(stage, begun, COUNT(begun));
    send_now(stage, stage->control, "shutdown_request", "{}");
    assert_next(stage, stage->control, "shutdown_reply", "status", "ok");
    assert_next(stage, stage->shell, "execute_reply", "ename", "Interrupted");
    assert_next(stage, stage->shell, "execute_reply", "status", "aborted");
    static const char *const words[] = {"busy", "shutdown_reply", "idle", "error",
                                        "idle", "busy",           "idle"};
    assert_published(stage, words, COUNT(words));
    (void)pthread_join(stage->front, NULL);
    assert_false(stage->orderly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cell_is_told_from_busy_to_idle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cells_behind_a_failed_one_are_aborted_and_questions_are_not,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_seconds_say_nothing_about_before_and_after, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_cell_made_before_the_failure_was_told_is_aborted_when_it_comes_late, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(stop_on_error_false_lets_the_rest_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupt_ends_the_cell_and_those_behind_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            an_interrupt_between_the_last_output_and_the_reply_harms_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            after_a_question_during_a_cell_the_kernel_says_again_that_it_is_busy, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            an_answer_goes_to_the_cell_that_asked_and_stale_ones_to_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_or_empty_cell_says_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_messages_and_comms_are_borne, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken_messages_are_dropped_and_the_next_is_served, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            who_waits_for_a_cell_that_does_not_stop_is_told_before_the_end, set_up,
            tear_down_ended),
    };
    block_signals();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
