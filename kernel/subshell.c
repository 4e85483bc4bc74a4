#include "subshell.h"

#include <pthread.h>
#include <stdlib.h>

struct subshell {
    struct worker worker;
    char *id;
    pthread_t thread;
};

static void subshell_free(struct subshell *subshell)
{
    cancel_free(subshell->worker.cancel);
    pipe_free(subshell->worker.pipe);
    pipe_free(subshell->worker.answers);
    free(subshell->id);
    free(subshell);
}

bool subshell_open(void *state, const char *id, struct executor *out, struct error *err)
{
    const struct worker *main_worker = state;
    struct subshell *subshell = xcalloc(1, sizeof *subshell);
    subshell->id = xstrdup(id);
    subshell->worker = (struct worker){.pipe = pipe_new(),
                                       .answers = pipe_new(),
                                       .front = main_worker->front,
                                       .ready = main_worker->ready,
                                       .aide = main_worker->aide,
                                       .cancel = cancel_new(),
                                       .vitals = main_worker->vitals,
                                       .notebook = main_worker->notebook,
                                       .commons = main_worker->commons,
                                       .subshell = subshell->id};
    *out = (struct executor){.worker = subshell->worker.pipe,
                             .answers = subshell->worker.answers,
                             .cancel = subshell->worker.cancel,
                             .self = subshell};
    int failed = pthread_create(&subshell->thread, NULL, worker_run, &subshell->worker);
    if (!failed)
        return true;
    subshell_free(subshell);
    return error_errno(err, failed, "cannot start a thread");
}

void subshell_close(void *state, const struct executor *executor)
{
    struct subshell *subshell = executor->self;
    (void)state;
    (void)pthread_join(subshell->thread, NULL);
    subshell_free(subshell);
}
