#include "data/prose.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"

#include <stdarg.h>
#include <string.h>

enum block_kind { BLOCK_HEADING, BLOCK_PARAGRAPH, BLOCK_BULLET, BLOCK_CODE };
enum style { STYLE_WORDS, STYLE_VALUE, STYLE_CODE, STYLE_BOLD };

/* A run of text in one style: STYLE_WORDS is ours, the others are values from anywhere. */
struct run {
    enum style style;
    const char *text;
    size_t size;
    struct run *next;
};

struct block {
    enum block_kind kind;
    int level; /* of a heading, depth of a bullet */
    struct run *first, *last;
    struct block *next;
};

struct prose {
    struct arena *arena;
    struct block *first, *last;
};

struct prose *prose_new(struct arena *arena)
{
    struct prose *prose = arena_alloc(arena, sizeof *prose);
    prose->arena = arena;
    return prose;
}

static struct block *block_add(struct prose *prose, enum block_kind kind, int level)
{
    struct block *block = arena_alloc(prose->arena, sizeof *block);
    *block = (struct block){.kind = kind, .level = level};
    if (prose->last)
        prose->last->next = block;
    else
        prose->first = block;
    prose->last = block;
    return block;
}

static void run_add(struct prose *prose, enum style style, const char *text, size_t size)
{
    struct block *block = prose->last;
    struct run *run = arena_alloc(prose->arena, sizeof *run);
    *run =
        (struct run){.style = style, .text = arena_strndup(prose->arena, text, size), .size = size};
    if (block->last)
        block->last->next = run;
    else
        block->first = run;
    block->last = run;
}

static void run_value(struct prose *prose, char letter, va_list *args)
{
    char number[TIME_TEXT_SIZE];
    if (letter == 'd') {
        const char *text = text_number(va_arg(*args, int64_t), number);
        run_add(prose, STYLE_WORDS, text, strlen(text));
    } else if (letter == 't') {
        const char *text = time_millis(va_arg(*args, int64_t), number);
        run_add(prose, STYLE_WORDS, text, strlen(text));
    } else {
        const char *text = va_arg(*args, const char *);
        text = text ? text : "";
        enum style style = letter == 'c' ? STYLE_CODE : letter == 'b' ? STYLE_BOLD : STYLE_VALUE;
        run_add(prose, style, text, strlen(text));
    }
}

static void add_format(struct prose *prose, const char *format, va_list *args)
{
    while (*format) {
        size_t plain = strcspn(format, "%");
        if (plain)
            run_add(prose, STYLE_WORDS, format, plain);
        format += plain;
        if (!*format)
            break;
        if (format[1] == '%')
            run_add(prose, STYLE_WORDS, "%", 1);
        else
            run_value(prose, format[1], args);
        format += 2;
    }
}

void prose_heading(struct prose *prose, int level, const char *text)
{
    block_add(prose, BLOCK_HEADING, level);
    run_add(prose, STYLE_VALUE, text, strlen(text));
}

void prose_paragraph(struct prose *prose, const char *format, ...)
{
    block_add(prose, BLOCK_PARAGRAPH, 0);
    va_list args;
    va_start(args, format);
    add_format(prose, format, &args);
    va_end(args);
}

void prose_bullet(struct prose *prose, int depth, const char *format, ...)
{
    block_add(prose, BLOCK_BULLET, depth);
    va_list args;
    va_start(args, format);
    add_format(prose, format, &args);
    va_end(args);
}

void prose_add(struct prose *prose, const char *format, ...)
{
    if (!prose->last)
        block_add(prose, BLOCK_PARAGRAPH, 0);
    va_list args;
    va_start(args, format);
    add_format(prose, format, &args);
    va_end(args);
}

void prose_code(struct prose *prose, const char *bytes, size_t size)
{
    block_add(prose, BLOCK_CODE, 0);
    run_add(prose, STYLE_VALUE, bytes, size);
}

/* ---- one writer a format: how a block and a run begin and end, and the format's escaping ---- */

struct writer {
    const char *open[4], *close[4]; /* by enum style */
    void (*escape)(struct buf *out, const char *bytes, size_t size);
    void (*begin)(struct buf *out, const struct block *block);
    void (*end)(struct buf *out, const struct block *block);
    void (*code)(struct buf *out, const char *bytes, size_t size);
};

static void plain_begin(struct buf *out, const struct block *block)
{
    if (block->kind == BLOCK_BULLET) {
        buf_fill(out, ' ', (size_t)block->level * 2);
        buf_adds(out, "- ");
    }
}

static void plain_end(struct buf *out, const struct block *block)
{
    bool list = block->kind == BLOCK_BULLET && block->next && block->next->kind == BLOCK_BULLET;
    buf_adds(out, list || !block->next ? "\n" : "\n\n");
}

static void plain_code(struct buf *out, const char *bytes, size_t size)
{
    text_plain_lines(out, bytes, size);
}

