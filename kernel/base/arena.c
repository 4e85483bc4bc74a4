#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks are chained newest first; an allocation larger than BLOCK_SIZE / 4 gets a block of its
 * own. */
#define BLOCK_SIZE ((size_t)16 * 1024)
#define PRINTED_MOST 512 /* what is longer is formatted twice */
#define ALIGNMENT _Alignof(max_align_t)

struct block {
    struct block *next;
    size_t used, size;
    max_align_t memory[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *handle);
    void *handle;
};

struct arena {
    struct block *blocks;
    struct deferred *deferred;
    bool secret;
};

struct arena *arena_new(void)
{
    return xcalloc(1, sizeof(struct arena));
}

struct arena *arena_new_secret(void)
{
    struct arena *arena = arena_new();
    arena->secret = true;
    return arena;
}

bool arena_is_secret(const struct arena *arena)
{
    return arena->secret;
}

static struct block *block_add(struct arena *arena, size_t size)
{
    struct block *block = xmalloc(sizeof *block + size);
    block->used = 0;
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *block = arena->blocks;
    if (!block || block->size - block->used < rounded) {
        bool large = rounded > BLOCK_SIZE / 4;
        struct block *current = arena->blocks;
        block = block_add(arena, large ? rounded : BLOCK_SIZE);
        if (large && current) { /* keep filling the current block */
            arena->blocks = current;
            block->next = current->next;
            current->next = block;
        }
    }
    char *memory = (char *)block->memory + block->used;
    block->used += rounded;
    memset(memory, 0, rounded);
    return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);
    memcpy(copy, text, size);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    char first[PRINTED_MOST];
    va_list again;
    va_copy(again, args);
    int made = vsnprintf(first, sizeof first, format, again);
    va_end(again);
    size_t size = made < 0 ? 0 : (size_t)made;
    char *text = arena_alloc(arena, size + 1);
    if (size < sizeof first)
        memcpy(text, first, size);
    else
        (void)vsnprintf(text, size + 1, format, args);
    if (arena->secret)
        wipe(first, size < sizeof first ? size : sizeof first);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

void arena_defer(struct arena *arena, void (*release)(void *handle), void *handle)
{
    struct deferred *deferred = arena_alloc(arena, sizeof *deferred);
    *deferred = (struct deferred){.next = arena->deferred, .release = release, .handle = handle};
    arena->deferred = deferred;
}

void arena_reset(struct arena *arena)
{
    while (arena->deferred) {
        struct deferred *deferred = arena->deferred;
        arena->deferred = deferred->next;
        deferred->release(deferred->handle);
    }
    while (arena->blocks) {
        struct block *block = arena->blocks;
        arena->blocks = block->next;
        if (arena->secret)
            wipe(block->memory, block->used);
        free(block);
    }
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena);
}
