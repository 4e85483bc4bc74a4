#include "magics/recorded.h"

#include <string.h>

struct phase_options {
    const char *name;
};

/* The phases of NIST SP 800-61, its third and first second taken apart, as they are worked through.
 */
static const struct phase {
    const char *name, *title;
} phases[] = {
    {"preparation", "Preparation"},
    {"detection", "Detection"},
    {"analysis", "Analysis"},
    {"containment", "Containment"},
    {"eradication", "Eradication"},
    {"recovery", "Recovery"},
    {"post-incident", "Post-incident activity"},
};

static const char *const names[] = {"preparation", "detection", "analysis",      "containment",
                                    "eradication", "recovery",  "post-incident", NULL};

static const struct option options[] = {
    {.name = "NAME",
     .help = "the phase that begins; without it the phases so far",
     .choices = names,
     OPT_TEXT(struct phase_options, name)},
};

static bool add_row(void *state, const json_t *entry, struct error *err)
{
    struct table *table = state;
    const json_t *content = json_object_get(entry, "content");
    (void)err;
    table_add_row(table);
    table_put_string(table, 0, json_get_string(content, "phase", "?"));
    table_put_string(table, 1, json_get_string(entry, "time", "?"));
    table_put_int(table, 2, json_get_int(entry, "seq", 0));
    return true;
}

static bool list(struct magic_call *call, struct error *err)
{
    static const struct column columns[] = {{.name = "phase", .type = TYPE_TEXT},
                                            {.name = "began", .type = TYPE_TEXT},
                                            {.name = "entry", .type = TYPE_INT64}};
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    struct ledger_visit visit = {.kind = LEDGER_PHASE, .visit = add_row, .state = table};
    if (session_has_ledger(call->session)) {
        struct ledger *ledger = session_ledger(call->session, err);
        if (!ledger || !ledger_each(ledger, &visit, err))
            return false;
    }
    struct caption caption = {.title = "Phases of the case",
                              .total_rows = table->rows,
                              .hint = table->rows ? NULL : "%phase detection begins one."};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
    return true;
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct phase_options *given = call->options;
    struct ledger_mark mark;
    if (!given->name)
        return list(call, err);
    const struct phase *phase = phases;
    while (strcmp(phase->name, given->name) != 0) /* the options know no other */
        phase++;
    if (!recorded_add(call, LEDGER_PHASE, json_pack("{s:s}", "phase", phase->name), &mark, err))
        return false;
    struct prose *prose = prose_new(call->arena);
    prose_heading(prose, 2, phase->title);
    recorded_line(prose, &mark);
    outputs_display(call->outputs, prose_bundle(prose));
    return true;
}

static const struct magic_example examples[] = {
    {"%phase containment", "the case goes on to containment"},
    {"%phase", "the phases so far, and when they began"},
};

const struct magic magic_phase = {
    .name = "phase",
    .summary = "the case's phase as NIST SP 800-61 names them, with the time at which it began",
    .details = "A heading in the notebook and an entry in the ledger. Phases may come again: an "
               "analysis goes on while a containment runs.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct phase_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
