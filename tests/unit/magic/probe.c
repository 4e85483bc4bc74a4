#include "tests/unit/magic/probe.h"

static const char *const kinds[] = {"key", "user", "address", NULL};

static const struct option options[] = {
    {.name = "KIND",
     .help = "what is asked for",
     OPT_TEXT(struct probe_options, kind),
     .choices = kinds},
    {.name = "TARGET",
     .help = "about whom",
     OPT_TEXT(struct probe_options, target),
     .values = VALUES_TARGET},
    {.name = "MORE", .help = "and whom else", OPT_LIST(struct probe_options, more)},
    {.name = "--flag", .help = "switches it on", OPT_FLAG(struct probe_options, flag)},
    {.name = "--limit",
     .value = "N",
     .help = "rows shown",
     OPT_INT(struct probe_options, limit),
     .min = 1,
     .max = 100},
    {.name = "--since",
     .value = "T",
     .help = "only later events",
     OPT_TIME(struct probe_options, since),
     .values = VALUES_TIME},
    {.name = "--into",
     .value = "NAME",
     .help = "keep it under a name",
     OPT_TEXT(struct probe_options, into),
     .values = VALUES_RESULT},
    {.name = "--file",
     .value = "FILE",
     .help = "write it",
     OPT_TEXT(struct probe_options, file),
     .values = VALUES_FILE},
    {.name = "--folder",
     .value = "DIR",
     .help = "look there",
     OPT_TEXT(struct probe_options, folder),
     .values = VALUES_FOLDER},
    {.name = "--column",
     .value = "COLUMN",
     .help = "draw it",
     OPT_TEXT(struct probe_options, column),
     .values = VALUES_COLUMN},
};
const struct option_table probe_table = {
    .options = options, .count = COUNT(options), .size = sizeof(struct probe_options)};

static const struct option query_options[] = {
    {.name = "SQL", .help = "the query", OPT_REST(struct query_probe, sql)},
    {.name = "--into", .value = "NAME", .help = "keep it", OPT_TEXT(struct query_probe, into)},
    {.name = "--limit",
     .value = "N",
     .help = "rows shown",
     OPT_INT(struct query_probe, limit),
     .min = 1,
     .max = 100},
};
const struct option_table query_table = {
    .options = query_options, .count = COUNT(query_options), .size = sizeof(struct query_probe)};

static const char *const *values(const struct option *option)
{
    static const char *const names[] = {"keyring", NULL};
    return option->choices ? names : NULL;
}

/* Fails for the target "fail", so that tests see the error of a run. */
static bool run(struct magic_call *call, struct error *err)
{
    const struct probe_options *given = call->options;
    if (given->target && given->target[0] == 'f')
        return error_set(err, ERROR_DATA, "the probe failed");
    return true;
}

static bool run_query(struct magic_call *call, struct error *err)
{
    (void)call;
    (void)err;
    return true;
}

static const struct magic_example examples[] = {{"%probe key AKIA --flag", "a key"},
                                                {"%probe user alice", "a user"}};

static const struct magic magic_probe = {
    .name = "probe",
    .summary = "looks at one thing",
    .details = "Details of the probe.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct probe_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .values = values,
    .run = run,
};

static const struct option setting_options[] = {
    {.name = "NAME",
     .help = "the setting",
     OPT_TEXT(struct probe_options, kind),
     .values = VALUES_SETTING},
    {.name = "VALUE", .help = "its value", OPT_TEXT(struct probe_options, target)},
};
static const struct magic magic_adjust = {
    .name = "adjust",
    .summary = "changes a setting",
    .body = MAGIC_BODY_REQUIRED,
    .body_name = "words",
    .effect = MAGIC_CHANGES_AWS,
    .options = {.options = setting_options,
                .count = COUNT(setting_options),
                .size = sizeof(struct probe_options)},
    .run = run,
};

static const struct magic magic_query = {
    .name = "query",
    .summary = "runs SQL",
    .body = MAGIC_BODY_OPTIONAL,
    .body_name = "SQL",
    .effect = MAGIC_LOCAL,
    .options = {.options = query_options,
                .count = COUNT(query_options),
                .size = sizeof(struct query_probe)},
    .run = run_query,
};

const struct magic *const magics[] = {&magic_adjust, &magic_probe, &magic_query, NULL};
