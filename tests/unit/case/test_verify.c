/* Is a ledger as it was written: any byte flipped, lines cut, swapped, missing, torn; and how long
 * it takes. */
#include "tests/unit/case/stage.h"

#include "base/file.h"
#include "base/time.h"
#include "case/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define NOTES 12

static const char *ledger_path(struct stage *stage)
{
    return file_join(stage->arena, stage->case_folder, LEDGER_FILE);
}

static void write_ledger(struct stage *stage, int64_t notes)
{
    struct error err = {0};
    assert_true(file_make_folder(stage->case_folder, 0700, &err));
    struct ledger *ledger = ledger_new(stage->case_folder, "incident.ipynb");
    for (int64_t i = 0; i < notes; i++) {
        struct ledger_entry entry = {
            .kind = LEDGER_NOTE,
            .content =
                json_pack("{s:s, s:I}", "text", "a remark in the record", "number", (json_int_t)i)};
        assert_true(ledger_write(ledger, &entry, 1, &err));
    }
    ledger_free(ledger);
}

static struct verify verify(struct stage *stage, const struct verify_request *given)
{
    struct error err = {0};
    struct verify out;
    struct verify_request request = given ? *given : (struct verify_request){0};
    request.folder = stage->case_folder;
    bool ok = verify_ledger(&request, stage->arena, &out, &err);
    assert_string_equal(err.message, "");
    assert_true(ok);
    return out;
}

/* The ledger's bytes, with room behind them. */
static char *bytes_of(struct stage *stage, size_t *size)
{
    char *data;
    struct error err = {0};
    assert_true(file_read(stage->arena, ledger_path(stage), 1 << 30, &data, size, &err));
    return data;
}

