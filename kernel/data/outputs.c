#include "data/outputs.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

#define STREAM_FLUSH_SIZE (64 * 1024)
#define STREAM_TEXT_LIMIT ((size_t)64 * 1024 * 1024) /* of one print; no value is that long */
#define PROGRESS_AFTER 500000    /* microseconds of work before the first line is shown */
#define PROGRESS_INTERVAL 200000 /* between two updates */

struct outputs {
    struct output_sink sink;
    struct buf stream; /* text of one stream not yet sent */
    enum output_kind stream_kind;
    struct bundle result; /* held back: references owned here */
    bool has_result;
    char progress_id[UUID_TEXT_SIZE];
    int64_t progress_begun, progress_last;
    bool progress_shown;
    bool progress_stays; /* its line stands there until the next display takes its place */
};

struct outputs *outputs_new(const struct output_sink *sink)
{
    struct outputs *outputs = xcalloc(1, sizeof *outputs);
    outputs->sink = *sink;
    buf_init(&outputs->stream, 2 * STREAM_FLUSH_SIZE);
    return outputs;
}

static void emit(struct outputs *outputs, const struct output *output)
{
    if (outputs->sink.emit)
        outputs->sink.emit(outputs->sink.state, output);
}

static void flush(struct outputs *outputs)
{
    if (!outputs->stream.size)
        return;
    struct output output = {
        .kind = outputs->stream_kind, .text = outputs->stream.data, .size = outputs->stream.size};
    emit(outputs, &output);
    buf_clear(&outputs->stream);
}

void outputs_flush(struct outputs *outputs)
{
    flush(outputs);
}

void outputs_free(struct outputs *outputs)
{
    if (!outputs)
        return;
    outputs_finish(outputs);
    buf_release(&outputs->stream);
    free(outputs);
}

static void stream(struct outputs *outputs, enum output_kind kind, const char *text, size_t size)
{
    if (outputs->stream_kind != kind)
        flush(outputs);
    outputs->stream_kind = kind;
    while (size) {
        size_t piece = text_cut(text, size, STREAM_FLUSH_SIZE / 4);
        piece = piece ? piece : size;
        if (outputs->stream.size + piece * 3 > STREAM_FLUSH_SIZE)
            flush(outputs);
        text_valid(&outputs->stream, text, piece);
        text += piece;
        size -= piece;
    }
    if (outputs->sink.gathers)
        flush(outputs);
}

void outputs_print(struct outputs *outputs, const char *text, size_t size)
{
    stream(outputs, OUTPUT_STDOUT, text, size);
}

void outputs_print_stderr(struct outputs *outputs, const char *text, size_t size)
{
    stream(outputs, OUTPUT_STDERR, text, size);
}

ATTR_PRINTF(3, 0)
static void stream_format(struct outputs *outputs, enum output_kind kind, const char *format,
                          va_list args, const char *end)
{
    struct buf line;
    buf_init(&line, STREAM_TEXT_LIMIT);
    buf_vaddf(&line, format, args);
    buf_adds(&line, end);
    stream(outputs, kind, line.data, line.size);
    buf_release(&line);
}

void outputs_printf(struct outputs *outputs, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    stream_format(outputs, OUTPUT_STDOUT, format, args, "");
    va_end(args);
}

void outputs_warn(struct outputs *outputs, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    stream_format(outputs, OUTPUT_STDERR, format, args, "\n");
    va_end(args);
}

static void emit_bundle(struct outputs *outputs, enum output_kind kind, struct bundle bundle,
                        const char *display_id)
{
    flush(outputs);
    struct output output = {
        .kind = kind, .data = bundle.data, .metadata = bundle.metadata, .display_id = display_id};
    emit(outputs, &output);
}

/* A display or result; it takes the place of a progress line that has done its work, so that the
   record does not depend on how long the work took. */
static void emit_shown(struct outputs *outputs, enum output_kind kind, struct bundle bundle)
{
    bool replaces = outputs->progress_stays;
    outputs->progress_stays = false;
    emit_bundle(outputs, replaces ? OUTPUT_UPDATE : kind, bundle,
                replaces ? outputs->progress_id : NULL);
}

/* What was held back as the cell's value turns out not to be the last: it is shown where it stood.
 */
static void release_result(struct outputs *outputs, enum output_kind kind)
{
    if (!outputs->has_result)
        return;
    outputs->has_result = false;
    emit_shown(outputs, kind, outputs->result);
    json_decref(outputs->result.data);
    json_decref(outputs->result.metadata);
    outputs->result = (struct bundle){0};
}

