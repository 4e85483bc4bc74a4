/* Ingest, from files to rows. With arguments it is the ingest itself, for the tests in tests/lake:
 *   test_ingest ingest INTO VERSION MEMORY THREADS SOURCE...   prints the report as one line of
 * JSON test_ingest compact LAKE | recover LAKE test_ingest interrupt MS INTO SOURCE... raises the
 * cancel after MS
 */
#include "ingest/ingest.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "lake/commit.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the program for tests/lake ---- */

static json_t *source_counts(const struct ingest_report *report)
{
    json_t *sources = json_object();
    for (size_t i = 0; i < sources_count; i++) {
        const struct ingest_counts *counts = &report->sources[i];
        json_object_set_new(sources, sources_table[i].name,
                            json_pack("[I,I,I]", (json_int_t)counts->events,
                                      (json_int_t)counts->rows, (json_int_t)counts->duplicates));
    }
    return sources;
}

static void print_report(bool ok, const struct ingest_report *report, const struct error *err)
{
    struct arena *arena = arena_new();
    const struct ingest_counts *total = &report->total;
    json_t *out = json_own(arena, json_object());
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {
        {"events", total->events},
        {"rows", total->rows},
        {"rejects", total->rejects},
        {"duplicates", total->duplicates},
        {"files", report->files},
        {"broken", report->files_broken},
        {"skipped", report->files_skipped},
        {"files_out", report->files_out},
        {"elapsed", report->elapsed},
        {"first", report->first},
        {"last", report->last},
        {"bytes_out", report->bytes_out},
    };
    for (size_t i = 0; i < COUNT(numbers); i++)
        json_object_set_new(out, numbers[i].name, json_integer(numbers[i].value));
    json_object_set_new(out, "ok", json_boolean(ok));
    json_object_set_new(out, "sources", source_counts(report));
    json_object_set_new(out, "kind", json_texts(ok ? "" : error_kind_name(err->kind)));
    json_object_set_new(out, "message", json_texts(err->message));
    json_object_set_new(out, "hint", json_texts(err->hint));
    json_object_set_new(out, "rejects_file",
                        json_texts(report->rejects_file ? report->rejects_file : ""));
    puts(json_dump(arena, out, NULL));
    arena_free(arena);
}

struct raise {
    struct cancel *cancel;
    long ms;
};

