#include "magics/recorded.h"
#include "magics/values.h"

#include "base/text.h"

#include <string.h>

struct note_options {
    const char *text;
};

static const struct option options[] = {
    {.name = "TEXT",
     .help = "Markdown; {name} is a parameter's value, {_12.1.who} one of a kept result",
     OPT_REST(struct note_options, text)},
};

/* It is on the disk before it is shown; where it stands is said by the output's metadata. */
static bool record(struct magic_call *call, const struct buf *text, struct error *err)
{
    struct ledger_mark mark;
    json_t *content = json_pack("{s:o}", "markdown", json_text(text->data, text->size));
    return recorded_add(call, LEDGER_NOTE, content, &mark, err);
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct note_options *given = call->options;
    struct buf filled;
    buf_init(&filled, RENDER_BUNDLE_LIMIT);
    bool ok = true;
    if (given->text && *given->text) {
        ok = values_fill(call, given->text, strlen(given->text), text_markdown, &filled, err);
        buf_adds(&filled, call->body ? "\n\n" : "");
    }
    if (ok && call->body)
        ok = values_fill(call, call->body, call->body_size, text_markdown, &filled, err);
    if (ok && !filled.size) {
        (void)error_set(err, ERROR_USAGE, "the note is empty");
        ok = error_hint(err, "Write %%note TEXT, or %%%%note and Markdown below it.");
    }
    ok = ok && record(call, &filled, err);
    if (ok)
        outputs_display(call->outputs,
                        prose_markdown_bundle(call->arena, filled.data, filled.size));
    buf_release(&filled);
    return ok;
}

static const struct magic_example examples[] = {
    {"%note The key was **deactivated** at 10:14 UTC.", "a remark in the record"},
};

const struct magic magic_note = {
    .name = "note",
    .summary = "a remark in the record: Markdown with values",
    .details =
        "A note is an entry in the ledger of the case, on the disk before it is shown. Values "
        "of logs are escaped: what an attacker wrote cannot become a link, a picture or "
        "markup of the note.",
    .body = MAGIC_BODY_OPTIONAL,
    .body_name = "Markdown",
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct note_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
