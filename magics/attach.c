#include "magics/recorded.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/text.h"

#include <string.h>

#define FILE_MOST ((size_t)256 * 1024 * 1024)
#define SHOWN_MOST ((size_t)8 * 1024 * 1024) /* of a picture in the notebook */

struct attach_options {
    const char *file, *note;
};

static const struct option options[] = {
    {.name = "FILE",
     .help = "what is kept: a screenshot, a mail, a log (at most 256 MiB)",
     .required = true,
     .values = VALUES_FILE,
     OPT_TEXT(struct attach_options, file)},
    {.name = "--note",
     .value = "TEXT",
     .help = "what it shows",
     OPT_TEXT(struct attach_options, note)},
};

/* By its first bytes, never by its name. NULL: no picture that a notebook shows. */
static const char *picture_type(const char *data, size_t size)
{
    static const struct {
        const char *type, *magic;
        size_t size;
    } kinds[] = {{"image/png", "\x89PNG\r\n\x1a\n", 8}, {"image/jpeg", "\xff\xd8\xff", 3}};
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (size > kinds[i].size && memcmp(data, kinds[i].magic, kinds[i].size) == 0)
            return kinds[i].type;
    return NULL;
}

static void show_picture(struct magic_call *call, const char *type, const struct ledger_evidence *e)
{
    struct buf text, plain;
    buf_init(&text, 2 * SHOWN_MOST);
    buf_init(&plain, 65536);
    base64_add(&text, e->data, e->size);
    text_plain(&plain, e->name, strlen(e->name));
    struct bundle bundle = {.data = json_own(call->arena, json_object())};
    (void)json_object_set_new(bundle.data, type, json_text(text.data, text.size));
    (void)json_object_set_new(bundle.data, "text/plain", json_text(plain.data, plain.size));
    outputs_display(call->outputs, bundle);
    buf_release(&text);
    buf_release(&plain);
}

static void show(struct magic_call *call, const json_t *content, const struct ledger_mark *mark)
{
    const struct attach_options *given = call->options;
    char bytes[32];
    struct prose *prose = prose_new(call->arena);
    prose_paragraph(prose, "%b, %s, kept as %c, SHA-256 %c", json_get_string(content, "name", ""),
                    text_bytes(json_get_int(content, "size", 0), bytes),
                    json_get_string(content, "file", ""), json_get_string(content, "sha256", ""));
    if (given->note)
        prose_paragraph(prose, "%s", given->note);
    recorded_line(prose, mark);
    outputs_display(call->outputs, prose_bundle(prose));
}

static bool keep(struct magic_call *call, const struct ledger_evidence *evidence, const char *type,
                 struct error *err)
{
    const struct attach_options *given = call->options;
    struct ledger *ledger = session_ledger(call->session, err);
    struct ledger_mark mark;
    json_t *content;
    if (!ledger || !ledger_keep(ledger, evidence, &content, err))
        return false;
    (void)json_own(call->arena, content);
    (void)json_object_set_new(content, "name", json_texts(evidence->name));
    (void)json_object_set_new(content, "from", json_texts(file_absolute(call->arena, given->file)));
    if (type)
        (void)json_object_set_new(content, "type", json_string(type));
    if (given->note)
        (void)json_object_set_new(content, "note", json_texts(given->note));
    if (!recorded_add(call, LEDGER_ATTACHMENT, json_incref(content), &mark, err))
        return false;
    if (type && evidence->size <= SHOWN_MOST)
        show_picture(call, type, evidence);
    show(call, content, &mark);
    return true;
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct attach_options *given = call->options;
    const char *path = file_expand(call->arena, given->file);
    char *data;
    size_t size;
    if (!file_read(call->arena, path, FILE_MOST, &data, &size, err))
        return err->kind == ERROR_LIMIT
                   ? error_hint(err, "Keep it where it is, and its SHA-256 in a %%note.")
                   : false;
    struct ledger_evidence evidence = {.name = file_name(path), .data = data, .size = size};
    return keep(call, &evidence, picture_type(data, size), err);
}

static const struct magic_example examples[] = {
    {"%attach screenshot.png --note \"the console at 10:14 UTC\"",
     "a picture, shown and kept with its hash"},
};

const struct magic magic_attach = {
    .name = "attach",
    .summary = "keeps a file with the case: its bytes, its hash, and its picture in the notebook",
    .details =
        "The file is copied into the evidence of the case; the original stays as it is. PNG "
        "and JPEG up to 8 MiB are shown. What is in the file is not looked at: do not attach "
        "secrets.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct attach_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
