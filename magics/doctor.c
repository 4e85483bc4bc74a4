#include "magics/doctor.h"

#include "magics/connect.h"

#include "aws/reply.h"
#include "case/session.h"

#include <string.h>

static const char *const states[] = {[DOCTOR_OK] = "ok",
                                     [DOCTOR_WARNING] = "warning",
                                     [DOCTOR_FAILS] = "fails",
                                     [DOCTOR_HIDDEN] = "not visible"};

void doctor_say(struct doctor *doctor, enum doctor_state state, const char *next,
                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *found = arena_vprintf(doctor->arena, format, args);
    va_end(args);
    table_add_row(doctor->table);
    table_put_string(doctor->table, 0, doctor->check);
    table_put_string(doctor->table, 1, states[state]);
    table_put_string(doctor->table, 2, found);
    table_put_string(doctor->table, 3, next && *next ? next : NULL);
}

bool doctor_has(struct doctor *doctor, const struct aws_gathering *answer)
{
    if (answer->ok)
        return true;
    bool denied = answer->status == 403 || (answer->code && aws_is_denied(answer->code));
    if (answer->op)
        doctor_say(doctor, denied ? DOCTOR_HIDDEN : DOCTOR_FAILS, answer->error.hint, "%s",
                   answer->error.message);
    return false;
}

static void run_checks(struct doctor *doctor, const struct doctor_check *checks)
{
    for (; checks->name; checks++) {
        doctor->check = checks->name;
        checks->run(doctor);
    }
}

struct doctor_options {
    const char *what;
};

static const char *const parts[] = {"kernel", NULL};

static const struct option options[] = {
    {.name = "WHAT",
     .help = "kernel: only this kernel's own traffic",
     OPT_TEXT(struct doctor_options, what),
     .choices = parts},
};

static bool examine(struct doctor *doctor, struct error *err)
{
    const struct doctor_options *given = doctor->call->options;
    if (given->what) {
        if (!doctor->call->vitals)
            return error_set(err, ERROR_UNAVAILABLE, "no kernel runs here");
        run_checks(doctor, doctor_kernel);
        return true;
    }
    run_checks(doctor, doctor_local);
    if (!aws_region(doctor->aws, &doctor->region, &(struct error){0}))
        doctor->region = NULL;
    if (!doctor_ask_identity(doctor, err))
        return err->kind == ERROR_NONE;
    if (!doctor_ask(doctor, err))
        return false;
    run_checks(doctor, doctor_account);
    run_checks(doctor, doctor_athena);
    run_checks(doctor, doctor_lake);
    run_checks(doctor, doctor_permissions);
    return true;
}

/* "3 fail, 2 are warnings": what to look at first. */
static const char *count(const struct doctor *doctor)
{
    size_t counts[COUNT(states)] = {0};
    for (int64_t row = 0; row < doctor->table->rows; row++)
        for (size_t i = 0; i < COUNT(states); i++)
            counts[i] += strcmp(table_text(doctor->table, row, "state"), states[i]) == 0;
    return arena_printf(doctor->arena, "%zu ok, %zu warnings, %zu fail, %zu not visible",
                        counts[DOCTOR_OK], counts[DOCTOR_WARNING], counts[DOCTOR_FAILS],
                        counts[DOCTOR_HIDDEN]);
}

/* What fails, with its remedy, whole: the table in plain text cuts long values. */
static void say_failures(const struct doctor *doctor)
{
    struct prose *prose = prose_new(doctor->arena);
    size_t failures = 0;
    for (int64_t row = 0; row < doctor->table->rows; row++) {
        if (strcmp(table_text(doctor->table, row, "state"), states[DOCTOR_FAILS]) != 0)
            continue;
        if (!failures++)
            prose_paragraph(prose, "To be mended first:");
        prose_bullet(prose, 0, "%b: %s. %s", table_text(doctor->table, row, "check"),
                     table_text(doctor->table, row, "found"),
                     table_text(doctor->table, row, "what_to_do"));
    }
    if (failures)
        outputs_display(doctor->call->outputs, prose_bundle(prose));
}

static bool run(struct magic_call *call, struct error *err)
{
    static const struct column columns[] = {{.name = "check", .type = TYPE_TEXT},
                                            {.name = "state", .type = TYPE_TEXT},
                                            {.name = "found", .type = TYPE_TEXT},
                                            {.name = "what_to_do", .type = TYPE_TEXT}};
    struct doctor *doctor = arena_alloc(call->arena, sizeof *doctor);
    doctor->call = call;
    doctor->arena = call->arena;
    doctor->aws = connect_aws(call);
    doctor->table = table_new(call->arena, columns, COUNT(columns));
    if (!examine(doctor, err))
        return false;
    struct caption caption = {.title = "What works here, and what does not",
                              .source = count(doctor),
                              .total_rows = doctor->table->rows};
    say_failures(doctor);
    outputs_result(call->outputs, render_table(call->arena, doctor->table, &caption));
    return true;
}

static const struct magic_example examples[] = {
    {"%doctor kernel", "what waits, what was dropped, how long the last stop took, encryption"},
    {"%doctor", "what works, what does not, and what to do about it"},
};

const struct magic magic_doctor = {
    .name = "doctor",
    .summary = "what works here and what does not: this machine, the identity, Athena, Glue, Lake "
               "Formation, shares, permissions",
    .details = "One line a check: its state, what is there, what to do. Nothing is changed: only "
               "calls that read are made, and DryRun where a call knows it; permissions are also "
               "simulated by IAM where that is allowed. Without an account the lines about this "
               "machine are all there is. %doctor kernel looks at the messages between the kernel "
               "and its front ends.",
    .body = MAGIC_BODY_NONE,
    .effect = MAGIC_READS,
    .options = {.options = options, .count = COUNT(options), .size = sizeof(struct doctor_options)},
    .examples = examples,
    .example_count = COUNT(examples),
    .run = run,
};
