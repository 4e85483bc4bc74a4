#include "fetch/objects.h"

#include "base/time.h"

#define UNDER_WAY_MOST 16
#define TICK 200000

struct carrying {
    const struct objects *objects;
    struct object *list;
    size_t count, begun, done;
    struct arena *arena;
    struct aws_call *calls[UNDER_WAY_MOST];
    size_t indexes[UNDER_WAY_MOST]; /* of the object that a call is for */
};

static void start(struct carrying *carrying, size_t slot)
{
    const struct objects *objects = carrying->objects;
    struct object *object = &carrying->list[carrying->begun];
    struct error why = {0};
    json_t *params = json_pack("{s:s, s:s}", "Bucket", objects->bucket, "Key", object->key);
    struct aws_asking asking = {.op = "s3:GetObject", .params = params, .cancel = objects->cancel};
    carrying->indexes[slot] = carrying->begun++;
    carrying->calls[slot] = params ? aws_start(objects->aws, &asking, &why) : NULL;
    if (!carrying->calls[slot]) {
        object->failure = params ? arena_strdup(carrying->arena, why.message) : "no such key";
        carrying->done++;
    }
    json_decref(params);
}

static bool take(struct carrying *carrying, size_t slot, struct error *err)
{
    struct aws_call *call = carrying->calls[slot];
    size_t index = carrying->indexes[slot];
    struct error why = {0};
    json_t *reply = NULL;
    bool ok = true;
    if (aws_reply(call, &reply, &why)) {
        const struct aws_facts *facts = aws_call_facts(call);
        struct object_body body = {facts->body, facts->size, json_object_get(reply, "Metadata")};
        ok = carrying->objects->take(carrying->objects->state, index, &body, err);
    } else {
        carrying->list[index].failure = arena_strdup(carrying->arena, why.message);
    }
    aws_end(call);
    carrying->calls[slot] = NULL;
    carrying->done++;
    return ok;
}

static bool step(struct carrying *carrying, struct error *err)
{
    bool ok = true;
    for (size_t slot = 0; slot < UNDER_WAY_MOST && ok; slot++) {
        if (carrying->calls[slot] && aws_done(carrying->calls[slot]))
            ok = take(carrying, slot, err);
        if (ok && !carrying->calls[slot] && carrying->begun < carrying->count)
            start(carrying, slot);
    }
    return ok;
}

bool objects_fetch(const struct objects *objects, struct object *list, size_t count,
                   struct arena *arena, struct error *err)
{
    struct carrying carrying = {.objects = objects, .list = list, .count = count, .arena = arena};
    bool ok = true;
    while (ok && (ok = step(&carrying, err)) && carrying.done < count) {
        aws_wait(objects->aws, objects->cancel, time_monotonic() + TICK);
        if (objects->cancel && cancel_raised(objects->cancel))
            ok = error_set(err, ERROR_INTERRUPTED, "interrupted after %zu of %zu objects",
                           carrying.done, count);
        aws_step(objects->aws);
        if (objects->progress)
            objects->progress(objects->state, carrying.done);
    }
    for (size_t slot = 0; slot < UNDER_WAY_MOST; slot++)
        aws_end(carrying.calls[slot]);
    return ok;
}
