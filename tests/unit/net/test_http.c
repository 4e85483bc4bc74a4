/* Without words: what needs no server. With words: requests as JSON on stdin, one a line, all
 * started before the first is waited for, and what became of each as a line of JSON on stdout, for
 * tests/net/test_http.py. "end_at" ends a request at its "start", or after that many milliseconds;
 * one that is "alone" is at its end, and put away, before the next is started. "hold" holds one
 * from its start for so many milliseconds; nobody looks before its descriptor says so. "listen"
 * waits so many milliseconds behind an end for whatever else the descriptor says.
 */
#include "base/json.h"
#include "base/time.h"
#include "net/http.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define MOST 64

static void refused(const char *url, const char *const *headers, const char *words)
{
    struct error err;
    error_clear(&err);
    struct http *http = http_new(&err);
    assert_non_null(http);
    struct http_request request = {.method = "GET", .url = url, .headers = headers};
    assert_null(http_start(http, &request, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.message, words));
    http_free(http);
}

static void what_could_become_another_request_is_refused(void **state)
{
    (void)state;
    static const char *const split[] = {"X-A: b\r\nX-C: d", NULL};
    refused("file:///etc/passwd", NULL, "no address of http");
    refused("gopher://localhost/", NULL, "no address of http");
    refused("", NULL, "no address of http");
    refused("http://localhost/a b", NULL, "blank");
    refused("http://localhost/\r\nX: y", NULL, "blank");
    refused("http://localhost/", split, "line break");
}

static void an_http_without_requests_ends(void **state)
{
    (void)state;
    struct error err;
    error_clear(&err);
    struct http *http = http_new(&err);
    assert_non_null(http);
    http_step(http);
    assert_true(http_fd(http) >= 0);
    http_free(http);
    http_free(NULL);
    http_end(NULL);
}

static void *raise_it(void *cancel)
{
    assert_true(cancel_raise(cancel));
    return NULL;
}

static void who_waits_is_woken_by_an_interrupt_or_the_time(void **state)
{
    (void)state;
    struct error err;
    error_clear(&err);
    struct http *http = http_new(&err);
    struct cancel *cancel = cancel_new();
    assert_non_null(http);
    (void)cancel_begin(cancel);
    http_wait(http, cancel, time_monotonic() + 1000);
    assert_false(cancel_raised(cancel));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, raise_it, cancel), 0);
    while (!cancel_raised(cancel))
        http_wait(http, cancel, 0); /* for ever, unless it is woken */
    assert_int_equal(pthread_join(thread, NULL), 0);
    http_step(http);
    http_wait(http, cancel, 0); /* raised before: it returns at once */
    http_step(http);
    cancel_end(cancel);
    struct pollfd quiet = {.fd = http_fd(http), .events = POLLIN};
    assert_int_equal(poll(&quiet, 1, 0), 0);
    http_wait(http, NULL, time_monotonic() - 1);
    http_free(http);
    cancel_free(cancel);
}

struct one {
    json_t *given;
    struct http_transfer *transfer;
    const char **headers;
    int64_t end_at; /* monotonic, 0: never */
    int64_t sunk, ended_in;
    bool ended;
    json_t *said; /* of one that is put away */
};

static bool sink(void *state, const void *bytes, size_t size, struct error *err)
{
    struct one *one = state;
    (void)bytes;
    one->sunk += (int64_t)size;
    int64_t most = json_integer_value(json_object_get(one->given, "sink_most"));
    return !most || one->sunk <= most || error_set(err, ERROR_IO, "the disk is full");
}

static int number(const struct one *one, const char *name)
{
    return (int)json_integer_value(json_object_get(one->given, name));
}

static const char *text(const struct one *one, const char *name)
{
    return json_string_value(json_object_get(one->given, name));
}

static void start(struct http *http, struct one *one, struct error *err)
{
    const json_t *list = json_object_get(one->given, "headers");
    one->headers = calloc(json_array_size(list) + 1, sizeof *one->headers);
    for (size_t i = 0; i < json_array_size(list); i++)
        one->headers[i] = json_string_value(json_array_get(list, i));
    struct http_request request = {
        .method = text(one, "method") ? text(one, "method") : "GET",
        .url = text(one, "url"),
        .headers = one->headers,
        .body = text(one, "body"),
        .size = text(one, "body") ? strlen(text(one, "body")) : 0,
        .proxy = text(one, "proxy"),
        .ca_file = text(one, "ca_file"),
        .limits = {.connect_ms = number(one, "connect_ms"),
                   .stall_ms = number(one, "stall_ms"),
                   .total_ms = number(one, "total_ms"),
                   .size = number(one, "size")},
    };
    if (json_object_get(one->given, "sink")) {
        request.sink = sink;
        request.sink_state = one;
    }
    one->transfer = http_start(http, &request, err);
    const json_t *end = json_object_get(one->given, "end_at");
    if (end)
        one->end_at = time_monotonic() + json_integer_value(end) * 1000;
}

