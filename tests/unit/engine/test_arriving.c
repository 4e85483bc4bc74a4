/* Rows on their way into the embedded engine: Athena's CSV in pieces of any size, more rows than
 * fit, rows that never come whole; and results that are shown before they lie in their file. */
#include "tests/unit/engine/stage.h"

#include "base/file.h"
#include "engine/inflow.h"
#include "engine/rows.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SETTLED 60000000 /* microseconds */

static struct rows_column two[] = {{"a", "VARCHAR", false}, {"n", "BIGINT", false}};
static struct rows_column one[] = {{"a", "VARCHAR", false}};

struct arriving {
    struct engine_request request;
    struct rows rows;
    struct query *load;
    struct error err;
};

static void begin(struct stage *stage, struct arriving *arriving, struct rows_column *columns,
                  size_t count, const char *name)
{
    *arriving = (struct arriving){.request = {.keep_as = name, .behind = true}};
    struct rows_place place = {stage->local, stage->folder, &arriving->request};
    assert_true(rows_open(&arriving->rows, stage->arena, &place, &arriving->err));
    arriving->rows.columns = columns;
    arriving->rows.count = count;
    assert_true(rows_begin(&arriving->rows, true, &arriving->load, &arriving->err));
}

/* To the end of the query that keeps them; ENGINE_END or ENGINE_ERROR. */
static enum engine_step finish(struct arriving *arriving)
{
    struct table *table = NULL;
    for (;;) {
        struct engine_wait wait = {.fd = -1};
        enum engine_step step =
            arriving->load->engine->ops->step(arriving->load, &wait, &table, &arriving->err);
        if (step == ENGINE_END || step == ENGINE_ERROR)
            return step;
        struct pollfd fd = {.fd = wait.fd, .events = wait.events};
        if (step == ENGINE_WAIT)
            assert_true(poll(&fd, 1, 60000) > 0);
    }
}

static void close_all(struct arriving *arriving)
{
    rows_forget(&arriving->rows);
    arriving->load->engine->ops->close(arriving->load);
}

static const struct {
    size_t columns;
    const char *csv;
    const char *rows; /* as stage_rows shows them */
} good[] = {
    {2, "\"a\",\"n\"\n\"x\",\"1\"\n\"y\",\"2\"\n", "x|1/y|2"},
    {2, "\"a\",\"n\"\n\"x\",\"1\"\n\"y\",\"2\"", "x|1/y|2"},
    {2, "\"a\",\"n\"\r\n\"x\",\"1\"\r\n", "x|1"},
    {2, "\"a\",\"n\"\n,\n\"\",\"2\"\n", "~|~/|2"},
    {2, "\"a\",\"n\"\n\"say \"\"hi\"\", all\",\"1\"\n\"\"\"\",\"2\"\n", "say \"hi\", all|1/\"|2"},
    {2, "\"a\",\"n\"\n\"two\nlines\",\"1\"\n\"cr\r\nlf\",\"2\"\n", "two\nlines|1/cr\r\nlf|2"},
    {2, "\"a\",\"n\"\nbare,3\n007,4\n", "bare|3/007|4"},
    {2, "\"a\",\"n\"\n", ""},
    {1, "\"a\"\n\"x\"\n\n\"NULL\"\n\"y\"", "x/~/NULL/y"},
    {1, "\"a\"\n\"twelve bytes\"\n\"thirteen bytes and more\"\n",
     "twelve bytes/thirteen bytes and more"},
    {1, "\"a\"\n\"\xC3\xA4\xF0\x9F\x98\x80\"\n\"\xC3(\xFF\"\n",
     "\xC3\xA4\xF0\x9F\x98\x80/\xEF\xBF\xBD(\xEF\xBF\xBD"},
};

