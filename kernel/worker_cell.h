/* worker_cell - one cell while it runs: shared by the worker's files only. */
#ifndef COFFERDAM_WORKER_CELL_H
#define COFFERDAM_WORKER_CELL_H

#include "base/buf.h"
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
    size_t shown;            /* bytes of its outputs so far */
    struct buf head;         /* their text, until there is a surplus */
    struct surplus *surplus; /* NULL: everything is shown */
    size_t surplus_from;     /* bytes of its file that are shown as well */
    json_t *payload;         /* pages and next cells, for the reply */
    const char *result;      /* text/plain of the execute_result, for history; or NULL */
    size_t result_size;
};

/* worker_shown.c: on iopub with the cell as parent, and into the journal. running_publish takes the
 * content (heap). */
void running_publish(struct running *running, const char *type, char *content);
void running_print(struct running *running, bool to_stderr, const char *text, size_t size);
/* False if a display went to the surplus' file instead. */
bool running_has_room(struct running *running, const json_t *data, const char *content);
/* Says where the surplus is, and its end; before the cell's value, its error, its reply. */
void running_end_surplus(struct running *running);
void running_keep_shown(struct running *running); /* writes the journal */
/* worker_output.c */
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
