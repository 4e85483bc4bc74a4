#include "worker_cell.h"

#include "base/text.h"
#include "case/record.h"

#include <stdlib.h>
#include <string.h>

static void publish_json(struct running *running, const char *type, json_t *content)
{
    running_publish(running, type, json_dumps(content, JSON_COMPACT));
    json_decref(content);
}

static json_t *object_or_empty(json_t *object)
{
    return object ? json_incref(object) : json_object();
}

/* What is shown bears the record's last entry: a notebook is a witness of the ledger's tail. */
static json_t *marked(const struct running *running, const struct output *output)
{
    struct ledger_mark mark;
    if (!running->session || !record_head(running->session, &mark))
        return object_or_empty(output->metadata);
    json_t *metadata = output->metadata ? json_copy(output->metadata) : json_object();
    json_t *ours = json_object_get(metadata, "cofferdam");
    ours = ours ? json_copy(ours) : json_object();
    (void)json_object_set_new(
        ours, "ledger",
        json_pack("{s:I, s:s}", "seq", (json_int_t)mark.sequence, "hash", mark.hash));
    (void)json_object_set_new(metadata, "cofferdam", ours);
    return metadata;
}

/* `transient` is left out where there is no display_id: null in it ends older front ends. */
static void emit_bundle(struct running *running, const struct output *output)
{
    static const char *const types[] = {[OUTPUT_DISPLAY] = "display_data",
                                        [OUTPUT_UPDATE] = "update_display_data",
                                        [OUTPUT_RESULT] = "execute_result"};
    json_t *content = json_object();
    (void)json_object_set_new(content, "data", object_or_empty(output->data));
    (void)json_object_set_new(content, "metadata", marked(running, output));
    if (output->kind == OUTPUT_RESULT) {
        (void)json_object_set_new(content, "execution_count", json_integer(running->count));
        const json_t *plain = json_object_get(output->data, "text/plain");
        running->result_size = json_string_length(plain);
        running->result =
            json_is_string(plain)
                ? arena_strndup(running->arena, json_string_value(plain), running->result_size)
                : NULL;
    } else if (output->display_id) {
        json_t *transient = json_object();
        (void)json_object_set_new(transient, "display_id", json_texts(output->display_id));
        (void)json_object_set_new(content, "transient", transient);
    }
    char *text = json_dumps(content, JSON_COMPACT);
    json_decref(content);
    if (output->kind == OUTPUT_RESULT)
        running_end_surplus(running); /* the cell's value comes last, and always */
    if (output->kind == OUTPUT_DISPLAY && text && !running_has_room(running, output->data, text))
        free(text);
    else
        running_publish(running, types[output->kind], text);
}

static void add_payload(struct running *running, const struct output *output)
{
    json_t *payload = json_object();
    if (output->kind == OUTPUT_PAGE) {
        (void)json_object_set_new(payload, "source", json_texts("page"));
        (void)json_object_set_new(payload, "data", object_or_empty(output->data));
        (void)json_object_set_new(payload, "start", json_integer(0));
    } else {
        (void)json_object_set_new(payload, "source", json_texts("set_next_input"));
        (void)json_object_set_new(payload, "text", json_text(output->text, output->size));
        (void)json_object_set_new(payload, "replace", json_false());
    }
    (void)json_array_append_new(running->payload, payload);
}

void running_emit(void *state, const struct output *output)
{
    struct running *running = state;
    if (output->kind == OUTPUT_PAGE || output->kind == OUTPUT_NEXT) {
        add_payload(running, output);
        return;
    }
    if (running->silent)
        return;
    if (output->kind == OUTPUT_STDOUT || output->kind == OUTPUT_STDERR) {
        running_print(running, output->kind == OUTPUT_STDERR, output->text, output->size);
    } else if (output->kind == OUTPUT_CLEAR) {
        json_t *content = json_object();
        (void)json_object_set_new(content, "wait", json_boolean(output->wait));
        publish_json(running, "clear_output", content);
    } else {
        emit_bundle(running, output);
    }
}

/* Text of an error is shown by terminals and browsers: made harmless, lines kept. */
static json_t *shown(const char *text)
{
    struct buf safe;
    buf_init(&safe, 16 * sizeof(struct error));
    text_visible(&safe, text, strlen(text), true);
    json_t *value = json_text(safe.data, safe.size);
    buf_release(&safe);
    return value;
}

/* The line of the cell, and a caret below the place: at most 160 columns around it. */
static char *picture(const struct error *err, const struct running *running)
{
    const char *line = running->code, *end = running->code + running->size;
    for (int i = 1; i < err->line && line; i++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        line = newline ? newline + 1 : NULL;
    }
    if (!line)
        return NULL;
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    size_t size = newline ? (size_t)(newline - line) : (size_t)(end - line);
    size_t column = err->column > 0 ? (size_t)err->column - 1 : 0,
           skip = column > 120 ? column - 80 : 0;
    size_t from = text_offset(line, size, skip), to = text_offset(line, size, skip + 160);
    size_t at = text_offset(line, size, column);
    struct buf text;
    buf_init(&text, 8192);
    buf_addf(&text, "line %d: ", err->line);
    size_t margin = text.size;
    text_visible(&text, line + from, to - from, false);
    if (err->column > 0) {
        buf_addc(&text, '\n');
        buf_fill(&text, ' ', margin + (at > from ? text_width(line + from, at - from) : 0));
        buf_addc(&text, '^');
    }
    return buf_take(&text);
}

/* An engine draws its own text with a caret: ours says the same in the cell's lines. */
static bool is_picture(const char *detail)
{
    return detail[strlen(detail) - 1] == '^';
}

void running_error(json_t *object, const struct error *err, const struct running *running)
{
    json_t *traceback = json_array(), *message = shown(err->message);
    char *drawn = err->line > 0 ? picture(err, running) : NULL;
    struct buf first;
    buf_init(&first, 16 * sizeof *err);
    buf_addf(&first, "%s: %s", error_kind_name(err->kind), json_string_value(message));
    (void)json_array_append_new(traceback, json_text(first.data, first.size));
    if (drawn)
        (void)json_array_append_new(traceback, json_texts(drawn));
    if (err->detail[0] && !(drawn && err->column > 0 && is_picture(err->detail)))
        (void)json_array_append_new(traceback, shown(err->detail));
    if (err->hint[0])
        (void)json_array_append_new(traceback, shown(err->hint));
    (void)json_object_set_new(object, "ename", json_texts(error_kind_name(err->kind)));
    (void)json_object_set_new(object, "evalue", message);
    (void)json_object_set_new(object, "traceback", traceback);
    buf_release(&first);
    free(drawn);
}
