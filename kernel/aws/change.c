/* Changes: permitted by the guard before they are sent, told to it when their end is known. */
#include "aws/client.h"

static struct aws_change change_of(const struct aws_call *call)
{
    return (struct aws_change){.op = call->op,
                               .params = call->asking.params,
                               .region = call->region,
                               .access_key_id = call->credentials.access_key_id,
                               .permission = call->permission};
}

bool change_refuse(const struct aws_op *op, struct error *err)
{
    return error_set(err, ERROR_REFUSED, "%s:%s would change something", aws_service_of(op)->name,
                     op->name) ||
           error_hint(err, "Only what was planned, approved and saved is changed.");
}

bool change_permit(struct aws_call *call, struct error *err)
{
    const struct aws_guard *guard = &call->aws->guard;
    if (call->op->reads_only)
        return true;
    struct aws_change change = change_of(call);
    if (!guard->permit || !guard->permit(guard->state, &change, err))
        return change_refuse(call->op, err);
    call->permission = change.permission;
    call->permitted = true;
    return true;
}

void change_report(struct aws_call *call)
{
    const struct aws_guard *guard = &call->aws->guard;
    struct aws_change change = change_of(call);
    if (call->permitted && guard->report)
        guard->report(guard->state, &change, &call->facts, call->reply,
                      call->ok ? NULL : &call->error);
    call->permitted = false;
}

void change_given_up(struct aws_call *call)
{
    if (!call->permitted)
        return;
    bool under_way = call->transfer && http_sent(call->transfer);
    bool tried = call->facts.attempts > (call->transfer ? 1 : 0);
    call->facts.unknown = under_way || tried;
    (void)error_set(&call->error, ERROR_INTERRUPTED, "the call was given up on its way");
    change_report(call);
}
