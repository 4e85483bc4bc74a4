/* values - {name} in text that %echo and %note show: parameters, settings, and values of kept
 * results ({_12.3.who}). */
#ifndef COFFERDAM_MAGICS_VALUES_H
#define COFFERDAM_MAGICS_VALUES_H

#include "magic.h"

/* Appends `text` with each {name} (letters, digits, _ and dots; other braces stay) replaced by its
   value, escaped by `escape`; {{ and }} are braces. An unknown name is ERROR_NOT_FOUND.
   {_12.ROW.COLUMN} is one value of a kept result, ROW from 1.
 */
bool values_fill(struct magic_call *call, const char *text, size_t size,
                 void (*escape)(struct buf *, const char *, size_t), struct buf *out,
                 struct error *err);

#endif
