/* utf8 - one code point at a time; what the text_* files share and nobody else includes.
 *
 * Broken sequences are cut into maximal subparts as the Unicode Standard (3.9, "U+FFFD Substitution
 * of Maximal Subparts") and the WHATWG Encoding Standard do, so that every tool sees the same
 * replaced text. Pure functions.
 */
#ifndef COFFERDAM_BASE_UTF8_H
#define COFFERDAM_BASE_UTF8_H

#include "base/base.h"

#define UTF8_REPLACEMENT "\xef\xbf\xbd"
#define UTF8_REPLACEMENT_SIZE 3

/* Reads the code point at `bytes` (size at least 1). Returns the bytes it takes; for a broken
   sequence the bytes to be replaced by one U+FFFD, and *point is UTF8_BROKEN. */
#define UTF8_BROKEN UINT32_MAX
size_t utf8_read(const char *bytes, size_t size, uint32_t *point);

/* Length of the longest prefix of plain ASCII. */
size_t utf8_ascii(const char *bytes, size_t size);

/* Must be shown as an escape, as it would be invisible, would reorder text or is no character
 * (above ASCII only). */
bool utf8_is_unseen(uint32_t point);

#endif
