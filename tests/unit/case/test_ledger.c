/* The record of a case: chained, locked, torn and mended, without secrets. */
#include "tests/unit/case/stage.h"

#include "base/file.h"
#include "case/ledger.h"
#include "case/redact.h"
#include "case/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

static const char *ledger_path(struct stage *stage)
{
    return file_join(stage->arena, stage->case_folder, LEDGER_FILE);
}

static struct ledger *open_ledger(struct stage *stage)
{
    struct error err = {0};
    assert_true(file_make_folder(stage->case_folder, 0700, &err));
    return ledger_new(stage->case_folder, "incident.ipynb");
}

static struct ledger_mark note(struct ledger *ledger, const char *text)
{
    struct error err = {0};
    struct ledger_mark mark = {0};
    bool ok = ledger_append(ledger, LEDGER_NOTE, json_pack("{s:s}", "text", text), &mark, &err);
    assert_string_equal(err.message, "");
    assert_true(ok);
    return mark;
}

/* "1 begin, 2 kernel, 3 note" of the lines that are entries, in the order of the file; each must go
 * on from the one before. */
static const char *kinds(struct stage *stage)
{
    struct buf out;
    buf_init(&out, 65536);
    char *text = arena_strdup(stage->arena, stage_read(stage, ledger_path(stage))), *rest = NULL;
    char before[HASH_HEX_SIZE] = "";
    memset(before, '0', HASH_HEX_SIZE - 1);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        json_t *entry = json_loads(line, 0, NULL);
        if (!entry) {
            buf_adds(&out, ", ?");
            continue;
        }
        assert_string_equal(json_get_string(entry, "prev", ""), before);
        memcpy(before, json_get_string(entry, "hash", before), sizeof before);
        buf_addf(&out, "%s%d %s", out.size ? ", " : "", (int)json_get_int(entry, "seq", 0),
                 json_get_string(entry, "kind", "?"));
        json_decref(entry);
    }
    const char *said = buf_to_arena(&out, stage->arena);
    buf_release(&out);
    return said;
}

