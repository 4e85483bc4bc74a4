#include "magics/connect.h"

#include "case/session.h"

static bool ask(void *state, const char *text, struct arena *arena, const char **answer,
                struct error *err)
{
    const struct magic_call *call = state;
    struct magic_prompt prompt = {.text = text, .password = true};
    if (!call->ask)
        return error_set(err, ERROR_UNAVAILABLE, "nobody can be asked here");
    return call->ask(call->ask_state, &prompt, arena, answer, err);
}

struct aws *connect_aws(struct magic_call *call)
{
    struct aws *aws = session_aws(call->session);
    struct aws_asker asker = {ask, call};
    aws_set_asker(aws, &asker);
    return aws;
}

bool connect_ask(struct magic_call *call, const char *op, json_t *params, json_t **reply,
                 struct error *err)
{
    struct aws_asking asking = {.op = op, .params = params, .cancel = call->cancel};
    return aws_call(connect_aws(call), &asking, call->arena, reply, err);
}
