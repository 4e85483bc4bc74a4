#include "case/shown_state.h"

#include "base/file.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAITING_LIMIT ((size_t)256 * 1024)
#define MEMORY_LIMIT ((size_t)64 * 1024 * 1024)

struct surplus {
    struct arena *arena;
    const char *path; /* NULL: there is no folder for it */
    struct hash *hash;
    struct buf waiting, tail; /* not written yet; the last SHOWN_TAIL bytes and more */
    int64_t bytes, lines;
    struct error trouble;
};

struct surplus *surplus_new(struct shown *shown, int64_t cell, const char *head, size_t size)
{
    struct arena *arena = arena_new();
    struct surplus *surplus = arena_alloc(arena, sizeof *surplus);
    *surplus = (struct surplus){.arena = arena, .hash = hash_new()};
    const char *folder = shown_folder(shown, arena, &surplus->trouble);
    if (folder)
        surplus->path = arena_printf(arena, "%s/%lld.txt", folder, (long long)cell);
    for (int again = 2; surplus->path && file_exists(surplus->path); again++)
        surplus->path = arena_printf(arena, "%s/%lld-%d.txt", folder, (long long)cell, again);
    buf_init(&surplus->waiting, MEMORY_LIMIT);
    buf_init(&surplus->tail, MEMORY_LIMIT);
    surplus_add(surplus, head, size);
    buf_clear(&surplus->tail); /* it is on the screen */
    return surplus;
}

/* Text that cannot be written is counted all the same. */
static void write_waiting(struct surplus *surplus)
{
    struct buf *waiting = &surplus->waiting;
    if (waiting->size && surplus->path && !surplus->trouble.kind &&
        file_append(surplus->path, waiting->data, waiting->size, 0600, false, &surplus->trouble))
        hash_add(surplus->hash, waiting->data, waiting->size);
    buf_clear(waiting);
}

void surplus_add(struct surplus *surplus, const char *text, size_t size)
{
    surplus->bytes += (int64_t)size;
    for (const char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text))); at++)
        surplus->lines++;
    buf_add(&surplus->waiting, text, size);
    if (surplus->waiting.size > WAITING_LIMIT)
        write_waiting(surplus);
    buf_add(&surplus->tail, text, size);
    if (surplus->tail.size > 4 * SHOWN_TAIL) {
        size_t gone = surplus->tail.size - SHOWN_TAIL;
        memmove(surplus->tail.data, surplus->tail.data + gone, SHOWN_TAIL);
        surplus->tail.size = SHOWN_TAIL;
    }
}

/* At most SHOWN_TAIL bytes, from the beginning of a line or at least of a character. */
static void cut_tail(struct surplus *surplus, struct arena *arena, struct surplus_report *out)
{
    const char *from = surplus->tail.data, *end = from + surplus->tail.size;
    if (surplus->tail.size > SHOWN_TAIL)
        from = end - SHOWN_TAIL;
    const char *newline = memchr(from, '\n', (size_t)(end - from));
    if (newline && newline + 1 < end)
        from = newline + 1;
    while (from < end && ((unsigned char)*from & 0xC0) == 0x80)
        from++;
    out->tail = arena_strndup(arena, from, (size_t)(end - from));
    out->tail_size = (size_t)(end - from);
}

void surplus_end(struct surplus *surplus, struct arena *arena, struct surplus_report *out)
{
    unsigned char hash[HASH_SIZE];
    write_waiting(surplus);
    *out = (struct surplus_report){.path = surplus->path ? file_typed(arena, surplus->path) : "",
                                   .bytes = surplus->bytes,
                                   .lines = surplus->lines,
                                   .trouble = surplus->trouble};
    hash_end(surplus->hash, hash);
    hash_hex(hash, sizeof hash, out->hash);
    cut_tail(surplus, arena, out);
    buf_release(&surplus->waiting);
    buf_release(&surplus->tail);
    arena_free(surplus->arena);
}
