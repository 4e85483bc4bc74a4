/* family - what the lake knows of a target before it is contained: its family, to be contained with
 * it, and who uses it lawfully. */
#ifndef COFFERDAM_MAGICS_FAMILY_H
#define COFFERDAM_MAGICS_FAMILY_H

#include "magics/responding.h"

struct family {
    const char *source; /* of --source, or NULL */
    struct response_found *found;
    size_t count, room;
    json_t *lawful;      /* [{"who", "words"}]; NULL: not known */
    const char *unknown; /* why not */
    json_t *traced;      /* keys whose family is found already */
    size_t over;         /* sessions that have ended by themselves */
    const char *rest; /* machines and stores of the family, for a plan of their own; NULL: none */
};

/* Whether there is a lake to ask; *out is empty then and says why. */
bool family_begin(struct magic_call *call, const char *source, struct family *out,
                  struct error *err) ATTR_USE_RESULT;
/* Adds the family of a key; what is not a key is passed over. */
bool family_trace(struct magic_call *call, struct family *family, const char *key,
                  struct error *err) ATTR_USE_RESULT;
/* Adds who used the target in the last 90 days, before it first made something. */
bool family_lawful(struct magic_call *call, struct family *family, const char *target,
                   struct error *err) ATTR_USE_RESULT;

#endif
