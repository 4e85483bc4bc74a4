/* What is put into the record by the analyst: notes, decisions, phases, attachments; and how it is
 * looked at. */
#include "tests/unit/magics/room.h"

#include "base/base64.h"
#include "base/file.h"
#include "case/decision.h"
#include "case/record.h"
#include "case/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h> /* needs setjmp, stdarg, stddef and stdint before it */

#define LEDGER ".cofferdam/ledger.jsonl"

static json_t *last_entry(struct room *room, enum ledger_kind kind)
{
    char *text, *rest = NULL;
    size_t size;
    struct error err = {0};
    json_t *found = NULL;
    assert_true(file_read(room->arena, LEDGER, 1 << 24, &text, &size, &err));
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        json_t *entry = json_own(room->arena, json_loads(line, 0, NULL));
        assert_non_null(entry);
        if (strcmp(json_get_string(entry, "kind", ""), ledger_kind_name(kind)) == 0)
            found = entry;
    }
    assert_non_null(found);
    return found;
}

static const char *content_text(struct room *room, enum ledger_kind kind, const char *name)
{
    return json_get_string(json_object_get(last_entry(room, kind), "content"), name, "");
}

static void a_note_is_an_entry(void **state)
{
    struct room *room = *state;
    room_run(room, "who = \"mallory\"\n%note off: {who}");
    assert_string_equal(content_text(room, LEDGER_NOTE, "markdown"), "off: mallory");
    assert_int_equal(json_get_int(last_entry(room, LEDGER_NOTE), "cell", 0), 1);
}

static void queries_and_their_results_are_entries(void **state)
{
    struct room *room = *state;
    room_run(room, "n = 3\nSELECT range AS a FROM range(:n)");
    const json_t *content = json_object_get(last_entry(room, LEDGER_QUERY), "content");
    assert_string_equal(json_get_string(content, "sql", ""), "SELECT range AS a FROM range(:n)");
    assert_string_equal(json_get_string(content, "engine", ""), "local");
    assert_int_equal(json_get_int(json_object_get(content, "values"), "n", 0), 3);
    const json_t *result = json_object_get(content, "result");
    assert_int_equal(json_get_int(result, "rows", 0), 3);
    assert_string_equal(json_get_string(result, "kept", ""), "_1");
    /* printf '[["a","int"]]\n["0"]\n["1"]\n["2"]\n' | sha256sum */
    assert_string_equal(json_get_string(result, "sha256", ""),
                        "e1064d417eb50c1edaf7886d7ea62b0d6b02606edc0e0b7bb5908084acc09ad5");
    assert_null(json_object_get(result, "hashed_rows"));
    room_run(room, "%set limit 2\nSELECT range AS a FROM range(3)");
    result = json_object_get(json_object_get(last_entry(room, LEDGER_QUERY), "content"), "result");
    assert_int_equal(json_get_int(result, "hashed_rows", 0), 2);
    int64_t query = json_get_int(last_entry(room, LEDGER_QUERY), "seq", 0);
    room_run(room, "SELECT range AS a FROM range(60000)");
    while (record_is_restless(room->session)) /* as the worker does between cells */
        assert_true(record_rest(room->session));
    content = json_object_get(last_entry(room, LEDGER_RESULT), "content");
    assert_int_equal(json_get_int(content, "query", 0), query + 1); /* no cells are recorded here */
    /* as above, with [["a","int"]] and then ["0"] to ["59999"], a line each */
    assert_string_equal(json_get_string(content, "sha256", ""),
                        "e07b98c7a9ae7e71ed9e385577b44ba3bf2afc49af21272f743f17e7d992baf1");
    struct error err = {0};
    assert_false(room_try(room, "SELECT nope", &err));
    content = json_object_get(last_entry(room, LEDGER_QUERY), "content");
    assert_non_null(strstr(json_get_string(content, "error", ""), "nope"));
    assert_null(json_object_get(content, "result"));
}

