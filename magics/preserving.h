/* preserving - what comes after snapshots were accepted: a job that follows them to their end. */
#ifndef COFFERDAM_MAGICS_PRESERVING_H
#define COFFERDAM_MAGICS_PRESERVING_H

#include "magic.h"
#include "response/response.h"

/* For each instance of the plan whose snapshots are taken; hashes their blocks where its wishes say
 * so. Nothing where nothing outlives a cell: then it is said. */
bool preserving_follow(struct magic_call *call, const struct response *response,
                       const struct plan *plan, struct error *err) ATTR_USE_RESULT;

#endif
