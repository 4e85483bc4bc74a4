/* base - the compiler's attributes and the three macros everything else may use. */
#ifndef COFFERDAM_BASE_BASE_H
#define COFFERDAM_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COFFERDAM_VERSION "0.1.0"

/* Number of elements of a true array. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ATTR_PRINTF(format_index, first_arg)                                                       \
    __attribute__((format(printf, format_index, first_arg)))
#define ATTR_NORETURN __attribute__((noreturn))
#define ATTR_USE_RESULT __attribute__((warn_unused_result))
#define ATTR_UNUSED __attribute__((unused))
#define ATTR_MALLOC __attribute__((malloc, returns_nonnull))
#define ATTR_FALLTHROUGH __attribute__((fallthrough))

/* Heap memory that is never NULL: a failed allocation ends the process with one line on stderr
   (inputs carry limits, so it means that the machine is out of memory). Release with free(). Any
   thread. */
void *xmalloc(size_t size) ATTR_MALLOC;
void *xcalloc(size_t count, size_t size) ATTR_MALLOC;
void *xrealloc(void *old, size_t size) ATTR_USE_RESULT;
char *xstrdup(const char *text) ATTR_MALLOC;
char *xstrndup(const char *text, size_t size) ATTR_MALLOC;

/* Overwrites memory so that the compiler cannot leave it out. */
void wipe(void *memory, size_t size);

#endif