static json_t *outcome(struct one *one, const struct error *started)
{
    struct error err;
    struct http_reply reply;
    error_clear(&err);
    if (!one->transfer)
        return json_pack("{s:s}", "error", started->message);
    if (one->ended)
        return json_pack("{s:I}", "ended_in", (json_int_t)one->ended_in);
    bool sent = http_sent(one->transfer);
    if (!http_reply(one->transfer, &reply, &err))
        return json_pack("{s:s, s:s, s:s, s:s, s:b}", "error", err.message, "hint", err.hint,
                         "detail", err.detail, "kind", error_kind_name(err.kind), "sent", sent);
    json_t *headers = json_object();
    for (size_t i = 0; i < reply.header_count; i++)
        json_object_set_new(headers, reply.headers[i].name, json_string(reply.headers[i].value));
    return json_pack("{s:i, s:o, s:I, s:s%, s:I, s:b}", "status", reply.status, "headers", headers,
                     "size", (json_int_t)reply.size, "body", reply.body,
                     reply.size < 4096 ? reply.size : 4096, "sunk", (json_int_t)one->sunk, "reused",
                     reply.connected == 0);
}

static bool settle(struct one *all, size_t count)
{
    bool busy = false;
    for (size_t i = 0; i < count; i++) {
        struct one *one = &all[i];
        if (!one->transfer || one->ended || http_done(one->transfer))
            continue;
        if (one->end_at && time_monotonic() >= one->end_at) {
            int64_t now = time_monotonic();
            http_end(one->transfer);
            one->ended_in = time_monotonic() - now;
            one->ended = true;
        } else {
            busy = true;
        }
    }
    return busy;
}

/* What the descriptor says although no request is under way. */
static void listen_on(struct http *http, struct one *one)
{
    struct pollfd ready = {.fd = http_fd(http), .events = POLLIN};
    bool woken = poll(&ready, 1, number(one, "listen")) == 1;
    http_step(http);
    json_object_set_new(one->said, "woken", json_boolean(woken));
    json_object_set_new(one->said, "quiet", json_boolean(poll(&ready, 1, 0) == 0));
}

static void finish_alone(struct http *http, struct one *all, size_t count, const struct error *err)
{
    struct one *one = &all[count];
    int64_t until = time_monotonic() + (int64_t)number(one, "hold") * 1000;
    bool held = one->transfer && number(one, "hold");
    if (held)
        http_hold(one->transfer, true);
    while (settle(all, count + 1)) {
        http_wait(http, NULL, time_monotonic() + (held ? 5000 : 1000000));
        http_step(http);
        if (held && time_monotonic() >= until)
            http_hold(one->transfer, held = false);
    }
    one->said = outcome(one, err);
    if (!one->ended)
        http_end(one->transfer);
    one->transfer = NULL;
    if (number(one, "listen"))
        listen_on(http, one);
}

static int program(void)
{
    static struct one all[MOST];
    struct error errors[MOST];
    struct error err;
    error_clear(&err);
    struct http *http = http_new(&err);
    size_t count = 0;
    while (count < MOST && (all[count].given = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL))) {
        error_clear(&errors[count]);
        start(http, &all[count], &errors[count]);
        if (json_object_get(all[count].given, "alone"))
            finish_alone(http, all, count, &errors[count]);
        count++;
    }
    while (settle(all, count)) {
        struct pollfd ready = {.fd = http_fd(http), .events = POLLIN};
        (void)poll(&ready, 1, 5);
        http_step(http);
    }
    for (size_t i = 0; i < count; i++) {
        json_t *out = all[i].said ? all[i].said : outcome(&all[i], &errors[i]);
        (void)json_dumpf(out, stdout, 0);
        (void)putchar('\n');
        json_decref(out);
        if (all[i].transfer && !all[i].ended)
            http_end(all[i].transfer);
        json_decref(all[i].given);
        free(all[i].headers);
    }
    http_free(http);
    return 0;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "requests") == 0)
        return program();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_could_become_another_request_is_refused),
        cmocka_unit_test(an_http_without_requests_ends),
        cmocka_unit_test(who_waits_is_woken_by_an_interrupt_or_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