static void *raise_later(void *state)
{
    struct raise *raise = state;
    struct timespec wait = {.tv_sec = raise->ms / 1000, .tv_nsec = raise->ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
    cancel_raise(raise->cancel);
    return NULL;
}

static int program_interrupt(char **words)
{
    struct arena *arena = arena_new();
    struct error err;
    error_clear(&err);
    struct ingest_report report;
    struct raise raise = {.cancel = cancel_new(), .ms = strtol(words[0], NULL, 10)};
    const char *const sources[] = {words[2]};
    struct ingest_request request = {
        .sources = sources, .source_count = 1, .into = words[1], .cancel = raise.cancel};
    cancel_begin(raise.cancel);
    pthread_t thread;
    pthread_create(&thread, NULL, raise_later, &raise);
    bool ok = lake_ingest(&request, arena, &report, &err);
    pthread_join(thread, NULL);
    printf("{\"ok\": %s, \"kind\": \"%s\", \"message\": \"%s\"}\n", ok ? "true" : "false",
           ok ? "" : error_kind_name(err.kind), ok ? "" : err.message);
    fflush(stdout);
    /* The conductor may still be ending: wait for the lake to be free before the process goes. */
    const char *what = "";
    struct error again;
    for (int i = 0; i < 500; i++) {
        error_clear(&again);
        if (lake_recover(words[1], arena, &what, &again))
            break;
        struct timespec wait = {.tv_nsec = 10000000};
        nanosleep(&wait, NULL);
    }
    cancel_free(raise.cancel);
    arena_free(arena);
    return 0;
}

static int program(int count, char **words)
{
    if (strcmp(words[0], "interrupt") == 0)
        return program_interrupt(words + 1);
    struct arena *arena = arena_new();
    struct error err;
    error_clear(&err);
    struct ingest_report report;
    memset(&report, 0, sizeof report);
    bool ok = false;
    if (strcmp(words[0], "ingest") == 0 && count > 5) {
        struct ingest_request request = {
            .sources = (const char *const *)words + 5,
            .source_count = (size_t)count - 5,
            .into = words[1],
            .table_version = (int)strtol(words[2], NULL, 10),
            .memory_limit = strtoll(words[3], NULL, 10),
            .threads = (int)strtol(words[4], NULL, 10),
        };
        ok = lake_ingest(&request, arena, &report, &err);
        print_report(ok, &report, &err);
    } else if (strcmp(words[0], "compact") == 0) {
        ok = lake_compact(words[1], NULL, arena, &report, &err);
        print_report(ok, &report, &err);
    } else if (strcmp(words[0], "recover") == 0) {
        const char *what = "";
        ok = lake_recover(words[1], arena, &what, &err);
        printf("{\"ok\": %s, \"what\": \"%s\"}\n", ok ? "true" : "false", what);
    }
    arena_free(arena);
    return ok ? 0 : 1;
}

/* ---- unit tests ---- */

struct place {
    char folder[64];
    char lake[80];
    char input[80];
    struct arena *arena;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    place->arena = arena_new();
    snprintf(place->folder, sizeof place->folder, "/tmp/cofferdam-ingest-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->lake, sizeof place->lake, "%s/lake", place->folder);
    snprintf(place->input, sizeof place->input, "%s/in", place->folder);
    struct error err;
    error_clear(&err);
    assert_true(file_make_folder(place->input, 0700, &err));
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    struct error err;
    error_clear(&err);
    assert_true(file_remove_all(place->folder, &err));
    arena_free(place->arena);
    free(place);
    return 0;
}

static void put(struct place *place, const char *name, const char *text, size_t size)
{
    struct error err;
    error_clear(&err);
    assert_true(file_replace(file_join(place->arena, place->input, name), text, size, 0600, &err));
}

static struct ingest_report ingest(struct place *place)
{
    struct error err;
    error_clear(&err);
    struct ingest_report report;
    const char *const sources[] = {place->input};
    struct ingest_request request = {
        .sources = sources, .source_count = 1, .into = place->lake, .threads = 2};
    bool ok = lake_ingest(&request, place->arena, &report, &err);
    if (!ok)
        fail_msg("%s", err.message);
    assert_int_equal(report.total.events,
                     report.total.rows + report.total.rejects + report.total.duplicates);
    return report;
}

#define EVENT(id)                                                                                  \
    "{\"eventVersion\":\"1.08\",\"eventTime\":\"2026-03-01T10:00:00Z\",\"eventSource\":\"iam."     \
    "amazonaws.com\","                                                                             \
    "\"eventName\":\"CreateUser\",\"awsRegion\":\"us-east-1\",\"eventID\":\"" id "\","             \
    "\"recipientAccountId\":\"111122223333\",\"requestParameters\":{\"userName\":\"eve\"}}"

struct shape {
    const char *name, *text;
    int64_t rows, rejects, skipped;
};

static const struct shape shapes[] = {
    {"one", EVENT("a"), 1, 0, 0},
    {"lines", EVENT("a") "\n" EVENT("b") "\r\n\n" EVENT("c"), 3, 0, 0},
    {"no newline between", EVENT("a") EVENT("b"), 2, 0, 0},
    {"array", "[" EVENT("a") " , " EVENT("b") "]", 2, 0, 0},
    {"trailing comma", "[" EVENT("a") "," EVENT("b") ",]", 2, 0, 0},
    {"records", "{\"Records\":[" EVENT("a") "," EVENT("b") "]}", 2, 0, 0},
    {"records last", "{\"x\":{\"y\":[1]},\"Records\":[" EVENT("a") "],\"z\":null}", 1, 0, 0},
    {"lines of records", "{\"Records\":[" EVENT("a") "]}\n{\"Records\":[" EVENT("b") "]}", 2, 0, 0},
    {"array of records", "[{\"Records\":[" EVENT("a") "]},{\"Records\":[" EVENT("b") "]}]", 2, 0,
     0},
    {"byte order mark", "\xef\xbb\xbf[" EVENT("a") "]", 1, 0, 0},
    {"event bridge", "{\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":" EVENT("a") "}",
     1, 0, 0},
    {"no records", "{\"Records\":[]}", 0, 0, 0},
    {"null among them", "[null," EVENT("a") ",7]", 1, 2, 0},
    {"empty", "", 0, 0, 1},
    {"blank", " \n\n", 0, 0, 1},
    {"other json", "{\"a\":[1,2,{\"b\":null}]}", 0, 0, 1},
    {"other array", "[1,2,3]", 0, 0, 1},
    {"text", "hello\n", 0, 0, 1},
    {"broken in the middle",
     "{\"Records\":[" EVENT("a") ",{\"eventVersion\":\"1.08\",\"eventName\":x}," EVENT("c") "]}", 2,
     1, 0},
    {"cut", "{\"Records\":[" EVENT("a") ",{\"eventVersion\":\"1.08\",\"eventNa", 1, 1, 0},
    {"not closed", "{\"Records\":[" EVENT("a"), 1, 1, 0},
    {"broken line", EVENT("a") "\n{\"eventVersion\":\n" EVENT("c") "\n", 2, 1, 0},
    {"no time", "{\"eventVersion\":\"1.0\",\"eventName\":\"X\",\"eventSource\":\"s\"}", 0, 1, 0},
    {"time is no time", "{\"eventTime\":\"soon\",\"eventName\":\"X\",\"eventSource\":\"s\"}", 0, 1,
     0},
    {"identity is text",
     "{\"eventTime\":\"2026-03-01T10:00:00Z\",\"eventName\":\"X\",\"eventSource\":\"s\","
     "\"userIdentity\":\"who\"}",
     1, 0, 0},
    {"agent is a list",
     "{\"eventTime\":\"2026-03-01T10:00:00Z\",\"eventName\":\"X\",\"eventSource\":\"s\","
     "\"userIdentity\":null,"
     "\"userAgent\":[\"a\",\"b\"]}",
     1, 0, 0},
    {"name twice",
     "{\"eventName\":\"A\",\"eventName\":\"B\",\"eventTime\":\"2026-03-01T10:00:00Z\","
     "\"eventSource\":\"s\"}",
     1, 0, 0},
    {"lower case",
     "{\"eventname\":\"A\",\"eventtime\":\"2026-03-01 10:00:00\",\"eventsource\":\"s\"}", 1, 0, 0},
    {"lookup events",
     "{\"Events\":[{\"EventName\":\"A\",\"EventSource\":\"s\",\"EventTime\":\"2026-03-01T10:00:"
     "00Z\",\"CloudTrailEvent\":"
     "\"{\\\"eventName\\\":\\\"A\\\",\\\"eventTime\\\":\\\"2026-03-01T10:00:00Z\\\","
     "\\\"eventSource\\\":\\\"s\\\"}\"}]}",
     1, 0, 0},
    {"flow with header",
     "start end srcaddr dstaddr action bytes\n1674898496 1674898507 10.0.0.1 10.0.0.2 ACCEPT "
     "44\n1674898496 -\n",
     1, 1, 0},
    {"flow without header",
     "2 111122223333 eni-0123 1.2.3.4 10.0.0.1 1 2 6 1 44 1674898496 1674898507 ACCEPT OK\n", 1, 0,
     0},
    {"flow without data", "2 111122223333 eni-0123 - - - - - - - 1674898496 1674898507 - NODATA\n",
     1, 0, 0},
    {"resolver",
     "{\"query_timestamp\":\"2022-10-13T21:02:36Z\",\"query_name\":\"a.b.\",\"rcode\":\"NOERROR\","
     "\"answers\":{}}",
     1, 0, 0},
};

static void test_shapes(void **state)
{
    struct place *place = *state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct error err;
        error_clear(&err);
        assert_true(file_remove_all(place->lake, &err));
        put(place, "log", shapes[i].text, strlen(shapes[i].text));
        struct ingest_report report = ingest(place);
        if (report.total.rows != shapes[i].rows || report.total.rejects != shapes[i].rejects ||
            report.files_skipped != shapes[i].skipped)
            fail_msg("%s: %lld rows, %lld rejects, %lld skipped", shapes[i].name,
                     (long long)report.total.rows, (long long)report.total.rejects,
                     (long long)report.files_skipped);
    }
}

