/* race - what came new into the accounts while they were being contained. */
#ifndef COFFERDAM_RESPONSE_RACE_H
#define COFFERDAM_RESPONSE_RACE_H

#include "response/run.h"

/* Compares the accounts as they are with the plan's pictures. What the family made becomes a
 * suspect of the plan (*more), everything else new a proposal. Family's is
 *   - what CloudTrail already says that it made,
 *   - what was made in the window: since the run's first change, when no deny had taken effect yet,
 *     unless CloudTrail names somebody else.
 * `whole`: the keys of all users are looked at, however many; else only of few users. */
bool race_look(struct run *run, bool whole, bool *more, struct error *err) ATTR_USE_RESULT;

#endif
