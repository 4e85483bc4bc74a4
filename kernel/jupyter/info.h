/* info - what the kernel tells about itself: the contents of kernel_info_reply and usage_reply.
 * Thread-safe. */
#ifndef COFFERDAM_JUPYTER_INFO_H
#define COFFERDAM_JUPYTER_INFO_H

#include "base/buf.h"

#define INFO_LIMIT 16384

void info_kernel(struct buf *out);
/* From /proc: this process' memory and time, the machine's memory and load. */
void info_usage(struct buf *out);

#endif