static void test_twice_adds_nothing(void **state)
{
    struct place *place = *state;
    put(place, "a.json", "[" EVENT("a") "," EVENT("b") "," EVENT("a") "]",
        strlen("[" EVENT("a") "," EVENT("b") "," EVENT("a") "]"));
    put(place, "flow", shapes[30].text, strlen(shapes[30].text));
    struct ingest_report first = ingest(place);
    assert_int_equal(first.total.rows, 3);
    assert_int_equal(first.total.duplicates, 1);
    struct ingest_report second = ingest(place);
    assert_int_equal(second.total.rows, 0);
    assert_int_equal(second.total.duplicates, 4);
    assert_int_equal(second.files_out, 0);
}

/* Bytes that no reader of JSON or Parquet likes come through as text. */
static void test_hostile_bytes(void **state)
{
    struct place *place = *state;
    static const char text[] =
        "{\"eventTime\":\"2026-03-01T10:00:00Z\",\"eventSource\":\"s\",\"awsRegion\":\"../../"
        "etc\",\"eventName\":\"N\\u0000\","
        "\"recipientAccountId\":\"a/"
        "b\",\"userAgent\":\"\xff\xfe\x01\\ud800\",\"requestParameters\":{\"k\":\"\\udfff\n\"},"
        "\"unknown\":{\"a\":[{\"b\":1},{\"b\":null},{\"b\":{}}]}}\0";
    put(place, "log", text, sizeof text - 1);
    struct ingest_report report = ingest(place);
    assert_int_equal(report.total.rows, 1);
    const char *path = file_join(
        place->arena, place->lake,
        "aws/CLOUD_TRAIL_MGMT/2.0/region=%2E%2E%2F%2E%2E%2Fetc/accountId=a%2Fb/eventMonth=202603");
    assert_true(file_is_folder(path));
}

