/* targets - what a list of targets names: words as they are, @RESULT for a column of a kept result.
 */
#ifndef COFFERDAM_MAGICS_TARGETS_H
#define COFFERDAM_MAGICS_TARGETS_H

#include "magic.h"

/* "@keys" is the result's only column, or the one called target, key, access_key, id, subject or
 * name; "@keys.column" says which. Each target once, at most 200. Belongs to the arena. */
bool targets_expand(struct magic_call *call, const struct option_list *given,
                    struct option_list *out, struct error *err) ATTR_USE_RESULT;

#endif