static void put_bytes(struct stage *stage, const char *data, size_t size)
{
    FILE *file = fopen(ledger_path(stage), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void what_was_written_is_whole(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    struct verify out;
    struct verify_request request = {.folder = stage->case_folder};
    assert_false(verify_ledger(&request, stage->arena, &out, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    write_ledger(stage, NOTES);
    out = verify(stage, NULL);
    assert_int_equal(out.finding_count, 0);
    assert_int_equal(out.entries, NOTES + 2);
    assert_int_equal(out.kinds[LEDGER_NOTE], NOTES);
    assert_int_equal(out.head.sequence, NOTES + 2);
    assert_int_equal(out.vouched, 0);
    assert_non_null(out.first_time);
}

/* Every single byte, in every single bit pattern that random gives: found, and in its line. */
static void any_flipped_byte_is_found_and_placed(void **state)
{
    struct stage *stage = *state;
    write_ledger(stage, NOTES);
    size_t size;
    char *whole = bytes_of(stage, &size), *data = xmalloc(size);
    memcpy(data, whole, size);
    unsigned seed = 318;
    int64_t line = 1;
    for (size_t i = 0; i < size; i++) {
        char kept = data[i];
        data[i] = (char)(kept ^ (1 << (rand_r(&seed) % 8)));
        put_bytes(stage, data, size);
        struct verify out = verify(stage, NULL);
        if (!out.finding_count || !out.findings || out.findings->line != line)
            fail_msg("byte %zu of line %d, %02x for %02x: %d findings, the first at line %d", i,
                     (int)line, (unsigned char)data[i], (unsigned char)kept, (int)out.finding_count,
                     out.findings ? (int)out.findings->line : 0);
        data[i] = kept;
        line += kept == '\n';
    }
    free(data);
}

struct lines {
    char *line[NOTES + 4];
    size_t count;
};

static struct lines split(struct stage *stage)
{
    size_t size;
    struct lines lines = {0};
    char *rest = NULL, *data = bytes_of(stage, &size);
    for (char *line = strtok_r(data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        lines.line[lines.count++] = line;
    return lines;
}

static void join(struct stage *stage, const struct lines *lines)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < lines->count; i++)
        if (lines->line[i])
            buf_addf(&text, "%s\n", lines->line[i]);
    put_bytes(stage, text.data, text.size);
    buf_release(&text);
}

static void expect(struct stage *stage, enum verify_kind kind, int64_t line, const char *words)
{
    struct verify out = verify(stage, NULL);
    assert_true(out.finding_count > 0);
    if (out.findings->kind != kind || out.findings->line != line ||
        !strstr(out.findings->text, words))
        fail_msg("kind %d at line %d: %s", (int)out.findings->kind, (int)out.findings->line,
                 out.findings->text);
}

static void missing_and_swapped_lines_are_found(void **state)
{
    struct stage *stage = *state;
    write_ledger(stage, NOTES);
    struct lines whole = split(stage), lines = whole;
    lines.line[4] = NULL;
    join(stage, &lines);
    expect(stage, VERIFY_MISSING, 5, "entry 5 is missing before entry 6");
    lines = whole;
    lines.line[4] = lines.line[5] = NULL;
    join(stage, &lines);
    expect(stage, VERIFY_MISSING, 5, "entries from 5 on are missing before entry 7");
    lines = whole;
    lines.line[0] = NULL;
    join(stage, &lines);
    expect(stage, VERIFY_MISSING, 1, "entry 1 is missing before entry 2");
    lines = whole;
    lines.line[4] = whole.line[5];
    lines.line[5] = whole.line[4];
    join(stage, &lines);
    expect(stage, VERIFY_MISSING, 5, "entry 5 is missing before entry 6");
    lines = whole;
    lines.line[5] = whole.line[4];
    join(stage, &lines);
    expect(stage, VERIFY_ORDER, 6, "entry 5 stands behind entry 5");
    lines = whole;
    lines.line[3] = (char *)(uintptr_t) "what somebody added";
    join(stage, &lines);
    expect(stage, VERIFY_UNREAD, 4, "behind entry 3");
}

/* A forger who reckons the line's own hash anew is found by the next line's. */
static void a_forged_entry_is_found_by_the_next(void **state)
{
    struct stage *stage = *state;
    write_ledger(stage, NOTES);
    struct lines lines = split(stage);
    char *line = lines.line[6], *word = strstr(line, "remark"),
         *hash = strstr(line, ",\"hash\":\"");
    unsigned char digest[HASH_SIZE];
    char hex[HASH_HEX_SIZE];
    memcpy(word, "forged", 6);
    hash_sha256(line, (size_t)(hash - line), digest);
    hash_hex(digest, sizeof digest, hex);
    memcpy(hash + strlen(",\"hash\":\""), hex, sizeof hex - 1);
    join(stage, &lines);
    expect(stage, VERIFY_CHAIN, 8, "entry 8 does not go on from the one before it");
}

static void a_cut_tail_is_found_by_a_witness_only(void **state)
{
    struct stage *stage = *state;
    write_ledger(stage, NOTES);
    struct lines whole = split(stage), lines = whole;
    struct verify_mark marks[3] = {{.mark = {.sequence = 3}, .cell = 1},
                                   {.mark = {.sequence = 9}, .cell = 2},
                                   {.mark = {.sequence = NOTES + 2}, .cell = 4}};
    for (size_t i = 0; i < COUNT(marks); i++)
        memcpy(marks[i].mark.hash,
               strstr(whole.line[marks[i].mark.sequence - 1], ",\"hash\":\"") + 9,
               HASH_HEX_SIZE - 1);
    struct verify_request witness = {.marks = marks, .mark_count = COUNT(marks)};
    struct verify out = verify(stage, &witness);
    assert_int_equal(out.finding_count, 0);
    assert_int_equal(out.vouched, NOTES + 2);
    assert_int_equal(out.marks, 3);
    lines.count -= 2;
    join(stage, &lines);
    assert_int_equal(verify(stage, NULL).finding_count, 0); /* nothing here can tell */
    out = verify(stage, &witness);
    assert_int_equal(out.finding_count, 1);
    assert_int_equal(out.findings->kind, VERIFY_WITNESS);
    assert_non_null(strstr(out.findings->text, "which is not there"));
    assert_int_equal(out.vouched, 9);
    marks[1].mark.hash[5] = marks[1].mark.hash[5] == 'a' ? 'b' : 'a';
    out = verify(stage, &witness);
    assert_int_equal(out.finding_count, 2);
    assert_non_null(strstr(out.findings->text, "cell 2 of the notebook shows another entry 9"));
}

static void a_cut_that_a_kernel_saw_is_told(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    assert_true(file_make_folder(stage->case_folder, 0700, &err));
    struct ledger *ledger = ledger_new(stage->case_folder, NULL);
    off_t size = 0;
    for (int i = 0; i < 4; i++) {
        size = i == 2 ? (off_t)file_size(ledger_path(stage)) : size;
        assert_true(ledger_append(ledger, LEDGER_NOTE, NULL, NULL, &err));
    }
    assert_int_equal(truncate(ledger_path(stage), size), 0);
    assert_true(ledger_append(ledger, LEDGER_NOTE, NULL, NULL, &err));
    ledger_free(ledger);
    struct verify out = verify(stage, NULL);
    assert_int_equal(out.finding_count, 2);
    assert_int_equal(out.findings->next->kind + 0, VERIFY_MISSING);
    assert_non_null(
        strstr(out.findings->text, "the last entry was 4, where the kernel had written entry 6"));
}

static void a_torn_write_is_a_fact(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    write_ledger(stage, 3);
    size_t size;
    char *data = bytes_of(stage, &size);
    put_bytes(stage, data, size - 40);
    expect(stage, VERIFY_TAIL, 5, "behind entry 4 stand");
    struct ledger *ledger = ledger_new(stage->case_folder, NULL);
    assert_true(ledger_append(ledger, LEDGER_NOTE, NULL, NULL, &err));
    ledger_free(ledger);
    struct verify out = verify(stage, NULL);
    assert_int_equal(out.finding_count, 0);
    assert_int_equal(out.torn, 1);
    struct lines lines = split(stage);
    lines.line[4][10] ^= 1; /* what was torn is covered too */
    join(stage, &lines);
    expect(stage, VERIFY_UNREAD, 5, "behind entry 4");
}

static void evidence_is_looked_at(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    json_t *reference = NULL;
    assert_true(file_make_folder(stage->case_folder, 0700, &err));
    struct ledger *ledger = ledger_new(stage->case_folder, NULL);
    struct ledger_evidence evidence = {.name = "../user data", .data = "secret", .size = 6};
    assert_true(ledger_keep(ledger, &evidence, &reference, &err));
    const char *file = arena_strdup(stage->arena, json_get_string(reference, "file", ""));
    assert_true(
        ledger_append(ledger, LEDGER_SAVED, json_pack("{s:o}", "data", reference), NULL, &err));
    ledger_free(ledger);
    assert_int_equal(verify(stage, NULL).files, 1);
    const char *path = file_join(stage->arena, stage->case_folder, file);
    assert_true(file_replace(path, "secreT", 6, 0600, &err));
    expect(stage, VERIFY_EVIDENCE, 3, "it was changed");
    assert_int_equal(unlink(path), 0);
    expect(stage, VERIFY_EVIDENCE, 3, "is missing");
}

static void a_clock_that_goes_back_is_no_fault(void **state)
{
    struct stage *stage = *state;
    write_ledger(stage, 3);
    struct lines lines = split(stage);
    char before[HASH_HEX_SIZE];
    memset(before, '0', sizeof before - 1);
    for (size_t i = 0; i < lines.count; i++) { /* the whole chain anew, as a kernel of 2019 */
        char *line = lines.line[i], *time = strstr(line, "\"time\":\"") + 8,
             *hash = strstr(line, ",\"hash\":\"");
        unsigned char digest[HASH_SIZE];
        memcpy(strstr(line, "\"prev\":\"") + 8, before, HASH_HEX_SIZE - 1);
        if (i == 3)
            memcpy(time, "2019", 4);
        hash_sha256(line, (size_t)(hash - line), digest);
        hash_hex(digest, sizeof digest, before);
        memcpy(hash + 9, before, HASH_HEX_SIZE - 1);
    }
    join(stage, &lines);
    struct verify out = verify(stage, NULL);
    assert_int_equal(out.finding_count, 0);
    assert_int_equal(out.clock_back, 1);
}

/* For make bench: entries and seconds. */
static int program_bench(const char *folder, int64_t entries)
{
    struct stage stage = {.arena = arena_new(), .case_folder = folder};
    struct verify_request request = {.folder = folder};
    struct verify out;
    struct error err = {0};
    write_ledger(&stage, entries - 2);
    int64_t best = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        int64_t begin = time_monotonic();
        bool ok = verify_ledger(&request, stage.arena, &out, &err);
        int64_t took = time_monotonic() - begin;
        if (!ok || out.finding_count || out.entries != entries)
            return 1;
        best = took < best ? took : best;
    }
    (void)printf("{\"entries\": %lld, \"bytes\": %lld, \"ms\": %.1f}\n", (long long)out.entries,
                 (long long)out.bytes, (double)best / 1000);
    arena_free(stage.arena);
    return 0;
}

int main(int count, char **words)
{
    if (count == 4 && strcmp(words[1], "bench") == 0)
        return program_bench(words[2], strtoll(words[3], NULL, 10));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_whole, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(any_flipped_byte_is_found_and_placed, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(missing_and_swapped_lines_are_found, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_forged_entry_is_found_by_the_next, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_cut_tail_is_found_by_a_witness_only, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_cut_that_a_kernel_saw_is_told, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_torn_write_is_a_fact, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(evidence_is_looked_at, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(a_clock_that_goes_back_is_no_fault, stage_set_up,
                                        stage_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
