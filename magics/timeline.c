#include "magics/draw.h"

struct timeline_options {
    const char *result, *time, *lane, *label, *color, *title, *save;
};

static const struct option options[] = {
    {.name = "RESULT",
     .help = "the kept result that is drawn (the last one)",
     OPT_TEXT(struct timeline_options, result),
     .values = VALUES_RESULT},
    {.name = "--time",
     .value = "COLUMN",
     .help = "column of times (default: time)",
     OPT_TEXT(struct timeline_options, time),
     .values = VALUES_COLUMN},
    {.name = "--lane",
     .value = "COLUMN",
     .help = "one line for each value of this column",
     OPT_TEXT(struct timeline_options, lane),
     .values = VALUES_COLUMN},
    {.name = "--label",
     .value = "COLUMN",
     .help = "what is said about each point",
     OPT_TEXT(struct timeline_options, label),
     .values = VALUES_COLUMN},
    {.name = "--color",
     .value = "COLUMN",
     .help = "column that gives the colour",
     OPT_TEXT(struct timeline_options, color),
     .values = VALUES_COLUMN},
    {.name = "--title",
     .value = "TEXT",
     .help = "words above it",
     OPT_TEXT(struct timeline_options, title)},
    {.name = "--save",
     .value = "FILE",
     .help = "write the drawing to FILE.svg",
     OPT_TEXT(struct timeline_options, save),
     .values = VALUES_FILE},
};

static bool run(struct magic_call *call, struct error *err)
{
    const struct timeline_options *given = call->options;
    struct chart chart = {
        .kind = CHART_TIMELINE,
        .title = given->title,
        .x = given->time ? given->time : "time",
        .y = given->lane,
        .color = given->color,
        .label = given->label,
        .cancel = call->cancel,
    };
    return draw_result(call, given->result, &chart, given->save, err);
}

static const struct magic_example examples[] = {
    {"%cloudtrail log-tampering --into tampering\n%timeline tampering --lane operation",
     "tampering on a time line"},
};

const struct magic magic_timeline = {
    .name = "timeline",
    .summary = "draws a kept result on a line of time",
    .details = "Times are UTC. At most 5,000 points.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_LOCAL,
    .options = {.options = options,
                .count = COUNT(options),
                .size = sizeof(struct timeline_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
