/* One call to its end, and all its pages. */
#include "aws/client.h"

#include "base/time.h"

#include <poll.h>
#include <string.h>

void aws_alongside(struct aws *aws, void (*go_on)(void *state), void *state)
{
    aws->alongside = go_on;
    aws->alongside_state = state;
}

/* Not within itself: what it starts may have to wait for credentials. */
static void go_on_alongside(struct aws *aws)
{
    void (*go_on)(void *state) = aws->alongside;
    if (!go_on)
        return;
    aws->alongside = NULL;
    go_on(aws->alongside_state);
    aws->alongside = go_on;
}

void aws_wait(struct aws *aws, struct cancel *cancel, int64_t until)
{
    go_on_alongside(aws);
    int64_t deadline = aws_deadline(aws);
    deadline = !deadline || (until && until < deadline) ? until : deadline;
    if (aws->http) {
        http_wait(aws->http, cancel, deadline);
        return;
    }
    struct pollfd stop = {.fd = cancel ? cancel_fd(cancel) : -1, .events = POLLIN};
    (void)poll(&stop, 1, time_poll(deadline));
}

static bool run(struct aws *aws, struct aws_call *call, json_t **reply, struct error *err)
{
    struct cancel *cancel = call->asking.cancel;
    while (!aws_done(call)) {
        aws_wait(aws, cancel, 0);
        if (cancel && cancel_raised(cancel)) {
            bool change = !call->op->reads_only;
            return error_set(err, ERROR_INTERRUPTED, "interrupted%s",
                             change ? ": whether the change was made is unknown" : "");
        }
        aws_step(aws);
    }
    return aws_reply(call, reply, err);
}

static void end_call(void *call)
{
    aws_end(call);
}

bool aws_call(struct aws *aws, const struct aws_asking *asking, struct arena *arena, json_t **reply,
              struct error *err)
{
    struct aws_call *call = aws_start(aws, asking, err);
    if (!call)
        return false;
    json_t *found = NULL;
    bool ok = run(aws, call, &found, err);
    if (ok)
        *reply = json_own(arena, json_incref(found));
    end_call(call);
    return ok;
}

/* "NextToken=nextToken": the reply's value into the next request. */
bool aws_turn(const struct aws_op *op, const json_t *reply, json_t *params)
{
    const char *equals = op->next ? strchr(op->next, '=') : NULL;
    char member[64] = "";
    size_t size = equals ? (size_t)(equals - op->next) : 0;
    if (!size || size >= sizeof member)
        return false;
    memcpy(member, op->next, size);
    const char *token = reply_text(reply, equals + 1);
    if (!*token)
        return false;
    return json_object_set_new(params, member, json_string(token)) == 0;
}

bool aws_call_pages(struct aws *aws, const struct aws_asking *asking, struct aws_pages *pages,
                    struct error *err)
{
    const struct aws_op *op = aws_op(asking->op);
    struct aws_asking page = *asking;
    page.params = asking->params ? json_copy(asking->params) : json_object();
    bool ok = true, more = true;
    for (int i = 0; ok && more; i++) {
        struct arena *arena = arena_new_secret();
        json_t *reply = NULL;
        pages->more = i == pages->limit;
        ok = pages->more || aws_call(aws, &page, arena, &reply, err);
        ok = ok && (pages->more || pages->visit(pages->state, reply, err));
        more = ok && !pages->more && aws_turn(op, reply, page.params);
        arena_free(arena);
    }
    json_decref(page.params);
    return ok;
}
