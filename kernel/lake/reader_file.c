/* reader_file - the bytes of a file: whole, in windows, expanded, made valid. */
#include "base/text.h"
#include "lake/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_TAIL 32 /* readable bytes behind a chunk */

bool reader_problem(struct reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reader->reject.reason, sizeof reader->reject.reason, format, args);
    va_end(args);
    return false;
}

struct chunk *reader_chunk(struct reader *reader, size_t size)
{
    if (reader->current) {
        reader->current->in_use = false;
    }
    struct chunk *chunk = xcalloc(1, sizeof *chunk);
    chunk->data = xmalloc(size + CHUNK_TAIL);
    memset(chunk->data + size, 0, CHUNK_TAIL);
    chunk->size = size;
    chunk->in_use = true;
    chunk->next = reader->chunks;
    reader->chunks = chunk;
    reader->current = chunk;
    reader->held += (int64_t)size;
    return chunk;
}

/* Reads until `want` bytes are there or the file ends; the bytes read, or -1. */
static ssize_t read_fully(int file, char *into, size_t want)
{
    size_t got = 0;
    while (got < want) {
        ssize_t now = read(file, into + got, want - got);
        if (now < 0 && errno == EINTR) {
            continue;
        }
        if (now < 0) {
            return -1;
        }
        if (now == 0) {
            break;
        }
        got += (size_t)now;
    }
    return (ssize_t)got;
}

static void end_of_file(struct reader *reader)
{
    if (reader->file >= 0) {
        close(reader->file);
        reader->file = -1;
    }
    reader->last = true;
}

/* Bytes of a character that the window cuts off are left for the next one. */
static void give_back(struct reader *reader)
{
    struct chunk *chunk = reader->current;
    size_t back = 0;
    while (!reader->last && back < 3 && back < chunk->size &&
           (chunk->data[chunk->size - 1 - back] & 0xc0) == 0x80) {
        back++;
    }
    if (!reader->last && back < chunk->size &&
        (chunk->data[chunk->size - 1 - back] & 0xc0) == 0xc0) {
        back++;
        if (lseek(reader->file, -(off_t)back, SEEK_CUR) >= 0) {
            chunk->size -= back;
        }
    }
}

/* Fills the current chunk from its byte `kept` on. */
static bool fill(struct reader *reader, size_t kept)
{
    struct chunk *chunk = reader->current;
    size_t want = chunk->size - kept;
    ssize_t got = read_fully(reader->file, chunk->data + kept, want);
    if (got < 0) {
        int number = errno;
        end_of_file(reader);
        chunk->size = kept;
        return reader_problem(reader, "cannot be read: %s", strerror(number));
    }
    if ((size_t)got < want) {
        end_of_file(reader);
    }
    chunk->size = kept + (size_t)got;
    reader->expanded += got;
    give_back(reader);
    memset(chunk->data + chunk->size, 0, CHUNK_TAIL);
    return true;
}

bool reader_load(struct reader *reader, const char *path, int64_t size)
{
    reader->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (reader->file < 0) {
        int number = errno;
        end_of_file(reader);
        return reader_problem(reader, "cannot be opened: %s", strerror(number));
    }
    size_t want = size > 0 && (size_t)size < READER_WINDOW ? (size_t)size + 1 : READER_WINDOW;
    reader_chunk(reader, want);
    return fill(reader, 0);
}

bool reader_refill(struct reader *reader, const char *from)
{
    if (reader->last) {
        return false;
    }
    struct chunk *old = reader->current;
    size_t kept = (size_t)(old->data + old->size - from);
    if (kept > READER_RECORD) {
        return reader_problem(reader, "a record of more than %zu bytes", READER_RECORD);
    }
    int64_t base = old->base + (from - old->data);
    struct chunk *chunk =
        reader_chunk(reader, kept + (kept > READER_WINDOW ? kept : READER_WINDOW));
    chunk->base = base;
    memcpy(chunk->data, from, kept);
    if (!fill(reader, kept)) {
        return false;
    }
    reader_clean(reader);
    reader->cursor.at = reader->current->data;
    reader->cursor.end = reader->current->data + reader->current->size;
    return true;
}

void reader_clean(struct reader *reader)
{
    struct chunk *chunk = reader->current;
    if (bytes_are_ascii(chunk->data, chunk->size) || text_is_valid(chunk->data, chunk->size)) {
        return;
    }
    struct buf clean;
    buf_init(&clean, chunk->size * 3 + 1);
    text_valid(&clean, chunk->data, chunk->size);
    int64_t base = chunk->base;
    struct chunk *valid = reader_chunk(reader, clean.size);
    memcpy(valid->data, clean.data, clean.size);
    valid->base = base;
    buf_release(&clean);
}

/* A packed file is read to its end first. */
static bool load_rest(struct reader *reader)
{
    while (!reader->last) {
        struct chunk *old = reader->current;
        if (old->size > READER_PACKED) {
            end_of_file(reader);
            return reader_problem(reader, "a packed file of more than %zu bytes", READER_PACKED);
        }
        struct chunk *chunk = reader_chunk(reader, old->size * 4);
        memcpy(chunk->data, old->data, old->size);
        if (!fill(reader, old->size)) {
            return false;
        }
        reader_drop_chunks(reader);
    }
    return true;
}

bool reader_unpack(struct reader *reader)
{
    for (int level = 0; gzip_is(reader->current->data, reader->current->size); level++) {
        if (level == 3) {
            return reader_problem(reader, "packed more than three times");
        }
        if (!load_rest(reader)) {
            return false;
        }
        struct buf out;
        buf_init(&out, READER_PACKED);
        struct error err;
        error_clear(&err);
        if (!gzip_expand(reader->gzip, reader->current->data, reader->current->size, &out, &err)) {
            buf_release(&out);
            return reader_problem(reader, "%s", err.message);
        }
        size_t size = out.size;
        buf_fill(&out, 0, CHUNK_TAIL);
        struct chunk *packed = reader->current;
        struct chunk *chunk = reader_chunk(reader, 0);
        free(chunk->data);
        chunk->data = buf_take(&out);
        chunk->size = size;
        reader->held += (int64_t)size - (int64_t)packed->size;
        reader->expanded = (int64_t)size;
        packed->size = 0;
    }
    return true;
}

void reader_drop_chunks(struct reader *reader)
{
    struct chunk **link = &reader->chunks;
    reader->held = 0;
    while (*link) {
        struct chunk *chunk = *link;
        if (chunk->in_use) {
            reader->held += (int64_t)chunk->size;
            link = &chunk->next;
            continue;
        }
        *link = chunk->next;
        free(chunk->data);
        free(chunk);
    }
}
