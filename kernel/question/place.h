/* place - where a question is asked: the open lakes, a lake beside them, another engine.
 */
#ifndef COFFERDAM_QUESTION_PLACE_H
#define COFFERDAM_QUESTION_PLACE_H

#include "lake/remote.h"

/* Where a question is asked. Zero: the embedded engine over the open lakes. */
struct question_place {
    const char *name;            /* for the record: "api"; NULL: the engine's */
    struct engine *engine;       /* NULL: the embedded one */
    const struct remote *remote; /* the tables of `engine` */
    const char *schema;          /* of the embedded one: a lake beside; NULL: the open lakes. With
                                    an engine: events that it may not have yet */
    const char *caller;          /* our own access key, as `engine` sees it; NULL: not known */
    int64_t first, last;         /* what was looked through; 0: as far as the rows go */
    const char *note;            /* a sentence for the answer: up to when it can be trusted */
};

static inline const char *place_name(const struct question_place *place)
{
    return place->name ? place->name : place->engine ? place->engine->ops->name : "local";
}

/* The same for a sentence: "the open lake". */
static inline const char *place_title(const struct question_place *place)
{
    return place->schema || place->engine ? place_name(place) : "the open lake";
}

#endif