static void a_csv_in_pieces_of_any_size_is_the_same_rows(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(good); i++)
        for (size_t piece = 1; piece < 40; piece += piece < 6 ? 1 : 11) {
            struct arriving arriving;
            size_t size = strlen(good[i].csv);
            begin(stage, &arriving, good[i].columns == 2 ? two : one, good[i].columns, "pieces");
            for (size_t at = 0; at < size; at += piece)
                assert_true(rows_add(&arriving.rows, good[i].csv + at,
                                     size - at < piece ? size - at : piece, &arriving.err));
            assert_true(rows_end_all(&arriving.rows, &arriving.err));
            assert_int_equal(finish(&arriving), ENGINE_END);
            close_all(&arriving);
            assert_string_equal(stage_rows(stage, "SELECT * FROM pieces"), good[i].rows);
            assert_true(local_settle(stage->local, NULL, SETTLED));
            assert_string_equal(stage_rows(stage, "SELECT * FROM results.main.pieces"),
                                good[i].rows);
        }
}

static const struct {
    const char *csv, *words;
} bad[] = {
    {"\"a\",\"n\"\n\"x\"\n", "row 1 of the result has 1 values, not 2"},
    {"\"a\",\"n\"\n\"x\",\"1\"\n\"x\",\"2\",\"3\"\n", "row 2 of the result has 3 values, not 2"},
    {"\"a\",\"n\"\n\"x\"y,\"1\"\n", "row 1 of the result is no CSV of Athena's"},
    {"\"a\",\"n\"\n\"x\",\"1", "row 1 of the result is no CSV of Athena's"},
    {"\"a\",\"n\"\n\"x\",\"1\"\n\n\"y\",\"2\"\n", "row 2 of the result has 1 values, not 2"},
};

static void a_broken_csv_names_its_row_and_nothing_is_kept(void **state)
{
    struct stage *stage = *state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct arriving arriving;
        begin(stage, &arriving, two, 2, "broken");
        bool added = rows_add(&arriving.rows, bad[i].csv, strlen(bad[i].csv), &arriving.err) &&
                     rows_end_all(&arriving.rows, &arriving.err);
        assert_false(added);
        assert_string_equal(arriving.err.message, bad[i].words);
        rows_forget(&arriving.rows);
        assert_int_equal(finish(&arriving), ENGINE_ERROR);
        close_all(&arriving);
        assert_int_equal(stage_error(stage, "SELECT * FROM broken").kind, ERROR_SQL);
    }
}

/* The embedded engine fails on a thread of its own while rows still come. */
static void a_value_that_does_not_fit_its_type_ends_the_query_before_the_rows_do(void **state)
{
    struct stage *stage = *state;
    struct arriving arriving;
    static const char text[] = "\"a\",\"n\"\n\"x\",\"no number\"\n";
    begin(stage, &arriving, two, 2, "misfit");
    assert_true(rows_add(&arriving.rows, text, strlen(text), &arriving.err));
    for (int i = 0; i < 2 * INFLOW_ROWS; i++) /* a block is handed over */
        assert_true(rows_add(&arriving.rows, "\"x\",\"1\"\n", 8, &arriving.err));
    assert_int_equal(finish(&arriving), ENGINE_ERROR);
    if (!strstr(arriving.err.message, "no number"))
        fail_msg("%s", arriving.err.message);
    close_all(&arriving);
}

static void values_longer_than_a_block_and_rows_over_many_blocks_come_whole(void **state)
{
    struct stage *stage = *state;
    struct arriving arriving;
    enum { LONG = 3 << 20, ROWS = 5000 };
    char *text = xmalloc(LONG + 64);
    begin(stage, &arriving, two, 2, "wide");
    assert_true(rows_add(&arriving.rows, "a,n\n", 4, &arriving.err));
    for (int i = 0; i < ROWS; i++) {
        int size = snprintf(text, 64, "%s,\"%d\"\n", i % 3 ? "\"a value of some length\"" : "", i);
        assert_true(rows_add(&arriving.rows, text, (size_t)size, &arriving.err));
    }
    memset(text, 'w', LONG);
    text[0] = '"';
    size_t end = LONG + (size_t)snprintf(text + LONG, 64, "\",\"%d\"\n", ROWS);
    assert_true(rows_add(&arriving.rows, text, end, &arriving.err));
    assert_true(rows_end_all(&arriving.rows, &arriving.err));
    assert_int_equal(finish(&arriving), ENGINE_END);
    close_all(&arriving);
    free(text);
    assert_string_equal(stage_rows(stage, "SELECT count(*), count(a), sum(n), max(length(a)), "
                                          "count(*) FILTER (a = 'a value of some length' AND n % 3 "
                                          "<> 0) FROM wide"),
                        "5001|3334|12502500|3145727|3333");
    assert_string_equal(stage_rows(stage, "SELECT n FROM wide LIMIT 3 OFFSET 4998"),
                        "4998/4999/5000");
}

