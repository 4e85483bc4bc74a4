/* seen - keys, users, addresses and operations that results showed: what completion offers as
 * values. */
#ifndef COFFERDAM_CASE_SEEN_H
#define COFFERDAM_CASE_SEEN_H

#include "case/session.h"

/* Looks through the rows shown (at most 10,000) and remembers what is new, at most 20,000 values.
 */
void seen_collect(struct session *session, const struct table *table);

#endif
