#include "magics/show_output.h"

#include "case/shown.h"

#include <string.h>

/* A cell's outputs as they stand on the page in the end. */
struct page {
    json_t *outputs; /* [type, content] */
    bool clear;      /* with the next output */
};

static const char *display_id(const json_t *content)
{
    return json_get_string(json_object_get(content, "transient"), "display_id", "");
}

/* The newest display of that id is replaced where it stands. */
static void update(struct page *page, json_t *content)
{
    const char *id = display_id(content);
    for (size_t i = json_array_size(page->outputs); i-- > 0;) {
        json_t *output = json_array_get(page->outputs, i);
        if (strcmp(display_id(json_array_get(output, 1)), id) == 0)
            (void)json_array_set(output, 1, content);
    }
}

static bool add(void *state, const char *type, json_t *content, struct error *err)
{
    struct page *page = state;
    (void)err;
    if (strcmp(type, "update_display_data") == 0) {
        update(page, content);
        return true;
    }
    bool clears = strcmp(type, "clear_output") == 0;
    if (page->clear || (clears && !json_get_bool(content, "wait", false)))
        (void)json_array_clear(page->outputs);
    page->clear = clears && json_get_bool(content, "wait", false);
    if (clears)
        return true;
    json_t *output = json_array();
    (void)json_array_append_new(output, json_texts(type));
    (void)json_array_append(output, content);
    (void)json_array_append_new(page->outputs, output);
    return true;
}

static void show_error(struct outputs *outputs, const json_t *content)
{
    const json_t *lines = json_object_get(content, "traceback");
    for (size_t i = 0; i < json_array_size(lines); i++)
        outputs_warn(outputs, "%s", json_string_value(json_array_get(lines, i)));
}

static void show(struct outputs *outputs, const char *type, const json_t *content)
{
    if (strcmp(type, "stream") == 0) {
        const json_t *text = json_object_get(content, "text");
        bool to_stderr = strcmp(json_get_string(content, "name", ""), "stderr") == 0;
        if (to_stderr)
            outputs_print_stderr(outputs, json_string_value(text), json_string_length(text));
        else
            outputs_print(outputs, json_string_value(text), json_string_length(text));
        return;
    }
    if (strcmp(type, "error") == 0) {
        show_error(outputs, content);
        return;
    }
    outputs_display(outputs, (struct bundle){.data = json_object_get(content, "data"),
                                             .metadata = json_object_get(content, "metadata")});
}

bool show_output(struct magic_call *call, int64_t cell, struct error *err)
{
    struct page page = {.outputs = json_own(call->arena, json_array())};
    const struct shown_visit visit = {.visit = add, .state = &page};
    if (!shown_each(shown_of(call->session), cell, &visit, err))
        return false;
    size_t index;
    json_t *output;
    json_array_foreach(page.outputs, index, output) show(
        call->outputs, json_string_value(json_array_get(output, 0)), json_array_get(output, 1));
    return true;
}