static void a_result_of_very_many_columns_comes_in_shorter_blocks(void **state)
{
    struct stage *stage = *state;
    struct arriving arriving;
    enum { COLUMNS = 500, ROWS = 200 };
    struct rows_column columns[COLUMNS];
    struct buf row;
    buf_init(&row, 1 << 20);
    for (int i = 0; i < COLUMNS; i++)
        columns[i] = (struct rows_column){arena_printf(stage->arena, "c%d", i),
                                          i % 2 ? "BIGINT" : "VARCHAR", false};
    begin(stage, &arriving, columns, COLUMNS, "many");
    for (int i = -1; i < ROWS; i++) {
        buf_clear(&row);
        for (int column = 0; column < COLUMNS; column++)
            buf_addf(&row, i == column ? "%s" : "%s%d", column ? "," : "", i);
        buf_addc(&row, '\n');
        assert_true(rows_add(&arriving.rows, row.data, row.size, &arriving.err));
    }
    buf_release(&row);
    assert_true(rows_end_all(&arriving.rows, &arriving.err));
    assert_int_equal(finish(&arriving), ENGINE_END);
    close_all(&arriving);
    assert_string_equal(stage_rows(stage, "SELECT count(*), count(c0), count(c199), count(c200), "
                                          "sum(c199), sum(c499), max(c150::int) FROM many"),
                        "200|199|199|200|19701|19900|199");
    assert_string_equal(stage_rows(stage, "SELECT c3, c4 FROM many LIMIT 2 OFFSET 3"), "~|3/4|~");
}

static void *read_all(void *state)
{
    struct inflow *inflow = state;
    bool broken;
    size_t rows = 0;
    for (const struct inflow_block *block; (block = inflow_next(inflow, &broken));)
        rows += block->rows;
    inflow_leave(inflow);
    return (void *)rows;
}

static void a_writer_is_told_that_the_reader_is_behind_and_when_it_is_no_more(void **state)
{
    (void)state;
    static const char *const names[] = {"a"};
    struct inflow *inflow = inflow_new(names, 1);
    char *text = xcalloc(1, 100000);
    size_t rows = 0;
    void *read = NULL;
    for (; !inflow_full(inflow); rows++) {
        assert_true(rows < 100000);
        inflow_put(inflow, 0, text, 100000);
        inflow_end_row(inflow);
    }
    struct pollfd room = {.fd = inflow_fd(inflow), .events = POLLIN};
    assert_int_equal(poll(&room, 1, 0), 0);
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, read_all, inflow_hold(inflow)), 0);
    assert_int_equal(poll(&room, 1, 60000), 1);
    assert_false(inflow_full(inflow));
    inflow_finish(inflow, false);
    assert_int_equal(pthread_join(reader, &read), 0);
    assert_int_equal((size_t)read, rows);
    inflow_release(inflow);
    free(text);
}

static void nobody_else_can_read_what_arrives(void **state)
{
    struct stage *stage = *state;
    struct arriving arriving;
    assert_non_null(strstr(stage_error(stage, "SELECT * FROM arriving('x')").message, "arriving"));
    begin(stage, &arriving, one, 1, "mine");
    assert_true(rows_add(&arriving.rows, "a\n\"x\"\n", 6, &arriving.err));
    assert_true(rows_end_all(&arriving.rows, &arriving.err));
    assert_int_equal(finish(&arriving), ENGINE_END);
    const char *sql =
        arena_printf(stage->arena, "SELECT * FROM arriving('%s')", inflow_id(arriving.rows.inflow));
    assert_non_null(strstr(stage_error(stage, sql).message, "arriving"));
    close_all(&arriving);
}

