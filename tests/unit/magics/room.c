#include "tests/unit/magics/room.h"

#include "base/file.h"
#include "case/results.h"
#include "cell.h"
#include "magic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SHOWN_LIMIT ((size_t)64 * 1024 * 1024)

int room_set_up(void **state)
{
    struct room *room = xcalloc(1, sizeof *room);
    struct error err = {0};
    static const char folder[] = "/tmp/cofferdam-room-XXXXXX";
    memcpy(room->folder, folder, sizeof folder);
    assert_non_null(mkdtemp(room->folder));
    assert_non_null(getcwd(room->before, sizeof room->before));
    assert_int_equal(chdir(room->folder), 0);
    room->arena = arena_new();
    room->cancel = cancel_new();
    cancel_begin(room->cancel);
    room->session = session_new(NULL, &err);
    assert_non_null(room->session);
    buf_init(&room->text, SHOWN_LIMIT);
    buf_init(&room->warnings, SHOWN_LIMIT);
    buf_init(&room->shown, SHOWN_LIMIT);
    *state = room;
    return 0;
}

int room_tear_down(void **state)
{
    struct room *room = *state;
    struct error err = {0};
    session_free(room->session);
    cancel_end(room->cancel);
    cancel_free(room->cancel);
    buf_release(&room->text);
    buf_release(&room->warnings);
    buf_release(&room->shown);
    json_decref(room->last);
    bool removed = chdir(room->before) == 0 && file_remove_all(room->folder, &err);
    arena_free(room->arena);
    free(room);
    return removed ? 0 : -1;
}

static void remember(void *state, const struct output *output)
{
    struct room *room = state;
    if (output->kind == OUTPUT_STDOUT)
        buf_add(&room->text, output->text, output->size);
    else if (output->kind == OUTPUT_STDERR)
        buf_add(&room->warnings, output->text, output->size);
    room->clears += output->kind == OUTPUT_CLEAR;
    room->displays += output->kind == OUTPUT_DISPLAY;
    room->results += output->kind == OUTPUT_RESULT;
    if (output->kind != OUTPUT_DISPLAY && output->kind != OUTPUT_RESULT)
        return;
    json_decref(room->last);
    room->last = json_incref(output->data);
    buf_adds(&room->shown, json_get_string(output->data, "text/plain", ""));
    buf_addc(&room->shown, '\n');
}

static bool ask(void *state, const struct magic_prompt *prompt, struct arena *arena,
                const char **answer, struct error *err)
{
    struct room *room = state;
    size_t size = strlen(prompt->text);
    assert_true(size < sizeof room->asked.text);
    memcpy(room->asked.text, prompt->text, size + 1);
    room->asked.password = prompt->password;
    if (!room->answer)
        return error_set(err, ERROR_UNAVAILABLE, "this front end cannot be asked");
    *answer = arena_strdup(arena, room->answer);
    return true;
}

static const char *parameter(void *state, const char *name, struct arena *arena, bool *known)
{
    const json_t *value = session_param(state, name);
    *known = value != NULL;
    if (!value || json_is_null(value))
        return NULL;
    return json_is_string(value) ? json_string_value(value) : json_dump(arena, value, NULL);
}

static const struct vitals vitals = {.transport = "none", .library = "none"};

static bool run_statement(struct room *room, struct outputs *outputs,
                          const struct statement *statement, struct error *err)
{
    if (statement->kind == STATEMENT_PARAMETER) {
        session_set_param(room->session, statement->name, statement->value);
        return true;
    }
    bool sql = statement->kind == STATEMENT_SQL;
    const char *name = sql ? "sql" : statement->name;
    const struct magic *magic = magic_find(name, strlen(name));
    if (!magic)
        return magic_unknown(name, strlen(name), err);
    struct magic_call call = {.magic = magic,
                              .session = room->session,
                              .outputs = outputs,
                              .cancel = room->cancel,
                              .vitals = &vitals,
                              .arena = room->arena,
                              .body = sql ? statement->text : statement->body,
                              .body_size = sql ? statement->size : statement->body_size,
                              .line = statement->line,
                              .body_line = sql ? statement->line : statement->body_line,
                              .ask = ask,
                              .ask_state = room,
                              .parameter = parameter,
                              .parameter_state = room->session};
    return sql ? magic_run(&call, "", 0, err)
               : magic_run(&call, statement->text, statement->size, err);
}

bool room_try(struct room *room, const char *code, struct error *err)
{
    struct output_sink sink = {.emit = remember, .state = room};
    struct outputs *outputs = outputs_new(&sink);
    struct cell_text cell;
    *err = (struct error){0};
    buf_clear(&room->text);
    buf_clear(&room->warnings);
    buf_clear(&room->shown);
    room->displays = room->results = room->clears = 0;
    session_begin_cell(room->session, ++room->cell, NULL);
    bool ok = cell_parse(code, strlen(code), room->arena, &cell, err);
    for (size_t i = 0; ok && i < cell.count; i++)
        ok = run_statement(room, outputs, &cell.statements[i], err);
    outputs_finish(outputs);
    outputs_free(outputs);
    return ok;
}

void room_run(struct room *room, const char *code)
{
    struct error err;
    if (!room_try(room, code, &err))
        fail_msg("%s: %s (%s)", code, err.message, err.hint);
}

void room_refuse(struct room *room, const char *code, enum error_kind kind, const char *message,
                 const char *hint)
{
    struct error err;
    if (room_try(room, code, &err))
        fail_msg("%s: worked", code);
    if (err.kind != kind || !strstr(err.message, message) || !strstr(err.hint, hint))
        fail_msg("%s: %s \"%s\" \"%s\"", code, error_kind_name(err.kind), err.message, err.hint);
}

static bool says(const struct room *room, const char *text)
{
    return (room->shown.data && strstr(room->shown.data, text)) ||
           (room->text.data && strstr(room->text.data, text)) ||
           (room->warnings.data && strstr(room->warnings.data, text));
}

void room_shows(struct room *room, const char *text)
{
    if (!says(room, text))
        fail_msg("\"%s\" is not shown in:\n%s%s%s", text, room->text.data ? room->text.data : "",
                 room->warnings.data ? room->warnings.data : "",
                 room->shown.data ? room->shown.data : "");
}

void room_hides(struct room *room, const char *text)
{
    if (says(room, text))
        fail_msg("\"%s\" is shown", text);
}

const char *room_mime(const struct room *room, const char *mime)
{
    return json_get_string(room->last, mime, "");
}
