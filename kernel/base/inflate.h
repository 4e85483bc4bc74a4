/* inflate - gzip files of any size in bounded memory, and what is left of cut ones, through zlib;
 * the only home of zlib, which is loaded at first use. One thread per object.
 */
#ifndef COFFERDAM_BASE_INFLATE_H
#define COFFERDAM_BASE_INFLATE_H

#include "base/base.h"
#include "base/error.h"

struct inflate;

/* All members of the gzip file, from its first byte on. ERROR_UNAVAILABLE without zlib. */
struct inflate *inflate_file(const char *path, struct error *err);
/* The same of `size` bytes in memory, which are copied. */
struct inflate *inflate_bytes(const void *data, size_t size, struct error *err);
void inflate_free(struct inflate *inflate); /* NULL is allowed */

/* Fills `into` as far as the data goes. Fewer bytes than wanted: the end; if the data is cut or
   damaged there, `err` says so. What was read before the damage is as it was packed. */
size_t inflate_read(struct inflate *inflate, void *into, size_t want, struct error *err);

#endif
