#include "magic.h"

#include "base/text.h"
#include "base/time.h"

#include <string.h>
#include <strings.h>

#define MAGIC_LIMIT 128

const struct magic *magic_find(const char *name, size_t size)
{
    for (size_t i = 0; magics[i]; i++)
        if (strlen(magics[i]->name) == size && strncasecmp(magics[i]->name, name, size) == 0)
            return magics[i];
    return NULL;
}

bool magic_unknown(const char *name, size_t size, struct error *err)
{
    /* typed by habit from IPython and shells */
    static const struct {
        const char *habit, *hint;
    } habits[] = {
        {"time", "Every result already says how long it took."},
        {"matplotlib", "%chart and %timeline draw; nothing has to be switched on."},
        {"pip", "This kernel is not Python: nothing has to be installed."},
        {"run", "Open the notebook itself, or run it with papermill."},
        {"load_ext", "All magics are there already: %help lists them."},
        {"ls", "%lake open FOLDER opens data; Tab completes paths."},
        {"cd", "Give the path to the magic that needs it; Tab completes paths."},
    };
    const char *names[MAGIC_LIMIT];
    size_t count = 0;
    while (magics[count] && count < MAGIC_LIMIT) {
        names[count] = magics[count]->name;
        count++;
    }
    char word[64];
    size_t length = size < sizeof word ? size : sizeof word - 1;
    memcpy(word, name, length);
    word[length] = '\0';
    (void)error_set(err, ERROR_USAGE, "unknown magic %%%.*s", (int)(size < 200 ? size : 200), name);
    for (size_t i = 0; i < COUNT(habits); i++)
        if (strcmp(habits[i].habit, word) == 0)
            return error_hint(err, "%s", habits[i].hint);
    const char *near = text_nearest(word, names, count);
    if (near)
        return error_hint(err, "Did you mean %%%s?", near);
    return error_hint(err, "%%help lists the magics.");
}

static bool check_body(const struct magic_call *call, struct error *err)
{
    const struct magic *magic = call->magic;
    if (call->body && magic->body == MAGIC_BODY_NONE) {
        (void)error_set(err, ERROR_USAGE, "%%%%%s takes no body", magic->name);
        return error_hint(err, "Write it with one percent sign: %%%s", magic->name);
    }
    if (!call->body && magic->body == MAGIC_BODY_REQUIRED) {
        (void)error_set(err, ERROR_USAGE, "%%%s needs a body of %s below it", magic->name,
                        magic->body_name);
        return error_hint(
            err, "Write %%%%%s as the cell's first line and the body from the second line on.",
            magic->name);
    }
    return true;
}

bool magic_run(struct magic_call *call, const char *line, size_t size, struct error *err)
{
    if (!check_body(call, err))
        return false;
    void *options = NULL;
    struct options_input input = {.line = line,
                                  .size = size,
                                  .now = time_now(),
                                  .parameter = call->parameter,
                                  .state = call->parameter_state};
    if (!options_parse(&call->magic->options, &input, call->arena, &options, err)) {
        const char *usage = options_usage(call->magic->name, &call->magic->options, call->arena);
        (void)error_hint(err, "Usage: %%%s", usage);
        return false;
    }
    call->options = options;
    call->arguments = arena_strndup(call->arena, line, size);
    return call->magic->run(call, err);
}

static void help_options(struct prose *prose, const struct magic *magic)
{
    for (size_t i = 0; i < magic->options.count; i++) {
        const struct option *option = &magic->options.options[i];
        prose_bullet(prose, 0, "%c", option->name);
        if (option->name[0] == '-' && option->value)
            prose_add(prose, " %c", option->value);
        prose_add(prose, " — %s", option->help);
        for (size_t j = 0; option->choices && option->choices[j]; j++)
            prose_add(prose, "%s%c", j ? ", " : ": ", option->choices[j]);
    }
}

struct bundle magic_help(const struct magic *magic, struct arena *arena)
{
    static const char *const effects[] = {
        [MAGIC_READS] = "It only reads.",
        [MAGIC_LOCAL] = "It writes files of the case on this machine, nothing in AWS.",
        [MAGIC_CHANGES_AWS] = "It can change AWS: with a plan, an approval and a record.",
    };
    struct prose *prose = prose_new(arena);
    prose_heading(prose, 3, arena_printf(arena, "%%%s", magic->name));
    prose_paragraph(prose, "%s.", magic->summary);
    const char *usage = options_usage(
        arena_printf(arena, "%s%s", magic->body == MAGIC_BODY_REQUIRED ? "%%" : "%", magic->name),
        &magic->options, arena);
    prose_code(prose, usage, strlen(usage));
    if (magic->body == MAGIC_BODY_OPTIONAL)
        prose_paragraph(prose, "As %c the rest of the cell is its %s.",
                        arena_printf(arena, "%%%%%s", magic->name), magic->body_name);
    if (magic->details)
        prose_paragraph(prose, "%s", magic->details);
    help_options(prose, magic);
    prose_paragraph(prose, "%s", effects[magic->effect]);
    for (size_t i = 0; i < magic->example_count; i++) {
        prose_paragraph(prose, "%s:", magic->examples[i].says);
        prose_code(prose, magic->examples[i].code, strlen(magic->examples[i].code));
    }
    return prose_bundle(prose);
}
