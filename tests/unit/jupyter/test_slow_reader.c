#include "tests/unit/jupyter/stage.h"

/* The front end reads nothing on iopub for a while: the cell's reply stays behind its outputs,
 * control is answered. */
static void a_slow_reader_loses_nothing_and_holds_up_no_control(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"flood\"}");
    for (int i = 0; i < 20; i++) {
        send_now(stage, stage->control, "kernel_info_request", "{}");
        assert_next(stage, stage->control, "kernel_info_reply", "status", "ok");
        (void)poll(NULL, 0, 20);
    }
    zmq_pollitem_t reply = {.socket = stage->shell, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&reply, 1, 0), 0);
    static const char *const idle[] = {"idle"};
    int streams = 0, statuses = 0;
    while (streams < FLOOD) {
        struct request *request = receive(stage, stage->iopub);
        streams += strcmp(request->type, "stream") == 0;
        statuses += strcmp(request->type, "status") == 0;
        request_release(request);
    }
    assert_published(stage, idle, COUNT(idle));
    assert_int_equal(statuses, 1 + 2 * 20);
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

static void a_reader_that_never_reads_loses_messages_and_holds_up_no_cell(void **state)
{
    struct stage *stage = *state;
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"flood\"}");
    assert_next(stage, stage->shell, "execute_reply", "status", "ok"); /* though nothing was read */
    send_now(stage, stage->shell, "execute_request", "{\"code\":\"print\"}");
    assert_next(stage, stage->shell, "execute_reply", "status", "ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_slow_reader_loses_nothing_and_holds_up_no_control,
                                        set_up_patient, tear_down),
        cmocka_unit_test_setup_teardown(
            a_reader_that_never_reads_loses_messages_and_holds_up_no_cell, set_up_impatient,
            tear_down),
    };
    block_signals();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
