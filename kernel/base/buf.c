#include "base/buf.h"

#include "base/arena.h"
#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t limit)
{
    *buf = (struct buf){.limit = limit};
    buf->capacity = 64;
    buf->data = xmalloc(buf->capacity);
    buf->data[0] = '\0';
}

void buf_init_secret(struct buf *buf, size_t limit)
{
    buf_init(buf, limit);
    buf->secret = true;
}

void buf_release(struct buf *buf)
{
    if (buf->secret)
        secret_free(buf->data);
    else
        free(buf->data);
    *buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->full = false;
    if (buf->data)
        buf->data[0] = '\0';
}

char *buf_room(struct buf *buf, size_t size)
{
    if (buf->full || size > buf->limit || buf->size > buf->limit - size) {
        buf->full = true;
        return NULL;
    }
    size_t needed = buf->size + size + 1;
    if (needed > buf->capacity) {
        size_t capacity = buf->capacity * 2 > needed ? buf->capacity * 2 : needed;
        buf->data =
            buf->secret ? secret_realloc(buf->data, capacity) : xrealloc(buf->data, capacity);
        buf->capacity = capacity;
    }
    return buf->data + buf->size;
}

void buf_grew(struct buf *buf, size_t size)
{
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void buf_add(struct buf *buf, const void *bytes, size_t size)
{
    char *room = buf_room(buf, size);
    if (!room)
        return;
    if (size)
        memcpy(room, bytes, size);
    buf_grew(buf, size);
}

void buf_adds(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_addc(struct buf *buf, char byte)
{
    buf_add(buf, &byte, 1);
}

void buf_fill(struct buf *buf, char byte, size_t count)
{
    char *room = buf_room(buf, count);
    if (!room)
        return;
    memset(room, byte, count);
    buf_grew(buf, count);
}

void buf_vaddf(struct buf *buf, const char *format, va_list args)
{
    size_t left = buf->capacity - buf->size;
    char *end = left ? buf->data + buf->size : NULL;
    va_list again;
    va_copy(again, args);
    int made = vsnprintf(end, left, format, again);
    va_end(again);
    size_t size = made < 0 ? 0 : (size_t)made;
    char *room = buf_room(buf, size);
    if (room && size >= left)
        (void)vsnprintf(room, size + 1, format, args);
    if (room)
        buf_grew(buf, size);
    else if (end)
        *end = '\0';
}

void buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vaddf(buf, format, args);
    va_end(args);
}

char *buf_to_arena(const struct buf *buf, struct arena *arena)
{
    return arena_strndup(arena, buf->data ? buf->data : "", buf->size);
}

char *buf_take(struct buf *buf)
{
    char *data = buf->data;
    *buf = (struct buf){.limit = buf->limit}; /* owns nothing until it grows again */
    return data;
}
