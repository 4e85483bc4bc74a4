#include "magics/values.h"

#include "base/text.h"

#include <string.h>

struct echo_options {
    struct option_list words;
    bool stderr_stream, clear, wait, password;
    const char *ask;
};

static const struct option options[] = {
    {.name = "TEXT",
     .help = "what is printed; {name} is a parameter's value",
     OPT_LIST(struct echo_options, words)},
    {.name = "--stderr", .help = "print to stderr", OPT_FLAG(struct echo_options, stderr_stream)},
    {.name = "--clear",
     .help = "clear the cell's output first",
     OPT_FLAG(struct echo_options, clear)},
    {.name = "--wait",
     .help = "with --clear: only when the next output comes",
     OPT_FLAG(struct echo_options, wait)},
    {.name = "--ask",
     .value = "PROMPT",
     .help = "ask for a line of text and print it",
     OPT_TEXT(struct echo_options, ask)},
    {.name = "--password",
     .help = "with --ask: do not show what is typed, nor print it",
     OPT_FLAG(struct echo_options, password)},
};

static bool ask(struct magic_call *call, const struct echo_options *given, struct error *err)
{
    if (!call->ask) {
        (void)error_set(err, ERROR_UNAVAILABLE, "nobody can be asked here");
        return error_hint(err,
                          "Run the cell in a notebook or console, or set a parameter instead.");
    }
    const char *answer = NULL;
    struct magic_prompt prompt = {.text = given->ask, .password = given->password};
    if (!call->ask(call->ask_state, &prompt, call->arena, &answer, err))
        return false;
    if (given->password)
        outputs_printf(call->outputs, "%zu characters\n", text_points(answer, strlen(answer)));
    else
        outputs_printf(call->outputs, "%s\n", answer);
    return true;
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct echo_options *given = call->options;
    if (given->clear)
        outputs_clear(call->outputs, given->wait);
    if (given->ask)
        return ask(call, given, err);
    if (!given->words.count && given->clear)
        return true;
    struct buf line, filled;
    buf_init(&line, 1024 * 1024);
    buf_init(&filled, 4 * 1024 * 1024);
    for (size_t i = 0; i < given->words.count; i++)
        buf_addf(&line, "%s%s", i ? " " : "", given->words.items[i]);
    bool ok = values_fill(call, line.data, line.size, text_plain, &filled, err);
    if (ok && given->stderr_stream)
        outputs_warn(call->outputs, "%s", filled.data);
    else if (ok)
        outputs_printf(call->outputs, "%s\n", filled.data);
    buf_release(&line);
    buf_release(&filled);
    return ok;
}

static const struct magic_example examples[] = {
    {"%echo hello", "a line of text"},
    {"who = \"alice\"\n%echo asked about {who}", "a parameter's value within it"},
};

const struct magic magic_echo = {
    .name = "echo",
    .summary = "prints text, with values of parameters in it",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct echo_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
