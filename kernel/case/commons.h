/* commons - what the sessions of one kernel share: the embedded engine, parameters, opened lakes,
 * names, what is spent.
 *
 * A kernel with subshells has a session for each prompt (case/session.h), and these hold the
 * commons together; the last to leave frees them. Sessions are each of one thread, the commons are
 * thread-safe: nothing here is handed out by pointer but to who holds its lock. What a session
 * works with it has copied at the beginning of its cell; what it changes it writes here at once.
 */
#ifndef COFFERDAM_CASE_COMMONS_H
#define COFFERDAM_CASE_COMMONS_H

#include "case/session.h"

struct commons;

struct commons *commons_new(void); /* one reference */
struct commons *commons_hold(struct commons *commons);
void commons_release(struct commons *commons); /* NULL is allowed */

/* Waits until what was shown is written to the case's file, at most so many microseconds: then
   false. */
bool commons_settle(struct commons *commons, int64_t limit);

/* One more session. `subshell` is its id, NULL: the main prompt's. A subshell's begins with the
 * settings as the main one has them now. */
struct session *session_beside(struct commons *commons, const char *notebook_path,
                               const char *subshell);

/* For a session that comes to its first cell. *ours: it restores the case for all of them and calls
 * commons_restored (not `whole` when it was stopped: the next one does it again); the others wait
 * for that. False if that wait was stopped. */
bool commons_restore(struct commons *commons, struct cancel *cancel, bool *ours) ATTR_USE_RESULT;
void commons_restored(struct commons *commons, bool whole);

#endif
