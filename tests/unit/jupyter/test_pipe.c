#include "jupyter/pipe.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static bool readable(const struct pipe *pipe)
{
    struct pollfd wait = {.fd = pipe_fd(pipe), .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static struct packet *numbered(int64_t number)
{
    struct packet *packet = packet_new(PACKET_NEWS, NULL);
    packet->count = number;
    return packet;
}

static int64_t free_all(struct packet *packet)
{
    int64_t count = 0;
    while (packet) {
        struct packet *next = packet->next;
        packet_free(packet);
        packet = next;
        count++;
    }
    return count;
}

static void packets_come_out_in_their_order(void **state)
{
    (void)state;
    struct pipe *pipe = pipe_new();
    assert_null(pipe_take(pipe, 0));
    struct packet *chain = numbered(2);
    chain->next = numbered(3);
    pipe_push(pipe, numbered(1));
    pipe_push(pipe, chain);
    pipe_push(pipe, numbered(4));
    assert_true(readable(pipe));
    struct packet *packets = pipe_take(pipe, -1);
    int64_t expected = 1;
    for (const struct packet *packet = packets; packet; packet = packet->next)
        assert_int_equal(packet->count, expected++);
    assert_int_equal(free_all(packets), 4);
    assert_false(readable(pipe));
    pipe_free(pipe);
}

static void quiet_packets_wait_for_company(void **state)
{
    (void)state;
    struct pipe *pipe = pipe_new();
    pipe_quiet(pipe, numbered(1));
    assert_false(readable(pipe));
    pipe_push(pipe, numbered(2));
    assert_true(readable(pipe));
    assert_int_equal(free_all(pipe_take(pipe, 0)), 2);
    pipe_quiet(pipe, numbered(3));
    pipe_wake(pipe);
    assert_true(readable(pipe));
    assert_int_equal(free_all(pipe_take(pipe, 0)), 1);
    for (int i = 0; i < PIPE_QUIET_LIMIT - 1; i++)
        pipe_quiet(pipe, numbered(i));
    assert_false(readable(pipe));
    pipe_quiet(pipe, numbered(0));
    assert_true(readable(pipe));
    pipe_free(pipe); /* with its packets */
}

static void release_counter(void *value)
{
    int *count = value;
    ++*count;
}

static struct packet *state_of(int64_t serial, int *released)
{
    struct packet *packet = numbered(serial);
    packet->value = released;
    packet->value_free = release_counter;
    return packet;
}

static void of_what_is_true_until_the_next_only_the_newest_waits(void **state)
{
    (void)state;
    int released[5] = {0};
    struct pipe *pipe = pipe_new();
    pipe_quiet(pipe, numbered(7));
    for (int i = 0; i < 3; i++)
        pipe_quiet_state(pipe, state_of(i, &released[i]));
    pipe_quiet_state(pipe, state_of(1, &released[3])); /* of a slower worker */
    assert_false(readable(pipe));
    assert_int_equal(released[0] + released[1] + released[3], 3);
    assert_int_equal(released[2], 0);
    struct packet *packets = pipe_take(pipe, 0);
    assert_int_equal(packets->count, 7);
    assert_int_equal(packets->next->count, 2);
    pipe_quiet_state(pipe, state_of(0, &released[4])); /* the one before was taken: kept */
    assert_int_equal(free_all(packets), 2);
    assert_int_equal(released[2], 1);
    assert_int_equal(free_all(pipe_take(pipe, 0)), 1);
    assert_int_equal(released[4], 1);
    pipe_free(pipe);
}

#define PUSHES 20000

static void *push_many(void *state)
{
    for (int i = 0; i < PUSHES; i++)
        pipe_push(state, numbered(i));
    return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    (void)state;
    struct pipe *pipe = pipe_new();
    pthread_t threads[2];
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, push_many, pipe), 0);
    int64_t taken = 0;
    while (taken < (int64_t)COUNT(threads) * PUSHES) {
        struct packet *packets = pipe_take(pipe, 10000);
        assert_non_null(packets);
        taken += free_all(packets);
    }
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_null(pipe_take(pipe, 0));
    pipe_free(pipe);
}

static void a_packet_frees_what_it_owns(void **state)
{
    (void)state;
    int released = 0;
    struct request *request = request_new();
    struct packet *packet = packet_new(PACKET_NEWS, request);
    packet->content = xstrdup("{}");
    packet->metadata = xstrdup("{}");
    packet->value = &released;
    packet->value_free = release_counter;
    packet_free(packet);
    assert_int_equal(released, 1);
    assert_int_equal(request->references, 1);
    request_release(request);
    packet_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_come_out_in_their_order),
        cmocka_unit_test(quiet_packets_wait_for_company),
        cmocka_unit_test(of_what_is_true_until_the_next_only_the_newest_waits),
        cmocka_unit_test(nothing_is_lost_between_threads),
        cmocka_unit_test(a_packet_frees_what_it_owns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
