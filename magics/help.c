#include "magic.h"

#include "engine/functions.h"

#include <string.h>

struct help_options {
    const char *name;
};

static const struct option options[] = {
    {.name = "NAME",
     .help = "a magic, or \"functions\" for SQL functions under Trino's names",
     OPT_TEXT(struct help_options, name),
     .values = VALUES_MAGIC},
};

static void list_magics(struct magic_call *call)
{
    static const struct column columns[] = {{.name = "magic", .type = TYPE_TEXT},
                                            {.name = "does", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    for (size_t i = 0; magics[i]; i++) {
        table_add_row(table);
        table_put_string(table, 0, arena_printf(call->arena, "%%%s", magics[i]->name));
        table_put_string(table, 1, magics[i]->summary);
    }
    struct caption caption = {.title = "Magics", .total_rows = table->rows};
    struct prose *prose = prose_new(call->arena);
    prose_paragraph(prose, "A cell is SQL, magics, parameters and comments, from top to bottom:");
    prose_bullet(prose, 0, "%c a query; %c in it is a parameter, and the result is kept as %c",
                 "SELECT ...;", ":name", "_");
    prose_bullet(prose, 0, "%c sets a parameter, as Python writes literals", "name = \"value\"");
    prose_bullet(prose, 0, "%c a magic; %c explains it; %c takes it as well", "%magic options",
                 "%magic?", "%magic :name");
    prose_bullet(prose, 0, "%c explains a table or column, Tab completes, Shift+Tab tells more",
                 "name?");
    outputs_display(call->outputs, prose_bundle(prose));
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
}

static void list_functions(struct magic_call *call)
{
    static const struct column columns[] = {{.name = "function", .type = TYPE_TEXT},
                                            {.name = "does", .type = TYPE_TEXT},
                                            {.name = "example", .type = TYPE_TEXT}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    for (size_t i = 0; i < local_functions_count; i++) {
        table_add_row(table);
        table_put_string(table, 0, local_functions[i].signature);
        table_put_string(table, 1, local_functions[i].comment);
        table_put_string(table, 2, local_functions[i].example);
    }
    struct caption caption = {
        .title = "SQL functions under Trino's names, with Trino's results",
        .total_rows = table->rows,
        .hint =
            "Where one name means two things (contains, split_part, date_diff, element_at, "
            "cardinality) DuckDB's meaning stays: for networks use ip_in(cidr, ip), for arrays "
            "len(a) and a[n]. Functions that take a lambda cannot be made: write "
            "list_transform(a, x -> ...) for transform, len(filter(a, x -> ...)) > 0 for any_match "
            "(= 0 for none_match, = len(a) for all_match), list_transform(list_zip(a, b), x -> "
            "...) for zip_with, and map_from_entries over map_entries(m) for transform_keys, "
            "transform_values and map_filter. JSON_TABLE, MATCH_RECOGNIZE and WITH FUNCTION are "
            "grammar that DuckDB lacks."};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct help_options *given = call->options;
    if (!given->name) {
        list_magics(call);
        return true;
    }
    if (strcmp(given->name, "functions") == 0) {
        list_functions(call);
        return true;
    }
    const char *name = given->name + strspn(given->name, "%");
    const struct magic *magic = magic_find(name, strlen(name));
    if (!magic)
        return magic_unknown(name, strlen(name), err);
    outputs_display(call->outputs, magic_help(magic, call->arena));
    return true;
}

static const struct magic_example examples[] = {
    {"%help", "all magics"},
    {"%help trace", "one of them"},
    {"%help functions", "SQL functions under Trino's names"},
};

const struct magic magic_help_magic = {
    .name = "help",
    .summary = "lists the magics, or explains one",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct help_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
