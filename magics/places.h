/* places - what --source names: where a question is asked, fetched from there first if need be.
 */
#ifndef COFFERDAM_MAGICS_PLACES_H
#define COFFERDAM_MAGICS_PLACES_H

#include "magic.h"
#include "question/question.h"

extern const char *const place_sources[]; /* values of --source, NULL at the end */
#define PLACE_SOURCES "lake|athena|trino|api|trail|auto"

/* Fills request->place from `source` (NULL: the engine of the settings). For the API and the trail
 * the request's question, target, window and region say what is fetched; what came and what could
 * not be seen is said in the cell. `auto` takes what is there. */
bool place_find(struct magic_call *call, const char *source, struct question_request *request,
                struct error *err) ATTR_USE_RESULT;

#endif
