#include "magic.h"

#include "base/text.h"
#include "case/session.h"

#include <string.h>

struct set_options {
    const char *name;
    const char *value;
};

struct parameters {
    struct table *table;
    struct arena *arena;
};

static const struct option options[] = {
    {.name = "NAME",
     .help = "the setting",
     OPT_TEXT(struct set_options, name),
     .values = VALUES_SETTING},
    {.name = "VALUE",
     .help = "its new value; without it the setting is shown",
     OPT_TEXT(struct set_options, value)},
};

static void show(struct magic_call *call, const char *only)
{
    static const struct column columns[] = {{.name = "setting", .type = TYPE_TEXT},
                                            {.name = "value", .type = TYPE_TEXT},
                                            {.name = "takes", .type = TYPE_TEXT},
                                            {.name = "is", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        if (only && strcmp(only, setting->name) != 0)
            continue;
        table_add_row(table);
        table_put_string(table, 0, setting->name);
        table_put_string(table, 1, setting->get(call->session, setting, call->arena));
        table_put_string(table, 2, setting->value);
        table_put_string(table, 3, setting->help);
    }
    struct caption caption = {.title = "Settings", .total_rows = table->rows};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
}

static void add_parameter(void *state, const char *name, const json_t *value)
{
    struct parameters *parameters = state;
    table_add_row(parameters->table);
    table_put_string(parameters->table, 0, name);
    table_put_string(parameters->table, 1, json_dump(parameters->arena, value, NULL));
}

/* The parameters set so far, if there are any. */
static void show_parameters(struct magic_call *call)
{
    static const struct column columns[] = {{.name = "parameter", .type = TYPE_TEXT},
                                            {.name = "value", .type = TYPE_JSON}};
    struct parameters parameters = {.table = table_new(call->arena, columns, COUNT(columns)),
                                    .arena = call->arena};
    session_each_param(call->session, add_parameter, &parameters);
    struct caption caption = {
        .title = "Parameters: :name in SQL and in magics, {name} in %echo and %note",
        .total_rows = parameters.table->rows};
    if (parameters.table->rows)
        outputs_display(call->outputs, render_table(call->arena, parameters.table, &caption));
}

static bool unknown(const char *name, struct error *err)
{
    const char *names[64];
    size_t count = 0;
    for (; count < settings_count && count < COUNT(names); count++)
        names[count] = settings_table[count].name;
    const char *near = text_nearest(name, names, count);
    (void)error_set(err, ERROR_USAGE, "no setting \"%s\"", name);
    if (near)
        return error_hint(err, "Did you mean %s?", near);
    return error_hint(err, "%%set alone lists the settings; a parameter is set by: %s = ...", name);
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct set_options *given = call->options;
    if (!given->name) {
        show_parameters(call);
        show(call, NULL);
        return true;
    }
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *setting = &settings_table[i];
        if (strcmp(setting->name, given->name) != 0)
            continue;
        if (given->value && !setting->set(call->session, setting, given->value, err))
            return false;
        session_names_changed(call->session);
        show(call, setting->name);
        return true;
    }
    return unknown(given->name, err);
}

static const struct magic_example examples[] = {
    {"%set", "all settings"},
    {"%set limit 50", "show 50 rows of a result"},
};

const struct magic magic_set = {
    .name = "set",
    .summary = "shows and changes settings",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct set_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
