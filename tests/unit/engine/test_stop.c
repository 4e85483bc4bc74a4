/* A stop ends the query within a moment, whatever DuckDB does, and the next query runs. STOPS=200
 * for the full count. */
#include "tests/unit/engine/stage.h"

#include "base/file.h"
#include "base/time.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define STOP_LIMIT_MS 100  /* the product's, held when STOPS is given and the machine is quiet */
#define BUSY_LIMIT_MS 1000 /* of a run among others */

static const struct {
    const char *name, *sql; /* runs for many seconds */
    bool keep;
} works[] = {
    {"cross join",
     "SELECT count(*) FROM range(300000) a(i), range(300000) b(j) WHERE (i * j) % 7 = 3", false},
    {"sort", "SELECT i FROM range(40000000) t(i) ORDER BY hash(i), hash(i + 1)", true},
    {"aggregate",
     "SELECT hash(i) % 9000000 AS k, count(*), sum(i) FROM range(60000000) t(i) GROUP BY k", true},
    {"window", "SELECT row_number() OVER (ORDER BY hash(i)) AS n FROM range(20000000) t(i)", true},
    {"csv", "SELECT * FROM read_csv('%s/big.csv', all_varchar = true) ORDER BY a", true},
    {"kept scan", "SELECT i, 'some text of row ' || i AS t FROM range(100000000) t(i)", true},
    {"one giant value",
     "SELECT length(list_sort(list_transform(range(2000000), lambda x: hash(x)))::varchar)", false},
    {"folded constant",
     "SELECT count(*) FROM range(1) WHERE len(list_sort(list_transform(range(2000000), lambda x: "
     "hash(x)))) > 5",
     false},
};

struct stopper {
    struct cancel *cancel;
    int64_t after; /* microseconds */
    int64_t raised;
};

static void rest(int64_t microseconds)
{
    struct timespec span = {.tv_sec = microseconds / 1000000,
                            .tv_nsec = microseconds % 1000000 * 1000};
    (void)nanosleep(&span, NULL);
}

/* The front: raises once, as a person does, at a moment of its own. */
static void *raise_it(void *state)
{
    struct stopper *stopper = state;
    rest(stopper->after);
    stopper->raised = time_monotonic();
    (void)cancel_raise(stopper->cancel);
    return NULL;
}

static const char *sql_of(struct stage *stage, const char *sql)
{
    const char *hole = strstr(sql, "%s");
    if (!hole)
        return sql;
    return arena_printf(stage->arena, "%.*s%s%s", (int)(hole - sql), sql, stage->open, hole + 2);
}

