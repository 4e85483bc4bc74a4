/* follow - snapshots of an instance followed until they are complete, and hashed if that was asked
 * for: a job, so that nobody waits for it. It reads only, and goes on in a later kernel.
 *
 * Its states are said as they are: accepted (EC2 has taken the order; what it holds is fixed),
 * complete, failed; locked, shared.
 */
#ifndef COFFERDAM_RESPONSE_FOLLOW_H
#define COFFERDAM_RESPONSE_FOLLOW_H

#include "job/job.h"

/* Order: {"instance", "account", "set": value of their tag ir:set, "hash": true or absent}. */
extern const struct job_kind follow_kind;

#endif
