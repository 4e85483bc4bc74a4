/* desk_state - the inside of the desk; for desk*.c only. */
#ifndef COFFERDAM_DESK_STATE_H
#define COFFERDAM_DESK_STATE_H

#include "desk.h"

/* A job as the worker knows it. */
struct known {
    struct known *next;
    struct job_view view; /* texts: below */
    char *title, *line;
    char *shown;             /* its display as JSON text; NULL: nothing yet */
    char *display;           /* id */
    struct request *request; /* parent of its display; NULL: not shown */
    struct job *job; /* it is over, and what it brought is not committed; NULL: it is not here */
};

struct desk {
    const struct worker *worker;
    struct known *first; /* in the order of their beginning */
    size_t count;
    struct job_view *views;
    struct aws_keyring *keyring; /* the session's, as the jobs know it; a reference; NULL: none */
    int64_t due;                 /* ... and when it is to be renewed */
};

bool desk_is_over(const struct known *known);
struct known *desk_find(const struct desk *desk, int64_t number); /* NULL: none */
bool desk_all_over(const struct desk *desk, int64_t number);      /* 0: all of them */
/* What came while the cell runs, is kept by it. */
void desk_catch_up(struct running *running);
void desk_show_in(struct running *running, const struct known *known, struct bundle bundle);
bool desk_begin(void *state, const struct job_order *order, int64_t *number, struct error *err);

#endif