/* A kernel that was killed between the two leaves a name without a table. */
static void
what_was_shown_is_in_the_file_once_settled_and_a_killed_kernels_name_is_swept(void **state)
{
    struct stage *stage = *state;
    struct arriving arriving;
    struct error err = {0};
    struct local_statement left = {
        .sql = "CREATE VIEW results.main._77 AS SELECT * FROM memory.behind._77"};
    struct local_statement table = {.sql = "CREATE TABLE memory.behind._77 AS SELECT 1 AS n"};
    begin(stage, &arriving, one, 1, "lasting");
    assert_true(rows_add(&arriving.rows, "a\n\"x\"\n", 6, &arriving.err));
    assert_true(rows_end_all(&arriving.rows, &arriving.err));
    assert_int_equal(finish(&arriving), ENGINE_END);
    close_all(&arriving);
    assert_true(local_settle(stage->local, NULL, SETTLED));
    assert_true(local_run(stage->local, &table, stage->arena, NULL, &err));
    assert_true(local_run(stage->local, &left, stage->arena, NULL, &err));
    local_close(stage->local);
    stage->local = stage_open(stage, &err);
    assert_non_null(stage->local);
    assert_string_equal(stage_rows(stage, "SELECT * FROM lasting"), "x");
    assert_string_equal(stage_rows(stage, "SELECT count(*) FROM duckdb_tables() WHERE table_name = "
                                          "'lasting' AND database_name = 'results'"),
                        "1");
    assert_string_equal(
        stage_rows(stage, "SELECT count(*) FROM duckdb_views() WHERE view_name = '_77'"), "0");
}

static void a_result_whose_name_cannot_be_made_leaves_nothing(void **state)
{
    struct stage *stage = *state;
    struct arriving arriving;
    struct error err = {0};
    struct local_statement taken[] = {{.sql = "BEGIN TRANSACTION"},
                                      {.sql = "CREATE TABLE results.main.held AS SELECT 1 AS n"},
                                      {.sql = "ROLLBACK"}};
    begin(stage, &arriving, one, 1, "held");
    assert_true(rows_add(&arriving.rows, "a\n\"x\"\n", 6, &arriving.err));
    for (size_t i = 0; i < 2; i++) /* the name is another transaction's meanwhile */
        assert_true(local_run(stage->local, &taken[i], stage->arena, NULL, &err));
    assert_true(rows_end_all(&arriving.rows, &arriving.err));
    assert_int_equal(finish(&arriving), ENGINE_ERROR);
    assert_true(local_run(stage->local, &taken[2], stage->arena, NULL, &err));
    assert_false(local_unwritten(stage->local, &err));
    close_all(&arriving);
    assert_string_equal(stage_rows(stage, "SELECT count(*) FROM duckdb_tables() WHERE schema_name "
                                          "= 'behind' AND table_name = 'held'"),
                        "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_csv_in_pieces_of_any_size_is_the_same_rows),
        cmocka_unit_test(a_broken_csv_names_its_row_and_nothing_is_kept),
        cmocka_unit_test(a_value_that_does_not_fit_its_type_ends_the_query_before_the_rows_do),
        cmocka_unit_test(values_longer_than_a_block_and_rows_over_many_blocks_come_whole),
        cmocka_unit_test(a_result_of_very_many_columns_comes_in_shorter_blocks),
        cmocka_unit_test(a_writer_is_told_that_the_reader_is_behind_and_when_it_is_no_more),
        cmocka_unit_test(nobody_else_can_read_what_arrives),
        cmocka_unit_test(
            what_was_shown_is_in_the_file_once_settled_and_a_killed_kernels_name_is_swept),
        cmocka_unit_test(a_result_whose_name_cannot_be_made_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, stage_set_up, stage_tear_down);
}
