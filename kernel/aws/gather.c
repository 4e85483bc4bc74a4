#include "aws/gather.h"

#include "aws/client.h"
#include "base/time.h"

#define WINDOW 16 /* calls under way: AWS's throttles are per account and second */

struct work {
    struct aws_call *call; /* NULL: not begun, or over */
    json_t *params;        /* of the next page */
    bool over;
};

static void begin(struct aws *aws, struct aws_gathering *gathering, struct work *work,
                  struct cancel *cancel)
{
    struct aws_asking asking = {.op = gathering->op,
                                .params = work->params,
                                .region = gathering->region,
                                .credentials = gathering->credentials,
                                .cancel = cancel};
    work->call = aws_start(aws, &asking, &gathering->error);
    work->over = !work->call;
}

static void keep_facts(struct aws_gathering *gathering, const struct aws_call *call,
                       struct arena *arena)
{
    const struct aws_facts *facts = aws_call_facts(call);
    gathering->code = facts->code ? arena_strdup(arena, facts->code) : NULL;
    gathering->status = facts->status;
    gathering->server_time = facts->server_time;
    gathering->answered = time_now();
}

static void keep_body(struct aws_gathering *gathering, const struct aws_call *call,
                      struct arena *arena)
{
    const struct aws_facts *facts = aws_call_facts(call);
    gathering->body = facts->body ? arena_strndup(arena, facts->body, facts->size) : NULL;
    gathering->size = facts->size;
}

/* An answer is there: the next page, or the end. */
static void take(struct aws *aws, struct aws_gathering *gathering, struct work *work,
                 struct cancel *cancel, struct arena *arena)
{
    json_t *reply = NULL;
    bool ok = aws_reply(work->call, &reply, &gathering->error);
    keep_facts(gathering, work->call, arena);
    if (ok)
        (void)json_array_append(gathering->replies, reply);
    if (ok && !json_object_size(reply))
        keep_body(gathering, work->call, arena);
    aws_end(work->call);
    work->call = NULL;
    bool turned = ok && aws_turn(aws_op(gathering->op), reply, work->params);
    int pages = gathering->pages ? gathering->pages : 1;
    gathering->more = turned && json_array_size(gathering->replies) >= (size_t)pages;
    gathering->ok = ok && (!turned || gathering->more);
    work->over = !turned || gathering->more;
    if (!work->over)
        begin(aws, gathering, work, cancel);
}

static struct work *prepare(struct aws_gathering *list, size_t count, struct arena *arena)
{
    struct work *works = arena_alloc(arena, (count + 1) * sizeof *works);
    for (size_t i = 0; i < count; i++) {
        error_clear(&list[i].error);
        list[i].replies = json_own(arena, json_array());
        works[i].params =
            json_own(arena, list[i].params ? json_copy(list[i].params) : json_object());
        works[i].over = !list[i].op;
    }
    return works;
}

bool aws_gather(struct aws *aws, struct aws_gathering *list, size_t count, struct cancel *cancel,
                struct arena *arena, struct error *err)
{
    struct work *works = prepare(list, count, arena);
    bool stopped = false;
    for (size_t left = count; left && !stopped;) {
        size_t under_way = 0;
        left = 0;
        for (size_t i = 0; i < count; i++) {
            if (works[i].call && aws_done(works[i].call))
                take(aws, &list[i], &works[i], cancel, arena);
            else if (!works[i].call && !works[i].over && under_way < WINDOW)
                begin(aws, &list[i], &works[i], cancel);
            under_way += works[i].call != NULL;
            left += !works[i].over;
        }
        if (under_way)
            aws_wait(aws, cancel, 0);
        stopped = cancel && cancel_raised(cancel);
        aws_step(aws);
    }
    for (size_t i = 0; i < count; i++)
        aws_end(works[i].call);
    return !stopped || error_set(err, ERROR_INTERRUPTED, "interrupted");
}

const json_t *aws_gathered(const struct aws_gathering *gathering, const char *path)
{
    return reply_at(json_array_get(gathering->replies, 0), path);
}
