/* formats - patterns for dates as Trino knows them (MySQL's and Joda's), in the letters of
 * strftime. */
#ifndef COFFERDAM_ENGINE_FORMATS_H
#define COFFERDAM_ENGINE_FORMATS_H

#include "base/buf.h"

/* Append the pattern to `out`; false if it holds a letter that has no counterpart: *letter names
 * it. Pure functions. */
bool formats_mysql(const char *pattern, size_t size, struct buf *out,
                   char *letter); /* %Y-%m-%d %H:%i:%s */
bool formats_joda(const char *pattern, size_t size, struct buf *out,
                  char *letter); /* yyyy-MM-dd'T'HH:mm:ss */

#endif