void outputs_clear(struct outputs *outputs, bool wait)
{
    release_result(outputs, OUTPUT_DISPLAY);
    flush(outputs);
    struct output output = {.kind = OUTPUT_CLEAR, .wait = wait};
    emit(outputs, &output);
}

void outputs_display(struct outputs *outputs, struct bundle bundle)
{
    release_result(outputs, OUTPUT_DISPLAY);
    emit_shown(outputs, OUTPUT_DISPLAY, bundle);
}

void outputs_display_as(struct outputs *outputs, struct bundle bundle, const char *display_id)
{
    release_result(outputs, OUTPUT_DISPLAY);
    emit_bundle(outputs, OUTPUT_DISPLAY, bundle, display_id);
}

void outputs_result(struct outputs *outputs, struct bundle bundle)
{
    release_result(outputs, OUTPUT_DISPLAY);
    flush(outputs);
    outputs->result =
        (struct bundle){.data = json_incref(bundle.data), .metadata = json_incref(bundle.metadata)};
    outputs->has_result = true;
}

void outputs_page(struct outputs *outputs, struct bundle bundle)
{
    emit_bundle(outputs, OUTPUT_PAGE, bundle, NULL);
}

void outputs_next_cell(struct outputs *outputs, const char *source)
{
    struct output output = {.kind = OUTPUT_NEXT, .text = source, .size = strlen(source)};
    emit(outputs, &output);
}

/* The line as text/plain and, so that it looks like a remark and not like a stream, as one
 * paragraph of HTML. */
ATTR_PRINTF(1, 0)
static struct bundle progress_bundle(const char *format, va_list args)
{
    struct buf line, plain, html;
    buf_init(&line, 4096);
    buf_init(&plain, 16384);
    buf_init(&html, 32768);
    buf_vaddf(&line, format, args);
    text_plain(&plain, line.data, line.size);
    buf_adds(&html, "<div style=\"opacity: 0.75; font-size: 90%\">");
    text_html(&html, line.data, line.size);
    buf_adds(&html, "</div>");
    struct bundle bundle = {.data = json_object()};
    json_object_set_new(bundle.data, "text/plain", json_text(plain.data, plain.size));
    json_object_set_new(bundle.data, "text/html", json_text(html.data, html.size));
    buf_release(&line);
    buf_release(&plain);
    buf_release(&html);
    return bundle;
}

ATTR_PRINTF(2, 0)
static void progress_show(struct outputs *outputs, const char *format, va_list args)
{
    bool again = outputs->progress_shown || outputs->progress_stays;
    if (!again) {
        release_result(outputs, OUTPUT_DISPLAY);
        uuid_text(outputs->progress_id);
    }
    outputs->progress_stays = false;
    struct bundle bundle = progress_bundle(format, args);
    emit_bundle(outputs, again ? OUTPUT_UPDATE : OUTPUT_DISPLAY, bundle, outputs->progress_id);
    json_decref(bundle.data);
    outputs->progress_shown = true;
}

void outputs_progress(struct outputs *outputs, const char *format, ...)
{
    int64_t now = time_monotonic();
    if (!outputs->progress_begun)
        outputs->progress_begun = now;
    if (now - outputs->progress_begun < PROGRESS_AFTER ||
        now - outputs->progress_last < PROGRESS_INTERVAL)
        return;
    outputs->progress_last = now;
    va_list args;
    va_start(args, format);
    progress_show(outputs, format, args);
    va_end(args);
}

void outputs_progress_end(struct outputs *outputs, const char *format, ...)
{
    if (format) {
        va_list args;
        va_start(args, format);
        progress_show(outputs, format, args);
        va_end(args);
    }
    outputs->progress_stays = !format && (outputs->progress_shown || outputs->progress_stays);
    outputs->progress_shown = false;
    outputs->progress_begun = outputs->progress_last = 0;
}

/* Nothing came to take the line's place: the cell failed or shows nothing. */
static void empty_progress(struct outputs *outputs)
{
    if (!outputs->progress_stays && !outputs->progress_shown)
        return;
    struct bundle nothing = {.data = json_pack("{s:s}", "text/plain", "")};
    emit_bundle(outputs, OUTPUT_UPDATE, nothing, outputs->progress_id);
    json_decref(nothing.data);
    outputs->progress_stays = outputs->progress_shown = false;
}

void outputs_finish(struct outputs *outputs)
{
    release_result(outputs, OUTPUT_RESULT);
    empty_progress(outputs);
    flush(outputs);
}