/* Runs and stops a query; milliseconds from the raise to the answer. */
static double stop_once(struct stage *stage, size_t work, int64_t after, struct error *err)
{
    struct cancel *cancel = cancel_new();
    struct stopper stopper = {.cancel = cancel, .after = after};
    struct arena *arena = arena_new();
    pthread_t front;
    const char *sql = sql_of(stage, works[work].sql);
    struct engine_request request = {.sql = sql,
                                     .size = strlen(sql),
                                     .keep_as = works[work].keep ? "stopped" : NULL,
                                     .limit = 200};
    struct engine_reading reading = {.cancel = cancel};
    struct table *table;
    (void)cancel_begin(cancel);
    assert_int_equal(pthread_create(&front, NULL, raise_it, &stopper), 0);
    *err = (struct error){0};
    bool read;
    int64_t patience = time_monotonic() + 30 * INT64_C(1000000);
    do { /* all lanes may be held by queries that DuckDB has not let go of yet: that is said, not
            waited for */
        *err = (struct error){0};
        read = engine_read(local_engine(stage->local), &request, arena, &reading, &table, err);
    } while (!read && err->kind == ERROR_UNAVAILABLE && time_monotonic() < patience);
    int64_t answered = time_monotonic();
    cancel_end(cancel);
    (void)pthread_join(front, NULL);
    if (read)
        fail_msg("%s ended by itself", works[work].name);
    arena_free(arena);
    cancel_free(cancel);
    return (double)(answered - stopper.raised) / 1000;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void wait_until_idle(struct stage *stage)
{
    int64_t until = time_monotonic() + 60 * INT64_C(1000000);
    while (!local_idle(stage->local) && time_monotonic() < until)
        rest(2000);
    assert_true(local_idle(stage->local));
}

static void every_work_stops(void **state)
{
    struct stage *stage = *state;
    const char *count = getenv("STOPS");
    size_t tries = count ? (size_t)strtoul(count, NULL, 10) : 4;
    double *times = xcalloc(tries, sizeof *times);
    (void)stage_keep(stage, "stopped", "SELECT 'before' AS a");
    for (size_t work = 0; work < COUNT(works); work++) {
        for (size_t i = 0; i < tries; i++) {
            struct error err;
            times[i] = stop_once(stage, work, 1000 + (int64_t)(i * 37 % 150) * 1000, &err);
            assert_int_equal(err.kind, ERROR_INTERRUPTED);
            assert_string_equal(stage_rows(stage, "SELECT 1"), "1"); /* at once, on another lane */
            wait_until_idle(stage);
        }
        qsort(times, tries, sizeof *times, by_size);
        double p99 = times[(tries * 99 + 99) / 100 - 1];
        print_message("%-16s median %.1f ms, p99 %.1f ms of %zu\n", works[work].name,
                      times[tries / 2], p99, tries);
        if (p99 >= (count ? STOP_LIMIT_MS : BUSY_LIMIT_MS))
            fail_msg("%s took %.1f ms to stop", works[work].name, p99);
        wait_until_idle(stage);
        assert_string_equal(stage_rows(stage, "FROM stopped"),
                            "before"); /* nothing of the stopped is kept */
    }
    free(times);
}

static void a_stop_before_the_query_counts(void **state)
{
    struct stage *stage = *state;
    struct cancel *cancel = cancel_new();
    (void)cancel_begin(cancel);
    (void)cancel_raise(cancel);
    struct engine_request request = {.sql = "SELECT 1", .size = 8};
    struct engine_reading reading = {.cancel = cancel};
    struct error err = {0};
    struct table *table;
    assert_false(
        engine_read(local_engine(stage->local), &request, stage->arena, &reading, &table, &err));
    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    cancel_end(cancel);
    cancel_free(cancel);
}

struct seen {
    int reports;
    double fraction;
};

static void count_report(void *state, const struct engine_info *info, int64_t elapsed)
{
    struct seen *seen = state;
    seen->reports++;
    seen->fraction = info->fraction;
    assert_true(elapsed > 0);
}

/* About five reports a second while a query runs. */
static void progress_is_reported(void **state)
{
    struct stage *stage = *state;
    static const char sql[] =
        "SELECT count(*) FROM range(60000) a(i), range(60000) b(j) WHERE (i * j) % 7 = 3";
    struct seen seen = {0};
    struct engine_request request = {.sql = sql, .size = strlen(sql)};
    struct engine_reading reading = {.progress = count_report, .state = &seen};
    struct error err = {0};
    struct table *table;
    assert_true(
        engine_read(local_engine(stage->local), &request, stage->arena, &reading, &table, &err));
    int64_t expected = reading.elapsed / 200000;
    assert_true(seen.reports <= expected + 1);
    assert_true(expected < 3 || seen.reports >= expected / 3);
}

/* Whether this process has the file of results open. */
static bool is_open(struct stage *stage)
{
    size_t count;
    char **names = file_list(stage->arena, "/proc/self/fd", &count);
    for (size_t i = 0; names && i < count; i++) {
        char target[256];
        ssize_t size =
            readlink(file_join(stage->arena, "/proc/self/fd", names[i]), target, sizeof target);
        if (size == (ssize_t)strlen(stage->results) &&
            memcmp(target, stage->results, (size_t)size) == 0)
            return true;
    }
    return false;
}

/* Closing the engine while a query that was set aside is still inside DuckDB does not wait for it;
   the query cleans up when it is let go, and what was kept is whole. */
static void the_engine_closes_over_a_query_set_aside(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    (void)stop_once(stage, 6, 200000, &err);
    int64_t begun = time_monotonic();
    local_close(stage->local);
    stage->local = NULL;
    assert_true(time_monotonic() - begun < 50000);
    int64_t until = begun + 60 * INT64_C(1000000);
    while (is_open(stage) && time_monotonic() < until)
        rest(2000);
    assert_false(is_open(stage));
    stage->local = stage_open(stage, &err);
    assert_non_null(stage->local);
    assert_true(is_open(stage));
    assert_string_equal(stage_rows(stage, "FROM stopped"), "before");
}

static int make_csv(void **state)
{
    if (stage_set_up(state) != 0)
        return -1;
    struct stage *stage = *state;
    FILE *file = fopen(file_join(stage->arena, stage->open, "big.csv"), "w");
    if (!file)
        return -1;
    (void)fputs("a,b,c\n", file);
    for (int i = 0; i < 1500000; i++)
        (void)fprintf(file, "%d,arn:aws:iam::123456789012:user/name-%d,2026-03-02T10:00:00Z\n",
                      (int)(i * INT64_C(7919) % 1500000), i);
    return fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_work_stops),
        cmocka_unit_test(a_stop_before_the_query_counts),
        cmocka_unit_test(progress_is_reported),
        cmocka_unit_test(the_engine_closes_over_a_query_set_aside),
    };
    return cmocka_run_group_tests(tests, make_csv, stage_tear_down);
}