static void *ingest_again(void *state)
{
    struct place *place = state;
    struct arena *arena = arena_new();
    struct error err;
    error_clear(&err);
    struct ingest_report report;
    const char *const sources[] = {place->input};
    struct ingest_request request = {.sources = sources, .source_count = 1, .into = place->lake};
    bool ok = lake_ingest(&request, arena, &report, &err);
    arena_free(arena);
    return ok || err.kind == ERROR_UNAVAILABLE ? place : NULL;
}

/* Two at once: one of them is told that another is at work, or comes after it; never both. */
static void test_one_writer(void **state)
{
    struct place *place = *state;
    put(place, "a.json", EVENT("a"), strlen(EVENT("a")));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ingest_again, place), 0);
    void *other = ingest_again(place);
    void *result = NULL;
    pthread_join(thread, &result);
    assert_non_null(other);
    assert_non_null(result);
    struct ingest_report report = ingest(place);
    assert_int_equal(report.total.duplicates, 1);
}

static void free_lake(void *state, const struct ingest_report *so_far)
{
    struct commit **commit = state;
    (void)so_far;
    commit_drop(*commit);
    *commit = NULL;
}

/* A writer of the same process is an interrupted run that is ending: the next one waits for it. */
static void test_waits_for_its_own(void **state)
{
    struct place *place = *state;
    put(place, "a.json", EVENT("a"), strlen(EVENT("a")));
    struct error err;
    error_clear(&err);
    struct commit *commit = commit_begin(place->lake, &err);
    assert_non_null(commit);
    struct ingest_report report;
    const char *const sources[] = {place->input};
    struct ingest_request request = {.sources = sources,
                                     .source_count = 1,
                                     .into = place->lake,
                                     .progress = free_lake,
                                     .state = &commit};
    assert_true(lake_ingest(&request, place->arena, &report, &err));
    assert_null(commit);
    assert_int_equal(report.total.rows, 1);
}

static void test_missing_source(void **state)
{
    struct place *place = *state;
    struct error err;
    error_clear(&err);
    struct ingest_report report;
    const char *const sources[] = {"/nowhere/at/all"};
    struct ingest_request request = {.sources = sources, .source_count = 1, .into = place->lake};
    assert_false(lake_ingest(&request, place->arena, &report, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return program(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_twice_adds_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_writer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_for_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_source, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
