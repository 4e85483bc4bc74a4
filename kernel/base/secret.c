#include "base/secret.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void *secret_malloc(size_t size)
{
    return xmalloc(size ? size : 1);
}

void *secret_calloc(size_t count, size_t size)
{
    return count && size ? xcalloc(count, size) : xcalloc(1, 1);
}

void secret_free(void *memory)
{
    if (!memory)
        return;
    wipe(memory, malloc_usable_size(memory));
    free(memory);
}

void *secret_realloc(void *old, size_t size)
{
    size_t before = old ? malloc_usable_size(old) : 0;
    void *memory = secret_malloc(size);
    if (old)
        memcpy(memory, old, before < size ? before : size);
    secret_free(old);
    return memory;
}

char *secret_strdup(const char *text)
{
    return xstrdup(text);
}
