/* objects - many objects of one bucket, side by side: at most 16 under way, 16 MiB each.
 */
#ifndef COFFERDAM_FETCH_OBJECTS_H
#define COFFERDAM_FETCH_OBJECTS_H

#include "aws/aws.h"

struct object {
    const char *key;
    const char *failure; /* why it did not come, of the arena; NULL: it did */
};

/* What came; borrowed until `take` returns. */
struct object_body {
    const char *bytes;
    size_t size;
    const json_t *metadata; /* the object's own (x-amz-meta-NAME), may be NULL */
};

struct objects {
    struct aws *aws;
    struct cancel *cancel;
    const char *bucket;
    bool (*take)(void *state, size_t index, const struct object_body *body, struct error *err);
    void (*progress)(void *state, size_t done); /* or NULL */
    void *state;
};

/* False for a stop, or when `take` fails; an object that does not come says so itself. */
bool objects_fetch(const struct objects *objects, struct object *list, size_t count,
                   struct arena *arena, struct error *err) ATTR_USE_RESULT;

#endif
