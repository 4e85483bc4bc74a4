/* The permissions that the kernel's calls need: tried by a call that reads or by DryRun, and
 * simulated where IAM lets us. */
#include "magics/doctor.h"

#include "aws/reply.h"
#include "base/buf.h"

#include <string.h>

#define TEXT_MOST 4096

/* The decision on an action; "" where it was not simulated. */
static const char *decision(const struct doctor *doctor, const char *action)
{
    const json_t *pages = doctor->answers[ANSWER_SIMULATION].replies;
    for (size_t i = 0; i < json_array_size(pages); i++) {
        const json_t *reply = json_array_get(pages, i);
        for (size_t j = 0; j < reply_count(reply, "EvaluationResults"); j++) {
            const json_t *result = reply_item(reply, "EvaluationResults", j);
            if (strcmp(reply_text(result, "EvalActionName"), action) == 0)
                return reply_text(result, "EvalDecision");
        }
    }
    return "";
}

static const char *denied_actions(struct doctor *doctor, const struct doctor_need *need,
                                  size_t *known)
{
    struct buf text;
    buf_init(&text, TEXT_MOST);
    *known = 0;
    for (size_t i = 0; need->actions[i]; i++) {
        const char *said = decision(doctor, need->actions[i]);
        *known += *said != '\0';
        if (*said && strcmp(said, "allowed") != 0)
            buf_addf(&text, "%s%s", text.size ? ", " : "", need->actions[i]);
    }
    const char *made = text.size ? buf_to_arena(&text, doctor->arena) : NULL;
    buf_release(&text);
    return made;
}

/* An answer that is no refusal proves the permission: what was asked for need not be there. */
static bool is_refused(const struct aws_gathering *tried)
{
    return tried->code && aws_is_denied(tried->code);
}

static void check_need(struct doctor *doctor, const struct doctor_need *need)
{
    const struct aws_gathering *tried = &doctor->answers[need->tried];
    size_t known;
    const char *denied = denied_actions(doctor, need, &known);
    doctor->check = arena_printf(doctor->arena, "may ask %s", need->what);
    if (is_refused(tried))
        doctor_say(doctor, DOCTOR_FAILS, tried->error.hint, "%s", tried->error.message);
    else if (!tried->status)
        doctor_say(doctor, DOCTOR_FAILS, tried->error.hint, "%s", tried->error.message);
    else if (denied)
        doctor_say(doctor, DOCTOR_WARNING,
                   "By the policies alone, on all resources: a policy for named resources may "
                   "allow it.",
                   "%s answered; not allowed: %s", tried->op, denied);
    else
        doctor_say(doctor, DOCTOR_OK, NULL, "%s answered; %s", tried->op,
                   known ? "the policies allow all that is needed" : "no more was tried");
}

static void check_needs(struct doctor *doctor)
{
    for (size_t i = 0; i < doctor_need_count; i++)
        check_need(doctor, &doctor_needs[i]);
}

static void check_simulation(struct doctor *doctor)
{
    const struct aws_gathering *answer = &doctor->answers[ANSWER_SIMULATION];
    if (!answer->op)
        doctor_say(doctor, DOCTOR_HIDDEN, NULL,
                   "the policies of %s cannot be simulated: only calls were tried", doctor->arn);
    else
        (void)doctor_has(doctor, answer);
}

const struct doctor_check doctor_permissions[] = {
    {"permissions", check_needs},
    {"simulation", check_simulation},
    {NULL, NULL},
};
