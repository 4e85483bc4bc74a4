/* secret - heap memory that is wiped before it is given back, for what may hold a key, a token or a
 * password.
 *
 * The five have malloc's meaning, so that libraries can be told to use them (libcurl, jansson), but
 * never fail: a failed allocation ends the process, as in base.h. Any thread.
 */
#ifndef COFFERDAM_BASE_SECRET_H
#define COFFERDAM_BASE_SECRET_H

#include "base/base.h"

void *secret_malloc(size_t size);
void *secret_calloc(size_t count, size_t size);
void *secret_realloc(void *old, size_t size); /* always moves: the old place is wiped */
char *secret_strdup(const char *text);
void secret_free(void *memory); /* NULL is allowed */

#endif
