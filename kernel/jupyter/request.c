#include "jupyter/request.h"

struct request *request_new(void)
{
    struct arena *arena = arena_new();
    struct request *request = arena_alloc(arena, sizeof *request);
    request->arena = arena;
    request->references = 1;
    return request;
}

struct request *request_hold(struct request *request)
{
    (void)__atomic_add_fetch(&request->references, 1, __ATOMIC_RELAXED);
    return request;
}

void request_release(struct request *request)
{
    if (request && __atomic_sub_fetch(&request->references, 1, __ATOMIC_ACQ_REL) == 0)
        arena_free(request->arena); /* the request itself lives in it */
}
