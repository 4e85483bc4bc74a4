/* room - a session in a folder of its own, in which cells are run as the worker runs them and what
 * they show is remembered. */
#ifndef COFFERDAM_TESTS_MAGICS_ROOM_H
#define COFFERDAM_TESTS_MAGICS_ROOM_H

#include "base/buf.h"
#include "case/session.h"
#include "data/outputs.h"

struct room {
    struct arena *arena;
    char folder[64],
        before[4096]; /* the working folder meanwhile, gone afterwards; the one before */
    struct session *session;
    struct cancel *cancel;
    int64_t cell;
    struct buf text;     /* stdout */
    struct buf warnings; /* stderr */
    struct buf shown;    /* text/plain of all displays and results, one behind the other */
    json_t *last;        /* the last bundle's data */
    int displays, results, clears;
    const char *answer; /* to the next question; NULL: nobody can be asked */
    struct magic_prompt_seen {
        char text[256];
        bool password;
    } asked;
};

/* Fixtures of cmocka: *state is the room. */
int room_set_up(void **state);
int room_tear_down(void **state);

/* Runs one cell; what it shows replaces what was shown before. */
bool room_try(struct room *room, const char *code, struct error *err);
/* A cell that must work. */
void room_run(struct room *room, const char *code);
/* A cell that must fail so. */
void room_refuse(struct room *room, const char *code, enum error_kind kind, const char *message,
                 const char *hint);
/* What the cell showed must say, or must not. */
void room_shows(struct room *room, const char *text);
void room_hides(struct room *room, const char *text);
/* A format of the last bundle, "" if it has none. */
const char *room_mime(const struct room *room, const char *mime);

#endif
