/* history - what the ledger knows of plans that were carried out: whole ones, and those that a
 * crash cut off. */
#ifndef COFFERDAM_RESPONSE_HISTORY_H
#define COFFERDAM_RESPONSE_HISTORY_H

#include "response/response_state.h"

/* A plan that was begun. Belongs to the arena. */
struct begun {
    struct plan *plan; /* with what became of each step, as far as the ledger knows */
    json_t *state;     /* what was read before the first change */
    bool ended;        /* false: its kernel ended in the middle */
};

/* `id`: a plan's id or its number; NULL: the last one that is no undo and not taken back as a whole
 * (what was left contained for --restore-access can be taken back yet). */
bool history_find(struct response *response, const char *id, struct begun *out,
                  struct error *err) ATTR_USE_RESULT;
/* Ids of plans that were begun and have no end; at most `most`, the oldest first. */
bool history_interrupted(struct response *response, const char **ids, size_t most, size_t *count,
                         struct error *err) ATTR_USE_RESULT;
/* Plans to contain that were carried out, also those that were cut off: the newest first. What was
 * taken back of them is as if it had not been done. Belongs to the arena. */
bool history_contained(struct response *response, struct plan ***plans, size_t *count,
                       struct error *err) ATTR_USE_RESULT;

#endif
