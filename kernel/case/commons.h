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

/* True for the first session that comes to its first cell: it restores the case for all of them and
 * calls commons_restored; the others wait for that, then it is false. */
bool commons_restore(struct commons *commons);
void commons_restored(struct commons *commons);

#endif
