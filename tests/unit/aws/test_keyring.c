/* One keyring for many clients: who renews when, and who waits. */
#include "aws/keyring.h"
#include "base/time.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define MINUTE ((int64_t)60000000)

static struct aws_credentials until(int64_t expires)
{
    return (struct aws_credentials){.access_key_id = "AKID",
                                    .secret_access_key = "secret",
                                    .source = "a test",
                                    .expires = expires};
}

static bool is_over(struct aws_keyring *keyring)
{
    struct pollfd fd = {.fd = keyring_fd(keyring), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static void one_finds_and_the_others_wait(void **state)
{
    (void)state;
    struct aws_keyring *keyring = aws_keyring_new();
    keyring_join(keyring);
    int64_t now = time_now();
    struct aws_credentials found = until(0);
    assert_int_equal(keyring_turn(keyring, now), KEYRING_RENEW);
    assert_int_equal(keyring_turn(keyring, now), KEYRING_WAIT);
    assert_false(is_over(keyring));
    assert_false(keyring_begin(keyring)); /* nor does the background begin a second one */
    keyring_put(keyring, &found, now);
    assert_true(is_over(keyring));
    assert_int_equal(keyring_turn(keyring, now + 1000 * MINUTE), KEYRING_USE);
    assert_int_equal(aws_keyring_due(keyring), 0); /* a long-term key */
    keyring_leave(keyring);
    aws_keyring_release(keyring);
}

static void an_hour_is_renewed_in_the_background_first(void **state)
{
    (void)state;
    struct aws_keyring *keyring = aws_keyring_new();
    keyring_join(keyring);
    int64_t now = time_now(), end = now + 60 * MINUTE;
    struct aws_credentials found = until(end);
    assert_int_equal(keyring_turn(keyring, now), KEYRING_RENEW);
    keyring_put(keyring, &found, now);
    assert_int_equal(aws_keyring_due(keyring), end - 15 * MINUTE);
    assert_int_equal(keyring_turn(keyring, end - 11 * MINUTE), KEYRING_USE);
    assert_int_equal(keyring_turn(keyring, end - 9 * MINUTE), KEYRING_RENEW);
    /* while one renews them, the others use what holds */
    assert_int_equal(keyring_turn(keyring, end - 9 * MINUTE), KEYRING_USE);
    assert_int_equal(keyring_turn(keyring, end), KEYRING_WAIT);
    struct error why = {0};
    (void)error_set(&why, ERROR_AWS, "STS is away");
    assert_true(keyring_fail(keyring, &why, end - 9 * MINUTE)); /* they hold all the same */
    error_clear(&why);
    assert_true(aws_keyring_trouble(keyring, &why));
    assert_string_equal(why.message, "STS is away");
    assert_int_equal(aws_keyring_due(keyring), end - 9 * MINUTE + MINUTE); /* again in a minute */
    assert_int_equal(keyring_turn(keyring, end), KEYRING_RENEW);
    assert_false(keyring_fail(keyring, &why, end));
    keyring_leave(keyring);
    aws_keyring_release(keyring);
}

static void a_quarter_of_an_hour_is_not_renewed_without_end(void **state)
{
    (void)state;
    struct aws_keyring *keyring = aws_keyring_new();
    keyring_join(keyring);
    int64_t now = time_now(), end = now + 8 * MINUTE;
    struct aws_credentials found = until(end);
    assert_int_equal(keyring_turn(keyring, now), KEYRING_RENEW);
    keyring_put(keyring, &found, now);
    assert_int_equal(aws_keyring_due(keyring), now + 2 * MINUTE);
    assert_int_equal(keyring_turn(keyring, now + 3 * MINUTE), KEYRING_USE);
    assert_int_equal(keyring_turn(keyring, now + 5 * MINUTE), KEYRING_RENEW);
    keyring_put(keyring, &found, now);
    keyring_leave(keyring);
    aws_keyring_release(keyring);
}

/* The secrets go with the last client, whoever else looks at the keyring. */
static void who_only_watches_holds_no_secret(void **state)
{
    (void)state;
    struct aws_keyring *keyring = aws_keyring_new();
    keyring_join(keyring);
    struct aws_credentials found = until(0);
    assert_int_equal(keyring_turn(keyring, time_now()), KEYRING_RENEW);
    keyring_put(keyring, &found, time_now());
    assert_true(keyring_ready(keyring, time_now()));
    struct aws_keyring *watched = aws_keyring_hold(keyring);
    keyring_leave(keyring);
    assert_int_equal(aws_keyring_due(watched), 0);
    assert_false(keyring_ready(watched, time_now()));
    assert_int_equal(aws_keyring_due(watched), 0); /* wanted by nobody who is there */
    aws_keyring_release(watched);
    aws_keyring_release(keyring);
}

static void a_client_that_does_not_wait_makes_them_due(void **state)
{
    (void)state;
    struct aws_keyring *keyring = aws_keyring_new();
    const struct aws_settings settings = {.region = "us-east-1", .keyring = keyring};
    struct aws *aws = aws_new(&settings);
    struct error err = {0};
    aws_set_patient(aws);
    struct aws_asking asking = {.op = "sts:GetCallerIdentity"};
    struct aws_call *call = aws_start(aws, &asking, &err);
    assert_non_null(call);
    assert_false(aws_done(call));
    assert_true(aws_is_waiting(aws));
    assert_int_equal(aws_deadline(aws), 0);
    int64_t due = aws_keyring_due(keyring);
    assert_true(due > 0 && due < time_now());
    aws_step(aws);
    assert_true(aws_is_waiting(aws));
    aws_end(call);
    aws_free(aws);
    aws_keyring_release(keyring);
}

/* MFA: nobody is asked, and no address of AWS either. */
static void a_person_is_not_asked_from_the_background(void **state)
{
    (void)state;
    char folder[] = "/tmp/cofferdam-keyring-XXXXXX", path[80];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/config", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs("[profile base]\naws_access_key_id = AKIDEXAMPLE12345\n"
                      "aws_secret_access_key = s\n"
                      "[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/R\n"
                      "source_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n",
                      file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(setenv("AWS_CONFIG_FILE", path, 1), 0);
    assert_int_equal(setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1), 0);
    struct aws_keyring *keyring = aws_keyring_new();
    const struct aws_settings settings = {
        .profile = "mfa", .region = "us-east-1", .keyring = keyring};
    struct aws *aws = aws_new(&settings);
    struct error err = {0};
    assert_false(keyring_ready(keyring, time_now()));
    assert_false(aws_keyring_renew(keyring, &settings, NULL, &err));
    assert_non_null(strstr(err.message, "needs an MFA code"));
    assert_true(is_over(keyring));
    aws_free(aws);
    aws_keyring_release(keyring);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

#define THREADS 8

struct crowd {
    struct aws_keyring *keyring;
    pthread_mutex_t lock;
    int found;
};

static void *ask(void *state)
{
    struct crowd *crowd = state;
    for (;;) {
        enum keyring_turn turn = keyring_turn(crowd->keyring, time_now());
        struct pollfd fd = {.fd = keyring_fd(crowd->keyring), .events = POLLIN};
        if (turn == KEYRING_USE)
            return NULL;
        if (turn == KEYRING_WAIT) {
            (void)poll(&fd, 1, -1);
            continue;
        }
        (void)pthread_mutex_lock(&crowd->lock);
        crowd->found++;
        (void)pthread_mutex_unlock(&crowd->lock);
        struct aws_credentials found = until(0);
        keyring_put(crowd->keyring, &found, time_now());
    }
}

static void a_crowd_finds_them_once(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct crowd crowd = {.keyring = aws_keyring_new()};
        pthread_t threads[THREADS];
        keyring_join(crowd.keyring);
        assert_int_equal(pthread_mutex_init(&crowd.lock, NULL), 0);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, ask, &crowd), 0);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(crowd.found, 1);
        (void)pthread_mutex_destroy(&crowd.lock);
        keyring_leave(crowd.keyring);
        aws_keyring_release(crowd.keyring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_finds_and_the_others_wait),
        cmocka_unit_test(an_hour_is_renewed_in_the_background_first),
        cmocka_unit_test(a_quarter_of_an_hour_is_not_renewed_without_end),
        cmocka_unit_test(who_only_watches_holds_no_secret),
        cmocka_unit_test(a_client_that_does_not_wait_makes_them_due),
        cmocka_unit_test(a_person_is_not_asked_from_the_background),
        cmocka_unit_test(a_crowd_finds_them_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
