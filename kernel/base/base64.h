/* base64 - bytes as text and back (RFC 4648 section 4). Any thread. */
#ifndef COFFERDAM_BASE_BASE64_H
#define COFFERDAM_BASE_BASE64_H

#include "base/buf.h"

void base64_add(struct buf *out, const void *bytes, size_t size);

/* Appends what the text means; blanks and line ends are passed over, the padding may be missing.
   False, with nothing added, for any other character or a lone one at the end. */
bool base64_read(struct buf *out, const char *text, size_t size) ATTR_USE_RESULT;

#endif