static void markdown_begin(struct buf *out, const struct block *block)
{
    if (block->kind == BLOCK_HEADING) {
        buf_fill(out, '#', (size_t)block->level);
        buf_addc(out, ' ');
    }
    plain_begin(out, block);
}

/* Indented code needs no fence that a log could close. */
static void markdown_code(struct buf *out, const char *bytes, size_t size)
{
    struct buf lines;
    buf_init(&lines, RENDER_BUNDLE_LIMIT);
    text_plain_lines(&lines, bytes, size);
    buf_adds(out, "    ");
    for (size_t i = 0; i < lines.size; i++) {
        buf_addc(out, lines.data[i]);
        if (lines.data[i] == '\n' && i + 1 < lines.size)
            buf_adds(out, "    ");
    }
    buf_release(&lines);
}

static void html_begin(struct buf *out, const struct block *block)
{
    if (block->kind == BLOCK_HEADING)
        buf_addf(out, "<h%d>", block->level);
    else if (block->kind == BLOCK_BULLET)
        buf_addf(out, "<div style=\"padding-left: %dem\">• ", block->level * 2 + 1);
    else
        buf_adds(out, block->kind == BLOCK_CODE ? "<pre>" : "<p>");
}

static void html_end(struct buf *out, const struct block *block)
{
    if (block->kind == BLOCK_HEADING)
        buf_addf(out, "</h%d>\n", block->level);
    else if (block->kind == BLOCK_BULLET)
        buf_adds(out, "</div>\n");
    else
        buf_adds(out, block->kind == BLOCK_CODE ? "</pre>\n" : "</p>\n");
}

static void html_code(struct buf *out, const char *bytes, size_t size)
{
    struct buf lines;
    buf_init(&lines, RENDER_BUNDLE_LIMIT);
    text_visible(&lines, bytes, size, true);
    const char *line = lines.data, *end = lines.data + lines.size;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop ? stop : end;
        text_html(out, line, (size_t)(stop - line));
        if (stop < end)
            buf_addc(out, '\n');
        line = stop + 1;
    }
    buf_release(&lines);
}

static const struct writer plain_writer = {.open = {"", "", "", ""},
                                           .close = {"", "", "", ""},
                                           .escape = text_plain,
                                           .begin = plain_begin,
                                           .end = plain_end,
                                           .code = plain_code};
static const struct writer markdown_writer = {.open = {"", "", "<code>", "**"},
                                              .close = {"", "", "</code>", "**"},
                                              .escape = text_markdown,
                                              .begin = markdown_begin,
                                              .end = plain_end,
                                              .code = markdown_code};
static const struct writer html_writer = {.open = {"", "", "<code>", "<strong>"},
                                          .close = {"", "", "</code>", "</strong>"},
                                          .escape = text_html,
                                          .begin = html_begin,
                                          .end = html_end,
                                          .code = html_code};

static void write_prose(const struct prose *prose, const struct writer *writer, struct buf *out)
{
    for (const struct block *block = prose->first; block; block = block->next) {
        writer->begin(out, block);
        for (const struct run *run = block->first; run; run = run->next) {
            buf_adds(out, run->size ? writer->open[run->style] : "");
            if (block->kind == BLOCK_CODE)
                writer->code(out, run->text, run->size);
            else
                writer->escape(out, run->text, run->size);
            buf_adds(out, run->size ? writer->close[run->style] : "");
        }
        writer->end(out, block);
    }
}

static json_t *written(const struct prose *prose, const struct writer *writer, const char *before,
                       const char *after)
{
    struct buf out;
    buf_init(&out, RENDER_BUNDLE_LIMIT);
    buf_adds(&out, before);
    write_prose(prose, writer, &out);
    buf_adds(&out, after);
    json_t *text = json_text(out.data, out.size);
    buf_release(&out);
    return text;
}

struct bundle prose_bundle(struct prose *prose)
{
    json_t *data = json_own(prose->arena, json_object());
    json_object_set_new(data, "text/plain", written(prose, &plain_writer, "", ""));
    json_object_set_new(data, "text/markdown", written(prose, &markdown_writer, "", ""));
    json_object_set_new(
        data, "text/html",
        written(prose, &html_writer, "<div class=\"tex2jax_ignore mathjax_ignore\">\n", "</div>"));
    return (struct bundle){.data = data};
}

const char *prose_plain(struct prose *prose)
{
    struct buf out;
    buf_init(&out, RENDER_BUNDLE_LIMIT);
    write_prose(prose, &plain_writer, &out);
    char *text = buf_to_arena(&out, prose->arena);
    buf_release(&out);
    return text;
}

struct bundle prose_markdown_bundle(struct arena *arena, const char *markdown, size_t size)
{
    struct buf plain;
    buf_init(&plain, RENDER_BUNDLE_LIMIT);
    text_plain_lines(&plain, markdown, size);
    json_t *data = json_own(arena, json_object());
    json_object_set_new(data, "text/plain", json_text(plain.data, plain.size));
    json_object_set_new(data, "text/markdown", json_text(markdown, size));
    buf_release(&plain);
    return (struct bundle){.data = data};
}
