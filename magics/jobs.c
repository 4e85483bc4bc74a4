#include "job/job.h"
#include "magic.h"
#include "magics/background.h"
#include "magics/watching.h"
#include "response/follow.h"

#include "base/text.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

const struct job_kind *const job_kinds[] = {&background_athena_kind, &background_trino_kind,
                                            &follow_kind, &watch_kind, NULL};

struct jobs_options {
    const char *verb, *which;
    int64_t until;
    bool all;
};

static const char *const verbs[] = {"list", "show", "stop", "wait", NULL};

static const struct option options[] = {
    {.name = "VERB",
     .help = "list them (if nothing is given), show one here, stop it, wait for its end",
     OPT_TEXT(struct jobs_options, verb),
     .choices = verbs},
    {.name = "JOB", .help = "its number, or all", OPT_TEXT(struct jobs_options, which)},
    {.name = "--for",
     .value = "SECONDS",
     .help = "wait: at most so long",
     OPT_INT(struct jobs_options, until),
     .min = 1,
     .max = 86400},
};

static bool list(struct magic_call *call, struct error *err)
{
    static const struct column columns[] = {
        {.name = "job", .type = TYPE_INT64},  {.name = "what", .type = TYPE_TEXT},
        {.name = "state", .type = TYPE_TEXT}, {.name = "since", .type = TYPE_TIME},
        {.name = "cell", .type = TYPE_INT64}, {.name = "title", .type = TYPE_TEXT},
        {.name = "line", .type = TYPE_TEXT}};
    const struct job_view *views;
    size_t count = call->jobs ? call->jobs->list(call->jobs->state, &views) : 0;
    (void)err;
    if (!count) {
        outputs_printf(call->outputs, call->jobs ? "no jobs\n"
                                                 : "no jobs here: %%jobs in the main console "
                                                   "lists them\n");
        return true;
    }
    struct table *table = table_new(call->arena, columns, COUNT(columns));
    for (size_t i = 0; i < count; i++) {
        table_add_row(table);
        table_put_int(table, 0, views[i].number);
        table_put_string(table, 1, views[i].noun);
        table_put_string(table, 2, job_state_name(views[i].state));
        table_put_int(table, 3, views[i].begun);
        if (views[i].cell)
            table_put_int(table, 4, views[i].cell);
        table_put_string(table, 5, views[i].title);
        table_put_string(table, 6, views[i].line);
    }
    struct caption caption = {.title = "Jobs", .total_rows = table->rows};
    outputs_result(call->outputs, render_table(call->arena, table, &caption));
    return true;
}

/* 0: all. */
static bool number_of(const char *which, bool needed, int64_t *out, struct error *err)
{
    char *end = NULL;
    *out = 0;
    if ((!which && !needed) || (which && strcmp(which, "all") == 0))
        return true;
    *out = which ? strtoll(which, &end, 10) : 0;
    if (*out > 0 && !*end)
        return true;
    return error_set(err, ERROR_USAGE, "which job?") ||
           error_hint(err, "Its number as %%jobs lists it, or all.");
}

static bool stop(struct magic_call *call, int64_t number, struct error *err)
{
    const struct job_view *views;
    size_t count = call->jobs->list(call->jobs->state, &views);
    if (number)
        return call->jobs->stop(call->jobs->state, number, err);
    for (size_t i = 0; i < count; i++)
        if (views[i].state < JOB_STOPPING &&
            !call->jobs->stop(call->jobs->state, views[i].number, err))
            return false;
    return true;
}

static bool show(struct magic_call *call, int64_t number, struct error *err)
{
    return call->jobs->show(call->jobs->state, number, err);
}

/* Those under way, as they end: a notebook that is executed keeps what the job's own cell shows a
 * front end only. */
static bool wait_for_all(struct magic_call *call, int64_t until, struct error *err)
{
    const struct job_view *views;
    size_t count = call->jobs->list(call->jobs->state, &views), waited = 0;
    int64_t *numbers = arena_alloc(call->arena, (count + 1) * sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        if (views[i].state <= JOB_CAME)
            numbers[waited++] = views[i].number;
    bool ok = call->jobs->wait(call->jobs->state, 0, until, err);
    for (size_t i = 0; ok && i < waited; i++)
        ok = show(call, numbers[i], err);
    return ok;
}

static bool wait_for(struct magic_call *call, int64_t number, struct error *err)
{
    const struct jobs_options *given = call->options;
    int64_t until = given->until ? time_monotonic() + given->until * 1000000 : 0;
    if (!number)
        return wait_for_all(call, until, err);
    return call->jobs->wait(call->jobs->state, number, until, err) && show(call, number, err);
}

static bool run(struct magic_call *call, struct error *err)
{
    const struct jobs_options *given = call->options;
    const char *verb = given->verb ? given->verb : "list";
    int64_t number;
    if (strcmp(verb, "list") == 0)
        return given->which ? error_set(err, ERROR_USAGE, "list takes no number") ||
                                  error_hint(err, "%%jobs show N shows one job.")
                            : list(call, err);
    if (!call->jobs)
        return error_set(err, ERROR_UNAVAILABLE, "nothing outlives a cell here") ||
               error_hint(err, "A subshell has no jobs: run this in the main console.");
    if (!number_of(given->which, strcmp(verb, "wait") != 0, &number, err))
        return false;
    if (strcmp(verb, "stop") == 0)
        return stop(call, number, err);
    if (strcmp(verb, "wait") == 0)
        return wait_for(call, number, err);
    return number ? show(call, number, err)
                  : error_set(err, ERROR_USAGE, "one job is shown at a time");
}

static const struct magic_example examples[] = {
    {"%jobs", "what goes on after its cell, and what has ended"},
};

const struct magic magic_jobs = {
    .name = "jobs",
    .summary = "what goes on after its cell: list, show, stop, wait",
    .details =
        "A query with --background, a watch, snapshots that are followed: the cell ends at once, "
        "its output goes on being replaced, other cells run. What a query brings is kept as _N "
        "of its cell and under --into, and _ stays what it was. %jobs show N shows a job in this "
        "cell as well; %jobs wait N waits for it and shows it (all: those under way), which an "
        "executed notebook needs before it uses the result. At the end of the kernel an execution "
        "of Athena runs on, and the next kernel "
        "of the case takes it up; a query of Trino is stopped.",
    .effect = MAGIC_LOCAL,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct jobs_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
