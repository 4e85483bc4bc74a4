/* worker_cell - one cell while it runs: shared by the worker's files only. */
#ifndef COFFERDAM_WORKER_CELL_H
#define COFFERDAM_WORKER_CELL_H

#include "case/session.h"
#include "cell.h"
#include "magic.h"
#include "worker.h"

struct desk;

struct running {
    const struct worker *worker;
    struct session *session;
    struct desk *desk;
    struct request *request;
    struct outputs *outputs;
    const struct catalog *catalog; /* of the worker: the names as of the last cell */
    struct arena *arena;           /* of the cell */
    const char *code;
    size_t size;
    int64_t count; /* execution count */
    bool silent;
    json_t *payload;    /* pages and next cells, for the reply */
    const char *result; /* text/plain of the execute_result, for history; or NULL */
    size_t result_size;
};

/* worker_output.c: a packet on iopub with the cell as parent; takes the content (heap). */
void running_publish(struct running *running, const char *type, char *content);
void running_emit(
    void *state, const struct output *output); /* struct output_sink's; state is a struct running */
/* ename, evalue, traceback of an error, as members of `object`. */
void running_error(json_t *object, const struct error *err, const struct running *running);

/* worker_run.c: runs the statements; outputs are finished by the caller. */
bool running_run(struct running *running, struct error *err) ATTR_USE_RESULT;
/* One of user_expressions: a parameter, a setting, or a scalar of SQL. New reference. */
json_t *running_expression(struct running *running, const char *expression);

/* worker_ask.c: struct magic_call's ask. */
bool running_ask(void *state, const struct magic_prompt *prompt, struct arena *arena,
                 const char **answer, struct error *err);

#endif
