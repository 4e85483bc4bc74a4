/* aim - what a text is that no action contains: an address, an id, somebody else's. */
#ifndef COFFERDAM_RESPONSE_AIM_H
#define COFFERDAM_RESPONSE_AIM_H

#include "base/error.h"

/* ERROR_USAGE with what was meant, for texts that are certainly no target. */
bool aim_check(const char *text, struct error *err);
/* For a text that no action claims. Returns false. */
bool aim_unknown(const char *text, struct error *err);

#endif
