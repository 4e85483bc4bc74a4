#include "worker_cell.h"

#include "base/text.h"
#include "case/shown.h"

#include <stdlib.h>
#include <string.h>

static void print(struct running *running, const char *stream, const char *text, size_t size)
{
    struct buf escaped;
    buf_init(&escaped, 8 * size + 16);
    text_json(&escaped, text, size);
    size_t inside = escaped.size - 2;
    running->shown += inside;
    if (running->session)
        shown_text(shown_of(running->session), running->count, stream, escaped.data + 1, inside);
    struct packet *packet = packet_new(PACKET_PRINT, running->request);
    packet->type = stream;
    packet->content = xstrndup(escaped.data + 1, inside);
    packet->content_size = inside;
    pipe_push(running->worker->front, packet);
    buf_release(&escaped);
}

/* What was shown so far, as text: the beginning of the surplus' file. */
static void remember(struct running *running, const char *text, size_t size)
{
    if (!running->head.limit)
        buf_init(&running->head, 2 * SHOWN_LIMIT);
    buf_add(&running->head, text, size);
}

static void overflow(struct running *running)
{
    if (running->surplus)
        return;
    running->surplus =
        surplus_new(shown_of(running->session), running->count,
                    running->head.data ? running->head.data : "", running->head.size);
    running->surplus_from = running->head.size;
}

void running_print(struct running *running, bool to_stderr, const char *text, size_t size)
{
    if (!running->surplus && running->session && running->shown + size > SHOWN_HEAD)
        overflow(running);
    if (running->surplus) {
        surplus_add(running->surplus, text, size);
        return;
    }
    remember(running, text, size);
    print(running, to_stderr ? "stderr" : "stdout", text, size);
}

void running_publish(struct running *running, const char *type, char *content)
{
    if (!content)
        return;
    struct packet *packet = packet_new(PACKET_PUBLISH, running->request);
    packet->type = type;
    packet->content = content;
    packet->content_size = strlen(content);
    if (running->session)
        shown_output(shown_of(running->session), running->count, type, content,
                     packet->content_size);
    pipe_push(running->worker->front, packet);
}

/* What a page has to hold of a bundle: its texts; of a drawing all of the message. */
static size_t weight(const json_t *data, const char *content)
{
    size_t size = 0;
    const char *type;
    json_t *value;
    void *iterator = json_object_iter((json_t *)(uintptr_t)data); /* only read */
    for (; iterator; iterator = json_object_iter_next((json_t *)(uintptr_t)data, iterator)) {
        type = json_object_iter_key(iterator);
        value = json_object_iter_value(iterator);
        if (!json_is_string(value))
            return strlen(content);
        size += strlen(type) + json_string_length(value);
    }
    return size;
}

/* A display that would be too much goes to the file as its text; what it was made of is a kept
 * result. */
bool running_has_room(struct running *running, const json_t *data, const char *content)
{
    size_t size = weight(data, content);
    const json_t *plain = json_object_get(data, "text/plain");
    if (!running->surplus && running->shown && running->session &&
        running->shown + size > SHOWN_HEAD)
        overflow(running);
    running->shown += running->surplus ? 0 : size;
    if (!running->surplus && !json_is_string(plain))
        return true;
    const char *text = json_is_string(plain) ? json_string_value(plain) : "";
    size_t length = json_is_string(plain) ? json_string_length(plain) : 0;
    if (running->surplus) {
        surplus_add(running->surplus, text, length);
        surplus_add(running->surplus, "\n", 1);
        return false;
    }
    remember(running, text, length);
    remember(running, "\n", 1);
    return true;
}

static void say_where(struct running *running, const struct surplus_report *report)
{
    char lines[32], bytes[32];
    struct buf line;
    buf_init(&line, 16384);
    buf_addf(&line, "\n[... this cell shows more than fits on a page: %s lines, %s in all",
             text_number(report->lines, lines), text_bytes(report->bytes, bytes));
    if (report->trouble.kind)
        buf_addf(&line, "; they could not be kept whole: %s", report->trouble.message);
    else
        buf_addf(&line, ", whole in %s, sha256 %s", report->path, report->hash);
    buf_adds(&line, report->tail_size ? "; its end:]\n" : "]\n");
    print(running, "stderr", line.data, line.size);
    buf_release(&line);
}

void running_end_surplus(struct running *running)
{
    if (!running->surplus)
        return;
    struct surplus_report report;
    surplus_end(running->surplus, running->arena, &report);
    running->surplus = NULL;
    running->worker->vitals->spilled_bytes += report.bytes - (int64_t)running->surplus_from;
    say_where(running, &report);
    for (size_t at = 0; at < report.tail_size;) {
        size_t piece = text_cut(report.tail + at, report.tail_size - at, SHOWN_TAIL / 4);
        print(running, "stdout", report.tail + at, piece ? piece : report.tail_size - at);
        at += piece ? piece : report.tail_size - at;
    }
}

void running_keep_shown(struct running *running)
{
    struct error err = {0};
    buf_release(&running->head);
    if (!running->session || shown_write(shown_of(running->session), &err))
        return;
    if (!running->silent)
        print(running, "stderr", err.message, strlen(err.message));
    if (!running->silent)
        print(running, "stderr", "\n", 1);
}