static void entries_are_chained_lines(void **state)
{
    struct stage *stage = *state;
    struct ledger *ledger = open_ledger(stage);
    struct error err = {0};
    ledger_set_cell(ledger, 4, "a1b2");
    ledger_set_identity(
        ledger, &(struct ledger_identity){"123456789012", "arn:aws:iam::1:user/x", "AIDAX"});
    struct ledger_mark mark = note(ledger, "hello\nworld \"x\"");
    assert_int_equal(mark.sequence, 3);
    assert_string_equal(kinds(stage), "1 begin, 2 kernel, 3 note");
    struct stat status;
    assert_int_equal(stat(ledger_path(stage), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    json_t *entry = NULL;
    assert_true(ledger_find(ledger, 3, stage->arena, &entry, &err));
    assert_string_equal(json_get_string(entry, "hash", ""), mark.hash);
    assert_string_equal(json_get_string(entry, "notebook", ""), "incident.ipynb");
    assert_string_equal(json_get_string(entry, "cell_id", ""), "a1b2");
    assert_int_equal(json_get_int(entry, "cell", 0), 4);
    assert_string_equal(json_get_string(json_object_get(entry, "identity"), "account", ""),
                        "123456789012");
    assert_string_equal(json_get_string(json_object_get(entry, "content"), "text", ""),
                        "hello\nworld \"x\"");
    assert_false(ledger_find(ledger, 4, stage->arena, &entry, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    ledger_free(ledger);
}

static void entries_are_found_wherever_they_stand(void **state)
{
    struct stage *stage = *state;
    struct ledger *ledger = open_ledger(stage);
    struct error err = {0};
    char text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 1000; i++) { /* some times what is looked through first */
        struct ledger_entry entry = {.kind = LEDGER_NOTE,
                                     .content = json_pack("{s:i, s:s}", "n", i, "text", text)};
        assert_true(ledger_write(ledger, &entry, 1, &err));
    }
    static const int numbers[] = {1, 3, 64, 65, 500, 930, 1001, 1002};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        json_t *entry = NULL;
        assert_true(ledger_find(ledger, numbers[i], stage->arena, &entry, &err));
        assert_int_equal(json_get_int(entry, "seq", 0), numbers[i]);
        if (numbers[i] > 2)
            assert_int_equal(json_get_int(json_object_get(entry, "content"), "n", -1),
                             numbers[i] - 3);
    }
    json_t *none = NULL;
    assert_false(ledger_find(ledger, 1003, stage->arena, &none, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    ledger_free(ledger);
}

static void kernels_take_turns(void **state)
{
    struct stage *stage = *state;
    struct ledger *one = open_ledger(stage), *two = open_ledger(stage);
    (void)note(one, "a");
    (void)note(two, "b");
    (void)note(one, "c");
    assert_string_equal(kinds(stage), "1 begin, 2 kernel, 3 note, 4 kernel, 5 note, 6 note");
    ledger_free(one);
    (void)note(two, "d");
    ledger_free(two);
    assert_string_equal(kinds(stage),
                        "1 begin, 2 kernel, 3 note, 4 kernel, 5 note, 6 note, 7 note");
}

static void add_bytes(struct stage *stage, const char *bytes, size_t size)
{
    FILE *file = fopen(ledger_path(stage), "a");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void what_is_torn_stays_and_is_named(void **state)
{
    struct stage *stage = *state;
    struct ledger *one = open_ledger(stage), *two = open_ledger(stage);
    (void)note(one, "a");
    (void)note(two, "b");
    add_bytes(stage, "{\"seq\":6,\"prev\":\"00", 19);
    (void)note(two, "c"); /* it knows what it wrote */
    (void)note(one, "d"); /* it finds a mended line between others' entries */
    assert_string_equal(kinds(stage), "1 begin, 2 kernel, 3 note, 4 kernel, 5 note, ?, 6 torn, "
                                      "7 note, 8 note");
    ledger_free(one);
    ledger_free(two);
    add_bytes(stage, "\0\0\0\n\0", 5);
    struct ledger *three = open_ledger(stage); /* it looks from the end */
    (void)note(three, "e");
    ledger_free(three);
    assert_non_null(strstr(stage_read(stage, ledger_path(stage)), "{\"seq\":6,\"prev\":\"00\n"));
}

static void a_cut_ledger_is_said(void **state)
{
    struct stage *stage = *state;
    struct ledger *ledger = open_ledger(stage);
    (void)note(ledger, "a");
    off_t size = (off_t)file_size(ledger_path(stage));
    struct ledger_mark last = note(ledger, "b");
    assert_int_equal(truncate(ledger_path(stage), size), 0);
    (void)note(ledger, "c");
    assert_string_equal(kinds(stage), "1 begin, 2 kernel, 3 note, 5 broken, 6 note");
    assert_non_null(strstr(stage_read(stage, ledger_path(stage)), last.hash));
    assert_int_equal(unlink(ledger_path(stage)), 0);
    (void)note(ledger, "d");
    assert_string_equal(kinds(stage), "7 begin, 8 broken, 9 note");
    ledger_free(ledger);
}

static void a_full_disk_leaves_no_half_entry(void **state)
{
    struct stage *stage = *state;
    struct ledger *ledger = open_ledger(stage);
    struct error err = {0};
    (void)note(ledger, "a");
    const char *before = arena_strdup(stage->arena, kinds(stage));
    assert_int_equal(setenv("ENOSPC_PATH", stage->case_folder, 1), 0);
    assert_int_equal(setenv("ENOSPC_AFTER", "0", 1), 0);
    assert_false(ledger_append(ledger, LEDGER_NOTE, json_pack("{s:s}", "text", "b"), NULL, &err));
    assert_int_equal(err.kind, ERROR_IO);
    assert_int_equal(unsetenv("ENOSPC_PATH"), 0);
    assert_string_equal(kinds(stage), before);
    assert_int_equal(note(ledger, "c").sequence, 4);
    ledger_free(ledger);
}

/* As somebody who may not write there: root may everywhere. */
static void a_folder_that_cannot_be_written_is_one_error(void **state)
{
    struct stage *stage = *state;
    int status;
    struct ledger *ledger = open_ledger(stage);
    (void)note(ledger, "before");
    if (getuid() == 0) {
        assert_int_equal(chown(stage->folder, 65534, 65534), 0);
        assert_int_equal(chown(stage->case_folder, 65534, 65534), 0);
        assert_int_equal(chown(ledger_path(stage), 65534, 65534), 0);
    }
    assert_int_equal(chmod(ledger_path(stage), 0400), 0);
    assert_int_equal(chmod(stage->case_folder, 0500), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error err = {0}, evidence = {0};
        json_t *reference = NULL;
        if (getuid() == 0 && setuid(65534) != 0)
            _exit(2);
        struct ledger *other = ledger_new(stage->case_folder, NULL);
        struct ledger_evidence kept = {.name = "x", .data = "x", .size = 1};
        bool wrote = ledger_append(other, LEDGER_NOTE, NULL, NULL, &err) ||
                     ledger_keep(other, &kept, &reference, &evidence);
        _exit(wrote || err.kind != ERROR_IO || evidence.kind != ERROR_IO || !err.hint[0]);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(chmod(stage->case_folder, 0700), 0);
    assert_int_equal(chmod(ledger_path(stage), 0600), 0);
    assert_int_equal(note(ledger, "after").sequence, 4);
    ledger_free(ledger);
}

/* A kernel that is killed at its Nth write, sync or cut: in a process of its own. True: it came to
 * its end. */
static bool die_at(struct stage *stage, int step, int *acknowledged)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error err = {0};
        char number[16], *large = xcalloc(1, 20000);
        memset(large, 'x', 19999);
        (void)snprintf(number, sizeof number, "%d", step);
        (void)setenv("ENOSPC_PATH", stage->case_folder, 1);
        (void)setenv("ENOSPC_AFTER", "1000000", 1);
        (void)setenv("DIE_AT", number, 1);
        struct ledger *ledger = ledger_new(stage->case_folder, NULL);
        for (int i = 0; i < 2; i++) {
            struct ledger_entry entries[3] = {
                {.kind = LEDGER_INTENT, .content = json_pack("{s:i}", "round", i)},
                {.kind = LEDGER_SAVED,
                 .content = json_pack("{s:i, s:s}", "plan", i, "state", large)},
                {.kind = LEDGER_INTENT, .content = json_pack("{s:i}", "round", i)}};
            if (!ledger_append_all(ledger, entries, COUNT(entries), &err) ||
                write(ends[1], "a", 1) != 1)
                _exit(1);
        }
        _exit(0);
    }
    char bytes[8];
    (void)close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    *acknowledged = (int)read(ends[0], bytes, sizeof bytes);
    (void)close(ends[0]);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What was acknowledged is there, what was torn is named, and the chain goes on. */
static void killed_at_any_step(void **state)
{
    struct stage *stage = *state;
    struct error err = {0};
    int steps = 0, torn = 0, acknowledged = 0;
    for (bool ended = false; !ended && steps < 100;) {
        assert_true(file_remove_all(stage->case_folder, &err));
        struct ledger *ledger = open_ledger(stage);
        (void)note(ledger, "before");
        ended = die_at(stage, ++steps, &acknowledged);
        (void)note(ledger, "after"); /* by one who knew the ledger before */
        ledger_free(ledger);
        ledger = open_ledger(stage);
        (void)note(ledger, "later"); /* by one who did not */
        ledger_free(ledger);
        struct verify verify;
        struct verify_request request = {.folder = stage->case_folder};
        assert_true(verify_ledger(&request, stage->arena, &verify, &err));
        if (verify.finding_count)
            fail_msg("killed at step %d: %s", steps, verify.findings->text);
        assert_true(verify.kinds[LEDGER_INTENT] >= 2 * acknowledged);
        assert_int_equal(verify.kinds[LEDGER_NOTE], 3);
        torn += verify.torn > 0;
    }
    assert_int_equal(acknowledged, 2);
    assert_true(steps > 8 && torn >= 2);
}

static void large_members_go_to_evidence(void **state)
{
    struct stage *stage = *state;
    struct ledger *ledger = open_ledger(stage);
    struct error err = {0};
    struct stat status;
    char *large = arena_alloc(stage->arena, 20001);
    memset(large, 'x', 20000);
    assert_true(ledger_append(ledger, LEDGER_SAVED,
                              json_pack("{s:i, s:[s]}", "plan", 7, "policies", large), NULL, &err));
    json_t *entry = NULL;
    assert_true(ledger_find(ledger, 3, stage->arena, &entry, &err));
    const json_t *content = json_object_get(entry, "content");
    assert_int_equal(json_get_int(content, "plan", 0), 7);
    const json_t *moved = json_object_get(content, "policies");
    assert_int_equal(json_get_int(moved, "size", 0), 20004);
    const char *path =
        file_join(stage->arena, stage->case_folder, json_get_string(moved, "file", "?"));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, 20004);
    ledger_free(ledger);
}

static void secrets_are_taken_out(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG\nregion = x",
         "aws_secret_access_key = " REDACTED "\nregion = x"},
        {"{\"SecretAccessKey\": \"wJalr\\/X\", \"a\": 1}",
         "{\"SecretAccessKey\": \"" REDACTED "\", \"a\": 1}"},
        {"{\\\"SecretAccessKey\\\": \\\"wJalr\\\", \\\"a\\\": 1}",
         "{\\\"SecretAccessKey\\\": \\\"" REDACTED "\\\", \\\"a\\\": 1}"},
        {"https://x/?X-Amz-Security-Token=abc%2F&b=1",
         "https://x/?X-Amz-Security-Token=" REDACTED "&b=1"},
        {"password: 'hunter 2' x", "password: '" REDACTED "' x"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest",
         REDACTED "\nrest"},
        {"-----BEGIN CERTIFICATE-----\nMIIE", "-----BEGIN CERTIFICATE-----\nMIIE"},
        {"WHERE operation = 'GetSessionToken' AND x = 1",
         "WHERE operation = 'GetSessionToken' AND x = 1"},
        {"password = " REDACTED " x", "password = " REDACTED " x"}, /* done before */
        {"AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out;
        buf_init(&out, 4096);
        (void)redact_text(&out, rows[i].text, strlen(rows[i].text));
        assert_string_equal(out.data, rows[i].shown);
        buf_release(&out);
    }
    json_t *given = json_pack("{s:{s:s, s:s, s:[{s:s}], s:b, s:n}}", "CreateAccessKeyResult",
                              "SecretAccessKey", "wJalr", "AccessKeyId", "AKIA", "list",
                              "NewPassword", "x", "PasswordResetRequired", 1, "Password");
    json_t *clean = redact_json(given);
    char *text = json_dumps(clean, JSON_COMPACT);
    assert_null(strstr(text, "wJalr"));
    assert_non_null(strstr(text, "AKIA"));
    assert_non_null(strstr(text, "{\"NewPassword\":\"" REDACTED "\"}"));
    assert_non_null(strstr(text, "\"PasswordResetRequired\":true,\"Password\":null"));
    free(text);
    json_decref(clean);
    json_decref(given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_are_chained_lines, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(entries_are_found_wherever_they_stand, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(kernels_take_turns, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(what_is_torn_stays_and_is_named, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_cut_ledger_is_said, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_no_half_entry, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_written_is_one_error, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test_setup_teardown(killed_at_any_step, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(large_members_go_to_evidence, stage_set_up,
                                        stage_tear_down),
        cmocka_unit_test(secrets_are_taken_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
