#include "magics/draw.h"

#include <string.h>

struct chart_options {
    const char *kind, *result, *x, *y, *color, *title, *save;
};

static const char *const kinds[] = {"bar", "line", "point", NULL};

static const struct option options[] = {
    {.name = "KIND",
     .help = "how it is drawn",
     OPT_TEXT(struct chart_options, kind),
     .required = true,
     .choices = kinds},
    {.name = "RESULT",
     .help = "the kept result that is drawn (the last one)",
     OPT_TEXT(struct chart_options, result),
     .values = VALUES_RESULT},
    {.name = "--x",
     .value = "COLUMN",
     .help = "column along the bottom",
     OPT_TEXT(struct chart_options, x),
     .required = true,
     .values = VALUES_COLUMN},
    {.name = "--y",
     .value = "COLUMN",
     .help = "column upwards; without it rows are counted",
     OPT_TEXT(struct chart_options, y),
     .values = VALUES_COLUMN},
    {.name = "--color",
     .value = "COLUMN",
     .help = "column that gives the colour",
     OPT_TEXT(struct chart_options, color),
     .values = VALUES_COLUMN},
    {.name = "--title",
     .value = "TEXT",
     .help = "words above it",
     OPT_TEXT(struct chart_options, title)},
    {.name = "--save",
     .value = "FILE",
     .help = "write the drawing to FILE.svg",
     OPT_TEXT(struct chart_options, save),
     .values = VALUES_FILE},
};

static bool run(struct magic_call *call, struct error *err)
{
    const struct chart_options *given = call->options;
    static const enum chart_kind by_name[] = {CHART_BAR, CHART_LINE, CHART_POINT};
    struct chart chart = {.title = given->title,
                          .x = given->x,
                          .y = given->y,
                          .color = given->color,
                          .cancel = call->cancel};
    for (size_t i = 0; kinds[i]; i++)
        if (strcmp(kinds[i], given->kind) == 0)
            chart.kind = by_name[i];
    return draw_result(call, given->result, &chart, given->save, err);
}

static const struct magic_example examples[] = {
    {"SELECT CAST(time_dt AS DATE) AS day, count(*) AS events FROM cloudtrail GROUP BY 1 ORDER BY "
     "1;\n%chart bar --x day --y events",
     "events per day"},
};

const struct magic magic_chart = {
    .name = "chart",
    .summary = "draws a kept result as bars, a line or points",
    .details =
        "Shown by Vega-Lite in JupyterLab and as a picture in HTML and PDF. At most 5,000 points.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct chart_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
