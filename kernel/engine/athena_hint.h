/* athena_hint - what to do about the words with which Athena refuses or fails a query.
 *
 * Source: the access traps of Security Lake (subscribers, resource links, Lake Formation, KMS), its
 * retention, Athena's user guide on quotas and errors. Pure; any thread.
 */
#ifndef COFFERDAM_ENGINE_ATHENA_HINT_H
#define COFFERDAM_ENGINE_ATHENA_HINT_H

#include "base/error.h"

/* Sets the error's hint, and its kind where Athena's words tell a better one than its state; leaves
 * the error as it is where the words are not known. Returns false. */
bool athena_hint(struct error *err, const char *words);

#endif