static void a_vote_decides(void **state)
{
    struct room *room = *state;
    struct error err = {0};
    struct decision decision;
    room_run(room, "%decide \"Contain now?\" contain \"look on\" --votes red=7 --votes \"look "
                   "on=12\" --by Ada --by Grace --reason \"it is quiet\" --reason \"we see more\"");
    room_shows(room, "Decision 1: Contain now?");
    room_shows(room, "look on, decided, 12 votes");
    room_shows(room, "contain, 7 votes");
    room_shows(room, "Ada and Grace");
    room_shows(room, "because: we see more");
    room_shows(room, "ledger entry ");
    assert_true(decision_find(room->session, 1, room->arena, &decision, &err));
    assert_string_equal(decision.question, "Contain now?");
    assert_string_equal(decision.options[decision.chosen].text, "look on");
    assert_int_equal(decision.options[0].votes, 7);
    assert_int_equal(decision.people_count, 2);
    assert_string_equal(decision.people[1], "Grace");
    assert_int_equal(decision.reason_count, 2);
    assert_null(decision.identity);
    assert_false(decision_find(room->session, 2, room->arena, &decision, &err));
    assert_int_equal(err.kind, ERROR_NOT_FOUND);
    assert_string_equal(err.hint, "The case has decisions 1 to 1.");
    room_run(room, "%decide \"Again?\" 1 2 --choose blue --by Ada");
    room_shows(room, "Decision 2");
    room_shows(room, "2, decided");
    assert_true(decision_find(room->session, 2, room->arena, &decision, &(struct error){0}));
    assert_int_equal(decision.chosen, 1);
}

static void a_decision_says_what_and_who(void **state)
{
    struct room *room = *state;
    room_refuse(room, "%decide", ERROR_USAGE, "QUESTION", "");
    room_refuse(room, "%decide q a --by Ada", ERROR_USAGE, "2 to 10 options", "");
    room_refuse(room, "%decide \"\" a b --by Ada --choose a", ERROR_USAGE, "the question is empty",
                "");
    room_refuse(room, "%decide q same same --by Ada", ERROR_USAGE, "named twice", "");
    room_refuse(room, "%decide q yes no --choose yes", ERROR_USAGE, "who decides", "--by NAME");
    room_refuse(room, "%decide q yes no --by Ada", ERROR_USAGE, "not said", "--choose");
    room_refuse(room, "%decide q yes no --by Ada --by ada --choose yes", ERROR_USAGE, "named twice",
                "");
    room_refuse(room, "%decide q yes no --by Ada --choose maybe", ERROR_USAGE,
                "none of the options", "");
    room_refuse(room, "%decide q yes no --by Ada --votes yes=3 --votes no=3", ERROR_USAGE,
                "two options have as many", "--choose");
    room_refuse(room, "%decide q yes no --by Ada --votes yes=-3", ERROR_USAGE, "no count", "");
    room_refuse(room, "%decide q yes no --by Ada --votes yes=3x", ERROR_USAGE, "no count", "");
    room_refuse(room, "%decide q yes no --by Ada --votes red=1 --votes yes=2", ERROR_USAGE,
                "given twice", "");
    assert_false(file_exists(LEDGER)); /* nothing was decided */
}

static void the_room_is_asked(void **state)
{
    struct room *room = *state;
    room->answer = "2";
    room_run(room, "%decide \"Contain?\" yes no --by Ada");
    assert_non_null(strstr(room->asked.text, "1  yes\n2  no\n"));
    room_shows(room, "no, decided");
    room->answer = "perhaps";
    room_refuse(room, "%decide \"Contain?\" yes no --by Ada", ERROR_USAGE, "none of the options",
                "");
}

static void phases_are_headings_and_entries(void **state)
{
    struct room *room = *state;
    room_run(room, "%phase containment");
    assert_non_null(strstr(room_mime(room, "text/markdown"), "## Containment"));
    room_run(room, "%phase post-incident");
    room_run(room, "%phase");
    room_shows(room, "containment");
    room_shows(room, "post-incident");
    room_refuse(room, "%phase panic", ERROR_USAGE, "panic", "");
}

static const char png[] =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAAB"
    "JRU5ErkJggg==";

static void a_picture_is_kept_and_shown(void **state)
{
    struct room *room = *state;
    struct error err = {0};
    struct buf bytes;
    struct stat status;
    buf_init(&bytes, 4096);
    assert_true(base64_read(&bytes, png, strlen(png)));
    assert_true(file_replace("shot.png", bytes.data, bytes.size, 0644, &err));
    room_run(room, "%attach shot.png --note \"the <b>console</b>\"");
    assert_int_equal(room->displays, 2);
    room_shows(room, "shot.png");
    room_shows(room, "the <b>console</b>");
    const char *kept =
        arena_printf(room->arena, ".cofferdam/%s", content_text(room, LEDGER_ATTACHMENT, "file"));
    assert_int_equal(stat(kept, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, bytes.size);
    assert_string_equal(content_text(room, LEDGER_ATTACHMENT, "type"), "image/png");
    assert_true(file_replace("page.png", "<svg onload=a()>", 16, 0644, &err));
    room_run(room, "%attach page.png"); /* by its bytes, not by its name */
    assert_int_equal(room->displays, 1);
    assert_string_equal(content_text(room, LEDGER_ATTACHMENT, "type"), "");
    room_refuse(room, "%attach nothing.png", ERROR_NOT_FOUND, "nothing.png", "");
    room_refuse(room, "%attach .", ERROR_IO, "", "");
    room_refuse(room, "%attach", ERROR_USAGE, "FILE", "");
    buf_release(&bytes);
}

static void the_record_is_shown_and_verified(void **state)
{
    struct room *room = *state;
    room_refuse(room, "%record", ERROR_NOT_FOUND, "nothing is recorded", "begins the record");
    room_run(room, "%phase");
    assert_false(file_exists(".cofferdam")); /* looking makes nothing */
    room_run(room, "%note one");
    room_run(room, "%record");
    room_shows(room, "1 note");
    room_shows(room, "ledger entry 3");
    room_run(room, "%record verify");
    room_shows(room, "Every entry is as it was written");
    room_shows(room, "Nothing outside the record vouches for its end");
    room_refuse(room, "%record show x.ipynb", ERROR_USAGE, "only compared by verify", "");
    room_refuse(room, "%record verify x.ipynb", ERROR_NOT_FOUND, "x.ipynb", "");
    FILE *file = fopen(LEDGER, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 30, SEEK_SET), 0);
    assert_int_equal(fputc('7', file), '7');
    assert_int_equal(fclose(file), 0);
    room_refuse(room, "%record verify", ERROR_DATA, "not as it was written", "first finding");
    room_shows(room, "line 1: entry 1 is not as it was written");
    room_run(room, "%record");
    room_shows(room, "not as it was written");
}

static void a_notebook_is_a_witness(void **state)
{
    struct room *room = *state;
    struct error err = {0};
    room_run(room, "%note one");
    const json_t *entry = last_entry(room, LEDGER_NOTE);
    json_t *book =
        json_own(room->arena, json_pack("{s:[{s:s, s:[{s:{s:{s:{s:I, s:s}}}}]}]}", "cells",
                                        "cell_type", "code", "outputs", "metadata", "cofferdam",
                                        "ledger", "seq", (json_int_t)json_get_int(entry, "seq", 0),
                                        "hash", json_get_string(entry, "hash", "")));
    size_t size;
    const char *text = json_dump(room->arena, book, &size);
    assert_true(file_replace("book.ipynb", text, size, 0644, &err));
    room_run(room, "%note two");
    room_run(room, "%record verify book.ipynb");
    room_shows(room, "shows 1 marks, the last of entry 3");
    room_shows(room, "For the 1 entries behind it");
    assert_true(file_replace("empty.ipynb", "{\"cells\": []}", 13, 0644, &err));
    room_run(room, "%record verify empty.ipynb");
    room_shows(room, "vouches for nothing");
    assert_true(file_replace("broken.ipynb", "{\"cells\": [", 11, 0644, &err));
    room_refuse(room, "%record verify broken.ipynb", ERROR_DATA, "no notebook", "");
}

/* Nothing makes the folder of a case before something happens that is to be recorded. */
static void cells_before_the_first_thing_to_record_are_recorded_then(void **state)
{
    struct room *room = *state;
    size_t large = (size_t)9 << 20;
    char *source = xmalloc(large);
    memset(source, 'x', large);
    record_cell(room->session, &(struct record_cell){.source = "secret = \"\\u00e9\"", .size = 17});
    for (int i = 0; i < 10050; i++)
        record_cell(room->session, &(struct record_cell){.source = "x", .size = 1});
    record_cell(room->session, &(struct record_cell){.source = source, .size = large});
    free(source);
    assert_false(file_exists(LEDGER));
    room_run(room, "%note now");
    const json_t *content = json_object_get(last_entry(room, LEDGER_CELL), "content");
    assert_string_equal(json_get_string(content, "source", ""), "x");
    /* printf x | sha256sum */
    assert_string_equal(json_get_string(content, "sha256", ""),
                        "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
    assert_int_equal(strlen(json_get_string(content, "began", "")), 27);
    assert_int_equal(json_get_int(content, "more_cells_not_recorded", 0), 52); /* of 10,052 */
    room_run(room, "%record verify");
    room_shows(room, "Every entry is as it was written");
}

#define ROOM(test) cmocka_unit_test_setup_teardown(test, room_set_up, room_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM(a_note_is_an_entry),
        ROOM(queries_and_their_results_are_entries),
        ROOM(cells_before_the_first_thing_to_record_are_recorded_then),
        ROOM(a_vote_decides),
        ROOM(a_decision_says_what_and_who),
        ROOM(the_room_is_asked),
        ROOM(phases_are_headings_and_entries),
        ROOM(a_picture_is_kept_and_shown),
        ROOM(the_record_is_shown_and_verified),
        ROOM(a_notebook_is_a_witness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
